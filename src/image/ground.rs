//! `contain`: a picture laid on a ground, which shows around it and, where it is transparent, through it.

use super::geometry::Ground;
use super::pixels::{Layout, Pixels, over};
use crate::format::Format;
use crate::params::Rgb;

/// Lays the picture on a ground of this colour; without one it is transparent where the format can say so, else white.
pub(super) fn lay(picture: Pixels, ground: Ground, format: Format, background: Option<Rgb>) -> Pixels {
    let colour = background.or_else(|| (!format.has_alpha()).then_some(Rgb::WHITE));
    if colour.is_none() && ground.size == picture.size() {
        return picture;
    }
    let layout = least_layout(picture.layout, colour);
    let mut laid = covered(ground, layout, colour);
    let (from_channels, to_channels) = (picture.layout.channels(), layout.channels());
    let rows = laid.data.chunks_exact_mut(ground.size.width as usize * to_channels).skip(ground.top as usize);
    for (from, to) in picture.data.chunks_exact(picture.width as usize * from_channels).zip(rows) {
        let to = to.chunks_exact_mut(to_channels).skip(ground.left as usize);
        for (from, to) in from.chunks_exact(from_channels).zip(to) {
            let pixel = picture.layout.rgba(from);
            write(colour.map_or(pixel, |Rgb(below)| opaque(over(pixel, below))), layout, to);
        }
    }
    laid
}

/// The ground without its picture.
fn covered(ground: Ground, layout: Layout, colour: Option<Rgb>) -> Pixels {
    let mut pixels = Pixels::zeroed(ground.size, layout);
    if let Some(Rgb(rgb)) = colour {
        pixels.data.chunks_exact_mut(layout.channels()).for_each(|pixel| write(opaque(rgb), layout, pixel));
    }
    pixels
}

/// The least that holds both the picture and its ground.
fn least_layout(picture: Layout, colour: Option<Rgb>) -> Layout {
    let is_gray = matches!(picture, Layout::Gray | Layout::GrayAlpha);
    match colour {
        Some(Rgb([r, g, b])) if is_gray && r == g && g == b => Layout::Gray,
        Some(_) => Layout::Rgb,
        None if is_gray => Layout::GrayAlpha,
        None => Layout::Rgba,
    }
}

const fn opaque([r, g, b]: [u8; 3]) -> [u8; 4] {
    [r, g, b, u8::MAX]
}

fn write([r, g, b, a]: [u8; 4], layout: Layout, pixel: &mut [u8]) {
    match layout {
        Layout::Gray => pixel.copy_from_slice(&[r]),
        Layout::GrayAlpha => pixel.copy_from_slice(&[r, a]),
        Layout::Rgb => pixel.copy_from_slice(&[r, g, b]),
        Layout::Rgba | Layout::Cmyk => pixel.copy_from_slice(&[r, g, b, a]),
    }
}
