//! `contain`: a picture laid on a ground, which shows around it and, where it is transparent, through it.

use super::geometry::Ground;
use super::pixels::{Layout, Pixels, divide_by_255};
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
            write(over(picture.layout.rgba(from), colour), layout, to);
        }
    }
    laid
}

/// The ground without its picture.
fn covered(ground: Ground, layout: Layout, colour: Option<Rgb>) -> Pixels {
    let mut pixels = Pixels::zeroed(ground.size, layout);
    if let Some(Rgb([r, g, b])) = colour {
        pixels.data.chunks_exact_mut(layout.channels()).for_each(|pixel| write([r, g, b, u8::MAX], layout, pixel));
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

/// A pixel on a colour, through which nothing shows any more.
fn over(pixel: [u8; 4], colour: Option<Rgb>) -> [u8; 4] {
    let Some(Rgb(below)) = colour else { return pixel };
    let [r, g, b, alpha] = pixel;
    let mix = |above: u8, below: u8| {
        divide_by_255(u32::from(above) * u32::from(alpha) + u32::from(below) * u32::from(u8::MAX - alpha))
    };
    [mix(r, below[0]), mix(g, below[1]), mix(b, below[2]), u8::MAX]
}

fn write([r, g, b, a]: [u8; 4], layout: Layout, pixel: &mut [u8]) {
    match layout {
        Layout::Gray => pixel.copy_from_slice(&[r]),
        Layout::GrayAlpha => pixel.copy_from_slice(&[r, a]),
        Layout::Rgb => pixel.copy_from_slice(&[r, g, b]),
        Layout::Rgba | Layout::Cmyk => pixel.copy_from_slice(&[r, g, b, a]),
    }
}
