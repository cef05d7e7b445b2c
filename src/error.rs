//! What can go wrong, said by who must act.
//!
//! [`Kind`] is the closed list; each of its tables below (status, caching, retry, exit code) is an exhaustive match, so a new
//! kind does not compile until every table has its row. [`Error::context`] is the sentence a client may read;
//! what lies beneath travels as the `source` and is for the log alone.

use std::error::Error as StdError;
use std::fmt;

/// The ten kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request says something that can't be: a bad value, a bad path.
    Invalid,
    /// The caller may not have this.
    Forbidden,
    /// There is no such original.
    NotFound,
    /// The source or the result is over a limit.
    TooLarge,
    /// A format that is not read or not written here.
    Unsupported,
    /// The source is torn, or lies about itself.
    Corrupt,
    /// All render places are taken and the queue is full.
    Busy,
    /// A store failed or could not be reached.
    Upstream,
    /// The work took longer than it may.
    Deadline,
    /// Our own mistake.
    Bug,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Invalid,
        Self::Forbidden,
        Self::NotFound,
        Self::TooLarge,
        Self::Unsupported,
        Self::Corrupt,
        Self::Busy,
        Self::Upstream,
        Self::Deadline,
        Self::Bug,
    ];

    /// The word for logs, headers and queue messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::TooLarge => "too-large",
            Self::Unsupported => "unsupported",
            Self::Corrupt => "corrupt",
            Self::Busy => "busy",
            Self::Upstream => "upstream",
            Self::Deadline => "deadline",
            Self::Bug => "bug",
        }
    }

    /// The HTTP status that says what happened.
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::TooLarge => 413,
            Self::Unsupported => 415,
            Self::Corrupt => 422,
            Self::Busy => 503,
            Self::Upstream => 502,
            Self::Deadline => 504,
            Self::Bug => 500,
        }
    }

    /// The status behind CloudFront, which never caches 413 and 422: as 415 a bomb is not fetched again for every visitor.
    pub const fn edge_status(self) -> u16 {
        match self {
            Self::TooLarge | Self::Corrupt => Self::Unsupported.status(),
            Self::Invalid
            | Self::Forbidden
            | Self::NotFound
            | Self::Unsupported
            | Self::Busy
            | Self::Upstream
            | Self::Deadline
            | Self::Bug => self.status(),
        }
    }

    /// How long the failure may be kept by caches.
    pub const fn cache_control(self) -> &'static str {
        match self {
            Self::NotFound => "public, max-age=5",
            Self::Invalid | Self::Forbidden | Self::TooLarge | Self::Unsupported | Self::Corrupt => {
                "public, max-age=10"
            }
            Self::Busy | Self::Upstream | Self::Deadline | Self::Bug => "no-store",
        }
    }

    /// Seconds after which asking again makes sense, where the reply should say so.
    pub const fn retry_after_s(self) -> Option<u32> {
        match self {
            Self::Busy => Some(1),
            Self::Invalid
            | Self::Forbidden
            | Self::NotFound
            | Self::TooLarge
            | Self::Unsupported
            | Self::Corrupt
            | Self::Upstream
            | Self::Deadline
            | Self::Bug => None,
        }
    }

    /// Whether the same work may succeed later without anyone changing anything.
    pub const fn is_transient(self) -> bool {
        match self {
            Self::Busy | Self::Upstream | Self::Deadline => true,
            Self::Invalid
            | Self::Forbidden
            | Self::NotFound
            | Self::TooLarge
            | Self::Unsupported
            | Self::Corrupt
            | Self::Bug => false,
        }
    }

    /// The exit code of the command line; 0 is success and 2 bad usage, so kinds begin at 10.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Invalid => 10,
            Self::Forbidden => 11,
            Self::NotFound => 12,
            Self::TooLarge => 13,
            Self::Unsupported => 14,
            Self::Corrupt => 15,
            Self::Busy => 16,
            Self::Upstream => 17,
            Self::Deadline => 18,
            Self::Bug => 19,
        }
    }
}

/// A failure: its kind, a sentence for the client, and the cause for the log.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    context: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A failure with a sentence that the client may read: it names the thing, the value and the limit, and nothing internal.
    pub fn new(kind: Kind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    /// The same, with the cause that only the log shows.
    pub fn with_source(
        kind: Kind,
        context: impl Into<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self { kind, context: context.into(), source: Some(source.into()) }
    }

    /// Shorthand for [`Kind::Invalid`], the commonest at the doors.
    pub fn invalid(context: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, context)
    }

    /// The kind, on which callers branch.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The client's sentence.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// One log line with the whole chain, at the level of who must act. Called once, at the door that answers.
    pub fn log(&self) {
        let (kind, error) = (self.kind.name(), self.chain());
        match self.kind {
            Kind::Invalid | Kind::Forbidden | Kind::NotFound | Kind::TooLarge | Kind::Unsupported | Kind::Corrupt => {
                tracing::info!(kind, error, "refused");
            }
            Kind::Busy | Kind::Deadline => tracing::warn!(kind, error, "not done"),
            Kind::Upstream | Kind::Bug => tracing::error!(kind, error, "failed"),
        }
    }

    /// The whole chain in one line, for the log.
    pub fn chain(&self) -> String {
        let mut line = self.to_string();
        let mut next = self.source();
        while let Some(cause) = next {
            line.push_str(": ");
            line.push_str(&cause.to_string());
            next = cause.source();
        }
        line
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}
