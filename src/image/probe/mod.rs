//! What a source is, read from its header and structure without decoding a pixel.

use super::Limits;
use super::geometry::Size;
use super::orient::Orientation;
use crate::error::{Error, Kind, Result};
use crate::format::Format;

mod jpeg;
mod png;
mod webp;

/// The facts that decide how a source is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// By its bytes; name and `Content-Type` have no say.
    pub format: Format,
    /// As stored, before orientation.
    pub size: Size,
    /// How it is turned upright.
    pub orientation: Orientation,
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

    /// [`Kind::TooLarge`] if decoding would cost more than it may.
    pub fn check(&self, limits: &Limits) -> Result<()> {
        let Size { width, height } = self.size;
        if self.pixels() > limits.source_pixels {
            let limit = limits.source_pixels;
            let words = format!("the picture is {width} × {height} pixels, over the limit of {limit} in all");
            return Err(Error::new(Kind::TooLarge, words));
        }
        if self.scans > limits.jpeg_scans {
            let (scans, limit) = (self.scans, limits.jpeg_scans);
            return Err(Error::new(Kind::TooLarge, format!("the JPEG has {scans} scans, over the limit of {limit}")));
        }
        Ok(())
    }
}

/// Reads the header. [`Kind::Unsupported`]: not a picture, or of a format not read here. [`Kind::Corrupt`]: a picture of a format
/// that is read, but torn or contradicting itself.
pub fn probe(bytes: &[u8]) -> Result<Probe> {
    match sniff(bytes) {
        Sniffed::Read(Format::Jpeg) => jpeg::probe(bytes),
        Sniffed::Read(Format::Png) => png::probe(bytes),
        Sniffed::Read(Format::Webp) => webp::probe(bytes),
        Sniffed::Read(format @ (Format::Avif | Format::Gif)) => Err(unsupported(format.name())),
        Sniffed::Known(Other(name, _)) => Err(unsupported(name)),
        Sniffed::Unknown => Err(Error::new(Kind::Unsupported, "this is not a picture of a format known here")),
    }
}

/// The media type of a file by its first bytes, for uploads that come without one.
pub fn media_type(bytes: &[u8]) -> &'static str {
    match sniff(bytes) {
        Sniffed::Read(format) => format.media_type(),
        Sniffed::Known(Other(_, media_type)) => media_type,
        Sniffed::Unknown => "application/octet-stream",
    }
}

enum Sniffed {
    Read(Format),
    Known(Other),
    Unknown,
}

/// What is recognised but never decoded: its name and its media type.
struct Other(&'static str, &'static str);

fn sniff(bytes: &[u8]) -> Sniffed {
    let at = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    if at(0, b"\xff\xd8\xff") {
        Sniffed::Read(Format::Jpeg)
    } else if at(0, b"\x89PNG\r\n\x1a\n") {
        Sniffed::Read(Format::Png)
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        Sniffed::Read(Format::Webp)
    } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
        Sniffed::Read(Format::Gif)
    } else if at(4, b"ftypavif") || at(4, b"ftypavis") {
        Sniffed::Read(Format::Avif)
    } else if at(4, b"ftyphei") || at(4, b"ftyphev") || at(4, b"ftypmif1") {
        Sniffed::Known(Other("HEIC", "image/heic"))
    } else if at(4, b"ftyp") {
        Sniffed::Known(Other("video", "video/mp4"))
    } else if at(0, b"II*\0") || at(0, b"MM\0*") {
        Sniffed::Known(Other("TIFF", "image/tiff"))
    } else if at(0, b"BM") {
        Sniffed::Known(Other("BMP", "image/bmp"))
    } else if at(0, b"%PDF-") {
        Sniffed::Known(Other("PDF", "application/pdf"))
    } else if at(0, b"<svg") || at(0, b"<?xml") {
        Sniffed::Known(Other("SVG", "image/svg+xml"))
    } else {
        Sniffed::Unknown
    }
}

fn unsupported(what: &str) -> Error {
    Error::new(Kind::Unsupported, format!("{what} can't be resized here; JPEG, PNG and WebP can"))
}

fn corrupt(words: &str) -> Error {
    Error::new(Kind::Corrupt, words)
}
