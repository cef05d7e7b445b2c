//! The upload path: what happens when an original is put, overwritten or deleted.
//!
//! Events arrive twice and out of order, so an [`Upload`] only says which key to look at; what is done follows from what the
//! bucket holds now.

use crate::error::{Error, Kind, Result};
use crate::failure::{Failure, Stage};
use crate::key::{SourceKey, VariantKey};
use crate::service::{Presence, Service};
use crate::store::{Head, Row};
use crate::variant::Variant;

/// A change of an original that someone was told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The bucket, as the event names it.
    pub bucket: String,
    /// The decoded key.
    pub key: String,
}

/// What came of one upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// These thumbnails are there now.
    Ready(Vec<VariantKey>),
    /// The original is gone, and its variants with it.
    Removed,
    /// Nothing to do, and why.
    Skipped(&'static str),
    /// It can't be done however often it is tried; a message is on the failures queue.
    Failed {
        /// Why.
        kind: Kind,
        /// The sentence in the message.
        context: String,
    },
}

/// How often an original may change while its thumbnails are made, before the event is left to be delivered again.
pub(crate) const CHANGES_MAX: usize = 8;

impl Service {
    /// Brings variants and thumbnails in line with what the originals bucket holds under the key.
    ///
    /// `Ok` means that the event is dealt with for good; an error ([`Kind::is_transient`], or the failures queue did not take
    /// the message) means that it must be delivered again.
    pub async fn ingest(&self, upload: &Upload) -> Result<Outcome> {
        let outcome = match self.follow(upload).await {
            Ok(outcome) => outcome,
            Err(failed) if failed.error.kind().is_transient() => return Err(failed.error),
            Err(failed) => self.report(upload, failed).await?,
        };
        self.counters.uploads.inc();
        Ok(outcome)
    }

    /// The same of an upload that left a message before: what fails is an error, and leaves no second one.
    pub async fn try_again(&self, upload: &Upload) -> Result<Outcome> {
        self.follow(upload).await.map_err(|failed| failed.error)
    }

    async fn follow(&self, upload: &Upload) -> Result<Outcome, Failed> {
        if self.config.policy.thumbnail_of(&upload.key).is_some() {
            tracing::warn!(key = upload.key, "an upload under a thumbnail's name was skipped");
            return Ok(Outcome::Skipped("the name is reserved for thumbnails"));
        }
        self.check_bucket(&upload.bucket)?;
        let source = SourceKey::new(&upload.key)?;
        for _ in 0..CHANGES_MAX {
            let Some(head) = self.current(&source).await? else {
                self.forget_outdated(&source, None).await?;
                // Put again meanwhile, its thumbnails may have been made and forgotten here, and its own event may be gone.
                match self.current(&source).await? {
                    Some(_) => continue,
                    None => return Ok(Outcome::Removed),
                }
            };
            self.forget_outdated(&source, Some(&head.etag)).await?;
            // Overwritten meanwhile, what was forgotten may have been the work of that overwrite's own event, which may have
            // come and gone: so it falls to this one to begin again.
            let made = self.make_thumbnails(&source, &head.etag).await;
            let is_without = match &made {
                Ok(made) => made.as_ref().is_some_and(Vec::is_empty),
                Err(failed) => !failed.error.kind().is_transient(),
            };
            if is_without && !self.mark_original(&source, &head).await? {
                continue;
            }
            if let Some(thumbnails) = made? {
                return Ok(Outcome::Ready(thumbnails));
            }
        }
        Err(Error::new(Kind::Busy, "the original changes faster than its thumbnails can be made").into())
    }

    fn check_bucket(&self, bucket: &str) -> Result<()> {
        let ours = self.config.originals_bucket();
        if bucket == ours {
            return Ok(());
        }
        // What is made must never be made into something again: that would go on without end.
        let why = if self.config.variants.name.as_deref() == Some(bucket) {
            ", where variants are stored: its notifications must not come here"
        } else {
            ""
        };
        Err(Error::invalid(format!("the event is of the bucket {bucket}{why}; originals are in {ours}")))
    }

    /// Makes the thumbnails that are missing and returns all of them; [`None`] if the original has not that etag any more.
    async fn make_thumbnails(&self, source: &SourceKey, etag: &str) -> Result<Option<Vec<VariantKey>>, Failed> {
        // A duplicate event finds them all made: what was of other bytes has just been forgotten. An event that comes again
        // because a row could not be written finds a picture without one, which is made again.
        let rows = self.stores.ledger.variants_of(source.as_str()).await?;
        let (mut keys, mut missing) = (Vec::new(), Vec::new());
        for wanted in &self.config.policy.thumbnails {
            let variant = Variant::thumbnail(source.clone(), wanted);
            keys.push(variant.key());
            match self.presence(&variant, etag, &rows).await? {
                Presence::Kept => {}
                Presence::OfOtherBytes | Presence::Missing => missing.push(variant),
            }
        }
        if missing.is_empty() {
            return Ok(Some(keys));
        }
        let place = self.gate.enter_patiently().await?;
        let original = match self.original(source).await {
            Ok(original) if original.head.etag == etag => original,
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut first_failed = None;
        for (variant, made) in self.make_together(place, original, missing).await? {
            let failed = |error| Failed { error, recipe: Some(variant.recipe_name()) };
            let fresh = match made {
                Ok(fresh) => fresh,
                // The others are as good as they were.
                Err(error) if !error.kind().is_transient() => {
                    first_failed.get_or_insert(failed(error));
                    continue;
                }
                Err(error) => return Err(failed(error)),
            };
            if !self.keep_for_good(&fresh).await.map_err(failed)? {
                return Ok(None);
            }
            self.counters.thumbnails.inc();
        }
        first_failed.map_or(Ok(Some(keys)), Err)
    }

    /// Leaves a row of an original without thumbnails, where a distribution may have it: by that an overwrite is known for one. False
    /// if it was overwritten meanwhile: that event has seen no row and may have gone, so what it did not tell falls to this one.
    async fn mark_original(&self, source: &SourceKey, head: &Head) -> Result<bool> {
        if self.stores.distribution.is_none() {
            return Ok(true);
        }
        self.stores.ledger.record(Row::of_original(source.as_str(), &head.etag)).await?;
        Ok(self.current(source).await?.is_some_and(|now| now.etag == head.etag))
    }

    async fn current(&self, source: &SourceKey) -> Result<Option<Head>> {
        match self.stores.originals.head(source.as_str()).await {
            Ok(head) => Ok(Some(head)),
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Leaves a message about an upload that can't be dealt with; an error if even that fails, so that the event is not lost.
    async fn report(&self, upload: &Upload, Failed { error, recipe }: Failed) -> Result<Outcome> {
        let kind = error.kind();
        tracing::warn!(key = upload.key, recipe, kind = kind.name(), error = error.chain(), "an upload failed");
        let Upload { bucket, key } = upload;
        self.leave_message(&Failure { bucket, key, stage: Stage::Upload, recipe, etag: None, error: &error }).await?;
        // Not before: without its message the upload fails of something else, and comes again.
        self.counters.count_error(kind);
        Ok(Outcome::Failed { kind, context: error.context().to_owned() })
    }

    /// Leaves a message about an upload that was tried too often.
    pub async fn send_failure(&self, upload: &Upload, error: &Error) -> Result<()> {
        let Upload { bucket, key } = upload;
        self.leave_message(&Failure { bucket, key, stage: Stage::Upload, recipe: None, etag: None, error }).await
    }
}

/// Why an upload came to nothing, and at which thumbnail if it came that far.
struct Failed {
    error: Error,
    recipe: Option<String>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, recipe: None }
    }
}
