//! A function as a process on its Runtime API: started, given events, ended with all that it started.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::super::Failure;
use super::super::group::{Group, Guard};
use super::super::machine::last_core;
use super::runtime_api::{RuntimeApi, Step};

/// A function that does not take its next step by then never will.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often is looked whether it has ended without a word.
const GLANCE: Duration = Duration::from_millis(100);

/// Running, with its first event asked for. Killed when dropped.
pub(super) struct Process {
    group: Group,
    api: RuntimeApi,
    /// What it writes.
    log: PathBuf,
    /// From its start until it asked for its first event.
    pub(super) ready_ms: f64,
}

/// What came of an event.
pub(super) struct Answer {
    /// From the event until the answer.
    pub(super) ms: f64,
    /// From the event until the function asked for another one, which is what Lambda bills.
    pub(super) billed_ms: f64,
    pub(super) body: Vec<u8>,
}

impl Process {
    /// `dir` is for its log.
    pub(super) fn start(mut command: Command, dir: &Path) -> Result<Self, Failure> {
        let (api, log) = (RuntimeApi::start()?, dir.join("log"));
        let file = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).process_group(0);
        command.env("AWS_LAMBDA_RUNTIME_API", &api.address);
        let guard = Guard::start()?;
        let (begun, child) = on_one_core(&mut command)?;
        let mut process = Self { group: guard.over(child)?, api, log, ready_ms: 0.0 };
        process.ready_ms = ms(begun, process.asked("its first event")?);
        Ok(process)
    }

    /// Gives it an event, and waits until it asks for the next one.
    pub(super) fn invoke(&mut self, event: &serde_json::Value) -> Result<Answer, Failure> {
        self.api.give(serde_json::to_vec(event)?)?;
        let Step::Given(given) = self.step("take an event")? else { return Err(self.odd("an event was not taken")) };
        let answered = self.step("answer")?;
        let Step::Answered { at, path, body } = answered else { return Err(self.odd("an event was not answered")) };
        if !path.ends_with("/response") {
            return Err(self.odd(&format!("it failed: {}", String::from_utf8_lossy(&body))));
        }
        Ok(Answer { ms: ms(given, at), billed_ms: ms(given, self.asked("its next event")?), body })
    }

    /// Resident now, of all its processes.
    pub(super) fn resident_mb(&self) -> Result<f64, Failure> {
        self.group.memory_mb("VmRSS")
    }

    /// The most that was resident until now, of all its processes.
    pub(super) fn peak_mb(&self) -> Result<f64, Failure> {
        self.group.memory_mb("VmHWM")
    }

    fn asked(&mut self, what: &str) -> Result<Instant, Failure> {
        match self.step(&format!("ask for {what}"))? {
            Step::Asked(at) => Ok(at),
            Step::Answered { body, .. } => Err(self.odd(&format!("it said: {}", String::from_utf8_lossy(&body)))),
            Step::Given(_) => Err(self.odd("it took an event that it did not ask for")),
        }
    }

    fn step(&mut self, what: &str) -> Result<Step, Failure> {
        let begun = Instant::now();
        loop {
            match self.api.steps.recv_timeout(GLANCE) {
                Ok(step) => return Ok(step),
                Err(RecvTimeoutError::Timeout) if begun.elapsed() < PATIENCE => {
                    if let Some(status) = self.group.ended()? {
                        return Err(self.odd(&format!("it was to {what} and ended: {status}")));
                    }
                }
                Err(_) => return Err(self.odd(&format!("it did not {what} within {} s", PATIENCE.as_secs()))),
            }
        }
    }

    /// An error with the function's own last words.
    fn odd(&self, what: &str) -> Failure {
        const LAST: usize = 600;
        let mut log = Vec::new();
        // Without a log there is still what happened.
        let _ = File::open(&self.log).and_then(|mut file| file.read_to_end(&mut log));
        let last = String::from_utf8_lossy(&log[log.len().saturating_sub(LAST)..]).into_owned();
        format!("{what}; its last words: {}", last.trim()).into()
    }
}

/// Starts it on one core, as a function with one vCPU has it.
///
/// A process starts where the thread was that starts it, so no time of its own goes into being moved there.
fn on_one_core(command: &mut Command) -> Result<(Instant, Child), Failure> {
    let spawn = || -> Result<(Instant, Child), String> {
        stay_on_one_core()?;
        let begun = Instant::now();
        let child = command.spawn();
        Ok((begun, child.map_err(|error| format!("{} does not start: {error}", command.get_program().display()))?))
    };
    std::thread::scope(|scope| scope.spawn(spawn).join().map_err(|_| "starting a function panicked"))?
        .map_err(Into::into)
}

/// This thread, from now on.
fn stay_on_one_core() -> Result<(), String> {
    let own = fs::read_to_string("/proc/thread-self/status").map_err(|error| format!("/proc/thread-self: {error}"))?;
    let thread =
        own.lines().find_map(|line| line.strip_prefix("Pid:")).ok_or("/proc does not say which thread it is")?;
    let core = last_core().map_err(|error| error.to_string())?;
    let moved = Command::new("taskset").args(["-p", "-c", &core, thread.trim()]).output();
    match moved {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("taskset failed: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(format!("taskset does not start ({error}); install util-linux and try again")),
    }
}

fn ms(from: Instant, to: Instant) -> f64 {
    to.duration_since(from).as_secs_f64() * 1000.0
}
