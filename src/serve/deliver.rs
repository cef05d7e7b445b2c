//! What HTTP expects of any GET and HEAD: conditions, ranges, and no body where there should be none.

use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use headers::{ETag, HeaderMapExt, IfModifiedSince, IfNoneMatch, IfRange, LastModified};

use crate::error::Kind;
use crate::reply::ERROR_HEADER;
use crate::store::{Head, ObjectStore};

/// How much of an original is in memory at a time, for each request.
const PART_BYTES: u64 = 1 << 20;

/// Where a body comes from.
pub(super) enum Source {
    Memory(Bytes),
    Bucket { store: Arc<dyn ObjectStore>, key: String, head: Head },
}

impl Source {
    fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Bucket { head, .. } => head.bytes,
        }
    }

    fn into_body(self, range: Range<u64>) -> Body {
        match self {
            Self::Memory(bytes) => {
                let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                Body::from(bytes.slice(index(range.start)..index(range.end)))
            }
            Self::Bucket { store, key, head } => stream_parts(store, key, head.etag, range),
        }
    }
}

/// Answers a GET or HEAD with all of the source, a part of it, or word that the client has it already.
pub(super) fn deliver(request: &Parts, status: StatusCode, mut headers: HeaderMap, source: Source) -> Response {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let len = source.len();
    let (status, range) = if status == StatusCode::OK {
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if is_unchanged(&request.headers, &headers) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        match asked_range(request, &headers, len) {
            Asked::Whole => (status, 0..len),
            Asked::Part(range) => {
                let part = format!("bytes {}-{}/{len}", range.start, range.end - 1);
                headers.extend(HeaderValue::try_from(part).map(|part| (header::CONTENT_RANGE, part)));
                (StatusCode::PARTIAL_CONTENT, range)
            }
            Asked::Nowhere => return range_not_satisfiable(len),
        }
    } else {
        (status, 0..len)
    };
    headers.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
    let body = if request.method == Method::HEAD { Body::empty() } else { source.into_body(range) };
    (status, headers, body).into_response()
}

/// The answer to a browser that asks whether another site's page may look.
pub(super) fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "range, if-none-match"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The answer to a method that is neither reading nor uploading.
pub(super) fn method_not_allowed(method: &Method, bucket: &str) -> Response {
    let words = format!("{method}: pictures are read here, by GET; uploads go by PUT to /upload/{bucket}/");
    let mut response = refused(StatusCode::METHOD_NOT_ALLOWED, &words);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
    response
}

fn range_not_satisfiable(len: u64) -> Response {
    let mut response = refused(StatusCode::RANGE_NOT_SATISFIABLE, &format!("Range: there are {len} bytes"));
    let all = HeaderValue::try_from(format!("bytes */{len}"));
    response.headers_mut().extend(all.map(|all| (header::CONTENT_RANGE, all)));
    response
}

/// A failure that only HTTP knows: its status says more than any of our kinds.
fn refused(status: StatusCode, words: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (status, headers, [(ERROR_HEADER, Kind::Invalid.name())], format!("{words}\n")).into_response()
}

/// RFC 9110 §13.2.2: the etag decides where the client sent one, else the date.
fn is_unchanged(asked: &HeaderMap, ours: &HeaderMap) -> bool {
    if let Some(if_none_match) = asked.typed_get::<IfNoneMatch>() {
        return ours.typed_get::<ETag>().is_some_and(|etag| !if_none_match.precondition_passes(&etag));
    }
    let modified = ours.typed_get::<LastModified>().map(SystemTime::from);
    match (asked.typed_get::<IfModifiedSince>(), modified) {
        (Some(since), Some(modified)) => !since.is_modified(modified),
        _ => false,
    }
}

enum Asked {
    Whole,
    Part(Range<u64>),
    Nowhere,
}

fn asked_range(request: &Parts, ours: &HeaderMap, len: u64) -> Asked {
    let asked = &request.headers;
    // Ranges are defined for GET alone (RFC 9110 §14.2); several at once are allowed to be answered whole.
    let (true, Some(range)) = (request.method == Method::GET, asked.get(header::RANGE)) else { return Asked::Whole };
    // A condition that can't be read is not met.
    let is_changed = asked.contains_key(header::IF_RANGE)
        && asked.typed_get::<IfRange>().is_none_or(|condition| {
            condition.is_modified(ours.typed_get::<ETag>().as_ref(), ours.typed_get::<LastModified>().as_ref())
        });
    if is_changed {
        return Asked::Whole;
    }
    let Some((first, last)) = range.to_str().ok().and_then(|range| range.strip_prefix("bytes=")?.split_once('-'))
    else {
        return Asked::Whole;
    };
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(len),
        (Ok(first), Err(_)) if last.is_empty() => first..len,
        (Err(_), Ok(suffix)) if first.is_empty() => len.saturating_sub(suffix)..len,
        _ => return Asked::Whole,
    };
    if range.is_empty() { Asked::Nowhere } else { Asked::Part(range) }
}

fn stream_parts(store: Arc<dyn ObjectStore>, key: String, etag: String, range: Range<u64>) -> Body {
    let parts = stream::try_unfold((store, key, etag, range), |(store, key, etag, rest)| async move {
        if rest.is_empty() {
            return Ok::<_, crate::error::Error>(None);
        }
        let end = rest.end.min(rest.start + PART_BYTES);
        let part = store.get_range(&key, &etag, rest.start..end).await?;
        Ok(Some((part, (store, key, etag, end..rest.end))))
    });
    Body::from_stream(parts)
}
