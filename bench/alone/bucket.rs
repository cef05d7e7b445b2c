//! What backfill, stats and purge cost over a bucket of many small pictures: is memory flat, whatever the number of keys?

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use pixfront::store::{Attributes, local};
use serde::{Deserialize, Serialize};

use super::super::Failure;
use super::super::machine::memory_kb;
use super::super::programs::runtime;
use super::super::run::folder;
use super::super::sources::{Coding, painted};

pub(super) const TITLE: &str = "backfill, stats and purge over a bucket of many keys";

const KEYS: usize = 100_000;

/// In this order: what a run finds is what those before it left.
const RUNS: [(&str, &[&str]); 6] = [
    ("backfill --dry-run, nothing there", &["backfill", "--dry-run"]),
    ("backfill, nothing there", &["backfill"]),
    ("backfill, all there", &["backfill"]),
    ("backfill --dry-run, all there", &["backfill", "--dry-run"]),
    ("stats", &["stats"]),
    ("purge --all", &["purge", "--all"]),
];

#[derive(Serialize, Deserialize)]
pub(super) struct Bucket {
    keys: usize,
    /// Of each original.
    bytes: usize,
    runs: Vec<Run>,
}

#[derive(Serialize, Deserialize)]
struct Run {
    title: String,
    seconds: f64,
    /// Its last line.
    said: String,
    samples: Vec<Sample>,
}

/// What the process holds, as `/proc/PID/status` says it.
#[derive(Serialize, Deserialize)]
struct Sample {
    /// Since the start.
    seconds: f64,
    /// `VmRSS`: all that is resident.
    resident_mib: f64,
    /// `RssAnon`: heap and stacks, without the program's own pages.
    anonymous_mib: f64,
}

pub(super) fn measure(is_quick: bool) -> Result<Bucket, Failure> {
    let keys = if is_quick { 100 } else { KEYS };
    let data = folder("bucket")?;
    let jpeg = Coding::Jpeg.write(&painted(16, 16).cut(16, 16))?;
    runtime()?.block_on(fill(&data, keys, &jpeg))?;
    let mut runs = Vec::new();
    for (title, arguments) in RUNS {
        eprintln!("bench: {title}");
        runs.push(measured(title, arguments, &data)?);
    }
    std::fs::remove_dir_all(&data)?;
    Ok(Bucket { keys, bytes: jpeg.len(), runs })
}

/// A thousand keys a folder.
async fn fill(data: &Path, keys: usize, jpeg: &[u8]) -> Result<(), Failure> {
    let stores = local::open(data)?;
    let puts = (0..keys).map(|nth| {
        let (stores, key) = (&stores, format!("photos/{:03}/picture-{nth:06}.jpg", nth / 1000));
        async move { stores.originals.put(&key, jpeg.to_vec().into(), Attributes::default()).await }
    });
    let mut puts = stream::iter(puts).buffer_unordered(16);
    while let Some(put) = puts.next().await {
        put?;
    }
    Ok(())
}

/// Ten samples in the first second, then one a second.
fn measured(title: &str, arguments: &[&str], data: &Path) -> Result<Run, Failure> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pixfront"));
    let begun = Instant::now();
    let mut child = command.args(arguments).arg("--data").arg(data).stdout(Stdio::piped()).spawn()?;
    let mut samples = Vec::new();
    let mut next = begun;
    loop {
        next += Duration::from_millis(if samples.len() < 10 { 100 } else { 1000 });
        while Instant::now() < next && child.try_wait()?.is_none() {
            std::thread::sleep(Duration::from_millis(10));
        }
        match sample(&child, begun) {
            Some(sample) => samples.push(sample),
            None => break,
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("{title}: {}", output.status).into());
    }
    let said = String::from_utf8(output.stdout)?.lines().next_back().unwrap_or_default().to_owned();
    Ok(Run { title: title.to_owned(), seconds, said, samples })
}

/// [`None`] of one that has ended.
fn sample(child: &Child, begun: Instant) -> Option<Sample> {
    let path = format!("/proc/{}/status", child.id());
    let mib = |name| Some(memory_kb(&path, name)? / 1024.0);
    let seconds = begun.elapsed().as_secs_f64();
    Some(Sample { seconds, resident_mib: mib("VmRSS")?, anonymous_mib: mib("RssAnon")? })
}

impl Bucket {
    pub(super) fn words(&self) -> String {
        let Self { keys, bytes, runs } = self;
        let mut words = format!(
            "{keys} JPEGs of 16 × 16 pixels ({bytes} bytes) in the local store, a thousand a folder; tiny on purpose: what a render \
             takes does not add up over keys. MiB of the anonymous part of the resident set (heap and stacks) at the start and after each \
             tenth of the time; \"most\" is the whole resident set, the program's own pages included.\n\n\
             | run | s | most | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 |\n|---|{}\n",
            "--:|".repeat(13)
        );
        for Run { title, seconds, samples, .. } in runs {
            let most = samples.iter().map(|sample| sample.resident_mib).fold(0.0, f64::max);
            let tenth = |nth: usize| samples.get(samples.len().saturating_sub(1) * nth / 10);
            let tenths = (0..=10).filter_map(tenth).map(|sample| format!(" {:.1} |", sample.anonymous_mib));
            let _ = writeln!(words, "| {title} | {seconds:.0} | {most:.1} |{}", tenths.collect::<String>());
        }
        words += "\nWhat they said last:\n\n";
        for Run { title, said, .. } in runs {
            let _ = writeln!(words, "- {title}: `{said}`");
        }
        words
    }
}
