//! Channels: what a format can hold.

use crate::format::Format;
use crate::image::pixels::{Layout, Pixels, over};
use crate::params::Rgb;

/// Gives the pixels a layout that the format's encoder takes: alpha goes where it says nothing or can't be kept, and grey
/// stays grey where the format has it. CMYK does not get here, and every encoder refuses it.
pub(in crate::image) fn fit_format(pixels: Pixels, format: Format, background: Option<Rgb>) -> Pixels {
    let pixels = drop_idle_alpha(pixels);
    match (pixels.layout, format) {
        (Layout::GrayAlpha | Layout::Rgba, Format::Jpeg) => flatten(&pixels, background.unwrap_or(Rgb::WHITE)),
        (Layout::GrayAlpha, Format::Webp | Format::Gif | Format::Avif) => {
            convert(&pixels, Layout::Rgba, |from, to| to.copy_from_slice(&[from[0], from[0], from[0], from[1]]))
        }
        (Layout::Gray, Format::Webp | Format::Gif) => convert(&pixels, Layout::Rgb, |from, to| to.fill(from[0])),
        (Layout::Gray | Layout::GrayAlpha | Layout::Rgb | Layout::Rgba | Layout::Cmyk, _) => pixels,
    }
}

/// Red, green, blue and alpha, as the frames of an animation have them; CMYK does not get here.
pub(in crate::image) fn with_alpha(pixels: Pixels) -> Pixels {
    match pixels.layout {
        Layout::Rgba | Layout::Cmyk => pixels,
        layout @ (Layout::Gray | Layout::GrayAlpha | Layout::Rgb) => {
            convert(&pixels, Layout::Rgba, |from, to| to.copy_from_slice(&layout.rgba(from)))
        }
    }
}

fn drop_idle_alpha(pixels: Pixels) -> Pixels {
    let layout = match pixels.layout {
        Layout::GrayAlpha => Layout::Gray,
        Layout::Rgba => Layout::Rgb,
        Layout::Gray | Layout::Rgb | Layout::Cmyk => return pixels,
    };
    let is_opaque = |pixel: &[u8]| pixel.last() == Some(&u8::MAX);
    if !pixels.data.chunks_exact(pixels.layout.channels()).all(is_opaque) {
        return pixels;
    }
    convert(&pixels, layout, |from, to| to.copy_from_slice(&from[..layout.channels()]))
}

/// Lays the picture on a colour. Grey stays grey if the colour is.
fn flatten(pixels: &Pixels, Rgb(background): Rgb) -> Pixels {
    let is_gray = pixels.layout == Layout::GrayAlpha;
    let layout =
        if is_gray && background.iter().all(|part| *part == background[0]) { Layout::Gray } else { Layout::Rgb };
    convert(pixels, layout, |from, to| {
        // Of a grey result the red is all there is, and the same as the others.
        to.copy_from_slice(&over(pixels.layout.rgba(from), background)[..to.len()]);
    })
}

pub(super) fn convert(pixels: &Pixels, layout: Layout, convert_pixel: impl Fn(&[u8], &mut [u8])) -> Pixels {
    let mut converted = Pixels::zeroed(pixels.size(), layout);
    let from = pixels.data.chunks_exact(pixels.layout.channels());
    for (from, to) in from.zip(converted.data.chunks_exact_mut(layout.channels())) {
        convert_pixel(from, to);
    }
    converted
}
