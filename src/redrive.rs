//! Failures that are tried again, once what was wrong is mended.

use crate::error::{Error, Kind, Result};
use crate::format::Accepts;
use crate::ingest::{Outcome, Upload};
use crate::key::{Name, SourceKey};
use crate::params::Params;
use crate::request::Request;
use crate::service::{Made, Service};
use crate::variant::Recipe;

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
                Err(error) if error.kind() == Kind::NotFound => Ok(()),
                stored => stored,
            },
        }
    }

    async fn store_again(&self, source: &SourceKey, recipe: &str) -> Result<()> {
        match self.make(&request_for(source, recipe)?, None).await? {
            Made::Before(_) => Ok(()),
            Made::Now(fresh) if self.keep_made(&fresh, None).await.is_stored => Ok(()),
            Made::Now(_) => Err(Error::new(Kind::Upstream, "the picture was made and could not be stored")),
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
