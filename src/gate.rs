//! How many renders run at one time, and how many may wait.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Kind, Result};

/// Lets so many through and keeps so many waiting.
#[derive(Debug)]
pub struct Gate {
    places: Arc<Semaphore>,
    entries: Arc<Semaphore>,
}

/// The right to render; given back when dropped, so it goes with the thread that renders and not with the one that waits for it.
#[derive(Debug)]
pub struct Place {
    _place: OwnedSemaphorePermit,
    _entry: Option<OwnedSemaphorePermit>,
}

impl Gate {
    /// `places` at one time, `queue` more waiting.
    pub fn new(places: NonZeroUsize, queue: usize) -> Self {
        let entries = places.get().saturating_add(queue).min(Semaphore::MAX_PERMITS);
        let places = places.get().min(Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(places)), entries: Arc::new(Semaphore::new(entries)) }
    }

    /// Waits for a place, or is [`Kind::Busy`] at once where too many wait already.
    pub async fn enter(&self) -> Result<Place> {
        let entry = Arc::clone(&self.entries).try_acquire_owned();
        let entry =
            entry.map_err(|_| Error::new(Kind::Busy, "too many pictures are being made; ask again in a second"))?;
        Ok(Place { _place: self.place().await?, _entry: Some(entry) })
    }

    /// Waits for a place however many wait: for uploads, whose number is bounded where they are received.
    pub async fn enter_patiently(&self) -> Result<Place> {
        Ok(Place { _place: self.place().await?, _entry: None })
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        place.map_err(|closed| Error::with_source(Kind::Bug, "no picture can be made", closed))
    }
}
