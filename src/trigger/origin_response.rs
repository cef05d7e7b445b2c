//! CloudFront's origin-response event: when the variants bucket had no picture, make it.
//!
//! The event's shape is our own model of what CloudFront sends, since no crate has one; unknown fields are accepted, and a
//! response that passes through is not touched at all.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Error, Kind, Result};
use crate::reply::{Audience, Picture, Reply, redirect, reply};
use crate::request::Request;
use crate::service::Service;

/// The longest body, in raw bytes, that fits a generated response: CloudFront allows 1 MB for headers and base64 together.
pub const BODY_BYTES_MAX: usize = 740_000;

/// The request header in which the viewer-request function carries the viewer's own path and query.
pub const VIEWER_URL_HEADER: &str = "x-pixfront-url";

/// How this door answers.
#[derive(Clone, Copy, Debug)]
pub struct OriginResponse {
    /// Bodies over this many bytes become a redirect to the stored variant; [`None`]: no limit.
    pub body_bytes_max: Option<usize>,
    /// Who reads the status.
    pub audience: Audience,
}

/// What an event comes to.
enum Asked {
    /// The origin has answered, or it is none of our business.
    PassThrough,
    /// The origin had nothing.
    Picture { request: Result<Request>, is_head: bool, viewer_url: Option<String> },
}

impl OriginResponse {
    /// As Lambda@Edge needs it.
    pub const AT_EDGE: Self = Self { body_bytes_max: Some(BODY_BYTES_MAX), audience: Audience::CloudFront };

    /// From the event to the response that CloudFront is given. Every failure to make a picture is an answer too; an error
    /// ([`Kind::Invalid`]) means that this was no origin-response event.
    pub async fn handle(&self, service: &Service, event: Value) -> Result<Value> {
        let Cf { request, response } = read(event)?;
        match asked(&request, &response) {
            Asked::PassThrough => Ok(response),
            Asked::Picture { request, is_head, viewer_url } => {
                let outcome = match request {
                    Ok(request) => service.respond(&request).await,
                    Err(error) => Err(error),
                };
                Ok(answer(&response, &self.reply(outcome, viewer_url), is_head))
            }
        }
    }

    fn reply(&self, outcome: Result<Picture>, viewer_url: Option<String>) -> Reply {
        let outcome = match outcome {
            Ok(picture) if self.body_bytes_max.is_some_and(|max| picture.body.len() > max) => {
                match too_long(&picture, viewer_url) {
                    Ok(viewer_url) => return redirect(viewer_url),
                    Err(error) => Err(error),
                }
            }
            outcome => outcome,
        };
        if let Err(error) = &outcome {
            error.log();
        }
        reply(outcome.as_ref().map(Clone::clone), self.audience)
    }
}

/// Where to send the viewer for a picture that is too long to be answered here.
fn too_long(picture: &Picture, viewer_url: Option<String>) -> Result<String> {
    if !picture.is_stored {
        // A redirect would come back here, round and round.
        return Err(Error::new(Kind::Upstream, "the picture is too long for this door and could not be stored"));
    }
    let words = "the picture is too long for this door, which was not told the viewer's URL to send it back to";
    viewer_url.ok_or_else(|| Error::new(Kind::Upstream, words))
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
    headers: BTreeMap<String, Vec<CfHeader>>,
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

fn read(event: Value) -> Result<Cf> {
    let no_event = |words: &str| Error::invalid(format!("this is not an origin-response event of CloudFront: {words}"));
    let event: Event = serde_json::from_value(event).map_err(|error| no_event(&error.to_string()))?;
    let record = event.records.into_iter().next().ok_or_else(|| no_event("Records is empty"))?;
    if status(&record.cf.response).is_none() {
        return Err(no_event("response.status is not a number"));
    }
    Ok(record.cf)
}

fn asked(request: &CfRequest, response: &Value) -> Asked {
    let is_head = request.method == "HEAD";
    // A bucket says 403 of a missing key to those who may not list it.
    if !matches!(status(response), Some(403 | 404)) || !(is_head || request.method == "GET") {
        return Asked::PassThrough;
    }
    Asked::Picture {
        request: Request::parse_at_origin(&request.uri, &request.querystring, request.header("accept")),
        is_head,
        viewer_url: request.header(VIEWER_URL_HEADER).filter(|url| is_own_path(url)).map(str::to_owned),
    }
}

/// A path on this host: anything else would make us an open redirect, should the header ever come from a viewer.
fn is_own_path(url: &str) -> bool {
    url.starts_with('/') && !url.starts_with("//") && url.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
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
fn answer(origin: &Value, reply: &Reply, is_head: bool) -> Value {
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
