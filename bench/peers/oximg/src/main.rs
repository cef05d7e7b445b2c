//! oximg as a peer of the engine suite, asked as bench/task.rs says: `oximg-worker THREADS`
//!
//! Its own defaults: jpegli, progressive but for small results, decoding at full size (half from a reduction of 3.8 on), resizing
//! in linear light. It takes WebP's effort once per process, from its environment, which must be what the tasks
//! ask for.
#![allow(clippy::disallowed_methods, reason = "a program of its own, which reads its own environment")]

mod make;

use std::collections::HashMap;
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use serde_json::{Value, json};

type Failure = Box<dyn Error + Send + Sync>;

/// How oximg is told WebP's effort.
const EFFORT: &str = "OXIMG_WEBP_EFFORT";

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oximg: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), Failure> {
    let threads = std::env::args().nth(1).and_then(|threads| threads.parse().ok()).filter(|threads| *threads > 0);
    let threads: usize = threads.ok_or("usage: oximg-worker THREADS")?;
    say(&json!({ "version": concat!("oximg ", env!("OXIMG_VERSION"), ", jpegli-sys ", env!("JPEGLI_SYS_VERSION"),
        ", libwebp-sys ", env!("LIBWEBP_SYS_VERSION")) }))?;
    let mut sources = HashMap::new();
    for line in std::io::stdin().lines() {
        let line = line?;
        let task: Value = serde_json::from_str(&line)?;
        let effort = task["effort"].as_u64().filter(|_| task["format"] == "webp").map(|effort| effort.to_string());
        if effort.is_some() && std::env::var(EFFORT).ok() != effort {
            return Err(format!("{EFFORT} is not what is asked for (asked: {line})").into());
        }
        say(&make::answer(&task, threads, &mut sources).map_err(|error| format!("{error} (asked: {line})"))?)?;
    }
    Ok(())
}

fn say(line: &Value) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    Ok(output.flush()?)
}
