//! The resampler: Lanczos with three lobes, alpha premultiplied.

use std::borrow::Cow;

use fast_image_resize as fir;

use super::codec::Decoded;
use super::geometry::{Placement, Rect, Size};
use super::pixels::{Layout, Pixels};
use crate::error::{Error, Kind, Result};

/// Resizes decoded pixels to a placement, which is given in pixels of the source: the decoder may have scaled already.
pub(super) fn resize(decoded: Cow<Decoded>, placement: &Placement) -> Result<Pixels> {
    if decoded.pixels.size() == placement.size {
        return Ok(decoded.into_owned().pixels);
    }
    let resized = resample(&decoded, placement);
    if let Cow::Owned(decoded) = decoded {
        decoded.pixels.give_back();
    }
    resized
}

/// The same to new pixels, whatever the sizes.
pub(super) fn resample(decoded: &Decoded, placement: &Placement) -> Result<Pixels> {
    crop(&decoded.pixels, decoded.reduction.rect(placement.crop), placement.size)
}

/// Resizes a part of a picture, given in its own pixels.
pub(super) fn crop(pixels: &Pixels, crop: Rect, size: Size) -> Result<Pixels> {
    // Rounding must not carry the far edge over the picture's.
    let crop_width = crop.width.min(f64::from(pixels.width) - crop.x);
    let crop_height = crop.height.min(f64::from(pixels.height) - crop.y);

    let pixel_type = match pixels.layout {
        Layout::Gray => fir::PixelType::U8,
        Layout::Rgb => fir::PixelType::U8x3,
        Layout::GrayAlpha => fir::PixelType::U8x2,
        Layout::Rgba | Layout::Cmyk => fir::PixelType::U8x4,
    };
    let mut resized = Pixels::zeroed(size, pixels.layout);
    let from = fir::images::ImageRef::new(pixels.width, pixels.height, &pixels.data, pixel_type).map_err(bug)?;
    let mut to =
        fir::images::Image::from_slice_u8(resized.width, resized.height, &mut resized.data, pixel_type).map_err(bug)?;
    let options = fir::ResizeOptions::new()
        .resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Lanczos3))
        .crop(crop.x, crop.y, crop_width, crop_height)
        // Black ink is no alpha.
        .use_alpha(pixels.layout != Layout::Cmyk);
    fir::Resizer::new().resize(&from, &mut to, &options).map_err(bug)?;
    Ok(resized)
}

fn bug(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::with_source(Kind::Bug, "the picture could not be resized", error)
}
