//! From a result to what HTTP says: one function, for every door.

use std::time::Duration;

use bytes::Bytes;

use crate::error::{Error, Kind};

/// The header that carries the true kind of a failure, since the status can't always (see [`Kind::edge_status`]).
pub const ERROR_HEADER: &str = "x-pixfront-error";

/// By which CloudFront forgets all that was made of one original: the name under which S3 gives out a stored variant's own tag, since
/// a distribution reads one header alone.
pub const CACHE_TAG_HEADER: &str = "x-amz-meta-cache-tag";

/// For everything that came from an upload: an SVG says what it is, and shall not act as a page of the site that shows it. Its
/// own styles are part of the picture.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// A picture ready to be answered.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file.
    pub body: Bytes,
    /// Of the encoder, never of the source's name.
    pub content_type: String,
    /// As it was stored with.
    pub cache_control: String,
    /// MD5 of the body, 32 hex digits.
    pub etag: String,
    /// See [`SourceKey::cache_tag`](crate::key::SourceKey::cache_tag).
    pub cache_tag: String,
    /// Whether the variants bucket has it since just now, so that a redirect to it can work: one that it has had for longer was
    /// not given out when it was asked for, or there would have been no need to ask here.
    pub is_stored: bool,
    /// How long its making took.
    pub timing: Timing,
}

/// The durations that clients are told in `Server-Timing`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Getting the original, or the stored variant.
    pub get: Duration,
    /// Decoding, resizing, encoding.
    pub render: Duration,
    /// Storing and recording.
    pub put: Duration,
}

/// Who reads the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// CloudFront, which caches some statuses and not others.
    CloudFront,
    /// A client, with nothing in between.
    Client,
}

/// What a door translates into its own shape. Header names are lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The file, or one sentence.
    pub body: Bytes,
}

/// The answer to a request.
pub fn reply(outcome: Result<Picture, &Error>, audience: Audience) -> Reply {
    match outcome {
        Ok(picture) => success(picture),
        Err(error) => failure(error, audience),
    }
}

/// Sends the viewer back to its own URL, once the variant is stored and the store can answer. Never cached: CloudFront must
/// look again.
pub fn redirect(location: String) -> Reply {
    let headers = vec![("location", location), ("cache-control", "no-store".to_owned())];
    // Not empty: of a streamed answer without a byte the end may not be noticed.
    Reply { status: 302, headers, body: Bytes::from_static(b"see Location\n") }
}

fn success(picture: Picture) -> Reply {
    let headers = vec![
        ("content-type", picture.content_type),
        ("cache-control", picture.cache_control),
        ("etag", format!("\"{}\"", picture.etag)),
        ("x-content-type-options", "nosniff".to_owned()),
        ("content-security-policy", CONTENT_SECURITY_POLICY.to_owned()),
        (CACHE_TAG_HEADER, picture.cache_tag),
        ("server-timing", server_timing(&picture.timing)),
    ];
    Reply { status: 200, headers, body: picture.body }
}

fn failure(error: &Error, audience: Audience) -> Reply {
    let kind = error.kind();
    let status = match audience {
        Audience::CloudFront => kind.edge_status(),
        Audience::Client => kind.status(),
    };
    let mut headers = vec![
        ("content-type", "text/plain; charset=utf-8".to_owned()),
        ("cache-control", kind.cache_control().to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
        (ERROR_HEADER, kind.name().to_owned()),
    ];
    headers.extend(kind.retry_after_s().map(|seconds| ("retry-after", seconds.to_string())));
    Reply { status, headers, body: Bytes::from(format!("{}\n", error.context())) }
}

fn server_timing(timing: &Timing) -> String {
    let entry = |name, duration: Duration| format!("{name};dur={:.1}", duration.as_secs_f64() * 1000.0);
    [entry("get", timing.get), entry("render", timing.render), entry("put", timing.put)].join(", ")
}

/// The table of kinds as Markdown, for the README.
pub fn markdown_table() -> String {
    let mut table = String::from(
        "| kind | status | behind CloudFront | `Cache-Control` | retried | exit code |\n|---|---|---|---|---|---|\n",
    );
    for kind in Kind::ALL {
        let cells = [
            format!("`{}`", kind.name()),
            kind.status().to_string(),
            kind.edge_status().to_string(),
            format!("`{}`", kind.cache_control()),
            if kind.is_transient() { "yes" } else { "no" }.to_owned(),
            kind.exit_code().to_string(),
        ];
        table += &format!("| {} |\n", cells.join(" | "));
    }
    table
}

/// How long a shared cache may keep an answer of this `Cache-Control`: `s-maxage`, else `max-age`, else not at all; nor where it is told
/// not to.
pub fn shared_max_age(control: &str) -> Duration {
    let seconds = |name: &str| {
        let values = control.split(',').filter_map(|directive| directive.trim().split_once('='));
        values.filter(|(directive, _)| directive.eq_ignore_ascii_case(name)).find_map(|(_, value)| value.parse().ok())
    };
    let is_told_not_to = control.split(',').any(|directive| {
        ["no-store", "no-cache", "private"].iter().any(|word| directive.trim().eq_ignore_ascii_case(word))
    });
    if is_told_not_to {
        return Duration::ZERO;
    }
    Duration::from_secs(seconds("s-maxage").or_else(|| seconds("max-age")).unwrap_or(0))
}
