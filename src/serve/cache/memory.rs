//! Answers in this process's memory.

use std::future::Future;
use std::time::{Duration, Instant};

use moka::future::Cache;

use super::State;
use super::flights::{Flights, Landed};
use crate::serve::entry::Entry;

/// What every entry is charged beside its body, for headers and bookkeeping.
const ENTRY_OVERHEAD_BYTES: usize = 1024;

/// A cache that holds so many bytes, the least recently used going first.
pub struct Memory {
    /// By the rewritten URI alone: what depends on the client is in it.
    entries: Cache<String, Entry>,
    flights: Flights,
}

impl Memory {
    /// An empty one. With no bytes at all it keeps nothing, and still asks the origin once for all who ask at the same time.
    pub fn new(bytes: u64) -> Self {
        let weight = |uri: &String, entry: &Entry| {
            u32::try_from(uri.len() + entry.body.len() + ENTRY_OVERHEAD_BYTES).unwrap_or(u32::MAX)
        };
        let entries = Cache::builder()
            .max_capacity(bytes)
            .weigher(weight)
            .expire_after(ByCacheControl)
            .support_invalidation_closures()
            .build();
        Self { entries, flights: Flights::new() }
    }

    pub(super) async fn get(&self, uri: &str) -> Option<Entry> {
        self.entries.get(uri).await
    }

    pub(super) async fn fetch(&self, tag: &str, uri: &str, origin: impl Future<Output = Entry>) -> Entry {
        let flight = async {
            let purges = self.flights.purges(tag).await;
            // Another flight may have ended since it was looked for.
            if let Some(entry) = self.get(uri).await {
                return Landed::current(entry);
            }
            let entry = origin.await;
            let Some(_kept_now) = self.flights.keep(tag, purges).await else { return Landed::outdated(entry) };
            if !entry.fresh_for().is_zero() {
                self.entries.insert(uri.to_owned(), entry.clone()).await;
            }
            Landed::current(entry)
        };
        self.flights.share(tag, uri, flight).await
    }

    pub(super) async fn purge(&self, tag: &str) {
        // Held until the entries are gone: what is being kept is among them, or is not kept.
        let _purge = self.flights.purge(tag).await;
        let tag = tag.to_owned();
        if let Err(error) = self.entries.invalidate_entries_if(move |_, entry| entry.tag == tag) {
            tracing::error!(%error, "the cache was not purged");
        }
    }

    pub(super) async fn state(&self) -> State {
        // What was purged or has expired goes then.
        self.entries.run_pending_tasks().await;
        State::Held { entries: self.entries.entry_count(), bytes: self.entries.weighted_size() }
    }
}

/// Entries live as long as their own `Cache-Control` says.
struct ByCacheControl;

impl moka::Expiry<String, Entry> for ByCacheControl {
    fn expire_after_create(&self, _: &String, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.fresh_for())
    }

    /// What was purged is an old entry until the cache has cleaned up: its successor must not inherit its time.
    fn expire_after_update(&self, _: &String, entry: &Entry, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(entry.fresh_for())
    }
}
