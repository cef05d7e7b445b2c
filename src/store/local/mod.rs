//! The embedded default: objects as files, and their index, the ledger and the queue in one `SQLite` file.
//!
//! An object is one file, header and body together, written aside and renamed to the hash of its key; reading one
//! asks nobody else. The index only answers `list`, and the rule that makes it right after a crash is that **it is
//! always a superset of the files**: a put commits the row before the rename, a delete removes the file before the
//! row, and `list` drops (and cleans up) rows without a file. Both run under one lock that also holds between
//! processes, so no interleaving of two breaks the rule, and whatever dies in between leaves at most a row too many.
//!
//! What is acknowledged survives `kill -9`. A power cut tears no object, but may take the last seconds' writes, even
//! a row and not its file: `DROP TABLE objects` in `index.sqlite` then makes the next [`open`] rebuild the table from
//! the files' headers, as it does when the whole index is missing. Both need that no process has the store open.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;

use super::Stores;
use super::checks::blocking;
use crate::error::{Error, Kind, Result};

mod bucket;
mod file;
mod index;
mod journal;
mod ledger;
mod queue;

pub use bucket::LocalBucket;
pub use journal::{LocalJournal, Pending};
pub use ledger::LocalLedger;
pub use queue::LocalQueue;

/// Opens the store in `dir`, creating what is missing, with the buckets `originals` and `variants`.
///
/// It blocks, for as long as the index takes to rebuild if that is missing: call it once, at start-up.
pub fn open(dir: &Path) -> Result<Stores> {
    let store = LocalStore::open(dir)?;
    Ok(Stores {
        originals: Arc::new(store.bucket("originals")?),
        variants: Arc::new(store.bucket("variants")?),
        ledger: Arc::new(store.ledger()),
        failures: Arc::new(store.queue()),
        journal: Some(store.journal()),
        distribution: None,
    })
}

/// Whether there is a store in `dir`: the mark of one that was opened before.
pub fn is_in(dir: &Path) -> bool {
    Layout { dir: dir.to_owned() }.database().is_file()
}

/// One directory; cheap to clone, and open in any number of processes at once.
#[derive(Clone, Debug)]
pub struct LocalStore {
    shared: Arc<Shared>,
}

/// What buckets, ledger, queue and journal have in common.
#[derive(Debug)]
struct Shared {
    layout: Layout,
    index: index::Index,
}

impl Shared {
    /// Asks the tables of records, on a thread that may block.
    async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let shared = Arc::clone(self);
        blocking(move || work(&mut shared.index.connection()).map_err(index::broken)).await
    }
}

impl LocalStore {
    /// Opens the store in `dir`, creating what is missing. It blocks: see [`open`].
    pub fn open(dir: &Path) -> Result<Self> {
        let layout = Layout { dir: dir.to_owned() };
        for needed in [layout.objects(), layout.tmp()] {
            fs::create_dir_all(&needed).map_err(|cause| failed("could not be opened", &needed, &cause))?;
        }
        let index = index::Index::open(&layout)?;
        Ok(Self { shared: Arc::new(Shared { layout, index }) })
    }

    /// A bucket, which exists as soon as something is in it. Names are as S3 has them.
    pub fn bucket(&self, name: &str) -> Result<LocalBucket> {
        let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let ends = [name.as_bytes().first(), name.as_bytes().last()];
        let good = (3..=63).contains(&name.len())
            && name.bytes().all(|byte| alphanumeric(&byte) || byte == b'.' || byte == b'-')
            && ends.into_iter().flatten().all(alphanumeric);
        if !good {
            return Err(Error::invalid(format!(
                "the bucket name `{name}` must be 3 to 63 of `a-z`, `0-9`, `.` and `-`, with a letter or digit at both ends"
            )));
        }
        Ok(LocalBucket::new(Arc::clone(&self.shared), name))
    }

    /// The ledger.
    pub fn ledger(&self) -> LocalLedger {
        LocalLedger::new(Arc::clone(&self.shared))
    }

    /// The queue.
    pub fn queue(&self) -> LocalQueue {
        LocalQueue::new(Arc::clone(&self.shared))
    }

    /// The journal of uploads.
    pub fn journal(&self) -> LocalJournal {
        LocalJournal::new(Arc::clone(&self.shared))
    }
}

/// Where everything lies.
#[derive(Debug)]
struct Layout {
    dir: PathBuf,
}

impl Layout {
    fn objects(&self) -> PathBuf {
        self.dir.join("objects")
    }

    /// Beside the objects, because a rename is atomic within one file system only.
    fn tmp(&self) -> PathBuf {
        self.dir.join("tmp")
    }

    fn database(&self) -> PathBuf {
        self.dir.join("index.sqlite")
    }

    /// Locked by whoever is changing files and rows together.
    fn write_lock(&self) -> PathBuf {
        self.dir.join("write.lock")
    }

    /// Locked, shared, by everyone who has the store open.
    fn open_lock(&self) -> PathBuf {
        self.dir.join("open.lock")
    }
}

/// An I/O failure: the client learns that the store failed, the log also where and why.
fn failed(what: &str, path: &Path, cause: &std::io::Error) -> Error {
    let cause = std::io::Error::new(cause.kind(), format!("{}: {cause}", path.display()));
    Error::with_source(Kind::Upstream, format!("the store {what}"), cause)
}
