//! TIFF: the first directory, and whether the strips or tiles that it names are there.

use std::io::{Cursor, ErrorKind};

use tiff::TiffError;
use tiff::decoder::Decoder;
use tiff::tags::{CompressionMethod, Tag};

use super::{Probe, corrupt};
use crate::error::{Error, Kind, Result};
use crate::format::FileType;
use crate::image::geometry::Size;
use crate::image::jpeg_segments::{Part, Walk};
use crate::image::orient::Orientation;

type Reader<'a> = Decoder<Cursor<&'a [u8]>>;

pub(super) fn probe(bytes: &[u8]) -> Result<Probe> {
    // Reads the directory and no pixel.
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(refused)?;
    let (width, height) = decoder.dimensions().map_err(refused)?;
    let compression = decoder.find_tag_unsigned::<u16>(Tag::Compression).map_err(refused)?;
    let is_jpeg = compression == Some(CompressionMethod::ModernJPEG.to_u16());
    if is_jpeg && let Some(tables) = decoder.find_tag(Tag::JPEGTables).map_err(refused)? {
        check_tables(&tables.into_u8_vec().map_err(refused)?)?;
    }
    let mut scans = 1;
    for part in parts(bytes, &mut decoder)? {
        if is_jpeg {
            scans = scans.max(check_jpeg(part, decoder.chunk_dimensions(), (width, height))?);
        }
    }
    let orientation = decoder.find_tag_unsigned::<u16>(Tag::Orientation).ok().flatten();
    let orientation = orientation.map_or_else(Orientation::default, Orientation::from_value);
    Ok(Probe { file_type: FileType::Tiff, size: Size { width, height }, orientation, frames: 1, scans })
}

/// The bytes of every strip or tile.
fn parts<'a>(bytes: &'a [u8], decoder: &mut Reader) -> Result<Vec<&'a [u8]>> {
    let (offsets, lengths) = match decoder.get_chunk_type() {
        tiff::decoder::ChunkType::Strip => (Tag::StripOffsets, Tag::StripByteCounts),
        tiff::decoder::ChunkType::Tile => (Tag::TileOffsets, Tag::TileByteCounts),
    };
    let offsets = decoder.get_tag_u64_vec(offsets).map_err(refused)?;
    let lengths = decoder.get_tag_u64_vec(lengths).map_err(refused)?;
    let part = |(offset, length): (u64, u64)| {
        let end = usize::try_from(offset.checked_add(length)?).ok()?;
        bytes.get(usize::try_from(offset).ok()?..end)
    };
    let parts = offsets.into_iter().zip(lengths).map(part).collect::<Option<Vec<_>>>();
    let parts = parts.ok_or_else(|| corrupt("the TIFF is cut off: a strip or tile ends behind the file's end"))?;
    // The same megabytes named over and over, which unpack to nothing, would cost hours.
    if parts.iter().map(|part| part.len()).sum::<usize>() > bytes.len() {
        return Err(corrupt("the TIFF's strips or tiles lie over each other"));
    }
    Ok(parts)
}

/// What every JPEG in the file begins with: its decoder is given these tables without their end marker, and then the rest. No
/// byte of them may become part of anything that is not in the rest.
fn check_tables(tables: &[u8]) -> Result<()> {
    /// Twice what all tables take that a JPEG can have. They are read anew for every strip.
    const TABLES_BYTES_MAX: usize = 8192;
    if tables.len() > TABLES_BYTES_MAX {
        return Err(corrupt("the JPEG tables in the TIFF are too long"));
    }
    let mut walk = Walk::new(tables);
    loop {
        let before = walk.at();
        match walk.part()? {
            Part::Other(..) => {}
            Part::End if before + 2 == tables.len() => return Ok(()),
            Part::End => return Err(corrupt("the JPEG tables in the TIFF do not end where they say")),
            Part::Frame(..) | Part::Scan(_) => return Err(corrupt("the JPEG tables in the TIFF hold a picture")),
        }
    }
}

/// The JPEG inside a strip or tile must be whole, and no larger than its place: its decoder believes it, and makes room before
/// anyone compares. Returns its scans.
fn check_jpeg(jpeg: &[u8], place: (u32, u32), picture: (u32, u32)) -> Result<u32> {
    /// Tiles may be larger than the picture, but not by any size.
    const TILE_MAX: u32 = 4096;
    let mut walk = Walk::new(jpeg);
    let mut scans = 0;
    loop {
        match walk.part()? {
            Part::End => return Ok(scans),
            Part::Scan(_) => scans += 1,
            Part::Other(..) => {}
            Part::Frame(_, segment) => {
                let [_, h1, h0, w1, w0, ..] = *segment else {
                    return Err(corrupt("the frame header of a JPEG in the TIFF is cut off"));
                };
                let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
                let most = |place: u32, picture: u32| place.min(picture.max(TILE_MAX));
                if u32::from(width) > most(place.0, picture.0) || u32::from(height) > most(place.1, picture.1) {
                    return Err(corrupt(&format!(
                        "a JPEG in the TIFF is {width} × {height} pixels, in a place of {} × {}",
                        place.0, place.1
                    )));
                }
            }
        }
    }
}

fn refused(error: TiffError) -> Error {
    match error {
        TiffError::UnsupportedError(what) => {
            Error::new(Kind::Unsupported, format!("a TIFF of this sort can't be resized here: {what}"))
        }
        TiffError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            corrupt("the TIFF is cut off: its directory can't be read")
        }
        TiffError::LimitsExceeded => {
            Error::new(Kind::Unsupported, "a TIFF with a directory of more than a megabyte can't be resized here")
        }
        TiffError::FormatError(_) | TiffError::IoError(_) | TiffError::IntSizeError | TiffError::UsageError(_) => {
            Error::with_source(Kind::Corrupt, "the TIFF's directory contradicts itself", error)
        }
    }
}
