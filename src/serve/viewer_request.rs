//! The viewer-request function's twin: from the viewer's URL to the one name under which everything else knows the picture.
//!
//! CloudFront's own function is held to the same vectors as this.

use crate::config::Config;
use crate::error::Result;
use crate::key::{SourceKey, uri};
use crate::request::Request;
use crate::variant::{Plan, plan};

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
    /// What is to be made of it, as in the names of variants; [`None`]: nothing.
    pub recipe: Option<String>,
    /// Whether the client's `Accept` had a say.
    pub is_negotiated: bool,
}

/// Rewrites a viewer's raw path, query and `Accept`; every error that [`Request::parse`] and [`plan`] know is found here already.
/// Where there are signing keys, it is [`Kind::Forbidden`](crate::error::Kind) without a signature that is good at `now`, in
/// Unix seconds; that goes for thumbnails and originals too, since their names can be guessed from any variant's.
pub fn rewrite(path: &str, query: &str, accept: Option<&str>, config: &Config, now: u64) -> Result<Rewritten> {
    let request = Request::parse(path, query, accept)?;
    // Before the plan, whose refusals tell how this deployment is set up.
    if let Some(keys) = &config.signing_keys {
        keys.verify(&request, now)?;
    }
    let policy = &config.policy;
    let request = policy.complete(&request)?;
    let is_negotiated = policy.is_negotiated(&request);
    let (key, origin, source, recipe) = match plan(&request, policy)? {
        Plan::Original(source) => (source.as_str().to_owned(), Origin::Originals, source, None),
        Plan::Variant(variant) => {
            let recipe = Some(variant.recipe_name());
            (variant.key().as_str().to_owned(), Origin::Variants, variant.source, recipe)
        }
    };
    Ok(Rewritten { uri: uri(&key), key, origin, source, recipe, is_negotiated })
}
