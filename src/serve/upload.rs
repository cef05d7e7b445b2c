//! `PUT /upload/{bucket}/{key}`: what API Gateway, S3 and its notification do at AWS.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::edge::{Edge, failed_entry};
use crate::error::{Error, Kind, Result};
use crate::image::sniff::media_type;
use crate::ingest::{Outcome, Upload};
use crate::key::SourceKey;
use crate::request::Request as PictureRequest;
use crate::service::Service;
use crate::store::Attributes;
use crate::store::local::Pending;
use crate::trigger::upload::handle;

/// Uploads of the longest kind that may be in memory at one time.
const LONGEST_AT_ONCE: u32 = 2;
/// As much as one semaphore can give to one who asks for all of it: far more than any memory.
const ROOM_KIB_MAX: u32 = u32::MAX >> 4;
/// How long an upload waits for room.
const PATIENCE: Duration = Duration::from_secs(5);
/// A client that sends nothing for so long has gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// A body takes room for no longer: 64 MiB come in this time over 2 Mbit/s.
const BODY_TIME_MAX: Duration = Duration::from_mins(5);
/// As often as Lambda tries an asynchronous event, though sooner.
const TRIES: u32 = 3;
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Takes uploads, and bounds what they may hold in memory together.
pub(super) struct Uploads {
    service: Arc<Service>,
    edge: Edge,
    bytes_max: u64,
    /// Room in memory, in KiB; held until an upload has been dealt with, even if its client has gone.
    room: Arc<Semaphore>,
    room_max: u32,
}

impl Uploads {
    pub(super) fn new(service: Arc<Service>, edge: Edge) -> Self {
        let bytes_max = service.config().source_bytes;
        let room_max = kib(bytes_max).saturating_mul(LONGEST_AT_ONCE).min(ROOM_KIB_MAX);
        Self { service, edge, bytes_max, room: Arc::new(Semaphore::new(room_max as usize)), room_max }
    }

    pub(super) async fn receive(&self, request: &Parts, body: Body) -> Response {
        match self.try_receive(request, body).await {
            Ok(answer) => answer,
            Err(error) => {
                self.service.counters.failed(&error);
                // The rest of the body is not read, so nothing can follow it on this connection.
                let close = [(header::CONNECTION, "close")];
                (close, failed_entry(&error, String::new())).into_response()
            }
        }
    }

    /// Takes up what a process before this one left in the journal. What can't be done now stays there for the next.
    pub(super) async fn resume(&self) {
        let Some(journal) = &self.service.stores().journal else { return };
        let pending = journal.pending().await.unwrap_or_else(|error| {
            error.log();
            Vec::new()
        });
        for Pending { id, bucket, key } in pending {
            tracing::info!(bucket, key, "an upload that was not dealt with is taken up");
            let followed = async {
                follow_up(&self.service, &self.edge, &bucket, &SourceKey::new(key)?).await?;
                journal.end(id).await
            };
            if let Err(error) = followed.await {
                self.service.counters.failed(&error);
            }
        }
    }

    /// Waits until all that was received has been dealt with.
    pub(super) async fn finish(&self) {
        // Nobody closes the semaphore.
        let _ = self.room.acquire_many(self.room_max).await;
    }

    async fn try_receive(&self, request: &Parts, body: Body) -> Result<Response> {
        let (bucket, source) = target(request.uri.path(), &self.service)?;
        let (room, length) = self.room(request).await?;
        let late = |_| Error::new(Kind::Deadline, "the upload came too slowly");
        let body = timeout(BODY_TIME_MAX, self.read(body, length)).await.map_err(late)??;
        let stated_type = request.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = stated_type.unwrap_or_else(|| media_type(&body)).to_owned();
        let attributes = Attributes { content_type, ..Attributes::default() };
        // On a task of its own: once stored, the event is delivered whether or not the client waits.
        let (service, edge, stored_as) = (Arc::clone(&self.service), self.edge.clone(), source.clone());
        let task = tokio::spawn(async move {
            let stored = store(&service, &edge, &bucket, &stored_as, body, attributes).await;
            drop(room);
            stored
        });
        let stored = task.await.map_err(|error| Error::with_source(Kind::Bug, "the upload could not be stored", error));
        let (etag, outcome) = stored??;
        let headers = [(header::ETAG, format!("\"{etag}\"")), (header::CACHE_CONTROL, "no-store".to_owned())];
        Ok((StatusCode::OK, headers, describe(&source, outcome.as_ref())).into_response())
    }

    /// Waits until the upload has room: its stated length, or all that it might have.
    async fn room(&self, request: &Parts) -> Result<(OwnedSemaphorePermit, u64)> {
        let stated = request.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let bytes: u64 = stated.unwrap_or(self.bytes_max);
        if bytes > self.bytes_max {
            return Err(self.too_large());
        }
        let room = Arc::clone(&self.room).acquire_many_owned(kib(bytes).min(self.room_max));
        let busy = |_| Error::new(Kind::Busy, "too many uploads are coming in; try again in a second");
        let closed = |error| Error::with_source(Kind::Bug, "no uploads are taken", error);
        let room = timeout(PATIENCE, room).await.map_err(busy)?.map_err(closed)?;
        Ok((room, bytes))
    }

    async fn read(&self, body: Body, length: u64) -> Result<Bytes> {
        let mut parts = body.into_data_stream();
        // All at once, since growing would hold the bytes twice; what is not written to costs no memory.
        let mut bytes = BytesMut::with_capacity(usize::try_from(length).unwrap_or_default());
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

fn kib(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1024).max(1)).unwrap_or(u32::MAX)
}

/// The bucket and the key of an upload's path. Names that no URL could ask for, or that are reserved, are refused.
fn target(path: &str, service: &Service) -> Result<(String, SourceKey)> {
    let (bucket, key) = path.strip_prefix("/upload/").and_then(|rest| rest.split_once('/')).unwrap_or_default();
    let ours = service.config().originals_bucket();
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

/// Stores an original and delivers its event. The journal has it until both are done, so that a process that dies in between
/// leaves no stale variant and loses no failure.
async fn store(
    service: &Service,
    edge: &Edge,
    bucket: &str,
    source: &SourceKey,
    body: Bytes,
    attributes: Attributes,
) -> Result<(String, Option<Outcome>)> {
    let stores = service.stores();
    let pending = match &stores.journal {
        Some(journal) => Some((journal, journal.begin(bucket, source.as_str()).await?.id)),
        None => None,
    };
    let put = stores.originals.put(source.as_str(), body, attributes).await;
    let outcome = if put.is_ok() {
        follow_up(service, edge, bucket, source).await?
    } else {
        // It may have come through all the same.
        edge.purge(source).await;
        None
    };
    if let Some((journal, id)) = pending {
        journal.end(id).await?;
    }
    put.map(|etag| (etag, outcome))
}

/// Everything that a changed original entails; an error if that must be tried again.
async fn follow_up(service: &Service, edge: &Edge, bucket: &str, source: &SourceKey) -> Result<Option<Outcome>> {
    let outcome = deliver_event(service, bucket, source).await;
    edge.purge(source).await;
    outcome
}

/// Delivers S3's event to the upload door, again if it says so, and then, as Lambda does, to the failures queue.
async fn deliver_event(service: &Service, bucket: &str, source: &SourceKey) -> Result<Option<Outcome>> {
    let mut tried = 0;
    loop {
        tried += 1;
        match handle(service, created_event(bucket, source), None).await {
            Ok(handled) => return Ok(handled.outcomes.into_iter().next()),
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
