//! WebP: the RIFF frame around it, and libwebp's own reading of the header.

use super::{Probe, corrupt};
use crate::error::Result;
use crate::format::FileType;
use crate::image::geometry::Size;
use crate::image::orient::Orientation;

/// `RIFF` and the length itself are not counted in the length.
const RIFF_FRAME_BYTES: u64 = 8;
/// `RIFF`, the length, `WEBP`.
const RIFF_HEADER_BYTES: usize = 12;
const CHUNK_HEADER_BYTES: usize = 8;

pub(super) fn probe(bytes: &[u8]) -> Result<Probe> {
    let stated = bytes.get(4..).and_then(|rest| rest.first_chunk::<4>()).map(|length| u32::from_le_bytes(*length));
    if stated.is_none_or(|stated| u64::from(stated) + RIFF_FRAME_BYTES > bytes.len() as u64) {
        return Err(corrupt("the WebP is cut off: it is shorter than its header says"));
    }
    let features = webp::BitstreamFeatures::new(bytes).ok_or_else(|| corrupt("the WebP's header can't be read"))?;
    let size = Size { width: features.width(), height: features.height() };
    if size.width == 0 || size.height == 0 {
        return Err(corrupt("the WebP says that it is 0 pixels wide or high"));
    }
    let frames = if features.has_animation() { count_frames(bytes)? } else { 1 };
    Ok(Probe { file_type: FileType::Webp, size, orientation: Orientation::default(), frames, scans: 1 })
}

/// Walks over the chunks of an animation to the end that the header states.
fn count_frames(bytes: &[u8]) -> Result<u32> {
    let mut frames = 0;
    let mut rest = riff_contents(bytes).unwrap_or_default();
    while let Some([kind @ .., l0, l1, l2, l3]) = rest.first_chunk::<8>() {
        let length = u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize;
        // A chunk of odd length is followed by a byte of padding, which the last may lack.
        let end = CHUNK_HEADER_BYTES + length;
        if end > rest.len() {
            return Err(corrupt("the WebP is cut off: a chunk is longer than what is left"));
        }
        frames += u32::from(kind == b"ANMF");
        rest = rest.get(end + length % 2..).unwrap_or_default();
    }
    if frames == 0 {
        return Err(corrupt("the WebP says that it is animated, but has no frame"));
    }
    Ok(frames)
}

/// What lies between the file's header and the end that it states, which [`probe`] found to be there.
fn riff_contents(bytes: &[u8]) -> Option<&[u8]> {
    let stated = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?) as usize;
    bytes.get(RIFF_HEADER_BYTES..stated.checked_add(8)?)
}
