//! `pixfront`, the command: one file a subcommand.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use indicatif::ProgressBar;
use serde::Serialize;

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::gate::blocking_threads;
use crate::store::{Stores, aws, local, memory};
use crate::telemetry::{self, LogFormat};

mod backfill;
mod doctor;
mod explain;
mod failures;
mod ls;
mod purge;
mod redrive;
mod render;
mod serve;
mod sign;
mod stats;
mod viewer_request;

/// An on-the-fly image resizer behind CloudFront; here on one machine.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Command {
    /// How log lines look.
    #[arg(long, global = true, value_enum, default_value = "human")]
    log: LogFormat,
    /// Which log lines, e.g. `info`, `warn` or `pixfront=debug`.
    #[arg(long, global = true, default_value = "info", value_name = "FILTER")]
    log_filter: String,
    #[command(subcommand)]
    role: Role,
}

const EXAMPLES: &str = "Examples:
  pixfront serve --port 8080 --data ./pixfront-data
  curl -T cat.jpg http://localhost:8080/upload/originals/photos/cat.jpg
  curl -O 'http://localhost:8080/photos/cat.jpg?w=400&f=webp'
  pixfront render cat.jpg 'w=400&f=webp' -o cat.webp
  pixfront explain '/photos/cat.jpg?f=auto&w=400' --accept image/webp
  pixfront sign 'https://cdn.example.com/photos/cat.jpg?w=400&f=auto' --expires +30d
  pixfront ls photos/cat.jpg
  pixfront failures
  pixfront redrive
  pixfront backfill --variants 'w=400&f=auto' --checkpoint backfill.json
  pixfront purge photos/cat.jpg
  pixfront stats
  pixfront doctor https://d111111abcdef8.cloudfront.net/photos/cat.jpg

Exit codes: 0 done, 2 bad usage, 10 invalid, 11 forbidden, 12 not found, 13 too large, 14 unsupported, 15 corrupt,
16 busy, 17 upstream, 18 deadline or stopped before the end, 19 bug.";

#[derive(Subcommand)]
enum Role {
    /// CloudFront, both buckets, the table and the queue in one process
    Serve(serve::Options),
    /// Resize one file
    Render(render::Options),
    /// Say what a URL comes to: request, recipe, key, plan
    Explain(explain::Options),
    /// Sign a URL with the first of the signing keys
    Sign(sign::Options),
    /// Say what of a deployment works, looking at it from outside
    Doctor(doctor::Options),
    /// Print CloudFront's viewer-request function with this deployment's settings
    ViewerRequest(viewer_request::Options),
    /// List the variants of an original, from the ledger
    Ls(ls::Options),
    /// List the uploads that failed, from the queue
    Failures(failures::Options),
    /// Try the failures again: what works now loses its message
    Redrive(redrive::Options),
    /// Make the thumbnails, and variants, that a bucket's pictures lack
    Backfill(backfill::Options),
    /// Forget what was made of an original, or of many; the originals stay
    Purge(purge::Options),
    /// Say what the ledger knows of all variants together
    Stats(stats::Options),
}

/// Where things are kept; the same for every subcommand.
#[derive(Args)]
struct StoreOptions {
    /// What things are kept in.
    #[arg(long, value_enum, default_value = "local")]
    store: StoreKind,
    /// The directory of the local store.
    #[arg(long, default_value = "./pixfront-data", value_name = "DIR")]
    data: PathBuf,
}

/// For the subcommands that change much at once.
#[derive(Args)]
struct ChangeOptions {
    /// Change nothing; say what there is to do.
    #[arg(long)]
    dry_run: bool,
    /// Say it as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreOptions,
}

#[derive(Clone, Copy, ValueEnum)]
enum StoreKind {
    /// Files and SQLite in the data directory.
    Local,
    /// This process's memory; gone when it ends.
    Memory,
    /// The buckets, the table and the queue at AWS that the settings name.
    Aws,
}

impl StoreOptions {
    async fn open(&self, config: &Config) -> Result<Stores> {
        match self.store {
            StoreKind::Local => local::open(&self.data),
            StoreKind::Memory => Ok(memory::open()),
            StoreKind::Aws => aws::open(config).await,
        }
    }

    /// For those that work on what is there: a directory that nothing was ever stored in is a mistyped one.
    async fn open_existing(&self, config: &Config) -> Result<Stores> {
        match self.store {
            StoreKind::Local if !local::is_in(&self.data) => {
                Err(Error::new(Kind::NotFound, format!("there is no store in {}", self.data.display())))
            }
            StoreKind::Local | StoreKind::Memory | StoreKind::Aws => self.open(config).await,
        }
    }
}

/// Runs the command. Bad usage exits with 2 (clap's own), a failure with its kind's code and one sentence.
pub fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(usage) => {
            // Help and version come this way too; a closed pipe is no reason to panic.
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "pixfront: {}", error.chain());
            ExitCode::from(error.kind().exit_code())
        }
    }
}

fn run(command: Command) -> Result<()> {
    telemetry::start(command.log, &command.log_filter)?;
    let config = Config::read()?;
    config.check()?;
    match command.role {
        Role::Serve(options) => serve::run(&options, config),
        Role::Render(options) => render::run(&options, &config),
        Role::Explain(options) => explain::run(&options, &config),
        Role::Sign(options) => sign::run(&options, &config),
        Role::Doctor(options) => doctor::run(&options, &config),
        Role::ViewerRequest(options) => viewer_request::run(&options, &config),
        Role::Ls(options) => ls::run(&options, &config),
        Role::Failures(options) => failures::run(&options, &config),
        Role::Redrive(options) => redrive::run(&options, config),
        Role::Backfill(options) => backfill::run(&options, config),
        Role::Purge(options) => purge::run(&options, config),
        Role::Stats(options) => stats::run(&options, config),
    }
}

/// A runtime for the subcommands that ask a store little, and render nothing.
fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    on(tokio::runtime::Builder::new_current_thread(), work)
}

/// One for those that ask a store many things, or render.
fn block_on_few<T>(renders: NonZeroUsize, work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.max_blocking_threads(blocking_threads(renders));
    on(builder, work)
}

fn on<T>(mut builder: tokio::runtime::Builder, work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = builder.enable_all().build();
    let cannot_start = |error| Error::with_source(Kind::Bug, "the async runtime could not be started", error);
    runtime.map_err(cannot_start)?.block_on(work)
}

/// What goes on, on a terminal.
fn spinner() -> ProgressBar {
    let progress = ProgressBar::new_spinner();
    progress.enable_steady_tick(Duration::from_millis(200));
    progress
}

/// Writes to standard output. A reader that has enough (`pixfront ls | head -1`) is no failure.
fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::with_source(Kind::Upstream, "standard output can't be written", error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn print_json(value: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string_pretty(value)
        .map_err(|error| Error::with_source(Kind::Bug, "the result can't be written as JSON", error))?;
    print(&(json + "\n"))
}
