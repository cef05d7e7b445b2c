//! The `SQLite` file and the locks around it.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::file::{Opened, TEMPORARY_PREFIX};
use super::{Layout, failed};
use crate::error::{Error, Kind, Result};

/// How long to wait for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// At most so many keys are read while others wait for the connection.
const PAGE_LIMIT: usize = 1000;

const OBJECTS: &str = "
    CREATE TABLE objects (
        bucket TEXT NOT NULL,
        key TEXT NOT NULL,
        PRIMARY KEY (bucket, key)
    ) WITHOUT ROWID";

/// Rows and messages are JSON: `SQLite` has no unsigned integers, and a new field needs no migration.
/// `SELECT name, variant, facts->>'bytes' FROM ledger` reads them in any `sqlite3`.
const RECORDS: &str = "
    CREATE TABLE IF NOT EXISTS ledger (
        name TEXT NOT NULL,
        variant TEXT NOT NULL,
        facts TEXT NOT NULL,
        PRIMARY KEY (name, variant)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        message TEXT NOT NULL,
        visible_ms INTEGER NOT NULL DEFAULT 0,
        receipt TEXT UNIQUE
    );
    CREATE TABLE IF NOT EXISTS journal (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        bucket TEXT NOT NULL,
        key TEXT NOT NULL
    )";

/// The open database.
#[derive(Debug)]
pub(super) struct Index {
    connection: Mutex<Connection>,
    /// Apart from the connection, so that nobody who only reads rows waits for a slow rename.
    write_lock: Mutex<File>,
    /// Only held: it tells others that our temporary files are alive.
    _open_lock: File,
}

impl Index {
    pub(super) fn open(layout: &Layout) -> Result<Self> {
        let write_lock = lock_file(&layout.write_lock())?;
        let open_lock = lock_file(&layout.open_lock())?;
        let refused = |cause: io::Error| failed("could not be locked", &layout.dir, &cause);
        sweep_if_alone(&open_lock, &layout.tmp()).map_err(refused)?;

        // Who opens second waits until the first has made the tables, and the index with them.
        let guard = Locked::new(&write_lock).map_err(refused)?;
        let connection = connect(layout)?;
        drop(guard);
        Ok(Self { connection: Mutex::new(connection), write_lock: Mutex::new(write_lock), _open_lock: open_lock })
    }

    /// Runs what changes files and rows together, alone among all threads and processes.
    pub(super) fn change<T>(&self, work: impl FnOnce(&Objects<'_>) -> Result<T>) -> Result<T> {
        // The mutex is for the threads of this process, which have one lock on the file together.
        let file = self.write_lock.lock().unwrap_or_else(PoisonError::into_inner);
        let _guard = Locked::new(&file)
            .map_err(|cause| Error::with_source(Kind::Upstream, "the store could not be locked", cause))?;
        work(&Objects { index: self })
    }

    /// Keys of a bucket that begin with `prefix`, in order, beginning at `from`.
    /// There may be more after a page that is not empty.
    pub(super) fn page(&self, bucket: &str, prefix: &str, from: &str, limit: usize) -> Result<Vec<String>> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let connection = self.connection();
            let mut query =
                connection.prepare_cached("SELECT key FROM objects WHERE bucket = ?1 AND key >= ?2 ORDER BY key")?;
            let keys = query.query_map([bucket, from], |row| row.get(0))?;
            // The keys with a prefix stand together, and rows are read as they are asked for.
            keys.take_while(|key: &rusqlite::Result<String>| key.as_ref().map_or(true, |key| key.starts_with(prefix)))
                .take(limit.min(PAGE_LIMIT))
                .collect()
        };
        read().map_err(broken)
    }

    /// The connection, for one statement or transaction of the ledger or the queue.
    /// A panic has rolled its transaction back, so a poisoned one is as good as new.
    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The objects' rows, for one who holds the write lock.
pub(super) struct Objects<'a> {
    index: &'a Index,
}

impl Objects<'_> {
    pub(super) fn add(&self, bucket: &str, key: &str) -> Result<()> {
        add(&self.index.connection(), bucket, key).map_err(broken)
    }

    pub(super) fn remove(&self, bucket: &str, keys: &[String]) -> Result<()> {
        remove(&mut self.index.connection(), bucket, keys).map_err(broken)
    }
}

