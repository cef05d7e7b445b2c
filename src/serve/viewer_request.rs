//! The viewer-request function's twin: from the viewer's URL to the one name under which everything else knows the picture.
//!
//! CloudFront's own function is held to the same vectors as this.

use crate::error::Result;
use crate::key::{SourceKey, uri};
use crate::request::Request;
use crate::variant::{Plan, Policy, plan};

/// Where a rewritten request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The bucket of what was uploaded.
    Originals,
    /// The bucket of what was made; what it does not have is made.
    Variants,
}

/// A request in its canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// Path in the origin, and the cache key.
    pub uri: String,
    /// The same, decoded: the key in the bucket.
    pub key: String,
    /// Which bucket.
    pub origin: Origin,
    /// The original that it is about.
    pub source: SourceKey,
    /// Whether the client's `Accept` had a say.
    pub is_negotiated: bool,
}

/// Rewrites a viewer's raw path, query and `Accept`; every error that [`Request::parse`] and [`plan`] know is found here already.
pub fn rewrite(path: &str, query: &str, accept: Option<&str>, policy: &Policy) -> Result<Rewritten> {
    let request = Request::parse(path, query, accept)?;
    let is_negotiated = policy.is_negotiated(&request);
    let (key, origin, source) = match plan(&request, policy)? {
        Plan::Original(source) => (source.as_str().to_owned(), Origin::Originals, source),
        Plan::Variant(variant) => (variant.key().as_str().to_owned(), Origin::Variants, variant.source),
    };
    Ok(Rewritten { uri: uri(&key), key, origin, source, is_negotiated })
}
