//! PNG, by the `image` family's own decoder and encoder.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngDecoder, PngEncoder};
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder};

use super::super::pixels::{Layout, Pixels};
use super::super::probe::Probe;
use super::{corrupt, not_encoded};
use crate::error::Result;

/// What the decoder may allocate for chunks beside the pixels; a profile that inflates to more is ignored. Not in proportion to
/// the pixels, which this limit does not count: a header that lies about them must not buy room for a bomb.
const ANCILLARY_BYTES: u64 = 16 << 20;
/// The one row that is counted, of 16-bit RGBA.
const ROW_BYTES_PER_PIXEL: u64 = 8;

pub(super) fn decode(bytes: &[u8], probe: &Probe) -> Result<Pixels> {
    let mut limits = image::Limits::no_limits();
    limits.max_image_width = Some(probe.size.width);
    limits.max_image_height = Some(probe.size.height);
    limits.max_alloc = Some(ANCILLARY_BYTES + u64::from(probe.size.width) * ROW_BYTES_PER_PIXEL);
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits).map_err(corrupt)?;
    let has_alpha = decoder.color_type().has_alpha();
    let is_gray = !decoder.color_type().has_color();
    let image = DynamicImage::from_decoder(decoder).map_err(corrupt)?;
    let (width, height) = (image.width(), image.height());
    let (layout, data) = match (has_alpha, is_gray) {
        (false, true) => (Layout::Gray, image.into_luma8().into_raw()),
        (false, false) => (Layout::Rgb, image.into_rgb8().into_raw()),
        (true, _) => (Layout::Rgba, image.into_rgba8().into_raw()),
    };
    Ok(Pixels { width, height, layout, data })
}

pub(super) fn encode(pixels: &Pixels) -> Result<Vec<u8>> {
    let color_type = match pixels.layout {
        Layout::Gray => ExtendedColorType::L8,
        Layout::Rgb => ExtendedColorType::Rgb8,
        Layout::GrayAlpha => ExtendedColorType::La8,
        Layout::Rgba => ExtendedColorType::Rgba8,
        Layout::Cmyk => return Err(not_encoded("CMYK is not written")),
    };
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive)
        .write_image(&pixels.data, pixels.width, pixels.height, color_type)
        .map_err(not_encoded)?;
    Ok(bytes)
}
