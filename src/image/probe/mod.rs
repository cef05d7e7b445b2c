//! What a source is, read from its header and structure without decoding a pixel.

use super::Limits;
use super::geometry::Size;
use super::orient::Orientation;
use super::pipeline::times;
use crate::error::{Error, Kind, Result};
use crate::format::FileType;

pub(super) mod avif;
mod bmp;
pub(super) mod gif;
mod jpeg;
pub(super) mod png;
mod tiff;
mod webp;

/// The facts that decide how a source is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// By its bytes; name and `Content-Type` have no say.
    pub file_type: FileType,
    /// As stored, before orientation.
    pub size: Size,
    /// How it is turned upright.
    pub orientation: Orientation,
    /// Pictures in it: more than one where it moves.
    pub frames: u32,
    /// Passes over the picture: more than one in a progressive JPEG.
    pub scans: u32,
}

impl Probe {
    /// Width times height.
    pub const fn pixels(&self) -> u64 {
        self.size.width as u64 * self.size.height as u64
    }

    /// The size as seen.
    pub const fn oriented_size(&self) -> Size {
        self.orientation.swap(self.size)
    }

    /// [`Kind::TooLarge`] if decoding so many of its frames would cost more than it may.
    pub fn check(&self, limits: &Limits, frames: u32) -> Result<()> {
        let Size { width, height } = self.size;
        let too_large = |words| Err(Error::new(Kind::TooLarge, words));
        if frames > limits.frames {
            return too_large(format!("the picture has {frames} frames, over the limit of {}", limits.frames));
        }
        let times = times(frames);
        if width.max(height) > limits.source_side {
            let limit = limits.source_side;
            return too_large(format!("the picture is {width} × {height} pixels, over the limit of {limit} a side"));
        }
        if self.pixels().saturating_mul(frames.into()) > limits.source_pixels {
            let limit = limits.source_pixels;
            return too_large(format!(
                "the picture is {width} × {height} pixels{times}, over the limit of {limit} in all"
            ));
        }
        if self.scans > limits.jpeg_scans {
            let (scans, limit) = (self.scans, limits.jpeg_scans);
            return too_large(format!("the JPEG has {scans} scans, over the limit of {limit}"));
        }
        Ok(())
    }
}

/// Reads the header of a file of this type. [`Kind::Unsupported`]: not of a sort that is read here. [`Kind::Corrupt`]: torn or
/// contradicting itself.
pub fn probe(bytes: &[u8], file_type: FileType) -> Result<Probe> {
    match file_type {
        FileType::Jpeg => jpeg::probe(bytes),
        FileType::Png => png::probe(bytes),
        FileType::Webp => webp::probe(bytes),
        FileType::Avif => avif::probe(bytes),
        FileType::Tiff => tiff::probe(bytes),
        FileType::Bmp => bmp::probe(bytes),
        FileType::Gif => gif::probe(bytes),
        FileType::Svg | FileType::Pdf | FileType::Heic | FileType::Mp4 | FileType::Quicktime | FileType::Webm => {
            Err(unsupported(file_type))
        }
    }
}

fn unsupported(file_type: FileType) -> Error {
    Error::new(Kind::Unsupported, format!("{file_type} can't be resized here"))
}

fn corrupt(words: &str) -> Error {
    Error::new(Kind::Corrupt, words)
}
