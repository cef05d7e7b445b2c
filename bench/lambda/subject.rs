//! Who is measured: a function, what runs it, and where its store is; and one start of it.

use std::collections::BTreeMap;
use std::process::Command;

use super::super::Failure;
use super::super::result::Peer;
use super::package::{NODES, Packages};
use super::process::{Answer, Process};
use super::source::Source;
use super::store::{Place, Stores};
use super::work::Work;
use super::{Events, World, directory};

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

/// The n-th event of a source, and what came of it.
type Answered<'a> = ((&'a Source, usize), Answer);

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
    pub(super) fn start(&self, world: &World, events: Events) -> Result<Sample, Failure> {
        let (stores, [cold, _]) = (&world.stores, &world.sources);
        let dir = directory()?;
        let data = dir.path().join("data");
        let mut command = self.command(world)?;
        command.env("HOME", dir.path());
        stores.lend(self.peer, self.place, &data, &mut command)?;
        let mut process = Process::start(command, dir.path())?;
        let idle_mb = process.resident_mb()?;
        let first = process.invoke(&self.work.event(cold, 0))?;
        let (mut warm, mut answers) = (Vec::new(), Vec::new());
        let first_ms = process.ready_ms + first.ms;
        answers.push(((cold, 0), first));
        // Nothing is cold twice, so this one is measured cold alone.
        for (source, events) in world.sources.iter().zip(events).filter(|_| self.work != Work::Nothing) {
            let (measured, given) = self.warm(&mut process, stores, source, events)?;
            warm.push(measured);
            answers.extend(given);
        }
        let ready_ms = process.ready_ms;
        drop(process);
        // Afterwards, lest it heat or cool what is measured.
        for (event, answer) in &answers {
            let look = |key: &str| stores.variant(self.peer, self.place, &data, key);
            self.work.check(*event, &answer.body, look)?;
        }
        if self.place == Place::StandIn {
            let left = stores.stand_in.clear()?.len();
            if left != answers.len() {
                return Err(format!("{} events left {left} pictures in the bucket", answers.len()).into());
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
    ) -> Result<(Warm, Vec<Answered<'a>>), Failure> {
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

    fn command(&self, world: &World) -> Result<Command, Failure> {
        let (functions, packages) = (world.functions, &world.packages);
        let mut command = match (self.node, self.work) {
            (Some(node), _) => Packages::command(node, self.peer, self.work)?,
            (None, Work::HttpOrigin) => Command::new(&functions.http_origin),
            (None, Work::Upload) => Command::new(&functions.upload_trigger),
            (None, Work::OriginResponse | Work::Nothing) => Command::new(&functions.origin_response),
        };
        // Nothing of this machine's own, but what Lambda says.
        command.env_clear().envs([
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]);
        if self.node.is_some() {
            packages.say(self.peer, self.work, &mut command);
        }
        Ok(command)
    }
}
