//! JPEG: the application segments before the first scan.

use super::exif;
use crate::image::orient::Orientation;

const SOI: [u8; 2] = [0xFF, 0xD8];
const SOS: u8 = 0xDA;
const APP0: u8 = 0xE0;
const APP1: u8 = 0xE1;
const APP2: u8 = 0xE2;
const APP14: u8 = 0xEE;
const APP15: u8 = 0xEF;
const COM: u8 = 0xFE;

pub(super) fn strip(bytes: &[u8], orientation: Option<Orientation>) -> Option<Vec<u8>> {
    let mut rest = bytes.strip_prefix(&SOI)?;
    let mut stripped = SOI.to_vec();
    let mut orientation = orientation;
    loop {
        // Fill bytes may stand before a marker.
        while let [0xFF, 0xFF, ..] = rest {
            rest = &rest[1..];
        }
        let [0xFF, code, l1, l0, ..] = *rest else { return None };
        let (segment, after) = rest.split_at_checked(2 + usize::from(u16::from_be_bytes([l1, l0])))?;
        // JFIF's own header comes first, or it is none.
        if code != APP0
            && let Some(orientation) = orientation.take()
        {
            let block = exif(orientation);
            let length = u16::try_from(2 + EXIF.len() + block.len()).ok()?.to_be_bytes();
            stripped.extend([&[0xFF, APP1][..], &length, EXIF, &block].concat());
        }
        if code == SOS {
            // Between and after the scans there is nothing of this kind, but what follows the picture itself.
            stripped.extend(&rest[..end_of_picture(rest)?]);
            return Some(stripped);
        }
        if is_kept(code, segment.get(4..)?) {
            stripped.extend(segment);
        }
        rest = after;
    }
}

const EXIF: &[u8] = b"Exif\0\0";

fn is_kept(code: u8, contents: &[u8]) -> bool {
    match code {
        APP0 => contents.starts_with(b"JFIF\0"),
        APP2 => contents.starts_with(b"ICC_PROFILE\0"),
        // How three or four components are to be read.
        APP14 => contents.starts_with(b"Adobe"),
        APP1..=APP15 | COM => false,
        _ => true,
    }
}

/// Past the end marker, behind which telephones hide films and further pictures.
fn end_of_picture(scans: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr(0xFF, scans.get(at..)?)?;
        match *scans.get(at + 1)? {
            0xD9 => return Some(at + 2),
            0xFF => at += 1,
            0x00 | 0x01 | 0xD0..=0xD7 => at += 2,
            _ => at += 2 + usize::from(u16::from_be_bytes([*scans.get(at + 2)?, *scans.get(at + 3)?])),
        }
    }
}
