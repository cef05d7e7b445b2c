//! The cache and the way to the origin: what CloudFront does between the viewer and the functions.

use std::iter;
use std::sync::Arc;
use std::time::Instant;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::cache::{Cache, State};
use super::deliver::{Source, deliver};
use super::entry::{Entry, object_headers};
use super::maker::{Forwarded, Maker};
use super::metrics::Metrics;
use super::unix_time;
use super::viewer_request::{Origin, Rewritten, rewrite};
use crate::door::{DEBUG_HEADER, Door, knows_secret};
use crate::error::{Error, Kind, Result};
use crate::gate::Gate;
use crate::key::SourceKey;
use crate::reply::{Audience, reply};
use crate::service::{Currency, Service};
use crate::trigger::limit::VIEWER_URL_HEADER;
use crate::trigger::origin_response::OriginResponse;

/// This machine is no Lambda: bodies of any length, and statuses for people.
const DOOR: OriginResponse = OriginResponse { body_bytes_max: None, audience: Audience::Client, door: Door::Serve };

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
    cache: Cache,
    maker: Maker,
}

impl Edge {
    pub(super) fn new(service: Arc<Service>, metrics: Arc<Metrics>, cache: Cache, maker: Maker) -> Self {
        Self { shared: Arc::new(Shared { service, metrics, cache, maker }) }
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
                let debug = request.headers.get(DEBUG_HEADER).and_then(|secret| secret.to_str().ok());
                let debug = debug.filter(|secret| knows_secret(secret, config)).map(str::to_owned);
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
    pub(super) async fn purge(&self, source: &SourceKey) {
        self.shared.cache.purge(&source.cache_tag()).await;
    }

    pub(super) async fn cache_state(&self) -> State {
        self.shared.cache.state().await
    }

    /// Where those wait for whom a picture is made, here or elsewhere.
    pub(super) fn gates(&self) -> impl Iterator<Item = &Gate> {
        let elsewhere = match &self.shared.maker {
            Maker::Here => None,
            Maker::Function(function) => Some(function.gate()),
        };
        iter::once(&self.shared.service.gate).chain(elsewhere)
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
        let is_alone = forwarded.debug.is_some();
        if !is_alone && let Some(entry) = self.shared.cache.get(&rewritten.source.cache_tag(), &rewritten.uri).await {
            self.shared.metrics.cache_hits.inc();
            let mut headers = HeaderMap::clone(&entry.headers);
            headers.insert("x-cache", HeaderValue::from_static("Hit"));
            headers.insert(header::AGE, entry.since.elapsed().as_secs().into());
            headers.remove("server-timing");
            return deliver(request, entry.status, headers, Source::Memory(entry.body));
        }
        if !is_alone {
            self.shared.metrics.cache_misses.inc();
        }
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
    /// The variant by way of the cache, but for those who are told the door, since nobody else is: their answer is their own. A
    /// failure is an answer too.
    async fn fetch(&self, rewritten: Rewritten, method: Method, forwarded: Forwarded) -> Entry {
        let tag = rewritten.source.cache_tag();
        let origin = async {
            self.origin(&rewritten, &method, &forwarded, &tag).await.unwrap_or_else(|error| {
                self.service.counters.failed(&error);
                failed_entry(&error, tag.clone())
            })
        };
        if forwarded.debug.is_some() {
            return origin.await;
        }
        // Boxed: a cache holds it once for each kind there is.
        self.cache.fetch(&tag, &rewritten.uri, Box::pin(origin)).await
    }

    /// The variant from its bucket or its maker.
    async fn origin(&self, rewritten: &Rewritten, method: &Method, forwarded: &Forwarded, tag: &str) -> Result<Entry> {
        if let Some(entry) = self.stored(rewritten, tag).await? {
            return Ok(entry);
        }
        match &self.maker {
            Maker::Here => {
                let event = origin_response_event(rewritten, method, forwarded);
                Entry::of_response(&DOOR.handle(&self.service, event).await?, tag.to_owned())
            }
            Maker::Function(function) => match function.make(self.service.config(), rewritten, forwarded, tag).await? {
                Some(entry) => Ok(entry),
                // Too long for a function's answer, it was stored first.
                None => self.stored(rewritten, tag).await?.ok_or_else(|| {
                    Error::new(
                        Kind::Upstream,
                        "the picture is too long for a function, and its bucket does not have it",
                    )
                }),
            },
        }
    }

    async fn stored(&self, rewritten: &Rewritten, tag: &str) -> Result<Option<Entry>> {
        let begun = Instant::now();
        let mut object = match self.service.stores().variants.get(&rewritten.key, u64::MAX).await {
            Ok(object) => object,
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // S3 would not ask, but here it costs next to nothing.
        match self.service.currency(&rewritten.source, &object.head).await {
            Currency::Current => {}
            Currency::Unknown => object.head.attributes.cache_control = Some("no-store".to_owned()),
            Currency::Outdated => return Ok(None),
        }
        self.service.counters.store_hits.inc();
        Ok(Some(Entry::of_object(object, tag.to_owned(), begun.elapsed())))
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
