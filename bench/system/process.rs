//! A server's process with all that it forks, and what it says.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::Failure;
use super::super::group::{Group, Guard};
use super::workshop::naming;

pub(super) struct Process {
    name: String,
    group: Group,
    log: PathBuf,
}

impl Process {
    /// What it says goes to the log. Of our environment it gets the search path alone: a variable could be a setting.
    pub(super) fn spawn(name: &str, command: &mut Command, log: &Path) -> Result<Self, Failure> {
        let file = File::create(log).map_err(naming(log))?;
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).process_group(0);
        let guard = Guard::start()?;
        let child = command.spawn().map_err(|error| format!("{name} could not be started: {error}"))?;
        Ok(Self { name: name.to_owned(), group: guard.over(child)?, log: log.to_owned() })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// All that it said so far.
    pub(super) fn said(&self) -> Result<String, Failure> {
        Ok(String::from_utf8_lossy(&fs::read(&self.log).map_err(naming(&self.log))?).into_owned())
    }

    pub(super) fn check_running(&mut self) -> Result<(), Failure> {
        let Some(status) = self.group.ended()? else { return Ok(()) };
        let said = self.said()?;
        let last: Vec<_> = said.lines().rev().take(3).collect();
        Err(format!("{} ended ({status}): {}", self.name, last.into_iter().rev().collect::<Vec<_>>().join(" / "))
            .into())
    }

    /// How many processes it is.
    pub(super) fn count(&self) -> Result<usize, Failure> {
        self.group.count()
    }

    pub(super) fn resident_mb(&self) -> Result<f64, Failure> {
        self.memory_mb("VmRSS")
    }

    /// The most that each of its processes has had, summed.
    pub(super) fn peak_mb(&self) -> Result<f64, Failure> {
        self.memory_mb("VmHWM")
    }

    /// Processor time so far, in the kernel's ticks.
    pub(super) fn cpu(&self) -> Result<u64, Failure> {
        self.group.cpu()
    }

    fn memory_mb(&self, field: &str) -> Result<f64, Failure> {
        let mb = self.group.memory_mb(field)?;
        if mb == 0.0 {
            return Err(format!("{} has no memory: it has ended", self.name).into());
        }
        Ok(mb)
    }
}
