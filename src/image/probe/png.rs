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
    if !reaches_end(bytes) {
        return Err(corrupt("the PNG is cut off: it has no end chunk"));
    }
    Ok(Probe { file_type: FileType::Png, size, orientation: Orientation::default(), frames: 1, scans: 1 })
}

fn header_size(bytes: &[u8]) -> Option<Size> {
    let header = bytes.get(SIGNATURE_BYTES..)?.strip_prefix(b"\0\0\0\x0dIHDR")?;
    let side = |offset| Some(u32::from_be_bytes(*header.get(offset..)?.first_chunk()?));
    Some(Size { width: side(0)?, height: side(4)? })
}

fn reaches_end(bytes: &[u8]) -> bool {
    let mut at = SIGNATURE_BYTES;
    while let Some(chunk) = bytes.get(at..)
        && let Some([l3, l2, l1, l0, kind @ ..]) = chunk.first_chunk::<8>()
    {
        if kind == b"IEND" {
            return chunk.len() >= CHUNK_FRAME_BYTES;
        }
        at = at.saturating_add(u32::from_be_bytes([*l3, *l2, *l1, *l0]) as usize).saturating_add(CHUNK_FRAME_BYTES);
    }
    false
}
