//! `PUT /upload/{bucket}/{key}`: what API Gateway, S3 and its notification do at AWS.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::edge::{Edge, failed_entry};
use crate::error::{Error, Kind, Result};
use crate::image::probe::media_type;
use crate::ingest::{Outcome, Upload};
use crate::key::SourceKey;
use crate::request::Request as PictureRequest;
use crate::service::Service;
use crate::store::Attributes;
use crate::trigger::upload::handle;

/// Uploads of the longest kind that may be in memory at one time.
const LONGEST_AT_ONCE: usize = 2;
/// A client that sends nothing for so long has gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// As often as Lambda tries an asynchronous event, though sooner.
const TRIES: u32 = 3;
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Bounds what uploads may hold in memory together.
pub(super) struct Uploads {
    bytes_max: u64,
    budget_kib: Semaphore,
}

impl Uploads {
    pub(super) fn new(bytes_max: u64) -> Self {
        let budget = usize::try_from(kib(bytes_max)).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS / 2);
        Self { bytes_max, budget_kib: Semaphore::new(budget * LONGEST_AT_ONCE) }
    }

    pub(super) async fn receive(&self, service: &Arc<Service>, edge: &Edge, request: &Parts, body: Body) -> Response {
        match self.try_receive(service, edge, request, body).await {
            Ok(answer) => answer,
            Err(error) => {
                error.log();
                let entry = failed_entry(&error, String::new());
                (entry.status, HeaderMap::clone(&entry.headers), entry.body).into_response()
            }
        }
    }

    async fn try_receive(&self, service: &Arc<Service>, edge: &Edge, request: &Parts, body: Body) -> Result<Response> {
        let (bucket, source) = target(request.uri.path(), service)?;
        let _budget = self.budget(request).await?;
        let body = self.read(body).await?;
        let stated_type = request.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = stated_type.unwrap_or_else(|| media_type(&body)).to_owned();
        let attributes = Attributes { content_type, ..Attributes::default() };
        // On a task of its own: once stored, the event is delivered whether or not the client waits.
        let (service, edge, stored_as) = (Arc::clone(service), edge.clone(), source.clone());
        let task = tokio::spawn(async move {
            let etag = service.stores().originals.put(stored_as.as_str(), body, attributes).await?;
            let outcome = deliver_event(&service, &bucket, &stored_as).await;
            edge.purge(&stored_as);
            Ok::<_, Error>((etag, outcome?))
        });
        let stored = task.await.map_err(|error| Error::with_source(Kind::Bug, "the upload could not be stored", error));
        let (etag, outcome) = stored??;
        let headers = [(header::ETAG, format!("\"{etag}\"")), (header::CACHE_CONTROL, "no-store".to_owned())];
        Ok((StatusCode::OK, headers, describe(&source, outcome.as_ref())).into_response())
    }

    /// Waits until the upload has room: its stated length, or all that it might have.
    async fn budget(&self, request: &Parts) -> Result<SemaphorePermit<'_>> {
        let stated = request.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let bytes: u64 = stated.unwrap_or(self.bytes_max);
        if bytes > self.bytes_max {
            return Err(self.too_large());
        }
        let permits = u32::try_from(kib(bytes)).unwrap_or(u32::MAX);
        let closed = |error| Error::with_source(Kind::Bug, "no uploads are taken", error);
        self.budget_kib.acquire_many(permits).await.map_err(closed)
    }

    async fn read(&self, body: Body) -> Result<Bytes> {
        let mut parts = body.into_data_stream();
        let mut bytes = BytesMut::new();
        let silent = |_| Error::new(Kind::Deadline, "the upload stopped coming");
        while let Some(part) = timeout(SILENCE_MAX, parts.next()).await.map_err(silent)? {
            let part = part.map_err(|error| Error::with_source(Kind::Invalid, "the upload broke off", error))?;
            if (bytes.len() + part.len()) as u64 > self.bytes_max {
                return Err(self.too_large());
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes.freeze())
    }

    fn too_large(&self) -> Error {
        Error::new(Kind::TooLarge, format!("the upload is over the limit of {} bytes", self.bytes_max))
    }
}

fn kib(bytes: u64) -> u64 {
    bytes.div_ceil(1024).max(1)
}

/// The bucket and the key of an upload's path. Names that no URL could ask for, or that are reserved, are refused.
fn target(path: &str, service: &Service) -> Result<(String, SourceKey)> {
    let (bucket, key) = path.strip_prefix("/upload/").and_then(|rest| rest.split_once('/')).unwrap_or_default();
    let ours = &service.config().originals_bucket;
    if bucket != ours {
        return Err(Error::new(
            Kind::NotFound,
            format!("there is no bucket of that name; uploads go to /upload/{ours}/"),
        ));
    }
    let source = SourceKey::new(PictureRequest::parse(&format!("/{key}"), "", None)?.name.as_str())?;
    if let Some((thumbnail, _)) = service.config().policy.thumbnail_of(source.as_str()) {
        let prefix = &thumbnail.prefix;
        return Err(Error::invalid(format!("names that begin with {prefix} are reserved for thumbnails")));
    }
    Ok((bucket.to_owned(), source))
}

/// Delivers S3's event to the upload door, again if it says so, and then, as Lambda does, to the failures queue.
async fn deliver_event(service: &Service, bucket: &str, source: &SourceKey) -> Result<Option<Outcome>> {
    let mut tried = 0;
    loop {
        tried += 1;
        match handle(service, created_event(bucket, source)).await {
            Ok(outcomes) => return Ok(outcomes.into_iter().next()),
            Err(error) if tried == TRIES => {
                let upload = Upload { bucket: bucket.to_owned(), key: source.as_str().to_owned() };
                service.send_failure(&upload, &error).await?;
                return Ok(Some(Outcome::Failed { kind: error.kind(), context: error.context().to_owned() }));
            }
            Err(_) => tokio::time::sleep(RETRY_AFTER * tried).await,
        }
    }
}

/// The notification that S3 sends of a put.
fn created_event(bucket: &str, source: &SourceKey) -> Value {
    // In a notification the key is encoded like a form's value, but for its slashes.
    let key = crate::key::uri(source.as_str()).trim_start_matches('/').replace("%20", "+");
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": { "name": bucket, "arn": format!("arn:aws:s3:::{bucket}") },
            "object": { "key": key },
        },
    }] })
}

fn describe(source: &SourceKey, outcome: Option<&Outcome>) -> String {
    match outcome {
        Some(Outcome::Ready(keys)) => {
            let keys: Vec<_> = keys.iter().map(|key| crate::key::uri(key.as_str())).collect();
            format!("stored {source}; thumbnails: {}\n", keys.join(" "))
        }
        Some(Outcome::Removed) => format!("stored {source}, and deleted again meanwhile\n"),
        Some(Outcome::Skipped(why)) => format!("stored {source}; no thumbnail: {why}\n"),
        Some(Outcome::Failed { kind, context }) => {
            format!("stored {source}; no thumbnail: {context} ({}); the failures queue has a message\n", kind.name())
        }
        None => format!("stored {source}\n"),
    }
}
