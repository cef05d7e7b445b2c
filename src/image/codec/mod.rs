//! The codecs, a file each, behind two exhaustive matches.

use super::geometry::Placement;
use super::pixels::Pixels;
use super::probe::Probe;
use crate::error::{Error, Kind, Result};
use crate::format::Format;

mod jpeg;
mod png;
mod webp;

/// Decodes a probed source, scaled down where the codec can and the placement allows.
pub(super) fn decode(bytes: &[u8], probe: &Probe, placement: &Placement) -> Result<Pixels> {
    match probe.format {
        Format::Jpeg => jpeg::decode(bytes, probe, placement.decode_divisor()),
        Format::Png => png::decode(bytes, probe),
        Format::Webp => webp::decode(bytes, probe),
        Format::Avif | Format::Gif => {
            Err(Error::new(Kind::Unsupported, format!("{} pictures can't be resized yet", probe.format)))
        }
    }
}

/// Encodes; [`None`] is the format's default quality.
pub(super) fn encode(pixels: &Pixels, format: Format, quality: Option<u8>) -> Result<Vec<u8>> {
    let quality = quality.or(format.default_quality()).unwrap_or(100);
    match format {
        Format::Jpeg => jpeg::encode(pixels, quality),
        Format::Png => png::encode(pixels),
        Format::Webp => webp::encode(pixels, quality),
        Format::Avif | Format::Gif => Err(Error::new(Kind::Unsupported, format!("{format} is not made here yet"))),
    }
}

fn corrupt(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::with_source(Kind::Corrupt, "the picture is damaged and could not be decoded", cause)
}

fn not_encoded(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::with_source(Kind::Bug, "the picture could not be encoded", cause)
}
