//! Logs, panics, counters, and how those are shown: to CloudWatch in a function, at `/metrics` in `serve`.

use std::io::IsTerminal as _;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use crate::error::{Error, Result};

mod counters;
pub mod emf;

pub use counters::Counters;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// Sends logs to standard error, and panics to the log. `filter` is of `tracing`'s syntax, e.g. `info` or `pixfront=debug`.
pub fn start(format: LogFormat, filter: &str) -> Result<()> {
    let parsed = EnvFilter::try_new(filter).map_err(|error| {
        Error::with_source(crate::error::Kind::Invalid, format!("log filter {filter}: can't be read"), error)
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(parsed).with_writer(std::io::stderr);
    match format {
        // Colours are for eyes, not for files.
        LogFormat::Human => builder.compact().with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => builder.json().with_ansi(false).init(),
    }
    log_panics();
    Ok(())
}

/// A panic becomes one structured line: those of a decoder are caught by [`crate::image::render`] and answered as a damaged
/// picture, but must not pass unseen.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(location, message, "panic");
    }));
}

/// A duration in milliseconds, to the microsecond, which is more than the clocks are worth.
pub fn ms(took: Duration) -> f64 {
    (took.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}
