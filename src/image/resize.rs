//! The resampler: Lanczos with three lobes, alpha premultiplied. Where a decoder averaged areas, it gives back what that took off details.

use std::borrow::Cow;
use std::f64::consts::PI;

use fast_image_resize as fir;

use super::codec::Decoded;
use super::geometry::{Placement, Rect, Size};
use super::pixels::{Layout, Pixels};
use super::reduction::Samples;
use crate::error::{Error, Kind, Result};

/// Each way from a sample of the result.
const LOBES: f64 = 3.0;

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
    let Decoded { pixels, reduction, .. } = decoded;
    crop(pixels, reduction.samples, reduction.rect(placement.crop), placement.size)
}

/// Resizes a part of a picture, given in its own pixels.
pub(super) fn crop(pixels: &Pixels, samples: Samples, crop: Rect, size: Size) -> Result<Pixels> {
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
        .resize_alg(fir::ResizeAlg::Convolution(filter(samples, crop, size).map_err(bug)?))
        .crop(crop.x, crop.y, crop_width, crop_height)
        // Black ink is no alpha.
        .use_alpha(pixels.layout != Layout::Cmyk);
    fir::Resizer::new().resize(&from, &mut to, &options).map_err(bug)?;
    Ok(resized)
}

/// Of a part of a picture, in its samples, that becomes so large.
fn filter(samples: Samples, crop: Rect, size: Size) -> Result<fir::FilterType, fir::CreateFilterError> {
    // Pixels of the result for one of the samples, in the direction in which there are fewer.
    let area = (f64::from(size.width) / crop.width).min(f64::from(size.height) / crop.height);
    let of_means = |filter| fir::Filter::new("Lanczos3 of means", filter, LOBES).map(fir::FilterType::Custom);
    match (samples, (10.0 * area).round()) {
        (Samples::Means, 2.0) => of_means(lanczos_of_means::<2>),
        (Samples::Means, 3.0) => of_means(lanczos_of_means::<3>),
        (Samples::Means, 4.0) => of_means(lanczos_of_means::<4>),
        // No decoder leaves less to be done.
        (Samples::Means, 5.0..) => of_means(lanczos_of_means::<5>),
        // Of smaller ones a mean takes less than a hundredth off what is kept.
        (Samples::Means | Samples::Points, _) => Ok(fir::FilterType::Lanczos3),
    }
}

/// What comes to the same of means of areas, so many tenths of the result's pixels wide, as Lanczos does of points: it gives back to
/// details what the mean takes off them, which is to the second order a 24th of their second difference across the area.
fn lanczos_of_means<const TENTHS: u8>(x: f64) -> f64 {
    let width = f64::from(TENTHS) / 10.0;
    let second_difference = lanczos(x - width) - 2.0 * lanczos(x) + lanczos(x + width);
    lanczos(x) - second_difference / 24.0
}

/// sinc(x) sinc(x ÷ 3), by one sine: that of an angle is made of its third's. It is asked for often enough to be seen in a render's time.
fn lanczos(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let third = (PI * x / LOBES).sin();
    let whole = third * (3.0 - 4.0 * third * third);
    if x.abs() < LOBES { LOBES * whole * third / (PI * x).powi(2) } else { 0.0 }
}

fn bug(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::with_source(Kind::Bug, "the picture could not be resized", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "levels and small numbers")]
    fn means_keep_as_much_of_a_detail_as_points_do() {
        const WIDTH: u32 = 600;
        // A wave, a little more than two pixels of the result long, with so many samples a pixel.
        let wave = |samples: u32| {
            let level = |at: u32| 128.0 + 100.0 * (f64::from(2 * at + 1) * PI / f64::from(samples) / 2.37).sin();
            (0..WIDTH * samples).map(level).collect::<Vec<_>>()
        };
        let resized = |row: &[f64], samples: Samples| {
            let (width, data) = (row.len() as u32, row.iter().map(|level| level.round() as u8).collect());
            let whole = Rect { x: 0.0, y: 0.0, width: f64::from(width), height: 1.0 };
            let size = Size { width: WIDTH, height: 1 };
            crop(&Pixels { width, height: 1, layout: Layout::Gray, data }, samples, whole, size).unwrap().data
        };
        let points = resized(&wave(60), Samples::Points);
        for samples in [2, 3, 4, 5] {
            let row = wave(60);
            let areas = row.chunks_exact(60 / samples);
            let means: Vec<_> = areas.map(|area| area.iter().sum::<f64>() / area.len() as f64).collect();
            let off = |by| {
                let pairs = resized(&means, by).into_iter().zip(&points).skip(9).take(WIDTH as usize - 18);
                pairs.map(|(mean, point)| f64::from(mean.abs_diff(*point))).sum::<f64>()
            };
            let (plain, sharper) = (off(Samples::Points), off(Samples::Means));
            assert!(sharper < plain / 2.0, "{samples} samples a pixel: {sharper} for {plain}");
        }
    }
}
