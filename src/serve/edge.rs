//! The cache and the way to the origin: what CloudFront does between the viewer and the functions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use moka::future::Cache;
use serde_json::{Map, Value, json};

use super::deliver::{Source, deliver};
use super::entry::{Entry, object_headers};
use super::metrics::Metrics;
use super::unix_time;
use super::viewer_request::{Origin, Rewritten, rewrite};
use crate::door::{DEBUG_HEADER, Door};
use crate::error::{Error, Kind, Result};
use crate::key::SourceKey;
use crate::reply::{Audience, reply};
use crate::service::Service;
use crate::trigger::limit::VIEWER_URL_HEADER;
use crate::trigger::origin_response::OriginResponse;

/// This machine is no Lambda: bodies of any length, and statuses for people.
const DOOR: OriginResponse = OriginResponse { body_bytes_max: None, audience: Audience::Client, door: Door::Serve };

/// The headers that the origin request policy lets through.
struct Forwarded {
    viewer_url: String,
    debug: Option<String>,
}

/// What every entry is charged beside its body, for headers and bookkeeping.
const ENTRY_OVERHEAD_BYTES: usize = 1024;

/// What a request was about, for its line in the log.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) key: SourceKey,
    pub(super) recipe: Option<String>,
}

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Edge {
    shared: Arc<Shared>,
}

struct Shared {
    service: Arc<Service>,
    metrics: Arc<Metrics>,
    /// By the rewritten URI alone: what depends on the client is in it.
    cache: Cache<String, Entry>,
    purges: AtomicU64,
}

impl Edge {
    pub(super) fn new(service: Arc<Service>, metrics: Arc<Metrics>, cache_bytes: u64) -> Self {
        let weight = |uri: &String, entry: &Entry| {
            u32::try_from(uri.len() + entry.body.len() + ENTRY_OVERHEAD_BYTES).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder()
            .max_capacity(cache_bytes)
            .weigher(weight)
            .expire_after(ByCacheControl)
            .support_invalidation_closures()
            .build();
        Self { shared: Arc::new(Shared { service, metrics, cache, purges: AtomicU64::new(0) }) }
    }

    /// Answers GET and HEAD.
    pub(super) async fn answer(&self, request: &Parts) -> Response {
        let uri = &request.uri;
        let accept = request.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        let config = self.shared.service.config();
        let rewritten = match rewrite(uri.path(), uri.query().unwrap_or_default(), accept, config, unix_time()) {
            Ok(rewritten) => rewritten,
            Err(error) => return self.failure(request, &error),
        };
        let subject = Subject { key: rewritten.source.clone(), recipe: rewritten.recipe.clone() };
        let viewer_url = uri.path_and_query().map_or("/", |url| url.as_str()).to_owned();
        let is_negotiated = rewritten.is_negotiated;
        let mut response = match rewritten.origin {
            Origin::Originals => self.original(request, &rewritten).await,
            Origin::Variants => {
                let debug =
                    request.headers.get(DEBUG_HEADER).and_then(|secret| secret.to_str().ok()).map(str::to_owned);
                self.variant(request, rewritten, Forwarded { viewer_url, debug }).await
            }
        };
        if is_negotiated {
            response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
        }
        response.extensions_mut().insert(subject);
        response
    }

    /// Forgets everything that was made from a source.
    pub(super) fn purge(&self, source: &SourceKey) {
        // Counted first: a variant that is on its way into the cache while this runs sees the count and leaves again.
        self.shared.purges.fetch_add(1, Ordering::SeqCst);
        let tag = source.cache_tag();
        if let Err(error) = self.shared.cache.invalidate_entries_if(move |_, entry| entry.tag == tag) {
            tracing::error!(%error, "the cache was not purged");
        }
    }

    /// How many entries the cache has, and what they are charged.
    pub(super) async fn cache_size(&self) -> (u64, u64) {
        let cache = &self.shared.cache;
        // What was purged or has expired goes then.
        cache.run_pending_tasks().await;
        (cache.entry_count(), cache.weighted_size())
    }

    /// Originals are streamed from their bucket and not cached: they may be of any length.
    async fn original(&self, request: &Parts, rewritten: &Rewritten) -> Response {
        let store = &self.shared.service.stores().originals;
        let head = match store.head(&rewritten.key).await {
            Ok(head) => head,
            Err(error) => return self.failure(request, &error),
        };
        let mut headers = object_headers(&head);
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
        headers.insert("x-cache", HeaderValue::from_static("Miss"));
        let source = Source::Bucket { store: Arc::clone(store), key: rewritten.key.clone(), head };
        deliver(request, StatusCode::OK, headers, source)
    }

    async fn variant(&self, request: &Parts, rewritten: Rewritten, forwarded: Forwarded) -> Response {
        if let Some(entry) = self.shared.cache.get(&rewritten.uri).await {
            self.shared.metrics.cache_hits.inc();
            let mut headers = HeaderMap::clone(&entry.headers);
            headers.insert("x-cache", HeaderValue::from_static("Hit"));
            headers.insert(header::AGE, entry.since.elapsed().as_secs().into());
            headers.remove("server-timing");
            return deliver(request, entry.status, headers, Source::Memory(entry.body));
        }
        self.shared.metrics.cache_misses.inc();
        // On a task of its own: a viewer that goes away must not take down the render that others wait for.
        let (shared, method) = (Arc::clone(&self.shared), request.method.clone());
        let fetched = tokio::spawn(async move { shared.fetch(rewritten, method, forwarded).await }).await;
        match fetched.map_err(|error| Error::with_source(Kind::Bug, "the picture could not be made", error)) {
            Ok(entry) => {
                let mut headers = HeaderMap::clone(&entry.headers);
                headers.insert("x-cache", HeaderValue::from_static("Miss"));
                deliver(request, entry.status, headers, Source::Memory(entry.body))
            }
            Err(error) => self.failure(request, &error),
        }
    }

    fn failure(&self, request: &Parts, error: &Error) -> Response {
        self.shared.service.counters.failed(error);
        let entry = failed_entry(error, String::new());
        deliver(request, entry.status, HeaderMap::clone(&entry.headers), Source::Memory(entry.body))
    }
}

impl Shared {
    /// The variant from its bucket or its maker, once for all who ask at the same time. What may not be cached comes as an
    /// `Err` out of the cache, which is shared with those who wait and then forgotten.
    async fn fetch(&self, rewritten: Rewritten, method: Method, forwarded: Forwarded) -> Entry {
        let purges = self.purges.load(Ordering::SeqCst);
        let uri = rewritten.uri.clone();
        let origin = async {
            let tag = rewritten.source.cache_tag();
            let entry = match self.origin(&rewritten, &method, &forwarded).await {
                Ok(entry) => entry,
                Err(error) => {
                    self.service.counters.failed(&error);
                    failed_entry(&error, tag)
                }
            };
            if entry.fresh_for().is_zero() { Err(entry) } else { Ok(entry) }
        };
        let entry = self.cache.try_get_with(uri.clone(), origin).await.unwrap_or_else(|entry| Entry::clone(&entry));
        if self.purges.load(Ordering::SeqCst) != purges {
            self.cache.invalidate(&uri).await;
        }
        entry
    }

