//! WebP, by libwebp through the `webp` crate.

use webp::{BitstreamFeatures, BitstreamFormat, Decoder, Encoder, PixelLayout, WebPConfig};

use super::super::Cancel;
use super::super::animation::Animation;
use super::super::pixels::{Layout, Pixels};
use super::super::probe::Probe;
use super::super::profile::Profile;
use super::super::riff;
use super::{Decoded, Target, corrupt, not_encoded};
use crate::error::Result;

mod animation;
mod flat;

/// Where nothing is lost, "quality" is how hard libwebp looks for the shortest way to say so.
const LOSSLESS_EFFORT: u8 = 50;

/// Decodes the picture, or the first frame of an animation.
pub(super) fn decode(bytes: &[u8], probe: &Probe) -> Result<(Pixels, Option<Profile>)> {
    if BitstreamFeatures::new(bytes).is_some_and(|features| features.has_animation()) {
        return Ok((open(bytes, probe)?.next().map_err(corrupt)?.0, profile(bytes)));
    }
    let image = Decoder::new(bytes).decode().ok_or_else(|| corrupt("libwebp refused it"))?;
    if (image.width(), image.height()) != (probe.size.width, probe.size.height) {
        return Err(corrupt("its frame is not of the size that its header says"));
    }
    let layout = match image.layout() {
        PixelLayout::Rgb => Layout::Rgb,
        PixelLayout::Rgba => Layout::Rgba,
    };
    let pixels = Pixels { width: image.width(), height: image.height(), layout, data: image.to_vec() };
    Ok((pixels, profile(bytes)))
}

fn profile(bytes: &[u8]) -> Option<Profile> {
    riff::chunk(bytes, *b"ICCP").and_then(Profile::icc)
}

/// Encodes lossy; a drawing from a lossless source also lossless, and the shorter of both is it.
pub(super) fn encode(pixels: &Pixels, target: &Target) -> Result<Vec<u8>> {
    let lossy = encode_with(pixels, &config(target, target.quality())?)?;
    if !target.is_lossless_source || !flat::is_flat(pixels) {
        return Ok(lossy);
    }
    let lossless = encode_with(pixels, &WebPConfig { lossless: 1, ..config(target, LOSSLESS_EFFORT)? })?;
    Ok(if lossless.len() <= lossy.len() { lossless } else { lossy })
}

fn encode_with(pixels: &Pixels, config: &WebPConfig) -> Result<Vec<u8>> {
    let encoder = match pixels.layout {
        Layout::Rgb => Encoder::from_rgb(&pixels.data, pixels.width, pixels.height),
        Layout::Rgba => Encoder::from_rgba(&pixels.data, pixels.width, pixels.height),
        Layout::Gray | Layout::GrayAlpha | Layout::Cmyk => return Err(not_encoded("WebP has only RGB")),
    };
    let webp = encoder.encode_advanced(config).map_err(|error| not_encoded(format!("{error:?}")))?;
    Ok(webp.to_vec())
}

/// Whether a source is coded so that nothing of it was lost; an animation if that goes for each of its frames.
pub(super) fn is_lossless(bytes: &[u8]) -> bool {
    let Some(features) = BitstreamFeatures::new(bytes) else { return false };
    if !features.has_animation() {
        return matches!(features.format(), Some(BitstreamFormat::Lossless));
    }
    // Of an animation libwebp says nothing, since its frames may differ.
    let frames = riff::chunks(bytes).filter(|(name, _)| name == b"ANMF").filter_map(|(_, frame)| frame);
    let pictures = frames.filter_map(|frame| frame.get(riff::ANMF_HEAD_BYTES..)).flat_map(riff::chunks_of);
    pictures.map(|(name, _)| name).all(|name| name != *b"VP8 ")
}

/// Hands over the frames as they are seen, and returns how often they are played, 0 for ever.
pub(super) fn decode_frames(
    bytes: &[u8],
    probe: &Probe,
    each: &mut dyn FnMut(Decoded, u32) -> Result<()>,
) -> Result<u16> {
    let mut decoder = open(bytes, probe)?;
    let profile = profile(bytes);
    for _ in 0..probe.frames {
        let (pixels, delay_ms) = decoder.next().map_err(corrupt)?;
        each(Decoded { pixels, divisor: 1, profile: profile.clone() }, delay_ms)?;
    }
    Ok(decoder.loops())
}

fn open<'a>(bytes: &'a [u8], probe: &Probe) -> Result<animation::Decoder<'a>> {
    let decoder = animation::Decoder::new(bytes).map_err(corrupt)?;
    if decoder.size() != probe.size {
        return Err(corrupt("its frame is not of the size that its header says"));
    }
    if decoder.frames() != probe.frames {
        return Err(corrupt("it has not as many frames as chunks for them"));
    }
    Ok(decoder)
}

/// libwebp finds what changes between frames, and never inserts a whole one that would not be needed. Of drawings it tries each
/// frame lossless too.
pub(super) fn encode_animation(animation: &Animation, target: &Target, cancel: &Cancel) -> Result<Vec<u8>> {
    let first = animation.frames.first().ok_or_else(|| not_encoded("an animation without frames"))?;
    let config = config(target, target.quality())?;
    let is_mixed = target.is_lossless_source && flat::is_flat(&first.pixels);
    let mut encoder = animation::Encoder::new(first.pixels.size(), animation.loops, is_mixed).map_err(not_encoded)?;
    for frame in &animation.frames {
        cancel.check()?;
        encoder.add(&frame.pixels, frame.delay_ms, &config).map_err(not_encoded)?;
    }
    encoder.finish().map_err(not_encoded)
}

fn config(target: &Target, quality: u8) -> Result<WebPConfig> {
    let mut config = WebPConfig::new().map_err(|()| not_encoded("libwebp is of another version than its headers"))?;
    config.quality = f32::from(quality);
    config.method = target.encoding.webp_effort.into();
    Ok(config)
}
