//! Who makes what no store has: this process, or a Lambda function.
//!
//! The function is asked as its own URL would ask it, and so may be our `http-origin` or one that was made by hand: it reads `rawPath`
//! and `queryStringParameters`, and answers `{statusCode, headers, body, isBase64Encoded}`. Ours stores what it makes. What
//! another one makes is not stored by us either, only cached: nobody knows of which bytes of the original it is, so nobody could
//! tell later that it is outdated.

use std::num::NonZeroUsize;
use std::time::Instant;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::entry::Entry;
use super::unix_ms;
use super::viewer_request::Rewritten;
use crate::config::Config;
use crate::door::DEBUG_HEADER;
use crate::error::{Error, Kind, Result};
use crate::gate::Gate;
use crate::key;
use crate::reply::{CONTENT_SECURITY_POLICY, ERROR_HEADER};
use crate::service::in_time;
use crate::store::lambda::Function;
use crate::trigger::limit::VIEWER_URL_HEADER;

/// Invocations at one time: each may hold an answer of 6 MB. As many more may wait as for renders here.
const AT_ONCE: NonZeroUsize = NonZeroUsize::new(32).expect("it is not zero");
const LATE: &str = "the picture took too long to make";

/// Who makes pictures.
pub enum Maker {
    /// This process.
    Here,
    /// A function.
    Function(FunctionMaker),
}

/// The headers that the origin request policy lets through.
pub(super) struct Forwarded {
    pub(super) viewer_url: String,
    /// The debug secret, if it is a good one.
    pub(super) debug: Option<String>,
}

/// A function that makes pictures, so many at a time.
pub struct FunctionMaker {
    function: Function,
    gate: Gate,
}

impl FunctionMaker {
    /// A maker of pictures; `config` says how many may wait for one.
    pub fn new(function: Function, config: &Config) -> Self {
        Self { function, gate: Gate::new(AT_ONCE, config.render_queue) }
    }

    /// Where those wait who ask it.
    pub(super) const fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The picture; nothing if the function stored it and sends us there.
    pub(super) async fn make(
        &self,
        config: &Config,
        rewritten: &Rewritten,
        forwarded: &Forwarded,
        tag: &str,
    ) -> Result<Option<Entry>> {
        let event = event(rewritten, forwarded);
        let deadline = Instant::now() + config.deadline;
        let _place = self.gate.enter(config.deadline / 2).await?;
        let answer = in_time(deadline, LATE, self.function.invoke(&event)).await?;
        if answer["statusCode"] == StatusCode::FOUND.as_u16() {
            return Ok(None);
        }
        read(&answer, config.cache_control(), tag).map(Some)
    }
}

/// The event of a function URL, or of an HTTP API of API Gateway, of a viewer's URL.
fn event(rewritten: &Rewritten, forwarded: &Forwarded) -> Value {
    let (path, query) = as_typed(rewritten);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let parameters: Map<String, Value> = pairs.map(|(name, value)| (name.to_owned(), value.into())).collect();
    let header = |name: &str, value: &str| (name.to_owned(), Value::from(value));
    let mut headers = Map::from_iter([
        header("accept", "image/*,*/*;q=0.8"),
        header("host", HOST),
        header("user-agent", "Pixfront"),
        header(VIEWER_URL_HEADER, &forwarded.viewer_url),
    ]);
    headers.extend(forwarded.debug.as_ref().map(|secret| header(DEBUG_HEADER, secret)));
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "queryStringParameters": parameters,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "pixfront",
            "domainName": HOST,
            "domainPrefix": "pixfront",
            "http": {
                "method": "GET",
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "Pixfront",
            },
            "requestId": format!("pixfront-{}", unix_ms()),
            "routeKey": "$default",
            "stage": "$default",
            "timeEpoch": unix_ms(),
        },
        "isBase64Encoded": false,
    })
}

const HOST: &str = "pixfront.local";

/// Path and query as a viewer might have typed them, in their shortest spelling: a hand-made function knows nothing of our keys, but of
/// a picture's path and its parameters.
fn as_typed(rewritten: &Rewritten) -> (String, String) {
    let source = rewritten.source.as_str();
    match &rewritten.recipe {
        Some(recipe) if rewritten.key == format!("{source}/{recipe}") => (key::uri(source), recipe.replace(',', "&")),
        // A thumbnail's name says all.
        Some(_) | None => (rewritten.uri.clone(), String::new()),
    }
}

/// What is about a connection, about one viewer, or said by us.
const NOT_OURS_TO_SAY: [&str; 8] = [
    "age",
    "connection",
    "content-length",
    "date",
    "set-cookie",
    "transfer-encoding",
    "x-cache",
    "x-content-type-options",
];

/// What the function answered. A picture that says nothing of caches may be cached for as long as our own, and one without an etag
/// gets it.
fn read(answer: &Value, cache_control: &str, tag: &str) -> Result<Entry> {
    let no_answer = |words: &str| {
        let words = format!("the function that makes pictures gave no good answer: {words}");
        Error::new(Kind::Upstream, words)
    };
    let status = status(&answer["statusCode"]).ok_or_else(|| no_answer("its statusCode is no status"))?;
    let body = match (&answer["body"], &answer["isBase64Encoded"]) {
        (Value::String(body), Value::Bool(true)) => {
            Bytes::from(BASE64.decode(body).map_err(|_| no_answer("its body is not the base64 that it says it is"))?)
        }
        (Value::String(body), Value::Bool(false) | Value::Null) => Bytes::from(body.clone()),
        (Value::Null, _) if status != StatusCode::OK => Bytes::new(),
        _ => return Err(no_answer("its body is no text")),
    };
    let mut headers = HeaderMap::new();
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
            && !NOT_OURS_TO_SAY.contains(&name.as_str())
        {
            headers.insert(name, value);
        }
    }
    if status == StatusCode::OK {
        if body.is_empty() {
            return Err(no_answer("its picture is empty"));
        }
        let etag = || HeaderValue::try_from(format!("\"{}\"", key::etag(&body)));
        let cache_control = HeaderValue::try_from(cache_control);
        headers.entry(header::CACHE_CONTROL).or_insert(cache_control.map_err(|_| no_answer("it can't be cached"))?);
        if !headers.contains_key(header::ETAG) {
            headers.extend(etag().map(|etag| (header::ETAG, etag)));
        }
        let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    let status = kind_of(&headers).and_then(|kind| StatusCode::from_u16(kind.status()).ok()).unwrap_or(status);
    Ok(Entry { status, headers: headers.into(), body, tag: tag.to_owned(), since: Instant::now() })
}

/// A number, or one in quotes, as API Gateway takes it too.
fn status(status: &Value) -> Option<StatusCode> {
    let number = status.as_u64().or_else(|| status.as_str()?.parse().ok())?;
    let status = StatusCode::from_u16(number.try_into().ok()?).ok()?;
    (!status.is_informational()).then_some(status)
}

/// Of our own function's failures, the kind: behind CloudFront two have another status than here.
fn kind_of(headers: &HeaderMap) -> Option<Kind> {
    let name = headers.get(ERROR_HEADER)?.to_str().ok()?;
    Kind::ALL.into_iter().find(|kind| kind.name() == name)
}
