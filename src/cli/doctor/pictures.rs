//! The pictures that the doctor uploads: noise, since nothing else makes files of a known length at least.

use std::io::Cursor;

use bytes::Bytes;
use image::ExtendedColorType;
use image::codecs::bmp::BmpEncoder;

use crate::error::{Error, Kind, Result};
use crate::image::{Cancel, Options, render};
use crate::variant::Recipe;

/// A JPEG of these sides.
pub(super) fn jpeg(width: u32, height: u32, seed: u32) -> Result<Bytes> {
    let bug = |error| Error::with_source(Kind::Bug, "the test picture could not be made", error);
    let mut state = seed | 1;
    let mut noise = || {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    let pixels: Vec<u8> = (0..width as usize * height as usize * 3).map(|_| noise()).collect();
    let mut bmp = Cursor::new(Vec::new());
    BmpEncoder::new(&mut bmp).encode(&pixels, width, height, ExtendedColorType::Rgb8).map_err(bug)?;
    let recipe = Recipe::parse("f=jpeg,q=90").unwrap_or_else(|| Ok(Recipe::HALF))?;
    Ok(render(bmp.get_ref(), &recipe, &Options::default(), &Cancel::default())?.bytes)
}

/// A JPEG that ends in its middle.
pub(super) fn torn(jpeg: &Bytes) -> Bytes {
    jpeg.slice(..jpeg.len() / 2)
}
