//! Purges that Redis has not heard of, and how they are made when it is there again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{RedisError, cmd};

use super::link::in_time;
use super::purge_command;

/// More purges than that are not remembered one by one.
const OWED_MAX: usize = 1000;
/// Deleting everything goes over all keys there are, others' too. What is not done in this time is left for the next connection.
const SWEEPING: Duration = Duration::from_mins(1);

/// What was purged while Redis was away.
#[derive(Default)]
pub(super) struct Owed {
    /// Also while everything goes: a sweep that is under way may have passed their keys, and another process may have put answers
    /// there since.
    tags: BTreeSet<String>,
    everything: Option<Sweep>,
}

/// How far everything has been deleted.
#[derive(Default)]
struct Sweep {
    /// The run of the server that the cursor is of; another's keys are in another order.
    run: Option<Arc<str>>,
    cursor: u64,
}

impl Owed {
    pub(super) fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.everything.is_none()
    }

    pub(super) fn add(&mut self, tag: &str) {
        self.tags.insert(tag.to_owned());
        if self.tags.len() > OWED_MAX {
            *self = Self { tags: BTreeSet::new(), everything: Some(Sweep::default()) };
        }
    }

    /// What was owed before these.
    pub(super) fn add_older(&mut self, older: Self) {
        // A sweep that these asked for begins after what the older one asked for.
        self.everything = self.everything.take().or(older.everything);
        older.tags.iter().for_each(|tag| self.add(tag));
    }

    /// Makes these purges. What was made of them before a failure may be made again, but for what was swept.
    pub(super) async fn pay(
        &mut self,
        connection: &mut MultiplexedConnection,
        run: &Arc<str>,
        patience: Duration,
    ) -> Result<(), String> {
        for tag in &self.tags {
            in_time(patience, purge_command(tag).query_async::<()>(connection)).await?;
        }
        if let Some(sweep) = &mut self.everything {
            in_time(SWEEPING, sweep.go_on(connection, run)).await?;
        }
        Ok(())
    }
}

impl Sweep {
    /// Deletes all that is ours, and nothing else. Each step is noted when it is done.
    async fn go_on(&mut self, connection: &mut MultiplexedConnection, run: &Arc<str>) -> Result<(), RedisError> {
        if self.run.as_ref() != Some(run) {
            *self = Self { run: Some(Arc::clone(run)), cursor: 0 };
        }
        loop {
            let mut scan = cmd("SCAN");
            scan.arg(self.cursor).arg("MATCH").arg("pixfront:*").arg("COUNT").arg(1000);
            let (next, keys): (u64, Vec<Vec<u8>>) = scan.query_async(connection).await?;
            if !keys.is_empty() {
                cmd("UNLINK").arg(keys).query_async::<()>(connection).await?;
            }
            self.cursor = next;
            if next == 0 {
                return Ok(());
            }
        }
    }
}
