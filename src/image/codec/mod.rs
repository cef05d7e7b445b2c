//! The codecs, a file each, behind two exhaustive matches.

use super::geometry::Placement;
use super::pixels::Pixels;
use super::probe::Probe;
use crate::error::{Error, Kind, Result};
use crate::format::Format;

mod jpeg;
mod png;
mod webp;

/// A picture as it came out of a decoder.
pub(super) struct Decoded {
    pub(super) pixels: Pixels,
    /// So many source pixels a side went into one; the last column and row may stand for fewer.
    pub(super) divisor: u32,
}

/// Decodes a probed source, scaled down where the codec can and the placement allows.
pub(super) fn decode(bytes: &[u8], probe: &Probe, placement: &Placement) -> Result<Decoded> {
    let whole = |pixels| Decoded { pixels, divisor: 1 };
    match probe.format {
        Format::Jpeg => {
            let divisor = placement.decode_divisor();
            Ok(Decoded { pixels: jpeg::decode(bytes, probe, divisor)?, divisor })
        }
        Format::Png => png::decode(bytes, probe).map(whole),
        Format::Webp => webp::decode(bytes, probe).map(whole),
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
