//! The resampler: Lanczos with three lobes, alpha premultiplied.

use fast_image_resize as fir;

use super::geometry::{Placement, Size};
use super::pixels::{Layout, Pixels};
use crate::error::{Error, Kind, Result};

/// Resizes decoded pixels to a placement which is given in the pixels of `source`: the decoder may have scaled already.
pub(super) fn resize(decoded: Pixels, placement: &Placement, source: Size) -> Result<Pixels> {
    let (width, height) = (f64::from(decoded.width), f64::from(decoded.height));
    let (scale_x, scale_y) = (width / f64::from(source.width), height / f64::from(source.height));
    let crop = &placement.crop;
    let (left, top) = (crop.x * scale_x, crop.y * scale_y);
    // Rounding must not carry the far edge over the picture's.
    let (crop_width, crop_height) =
        ((crop.width * scale_x).min(width - left), (crop.height * scale_y).min(height - top));
    if decoded.size() == placement.size && left == 0.0 && top == 0.0 {
        return Ok(decoded);
    }

    let pixel_type = match decoded.layout {
        Layout::Gray => fir::PixelType::U8,
        Layout::Rgb => fir::PixelType::U8x3,
        Layout::Rgba => fir::PixelType::U8x4,
    };
    let mut resized = Pixels::zeroed(placement.size, decoded.layout);
    let from = fir::images::ImageRef::new(decoded.width, decoded.height, &decoded.data, pixel_type).map_err(bug)?;
    let mut to =
        fir::images::Image::from_slice_u8(resized.width, resized.height, &mut resized.data, pixel_type).map_err(bug)?;
    let options = fir::ResizeOptions::new().resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Lanczos3)).crop(
        left,
        top,
        crop_width,
        crop_height,
    );
    fir::Resizer::new().resize(&from, &mut to, &options).map_err(bug)?;
    Ok(resized)
}

fn bug(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::with_source(Kind::Bug, "the picture could not be resized", error)
}
