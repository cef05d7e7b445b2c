//! The names of what is stored. Only this file builds a path.
//!
//! A key is decoded text, as S3 has it; [`uri`] is the one way in which it becomes a URI.

use std::fmt;

use md5::Md5;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::params::{Params, write_recipe};
use crate::variant::Recipe;

/// The longest source key, in bytes: with the longest recipe it stays under S3's 1024.
pub const SOURCE_BYTES_MAX: usize = 850;

/// A decoded path that our URLs can say: an original's key, or a thumbnail's prefix and an original's key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(String);

impl Name {
    /// Checks all of a path but its length, which is the source's affair. [`Kind::Invalid`](crate::error::Kind) for empty, `.`
    /// and `..` segments, control characters, and a last segment that reads as a recipe.
    pub fn new(path: impl Into<String>) -> Result<Self> {
        let key = path.into();
        if key.is_empty() {
            return Err(Error::invalid("the path names no picture"));
        }
        if key.chars().any(char::is_control) {
            return Err(Error::invalid("the path has a control character"));
        }
        for segment in key.split('/') {
            match segment {
                "" => return Err(Error::invalid("the path has an empty segment")),
                "." | ".." => return Err(Error::invalid(format!("the path has a segment that is {segment}"))),
                _ => {}
            }
        }
        let last = key.rsplit('/').next().unwrap_or_default();
        if Params::parse_recipe(last).is_some() {
            return Err(Error::invalid(format!(
                "the path ends in {last}, which reads as a recipe and can't name a picture"
            )));
        }
        Ok(Self(key))
    }

    /// The path, decoded, without its leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key of an original that our URLs can say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourceKey(String);

impl SourceKey {
    /// Checks a decoded key: as [`Name::new`] does, and that it is not over [`SOURCE_BYTES_MAX`] bytes.
    pub fn new(key: impl Into<String>) -> Result<Self> {
        let Name(key) = Name::new(key)?;
        if key.len() > SOURCE_BYTES_MAX {
            let length = key.len();
            return Err(Error::invalid(format!(
                "the path is {length} bytes long, over the limit of {SOURCE_BYTES_MAX}"
            )));
        }
        Ok(Self(key))
    }

    /// The key as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tag that invalidates every variant of this source at once: 32 hex digits, since tags know neither case nor Unicode.
    pub fn cache_tag(&self) -> String {
        base16ct::lower::encode_string(&Sha256::digest(&self.0)[..16])
    }

    /// By what CloudFront forgets the original, which has no tag, and all that was made of it.
    pub fn invalidated_by_tag(&self) -> Vec<String> {
        vec![uri(&self.0), format!("#{}", self.cache_tag())]
    }

    /// The same by paths, for a distribution that reads no tags. What is made of `cat.jpg/x.png` goes as well, if there is such a name.
    pub fn invalidated_by_paths<'a>(&self, thumbnail_prefixes: impl Iterator<Item = &'a str>) -> Vec<String> {
        let of_source = [uri(&self.0), format!("{}*", uri(&self.variants_prefix()))];
        of_source.into_iter().chain(thumbnail_prefixes.map(|prefix| uri(&format!("{prefix}{self}")))).collect()
    }

    /// What every key of a variant of this source begins with. Other sources' variants may begin with it too:
    /// `cat.jpg/` is also a prefix of `cat.jpg/x.png/w=4`, which [`is_variant_of`](Self::is_variant_of) tells apart.
    pub fn variants_prefix(&self) -> String {
        format!("{}/", self.0)
    }

    /// Whether a stored key is a variant of this very source, written by this version or another.
    pub fn is_variant_of(&self, stored: &str) -> bool {
        let recipe = stored.strip_prefix(&self.0).and_then(|rest| rest.strip_prefix('/'));
        recipe.is_some_and(|recipe| Params::parse_recipe(recipe).is_some())
    }
}

impl fmt::Display for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key of a variant: its name in the variants bucket and, as a URI, in CloudFront's cache.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VariantKey(String);

impl VariantKey {
    /// `photos/cat.jpg` and a recipe → `photos/cat.jpg/w=400,f=webp`.
    pub fn derived(source: &SourceKey, recipe: &Recipe) -> Self {
        Self(format!("{source}/{}", write_recipe(recipe)))
    }

    /// `photos/cat.jpg` → `resized-photos/cat.jpg`.
    pub fn thumbnail(prefix: &str, source: &SourceKey) -> Self {
        Self(format!("{prefix}{source}"))
    }

    /// The key as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VariantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The etag of a body, as S3 has it: its MD5 as 32 hex digits, without quotes.
pub fn etag(body: &[u8]) -> String {
    base16ct::lower::encode_string(&Md5::digest(body))
}

/// By what CloudFront forgets all originals whose keys begin with this, and all that was made of them, thumbnails of these prefixes
/// included. Wildcards alone: there is no tag for many.
pub fn invalidated_by_prefix<'a>(prefix: &str, thumbnail_prefixes: impl Iterator<Item = &'a str>) -> Vec<String> {
    let beginning = |prefix: &str| format!("{}*", uri(prefix));
    if prefix.is_empty() {
        return vec![beginning("")];
    }
    let thumbnails = thumbnail_prefixes.map(|thumbnail| beginning(&format!("{thumbnail}{prefix}")));
    [beginning(prefix)].into_iter().chain(thumbnails).collect()
}

/// A key as a URI's path. `+` is escaped because S3 would read it as a space.
pub fn uri(key: &str) -> String {
    const ESCAPED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b'=').remove(b',');
    format!("/{}", utf8_percent_encode(key, ESCAPED))
}
