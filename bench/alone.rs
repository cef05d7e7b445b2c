//! What is measured of ours alone, or of ours beside ours: no peer does it. Each leaves its samples and its table in
//! bench/results/alone.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::result::Machine;
use super::{Failure, machine, root};

mod bucket;
mod thumbnails;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(value_enum)]
    what: What,
    /// Only prove that it works, in seconds, with times that mean nothing; nothing is kept.
    #[arg(long)]
    quick: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum What {
    /// Three thumbnails of one decode, and of three.
    Thumbnails,
    /// Time and memory of backfill, stats and purge over a large bucket.
    Bucket,
}

/// A measurement, as it is kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct Alone {
    /// `YYYY-MM-DD`.
    date: String,
    /// Of Pixfront, as `git describe --always --dirty` has it.
    revision: String,
    machine: Machine,
    measured: Measured,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Measured {
    Thumbnails(thumbnails::Thumbnails),
    Bucket(bucket::Bucket),
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    // Before anything runs, since it has the load.
    let machine = machine::machine()?;
    let measured = match arguments.what {
        What::Thumbnails => Measured::Thumbnails(thumbnails::measure(arguments.quick)?),
        What::Bucket => Measured::Bucket(bucket::measure(arguments.quick)?),
    };
    let alone = Alone { date: machine::date()?, revision: machine::revision()?, machine, measured };
    println!("{}", alone.table()?);
    if arguments.quick {
        return Ok(());
    }
    let folder = root().join("bench/results/alone");
    let path = folder.join(format!("{}-{}-{}.json", alone.date, alone.revision, alone.name()));
    let failed = |error: std::io::Error| format!("{} can't be written: {error}", path.display());
    std::fs::create_dir_all(&folder).map_err(failed)?;
    std::fs::write(&path, serde_json::to_string(&alone)? + "\n").map_err(failed)?;
    alone.write_table(&path).map(drop)
}

impl Alone {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let unread = |error| format!("{} is no measurement of ours alone: {error}", path.display());
        Ok(serde_json::from_str(&text).map_err(unread)?)
    }

    /// Beside its samples.
    pub(crate) fn write_table(&self, path: &Path) -> Result<PathBuf, Failure> {
        let path = path.with_extension("md");
        std::fs::write(&path, self.table()?).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path)
    }

    pub(crate) fn table(&self) -> Result<String, Failure> {
        let Self { date, revision, machine: Machine { cpu, cores, load, .. }, measured } = self;
        let (title, words) = match measured {
            Measured::Thumbnails(thumbnails) => (thumbnails::TITLE, thumbnails.words()?),
            Measured::Bucket(bucket) => (bucket::TITLE, bucket.words()),
        };
        let name = self.name();
        Ok(format!(
            "# {title}\n\n{date}, revision {revision}, {cpu}, {cores} cores, load {load:.1} before. \
             `make bench-alone WHAT={name}` repeats it; every sample is in the JSON file beside this one.\n\n{words}"
        ))
    }

    fn name(&self) -> &'static str {
        match self.measured {
            Measured::Thumbnails(_) => "thumbnails",
            Measured::Bucket(_) => "bucket",
        }
    }
}
