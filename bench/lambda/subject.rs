//! Who is measured: a function, what runs it, and where its store is; and one start of it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::Functions;
use super::process::{Answer, Process};
use super::source::Source;
use super::store::{Place, Stores};
use super::work::Work;
use crate::Failure;
use crate::result::Peer;

pub(super) struct Subject {
    pub(super) peer: Peer,
    pub(super) work: Work,
    /// Which Node.js starts it, if any.
    pub(super) node: Option<u8>,
    pub(super) place: Place,
    pub(super) samples: Vec<Sample>,
}

/// One start.
pub(super) struct Sample {
    pub(super) ready_ms: f64,
    pub(super) first_ms: f64,
    pub(super) idle_mb: f64,
    /// Of each source.
    pub(super) warm: Vec<Warm>,
}

/// The events after the first, of one source.
pub(super) struct Warm {
    pub(super) ms: Vec<f64>,
    pub(super) billed_ms: Vec<f64>,
    /// Since the start of the process.
    pub(super) peak_mb: f64,
    /// How often all of them together asked the stand-in for each thing.
    pub(super) calls: BTreeMap<String, usize>,
}

const NODES: [u8; 2] = [22, 24];

impl Subject {
    pub(super) fn all() -> Vec<Self> {
        let new = |peer, work, node, place| Self { peer, work, node, place, samples: Vec::new() };
        let mut all: Vec<_> =
            NODES.map(|node| new(Peer::Node, Work::Nothing, Some(node), Place::Directory)).into_iter().collect();
        for place in [Place::Directory, Place::StandIn] {
            all.push(new(Peer::Pixfront, Work::OriginResponse, None, place));
            for node in NODES {
                all.push(new(Peer::Pixfront, Work::OriginResponse, Some(node), place));
                all.push(new(Peer::Sharp, Work::OriginResponse, Some(node), place));
            }
            all.push(new(Peer::Pixfront, Work::HttpOrigin, None, place));
            all.push(new(Peer::Pixfront, Work::Upload, None, place));
            all.extend(NODES.map(|node| new(Peer::Sharp, Work::Upload, Some(node), place)));
        }
        all
    }

    /// For people who wait.
    pub(super) fn name(&self) -> String {
        let node = self.node.map(|node| format!(" on Node.js {node}")).unwrap_or_default();
        format!("{}, {}{node}, {}", self.peer, self.work.name(), self.place.name())
    }

    /// A fresh process with a fresh store: one event cold, so many warm ones of each source.
    pub(super) fn start(
        &self,
        functions: &Functions,
        stores: &Stores,
        sources: &[Source],
        events: usize,
    ) -> Result<Sample, Failure> {
        let (dir, cold) = (TempDir::new()?, sources.first().ok_or("there is no source")?);
        let (data, task) = (dir.path().join("data"), dir.path().join("task"));
        let mut command = self.command(functions, &task)?;
        command.env("HOME", dir.path());
        stores.lend(self.peer, self.place, &data, &mut command)?;
        let mut process = Process::start(command, dir.path())?;
        let idle_mb = process.resident_mb()?;
        let first = process.invoke(&self.work.event(cold, 0))?;
        let (mut warm, mut answers) = (Vec::new(), Vec::new());
        let first_ms = process.ready_ms + first.ms;
        answers.push(((cold, 0), first));
        // Nothing is cold twice, so this one is measured cold alone.
        for source in sources.iter().filter(|_| self.work != Work::Nothing) {
            let (measured, given) = self.warm(&mut process, stores, source, events)?;
            warm.push(measured);
            answers.extend(given);
        }
        let ready_ms = process.ready_ms;
        drop(process);
        // Afterwards, lest it heat or cool what is measured.
        for (event, answer) in &answers {
            let stored = |key: &str| stores.variant(self.peer, self.place, &data, key);
            self.work.check(*event, &answer.body, stored)?;
        }
        if self.place == Place::StandIn {
            let stored = stores.stand_in.clear()?.len();
            if stored != answers.len() {
                return Err(format!("{} events left {stored} pictures in the bucket", answers.len()).into());
            }
        }
        Ok(Sample { ready_ms, first_ms, idle_mb, warm })
    }

