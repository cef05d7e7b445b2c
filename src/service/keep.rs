//! What becomes of a new variant: the bucket, the ledger, and what its answer may say about that.

use std::time::{Duration, Instant};

use tokio::time::timeout_at;

use super::{CACHE_TAG, EPOCH, Fresh, SOURCE_ETAG, Service, in_time, timed};
use crate::error::{Error, Kind, Result};
use crate::failure::{Failure, Stage};
use crate::image::{self, Rendered};
use crate::ingest::CHANGES_MAX;
use crate::key::SourceKey;
use crate::reply::{Picture, Timing, shared_max_age};
use crate::store::{Attributes, Head, Row, now_ms};
use crate::variant::Variant;

impl Service {
    /// The second half: keeps what was made, and answers with it whatever comes of that.
    pub async fn keep_made(&self, fresh: &Fresh, last: Option<Instant>) -> Picture {
        let keeping = async {
            let kept = self.keep_in_time(fresh, last.map(before_the_message)).await;
            // It may be in the bucket, outdated, and the event that would find it may be gone.
            if let Ok(Kept::Doubtful(error)) = &kept {
                self.report_unkept(fresh, error, last).await;
            }
            kept
        };
        let (kept, put) = timed(keeping).await;
        let standing = Self::standing(&fresh.variant, &kept);
        self.picture(fresh, standing, Timing { put, ..fresh.timing })
    }

    /// The answer of what was made, when it leaves before the picture is kept.
    pub fn unkept(&self, fresh: &Fresh) -> Picture {
        self.picture(fresh, Standing::Answered, fresh.timing)
    }

    /// Keeps what was answered already. Nobody hears how that went, so a failure leaves a message on the failures queue.
    pub async fn keep_afterwards(&self, fresh: &Fresh, last: Option<Instant>) {
        // For both: a distribution that does not answer must not take the message along either.
        let by = last.map(before_the_message);
        let kept = self.keep_in_time(fresh, by).await;
        Self::standing(&fresh.variant, &kept);
        if let Err(error) | Ok(Kept::Doubtful(error) | Kept::Stored { recorded: Err(error) }) = &kept {
            self.report_unkept(fresh, error, last).await;
        }
        if let Ok(Kept::Outdated) = &kept
            && let Err(error) = self.recall_in_time(&fresh.variant.source, by).await
        {
            let (key, error_words) = (fresh.variant.key(), error.chain());
            tracing::error!(%key, error = error_words, "an answer of outdated bytes was not called back");
            self.report_unkept(fresh, &error, last).await;
        }
    }

    async fn recall_in_time(&self, source: &SourceKey, by: Option<Instant>) -> Result<()> {
        let recalling = self.recall(source);
        match by {
            Some(by) => in_time(by, "calling back an answer of outdated bytes took too long", recalling).await,
            None => recalling.await,
        }
    }

    /// What was answered is of bytes that are gone, and was allowed to be cached. For a day that is borne; where it may be for longer,
    /// somebody has to be told: the distribution, else who reads the failures (and tells it, by `pixfront redrive`).
    async fn recall(&self, source: &SourceKey) -> Result<()> {
        const BORNE: Duration = Duration::from_hours(24);
        let is_long = shared_max_age(self.config.cache_control()) > BORNE;
        if is_long && self.stores.distribution.is_none() {
            return Err(Error::new(
                Kind::Upstream,
                "an answer was of bytes that were just overwritten, and is cached perhaps",
            ));
        }
        self.invalidate(source).await
    }

    async fn report_unkept(&self, Fresh { variant, original, .. }: &Fresh, error: &Error, last: Option<Instant>) {
        let (bucket, key) = (self.config.originals_bucket(), variant.source.as_str());
        let (recipe, etag) = (Some(variant.recipe_name()), Some(original.etag.as_str()));
        let failure = Failure { bucket, key, stage: Stage::Persist, recipe, etag, error };
        let leaving = self.leave_message(&failure);
        let left = match last {
            Some(last) => in_time(last, "the queue took too long", leaving).await,
            None => leaving.await,
        };
        if let Err(error) = left {
            tracing::error!(key = %variant.key(), error = error.chain(), "the failures queue took no message");
        }
    }

    pub(crate) async fn keep_in_time(&self, fresh: &Fresh, last: Option<Instant>) -> Result<Kept> {
        let keeping = async {
            let kept = self.keep(fresh).await?;
            let is_gone = matches!(kept, Kept::Outdated) && fresh.variant.thumbnail_prefix.is_some();
            Ok(if is_gone { self.make_thumbnail_again(&fresh.variant).await } else { kept })
        };
        let Some(last) = last else { return keeping.await };
        timeout_at(last.into(), keeping).await.unwrap_or_else(|_| {
            // Stopped in the middle it may be in the bucket, and nobody has looked at the original again.
            let late = Ok(Kept::Doubtful(Error::new(Kind::Deadline, "storing the picture took too long")));
            self.count(&late);
            late
        })
    }

