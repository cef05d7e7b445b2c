//! Colours and channels: what a source's numbers mean, and what a format can hold.

use super::pixels::{Layout, Pixels};
use super::profile::Profile;
use crate::error::Result;
use crate::format::Format;
use crate::params::Rgb;

/// Turns the pixels into sRGB; grey stays grey. A profile that can't be read counts as none.
#[expect(clippy::unnecessary_wraps, reason = "profiles come with the next commit")]
pub(super) fn to_srgb(pixels: Pixels, _profile: Option<&Profile>) -> Result<Pixels> {
    Ok(pixels)
}

/// Gives the pixels a layout that the format's encoder takes: alpha goes where it says nothing or can't be kept, and grey
/// stays grey where the format has it.
pub(super) fn fit_format(pixels: Pixels, format: Format, background: Option<Rgb>) -> Pixels {
    match (pixels.layout, format) {
        (Layout::Rgba, _) if is_opaque(&pixels) => {
            convert(&pixels, Layout::Rgb, |from, to| to.copy_from_slice(&from[..3]))
        }
        (Layout::Rgba, Format::Jpeg) => flatten(&pixels, background.unwrap_or(Rgb::WHITE)),
        (Layout::Gray, Format::Webp) => convert(&pixels, Layout::Rgb, |from, to| to.fill(from[0])),
        (Layout::GrayAlpha, Format::Webp) => {
            convert(&pixels, Layout::Rgba, |from, to| to.copy_from_slice(&[from[0], from[0], from[0], from[1]]))
        }
        (Layout::Gray | Layout::GrayAlpha | Layout::Rgb | Layout::Rgba | Layout::Cmyk, _) => pixels,
    }
}

fn is_opaque(pixels: &Pixels) -> bool {
    pixels.data.chunks_exact(4).all(|pixel| pixel[3] == u8::MAX)
}

/// Lays the picture on a colour.
fn flatten(pixels: &Pixels, Rgb(background): Rgb) -> Pixels {
    convert(pixels, Layout::Rgb, |from, to| {
        let alpha = u32::from(from[3]);
        for (channel, to) in to.iter_mut().enumerate() {
            let sum = u32::from(from[channel]) * alpha + u32::from(background[channel]) * (255 - alpha);
            *to = u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX);
        }
    })
}

fn convert(pixels: &Pixels, layout: Layout, convert_pixel: impl Fn(&[u8], &mut [u8])) -> Pixels {
    let mut converted = Pixels::zeroed(pixels.size(), layout);
    let from = pixels.data.chunks_exact(pixels.layout.channels());
    for (from, to) in from.zip(converted.data.chunks_exact_mut(layout.channels())) {
        convert_pixel(from, to);
    }
    converted
}
