//! The queue as a table.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::Connection;

use super::Shared;
use crate::error::{Error, Kind, Result};
use crate::store::checks::now_ms;
use crate::store::{Message, Queue, Received};

/// The queue of a [`LocalStore`](super::LocalStore).
#[derive(Clone, Debug)]
pub struct LocalQueue {
    shared: Arc<Shared>,
}

#[async_trait]
impl Queue for LocalQueue {
    async fn send(&self, message: Message) -> Result<()> {
        message.check()?;
        let json = serde_json::to_string(&message)
            .map_err(|cause| Error::with_source(Kind::Bug, "a message could not be written", cause))?;
        self.shared
            .ask(move |connection| {
                connection.prepare_cached("INSERT INTO queue (message) VALUES (?1)")?.execute([json]).map(drop)
            })
            .await
    }

    async fn receive(&self, limit: usize, visibility_s: u32) -> Result<Vec<Received>> {
        let rows = self.shared.ask(move |connection| receive(connection, limit, visibility_s)).await?;
        rows.into_iter().map(|(receipt, json)| Ok(Received { receipt, message: parse(&json)? })).collect()
    }

    async fn delete(&self, receipt: &str) -> Result<()> {
        let receipt = receipt.to_owned();
        self.shared
            .ask(move |connection| {
                connection.prepare_cached("DELETE FROM queue WHERE receipt = ?1")?.execute([receipt]).map(drop)
            })
            .await
    }

    async fn release(&self, receipt: &str) -> Result<()> {
        let receipt = receipt.to_owned();
        self.shared
            .ask(move |connection| {
                connection
                    .prepare_cached("UPDATE queue SET visible_ms = 0 WHERE receipt = ?1")?
                    .execute([receipt])
                    .map(drop)
            })
            .await
    }

    async fn peek(&self, limit: usize) -> Result<Vec<Message>> {
        let messages: Vec<String> = self
            .shared
            .ask(move |connection| {
                let mut query = connection.prepare_cached("SELECT message FROM queue ORDER BY id LIMIT ?1")?;
                query.query_map([integer(limit)], |row| row.get(0))?.collect()
            })
            .await?;
        messages.iter().map(|json| parse(json)).collect()
    }
}

impl LocalQueue {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

/// One statement, so that no two receivers get the same message. The new receipt makes an older one worthless.
fn receive(connection: &Connection, limit: usize, visibility_s: u32) -> rusqlite::Result<Vec<(String, String)>> {
    let now = integer(now_ms());
    let until = now.saturating_add(i64::from(visibility_s) * 1000);
    let mut update = connection.prepare_cached(
        "UPDATE queue SET visible_ms = ?1, receipt = hex(randomblob(16))
         WHERE id IN (SELECT id FROM queue WHERE visible_ms <= ?2 ORDER BY id LIMIT ?3)
         RETURNING id, receipt, message",
    )?;
    let rows = update.query_map([until, now, integer(limit)], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    // RETURNING promises no order.
    let mut rows: Vec<(i64, (String, String))> = rows.collect::<rusqlite::Result<_>>()?;
    rows.sort_unstable_by_key(|(id, _)| *id);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

fn parse(json: &str) -> Result<Message> {
    serde_json::from_str(json)
        .map_err(|cause| Error::with_source(Kind::Upstream, "a message of the queue could not be read", cause))
}

/// For `SQLite`, which knows signed integers only.
fn integer(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}
