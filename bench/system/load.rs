//! The load, by oha: so many clients, each of which asks for the next picture as soon as it has one.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use super::super::Failure;
use super::super::group::cpu_of_ended;
use super::installed::{oha, said_by};

/// After which a client gives up.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Load {
    /// Answered with 200.
    pub(super) answered: u64,
    /// What the others came to, and how many of each.
    pub(super) failures: BTreeMap<String, u64>,
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
    pub(super) p99_ms: f64,
    /// oha's own processor time, in ticks.
    pub(super) cpu: u64,
}

/// What of oha's JSON is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    summary: Summary,
    /// In seconds; null where nothing was answered.
    latency_percentiles: BTreeMap<String, Option<f64>>,
    status_code_distribution: BTreeMap<String, u64>,
    error_distribution: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Summary {
    /// How long it took, in seconds.
    total: f64,
}

/// Takes the URLs in random order, with repetitions. What is under way when the time is over is waited for: to cut it off would
/// leave out the slowest.
pub(super) async fn run(urls: &Path, clients: u32, length: Duration) -> Result<Load, Failure> {
    let mut command = Command::new(oha());
    command.args(["--no-tui", "--output-format", "json", "--wait-ongoing-requests-after-deadline"]);
    command.args(["-c", &clients.to_string(), "-z", &format!("{}ms", length.as_millis())]);
    command.args(["-t", &format!("{}s", PATIENCE.as_secs()), "--urls-from-file"]).arg(urls);
    let cpu = cpu_of_ended();
    let json = said_by(command, length + 2 * PATIENCE).await?;
    let cpu = cpu_of_ended().saturating_sub(cpu);
    let report = serde_json::from_str(&json).map_err(|error| format!("oha's JSON is not as expected: {error}"))?;
    loaded(report, cpu)
}

fn loaded(report: Report, cpu: u64) -> Result<Load, Failure> {
    let Report { summary, latency_percentiles, mut status_code_distribution, error_distribution } = report;
    let answered = status_code_distribution.remove("200").unwrap_or(0);
    let mut failures = error_distribution;
    failures.extend(status_code_distribution.into_iter().map(|(status, count)| (format!("status {status}"), count)));
    if answered == 0 {
        return Err(format!("nothing was answered with 200: {failures:?}").into());
    }
    let percentile = |name: &str| match latency_percentiles.get(name) {
        Some(Some(seconds)) => Ok(seconds * 1000.0),
        _ => Err(format!("oha says no {name}")),
    };
    Ok(Load {
        answered,
        failures,
        per_second: answered as f64 / summary.total,
        p50_ms: percentile("p50")?,
        p95_ms: percentile("p95")?,
        p99_ms: percentile("p99")?,
        cpu,
    })
}
