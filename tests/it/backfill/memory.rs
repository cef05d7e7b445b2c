//! What 100,000 keys cost in memory. Not a part of `make test`, as it takes minutes; its results are kept in `bench/results`:
//!
//! `TMPDIR=/dev/shm cargo test --test it -- --ignored --exact backfill::memory::it_is_flat --nocapture`

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]
#![allow(clippy::print_stdout, reason = "its results are for someone who asked")]

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use pixfront::store::local;
use tempfile::TempDir;

use super::put;
use crate::pictures;
use crate::world::program;

const KEYS: usize = 100_000;

/// Seconds since the start, and KiB: of the resident set, and of its anonymous part, which leaves out the program's own pages.
type Curve = Vec<(f64, u64, u64)>;

/// What a process holds in memory; [`None`] when it has ended.
fn resident_kib(child: &Child) -> Option<(u64, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    };
    Some((kib("VmRSS:")?, kib("RssAnon:")?))
}

async fn measured(data: &Path, arguments: &[&str]) -> (Curve, String) {
    let begun = Instant::now();
    let mut command = program(arguments);
    let mut child = command.arg("--data").arg(data).stdout(Stdio::piped()).spawn().unwrap();
    let mut curve = Curve::new();
    loop {
        tokio::time::sleep(Duration::from_millis(if curve.len() < 10 { 100 } else { 1_000 })).await;
        if child.try_wait().unwrap().is_some() {
            break;
        }
        curve.extend(resident_kib(&child).map(|(all, own)| (begun.elapsed().as_secs_f64(), all, own)));
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    curve.push((begun.elapsed().as_secs_f64(), 0, 0));
    (curve, String::from_utf8(output.stdout).unwrap())
}

/// A row of the table: the most, and the anonymous part after each tenth of the time; and all samples behind it.
fn show(title: &str, (curve, said): &(Curve, String)) {
    let [samples @ .., (end, ..)] = curve.as_slice() else { return };
    let mib = |kib: u64| kib as f64 / 1024.0;
    let at = |tenth: usize| samples.get((samples.len() - 1) * tenth / 10).map_or(0, |(.., own)| *own);
    let tenths: Vec<_> = (0..=10).map(|tenth| format!("{:.1}", mib(at(tenth)))).collect();
    let most = samples.iter().map(|(_, all, _)| *all).max().unwrap_or_default();
    let last = said.lines().next_back().unwrap_or_default();
    println!("| {title} | {end:.0} | {:.1} | {} | {last} |", mib(most), tenths.join(" | "));
    let all: Vec<_> = samples.iter().map(|(s, all, own)| format!("{s:.1}:{:.1}/{:.1}", mib(*all), mib(*own))).collect();
    println!("<!-- {title}: {} -->", all.join(" "));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes"]
async fn it_is_flat() {
    let dir = TempDir::new().unwrap();
    let stores = local::open(dir.path()).unwrap();
    let jpeg = pictures::jpeg(16, 16);
    let putting = (0..KEYS).map(|i| {
        let (stores, key, jpeg) = (&stores, format!("photos/{:03}/picture-{i:06}.jpg", i / 1000), jpeg.clone());
        async move { put(stores, &key, jpeg).await }
    });
    let put = stream::iter(putting).buffer_unordered(16).count().await;
    println!("{put} originals of {} bytes", jpeg.len());
    for (title, arguments) in [
        ("dry run, none there", &["backfill", "--dry-run"][..]),
        ("all missing", &["backfill"]),
        ("all there", &["backfill"]),
        ("dry run, all there", &["backfill", "--dry-run"]),
        ("stats", &["stats", "--json"]),
        ("purge --all", &["purge", "--all"]),
    ] {
        show(title, &measured(dir.path(), arguments).await);
    }
}
