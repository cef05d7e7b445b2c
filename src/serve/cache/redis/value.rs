//! An answer as Redis keeps it: the token, a head in JSON, the body as it is.
//!
//! One byte of length and the token; four bytes (big endian) of length and the head; the body, of the length that the head says.
//! Whatever does not read so is no answer.

use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::serve::entry::Entry;
use crate::serve::unix_ms;

#[derive(Serialize, Deserialize)]
struct Head {
    status: u16,
    /// When the answer was made, in milliseconds since 1970.
    made_ms: u64,
    /// Length of the body.
    bytes: u64,
    /// Names and values, in their order.
    headers: Vec<(String, String)>,
}

pub(super) fn encode(entry: &Entry, token: &[u8], now_ms: u64) -> Vec<u8> {
    // How long it took is of no interest to those who did not wait for it. What is no ASCII came with an upload's own headers.
    let kept = entry.headers.iter().filter(|(name, _)| *name != "server-timing");
    let headers = kept.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned()))).collect();
    let age_ms = u64::try_from(entry.since.elapsed().as_millis()).unwrap_or(u64::MAX);
    let made_ms = now_ms.saturating_sub(age_ms);
    let head = Head { status: entry.status.as_u16(), made_ms, bytes: entry.body.len() as u64, headers };
    let head = serde_json::to_vec(&head).unwrap_or_default();
    let mut value = Vec::with_capacity(1 + token.len() + 4 + head.len() + entry.body.len());
    value.push(u8::try_from(token.len()).unwrap_or(0));
    value.extend_from_slice(token);
    value.extend_from_slice(&u32::try_from(head.len()).unwrap_or(0).to_be_bytes());
    value.extend_from_slice(&head);
    value.extend_from_slice(&entry.body);
    value
}

/// The answer, if it is one, and was begun under this token.
pub(super) fn decode(value: Vec<u8>, token: &[u8], tag: &str) -> Option<Entry> {
    let value = Bytes::from(value);
    let (length, rest) = value.split_first()?;
    let (begun_under, rest) = rest.split_at_checked((*length).into())?;
    let (length, rest) = rest.split_first_chunk()?;
    let (head, body) = rest.split_at_checked(u32::from_be_bytes(*length).try_into().ok()?)?;
    let head: Head = serde_json::from_slice(head).ok()?;
    if begun_under != token || head.bytes != body.len() as u64 {
        return None;
    }
    let mut headers = HeaderMap::new();
    for (name, value) in head.headers {
        headers.append(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
    }
    let age = Duration::from_millis(unix_ms().saturating_sub(head.made_ms));
    Some(Entry {
        status: StatusCode::from_u16(head.status).ok()?,
        headers: headers.into(),
        body: value.slice_ref(body),
        tag: tag.to_owned(),
        // A machine that was started after the answer was made can't say how old that is.
        since: Instant::now().checked_sub(age).unwrap_or_else(Instant::now),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("image/webp"));
        headers.insert("server-timing", HeaderValue::from_static("get;dur=1.0"));
        headers.append("vary", HeaderValue::from_static("accept"));
        headers.append("vary", HeaderValue::from_static("origin"));
        let body = Bytes::from((0..=255).collect::<Vec<u8>>());
        Entry { status: StatusCode::OK, headers: headers.into(), body, tag: "tag".into(), since: Instant::now() }
    }

    #[test]
    fn an_answer_comes_back_as_it_was() {
        let entry = entry();
        let value = encode(&entry, b"token", unix_ms() - 5000);
        let back = decode(value.clone(), b"token", "tag").expect("an answer");
        assert_eq!((back.status, &back.body, &*back.tag), (entry.status, &entry.body, "tag"));
        let mut headers = HeaderMap::clone(&entry.headers);
        headers.remove("server-timing");
        assert_eq!(*back.headers, headers);
        assert!((5..20).contains(&back.since.elapsed().as_secs()), "its age goes on");
        assert!(decode(value, b"token2", "tag").is_none(), "its source was purged");
        assert!(decode(encode(&entry, b"token", u64::MAX), b"token", "tag").is_some(), "another's clock is ahead");
    }

    #[test]
    fn what_is_torn_or_not_ours_is_no_answer() {
        let value = encode(&entry(), b"token", 0);
        for end in 0..value.len() {
            assert!(decode(value[..end].to_vec(), b"token", "").is_none(), "{end} of {}", value.len());
        }
        for other in [&b"\xff"[..], b"{}", b"\x05token\xff\xff\xff\xff", b"\x05token\0\0\0\x02{}body", &[0; 64]] {
            assert!(decode(other.to_vec(), b"token", "").is_none(), "{other:?}");
        }
    }
}
