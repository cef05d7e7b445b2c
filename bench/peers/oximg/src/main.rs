//! oximg as a peer of the engine suite, asked as bench/task.rs says: `oximg-worker THREADS`
//!
//! Its own defaults: jpegli, progressive but for small results, decoding at full size (half from a reduction of 3.8 on), resizing
//! in linear light. It takes WebP's effort once per process, from its environment, so an effort that a task names is served by a
//! child that is started with it and kept.
#![allow(clippy::disallowed_methods, reason = "a program of its own, which reads its own environment")]

mod make;

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

use serde_json::{Value, json};

type Failure = Box<dyn Error + Send + Sync>;

/// How oximg is told WebP's effort.
const EFFORT: &str = "OXIMG_WEBP_EFFORT";

/// A worker with an effort of its own. It ends with its input, so also when this process ends in whatever way.
struct Sibling {
    child: Child,
    tasks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

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
    let mut siblings = HashMap::new();
    for line in std::io::stdin().lines() {
        let line = line?;
        let task: Value = serde_json::from_str(&line)?;
        let effort = task["effort"].as_u64().filter(|_| task["format"] == "webp").map(|effort| effort.to_string());
        let answer = match effort {
            Some(effort) if std::env::var(EFFORT).ok().as_deref() != Some(&effort) => {
                if !siblings.contains_key(&effort) {
                    siblings.insert(effort.clone(), Sibling::start(threads, &effort)?);
                }
                siblings.get_mut(&effort).ok_or("a sibling was just started")?.ask(&line)?
            }
            _ => make::answer(&task, threads, &mut sources).map_err(|error| format!("{error} (asked: {line})"))?,
        };
        say(&answer)?;
    }
    siblings.into_values().try_for_each(Sibling::end)
}

fn say(line: &Value) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    Ok(output.flush()?)
}

impl Sibling {
    fn start(threads: usize, effort: &str) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(threads.to_string()).env(EFFORT, effort).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let tasks = child.stdin.take().ok_or("a sibling has no input")?;
        let output = child.stdout.take().ok_or("a sibling has no output")?;
        let mut answers = BufReader::new(output).lines();
        // Its version is ours.
        answers.next().ok_or("a sibling did not start")??;
        Ok(Self { child, tasks, answers })
    }

    fn ask(&mut self, task: &str) -> Result<Value, Failure> {
        writeln!(self.tasks, "{task}")?;
        let answer = self.answers.next().ok_or("a sibling ended without an answer")??;
        Ok(serde_json::from_str(&answer)?)
    }

    fn end(mut self) -> Result<(), Failure> {
        drop(self.tasks);
        self.child.wait()?;
        Ok(())
    }
}