    async fn origin(&self, rewritten: &Rewritten, method: &Method, forwarded: &Forwarded) -> Result<Entry> {
        let tag = rewritten.source.cache_tag();
        let begun = Instant::now();
        match self.service.stores().variants.get(&rewritten.key, u64::MAX).await {
            // S3 would not ask, but here it costs next to nothing.
            Ok(object) if self.service.is_current(&rewritten.source, &object.head).await => {
                self.service.counters.store_hits.inc();
                return Ok(Entry::of_object(object, tag, begun.elapsed()));
            }
            Ok(_) => {}
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error),
        }
        let event = origin_response_event(rewritten, method, forwarded);
        Entry::of_response(&DOOR.handle(&self.service, event).await?, tag)
    }
}

/// The event that CloudFront sends when the variants bucket says that it has no such key.
fn origin_response_event(rewritten: &Rewritten, method: &Method, forwarded: &Forwarded) -> Value {
    // The body is asked for in any case: it goes into the cache, and HEAD is answered from there.
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    let header = |name: &str, value: &str| (name.to_owned(), json!([{ "key": name, "value": value }]));
    let mut headers = Map::from_iter([header(VIEWER_URL_HEADER, &forwarded.viewer_url)]);
    headers.extend(forwarded.debug.as_ref().map(|secret| header(DEBUG_HEADER, secret)));
    json!({ "Records": [{ "cf": {
        "config": {
            "distributionDomainName": "localhost",
            "distributionId": "LOCAL",
            "eventType": "origin-response",
            "requestId": "local",
        },
        "request": {
            "clientIp": "127.0.0.1",
            "method": method,
            "uri": rewritten.uri,
            "querystring": "",
            "headers": headers,
            "origin": { "s3": {
                "authMethod": "none",
                "customHeaders": {},
                "domainName": "variants.s3.amazonaws.com",
                "path": "",
                "region": "us-east-1",
            } },
        },
        "response": { "status": "403", "statusDescription": "Forbidden", "headers": {} },
    } }] })
}

pub(super) fn failed_entry(error: &Error, tag: String) -> Entry {
    let reply = reply(Err(error), Audience::Client);
    let mut headers = HeaderMap::new();
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    let status = StatusCode::from_u16(reply.status).unwrap_or_default();
    Entry { status, headers: Arc::new(headers), body: reply.body, tag, since: Instant::now() }
}

/// Entries live as long as their own `Cache-Control` says.
struct ByCacheControl;

impl moka::Expiry<String, Entry> for ByCacheControl {
    fn expire_after_create(&self, _: &String, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.fresh_for())
    }

    /// What was purged is an old entry until the cache has cleaned up: its successor must not inherit its time.
    fn expire_after_update(&self, _: &String, entry: &Entry, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(entry.fresh_for())
    }
}
