//! What every store says and computes alike, whatever it keeps its bytes in.

use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{ENCODING, Head, Message};
use crate::error::{Error, Kind, Result};

impl Message {
    /// The limits of SQS, kept by every queue, so that what works on a laptop works there.
    pub(super) fn check(&self) -> Result<()> {
        if self.body.is_empty() || self.attributes.values().any(String::is_empty) {
            return Err(Error::new(Kind::Bug, "a message has an empty body or attribute"));
        }
        if self.attributes.contains_key(ENCODING) {
            let words = format!("a message has the attribute {ENCODING}, which is the queue's own");
            return Err(Error::new(Kind::Bug, words));
        }
        self.check_limits()
    }

    /// Those that an encoded message has to keep too. Bytes are those of the body, and of the attributes' names, types and values.
    pub(super) fn check_limits(&self) -> Result<()> {
        const ATTRIBUTES_MAX: usize = 10;
        // What every queue of SQS takes unless someone set less.
        const BYTES_MAX: usize = 1 << 18;
        const TYPE: &str = "String";
        let count = self.attributes.len();
        if count > ATTRIBUTES_MAX {
            let words = format!("a message has {count} attributes, over the limit of {ATTRIBUTES_MAX}");
            return Err(Error::new(Kind::Bug, words));
        }
        let attributes = self.attributes.iter().map(|(name, value)| name.len() + TYPE.len() + value.len());
        let bytes = self.body.len() + attributes.sum::<usize>();
        if bytes > BYTES_MAX {
            let words = format!("a message has {bytes} bytes, over the limit of {BYTES_MAX}");
            return Err(Error::new(Kind::Bug, words));
        }
        Ok(())
    }
}

pub(super) fn not_found(key: &str) -> Error {
    Error::new(Kind::NotFound, format!("there is no `{key}`"))
}

pub(super) fn check_limit(key: &str, bytes: u64, limit_bytes: u64) -> Result<()> {
    if bytes > limit_bytes {
        let context = format!("`{key}` has {bytes} bytes, more than the limit of {limit_bytes}");
        return Err(Error::new(Kind::TooLarge, context));
    }
    Ok(())
}

/// The range as indices, if it lies in an object that is still the one the caller knows.
pub(super) fn check_range(key: &str, head: &Head, etag: &str, range: Range<u64>) -> Result<Range<usize>> {
    if head.etag != etag {
        return Err(Error::new(Kind::Upstream, format!("`{key}` changed while it was read")));
    }
    match (usize::try_from(range.start), usize::try_from(range.end)) {
        (Ok(start), Ok(end)) if start < end && range.end <= head.bytes => Ok(start..end),
        _ => {
            let context = format!("bytes {range:?} of `{key}` were asked for, which has {}", head.bytes);
            Err(Error::new(Kind::Bug, context))
        }
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}

/// Runs what blocks on a thread that may.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(cause) => Err(Error::with_source(Kind::Bug, "the store stopped in the middle", cause)),
    }
}
