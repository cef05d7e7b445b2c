//! The peers of the engine: each a process of its own, which answers tasks one after the other.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::machine::{allowed_cores, cores, last_core, memory_kb};
use super::result::Peer;
use super::task::{Answer, Done, Hello, Task};
use super::{Failure, root, scratch};

/// Longer than any of them takes for the largest picture.
const PATIENCE: Duration = Duration::from_mins(3);

/// What a peer may compute on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cores {
    /// Held there by the system, whatever threads it starts.
    One,
    All,
}

/// A running peer.
pub(crate) struct Worker {
    pub(crate) peer: Peer,
    pub(crate) version: String,
    child: Child,
    tasks: ChildStdin,
    answers: Receiver<String>,
    words: PathBuf,
}

/// Those that make a picture from a buffer, ourselves first.
pub(crate) const ENGINES: [Peer; 5] = [Peer::Pixfront, Peer::Sharp, Peer::Libvips, Peer::Pillow, Peer::Oximg];

/// Whether a peer is on this machine; otherwise why its cells are empty.
pub(crate) fn missing(peer: Peer) -> Option<String> {
    let tools = root().join(".tools");
    // Written when all of it was there.
    let proof = match peer {
        Peer::Sharp => tools.join("node/installed"),
        Peer::Pillow | Peer::Libvips => tools.join("bench/venv/installed.txt"),
        Peer::Oximg => oximg(),
        Peer::Pixfront | Peer::Ipx | Peer::Thumbor | Peer::Node => return None,
    };
    let how = if peer == Peer::Oximg { "make bench OXIMG=1" } else { "make bench" };
    (!proof.exists()).then(|| format!("not installed: {how} does it"))
}

fn oximg() -> PathBuf {
    root().join(".tools/bench/oximg/release/oximg-worker")
}

impl Worker {
    pub(crate) fn start(peer: Peer, on: Cores) -> Result<Self, Failure> {
        let threads = if on == Cores::One { 1 } else { cores() };
        let command = program(peer, threads)?;
        let mut held = Command::new("taskset");
        held.args(["--cpu-list", &if on == Cores::One { last_core()? } else { allowed_cores()? }]);
        held.arg(command.get_program()).args(command.get_args());
        held.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let words = scratch().join(format!("{peer}-{threads}.log"));
        held.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&words)?);
        let mut child = held.spawn().map_err(|error| format!("taskset (Debian's util-linux) for {peer}: {error}"))?;
        let tasks = child.stdin.take().ok_or("a process without an input")?;
        let lines = BufReader::new(child.stdout.take().ok_or("a process without an output")?).lines();
        let (line, answers) = channel();
        // It ends with the process, or with the one that listens.
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|said| line.send(said)));
        let mut worker = Self { peer, version: String::new(), child, tasks, answers, words };
        worker.version = worker.hear::<Hello>()?.version;
        Ok(worker)
    }

    /// Sends a task, and waits for what became of it.
    pub(crate) fn ask(&mut self, task: &Task) -> Result<Answer, Failure> {
        let line = serde_json::to_string(task)? + "\n";
        self.tasks.write_all(line.as_bytes()).map_err(|error| self.failed(&error.to_string()))?;
        self.hear()
    }

    /// As [`Worker::ask`], of one that has already done it once.
    pub(crate) fn again(&mut self, task: &Task) -> Result<Done, Failure> {
        match self.ask(task)? {
            Answer::Done(done) => Ok(done),
            Answer::Unable(why) => Err(self.failed(&why)),
        }
    }

    /// What it has in memory, in MB.
    pub(crate) fn resident_mb(&self) -> Result<f64, Failure> {
        self.memory_mb("VmRSS")
    }

    /// The most that it ever had, in MB.
    pub(crate) fn peak_mb(&self) -> Result<f64, Failure> {
        self.memory_mb("VmHWM")
    }

    fn memory_mb(&self, field: &str) -> Result<f64, Failure> {
        let kb = memory_kb(&format!("/proc/{}/status", self.child.id()), field);
        Ok(kb.ok_or_else(|| self.failed("it has ended"))? / 1024.0)
    }

    fn hear<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        let line = self.answers.recv_timeout(PATIENCE);
        let line = line.map_err(|error| self.failed(&format!("no answer within {} s: {error}", PATIENCE.as_secs())))?;
        serde_json::from_str(&line).map_err(|error| self.failed(&format!("{line}: {error}")))
    }

    fn failed(&self, why: &str) -> Failure {
        let words = std::fs::read_to_string(&self.words).unwrap_or_default();
        format!("{}: {why}\n{}", self.peer, words.trim_end()).into()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(peer: Peer, threads: usize) -> Result<Command, Failure> {
    let tools = root().join(".tools");
    let python = tools.join("bench/venv/bin/python");
    let script = |name: &str| root().join("bench/peers").join(name);
    let mut command = match peer {
        Peer::Pixfront => {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("worker");
            return Ok(command);
        }
        Peer::Sharp => {
            let mut command = Command::new(tools.join("node/node_modules/node-22/bin/node"));
            command.arg(script("sharp.mjs")).arg(tools.join("node/node_modules"));
            command
        }
        Peer::Pillow => {
            let mut command = Command::new(python);
            command.arg(script("pillow.py"));
            command
        }
        Peer::Libvips => {
            let mut command = Command::new(python);
            command.arg(script("vips.py"));
            command
        }
        Peer::Oximg => {
            let mut command = Command::new(oximg());
            // It takes this from nowhere else; what the tasks ask for.
            command.env("OXIMG_WEBP_EFFORT", "4");
            command
        }
        Peer::Ipx | Peer::Thumbor | Peer::Node => return Err(format!("{peer} is no engine but a server").into()),
    };
    command.arg(threads.to_string());
    Ok(command)
}
