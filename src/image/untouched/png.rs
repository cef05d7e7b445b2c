//! PNG: the chunks that say what the pixels are, and no others; of an APNG the still picture.

use super::exif;
use crate::image::orient::Orientation;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const KEPT: [&[u8; 4]; 10] = [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP"];

pub(super) fn strip(bytes: &[u8], orientation: Option<Orientation>) -> Option<Vec<u8>> {
    let mut rest = bytes.strip_prefix(SIGNATURE)?;
    let mut stripped = SIGNATURE.to_vec();
    let mut orientation = orientation;
    loop {
        let length = u32::from_be_bytes(*rest.first_chunk()?) as usize;
        let (chunk, after) = rest.split_at_checked(length.checked_add(12)?)?;
        let kind: &[u8; 4] = chunk.get(4..)?.first_chunk()?;
        if kind == b"IDAT"
            && let Some(orientation) = orientation.take()
        {
            stripped.extend(write(b"eXIf", &exif(orientation)));
        }
        if KEPT.contains(&kind) {
            stripped.extend(chunk);
        }
        if kind == b"IEND" {
            return Some(stripped);
        }
        rest = after;
    }
}

fn write(kind: &[u8; 4], contents: &[u8; 26]) -> Vec<u8> {
    let named = [&kind[..], contents].concat();
    [&26_u32.to_be_bytes()[..], &named, &crc32fast::hash(&named).to_be_bytes()].concat()
}
