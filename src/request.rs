//! What was asked for, parsed once at the door. No URL is parsed anywhere else.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::error::{Error, Result};
use crate::format::Accepts;
use crate::key::Name;
use crate::params::Params;
use crate::variant::Recipe;

/// A request that can't be malformed any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The path: an original's key, or a thumbnail's name, which the policy tells apart.
    pub name: Name,
    /// What was typed after the `?`, or in the key.
    pub params: Params,
    /// What the client takes.
    pub accepts: Accepts,
}

impl Request {
    /// Reads a viewer's request: the raw path, the raw query without its `?`, and the `Accept` header.
    /// [`Kind::Invalid`](crate::error::Kind) names the parameter, its value and its range, or what is wrong with the path.
    pub fn parse(path: &str, query: &str, accept: Option<&str>) -> Result<Self> {
        let name = Name::new(decode_path(path)?)?;
        let pairs: Vec<_> = query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decode_or_keep(name), decode_or_keep(value)))
            .collect();
        let params = Params::parse(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())))?;
        Ok(Self { name, params, accepts: accept.map(Accepts::parse).unwrap_or_default() })
    }

    /// Reads a request as it reaches an origin: either a variant's key as [`crate::key::uri`] writes it, or, where no
    /// viewer-request function ran, a viewer's request. Behind a key the query has no say.
    pub fn parse_at_origin(path: &str, query: &str, accept: Option<&str>) -> Result<Self> {
        let key = decode_path(path)?;
        if let Some((name, last)) = key.rsplit_once('/')
            && let Some(recipe) = Recipe::parse(last)
        {
            let params = recipe?.to_params().unwrap_or_default();
            return Ok(Self { name: Name::new(name)?, params, accepts: Accepts::default() });
        }
        Self::parse(path, query, accept)
    }

    /// Reads a whole URL, or its path and query, as a person would paste it.
    pub fn parse_url(url: &str, accept: Option<&str>) -> Result<Self> {
        let url = url.split('#').next().unwrap_or_default();
        let (location, query) = url.split_once('?').unwrap_or((url, ""));
        let path = match location.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
            None => location,
        };
        Self::parse(path, query, accept)
    }
}

/// The URL as it was pasted, with this pair at the end of its query, in the stead of those that have its name.
pub(crate) fn with_pair(url: &str, (name, value): (&str, String)) -> String {
    let (url, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let url = without_pair(url, name);
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{name}={value}{fragment}")
}

/// The URL, which has no fragment, without the pairs of this name, however the name is spelt.
pub(crate) fn without_pair(url: &str, name: &str) -> String {
    let (location, query) = url.split_once('?').unwrap_or((url, ""));
    let is_kept = |pair: &&str| {
        let old = decode_or_keep(pair.split('=').next().unwrap_or_default());
        !pair.is_empty() && old != name
    };
    match query.split('&').filter(is_kept).collect::<Vec<_>>().join("&") {
        pairs if pairs.is_empty() => location.to_owned(),
        pairs => format!("{location}?{pairs}"),
    }
}

/// The decoded value of a name in a query, for the pages of `serve` that are no pictures.
pub(crate) fn query_value<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|pair| pair.0 == name)
        .map(|pair| decode_or_keep(pair.1))
}

/// Decodes a path once: `%2F` is a separator afterwards, `+` stays a plus.
fn decode_path(path: &str) -> Result<String> {
    let path = path.strip_prefix('/').ok_or_else(|| Error::invalid("the path does not begin with a slash"))?;
    if has_bad_escape(path) {
        return Err(Error::invalid("the path has a % without two hex digits after it"));
    }
    match percent_decode_str(path).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(Error::invalid("the path is not UTF-8")),
    }
}

/// Decodes a name or value of the query; what can't be decoded is kept as it is, and then is no known name and no good value.
fn decode_or_keep(text: &str) -> Cow<'_, str> {
    if has_bad_escape(text) {
        return Cow::Borrowed(text);
    }
    percent_decode_str(text).decode_utf8().unwrap_or(Cow::Borrowed(text))
}

fn has_bad_escape(text: &str) -> bool {
    let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = text.as_bytes();
    (0..bytes.len()).any(|i| bytes[i] == b'%' && !(is_hex(bytes.get(i + 1)) && is_hex(bytes.get(i + 2))))
}
