//! WebP, by libwebp through the `webp` crate.

use webp::{Decoder, Encoder, PixelLayout, WebPConfig};

use super::super::pixels::{Layout, Pixels};
use super::super::probe::Probe;
use super::super::profile::Profile;
use super::super::riff;
use super::{corrupt, not_encoded};
use crate::error::Result;

/// libwebp's own default, and sharp's: 2 takes half the time for 4–8 % more bytes, 6 twice the time for 4–6 % fewer.
const EFFORT: i32 = 4;

pub(super) fn decode(bytes: &[u8], probe: &Probe) -> Result<(Pixels, Option<Profile>)> {
    let image = Decoder::new(bytes).decode().ok_or_else(|| corrupt("libwebp refused it"))?;
    if (image.width(), image.height()) != (probe.size.width, probe.size.height) {
        return Err(corrupt("its frame is not of the size that its header says"));
    }
    let layout = match image.layout() {
        PixelLayout::Rgb => Layout::Rgb,
        PixelLayout::Rgba => Layout::Rgba,
    };
    let pixels = Pixels { width: image.width(), height: image.height(), layout, data: image.to_vec() };
    Ok((pixels, riff::chunk(bytes, *b"ICCP").map(|profile| Profile::Icc(profile.to_vec()))))
}

pub(super) fn encode(pixels: &Pixels, quality: u8) -> Result<Vec<u8>> {
    let encoder = match pixels.layout {
        Layout::Rgb => Encoder::from_rgb(&pixels.data, pixels.width, pixels.height),
        Layout::Rgba => Encoder::from_rgba(&pixels.data, pixels.width, pixels.height),
        Layout::Gray | Layout::GrayAlpha | Layout::Cmyk => return Err(not_encoded("WebP has only RGB")),
    };
    let mut config = WebPConfig::new().map_err(|()| not_encoded("libwebp is of another version than its headers"))?;
    config.quality = f32::from(quality);
    config.method = EFFORT;
    let webp = encoder.encode_advanced(&config).map_err(|error| not_encoded(format!("{error:?}")))?;
    Ok(webp.to_vec())
}
