//! The failures queue's messages: what someone must look at.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::service::Service;
use crate::store::Message;

/// What could not be done.
#[derive(Clone, Debug)]
pub struct Failure<'a> {
    /// The bucket of the original, as whoever told of it names it; empty if nobody did.
    pub bucket: &'a str,
    /// The key of the original; what was received in its place if that could not be read.
    pub key: &'a str,
    /// Which work it was.
    pub stage: Stage,
    /// [`Variant::recipe_name`](crate::variant::Variant::recipe_name) of the variant that failed, if it came to one.
    pub recipe: Option<String>,
    /// The etag of the bytes that failed; [`None`]: whatever the original has by now.
    pub etag: Option<&'a str>,
    /// Why.
    pub error: &'a Error,
}

/// The work that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Dealing with an upload.
    Upload,
    /// Storing a variant, which was answered already or which a backfill was to make.
    Persist,
}

impl Stage {
    /// The word in the message.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Persist => "persist",
        }
    }
}

impl Service {
    /// Puts the failure on the queue: the key as its body, what is known as attributes.
    pub async fn leave_message(&self, failure: &Failure<'_>) -> Result<()> {
        let Failure { bucket, key, stage, recipe, etag, error } = failure;
        // Another bucket's object of the same name is not ours.
        let is_ours = *bucket == self.config.originals_bucket();
        let etag = match etag {
            Some(etag) => Some((*etag).to_owned()),
            None if is_ours => self.stores.originals.head(key).await.ok().map(|head| head.etag),
            None => None,
        };
        let mut attributes = BTreeMap::from([
            ("bucket".to_owned(), (*bucket).to_owned()),
            ("kind".to_owned(), error.kind().name().to_owned()),
            ("message".to_owned(), error.context().to_owned()),
            ("stage".to_owned(), stage.name().to_owned()),
        ]);
        attributes.extend(etag.map(|etag| ("etag".to_owned(), etag)));
        attributes.extend(recipe.clone().map(|recipe| ("recipe".to_owned(), recipe)));
        attributes.retain(|_, value| !value.is_empty());
        self.stores.failures.send(Message { body: (*key).to_owned(), attributes }).await?;
        self.counters.failures_sent.inc();
        Ok(())
    }
}
