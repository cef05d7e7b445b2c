//! What functions read and write, empty but for the originals at each start.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::super::Failure;
use super::super::result::Peer;
use super::source::Source;
use super::stand_in::StandIn;
use super::{Functions, directory};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Files, in memory where there is a file system for that. Ours keeps an index and a ledger of them; sharp's only writes them.
    Directory,
    /// Both speak to the same process through AWS's clients.
    StandIn,
}

impl Place {
    /// As results say it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::StandIn => "S3 stand-in",
        }
    }
}

pub(super) struct Stores<'a> {
    functions: &'a Functions<'a>,
    pub(super) stand_in: StandIn,
    /// Directories as our functions and as sharp's find them, to be copied.
    ours: TempDir,
    theirs: TempDir,
}

impl<'a> Stores<'a> {
    /// With so many copies of each source.
    pub(super) fn open(functions: &'a Functions<'a>, sources: &[Source], copies: usize) -> Result<Self, Failure> {
        let stand_in = StandIn::start()?;
        let stores = Self { functions, stand_in, ours: directory()?, theirs: directory()? };
        for bucket in ["originals", "variants"] {
            fs::create_dir(stores.theirs.path().join(bucket))?;
        }
        for source in sources {
            for key in (0..copies).map(|copy| source.key(copy)) {
                (functions.put_original)(stores.ours.path(), &key, &source.jpeg)?;
                fs::write(file(stores.theirs.path(), "originals", &key), &source.jpeg)?;
                stores.stand_in.put("originals", &key, source.jpeg.clone())?;
            }
        }
        Ok(stores)
    }

    /// Tells a function where the originals are. `dir` is empty, and its own.
    pub(super) fn lend(&self, peer: Peer, place: Place, dir: &Path, command: &mut Command) -> Result<(), Failure> {
        command.envs([("ORIGINALS_BUCKET", "originals"), ("VARIANTS_BUCKET", "variants")]);
        match (place, peer) {
            (Place::StandIn, _) => self.stand_in.lend(command),
            (Place::Directory, Peer::Pixfront) => {
                copy(self.ours.path(), dir)?;
                command.env("PIXFRONT_DATA", dir);
            }
            (Place::Directory, _) => {
                copy(self.theirs.path(), dir)?;
                command.env("DATA", dir);
            }
        }
        Ok(())
    }

    /// What a function stored.
    pub(super) fn variant(&self, peer: Peer, place: Place, dir: &Path, key: &str) -> Result<Vec<u8>, Failure> {
        match (place, peer) {
            (Place::StandIn, _) => self.stand_in.get("variants", key),
            (Place::Directory, Peer::Pixfront) => (self.functions.get_variant)(dir, key),
            (Place::Directory, _) => {
                fs::read(file(dir, "variants", key)).map_err(|error| format!("the variant {key}: {error}").into())
            }
        }
    }
}

/// As bench/peers/lambda-sharp/store-directory.mjs has it.
fn file(dir: &Path, bucket: &str, key: &str) -> PathBuf {
    dir.join(bucket).join(key.replace('/', "%2F").replace('=', "%3D").replace(',', "%2C"))
}

/// Originals are linked, since nobody writes into them and a dozen of them would take longer than what is measured; databases and
/// the like are copied.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let from = entry?.path();
        let to = to.join(from.file_name().unwrap_or_default());
        if from.is_dir() {
            copy(&from, &to)?;
        } else if from.iter().any(|name| name == "originals") {
            fs::hard_link(&from, &to)?;
        } else {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}
