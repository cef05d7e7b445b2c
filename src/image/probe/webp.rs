//! WebP: the RIFF frame around it, and libwebp's own reading of the header.

use super::{Probe, corrupt};
use crate::error::Result;
use crate::format::FileType;
use crate::image::geometry::Size;
use crate::image::orient::Orientation;
use crate::image::riff;

/// `RIFF` and the length itself are not counted in the length.
const RIFF_FRAME_BYTES: u64 = 8;

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
    Ok(Probe { file_type: FileType::Webp, size, orientation: orientation(bytes), frames, scans: 1 })
}

/// Some writers put JPEG's prefix before the block.
fn orientation(bytes: &[u8]) -> Orientation {
    let block = riff::chunk(bytes, *b"EXIF").unwrap_or_default();
    Orientation::from_exif(block.strip_prefix(b"Exif\0\0").unwrap_or(block))
}

/// Walks over the chunks of an animation to the end that the header states.
fn count_frames(bytes: &[u8]) -> Result<u32> {
    let mut frames = 0;
    for (name, contents) in riff::chunks(bytes) {
        if contents.is_none() {
            return Err(corrupt("the WebP is cut off: a chunk is longer than what is left"));
        }
        frames += u32::from(name == *b"ANMF");
    }
    if frames == 0 {
        return Err(corrupt("the WebP says that it is animated, but has no frame"));
    }
    Ok(frames)
}
