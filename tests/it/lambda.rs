//! The functions as Lambda runs them: the real programs, on a Runtime API of our own and an embedded store.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use pixfront::store::{Attributes, Message};
use serde_json::Value;

use crate::pictures;

mod doors;
mod emf;
mod function;
mod http_origin;
mod launcher;
mod metrics;
mod mutated;
mod origin_response;
mod start;
mod upload_trigger;

pub(crate) use function::{Answer, Function};

pub(crate) const ORIGIN_RESPONSE: &str = env!("CARGO_BIN_EXE_origin-response");
pub(crate) const UPLOAD_TRIGGER: &str = env!("CARGO_BIN_EXE_upload-trigger");
pub(crate) const HTTP_ORIGIN: &str = env!("CARGO_BIN_EXE_http-origin");

impl Function {
    /// Puts an original.
    async fn put(&self, key: &str, body: Vec<u8>) {
        self.stores().originals.put(key, Bytes::from(body), Attributes::default()).await.unwrap();
    }

    /// The keys of everything that was made.
    async fn variants(&self) -> Vec<String> {
        self.stores().variants.list("", None, usize::MAX).await.unwrap()
    }

    async fn messages(&self) -> Vec<Message> {
        self.stores().failures.peek(usize::MAX).await.unwrap()
    }
}

/// The body of an answer of either door.
pub(crate) fn body(response: &Value) -> Vec<u8> {
    BASE64.decode(response["body"].as_str().unwrap()).unwrap()
}

pub(crate) fn torn() -> Vec<u8> {
    let mut torn = pictures::jpeg(64, 64);
    torn.truncate(torn.len() / 2);
    torn
}
