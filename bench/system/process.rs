//! A server's process with all that it forks: started in a group of its own, looked at in /proc, and certain to end.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::super::{Failure, group};
use super::workshop::naming;

pub(super) struct Process {
    name: String,
    child: Child,
    /// Kills the group as soon as its standard input ends, so also when the bench itself is killed.
    guard: Child,
    log: PathBuf,
}

impl Process {
    /// What it says goes to the log. Of our environment it gets the search path alone: a variable could be a setting.
    pub(super) fn spawn(name: &str, command: &mut Command, log: &Path) -> Result<Self, Failure> {
        let file = File::create(log).map_err(naming(log))?;
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).process_group(0);
        let mut child = command.spawn().map_err(|error| format!("{name} could not be started: {error}"))?;
        let mut guard = Command::new("sh");
        guard.args(["-c", "read -r _; kill -s KILL -- -\"$0\"", &child.id().to_string()]);
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        match guard.spawn() {
            Ok(guard) => Ok(Self { name: name.to_owned(), child, guard, log: log.to_owned() }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(format!("sh, which is to end {name}, could not be started: {error}").into())
            }
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// All that it said so far.
    pub(super) fn said(&self) -> Result<String, Failure> {
        Ok(String::from_utf8_lossy(&fs::read(&self.log).map_err(naming(&self.log))?).into_owned())
    }

    pub(super) fn check_running(&mut self) -> Result<(), Failure> {
        let Some(status) = self.child.try_wait()? else { return Ok(()) };
        let said = self.said()?;
        let last: Vec<_> = said.lines().rev().take(3).collect();
        Err(format!("{} ended ({status}): {}", self.name, last.into_iter().rev().collect::<Vec<_>>().join(" / "))
            .into())
    }

    /// How many processes it is.
    pub(super) fn count(&self) -> Result<usize, Failure> {
        Ok(group::members(self.child.id())?.len())
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
        Ok(group::members(self.child.id())?.iter().map(|member| member.ticks).sum())
    }

    fn memory_mb(&self, field: &str) -> Result<f64, Failure> {
        let mb = group::memory_mb(self.child.id(), field)?;
        if mb == 0.0 {
            return Err(format!("{} has no memory: it has ended", self.name).into());
        }
        Ok(mb)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The guard's input ends with this, and then the group.
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
        let _ = self.child.wait();
    }
}
