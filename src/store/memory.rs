//! Stores that live as long as the process: for `--store memory`, and for tests that want no disk.
//!
//! Locks are held for a look-up or an insertion, never across an await. The functions at the end are what every
//! store says and computes alike, whatever it keeps its bytes in.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use md5::{Digest, Md5};

use super::{Attributes, Head, Ledger, Message, Object, ObjectStore, Queue, Received, Row, Stores};
use crate::error::{Error, Kind, Result};

/// Empty stores, all in memory.
pub fn open() -> Stores {
    Stores {
        originals: Arc::new(MemoryStore::default()),
        variants: Arc::new(MemoryStore::default()),
        ledger: Arc::new(MemoryLedger::default()),
        failures: Arc::new(MemoryQueue::default()),
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
        let etag = blocking(move || Ok(etag_of(&hashed))).await?;
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

pub(super) fn not_found(key: &str) -> Error {
    Error::new(Kind::NotFound, format!("there is no `{key}`"))
}

pub(super) fn check_limit(key: &str, bytes: u64, limit_bytes: u64) -> Result<()> {
    if bytes > limit_bytes {
        let context = format!("`{key}` has {bytes} bytes, more than the limit of {limit_bytes}");
        return Err(Error::new(Kind::TooLarge, context));
    }
    Ok(())
}

/// The range as indices, if it lies in an object that is still the one the caller knows.
pub(super) fn check_range(key: &str, head: &Head, etag: &str, range: Range<u64>) -> Result<Range<usize>> {
    if head.etag != etag {
        return Err(Error::new(Kind::Upstream, format!("`{key}` changed while it was read")));
    }
    match (usize::try_from(range.start), usize::try_from(range.end)) {
        (Ok(start), Ok(end)) if start < end && range.end <= head.bytes => Ok(start..end),
        _ => {
            let context = format!("bytes {range:?} of `{key}` were asked for, which has {}", head.bytes);
            Err(Error::new(Kind::Bug, context))
        }
    }
}

pub(super) fn etag_of(body: &[u8]) -> String {
    hex(&Md5::digest(body))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

pub(super) fn now_ms() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}

/// Runs what blocks on a thread that may.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(cause) => Err(Error::with_source(Kind::Bug, "the store stopped in the middle", cause)),
    }
}
