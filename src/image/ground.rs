//! `contain`: a picture laid on a larger ground.

use super::geometry::Ground;
use super::pixels::{Layout, Pixels};
use crate::format::Format;
use crate::params::Rgb;

/// Lays the picture on a ground of this colour; without one it is transparent where the format can say so, else white.
pub(super) fn lay(picture: &Pixels, ground: Ground, format: Format, background: Option<Rgb>) -> Pixels {
    let Rgb([r, g, b]) = background.unwrap_or(Rgb::WHITE);
    let is_opaque = background.is_some() || !format.has_alpha();
    let fill = [r, g, b, if is_opaque { u8::MAX } else { 0 }];
    let layout = common_layout(picture.layout, fill);
    let mut laid = Pixels::zeroed(ground.size, layout);
    let channels = layout.channels();
    for pixel in laid.data.chunks_exact_mut(channels) {
        write(fill, layout, pixel);
    }
    let row_bytes = laid.width as usize * channels;
    let (left, top) = (ground.left as usize * channels, ground.top as usize);
    let picture_channels = picture.layout.channels();
    let rows = picture.data.chunks_exact(picture.width as usize * picture_channels);
    for (from, to) in rows.zip(laid.data.chunks_exact_mut(row_bytes).skip(top)) {
        let pixels = from.chunks_exact(picture_channels).zip(to[left..].chunks_exact_mut(channels));
        pixels.for_each(|(from, to)| write(read(picture.layout, from), layout, to));
    }
    laid
}

/// The least that holds both.
fn common_layout(picture: Layout, [r, g, b, alpha]: [u8; 4]) -> Layout {
    let is_gray = r == g && g == b;
    let is_opaque = alpha == u8::MAX;
    match picture {
        Layout::Gray if is_gray && is_opaque => Layout::Gray,
        Layout::Gray | Layout::GrayAlpha if is_gray => Layout::GrayAlpha,
        Layout::Gray | Layout::Rgb if is_opaque => Layout::Rgb,
        Layout::Gray | Layout::GrayAlpha | Layout::Rgb | Layout::Rgba => Layout::Rgba,
        Layout::Cmyk => unreachable!("colours are sRGB before a picture is laid on anything"),
    }
}

fn read(layout: Layout, pixel: &[u8]) -> [u8; 4] {
    match (layout, pixel) {
        (Layout::Gray, [l, ..]) => [*l, *l, *l, u8::MAX],
        (Layout::GrayAlpha, [l, a, ..]) => [*l, *l, *l, *a],
        (Layout::Rgb, [r, g, b, ..]) => [*r, *g, *b, u8::MAX],
        (Layout::Rgba, [r, g, b, a, ..]) => [*r, *g, *b, *a],
        (Layout::Gray | Layout::GrayAlpha | Layout::Rgb | Layout::Rgba | Layout::Cmyk, _) => [0; 4],
    }
}

fn write([r, g, b, a]: [u8; 4], layout: Layout, pixel: &mut [u8]) {
    match layout {
        Layout::Gray => pixel.copy_from_slice(&[r]),
        Layout::GrayAlpha => pixel.copy_from_slice(&[r, a]),
        Layout::Rgb => pixel.copy_from_slice(&[r, g, b]),
        Layout::Rgba | Layout::Cmyk => pixel.copy_from_slice(&[r, g, b, a]),
    }
}
