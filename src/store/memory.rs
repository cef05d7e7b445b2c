//! Stores that live as long as the process: for `--store memory`, and for tests that want no disk.
//!
//! Locks are held for a look-up or an insertion, never across an await.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;

use super::checks::{blocking, check_limit, check_range, not_found, now_ms};
use super::{Attributes, Head, Ledger, Message, Object, ObjectStore, Queue, Received, Row, RowKey, Stores};
use crate::error::Result;
use crate::key;

/// Empty stores, all in memory.
pub fn open() -> Stores {
    Stores {
        originals: Arc::new(MemoryStore::default()),
        variants: Arc::new(MemoryStore::default()),
        ledger: Arc::new(MemoryLedger::default()),
        failures: Arc::new(MemoryQueue::default()),
        journal: None,
        distribution: None,
    }
}

/// The objects of one bucket.
#[derive(Debug, Default)]
pub struct MemoryStore {
    objects: RwLock<BTreeMap<String, Object>>,
}

impl MemoryStore {
    // A panic while a lock is held leaves the map as it was or with the entry in it: both are fine to go on with.
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Object>> {
        self.objects.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Object>> {
        self.objects.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ObjectStore for MemoryStore {
    async fn get(&self, key: &str, limit_bytes: u64) -> Result<Object> {
        let objects = self.read();
        let object = objects.get(key).ok_or_else(|| not_found(key))?;
        check_limit(key, object.head.bytes, limit_bytes)?;
        Ok(object.clone())
    }

    async fn get_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes> {
        let objects = self.read();
        let object = objects.get(key).ok_or_else(|| not_found(key))?;
        let range = check_range(key, &object.head, etag, range)?;
        Ok(object.body.slice(range))
    }

    async fn head(&self, key: &str) -> Result<Head> {
        self.read().get(key).map(|object| object.head.clone()).ok_or_else(|| not_found(key))
    }

    async fn put(&self, key: &str, body: Bytes, attributes: Attributes) -> Result<String> {
        // An MD5 of megabytes takes milliseconds, too long for an async thread.
        let hashed = body.clone();
        let etag = blocking(move || Ok(key::etag(&hashed))).await?;
        let head = Head { etag: etag.clone(), bytes: body.len() as u64, modified_ms: now_ms(), attributes };
        self.write().insert(key.to_owned(), Object { head, body });
        Ok(etag)
    }

    async fn delete(&self, keys: &[String]) -> Result<()> {
        let mut objects = self.write();
        for key in keys {
            objects.remove(key);
        }
        Ok(())
    }

    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>> {
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            Some(_) | None => Bound::Included(prefix),
        };
        let objects = self.read();
        let keys = objects.range::<str, _>((start, Bound::Unbounded)).map(|(key, _)| key);
        Ok(keys.take_while(|key| key.starts_with(prefix)).take(limit).cloned().collect())
    }
}

/// The rows, by name and then by variant.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    rows: Mutex<BTreeMap<String, BTreeMap<String, Row>>>,
}

impl MemoryLedger {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, BTreeMap<String, Row>>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn record(&self, row: Row) -> Result<()> {
        self.lock().entry(row.name.clone()).or_default().insert(row.variant.clone(), row);
        Ok(())
    }

    async fn variants_of(&self, name: &str) -> Result<Vec<Row>> {
        Ok(self.lock().get(name).map(|rows| rows.values().cloned().collect()).unwrap_or_default())
    }

    async fn rows(&self, after: Option<RowKey>, limit: usize) -> Result<Vec<Row>> {
        let names = self.lock();
        let first = after.as_ref().map_or("", |after| &after.name);
        let rows =
            names.range::<str, _>((Bound::Included(first), Bound::Unbounded)).flat_map(|(_, rows)| rows.values());
        let rows = rows.filter(|row| after.as_ref().is_none_or(|after| row.key() > *after));
        Ok(rows.take(limit).cloned().collect())
    }

    async fn forget(&self, name: &str, variants: &[String]) -> Result<()> {
        let mut names = self.lock();
        if let Some(rows) = names.get_mut(name) {
            rows.retain(|variant, _| !variants.contains(variant));
            if rows.is_empty() {
                names.remove(name);
            }
        }
        Ok(())
    }
}

/// The messages, oldest first.
#[derive(Debug, Default)]
pub struct MemoryQueue {
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    next_id: u64,
    by_id: BTreeMap<u64, Slot>,
}

#[derive(Debug)]
struct Slot {
    message: Message,
    deliveries: u64,
    hidden_until: Option<Instant>,
}

impl MemoryQueue {
    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn send(&self, message: Message) -> Result<()> {
        message.check()?;
        let mut slots = self.lock();
        let id = slots.next_id;
        slots.next_id += 1;
        slots.by_id.insert(id, Slot { message, deliveries: 0, hidden_until: None });
        Ok(())
    }

    async fn receive(&self, limit: usize, visibility_s: u32) -> Result<Vec<Received>> {
        let now = Instant::now();
        let mut slots = self.lock();
        let visible = slots.by_id.iter_mut().filter(|(_, slot)| slot.hidden_until.is_none_or(|until| until <= now));
        let received = visible.take(limit).map(|(id, slot)| {
            slot.deliveries += 1;
            slot.hidden_until = Some(now + Duration::from_secs(visibility_s.into()));
            Received { receipt: receipt(*id, slot.deliveries), message: slot.message.clone() }
        });
        Ok(received.collect())
    }

    async fn delete(&self, receipt: &str) -> Result<()> {
        let Some((id, delivery)) = parse_receipt(receipt) else { return Ok(()) };
        let mut slots = self.lock();
        if slots.by_id.get(&id).is_some_and(|slot| slot.deliveries == delivery) {
            slots.by_id.remove(&id);
        }
        Ok(())
    }

    async fn release(&self, receipt: &str) -> Result<()> {
        let Some((id, delivery)) = parse_receipt(receipt) else { return Ok(()) };
        if let Some(slot) = self.lock().by_id.get_mut(&id).filter(|slot| slot.deliveries == delivery) {
            slot.hidden_until = None;
        }
        Ok(())
    }

    async fn peek(&self, limit: usize) -> Result<Vec<Message>> {
        Ok(self.lock().by_id.values().take(limit).map(|slot| slot.message.clone()).collect())
    }
}

/// A receipt names the delivery, so that one from before the message came back deletes nothing.
fn receipt(id: u64, delivery: u64) -> String {
    format!("{id}.{delivery}")
}

fn parse_receipt(receipt: &str) -> Option<(u64, u64)> {
    let (id, delivery) = receipt.split_once('.')?;
    Some((id.parse().ok()?, delivery.parse().ok()?))
}
