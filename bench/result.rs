//! What a run leaves behind, and what everything that shows it reads: `bench/results/<date>-<revision>.json`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Failure;

/// One run of the bench: all its suites on one machine, interleaved.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    /// `YYYY-MM-DD`.
    pub(crate) date: String,
    /// Of Pixfront, as `git describe --always --dirty` has it.
    pub(crate) revision: String,
    /// The suites that ran, if not all did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) part: Option<String>,
    /// Whether it only proved that the harness works: its times mean nothing.
    pub(crate) is_quick: bool,
    /// How long it took.
    pub(crate) seconds: f64,
    pub(crate) machine: Machine,
    /// What each peer says that it is: `sharp 0.35.5, libvips 8.18.4`.
    pub(crate) versions: BTreeMap<Peer, String>,
    pub(crate) sources: Vec<Facts>,
    pub(crate) rows: Vec<Row>,
}

/// Where it ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_gb: f64,
    pub(crate) system: String,
    /// The one-minute load before anything ran.
    pub(crate) load: f64,
}

/// What one of the pictures is that everybody was given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) name: String,
    /// How it came about.
    pub(crate) from: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes: u64,
}

/// What one peer did in one case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) suite: Suite,
    /// What a table or a plot is about: the engine's source, the load's sort, the encoder.
    pub(crate) group: String,
    /// The line of that table: `400 WebP, 1 core`.
    pub(crate) case: String,
    /// Where the case stands on a plot: `megapixels`, `width`, `quality`, `effort`, `clients`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) axes: BTreeMap<String, f64>,
    pub(crate) peer: Peer,
    /// Settings that are not the case's: a quality that was matched, a default that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Every sample, in the order of the rounds: the n-th of two peers were taken one after the other.
    Measured(BTreeMap<Figure, Vec<f64>>),
    /// Why the peer can't do this.
    Unable(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Suite {
    /// Buffer to buffer, one process a peer.
    Engine,
    /// Time and memory against the sizes of source and result.
    Growth,
    /// Bytes, score and time of the encoders' settings.
    Quality,
    /// Servers under load.
    System,
    /// Functions on a Runtime API.
    Lambda,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Peer {
    Pixfront,
    Sharp,
    Pillow,
    Libvips,
    Oximg,
    /// A server upon sharp.
    Ipx,
    /// A server upon Pillow.
    Thumbor,
    /// Lambda's Node.js with a handler that does nothing.
    Node,
}

/// What is measured. A name ends in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Figure {
    /// For one picture; where several are made at a time, the time for all divided by their number.
    Ms,
    /// Of the result.
    Bytes,
    /// SSIMULACRA2 against a reference resampled in doubles: 100 is the same, 90 can't be told apart, 70 is good.
    Score,
    /// Resident memory of the process before its first picture.
    IdleMb,
    /// The most that the process had resident.
    PeakMb,
    RequestsPerSecond,
    P50Ms,
    P95Ms,
    P99Ms,
    /// Requests that were not answered with a picture.
    Failed,
    /// From the start of the process until it asks for its first event.
    ReadyMs,
    /// From the start of the process until its first answer.
    FirstMs,
    /// From an event to its answer, by a function that has answered before.
    WarmMs,
    /// Dollars for a million of them, on paper.
    Dollars,
}

impl Peer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pixfront => "Pixfront",
            Self::Sharp => "sharp",
            Self::Pillow => "Pillow",
            Self::Libvips => "libvips",
            Self::Oximg => "oximg",
            Self::Ipx => "ipx",
            Self::Thumbor => "thumbor",
            Self::Node => "Node.js",
        }
    }
}

impl Figure {
    pub(crate) const ALL: [Self; 14] = [
        Self::Ms,
        Self::Bytes,
        Self::Score,
        Self::IdleMb,
        Self::PeakMb,
        Self::RequestsPerSecond,
        Self::P50Ms,
        Self::P95Ms,
        Self::P99Ms,
        Self::Failed,
        Self::ReadyMs,
        Self::FirstMs,
        Self::WarmMs,
        Self::Dollars,
    ];

    /// Whether it is longer on a slower machine.
    pub(crate) fn is_time(self) -> bool {
        matches!(
            self,
            Self::Ms
                | Self::P50Ms
                | Self::P95Ms
                | Self::P99Ms
                | Self::ReadyMs
                | Self::FirstMs
                | Self::WarmMs
                | Self::Dollars
        )
    }

    /// Whether more of it is better; of nearly all, less is.
    pub(crate) fn grows_better(self) -> bool {
        matches!(self, Self::Score | Self::RequestsPerSecond)
    }

    /// Whether another run on the same machine gives another number.
    pub(crate) fn is_noisy(self) -> bool {
        !matches!(self, Self::Score | Self::Bytes | Self::Failed)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl Row {
    /// The samples of a figure, none where it was not measured.
    pub(crate) fn samples(&self, figure: Figure) -> &[f64] {
        match &self.outcome {
            Outcome::Measured(figures) => figures.get(&figure).map_or(&[], Vec::as_slice),
            Outcome::Unable(_) => &[],
        }
    }

    /// What a row is about, but for the peer.
    pub(crate) fn place(&self) -> (Suite, &str, &str) {
        (self.suite, &self.group, &self.case)
    }
}

impl Run {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_slice(&text)
            .map_err(|error| format!("{} is no result of this bench: {error}", path.display()).into())
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        Ok(std::fs::write(path, serde_json::to_string_pretty(self)? + "\n")?)
    }

    /// The row of a peer in a place.
    pub(crate) fn row(&self, place: (Suite, &str, &str), peer: Peer) -> Option<&Row> {
        self.rows.iter().find(|row| row.place() == place && row.peer == peer)
    }
}
