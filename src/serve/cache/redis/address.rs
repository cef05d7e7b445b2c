//! Where a Redis is: a URL with a password in it, which is never shown.

use std::fmt;

use ::redis::{Client, ConnectionAddr};

use crate::error::{Error, Result};

/// The address of a Redis.
#[derive(Clone)]
pub struct Address {
    pub(super) client: Client,
    shown: String,
}

impl Address {
    /// Reads `redis://[user:password@]host[:port][/db]`, the same with `rediss` for TLS, or `redis+unix:///path`; an error names it
    /// without its password.
    pub fn parse(url: &str) -> Result<Self> {
        let shown = shown(url);
        let is_no_address = |why: String| {
            Error::invalid(format!(
                "{shown}: {why}; an address is redis://[user:password@]host[:port][/db], rediss://… with TLS"
            ))
        };
        let client = Client::open(url).map_err(|error| is_no_address(error.category().to_owned()))?;
        if let ConnectionAddr::TcpTls { insecure: true, .. } = client.get_connection_info().addr() {
            return Err(is_no_address("certificates are always checked, #insecure or not".to_owned()));
        }
        Ok(Self { client, shown })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Passwords are never shown.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What of a URL is no secret, however wrongly it was typed: the scheme, and what is behind the password. Where it is not clear
/// where a password ends, nothing is.
fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return if url.contains(['@', ':']) { "…".to_owned() } else { url.to_owned() };
    };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (place, query) = rest.split_at(end);
    if query.contains('@') {
        return format!("{scheme}://…");
    }
    format!("{scheme}://{}", place.rsplit('@').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (url, is_good, shown) in [
            ("redis://localhost", true, "redis://localhost"),
            ("redis://:hush@localhost:6380/2", true, "redis://localhost:6380/2"),
            ("redis://me:hush@localhost/?protocol=resp3", true, "redis://localhost/"),
            ("rediss://me:hu%40sh@cache.example.com", true, "rediss://cache.example.com"),
            ("redis+unix:///run/redis.sock?db=1&pass=hush", true, "redis+unix:///run/redis.sock"),
            ("redis+unix:///run/redis.sock?pass=hush@sh", true, "redis+unix://…"),
            ("redis://:hu@sh@localhost", true, "redis://localhost"),
            ("redis://:hu/sh@localhost/x", false, "redis://localhost/x"),
            ("redis://:hu#sh@localhost", false, "redis://…"),
            ("redis://:hu?sh@localhost", false, "redis://…"),
            ("redis://:hush@localhost/one", false, "redis://localhost/one"),
            ("rediss://:hush@localhost/#insecure", false, "rediss://localhost/"),
            ("http://:hush@localhost", false, "http://localhost"),
            ("redis//:hush@localhost", false, "…"),
            ("redis:hush", false, "…"),
            ("disk", false, "disk"),
        ] {
            match Address::parse(url) {
                Ok(address) => {
                    assert!(is_good, "{url}");
                    assert_eq!(
                        (address.to_string(), format!("{address:?}")),
                        (shown.to_owned(), shown.to_owned()),
                        "{url}"
                    );
                }
                Err(error) => {
                    assert!(!is_good, "{url}: {}", error.chain());
                    assert!(error.chain().starts_with(&format!("{shown}: ")), "{url}: {}", error.chain());
                    assert!(!error.chain().contains("hu"), "{url}: {}", error.chain());
                }
            }
        }
    }
}