    /// What was just taken back may have replaced the thumbnail that the overwrite's own event made, and that event may be gone. Asks
    /// for no more than a request may: the event's way would need to list the bucket.
    async fn make_thumbnail_again(&self, variant: &Variant) -> Kept {
        for _ in 0..CHANGES_MAX {
            let fresh = match self.make_anew(variant.clone(), Instant::now() + self.config.deadline).await {
                Ok(fresh) => fresh,
                Err(error) if error.kind().is_transient() || error.kind() == Kind::Forbidden => {
                    return Kept::Doubtful(error);
                }
                // Gone, or what can't be made, of which the event itself says so.
                Err(_) => return Kept::Outdated,
            };
            match self.keep_for_good(&fresh).await {
                Ok(true) => return Kept::Outdated,
                Ok(false) => {}
                Err(error) => return Kept::Doubtful(error),
            }
        }
        Kept::Doubtful(Error::new(Kind::Busy, "the original changes faster than its thumbnail can be made"))
    }

    /// Stores a variant and records it, unless its source has changed in the meantime; an error if it could not be stored.
    pub(crate) async fn keep(&self, fresh: &Fresh) -> Result<Kept> {
        let (kept, put) = timed(self.put(fresh)).await;
        self.counters.put(put);
        self.count(&kept);
        kept
    }

    fn count(&self, kept: &Result<Kept>) {
        match kept {
            Ok(Kept::Stored { recorded: Ok(()) } | Kept::Outdated) => {}
            Ok(Kept::Stored { recorded: Err(_) }) => self.counters.records_failed.inc(),
            Ok(Kept::Doubtful(_)) | Err(_) => self.counters.puts_failed.inc(),
        }
    }

    async fn put(&self, Fresh { variant, original, rendered, timing }: &Fresh) -> Result<Kept> {
        let key = variant.key();
        let attributes = self.attributes(variant, original, rendered);
        let put = self.stores.variants.put(key.as_str(), rendered.bytes.clone(), attributes).await;
        let recorded = match &put {
            Ok(_) => self.stores.ledger.record(row(variant, original, rendered, timing.render)).await,
            Err(_) => Ok(()),
        };
        // Last of all: an overwrite since our get may have been purged already, and then nobody else would find what was just
        // put. A put that failed may have come through all the same. When the bucket can't tell, the variant goes too: a
        // missing one costs a render, a stale one lies.
        let now = self.stores.originals.head(variant.source.as_str()).await;
        if now.as_ref().is_ok_and(|head| head.etag == original.etag) {
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
    fn standing(variant: &Variant, kept: &Result<Kept>) -> Standing {
        match kept {
            Ok(Kept::Stored { recorded: Ok(()) }) => Standing::Stored,
            Ok(Kept::Stored { recorded: Err(error) }) => {
                tracing::error!(key = %variant.key(), error = error.chain(), "a variant was stored but not recorded");
                Standing::Stored
            }
            Ok(Kept::Outdated) => Standing::Fleeting,
            Ok(Kept::Doubtful(error)) => {
                tracing::error!(key = %variant.key(), error = error.chain(), "whether a variant is outdated is not known");
                Standing::Fleeting
            }
            Err(error) => {
                tracing::error!(key = %variant.key(), error = error.chain(), "a variant was answered but not stored");
                Standing::Answered
            }
        }
    }

    fn attributes(&self, variant: &Variant, original: &Head, rendered: &Rendered) -> Attributes {
        let metadata = [
            (SOURCE_ETAG, original.etag.clone()),
            (EPOCH, image::EPOCH.to_string()),
            (CACHE_TAG, variant.source.cache_tag()),
        ];
        Attributes {
            content_type: rendered.file_type.media_type().to_owned(),
            cache_control: Some(self.config.cache_control().to_owned()),
            metadata: metadata.map(|(name, value)| (name.to_owned(), value)).into(),
        }
    }

    fn picture(&self, Fresh { variant, rendered, .. }: &Fresh, standing: Standing, timing: Timing) -> Picture {
        let cache_control = match standing {
            Standing::Stored | Standing::Answered => self.config.cache_control(),
            Standing::Fleeting => "no-store",
        };
        Picture {
            body: rendered.bytes.clone(),
            content_type: rendered.file_type.media_type().to_owned(),
            cache_control: cache_control.to_owned(),
            etag: crate::key::etag(&rendered.bytes),
            cache_tag: variant.source.cache_tag(),
            is_stored: matches!(standing, Standing::Stored),
            timing,
        }
    }
}

/// A store that stands still must leave time to say so.
fn before_the_message(last: Instant) -> Instant {
    const FOR_THE_MESSAGE: Duration = Duration::from_secs(3);
    let left = last.saturating_duration_since(Instant::now());
    last.checked_sub(FOR_THE_MESSAGE.min(left / 2)).unwrap_or(last)
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

fn row(variant: &Variant, original: &Head, rendered: &Rendered, render: Duration) -> Row {
    Row {
        name: variant.source.as_str().to_owned(),
        variant: variant.row_name(),
        bytes: rendered.bytes.len() as u64,
        width: rendered.width,
        height: rendered.height,
        format: rendered.file_type.name().to_owned(),
        source_etag: original.etag.clone(),
        render_ms: u64::try_from(render.as_millis()).unwrap_or(u64::MAX),
        time_ms: now_ms(),
    }
}
