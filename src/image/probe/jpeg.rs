//! JPEG: a walk from marker to marker, to the end of the picture.
//!
//! The walk goes to the end because a file that was cut off anywhere must be refused, also where a scaled decode would not
//! read that far.

use super::{Probe, corrupt};
use crate::error::{Error, Kind, Result};
use crate::format::FileType;
use crate::image::geometry::Size;
use crate::image::jpeg_segments::{APP1, Part, Walk};
use crate::image::orient::Orientation;

pub(super) fn probe(bytes: &[u8]) -> Result<Probe> {
    let mut walk = Walk::new(bytes);
    let mut size = None;
    let mut orientation = None;
    let mut scans = 0;
    loop {
        match walk.part()? {
            Part::End => break,
            Part::Scan(_) => scans += 1,
            Part::Frame(code, segment) => size = Some(frame_size(code, segment)?),
            Part::Other(APP1, segment) => {
                if let Some(tiff) = segment.strip_prefix(b"Exif\0\0") {
                    // The first block counts, as with browsers, Pillow and libexif: a second is what is left of an original.
                    orientation.get_or_insert_with(|| Orientation::from_exif(tiff));
                }
            }
            Part::Other(..) => {}
        }
    }
    match (size, scans) {
        (Some(size), 1..) => {
            let orientation = orientation.unwrap_or_default();
            Ok(Probe { file_type: FileType::Jpeg, size, orientation, frames: 1, scans })
        }
        _ => Err(corrupt("the JPEG ends before its first scan")),
    }
}

fn frame_size(code: u8, segment: &[u8]) -> Result<Size> {
    let [precision, h1, h0, w1, w0, components, ..] = *segment else {
        return Err(corrupt("the JPEG's frame header is cut off"));
    };
    let unsupported =
        |what: &str| Err(Error::new(Kind::Unsupported, format!("a JPEG with {what} can't be resized here")));
    let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
    if width == 0 || height == 0 {
        return Err(corrupt("the JPEG says that it is 0 pixels wide or high"));
    }
    match (code, precision, components) {
        // Baseline, extended and progressive, by Huffman or arithmetic codes.
        (0xC0..=0xC2 | 0xC9 | 0xCA, 8, 1 | 3 | 4) => Ok(Size { width: width.into(), height: height.into() }),
        (0xC0..=0xC2 | 0xC9 | 0xCA, 8, _) => unsupported(&format!("{components} colour components")),
        (0xC0..=0xC2 | 0xC9 | 0xCA, _, _) => unsupported("more than eight bits a sample"),
        _ => unsupported("lossless or hierarchical coding"),
    }
}
