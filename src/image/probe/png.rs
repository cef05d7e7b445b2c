//! PNG: the header chunk, and a walk over the others to the end chunk.

use super::{Probe, corrupt};
use crate::error::Result;
use crate::format::FileType;
use crate::image::geometry::Size;
use crate::image::orient::Orientation;

const SIGNATURE_BYTES: usize = 8;
/// Length, type and checksum around a chunk's contents.
const CHUNK_FRAME_BYTES: usize = 12;

pub(super) fn probe(bytes: &[u8]) -> Result<Probe> {
    let size = header_size(bytes).ok_or_else(|| corrupt("the PNG's header is cut off or misplaced"))?;
    if size.width == 0 || size.height == 0 {
        return Err(corrupt("the PNG says that it is 0 pixels wide or high"));
    }
    let mut orientation = None;
    let is_whole = walk(bytes, |name, contents| {
        if name == b"eXIf" {
            orientation.get_or_insert_with(|| Orientation::from_exif(contents));
        }
    });
    if !is_whole {
        return Err(corrupt("the PNG is cut off: it has no end chunk"));
    }
    let orientation = orientation.unwrap_or_default();
    Ok(Probe { file_type: FileType::Png, size, orientation, frames: 1, scans: 1 })
}

fn header_size(bytes: &[u8]) -> Option<Size> {
    let header = bytes.get(SIGNATURE_BYTES..)?.strip_prefix(b"\0\0\0\x0dIHDR")?;
    let side = |offset| Some(u32::from_be_bytes(*header.get(offset..)?.first_chunk()?));
    Some(Size { width: side(0)?, height: side(4)? })
}

/// Hands over every chunk to the end chunk, before or behind the pixels; [`false`]: there is no end.
pub(in crate::image) fn walk(bytes: &[u8], mut each: impl FnMut(&[u8; 4], &[u8])) -> bool {
    let mut at = SIGNATURE_BYTES;
    while let Some(chunk) = bytes.get(at..)
        && let Some(([l3, l2, l1, l0, name @ ..], rest)) = chunk.split_first_chunk::<8>()
    {
        if name == b"IEND" {
            return chunk.len() >= CHUNK_FRAME_BYTES;
        }
        let length = u32::from_be_bytes([*l3, *l2, *l1, *l0]) as usize;
        if let Some(contents) = rest.get(..length) {
            each(name, contents);
        }
        at = at.saturating_add(length).saturating_add(CHUNK_FRAME_BYTES);
    }
    false
}
