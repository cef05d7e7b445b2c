//! JPEG: what a decoder needs of it, and the profile.

use super::exif;
use crate::image::jpeg_segments::{APP1, APP2, APP14, EOI, SOI, SOS, Walk};
use crate::image::orient::Orientation;

const APP0: u8 = 0xE0;
/// The header of JFIF 1.1 for square pixels, without the thumbnail that one may hold.
const JFIF: &[u8] = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
/// As long as libjpeg wants it; nothing belongs behind it.
const ADOBE_BYTES: usize = 12;

pub(super) fn strip(bytes: &[u8], mut orientation: Option<Orientation>) -> Option<Vec<u8>> {
    let mut walk = Walk::new(bytes);
    let mut stripped = vec![0xFF, SOI];
    let mut scan = None;
    loop {
        let code = walk.marker().ok()?;
        // Within a scan these belong to its data; elsewhere they say nothing.
        if matches!(code, 0x01 | 0xD0..=0xD7 | SOI) {
            continue;
        }
        if let Some(start) = scan.take() {
            stripped.extend(bytes.get(start..walk.at() - 2)?);
        }
        match code {
            // Telephones hide films and further pictures behind the end.
            EOI => {
                stripped.extend([0xFF, EOI]);
                return Some(stripped);
            }
            // Browsers have no arithmetic decoding, so that only our encoding is seen there.
            0xC9..=0xCB | 0xCD..=0xCF => return None,
            _ => {}
        }
        // JFIF's header comes first, or it is none.
        if code != APP0
            && let Some(orientation) = orientation.take()
        {
            write(APP1, &[b"Exif\0\0", &exif(orientation)[..]].concat(), &mut stripped)?;
        }
        if let Some(contents) = kept(code, walk.segment().ok()?) {
            write(code, contents, &mut stripped)?;
        }
        scan = (code == SOS).then(|| walk.at());
    }
}

/// What stays of a segment.
fn kept(code: u8, contents: &[u8]) -> Option<&[u8]> {
    match code {
        APP0 => (contents.starts_with(b"JFIF\0") && contents.len() >= JFIF.len()).then_some(JFIF),
        APP2 => contents.starts_with(b"ICC_PROFILE\0").then_some(contents),
        // How three or four components are to be read.
        APP14 => contents.get(..ADOBE_BYTES).filter(|contents| contents.starts_with(b"Adobe")),
        // Frames, tables, scans, the number of lines and the restart interval.
        0xC0..=0xCF | SOS..=0xDD => Some(contents),
        _ => None,
    }
}

fn write(code: u8, contents: &[u8], to: &mut Vec<u8>) -> Option<()> {
    to.extend([0xFF, code]);
    to.extend(u16::try_from(contents.len() + 2).ok()?.to_be_bytes());
    to.extend(contents);
    Some(())
}
