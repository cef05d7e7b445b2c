//! Everything that is stored, to begin again from and to look at.

use std::sync::Arc;

use bytes::Bytes;
use pixfront::store::{Message, Object, ObjectStore, Row, Stores, memory};

#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    pub(super) originals: Vec<(String, Object)>,
    pub(super) variants: Vec<(String, Object)>,
    pub(super) rows: Vec<Row>,
    pub(super) messages: Vec<Message>,
}

impl Snapshot {
    pub(super) async fn of(stores: &Stores) -> Self {
        Self {
            originals: objects(&stores.originals).await,
            variants: objects(&stores.variants).await,
            rows: stores.ledger.rows(None, usize::MAX).await.unwrap(),
            messages: stores.failures.peek(usize::MAX).await.unwrap(),
        }
    }

    /// The same in new stores.
    pub(super) async fn restored(&self) -> Stores {
        let stores = memory::open();
        for (bucket, objects) in [(&stores.originals, &self.originals), (&stores.variants, &self.variants)] {
            for (key, Object { head, body }) in objects {
                bucket.put(key, body.clone(), head.attributes.clone()).await.unwrap();
            }
        }
        for row in &self.rows {
            stores.ledger.record(row.clone()).await.unwrap();
        }
        for message in &self.messages {
            stores.failures.send(message.clone()).await.unwrap();
        }
        stores
    }

    /// The etag of the only original, if there is one.
    pub(super) fn original(&self) -> Option<String> {
        self.originals.first().map(|(_, object)| object.head.etag.clone())
    }

    /// Every variant's key, the etag of what it was made from, and its bytes.
    pub(super) fn variants(&self) -> impl Iterator<Item = (&String, String, Bytes)> {
        self.variants
            .iter()
            .map(|(key, Object { head, body })| (key, head.attributes.metadata["source-etag"].clone(), body.clone()))
    }

    /// What can be told of it without a clock.
    pub(super) fn facts(&self) -> Facts {
        Facts {
            original: self.original(),
            variants: self.variants().map(|(key, etag, body)| (key.clone(), etag, body)).collect(),
            rows: self.rows.iter().map(|row| (row.variant.clone(), row.source_etag.clone())).collect(),
            messages: self.messages.iter().map(|message| format!("{message:?}")).collect(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Facts {
    original: Option<String>,
    variants: Vec<(String, String, Bytes)>,
    rows: Vec<(String, String)>,
    messages: Vec<String>,
}

async fn objects(bucket: &Arc<dyn ObjectStore>) -> Vec<(String, Object)> {
    let mut objects = Vec::new();
    for key in bucket.list("", None, usize::MAX).await.unwrap() {
        let object = bucket.get(&key, u64::MAX).await.unwrap();
        objects.push((key, object));
    }
    objects
}
