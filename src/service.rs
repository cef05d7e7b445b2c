//! The line: what happens to a request, as a list.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tokio::time::timeout_at;

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::gate::{Gate, Place};
use crate::image::{self, Cancel, Rendered};
use crate::key::SourceKey;
use crate::reply::{Picture, Timing};
use crate::request::Request;
use crate::store::{Attributes, Head, Object, Row, Stores};
use crate::telemetry::Counters;
use crate::variant::{Plan, Recipe, Variant, plan};

/// User metadata of a variant: the etag of the source it was made from.
const SOURCE_ETAG: &str = "source-etag";
/// User metadata of a variant: the [`image::EPOCH`] of the version that made it.
const EPOCH: &str = "epoch";
/// User metadata of a variant, which CloudFront can invalidate by.
const CACHE_TAG: &str = "cache-tag";

/// Answers requests and takes in uploads, on whatever stores it is given.
pub struct Service {
    pub(crate) stores: Stores,
    pub(crate) config: Config,
    pub(crate) gate: Gate,
    /// What happened since the start.
    pub counters: Counters,
}

impl Service {
    /// A service on these stores.
    pub fn new(stores: Stores, config: Config) -> Self {
        let gate = Gate::new(config.renders, config.render_queue);
        Self { stores, config, gate, counters: Counters::default() }
    }

    /// What it was configured with.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What it keeps things in.
    pub const fn stores(&self) -> &Stores {
        &self.stores
    }

    /// Answers a request for a picture that no store had ready.
    pub async fn respond(&self, request: &Request) -> Result<Picture> {
        let deadline = Instant::now() + self.config.deadline;
        let variant = in_time(deadline, self.plan(request)).await?;
        if let Some(picture) = in_time(deadline, self.stored(&variant)).await? {
            return Ok(picture);
        }
        let place = self.gate.enter(self.config.deadline / 2).await?;
        let (original, get) = timed(in_time(deadline, self.original(&variant.source))).await;
        let original = original?;
        let (rendered, render) = timed(in_time(deadline, self.render(place, &original.body, &variant.recipe))).await;
        let rendered = rendered?;
        let (kept, put) = timed(self.keep(&variant, &original, &rendered, render)).await;
        let standing = self.standing(&variant, kept);
        Ok(self.picture(&variant, &rendered, standing, Timing { get, render, put }))
    }

    /// The variant that is asked for. Where it is the original, no store had it, or there would have been no need to ask.
    async fn plan(&self, request: &Request) -> Result<Variant> {
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
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if !self.is_current(&variant.source, &object.head).await {
            return Ok(None);
        }
        let attributes = object.head.attributes;
        Ok(Some(Picture {
            body: object.body,
            content_type: attributes.content_type,
            cache_control: attributes.cache_control.unwrap_or_else(|| self.config.cache_control.clone()),
            etag: object.head.etag,
            cache_tag: variant.source.cache_tag(),
            is_stored: true,
            timing: Timing { get, ..Timing::default() },
        }))
    }

    /// Whether a stored variant is what would be made now: by a version with the same pictures, of the bytes that the original
    /// has. When the originals can't be asked, what is stored is better than nothing.
    pub(crate) async fn is_current(&self, source: &SourceKey, variant: &Head) -> bool {
        is_of_this_epoch(variant)
            && match self.stores.originals.head(source.as_str()).await {
                Ok(original) => is_made_from(variant, &original.etag),
                Err(error) => error.kind() != Kind::NotFound,
            }
    }

    /// The source, no more of it than may be resized.
    pub(crate) async fn original(&self, source: &SourceKey) -> Result<Object> {
        self.stores.originals.get(source.as_str(), self.config.source_bytes).await
    }

    /// Renders on a thread that may block. The place goes with it: a thread that nobody waits for any more still uses a core.
    pub(crate) async fn render(&self, place: Place, source: &Bytes, recipe: &Recipe) -> Result<Rendered> {
        let (source, recipe, limits) = (source.clone(), recipe.clone(), self.config.limits.clone());
        let cancel = CancelOnDrop(Arc::new(Cancel::default()));
        let cancelled = Arc::clone(&cancel.0);
        let thread = tokio::task::spawn_blocking(move || {
            let rendered = image::render(&source, &recipe, &limits, &cancelled);
            drop(place);
            rendered
        });
        let ended = thread.await;
        let rendered =
            ended.map_err(|error| Error::with_source(Kind::Bug, "the picture could not be made", error))??;
        self.counters.renders.count();
        Ok(rendered)
    }

