//! What tests act on: a service whose stores do as they are told, or the real program ([`Server`]).

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pixfront::config::Config;
use pixfront::error::Result;
use pixfront::ingest::{Outcome, Upload};
use pixfront::reply::Picture;
use pixfront::request::Request;
use pixfront::service::Service;
use pixfront::store::{Attributes, Message, Stores, memory};

mod attended;
mod ministack;
mod script;
mod server;

pub(crate) use attended::{Attendant, Call, Fault, Op, Place, attended, meet};
pub(crate) use ministack::{Ministack, Process, config_at, create_table, loader};
pub(crate) use script::Script;
pub(crate) use server::{Answer, Server, program};

/// A service, the script that its stores follow, and the same stores without the script, for setting up and looking.
pub(crate) struct World {
    pub(crate) service: Arc<Service>,
    pub(crate) stores: Stores,
    pub(crate) script: Arc<Script>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        // Nothing but a test of it may meet the deadline, however busy the machine; nor wait for a place, on however few cores,
        // since scripts render in the middle of a render.
        let renders = NonZeroUsize::new(4).unwrap();
        let mut config = Config { deadline: Duration::from_mins(5), renders, ..Config::default() };
        change(&mut config);
        let stores = memory::open();
        let script = Arc::new(Script::default());
        let service = Arc::new(Service::new(attended(&stores, &script), config));
        Self { service, stores, script }
    }

    /// Puts an original, and returns its etag.
    pub(crate) async fn put(&self, key: &str, body: Vec<u8>) -> String {
        self.stores.originals.put(key, Bytes::from(body), Attributes::default()).await.unwrap()
    }

    pub(crate) async fn remove(&self, key: &str) {
        self.stores.originals.delete(&[key.to_owned()]).await.unwrap();
    }

    /// Puts a variant as another request or another version may have left it.
    pub(crate) async fn put_variant(&self, key: &str, metadata: &[(&str, &str)]) {
        let metadata = metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let attributes = Attributes { content_type: "image/webp".into(), metadata, ..Attributes::default() };
        self.stores.variants.put(key, Bytes::from_static(b"a variant"), attributes).await.unwrap();
    }

    pub(crate) async fn respond(&self, url: &str) -> Result<Picture> {
        self.service.respond(&Request::parse_url(url, None)?, None).await
    }

    /// Tells of a change of an original.
    pub(crate) async fn ingest(&self, key: &str) -> Result<Outcome> {
        self.service.ingest(&Upload { bucket: "originals".into(), key: key.into() }).await
    }

    /// The keys of everything that was made.
    pub(crate) async fn variants(&self) -> Vec<String> {
        self.stores.variants.list("", None, usize::MAX).await.unwrap()
    }

    /// The variants that the ledger knows of a source.
    pub(crate) async fn rows(&self, name: &str) -> Vec<String> {
        rows(&self.stores, name).await
    }

    pub(crate) async fn messages(&self) -> Vec<Message> {
        self.stores.failures.peek(usize::MAX).await.unwrap()
    }
}

/// The variants that a store's ledger knows of a source.
pub(crate) async fn rows(stores: &Stores, name: &str) -> Vec<String> {
    stores.ledger.variants_of(name).await.unwrap().into_iter().map(|row| row.variant).collect()
}

/// By then what was to happen has happened, also on a busy machine.
const DEADLINE: Duration = Duration::from_mins(2);

/// Looks again and again, until there is something.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(DEADLINE, looking).await.unwrap_or_else(|_| panic!("still no {what}"))
}

/// The format and the size of a picture, found without our own code.
pub(crate) fn look(bytes: &[u8]) -> (&'static str, u32, u32) {
    if bytes.get(8..12) == Some(b"WEBP") {
        let picture = webp::Decoder::new(bytes).decode().expect("a whole WebP");
        return ("webp", picture.width(), picture.height());
    }
    if bytes.get(4..12) == Some(b"ftypavif") {
        let at = bytes.windows(4).position(|name| name == b"ispe").expect("a size") + 8;
        let side = |at: usize| u32::from_be_bytes(*bytes[at..].first_chunk().expect("a whole size"));
        return ("avif", side(at), side(at + 4));
    }
    let name = match image::guess_format(bytes).expect("a picture") {
        image::ImageFormat::Jpeg => "jpeg",
        image::ImageFormat::Png => "png",
        other => panic!("{other:?} is not made here"),
    };
    let picture = image::load_from_memory(bytes).expect("a whole picture");
    (name, picture.width(), picture.height())
}
