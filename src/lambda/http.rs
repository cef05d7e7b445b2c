//! A function URL: the answer leaves, then what was made is kept.

use std::convert::Infallible;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use std::vec;

use ::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::Bytes;
use futures_util::stream;
use lambda_runtime::layers::TracingLayer;
use lambda_runtime::{FunctionResponse, LambdaEvent, MetadataPrelude, Runtime, StreamResponse, service_fn};
use serde_json::Value;

use super::invocation::{InvocationLayer, Watch};
use super::{ended, last, service};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::reply::Reply;
use crate::service::{Fresh, Service};
use crate::trigger::http::FunctionUrl;

pub(super) async fn run(config: Config) -> Result<()> {
    let service = Arc::new(service(config, Arc::default()).await?);
    let watch = Watch::new(Arc::clone(&service.counters));
    let function = Arc::new(Function { service, watch: Arc::clone(&watch), unkept: Mutex::default() });
    let handler = {
        let function = Arc::clone(&function);
        move |event: LambdaEvent<Value>| {
            let function = Arc::clone(&function);
            async move { function.handle(event).await }
        }
    };
    let layer = InvocationLayer::new(watch, move || {
        let function = Arc::clone(&function);
        async move { function.keep().await }
    });
    ended(Runtime::new(service_fn(handler)).layer(layer).layer(TracingLayer::new()).run().await)
}

struct Function {
    service: Arc<Service>,
    watch: Arc<Watch>,
    /// What the answer under way leaves to be kept, and by when. There is one event at a time.
    unkept: Mutex<Option<(Fresh, Instant)>>,
}

impl Function {
    async fn handle(&self, event: LambdaEvent<Value>) -> Result<FunctionResponse<Value, Chunks>> {
        let last = last(&event.context);
        let streams = self.service.config().streams;
        let door = if streams { FunctionUrl::STREAMED } else { FunctionUrl::BUFFERED };
        let answered = door.handle(&self.service, event.payload, Some(last)).await;
        let mut answered = answered.inspect_err(|error| self.service.counters.failed(error))?;
        self.watch.about(mem::take(&mut answered.subject));
        let response = if streams {
            FunctionResponse::StreamingResponse(streamed(&answered.reply)?)
        } else {
            FunctionResponse::BufferedResponse(answered.to_json())
        };
        *self.unkept.lock().unwrap_or_else(PoisonError::into_inner) = answered.unkept.map(|fresh| (fresh, last));
        Ok(response)
    }

    /// Says whether there was anything to keep.
    async fn keep(&self) -> bool {
        let unkept = self.unkept.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((fresh, last)) = unkept else { return false };
        let service = Arc::clone(&self.service);
        // On a task of its own: here nobody would catch a panic, which is logged when it happens.
        let _ = tokio::spawn(async move { service.keep_afterwards(&fresh, Some(last)).await }).await;
        true
    }
}

/// A body in chunks.
type Chunks = stream::Iter<vec::IntoIter<Result<Bytes, Infallible>>>;

/// How much goes out at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// The reply in the shape that a function URL takes if it streams: status and headers as JSON, then the body as it is.
fn streamed(reply: &Reply) -> Result<StreamResponse<Chunks>> {
    let cannot_be = |error: ::http::Error| Error::with_source(Kind::Bug, "the answer can't be put in words", error);
    let status_code = StatusCode::from_u16(reply.status).map_err(|error| cannot_be(error.into()))?;
    let mut headers = HeaderMap::new();
    for (name, value) in &reply.headers {
        headers.insert(*name, HeaderValue::try_from(value).map_err(|error| cannot_be(error.into()))?);
    }
    let metadata_prelude = MetadataPrelude { status_code, headers, cookies: Vec::new() };
    // Without a byte the end of the answer may not be noticed; of an answer to HEAD it is left out again on the way.
    let body = if reply.body.is_empty() { Bytes::from_static(b"\n") } else { reply.body.clone() };
    let starts = (0..body.len()).step_by(CHUNK_BYTES);
    let chunk = |start: usize| Ok(body.slice(start..body.len().min(start + CHUNK_BYTES)));
    let chunks: Vec<_> = starts.map(chunk).collect();
    Ok(StreamResponse { metadata_prelude, stream: stream::iter(chunks) })
}