/// What a failed statement is for the caller.
pub(super) fn broken(cause: rusqlite::Error) -> Error {
    Error::with_source(Kind::Upstream, "the store's index failed", cause)
}

fn add(connection: &Connection, bucket: &str, key: &str) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO objects VALUES (?1, ?2)")?;
    insert.execute([bucket, key]).map(drop)
}

fn remove(connection: &mut Connection, bucket: &str, keys: &[String]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for key in keys {
        let mut delete = transaction.prepare_cached("DELETE FROM objects WHERE bucket = ?1 AND key = ?2")?;
        delete.execute([bucket, key])?;
    }
    transaction.commit()
}

fn connect(layout: &Layout) -> Result<Connection> {
    let mut connection = Connection::open(layout.database()).map_err(broken)?;
    let prepare = || -> rusqlite::Result<()> {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        // Enough against a crash of the process; a power cut may take the last commits, as it may the last renames.
        connection.pragma_update(None, "synchronous", "normal")?;
        connection.execute_batch(RECORDS)
    };
    prepare().map_err(broken)?;

    // One transaction: killed in the middle of a rebuild, the next open finds no table and begins again.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(broken)?;
    let there = transaction.query_row("SELECT 1 FROM sqlite_schema WHERE name = 'objects'", [], |_| Ok(()));
    if there.optional().map_err(broken)?.is_none() {
        transaction.execute_batch(OBJECTS).map_err(broken)?;
        rebuild(&transaction, &layout.objects())?;
    }
    transaction.commit().map_err(broken)?;
    Ok(connection)
}

/// Makes the objects' rows from the headers of the files.
fn rebuild(transaction: &Transaction<'_>, objects: &Path) -> Result<()> {
    let unreadable = |cause: io::Error| failed("could not be read", objects, &cause);
    let mut rows = 0_u64;
    for bucket in entries(objects).map_err(unreadable)? {
        for shard in entries(&bucket).map_err(unreadable)? {
            for path in entries(&shard).map_err(unreadable)? {
                match Opened::open_unchecked(path) {
                    Ok(Some(opened)) => {
                        add(transaction, &opened.header.bucket, &opened.header.key).map_err(broken)?;
                        rows += 1;
                    }
                    Ok(None) => {}
                    // One bad file must not keep the store shut.
                    Err(error) => tracing::warn!(error = error.chain(), "a file was left out of the index"),
                }
            }
        }
    }
    if rows > 0 {
        tracing::info!(rows, "the index was rebuilt from the files");
    }
    Ok(())
}

/// What is in a directory; a stray file counts as an empty one.
fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect()
}

/// Removes the temporary files of the dead, and nobody else's: a directory may have been named by mistake. If anyone else has the store open, they may belong to the living.
fn sweep_if_alone(open_lock: &File, tmp: &Path) -> io::Result<()> {
    match open_lock.try_lock() {
        Ok(()) => {
            for leftover in entries(tmp)?.into_iter().filter(|path| is_temporary(path)) {
                if let Err(cause) = fs::remove_file(&leftover) {
                    tracing::warn!(%cause, path = %leftover.display(), "a temporary file could not be removed");
                }
            }
            open_lock.unlock()?;
        }
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(cause)) => return Err(cause),
    }
    // Someone may sweep between the two locks, but we have no temporary files yet.
    open_lock.lock_shared()
}

fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().map(OsStr::to_string_lossy);
    name.is_some_and(|name| name.starts_with(TEMPORARY_PREFIX))
}

fn lock_file(path: &Path) -> Result<File> {
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    opened.map_err(|cause| failed("could not be opened", path, &cause))
}

/// A file's lock until it is dropped; the system also gives it back when the process dies.
struct Locked<'a>(&'a File);

impl<'a> Locked<'a> {
    fn new(file: &'a File) -> io::Result<Self> {
        file.lock().map(|()| Self(file))
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        if let Err(cause) = self.0.unlock() {
            tracing::error!(%cause, "the store's lock could not be given back");
        }
    }
}
