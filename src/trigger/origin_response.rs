//! CloudFront's origin-response event: when the variants bucket had no picture, make it.
//!
//! The event's shape is our own model of what CloudFront sends, since no crate has one; unknown fields are accepted, and a
//! response that passes through is not touched at all.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::{Value, json};

use super::limit::{VIEWER_URL_HEADER, reply_within};
use super::subject;
use crate::door::{DEBUG_HEADER, Door};
use crate::error::{Error, Result};
use crate::reply::{Audience, Reply};
use crate::request::Request;
use crate::service::Service;
use crate::telemetry::Counters;
use crate::telemetry::emf::Subject;
use crate::variant::Policy;

/// The longest body, in raw bytes, that fits a generated response: CloudFront allows 1 MB for headers and base64 together.
pub const BODY_BYTES_MAX: usize = 740_000;

/// How this door answers.
#[derive(Clone, Copy, Debug)]
pub struct OriginResponse {
    /// Bodies over this many bytes become a redirect to the stored variant; [`None`]: no limit.
    pub body_bytes_max: Option<usize>,
    /// Who reads the status.
    pub audience: Audience,
    /// Which one it is.
    pub door: Door,
}

/// What an event comes to.
#[derive(Debug)]
pub enum Asked {
    /// The origin has answered, or it is none of our business: this is to be given back as it came.
    PassThrough(Value),
    /// The origin had nothing.
    Missing(Box<Missing>),
}

/// A picture that the origin does not have.
#[derive(Debug)]
pub struct Missing {
    request: Result<Request>,
    is_head: bool,
    viewer_url: Option<String>,
    debug: Option<String>,
    custom_headers: Vec<(String, String)>,
    response: Value,
}

impl Missing {
    /// The origin's custom headers, by which alone a function at the edge can be set up.
    pub fn custom_headers(&self) -> &[(String, String)] {
        &self.custom_headers
    }

    /// What it is about, under this policy.
    pub fn subject(&self, policy: &Policy) -> Subject {
        subject::of_request(&self.request, policy)
    }
}

/// Reads an event; [`Kind::Invalid`](crate::error::Kind) if it is no origin-response event.
pub fn read(event: Value) -> Result<Asked> {
    let cf = record(event)?;
    // A bucket says 403 of a missing key to those who may not list it.
    let is_missing = matches!(status(&cf.response), Some(403 | 404));
    let is_head = cf.request.method == "HEAD";
    if !is_missing || !(is_head || cf.request.method == "GET") {
        return Ok(Asked::PassThrough(cf.response));
    }
    let request = &cf.request;
    Ok(Asked::Missing(Box::new(Missing {
        request: Request::parse_at_origin(&request.uri, &request.querystring, request.header("accept")),
        is_head,
        viewer_url: request.header(VIEWER_URL_HEADER).map(str::to_owned),
        debug: request.header(DEBUG_HEADER).map(str::to_owned),
        custom_headers: cf.request.origin.map(Origin::custom_headers).unwrap_or_default(),
        response: cf.response,
    })))
}

impl OriginResponse {
    /// As Lambda@Edge needs it.
    pub const AT_EDGE: Self =
        Self { body_bytes_max: Some(BODY_BYTES_MAX), audience: Audience::CloudFront, door: Door::Edge(None) };

    /// From the event to the response that CloudFront is given. Every failure to make a picture is an answer too; an error
    /// ([`Kind::Invalid`](crate::error::Kind)) means that this was no origin-response event.
    pub async fn handle(&self, service: &Service, event: Value) -> Result<Value> {
        match read(event)? {
            Asked::PassThrough(response) => Ok(response),
            Asked::Missing(missing) => Ok(self.answer(missing, Ok(service), &service.counters, None).await),
        }
    }

