//! Failures that are tried again, once what was wrong is mended.

use std::time::Instant;

use crate::error::{Error, Kind, Result};
use crate::format::Accepts;
use crate::ingest::{Outcome, Upload};
use crate::key::{Name, SourceKey};
use crate::params::Params;
use crate::request::Request;
use crate::service::{Kept, Presence, Service};
use crate::variant::{Recipe, Variant};

/// What a message of the failures queue is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Uploads that came to nothing.
    Uploads(Vec<Upload>),
    /// A variant that could not be stored after its answer, or that a backfill could not make.
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
                // A thumbnail is made again at once, of the bytes that came between: then it is done.
                Kept::Outdated if self.is_kept(fresh.variant()).await? => {}
                Kept::Outdated => {
                    return Err(Error::new(Kind::Busy, "the original changed while the picture was made"));
                }
            }
        }
        // What was answered at the time may have been of bytes that were just overwritten, and is cached perhaps.
        self.invalidate(source).await
    }

    async fn is_kept(&self, variant: &Variant) -> Result<bool> {
        let etag = self.stores.originals.head(variant.source.as_str()).await?.etag;
        let rows = self.stores.ledger.variants_of(variant.source.as_str()).await?;
        match self.presence(variant, &etag, &rows).await {
            Ok(presence) => Ok(presence == Presence::Kept),
            // Who may not list the bucket may not look at what is not there, but may well put it there.
            Err(error) if error.kind() == Kind::Forbidden => Ok(false),
            Err(error) => Err(error),
        }
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
