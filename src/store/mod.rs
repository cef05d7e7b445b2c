//! The only traits: where bytes, facts and failures are kept.
//!
//! Each has two real implementations or more, and [`conformance`] is the one suite that all of them pass.
//! Keys are the decoded strings of [`crate::key`]; a store never parses them.
//! An etag is the MD5 of the body as 32 lower-case hex digits, without quotes, as S3 has it for a single-part put.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error::Result;

pub(crate) use checks::now_ms;
pub use cloudfront::Distribution;

pub mod aws;
mod checks;
mod cloudfront;
pub mod conformance;
mod dynamodb;
pub mod lambda;
pub mod local;
pub mod memory;
mod s3;
mod sqs;

/// Objects of one bucket by key.
///
/// A put is atomic: a reader sees the old object or the new one, whole, whatever is killed in between.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// The whole object. [`Kind::NotFound`](crate::error::Kind) without one; over `limit_bytes` it is
    /// [`Kind::TooLarge`](crate::error::Kind), naming length and limit, and no more than the limit was read.
    async fn get(&self, key: &str, limit_bytes: u64) -> Result<Object>;

    /// A part of the object's body, `range.start < range.end <= head.bytes`, if its etag is still `etag`;
    /// otherwise [`Kind::Upstream`](crate::error::Kind), so that a stream of parts never mixes two objects.
    async fn get_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes>;

    /// What [`get`](Self::get) would say of the object, without its body.
    async fn head(&self, key: &str) -> Result<Head>;

    /// Stores the object, replacing what was there, and returns its etag.
    async fn put(&self, key: &str, body: Bytes, attributes: Attributes) -> Result<String>;

    /// Deletes the objects; a missing one is no error. Any number of keys.
    async fn delete(&self, keys: &[String]) -> Result<()>;

    /// The keys that begin with `prefix` and sort after `after`, in the order of their UTF-8 bytes, at most `limit`.
    /// Fewer than `limit` means that there are no more.
    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>>;
}

/// What is said of an object when it is put.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// The media type, e.g. `image/webp`.
    pub content_type: String,
    /// The `Cache-Control` it is served with.
    pub cache_control: Option<String>,
    /// User metadata; names are lower-case ASCII, as S3 returns them.
    pub metadata: BTreeMap<String, String>,
}

/// An object's facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// MD5 of the body, 32 hex digits, no quotes.
    pub etag: String,
    /// Length of the body.
    pub bytes: u64,
    /// When it was put, in milliseconds since 1970.
    pub modified_ms: u64,
    /// As given to [`ObjectStore::put`].
    #[serde(flatten)]
    pub attributes: Attributes,
}

/// An object, whole.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its facts.
    pub head: Head,
    /// Its bytes.
    pub body: Bytes,
}

/// The facts about variants, one row each, by the name of their source.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Writes the row; one with the same `name` and `variant` is replaced.
    async fn record(&self, row: Row) -> Result<()>;

    /// The rows of one source, ordered by `variant`; empty if there are none.
    async fn variants_of(&self, name: &str) -> Result<Vec<Row>>;

    /// Rows of all sources, at most `limit`, behind the row that `after` names, in an order of the ledger's own, which no row that
    /// stays changes its place in, and in which those of one name stand together. Fewer than `limit` means that there are no more.
    async fn rows(&self, after: Option<RowKey>, limit: usize) -> Result<Vec<Row>>;

    /// Removes these rows of one source; a missing one is no error.
    async fn forget(&self, name: &str, variants: &[String]) -> Result<()>;
}

/// One variant's facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The source's key (partition key).
    pub name: String,
    /// The recipe, or the thumbnail's key (sort key).
    pub variant: String,
    /// Length of the variant.
    pub bytes: u64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Format name, e.g. `webp`.
    pub format: String,
    /// The etag of the source it was made from.
    pub source_etag: String,
    /// How long the render took.
    pub render_ms: u64,
    /// When it was made, in milliseconds since 1970.
    pub time_ms: u64,
}

/// In the place of a recipe or a thumbnail's key, neither of which can end so.
const ORIGINAL: &str = "original/";

/// What names a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    /// The source's key.
    pub name: String,
    /// The recipe, or the thumbnail's key.
    pub variant: String,
}

