//! Which door made an answer: told to whoever knows the debug secret, and to nobody else.
//!
//! `pixfront doctor` asks it. Such an answer is `no-store`, so that CloudFront neither shows it to others nor answers the next
//! request by itself: that one tells whether the variant was really kept.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::reply::Reply;
use crate::signature::SECRET_CHARS_MIN;

/// The request header with the secret.
pub const DEBUG_HEADER: &str = "x-pixfront-debug";

/// The reply header with the door.
pub const DOOR_HEADER: &str = "x-pixfront-door";

/// The doors that make pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Lambda@Edge; [`None`]: not started by our launcher.
    Edge(Option<Launcher>),
    /// A function URL.
    Regional,
    /// `pixfront serve`.
    Serve,
}

/// How the launcher at the edge handed over to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launcher {
    /// In the same process.
    Execve,
    /// As a child of Node.js.
    Spawn,
}

impl Launcher {
    /// Of the word that `cloudfront/edge/index.mjs` gives the program as its one argument.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "execve" => Some(Self::Execve),
            "spawn" => Some(Self::Spawn),
            _ => None,
        }
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Edge(Some(Launcher::Execve)) => "edge; execve",
            Self::Edge(Some(Launcher::Spawn)) => "edge; spawn",
            Self::Edge(None) => "edge",
            Self::Regional => "regional",
            Self::Serve => "serve",
        })
    }
}

impl Door {
    /// Tells itself in the reply, if the request had the secret that is configured.
    pub(crate) fn tell(self, reply: &mut Reply, asked: Option<&str>, config: &Config) {
        if asked.is_some_and(|asked| knows_secret(asked, config)) {
            reply.headers.retain(|(name, _)| *name != "cache-control");
            reply.headers.push(("cache-control", "no-store".to_owned()));
            reply.headers.push((DOOR_HEADER, self.to_string()));
        }
    }
}

/// Whether this is the secret that is configured.
pub(crate) fn knows_secret(asked: &str, config: &Config) -> bool {
    config.debug_secret.as_ref().is_some_and(|secret| secret.is(asked))
}

/// The debug secret, of which only the hash is kept: comparing hashes tells nothing by how long it takes.
#[derive(Clone, PartialEq, Eq)]
pub struct DebugSecret([u8; 32]);

/// Secrets are never shown.
impl fmt::Debug for DebugSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DebugSecret")
    }
}

impl DebugSecret {
    /// [`None`] if it is shorter than [`SECRET_CHARS_MIN`] or not of visible ASCII.
    pub fn parse(text: &str) -> Option<Self> {
        let is_secret = text.len() >= SECRET_CHARS_MIN && text.bytes().all(|b| b.is_ascii_graphic());
        is_secret.then(|| Self(Sha256::digest(text).into()))
    }

    fn is(&self, text: &str) -> bool {
        *self == Self(Sha256::digest(text).into())
    }
}
