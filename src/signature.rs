//! Signed URLs: `s` says that whoever holds a secret has agreed to a URL, and `exp` for how long.
//!
//! What is signed is the URL itself in its one spelling, [`signed_text`]: the path as [`crate::key::uri`] writes it, then
//! what was typed under the table's own names, in the table's order, without `s`: `/photos/cat.jpg?w=400&f=auto&exp=1790000000`.
//! Who writes URLs like this signs what they send. Order, aliases, `0400` for `400` and other parties' `utm_source` make no
//! difference; the host, the method and `Accept` are no part of it.
//!
//! It is what was typed and not the key that it comes to, for three reasons. A preset stays a name, so its operator can
//! change it without every page being signed again, and a page's author need not know what it stands for; but what has no
//! effect beside a preset is known only of that preset, so nothing can be settled. Nor do signatures depend on what else may
//! change: formats' default qualities and the formats that are made. And neither an author's five lines nor the twin at the
//! edge must know how a recipe is settled before they know whether to go on. The price: `w=200&dpr=2` and `w=400` are
//! one picture, one cache entry and two signatures. It is a query and not a key's `w=400,p=small`, since `cat.jpg/p=small` is
//! a picture's name as well.
//!
//! Signatures are checked at the viewer's door alone. The doors behind CloudFront can't: `s` and `exp` never come that far, or
//! they would be in the cache's key. They answer CloudFront and nobody else, which is what keeps others out there.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::error::{Error, Kind, Result};
use crate::key::uri;
use crate::params::write_query;
use crate::request::{Request, with_pair};

/// The shortest secret: as many characters as the hash has bytes. `openssl rand -hex 32` makes twice that.
pub const SECRET_CHARS_MIN: usize = 32;

/// The secrets of a deployment. The first one signs; any of them is good, so that a new one can be put before an old one.
#[derive(Clone)]
pub struct SigningKeys {
    first: Hmac<Sha256>,
    others: Vec<Hmac<Sha256>>,
}

/// Secrets are never shown.
impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeys({})", 1 + self.others.len())
    }
}

impl SigningKeys {
    /// Reads secrets separated by commas. [`None`] if one is shorter than [`SECRET_CHARS_MIN`] or not of visible ASCII, and of
    /// no secrets at all: a variable that came out empty must not open every door.
    pub fn parse(list: &str) -> Option<Self> {
        let mut keys = list.split(',').map(|secret| {
            let secret = secret.trim();
            let is_secret = secret.len() >= SECRET_CHARS_MIN && secret.bytes().all(|b| b.is_ascii_graphic());
            is_secret.then(|| Hmac::new_from_slice(secret.as_bytes()).ok()).flatten()
        });
        Some(Self { first: keys.next()??, others: keys.collect::<Option<_>>()? })
    }

    /// The URL, or its path and query, with its signature by the first secret, and with an expiry if one is given; an expiry
    /// and a signature that it has make room. What is not signed, such as `utm_source`, stays.
    pub fn sign_url(&self, url: &str, expires: Option<u64>) -> Result<String> {
        let expiry = expires.map(|time| ("exp", time.to_string()));
        let url = expiry.map_or(url.to_owned(), |expiry| with_pair(url, expiry));
        // Only now, so that a new expiry is checked like any.
        let request = Request::parse_url(&url, None)?;
        let signature = self.first.clone().chain_update(signed_text(&request)).finalize().into_bytes();
        Ok(with_pair(&url, ("s", BASE64URL.encode(signature))))
    }

    /// [`Kind::Forbidden`] if the signature is missing, or of something else, or if its time is over at `now`, in Unix seconds.
    pub fn verify(&self, request: &Request, now: u64) -> Result<()> {
        let forbidden = |words: String| Err(Error::new(Kind::Forbidden, words));
        let Some(signature) = request.params.signature else {
            return forbidden("s: missing; only signed URLs are answered here".to_owned());
        };
        let text = signed_text(request);
        let is_by = |key: &Hmac<Sha256>| key.clone().chain_update(&text).verify_slice(&signature).is_ok();
        // No secret is passed over, and each is compared in constant time: how long it takes tells nothing.
        let is_good = self.others.iter().fold(is_by(&self.first), |is_good, key| is_by(key) | is_good);
        if !is_good {
            return forbidden("s: does not match; it is the signature of another URL, or by another key".to_owned());
        }
        match request.params.expires {
            Some(expires) if expires <= now => {
                let time = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(expires));
                forbidden(format!("exp={expires}: expired at {time}"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// What is signed of a request. Nothing of it is lost: two requests have one text only if path and parameters are the same.
pub fn signed_text(request: &Request) -> String {
    let path = uri(request.name.as_str());
    match write_query(&request.params) {
        query if query.is_empty() => path,
        query => format!("{path}?{query}"),
    }
}