impl Row {
    /// What names it.
    pub fn key(&self) -> RowKey {
        RowKey { name: self.name.clone(), variant: self.variant.clone() }
    }

    /// A row of bytes that are no original's any more.
    pub fn outdated(name: &str, variant: &str) -> Self {
        Self { name: name.to_owned(), variant: variant.to_owned(), ..Self::default() }
    }

    /// A row of an original with this etag that has no thumbnail: without one, its first overwrite would be no news to a distribution.
    pub fn of_original(name: &str, etag: &str) -> Self {
        Self { source_etag: etag.to_owned(), time_ms: now_ms(), ..Self::outdated(name, ORIGINAL) }
    }

    /// Whether it says no more than that there was an original.
    pub fn is_of_original(&self) -> bool {
        self.variant == ORIGINAL
    }

    /// Whether it says that this variant was made from the bytes with that etag.
    pub fn is_of(&self, variant: &str, source_etag: &str) -> bool {
        self.is_of_all() || (self.variant == variant && self.source_etag == source_etag)
    }

    /// Whether it stands for whatever there is of its name: a table of names knows no more.
    pub fn is_of_all(&self) -> bool {
        self.variant.is_empty()
    }

    /// Whether it is of other bytes than those that the original has now; [`None`]: it is gone.
    pub fn is_outdated(&self, current_etag: Option<&str>) -> bool {
        match current_etag {
            Some(etag) => !self.is_of_all() && self.source_etag != etag,
            None => true,
        }
    }
}

/// Failures that someone must look at.
///
/// Delivery is at least once: a received message that is not deleted comes back after its visibility time. "Oldest first" is
/// as good as the queue: memory and local keep strict order and peek at hidden messages too, SQS does neither.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Puts a message on the queue.
    async fn send(&self, message: Message) -> Result<()>;

    /// Up to `limit` messages, oldest first, which no other receiver gets for `visibility_s` seconds.
    async fn receive(&self, limit: usize, visibility_s: u32) -> Result<Vec<Received>>;

    /// Removes a received message. A receipt that is no longer known is no error.
    async fn delete(&self, receipt: &str) -> Result<()>;

    /// Shows a received message again at once, to whoever receives next. A receipt that is no longer known is no error.
    async fn release(&self, receipt: &str) -> Result<()>;

    /// Up to `limit` messages, oldest first, without receiving them. SQS can't be looked into: there it is a short receive, which
    /// hides the messages from others for a moment, counts as a delivery, and misses what is hidden.
    async fn peek(&self, limit: usize) -> Result<Vec<Message>>;
}

/// The attribute of a message by which SQS's backend says how its texts are encoded.
const ENCODING: &str = "encoding";

/// A queue message: the key as its body, as the hand-made systems have it, and the rest as attributes.
///
/// SQS carries no character that XML 1.0 lacks (controls but tab and line ends, U+FFFE and U+FFFF). Where a key has one, body and
/// attributes travel percent-encoded, as UTF-8, with one attribute more: `encoding` is `percent`. Ours are decoded by [`Queue`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The object's key.
    pub body: String,
    /// At most ten pairs (nine beside a character that SQS does not carry), no value empty, none called `encoding`: the limits
    /// of SQS. With the body they have 256 KiB.
    pub attributes: BTreeMap<String, String>,
}

/// A message with the handle that deletes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// For [`Queue::delete`]; good for this one receipt.
    pub receipt: String,
    /// The message.
    pub message: Message,
}

/// Everything the service keeps things in.
#[derive(Clone)]
pub struct Stores {
    /// As uploaded; private.
    pub originals: Arc<dyn ObjectStore>,
    /// As made by us; private.
    pub variants: Arc<dyn ObjectStore>,
    /// The table.
    pub ledger: Arc<dyn Ledger>,
    /// The failures queue.
    pub failures: Arc<dyn Queue>,
    /// Where `serve` notes uploads until it has dealt with them; [`None`] where the bucket itself delivers its events until
    /// they are taken, or where nothing outlives the process.
    pub journal: Option<local::LocalJournal>,
    /// What caches answers near viewers, where it is to be told of what is outdated.
    pub distribution: Option<Distribution>,
}
