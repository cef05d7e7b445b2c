//! How many renders run at one time, and how many may wait.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::{Error, Kind, Result};

/// Lets so many through and keeps so many waiting.
#[derive(Debug)]
pub struct Gate {
    places: Arc<Semaphore>,
    places_max: usize,
    entries: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// The right to render; given back when its last clone is dropped, so it goes with the thread that renders and not with the one
/// that waits for it.
#[derive(Clone, Debug)]
pub struct Place {
    _permits: Arc<(OwnedSemaphorePermit, Option<OwnedSemaphorePermit>)>,
}

/// How many threads may block: those that render, and some for reading and writing stores. Few, since the C library's allocator keeps
/// what each has freed; renders are bounded by the gate, so stores always find one free.
pub const fn blocking_threads(renders: NonZeroUsize) -> usize {
    const STORE_THREADS: usize = 4;
    renders.get().saturating_add(STORE_THREADS)
}

impl Gate {
    /// `places` at one time, `queue` more waiting.
    pub fn new(places: NonZeroUsize, queue: usize) -> Self {
        let entries = places.get().saturating_add(queue).min(Semaphore::MAX_PERMITS);
        let places = places.get().min(Semaphore::MAX_PERMITS);
        Self {
            places: Arc::new(Semaphore::new(places)),
            places_max: places,
            entries: Arc::new(Semaphore::new(entries)),
            waiting: AtomicUsize::new(0),
        }
    }

    /// How many render just now.
    pub fn rendering(&self) -> usize {
        self.places_max.saturating_sub(self.places.available_permits())
    }

    /// How many wait for a place just now.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Waits for a place; [`Kind::Busy`] at once where too many wait already, and after `patience`, so that what is let in has
    /// time left for its work.
    pub async fn enter(&self, patience: Duration) -> Result<Place> {
        let busy = || Error::new(Kind::Busy, "too many pictures are being made; ask again in a second");
        let entry = Arc::clone(&self.entries).try_acquire_owned().map_err(|_| busy())?;
        timeout(patience, self.place(Some(entry))).await.unwrap_or_else(|_| Err(busy()))
    }

    /// Waits for a place however many wait: for uploads, whose number is bounded where they are received.
    pub async fn enter_patiently(&self) -> Result<Place> {
        self.place(None).await
    }

    async fn place(&self, entry: Option<OwnedSemaphorePermit>) -> Result<Place> {
        let waiting = Waiting::new(&self.waiting);
        let place = Arc::clone(&self.places).acquire_owned().await;
        drop(waiting);
        let place = place.map_err(|closed| Error::with_source(Kind::Bug, "no picture can be made", closed))?;
        Ok(Place { _permits: Arc::new((place, entry)) })
    }
}

/// Counts for as long as it lives: who waits may go away at any time.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
