//! The codecs, a file each, behind two exhaustive matches.

use super::animation::Animation;
use super::colour::Converter;
use super::geometry::{Placement, Size};
use super::pixels::Pixels;
use super::planes::{Coded, Planes};
use super::probe::Probe;
use super::profile::Profile;
use super::reduction::Reduction;
use super::{Cancel, Encoding};
use crate::error::{Error, Kind, Result};
use crate::format::{FileType, Format};

mod avif;
mod bmp;
mod flat;
mod gif;
mod jpeg;
#[cfg(test)]
mod painted;
mod png;
mod tiff;
mod webp;

/// A picture as it came out of a decoder.
#[derive(Clone)]
pub(super) struct Decoded {
    pub(super) pixels: Pixels,
    pub(super) reduction: Reduction,
    /// [`None`]: sRGB.
    pub(super) profile: Option<Profile>,
}

impl Decoded {
    /// The way from its numbers to sRGB's.
    pub(super) fn converter(&self) -> Converter {
        Converter::new(self.pixels.layout, self.profile.as_ref())
    }
}

/// Decodes a probed source, its first frame if it moves, scaled down where the codec can and the placement allows.
pub(super) fn decode(bytes: &[u8], probe: &Probe, placement: &Placement) -> Result<Decoded> {
    let whole = |(pixels, profile)| Decoded { pixels, reduction: Reduction::NONE, profile };
    match probe.file_type {
        FileType::Jpeg => jpeg::decode(bytes, probe, placement),
        FileType::Png => png::decode(bytes, probe).map(whole),
        FileType::Webp => webp::decode(bytes, probe, placement),
        FileType::Avif => avif::decode(bytes, probe).map(whole),
        FileType::Tiff => tiff::decode(bytes, probe).map(whole),
        FileType::Bmp => bmp::decode(bytes, probe).map(|pixels| whole((pixels, None))),
        FileType::Gif => gif::decode(bytes, probe).map(|pixels| whole((pixels, None))),
        FileType::Svg | FileType::Pdf | FileType::Heic | FileType::Mp4 | FileType::Quicktime | FileType::Webm => {
            Err(unread(probe.file_type))
        }
    }
}

/// The formats of sources that may be coded as luma and chroma, and are decoded so here.
#[derive(Clone, Copy)]
pub(super) enum Planar {
    Jpeg,
    Webp,
}

impl Planar {
    pub(super) const fn of(file_type: FileType) -> Option<Self> {
        match file_type {
            FileType::Jpeg => Some(Self::Jpeg),
            FileType::Webp => Some(Self::Webp),
            FileType::Png
            | FileType::Avif
            | FileType::Tiff
            | FileType::Bmp
            | FileType::Gif
            | FileType::Svg
            | FileType::Pdf
            | FileType::Heic
            | FileType::Mp4
            | FileType::Quicktime
            | FileType::Webm => None,
        }
    }

    /// What it says that its colours are; [`None`]: sRGB.
    pub(super) fn profile(self, bytes: &[u8]) -> Option<Profile> {
        match self {
            Self::Jpeg => jpeg::profile(bytes),
            Self::Webp => webp::profile(bytes),
        }
    }
}

/// Decodes a probed source to luma and chroma, if it has such and no more: no coarser than this placement needs, and so that each of
/// all placements has the chroma that it takes in.
pub(super) fn decode_planes(
    bytes: &[u8],
    probe: &Probe,
    finest: &Placement,
    all: impl Iterator<Item = Placement>,
) -> Result<Option<Coded>> {
    let most =
        |one: Size, other: Size| Size { width: one.width.max(other.width), height: one.height.max(other.height) };
    let more =
        |eighths| all.map(|placement| placement.beyond_odd_sides(eighths)).fold(Size { width: 0, height: 0 }, most);
    match Planar::of(probe.file_type) {
        Some(Planar::Jpeg) => jpeg::decode_planes(bytes, probe, finest, more),
        // Chroma has half of the sides of luma, which is whole, or half too.
        Some(Planar::Webp) => webp::decode_planes(bytes, probe, finest, more(4)),
        None => Ok(None),
    }
}

