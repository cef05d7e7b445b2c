//! BMP, by the `image` family's decoder. A profile, which only the newest header can hold, is ignored as everywhere.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::{ColorType, ImageDecoder, ImageError};

use super::super::pixels::{Layout, Pixels};
use super::super::probe::Probe;
use super::corrupt;
use crate::error::{Error, Kind, Result};

pub(super) fn decode(bytes: &[u8], probe: &Probe) -> Result<Pixels> {
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(refused)?;
    if decoder.dimensions() != (probe.size.width, probe.size.height) {
        return Err(corrupt("its header is not the one that was looked at"));
    }
    let layout = if decoder.color_type() == ColorType::Rgba8 { Layout::Rgba } else { Layout::Rgb };
    let mut pixels = Pixels::zeroed(probe.size, layout);
    if decoder.total_bytes() != pixels.data.len() as u64 {
        return Err(corrupt("it has a palette's numbers and no palette"));
    }
    decoder.read_image(&mut pixels.data).map_err(refused)?;
    Ok(pixels)
}

fn refused(error: ImageError) -> Error {
    if let ImageError::Unsupported(what) = error {
        return Error::new(Kind::Unsupported, format!("a BMP of this sort can't be resized here: {what}"));
    }
    corrupt(error)
}
