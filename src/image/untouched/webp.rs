//! WebP: the chunks of the picture and its profile.

use super::exif;
use crate::image::orient::Orientation;

const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;

pub(super) fn strip(bytes: &[u8], orientation: Option<Orientation>) -> Option<Vec<u8>> {
    let length = u32::from_le_bytes(*bytes.strip_prefix(b"RIFF")?.first_chunk()?) as usize;
    let mut rest = bytes.get(12..length.checked_add(8)?)?;
    let mut stripped = b"WEBP".to_vec();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(*rest.get(4..)?.first_chunk()?) as usize;
        // Chunks are padded to an even length; the last one's padding is sometimes forgotten.
        let padded = 8_usize.checked_add(length)?.checked_add(length % 2)?;
        let (chunk, after) = rest.split_at_checked(padded.min(rest.len()))?;
        match chunk.first_chunk::<4>()? {
            b"VP8X" => {
                let at = stripped.len() + 8;
                stripped.extend(chunk);
                let flags = stripped.get_mut(at)?;
                *flags &= !(HAS_EXIF | HAS_XMP);
                *flags |= if orientation.is_some() { HAS_EXIF } else { 0 };
            }
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => stripped.extend(chunk),
            _ => {}
        }
        rest = after;
    }
    if let Some(orientation) = orientation {
        stripped.extend([&b"EXIF\x1a\0\0\0"[..], &exif(orientation)].concat());
    }
    Some([b"RIFF", &u32::try_from(stripped.len()).ok()?.to_le_bytes()[..], &stripped].concat())
}
