//! The line: what happens to a request, as a list.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tokio::time::timeout_at;

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::gate::{Gate, Place};
use crate::image::{self, Cancel, Rendered, Strangers};
use crate::key::SourceKey;
use crate::reply::{Picture, Timing};
use crate::request::Request;
use crate::store::{Head, Object, Stores};
use crate::telemetry::Counters;
use crate::variant::{Plan, Variant, plan};

mod keep;
mod together;

pub(crate) use keep::Kept;
pub(crate) use together::Presence;

/// User metadata of a variant: the etag of the source it was made from.
const SOURCE_ETAG: &str = "source-etag";
/// User metadata of a variant: the [`image::EPOCH`] of the version that made it.
const EPOCH: &str = "epoch";
/// User metadata of a variant, which CloudFront can invalidate by.
const CACHE_TAG: &str = "cache-tag";

const LATE: &str = "the picture took too long to make";

/// Answers requests and takes in uploads, on whatever stores it is given.
pub struct Service {
    pub(crate) stores: Stores,
    pub(crate) config: Config,
    pub(crate) gate: Gate,
    /// What happened since the start.
    pub counters: Arc<Counters>,
}

impl Service {
    /// A service on these stores.
    pub fn new(stores: Stores, config: Config) -> Self {
        let gate = Gate::new(config.renders, config.render_queue);
        Self { stores, config, gate, counters: Arc::default() }
    }

    /// The same, counting where others count as well.
    #[must_use]
    pub fn counting(self, counters: Arc<Counters>) -> Self {
        Self { counters, ..self }
    }

    /// What it was configured with.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What it keeps things in.
    pub const fn stores(&self) -> &Stores {
        &self.stores
    }

    /// Answers a request for a picture that no store had ready. Who asks may have to answer before `last`: then that counts
    /// where it comes before the configured deadline, and storing is not waited for any longer either.
    pub async fn respond(&self, request: &Request, last: Option<Instant>) -> Result<Picture> {
        match self.make(request, last).await? {
            Made::Before(picture) => Ok(picture),
            Made::Now(fresh) => Ok(self.keep_made(&fresh, last).await),
        }
    }

    /// The first half of [`respond`](Self::respond): up to the picture, but nothing is kept yet.
    pub async fn make(&self, request: &Request, last: Option<Instant>) -> Result<Made> {
        let deadline = earliest(Instant::now() + self.config.deadline, last);
        let variant = in_time(deadline, LATE, self.plan(request)).await?;
        if let Some(picture) = in_time(deadline, LATE, self.stored(&variant)).await? {
            return Ok(Made::Before(picture));
        }
        self.make_anew(variant, deadline).await.map(Made::Now)
    }

    /// Makes a variant, whether it is stored or not.
    pub(crate) async fn make_anew(&self, variant: Variant, deadline: Instant) -> Result<Fresh> {
        let place = self.gate.enter(deadline.saturating_duration_since(Instant::now()) / 2).await?;
        let (original, get) = timed(in_time(deadline, LATE, self.original(&variant.source))).await;
        let original = original?;
        let (rendered, render) = timed(in_time(deadline, LATE, self.render(place, &original.body, &variant))).await;
        let timing = Timing { get, render, put: Duration::ZERO };
        Ok(Fresh { variant, original: original.head, rendered: rendered?, timing })
    }

    /// The variant that is asked for. Where it is the original, no store had it, or there would have been no need to ask.
    pub(crate) async fn plan(&self, request: &Request) -> Result<Variant> {
        match plan(request, &self.config.policy)? {
            Plan::Variant(variant) => Ok(variant),
            Plan::Original(source) => match self.stores.originals.head(source.as_str()).await {
                Ok(_) => Err(Error::new(Kind::Upstream, "the picture exists but its bucket did not give it out")),
                Err(error) => Err(error),
            },
        }
    }