    /// The response for what the origin does not have, before `last` if there is a limit to the time. A service that could not
    /// be set up is a failure like others, which is why what counts them comes beside it.
    pub async fn answer(
        &self,
        missing: Box<Missing>,
        service: Result<impl Deref<Target = Service>>,
        counters: &Counters,
        last: Option<Instant>,
    ) -> Value {
        let Missing { request, is_head, viewer_url, debug, response, .. } = *missing;
        let (outcome, service) = match (service, request) {
            (Ok(service), Ok(request)) => (service.respond(&request, last).await, Some(service)),
            (Ok(service), Err(error)) => (Err(error), Some(service)),
            (Err(error), _) => (Err(error), None),
        };
        let mut reply = reply_within(self.body_bytes_max, outcome, viewer_url.as_deref(), self.audience, counters);
        if let Some(service) = service {
            self.door.tell(&mut reply, debug.as_deref(), service.config());
        }
        generated(&response, &reply, is_head)
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    cf: Cf,
}

#[derive(Deserialize)]
struct Cf {
    request: CfRequest,
    response: Value,
}

#[derive(Deserialize)]
struct CfRequest {
    method: String,
    uri: String,
    #[serde(default)]
    querystring: String,
    #[serde(default)]
    headers: Headers,
    origin: Option<Origin>,
}

type Headers = BTreeMap<String, Vec<CfHeader>>;

/// Exactly one of the two is there.
#[derive(Deserialize)]
struct Origin {
    s3: Option<OriginDetails>,
    custom: Option<OriginDetails>,
}

#[derive(Deserialize)]
struct OriginDetails {
    #[serde(rename = "customHeaders", default)]
    custom_headers: Headers,
}

impl Origin {
    fn custom_headers(self) -> Vec<(String, String)> {
        let details = [self.s3, self.custom].into_iter().flatten();
        let headers = details.flat_map(|details| details.custom_headers);
        headers.flat_map(|(name, values)| values.into_iter().map(move |header| (name.clone(), header.value))).collect()
    }
}

#[derive(Deserialize)]
struct CfHeader {
    value: String,
}

impl CfRequest {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.first().map(|header| header.value.as_str())
    }
}

fn record(event: Value) -> Result<Cf> {
    let no_event = |words: &str| Error::invalid(format!("this is not an origin-response event of CloudFront: {words}"));
    let event: Event = serde_json::from_value(event).map_err(|error| no_event(&error.to_string()))?;
    let record = event.records.into_iter().next().ok_or_else(|| no_event("Records is empty"))?;
    if status(&record.cf.response).is_none() {
        return Err(no_event("response.status is not a number"));
    }
    Ok(record.cf)
}

fn status(response: &Value) -> Option<u16> {
    let status = response.get("status")?;
    status.as_str().map_or_else(|| status.as_u64()?.try_into().ok(), |status| status.parse().ok())
}

/// What described the origin's own body, and must not be said of ours.
const OF_THE_OLD_BODY: [&str; 11] = [
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "etag",
    "expires",
    "last-modified",
    "x-amz-error-code",
];

/// The reply in CloudFront's shape. The origin's other headers stay: `Via` and `Transfer-Encoding` may not be removed.
fn generated(origin: &Value, reply: &Reply, is_head: bool) -> Value {
    let mut headers = origin.get("headers").and_then(Value::as_object).cloned().unwrap_or_default();
    headers.retain(|name, _| !OF_THE_OLD_BODY.contains(&name.as_str()));
    for (name, value) in &reply.headers {
        headers.insert((*name).to_owned(), json!([{ "key": name, "value": value }]));
    }
    let mut response = json!({
        "status": reply.status.to_string(),
        "statusDescription": status_words(reply.status),
        "headers": headers,
    });
    // An empty body must be said, or the origin's XML would go out under our status.
    let body = if is_head { &[] } else { reply.body.as_ref() };
    response["body"] = BASE64.encode(body).into();
    response["bodyEncoding"] = "base64".into();
    response
}

fn status_words(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Unknown")
}
