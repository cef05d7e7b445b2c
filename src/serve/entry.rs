//! An answer as a cache keeps it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::reply::{CONTENT_SECURITY_POLICY, shared_max_age};
use crate::store::{Head, Object};

/// A whole response. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) status: StatusCode,
    pub(super) headers: Arc<HeaderMap>,
    pub(super) body: Bytes,
    /// The source's cache tag, by which an upload purges it.
    pub(super) tag: String,
    pub(super) since: Instant,
}

impl Entry {
    /// What a bucket answers of an object that it has, and how long that took.
    pub(super) fn of_object(object: Object, tag: String, get: Duration) -> Self {
        let mut headers = object_headers(&object.head);
        let timing = format!("get;dur={:.1}", get.as_secs_f64() * 1000.0);
        insert(&mut headers, "server-timing", &timing);
        Self { status: StatusCode::OK, headers: Arc::new(headers), body: object.body, tag, since: Instant::now() }
    }

    /// What the origin-response door answered, out of CloudFront's JSON.
    pub(super) fn of_response(response: &Value, tag: String) -> Result<Self> {
        let bug = |what: &str| Error::new(Kind::Bug, format!("the door's response has no good {what}"));
        let status = response["status"].as_str().and_then(|status| status.parse().ok());
        let body = response["body"].as_str().and_then(|body| BASE64.decode(body).ok());
        let mut headers = HeaderMap::new();
        for (name, values) in response["headers"].as_object().ok_or_else(|| bug("headers"))? {
            for value in values.as_array().into_iter().flatten() {
                insert(&mut headers, name, value["value"].as_str().ok_or_else(|| bug("header value"))?);
            }
        }
        Ok(Self {
            status: status.ok_or_else(|| bug("status"))?,
            headers: Arc::new(headers),
            body: body.ok_or_else(|| bug("body"))?.into(),
            tag,
            since: Instant::now(),
        })
    }

    /// The same, for those who asked and for no cache.
    pub(super) fn fleeting(mut self) -> Self {
        Arc::make_mut(&mut self.headers).insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        self
    }

    /// How long a shared cache may keep it.
    pub(super) fn fresh_for(&self) -> Duration {
        let control = self.headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok()).unwrap_or_default();
        shared_max_age(control)
    }
}

impl IntoResponse for Entry {
    /// All of it, whatever was asked for.
    fn into_response(self) -> Response {
        (self.status, HeaderMap::clone(&self.headers), self.body).into_response()
    }
}

/// The headers with which S3 gives out an object, and the policy that the distribution adds to all that was uploaded.
pub(super) fn object_headers(head: &Head) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let modified = std::time::UNIX_EPOCH + Duration::from_millis(head.modified_ms);
    insert(&mut headers, "content-type", &head.attributes.content_type);
    insert(&mut headers, "etag", &format!("\"{}\"", head.etag));
    insert(&mut headers, "last-modified", &httpdate::fmt_http_date(modified));
    insert(&mut headers, "content-security-policy", CONTENT_SECURITY_POLICY);
    if let Some(cache_control) = &head.attributes.cache_control {
        insert(&mut headers, "cache-control", cache_control);
    }
    for (name, value) in &head.attributes.metadata {
        insert(&mut headers, &format!("x-amz-meta-{name}"), value);
    }
    headers
}

/// A header that HTTP can't carry is left out: it came with an upload, and must not make the object unreadable.
fn insert(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        headers.insert(name, value);
    }
}