    fn warm<'a>(
        &self,
        process: &mut Process,
        stores: &Stores,
        source: &'a Source,
        events: usize,
    ) -> Result<(Warm, Vec<((&'a Source, usize), Answer)>), Failure> {
        stores.stand_in.calls()?;
        let mut answers = Vec::new();
        for n in 1..=events {
            answers.push(((source, n), process.invoke(&self.work.event(source, n))?));
        }
        let warm = Warm {
            ms: answers.iter().map(|(_, answer)| answer.ms).collect(),
            billed_ms: answers.iter().map(|(_, answer)| answer.billed_ms).collect(),
            peak_mb: process.peak_mb()?,
            calls: stores.stand_in.calls()?,
        };
        Ok((warm, answers))
    }

    fn command(&self, functions: &Functions, task: &Path) -> Result<Command, Failure> {
        let program = match self.work {
            Work::HttpOrigin => &functions.http_origin,
            Work::Upload => &functions.upload_trigger,
            Work::OriginResponse | Work::Nothing => &functions.origin_response,
        };
        let mut command = match self.node {
            None => Command::new(program),
            Some(node) => {
                let handler = self.package(program, task)?;
                let mut command = Command::new(tool(&format!("node-{node}/bin/node"))?);
                command.arg(tool("aws-lambda-ric/index.mjs")?).arg(handler);
                command
            }
        };
        command.env_clear().env("LAMBDA_TASK_ROOT", task).envs([
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]);
        Ok(command)
    }

    /// Unpacks what its zip would hold, and returns the handler's name.
    fn package(&self, program: &Path, task: &Path) -> Result<&'static str, Failure> {
        fs::create_dir(task)?;
        if self.peer == Peer::Pixfront {
            fs::copy(crate::root().join("cloudfront/edge/index.mjs"), task.join("index.mjs"))?;
            fs::copy(program, task.join("bootstrap"))?;
            fs::set_permissions(task.join("bootstrap"), fs::Permissions::from_mode(0o755))?;
            return Ok("index.handler");
        }
        for file in fs::read_dir(crate::root().join("bench/peers/lambda-sharp"))? {
            let file = file?;
            fs::copy(file.path(), task.join(file.file_name()))?;
        }
        std::os::unix::fs::symlink(modules()?, task.join("node_modules"))?;
        Ok(match self.work {
            Work::Upload => "upload.handler",
            Work::OriginResponse | Work::HttpOrigin => "origin-response.handler",
            Work::Nothing => "nothing.handler",
        })
    }
}

/// What each peer says that it is.
pub(super) fn versions() -> Result<Vec<(Peer, String)>, Failure> {
    const SAYS: &str = "const { sharp, vips } = require('sharp').versions; \
        console.log(`sharp ${sharp}, libvips ${vips}, @aws-sdk/client-s3 ${require('@aws-sdk/client-s3/package.json').version}`)";
    let modules = modules()?;
    let said = |node: &str, script: &str| -> Result<String, Failure> {
        let output = Command::new(tool(node)?).args(["-e", script]).env("NODE_PATH", &modules).output()?;
        if !output.status.success() {
            return Err(format!("{node} fails: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    };
    let mut nodes = Vec::new();
    for node in NODES {
        nodes.push(said(&format!("node-{node}/bin/node"), "console.log(process.version.slice(1))")?);
    }
    let package: serde_json::Value = serde_json::from_slice(&fs::read(tool("aws-lambda-ric/package.json")?)?)?;
    let client = package["version"].as_str().unwrap_or("of unknown version");
    let node = format!("Node.js {}, aws-lambda-ric {client}", nodes.join(" and "));
    Ok(vec![(Peer::Sharp, said("node-24/bin/node", SAYS)?), (Peer::Node, node)])
}

/// Of what `scripts/node-tools.sh` fetches.
fn tool(path: &str) -> Result<PathBuf, Failure> {
    let tool = crate::root().join(".tools/node/node_modules").join(path);
    if tool.exists() {
        Ok(tool)
    } else {
        Err(format!("there is no {}; `make node` installs it", tool.display()).into())
    }
}

/// What sharp's functions are made of.
fn modules() -> Result<PathBuf, Failure> {
    let modules = crate::root().join(".tools/bench/lambda-node/node_modules");
    if modules.exists() {
        return Ok(modules);
    }
    Err(format!("there is no {}; scripts/bench-lambda-tools.sh installs it", modules.display()).into())
}
