//! BMP: the two headers, and whether the rows that they ask for are there.

use super::{Probe, corrupt};
use crate::error::{Error, Kind, Result};
use crate::format::FileType;
use crate::image::geometry::Size;
use crate::image::orient::Orientation;

/// Where the fields lie, from the file's first byte.
const DATA_OFFSET: usize = 10;
const HEADER_LENGTH: usize = 14;
const WIDTH: usize = 18;
const HEIGHT: usize = 22;
const BITS: usize = 28;
const COMPRESSION: usize = 30;
const DATA_LENGTH: usize = 34;

/// The length of OS/2's header, where sides have two bytes.
const CORE_HEADER: u32 = 12;

/// What the headers say.
struct Header {
    size: Size,
    data_offset: u64,
    /// What the pixels take at least.
    data_bytes: u64,
}

pub(super) fn probe(bytes: &[u8]) -> Result<Probe> {
    let Header { size, data_offset, data_bytes } =
        header(bytes).ok_or_else(|| corrupt("the BMP is cut off within its header"))??;
    if size.width == 0 || size.height == 0 {
        return Err(corrupt("the BMP says that it is 0 pixels wide or high"));
    }
    if data_offset.saturating_add(data_bytes) > bytes.len() as u64 {
        let (found, asked) = (bytes.len(), data_offset.saturating_add(data_bytes));
        return Err(corrupt(&format!("the BMP is cut off: its pixels end at byte {asked}, the file at {found}")));
    }
    Ok(Probe { file_type: FileType::Bmp, size, orientation: Orientation::default(), frames: 1, scans: 1 })
}

/// [`None`]: cut off.
fn header(bytes: &[u8]) -> Option<Result<Header>> {
    let word = |at: usize| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let double = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let data_offset = u64::from(double(DATA_OFFSET)?);
    let length = double(HEADER_LENGTH)?;
    if length == CORE_HEADER {
        let size = Size { width: word(WIDTH)?.into(), height: word(WIDTH + 2)?.into() };
        let data_bytes = row_bytes(size.width, word(WIDTH + 6)?) * u64::from(size.height);
        return Some(Ok(Header { size, data_offset, data_bytes }));
    }
    let compression = double(COMPRESSION)?;
    let width = double(WIDTH)?;
    if i32::try_from(width).is_err() {
        return Some(Err(corrupt("the BMP says that it is fewer than 0 pixels wide")));
    }
    // Negative where the first row is the top one.
    let height = double(HEIGHT)?.cast_signed().unsigned_abs();
    let size = Size { width, height };
    let data_bytes = match compression {
        // Without compression, and with bit masks.
        0 | 3 | 6 => row_bytes(width, word(BITS)?).saturating_mul(height.into()),
        // Runs, whose length no size tells.
        1 | 2 => double(DATA_LENGTH)?.into(),
        other => {
            let words = format!("a BMP of compression {other} can't be resized here");
            return Some(Err(Error::new(Kind::Unsupported, words)));
        }
    };
    Some(Ok(Header { size, data_offset, data_bytes }))
}

/// Rows are of whole groups of four bytes.
fn row_bytes(width: u32, bits: u16) -> u64 {
    (u64::from(width) * u64::from(bits)).div_ceil(32) * 4
}
