//! How many renders run at one time, and how many may wait.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::{Error, Kind, Result};

/// Lets so many through and keeps so many waiting.
#[derive(Debug)]
pub struct Gate {
    places: Arc<Semaphore>,
    entries: Arc<Semaphore>,
}

/// The right to render; given back when its last clone is dropped, so it goes with the thread that renders and not with the one
/// that waits for it.
#[derive(Clone, Debug)]
pub struct Place {
    _permits: Arc<(OwnedSemaphorePermit, Option<OwnedSemaphorePermit>)>,
}

impl Gate {
    /// `places` at one time, `queue` more waiting.
    pub fn new(places: NonZeroUsize, queue: usize) -> Self {
        let entries = places.get().saturating_add(queue).min(Semaphore::MAX_PERMITS);
        let places = places.get().min(Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(places)), entries: Arc::new(Semaphore::new(entries)) }
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
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|closed| Error::with_source(Kind::Bug, "no picture can be made", closed))?;
        Ok(Place { _permits: Arc::new((place, entry)) })
    }
}