    /// The variant, if it was made before and would come out the same now.
    async fn stored(&self, variant: &Variant) -> Result<Option<Picture>> {
        let (object, get) = timed(self.stores.variants.get(variant.key().as_str(), u64::MAX)).await;
        let object = match object {
            Ok(object) => object,
            // S3 tells only those who may list the bucket that it has no such key; others it forbids to look.
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Forbidden) => return Ok(None),
            Err(error) => return Err(error),
        };
        let attributes = &object.head.attributes;
        let cache_control = match self.currency(&variant.source, &object.head).await {
            Currency::Outdated => return Ok(None),
            Currency::Current => attributes.cache_control.as_deref().unwrap_or_else(|| self.config.cache_control()),
            Currency::Unknown => "no-store",
        };
        self.counters.store_hits.inc();
        self.counters.got(get);
        Ok(Some(Picture {
            body: object.body,
            content_type: attributes.content_type.clone(),
            cache_control: cache_control.to_owned(),
            etag: object.head.etag,
            cache_tag: variant.source.cache_tag(),
            is_stored: was_just_put(object.head.modified_ms),
            timing: Timing { get, ..Timing::default() },
        }))
    }

    /// Whether a stored variant is what would be made now: by a version with the same pictures, of the bytes that the original
    /// has. When the originals can't be asked, what is stored is better than nothing.
    pub(crate) async fn currency(&self, source: &SourceKey, variant: &Head) -> Currency {
        if !is_of_this_epoch(variant) {
            return Currency::Outdated;
        }
        match self.stores.originals.head(source.as_str()).await {
            Ok(original) if is_made_from(variant, &original.etag) => Currency::Current,
            Ok(_) => Currency::Outdated,
            Err(error) if error.kind() == Kind::NotFound => Currency::Outdated,
            Err(_) => Currency::Unknown,
        }
    }

    /// The source, no more of it than may be resized.
    pub(crate) async fn original(&self, source: &SourceKey) -> Result<Object> {
        let (original, get) = timed(self.stores.originals.get(source.as_str(), self.config.source_bytes)).await;
        self.counters.got(get);
        original
    }

    pub(crate) async fn render(&self, place: Place, source: &Bytes, variant: &Variant) -> Result<Rendered> {
        let rendered = self.render_all(place, source, &[variant]).await?.pop();
        rendered.unwrap_or_else(|| Err(Error::new(Kind::Bug, "the picture was not made")))
    }

    /// Renders on a thread that may block. The place goes with it: a thread that nobody waits for any more still uses a core.
    pub(crate) async fn render_all(
        &self,
        place: Place,
        source: &Bytes,
        variants: &[&Variant],
    ) -> Result<Vec<Result<Rendered>>> {
        let (source, mut options) = (source.clone(), self.config.image.clone());
        if variants.iter().all(|variant| variant.thumbnail_prefix.is_some()) {
            options.strangers = Strangers::NoThumbnails;
        }
        let recipes: Vec<_> = variants.iter().map(|variant| variant.recipe.clone()).collect();
        let cancel = CancelOnDrop(Arc::new(Cancel::default()));
        let cancelled = Arc::clone(&cancel.0);
        let thread = tokio::task::spawn_blocking(move || {
            let begun = Instant::now();
            let rendered = image::render_all(&source, &recipes, &options, &cancelled);
            drop(place);
            (rendered, source.len(), begun.elapsed())
        });
        let ended = thread.await.map_err(|error| Error::with_source(Kind::Bug, "the picture could not be made", error));
        let (rendered, source_bytes, took) = ended?;
        let lengths = rendered.iter().flatten().map(|rendered| rendered.bytes.len());
        self.counters.rendered(source_bytes, lengths, took);
        Ok(rendered)
    }
}

/// How a stored variant stands to its original.
pub(crate) enum Currency {
    /// It would come out the same now.
    Current,
    /// It is of other bytes, or of a version with other pictures.
    Outdated,
    /// The originals could not be asked: good for this answer and no other.
    Unknown,
}

/// By this clock or the bucket's, which may be a little apart.
fn was_just_put(modified_ms: u64) -> bool {
    const JUST_NOW_MS: u64 = 10_000;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX).saturating_sub(modified_ms) < JUST_NOW_MS
}

pub(crate) fn is_made_from(variant: &Head, original_etag: &str) -> bool {
    variant.attributes.metadata.get(SOURCE_ETAG).is_some_and(|made_from| made_from == original_etag)
}

/// Whether a stored object says that it was made of this source: its name alone may say less.
pub(crate) fn is_made_of(variant: &Head, source: &SourceKey) -> bool {
    variant.attributes.metadata.get(CACHE_TAG).is_some_and(|tag| *tag == source.cache_tag())
}

fn is_of_this_epoch(variant: &Head) -> bool {
    variant.attributes.metadata.get(EPOCH).is_some_and(|epoch| *epoch == image::EPOCH.to_string())
}

/// What a request came to.
#[derive(Debug)]
pub enum Made {
    /// It was stored already.
    Before(Picture),
    /// It was made, and is not stored yet.
    Now(Fresh),
}

/// A variant that was just made, with what is needed to keep it.
#[derive(Debug)]
pub struct Fresh {
    variant: Variant,
    original: Head,
    rendered: Rendered,
    timing: Timing,
}

impl Fresh {
    /// Which it is.
    pub(crate) const fn variant(&self) -> &Variant {
        &self.variant
    }

    /// Length of the file.
    pub fn bytes(&self) -> usize {
        self.rendered.bytes.len()
    }
}

/// Stops the render when whoever waits for it is gone.
struct CancelOnDrop(Arc<Cancel>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn earliest(deadline: Instant, last: Option<Instant>) -> Instant {
    last.map_or(deadline, |last| deadline.min(last))
}

/// Fails with `late` where the work is not done by the deadline; after it, none is begun.
pub(crate) async fn in_time<T>(deadline: Instant, late: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    let late = || Err(Error::new(Kind::Deadline, late));
    if Instant::now() >= deadline {
        return late();
    }
    timeout_at(deadline.into(), work).await.unwrap_or_else(|_| late())
}

async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    (work.await, begun.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_long_ago_was_not_just_put() {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let now = u64::try_from(now).unwrap();
        assert!(was_just_put(now) && was_just_put(now + 60_000), "clocks differ");
        assert!(!was_just_put(now - 60_000) && !was_just_put(0));
    }
}
