//! What was begun with originals and not yet followed by its event.
//!
//! S3 keeps a notification until someone has dealt with it. Here the process that stores an original also delivers the event,
//! and may die in between: what it leaves in the journal, the next one takes up.

use std::sync::Arc;

use super::Shared;
use crate::error::Result;

/// The journal of a [`LocalStore`](super::LocalStore).
#[derive(Clone, Debug)]
pub struct LocalJournal {
    shared: Arc<Shared>,
}

/// A change that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// For [`LocalJournal::end`].
    pub id: i64,
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
}

impl LocalJournal {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Notes that the object is about to change. Before the change: an event too many does no harm.
    pub async fn begin(&self, bucket: &str, key: &str) -> Result<Pending> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.shared
            .ask(move |connection| {
                let mut insert = connection.prepare_cached("INSERT INTO journal (bucket, key) VALUES (?1, ?2)")?;
                let id = insert.insert([&bucket, &key])?;
                Ok(Pending { id, bucket, key })
            })
            .await
    }

    /// Strikes out what has been dealt with; twice does no harm.
    pub async fn end(&self, id: i64) -> Result<()> {
        self.shared
            .ask(move |connection| {
                connection.prepare_cached("DELETE FROM journal WHERE id = ?1")?.execute([id]).map(drop)
            })
            .await
    }

    /// All that was begun and not ended, oldest first; also what other processes are about to end.
    pub async fn pending(&self) -> Result<Vec<Pending>> {
        self.shared
            .ask(|connection| {
                let mut query = connection.prepare_cached("SELECT id, bucket, key FROM journal ORDER BY id")?;
                let rows = query
                    .query_map([], |row| Ok(Pending { id: row.get(0)?, bucket: row.get(1)?, key: row.get(2)? }))?;
                rows.collect()
            })
            .await
    }
}
