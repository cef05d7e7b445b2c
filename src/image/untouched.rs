//! A source as it is, without its metadata: what is answered where a picture that nothing is done to would grow by being
//! encoded anew.
//!
//! What makes the picture look as it does stays: the profile, and of EXIF the orientation.

use super::orient::Orientation;
use super::probe::Probe;
use crate::format::FileType;

mod avif;
mod gif;
mod jpeg;
mod png;
mod webp;

/// The file without its metadata, never longer than it was; [`None`] if its structure can't be followed.
pub(super) fn strip(bytes: &[u8], probe: &Probe) -> Option<Vec<u8>> {
    let orientation = Some(probe.orientation).filter(|orientation| *orientation != Orientation::Upright);
    let stripped = match probe.file_type {
        FileType::Jpeg => jpeg::strip(bytes, orientation),
        FileType::Png => png::strip(bytes, orientation),
        FileType::Webp => webp::strip(bytes, orientation),
        FileType::Gif => gif::strip(bytes),
        FileType::Avif => avif::strip(bytes),
        FileType::Tiff
        | FileType::Bmp
        | FileType::Svg
        | FileType::Pdf
        | FileType::Heic
        | FileType::Mp4
        | FileType::Quicktime
        | FileType::Webm => None,
    };
    stripped.filter(|stripped| stripped.len() <= bytes.len())
}

/// The shortest EXIF block that states an orientation: a TIFF header and a directory of one entry.
fn exif(orientation: Orientation) -> [u8; 26] {
    let mut block = *b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    block[19] = orientation.to_exif();
    block
}
