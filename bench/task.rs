//! What is asked of a peer, a line of JSON to its standard input, and what it answers, a line of JSON on its standard output.
//!
//! A peer's first line is its [`Hello`]. Then it answers each [`Task`] until its input ends. It reads a source's file once and
//! keeps the bytes; what is timed goes from those bytes in memory to the result's bytes in memory. What it writes to standard
//! error is shown if it fails.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hello {
    /// The peer and what it stands on: `sharp 0.35.5, libvips 8.18.4`.
    pub(crate) version: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) source: PathBuf,
    /// Of the result, exactly: the shape is the source's but for the rounding.
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// `jpeg`, `webp`, `avif` or `png`.
    pub(crate) format: String,
    /// 1 to 100, on the encoder's own scale; not for PNG.
    pub(crate) quality: u8,
    /// The encoder's own scale: libwebp's 0–6, the AVIF encoder's effort or speed. [`None`]: the peer's default.
    pub(crate) effort: Option<u8>,
    /// So many results are made at the same time, with all cores to them.
    pub(crate) copies: u32,
    /// Where the result is to be left, after the clock has stopped.
    pub(crate) keep: Option<PathBuf>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Done(Done),
    /// The peer can't do this at all, and why.
    Unable(String),
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    /// For all copies.
    pub(crate) ms: f64,
    /// Of one result.
    pub(crate) bytes: u64,
    pub(crate) width: u32,
    pub(crate) height: u32,
}
