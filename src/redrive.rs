//! Failures that are tried again, once what was wrong is mended.

use std::time::Instant;

use crate::error::{Error, Kind, Result};
use crate::format::Accepts;
use crate::ingest::{Outcome, Upload};
use crate::key::{Name, SourceKey};
use crate::params::Params;
use crate::request::Request;
use crate::service::{Kept, Service, is_made_from, is_of_this_epoch};
use crate::variant::{Recipe, Variant};

/// What a message of the failures queue is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Uploads that came to nothing.
    Uploads(Vec<Upload>),
    /// A variant that was answered and could not be stored.
    Variant {
        /// The original.
        source: SourceKey,
        /// [`Variant::recipe_name`](crate::variant::Variant::recipe_name): a recipe, or a thumbnail's prefix.
        recipe: String,
    },
}

impl Service {
    /// Tries once more. `Ok` means that it is done, or that the original is gone and there is nothing to be done. No message is sent of
    /// what fails: there is one already.
    pub async fn redrive(&self, task: &Task) -> Result<()> {
        match task {
            Task::Uploads(uploads) => {
                for upload in uploads {
                    // Gone, made, or of a name that is reserved: none will come to anything else the next time.
                    match self.try_again(upload).await? {
                        Outcome::Ready(_) | Outcome::Removed | Outcome::Skipped(_) => {}
                        Outcome::Failed { kind, context } => return Err(Error::new(kind, context)),
                    }
                }
                Ok(())
            }
            Task::Variant { source, recipe } => match self.store_again(source, recipe).await {
                // What was put of it and could not be taken back goes as well.
                Err(error) if error.kind() == Kind::NotFound => {
                    let bucket = self.config.originals_bucket().to_owned();
                    let upload = Upload { bucket, key: source.as_str().to_owned() };
                    self.try_again(&upload).await.map(drop)
                }
                stored => stored,
            },
        }
    }

    async fn store_again(&self, source: &SourceKey, recipe: &str) -> Result<()> {
        let variant = self.plan(&request_for(source, recipe)?).await?;
        if !self.is_kept(&variant).await? {
            let fresh = self.make_anew(variant, Instant::now() + self.config.deadline).await?;
            let unkept =
                |error| Error::with_source(Kind::Upstream, "the picture was made and could not be stored", error);
            match self.keep_in_time(&fresh, None).await.map_err(unkept)? {
                Kept::Stored { recorded } => recorded?,
                Kept::Doubtful(error) => return Err(unkept(error)),
                Kept::Outdated => {
                    return Err(Error::new(Kind::Busy, "the original changed while the picture was made"));
                }
            }
        }
        // What was answered at the time may have been of bytes that were just overwritten, and is cached perhaps.
        self.invalidate(source).await
    }

    /// Whether it is in the bucket, as it would come out now, and in the ledger.
    async fn is_kept(&self, variant: &Variant) -> Result<bool> {
        let (source, etag) = (variant.source.as_str(), self.stores.originals.head(variant.source.as_str()).await?.etag);
        let is_stored = match self.stores.variants.head(variant.key().as_str()).await {
            Ok(head) => is_of_this_epoch(&head) && is_made_from(&head, &etag),
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Forbidden) => false,
            Err(error) => return Err(error),
        };
        let rows = self.stores.ledger.variants_of(source).await?;
        Ok(is_stored && rows.iter().any(|row| row.is_of(&variant.row_name(), &etag)))
    }
}

/// The request that comes to this variant.
fn request_for(source: &SourceKey, recipe: &str) -> Result<Request> {
    let (name, params) = match Recipe::parse(recipe) {
        Some(recipe) => (source.as_str().to_owned(), recipe?.to_params().unwrap_or_default()),
        None => (format!("{recipe}{source}"), Params::default()),
    };
    Ok(Request { name: Name::new(name)?, params, accepts: Accepts::default() })
}
