//! A Lambda function URL: HTTP as JSON, behind CloudFront as the second origin of a group whose first is the variants bucket.

use std::time::Instant;

use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::limit::{VIEWER_URL_HEADER, reply_within};
use super::subject;
use crate::config::Persist;
use crate::door::{DEBUG_HEADER, Door};
use crate::error::{Error, Kind, Result};
use crate::reply::{Audience, ERROR_HEADER, Picture, Reply};
use crate::request::Request;
use crate::service::{Fresh, Made, Service};
use crate::telemetry::emf::Subject;

/// The longest body, in raw bytes, that fits a buffered answer: Lambda takes 6,291,556 bytes of JSON, headers and base64
/// included.
pub const BODY_BYTES_MAX: usize = 4_700_000;

/// The longest body of a streamed answer: Lambda ends a stream at 200 MB.
pub const STREAM_BYTES_MAX: usize = 200_000_000;

/// How this door answers.
#[derive(Clone, Copy, Debug)]
pub struct FunctionUrl {
    /// Bodies over this many bytes become a redirect to the stored variant.
    pub body_bytes_max: usize,
}

/// The answer, and what is yet to be kept once it has left.
#[derive(Debug)]
pub struct Answered {
    /// Without its body where only the head was asked for.
    pub reply: Reply,
    /// For [`Service::keep_afterwards`].
    pub unkept: Option<Fresh>,
    /// What the request was about.
    pub subject: Subject,
}

impl Answered {
    fn new(mut reply: Reply, is_head: bool, unkept: Option<Fresh>, subject: Subject) -> Self {
        if is_head {
            reply.body = Bytes::new();
        }
        Self { reply, unkept, subject }
    }

    /// The reply in the shape that a function URL takes if it does not stream.
    pub fn to_json(&self) -> Value {
        let Reply { status, headers, body } = &self.reply;
        let headers: Map<_, _> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
        json!({ "statusCode": status, "headers": headers, "body": BASE64.encode(body), "isBase64Encoded": true })
    }
}

impl FunctionUrl {
    /// As a function URL that does not stream needs it.
    pub const BUFFERED: Self = Self { body_bytes_max: BODY_BYTES_MAX };

    /// As one that streams needs it.
    pub const STREAMED: Self = Self { body_bytes_max: STREAM_BYTES_MAX };

    /// From the event to the response, before `last` if there is a limit to the time. Every failure to make a picture is an
    /// answer too; an error ([`Kind::Invalid`]) means that this was no request to a function URL.
    pub async fn handle(&self, service: &Service, event: Value, last: Option<Instant>) -> Result<Answered> {
        let asked = read(event)?;
        let policy = &service.config().policy;
        let subject = subject::of_request(&asked.request, policy);
        if !matches!(&*asked.method, "GET" | "HEAD") {
            service.counters.count_error(Kind::Invalid);
            return Ok(Answered::new(not_allowed(&asked.method), false, None, subject));
        }
        let is_negotiated = asked.request.as_ref().is_ok_and(|request| policy.is_negotiated(request));
        let (outcome, unkept) = match asked.request {
            Ok(request) => self.picture(service, &request, last).await,
            Err(error) => (Err(error), None),
        };
        let max = Some(self.body_bytes_max);
        let viewer_url = asked.viewer_url.as_deref();
        let mut reply = reply_within(max, outcome, viewer_url, Audience::CloudFront, &service.counters);
        if is_negotiated {
            reply.headers.push(("vary", "accept".to_owned()));
        }
        Door::Regional.tell(&mut reply, asked.debug.as_deref(), service.config());
        Ok(Answered::new(reply, asked.method == "HEAD", unkept, subject))
    }

    /// The picture, kept already or to be kept when the answer has left. What is too long for an answer is kept first, since a
    /// redirect must find it.
    async fn picture(
        &self,
        service: &Service,
        request: &Request,
        last: Option<Instant>,
    ) -> (Result<Picture>, Option<Fresh>) {
        match (service.make(request, last).await, service.config().persist) {
            (Ok(Made::Now(fresh)), Persist::After) if fresh.bytes() <= self.body_bytes_max => {
                (Ok(service.unkept(&fresh)), Some(fresh))
            }
            (Ok(Made::Now(fresh)), Persist::Before | Persist::After) => {
                (Ok(service.keep_made(&fresh, last).await), None)
            }
            (Ok(Made::Before(picture)), _) => (Ok(picture), None),
            (Err(error), _) => (Err(error), None),
        }
    }
}

struct Asked {
    method: String,
    request: Result<Request>,
    viewer_url: Option<String>,
    debug: Option<String>,
}

fn read(event: Value) -> Result<Asked> {
    let no_event = |words: &str| Error::invalid(format!("this is not a request to a function URL: {words}"));
    let event: LambdaFunctionUrlRequest =
        serde_json::from_value(event).map_err(|error| no_event(&error.to_string()))?;
    let method = event.request_context.http.method.ok_or_else(|| no_event("it has no method"))?;
    let path = event.raw_path.ok_or_else(|| no_event("it has no rawPath"))?;
    let header = |name: &str| event.headers.get(name).and_then(|value| value.to_str().ok());
    // Both are as they were sent, percent-encoding and all. (An HTTP API of API Gateway has the same shape, but decodes its
    // path.)
    let query = event.raw_query_string.as_deref().unwrap_or_default();
    Ok(Asked {
        method,
        request: Request::parse_at_origin(&path, query, header("accept")),
        viewer_url: header(VIEWER_URL_HEADER).map(str::to_owned),
        debug: header(DEBUG_HEADER).map(str::to_owned),
    })
}

fn not_allowed(method: &str) -> Reply {
    let headers = vec![
        ("content-type", "text/plain; charset=utf-8".to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
        ("allow", "GET, HEAD".to_owned()),
        (ERROR_HEADER, Kind::Invalid.name().to_owned()),
    ];
    let words: String = method.chars().filter(char::is_ascii_alphabetic).take(16).collect();
    Reply { status: 405, headers, body: Bytes::from(format!("{words}: pictures are read here, by GET\n")) }
}
