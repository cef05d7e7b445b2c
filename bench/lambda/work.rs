//! What functions are asked to do: the events, and how an answer is seen to be right.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::ImageFormat;
use serde_json::{Value, json};

use super::super::Failure;
use super::source::Source;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// What the variants bucket has not is made and stored, and answered to `CloudFront`.
    OriginResponse,
    /// The same, answered to a function URL.
    HttpOrigin,
    /// An upload's thumbnail is made and stored.
    Upload,
    /// For comparison.
    Nothing,
}

/// The width that variants are made at by the first event; each further one has another.
const WIDTH: u32 = 400;

impl Work {
    /// As cases say it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OriginResponse => "origin-response",
            Self::HttpOrigin => "http-origin",
            Self::Upload => "upload",
            Self::Nothing => "a handler that does nothing",
        }
    }

    /// What becomes of a source, as cases say it.
    pub(super) fn result(self) -> &'static str {
        match self {
            Self::OriginResponse | Self::HttpOrigin => "400 WebP",
            Self::Upload => "half JPEG",
            Self::Nothing => "nothing",
        }
    }

    /// The n-th event: none asks for what another one has made.
    pub(super) fn event(self, source: &Source, n: usize) -> Value {
        // Never wider, so that every decoder may shrink while it decodes by what it may for the first one.
        let path = format!("/{}/w={},f=webp", source.key(0), WIDTH - n as u32);
        match self {
            Self::OriginResponse | Self::Nothing => json!({ "Records": [{ "cf": {
                "config": { "eventType": "origin-response", "requestId": "bench" },
                "request": { "method": "GET", "uri": path, "querystring": "", "headers": {} },
                "response": { "status": "403", "statusDescription": "Forbidden", "headers": {} },
            } }] }),
            Self::HttpOrigin => json!({
                "version": "2.0", "rawPath": path, "rawQueryString": "", "headers": {}, "isBase64Encoded": false,
                "requestContext": {
                    "accountId": "anonymous", "apiId": "bench", "requestId": "bench", "stage": "$default",
                    "domainName": "bench.lambda-url.us-east-1.on.aws", "domainPrefix": "bench",
                    "http": { "method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.1" },
                    "time": "21/Nov/2026:00:00:00 +0000", "timeEpoch": 1_795_219_200_000_u64,
                },
            }),
            Self::Upload => json!({ "Records": [{
                "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
                "s3": { "bucket": { "name": "originals" }, "object": { "key": source.key(n) } },
            }] }),
        }
    }

    /// Fails unless the answer to the n-th event, or what was `stored` for it, is the picture that was asked for.
    pub(super) fn check(
        self,
        (source, n): (&Source, usize),
        answer: &[u8],
        stored: impl FnOnce(&str) -> Result<Vec<u8>, Failure>,
    ) -> Result<(), Failure> {
        let width = WIDTH - n as u32;
        match self {
            Self::Nothing => Ok(()),
            Self::OriginResponse | Self::HttpOrigin => {
                let answer: Value = serde_json::from_slice(answer)?;
                let is_good = answer["status"] == "200" || answer["statusCode"] == 200;
                let body = answer["body"].as_str().filter(|_| is_good);
                let body = body.ok_or_else(|| format!("the answer is no picture: {answer}"))?;
                check(&STANDARD.decode(body)?, ImageFormat::WebP, (width, width * source.height / source.width))
            }
            Self::Upload => {
                let thumbnail = stored(&format!("resized-{}", source.key(n)))?;
                check(&thumbnail, ImageFormat::Jpeg, (source.width / 2, source.height / 2))
            }
        }
    }
}

/// A height may be rounded either way.
fn check(bytes: &[u8], format: ImageFormat, (width, height): (u32, u32)) -> Result<(), Failure> {
    let picture = image::load_from_memory_with_format(bytes, format)
        .map_err(|error| format!("the picture is no whole {format:?}: {error}"))?;
    if picture.width() == width && picture.height().abs_diff(height) <= 1 {
        return Ok(());
    }
    let (is_width, is_height) = (picture.width(), picture.height());
    Err(format!("the picture is {is_width} × {is_height} pixels and should be {width} × {height}").into())
}