/// Decodes a probed source that moves, and hands over its frames in order, as they are seen on the whole canvas and with their
/// milliseconds; returns how often it is played, 0 for ever.
pub(super) fn decode_frames(
    bytes: &[u8],
    probe: &Probe,
    each: &mut dyn FnMut(Decoded, u32) -> Result<()>,
) -> Result<u16> {
    match probe.file_type.output() {
        Some(Format::Gif) => gif::decode_frames(bytes, probe, each),
        Some(Format::Webp) => webp::decode_frames(bytes, probe, each),
        // No probe of these counts more than one frame.
        Some(Format::Avif | Format::Jpeg | Format::Png) | None => Err(unread(probe.file_type)),
    }
}

/// How a result is to be written.
pub(super) struct Target {
    pub(super) format: Format,
    /// [`None`]: the format's default.
    pub(super) quality: Option<u8>,
    pub(super) encoding: Encoding,
    /// Whether the source was written without a loss, so that what is flat in it is so to the last bit.
    pub(super) is_lossless_source: bool,
}

impl Target {
    fn quality(&self) -> u8 {
        self.quality.or(self.format.default_quality()).unwrap_or(100)
    }
}

/// Whether a source is of a format, or a sort, in which nothing is lost.
pub(super) fn is_lossless(bytes: &[u8], file_type: FileType) -> bool {
    match file_type {
        FileType::Png | FileType::Gif | FileType::Bmp | FileType::Tiff => true,
        FileType::Webp => webp::is_lossless(bytes),
        FileType::Jpeg
        | FileType::Avif
        | FileType::Svg
        | FileType::Pdf
        | FileType::Heic
        | FileType::Mp4
        | FileType::Quicktime
        | FileType::Webm => false,
    }
}

/// Encodes a still.
pub(super) fn encode(pixels: &Pixels, target: &Target) -> Result<Vec<u8>> {
    match target.format {
        Format::Jpeg => jpeg::encode(pixels, target.quality(), target.encoding.jpeg_progressive),
        Format::Png => png::encode(pixels),
        Format::Webp => webp::encode(pixels, target),
        Format::Avif => avif::encode(pixels, target.quality(), target.encoding.avif_speed),
        Format::Gif => gif::encode(pixels),
    }
}

/// Encodes luma and chroma, to a format that has them.
pub(super) fn encode_planes(planes: Planes, target: &Target) -> Result<Vec<u8>> {
    match target.format {
        Format::Jpeg => jpeg::encode_planes(&planes, target.quality(), target.encoding.jpeg_progressive),
        Format::Webp => webp::encode_planes(planes, target),
        Format::Avif => avif::encode_planes(&planes, target.quality(), target.encoding.avif_speed),
        Format::Png | Format::Gif => Err(not_encoded(format!("{} has no luma and chroma", target.format))),
    }
}

/// Encodes a picture that moves; between the frames it may be cancelled, since a long one takes seconds.
pub(super) fn encode_animation(animation: &Animation, target: &Target, cancel: &Cancel) -> Result<Vec<u8>> {
    match target.format {
        Format::Gif => gif::encode_animation(animation, cancel),
        Format::Webp => webp::encode_animation(animation, target, cancel),
        Format::Avif | Format::Jpeg | Format::Png => Err(not_encoded(format!("{} does not move here", target.format))),
    }
}

fn unread(file_type: FileType) -> Error {
    Error::new(Kind::Unsupported, format!("{file_type} can't be resized here"))
}

fn corrupt(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::with_source(Kind::Corrupt, "the picture is damaged and could not be decoded", cause)
}

fn not_encoded(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::with_source(Kind::Bug, "the picture could not be encoded", cause)
}
