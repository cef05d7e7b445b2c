//! Where and of what a run is.

use std::fs;
use std::process::Command;

use super::result::Machine;
use super::{Failure, root};

pub(crate) fn machine() -> Result<Machine, Failure> {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(Machine {
        cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
        cores: cores(),
        memory_gb: memory_kb("/proc/meminfo", "MemTotal").unwrap_or(0.0) / 1024.0 / 1024.0,
        system: said("uname", &["-srm"])?,
        load: load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0),
    })
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Those that this process may run on, as `taskset` writes them: `0-3,6`.
pub(crate) fn allowed_cores() -> Result<String, Failure> {
    Ok(field("/proc/self/status", "Cpus_allowed_list").ok_or("/proc does not say which cores there are")?)
}

/// The last of them: what else runs here begins with the first.
pub(crate) fn last_core() -> Result<String, Failure> {
    let allowed = allowed_cores()?;
    Ok(allowed.rsplit([',', '-']).next().unwrap_or(&allowed).to_owned())
}

/// `YYYY-MM-DD`.
pub(crate) fn date() -> Result<String, Failure> {
    said("date", &["+%F"])
}

pub(crate) fn revision() -> Result<String, Failure> {
    said("git", &["describe", "--always", "--dirty"])
}

/// What a file of `name: 12 kB` lines says of a name.
pub(crate) fn memory_kb(path: &str, name: &str) -> Option<f64> {
    field(path, name)?.trim_end_matches(" kB").parse().ok()
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let (_, value) =
        text.lines().filter_map(|line| line.split_once(':')).find(|(found, _)| found.trim_end() == name)?;
    Some(value.trim().to_owned())
}

fn said(program: &str, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new(program).args(arguments).current_dir(root()).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
