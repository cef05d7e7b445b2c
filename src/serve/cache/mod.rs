//! What answers are kept in, between the viewer and the origin.
//!
//! Both kinds promise the same, and `tests/it/caches` holds them to it: many who ask for one picture at the same time cause one look at
//! the origin; an answer is kept for as long as its own `Cache-Control` lets a shared cache; after a purge nothing that was made
//! before it is given out, not even what was still under way (those who asked for it before the purge get it, as `no-store`); and
//! what goes wrong in the cache makes an answer slower, never worse.

use std::future::Future;

pub use self::redis::{Address, Redis};
pub use memory::Memory;

use super::entry::Entry;

mod flights;
mod memory;
mod redis;

/// A cache of answers.
pub enum Cache {
    /// In this process: its entries go with it.
    Memory(Memory),
    /// In a Redis, which several processes may share.
    Redis(Redis),
}

/// What can be said of a cache as it is now.
pub(super) enum State {
    /// How many entries it has, and what they are charged.
    Held { entries: u64, bytes: u64 },
    /// Whether it can be reached; what it holds it tells itself.
    Elsewhere { is_up: bool },
}

impl Cache {
    /// The answer to a URI about the source with this tag, if it is there.
    pub(super) async fn get(&self, tag: &str, uri: &str) -> Option<Entry> {
        match self {
            Self::Memory(memory) => memory.get(uri).await,
            Self::Redis(redis) => redis.get(tag, uri).await,
        }
    }

    /// The same where it was not there: from the origin, once for all who ask at the same time, and kept if it may be.
    pub(super) async fn fetch(&self, tag: &str, uri: &str, origin: impl Future<Output = Entry>) -> Entry {
        match self {
            Self::Memory(memory) => memory.fetch(tag, uri, origin).await,
            Self::Redis(redis) => redis.fetch(tag, uri, origin).await,
        }
    }

    /// Forgets all answers about the source with this tag.
    pub(super) async fn purge(&self, tag: &str) {
        match self {
            Self::Memory(memory) => memory.purge(tag).await,
            Self::Redis(redis) => redis.purge(tag).await,
        }
    }

    pub(super) async fn state(&self) -> State {
        match self {
            Self::Memory(memory) => memory.state().await,
            Self::Redis(redis) => redis.state(),
        }
    }
}
