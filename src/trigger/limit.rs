//! What a door says of a picture that is longer than it can carry: see for yourself, it is stored.

use crate::error::{Error, Kind, Result};
use crate::reply::{Audience, Picture, Reply, redirect, reply};
use crate::telemetry::Counters;

/// The request header in which the viewer-request function carries the viewer's own path and query.
pub const VIEWER_URL_HEADER: &str = "x-pixfront-url";

/// The answer of a door that carries bodies of `body_bytes_max` at most ([`None`]: of any length). A failure is counted and logged.
pub(super) fn reply_within(
    body_bytes_max: Option<usize>,
    outcome: Result<Picture>,
    viewer_url: Option<&str>,
    audience: Audience,
    counters: &Counters,
) -> Reply {
    let outcome = match outcome {
        Ok(picture) if body_bytes_max.is_some_and(|max| picture.body.len() > max) => {
            match too_long(&picture, viewer_url) {
                Ok(viewer_url) => return redirect(viewer_url.to_owned()),
                Err(error) => Err(error),
            }
        }
        outcome => outcome,
    };
    if let Err(error) = &outcome {
        counters.failed(error);
    }
    reply(outcome.as_ref().map(Clone::clone), audience)
}

/// Where to send the viewer for a picture that is too long to be answered here.
fn too_long<'a>(picture: &Picture, viewer_url: Option<&'a str>) -> Result<&'a str> {
    if !picture.is_stored {
        // A redirect would come back here, round and round.
        return Err(Error::new(
            Kind::Upstream,
            "the picture is too long for this door, and its bucket does not give it out",
        ));
    }
    // Without a CloudFront that looks into the bucket first, it would come back here as well.
    let words = "the picture is too long for this door, which was not told the viewer's URL to send it back to";
    viewer_url.filter(|url| is_own_path(url)).ok_or_else(|| Error::new(Kind::Upstream, words))
}

/// A path on this host: anything else would make us an open redirect, should the header ever come from a viewer.
fn is_own_path(url: &str) -> bool {
    url.starts_with('/') && !url.starts_with("//") && url.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}
