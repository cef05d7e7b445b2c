//! How far a walk came, in a file, so that the next one goes on behind it.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::error::{Error, Kind, Result};
use crate::image::EPOCH;

/// Whatever comes first. What is killed in between is looked at once more, and found made.
const KEYS: u64 = 100;
const TIME: Duration = Duration::from_secs(2);

/// What a checkpoint is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Where the originals are.
    pub originals: String,
    /// Where the variants are.
    pub variants: String,
    /// What the keys begin with.
    pub prefix: String,
    /// [`Wanted::names`](super::Wanted::names).
    pub making: Vec<String>,
    /// [`EPOCH`]: what an older version did another would do again.
    epoch: u32,
}

impl Run {
    /// Of this version.
    pub fn new(originals: String, variants: String, prefix: String, making: Vec<String>) -> Self {
        Self { originals, variants, prefix, making, epoch: EPOCH }
    }

    /// What it is, where the other is something else.
    fn difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let fields = |run: &Self| {
            [
                ("originals", run.originals.clone()),
                ("variants", run.variants.clone()),
                ("prefix", run.prefix.clone()),
                ("making", run.making.join(" ")),
                ("epoch", run.epoch.to_string()),
            ]
        };
        let mut both = fields(self).into_iter().zip(fields(other));
        both.find_map(|((name, ours), (_, theirs))| (ours != theirs).then_some((name, ours, theirs)))
    }
}

#[derive(Serialize, Deserialize)]
struct Content {
    run: Run,
    up_to: Option<String>,
}

/// The file of a run. It is whole at any time: written aside, and renamed.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    run: Run,
    up_to: Option<String>,
    keys: u64,
    written: Instant,
}

impl Checkpoint {
    /// Reads the file, if there is one. [`Kind::Invalid`] if it is of another run, or none at all.
    pub fn open(path: &Path, run: Run) -> Result<Self> {
        let shown = path.display();
        let up_to = match std::fs::read(path) {
            Ok(json) => {
                let not_one = |cause| Error::with_source(Kind::Invalid, format!("{shown} is no checkpoint"), cause);
                let Content { run: its, up_to } = serde_json::from_slice(&json).map_err(not_one)?;
                if let Some((name, ours, its)) = run.difference(&its) {
                    return Err(Error::invalid(format!(
                        "{shown} is the checkpoint of another run: its {name} is `{its}`, here it is `{ours}`; name another file, or remove it"
                    )));
                }
                up_to
            }
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(Error::with_source(Kind::Upstream, format!("{shown} can't be read"), error)),
        };
        Ok(Self { path: path.to_owned(), run, up_to, keys: 0, written: Instant::now() })
    }

    /// The last key up to which everything is done.
    pub fn up_to(&self) -> Option<&str> {
        self.up_to.as_deref()
    }

    /// Takes note of another original that was dealt with, and writes now and then.
    pub fn note(&mut self, up_to: Option<&str>) -> Result<()> {
        self.keys += 1;
        if self.keys < KEYS && self.written.elapsed() < TIME {
            return Ok(());
        }
        self.write(up_to)
    }

    /// Writes it.
    pub fn write(&mut self, up_to: Option<&str>) -> Result<()> {
        (self.up_to, self.keys, self.written) = (up_to.map(ToOwned::to_owned), 0, Instant::now());
        let unwritten = |cause: std::io::Error| {
            Error::with_source(
                Kind::Upstream,
                format!("the checkpoint {} can't be written", self.path.display()),
                cause,
            )
        };
        let content = Content { run: self.run.clone(), up_to: self.up_to.clone() };
        let json = serde_json::to_vec_pretty(&content).map_err(|cause| unwritten(cause.into()))?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(folder).map_err(unwritten)?;
        let written = file.write_all(&json).and_then(|()| file.as_file().sync_data());
        written.map_err(unwritten)?;
        file.persist(&self.path).map(drop).map_err(|cause| unwritten(cause.error))
    }
}