    /// Stores a variant and records it, unless its source has changed in the meantime; an error if it could not be stored.
    pub(crate) async fn keep(
        &self,
        variant: &Variant,
        original: &Object,
        rendered: &Rendered,
        render: Duration,
    ) -> Result<Kept> {
        let key = variant.key();
        let attributes = self.attributes(variant, original, rendered);
        let put = self.stores.variants.put(key.as_str(), rendered.bytes.clone(), attributes).await;
        let recorded = match &put {
            Ok(_) => self.stores.ledger.record(row(variant, original, rendered, render)).await,
            Err(_) => Ok(()),
        };
        // Last of all: an overwrite since our get may have been purged already, and then nobody else would find what was just
        // put. A put that failed may have come through all the same. When the bucket can't tell, the variant goes too: a
        // missing one costs a render, a stale one lies.
        let now = self.stores.originals.head(variant.source.as_str()).await;
        if now.as_ref().is_ok_and(|head| head.etag == original.head.etag) {
            return put.map(|_| Kept::Stored { recorded });
        }
        Ok(match (now, self.withdraw(variant).await) {
            (_, Err(error)) => Kept::Doubtful(error),
            (Err(error), Ok(())) if error.kind() != Kind::NotFound => Kept::Doubtful(error),
            (Ok(_) | Err(_), Ok(())) => Kept::Outdated,
        })
    }

    /// Takes back what was just stored; both halves are tried, whatever becomes of the other.
    async fn withdraw(&self, variant: &Variant) -> Result<()> {
        let forgotten = self.stores.ledger.forget(variant.source.as_str(), &[variant.row_name()]).await;
        let deleted = self.stores.variants.delete(&[variant.key().as_str().to_owned()]).await;
        forgotten.and(deleted)
    }

    /// A failed put or record never changes the reply, but is not passed over in silence.
    fn standing(&self, variant: &Variant, kept: Result<Kept>) -> Standing {
        match kept {
            Ok(Kept::Stored { recorded: Ok(()) }) => Standing::Stored,
            Ok(Kept::Stored { recorded: Err(error) }) => {
                self.counters.records_failed.count();
                tracing::error!(key = %variant.key(), error = error.chain(), "a variant was stored but not recorded");
                Standing::Stored
            }
            Ok(Kept::Outdated) => Standing::Fleeting,
            Ok(Kept::Doubtful(error)) => {
                tracing::error!(key = %variant.key(), error = error.chain(), "whether a variant is outdated is not known");
                Standing::Fleeting
            }
            Err(error) => {
                self.counters.puts_failed.count();
                tracing::error!(key = %variant.key(), error = error.chain(), "a variant was answered but not stored");
                Standing::Answered
            }
        }
    }

    fn attributes(&self, variant: &Variant, original: &Object, rendered: &Rendered) -> Attributes {
        let metadata = [
            (SOURCE_ETAG, original.head.etag.clone()),
            (EPOCH, image::EPOCH.to_string()),
            (CACHE_TAG, variant.source.cache_tag()),
        ];
        Attributes {
            content_type: rendered.format.media_type().to_owned(),
            cache_control: Some(self.config.cache_control.clone()),
            metadata: metadata.map(|(name, value)| (name.to_owned(), value)).into(),
        }
    }

    fn picture(&self, variant: &Variant, rendered: &Rendered, standing: Standing, timing: Timing) -> Picture {
        let cache_control = match standing {
            Standing::Stored | Standing::Answered => &self.config.cache_control,
            Standing::Fleeting => "no-store",
        };
        Picture {
            body: rendered.bytes.clone(),
            content_type: rendered.format.media_type().to_owned(),
            cache_control: cache_control.to_owned(),
            etag: crate::key::etag(&rendered.bytes),
            cache_tag: variant.source.cache_tag(),
            is_stored: matches!(standing, Standing::Stored),
            timing,
        }
    }
}

pub(crate) fn is_made_from(variant: &Head, original_etag: &str) -> bool {
    variant.attributes.metadata.get(SOURCE_ETAG).is_some_and(|made_from| made_from == original_etag)
}

pub(crate) fn is_of_this_epoch(variant: &Head) -> bool {
    variant.attributes.metadata.get(EPOCH).is_some_and(|epoch| *epoch == image::EPOCH.to_string())
}

/// How an answered picture stands to the variants bucket.
#[derive(Clone, Copy)]
enum Standing {
    /// It is there.
    Stored,
    /// It should be there; caches may have it, all the more as the bucket fails.
    Answered,
    /// It is of bytes that have been, or may have been, replaced: good for this answer and no other.
    Fleeting,
}

/// What became of a variant that was to be kept.
#[derive(Debug)]
pub(crate) enum Kept {
    /// It is in the bucket, and in the ledger if that went well.
    Stored { recorded: Result<()> },
    /// Its source was overwritten or deleted while it was made, so it was not kept.
    Outdated,
    /// The buckets could not say whether the source is still the same, or not take the variant back: it must not be relied on.
    Doubtful(Error),
}

fn row(variant: &Variant, original: &Object, rendered: &Rendered, render: Duration) -> Row {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Row {
        name: variant.source.as_str().to_owned(),
        variant: variant.row_name(),
        bytes: rendered.bytes.len() as u64,
        width: rendered.width,
        height: rendered.height,
        format: rendered.format.name().to_owned(),
        source_etag: original.head.etag.clone(),
        render_ms: u64::try_from(render.as_millis()).unwrap_or(u64::MAX),
        time_ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
    }
}

/// Stops the render when whoever waits for it is gone.
struct CancelOnDrop(Arc<Cancel>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

async fn in_time<T>(deadline: Instant, work: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Err(Error::new(Kind::Deadline, "the picture took too long to make"));
    timeout_at(deadline.into(), work).await.unwrap_or_else(late)
}

async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    (work.await, begun.elapsed())
}
