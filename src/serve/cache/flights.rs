//! Who is under way to the origin: one for all who ask for the same at the same time, but nobody with those who set out before a purge.

use std::array;
use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};

use moka::future::Cache;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::serve::entry::Entry;

/// Sources that share a number share their purges: an answer of one that is purged by another's purge is made, and not kept.
const NUMBERS: usize = 1 << u8::BITS;

/// Flights by their URI and by how often their source was purged before they began.
pub(super) struct Flights {
    /// It never holds anything.
    under_way: Cache<(u64, String), Infallible>,
    /// How often sources were purged, by [`number`] of their tags.
    purges: Box<[RwLock<u64>; NUMBERS]>,
}

/// What a flight brought.
#[derive(Clone)]
pub(super) struct Landed {
    entry: Entry,
    is_outdated: bool,
}

impl Landed {
    /// An answer that may be kept for as long as it says.
    pub(super) const fn current(entry: Entry) -> Self {
        Self { entry, is_outdated: false }
    }

    /// One whose source was purged while it was under way: good for those who asked before, and for no cache.
    pub(super) fn outdated(entry: Entry) -> Self {
        Self { entry: entry.fleeting(), is_outdated: true }
    }
}

impl Flights {
    pub(super) fn new() -> Self {
        Self { under_way: Cache::new(0), purges: Box::new(array::from_fn(|_| RwLock::default())) }
    }

    /// What this flight brings, or one that is under way already.
    pub(super) async fn share(&self, tag: &str, uri: &str, flight: impl Future<Output = Landed>) -> Entry {
        let is_own = AtomicBool::new(false);
        let mut flight = pin!(async {
            is_own.store(true, Ordering::Relaxed);
            flight.await
        });
        let landed = self.join(tag, uri, flight.as_mut()).await;
        if !landed.is_outdated || is_own.load(Ordering::Relaxed) {
            return landed.entry;
        }
        // The purge was another process's, and may have been over when this one was asked. What is under way now began after that.
        self.join(tag, uri, flight).await.entry
    }

    /// Every flight ends with an `Err`, which is shared with those who wait and then forgotten.
    async fn join(&self, tag: &str, uri: &str, flight: Pin<&mut impl Future<Output = Landed>>) -> Landed {
        let key = (self.purges(tag).await, uri.to_owned());
        let Err(landed) = self.under_way.try_get_with(key, async { Err(flight.await) }).await;
        Landed::clone(&landed)
    }

    /// How often the source was purged until now.
    pub(super) async fn purges(&self, tag: &str) -> u64 {
        *self.purges[number(tag)].read().await
    }

    /// The right to keep an answer that was begun after so many purges, unless there was one more since. The next waits for its end.
    pub(super) async fn keep(&self, tag: &str, purges: u64) -> Option<RwLockReadGuard<'_, u64>> {
        Some(self.purges[number(tag)].read().await).filter(|now| **now == purges)
    }

    /// From now on nobody joins those who are under way, and nothing that they bring is kept. Nor is anything else while this is held.
    pub(super) async fn purge(&self, tag: &str) -> RwLockWriteGuard<'_, u64> {
        let mut purges = self.purges[number(tag)].write().await;
        *purges += 1;
        purges
    }
}

fn number(tag: &str) -> usize {
    tag.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)).into()
}
