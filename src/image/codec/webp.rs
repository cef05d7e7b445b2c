//! WebP, by libwebp, through the `webp` crate where that does what is needed; opaque lossy stills are encoded by us, and those of many
//! bytes decoded where a quarter of their sides or less is wanted.

use std::ffi::c_int;

use picture::Picture;
use webp::{BitstreamFeatures, BitstreamFormat, Encoder, WebPConfig};

use super::super::Cancel;
use super::super::animation::Animation;
use super::super::geometry::{Placement, Size};
use super::super::pixels::{Layout, Pixels};
use super::super::planes::{Coded, Planes, Range, repeat_edges};
use super::super::probe::Probe;
use super::super::profile::Profile;
use super::super::reduction::Reduction;
use super::super::riff;
use super::{Decoded, Target, corrupt, flat, not_encoded};
use crate::error::Result;

mod animation;
mod picture;
mod still;
mod vp8;

/// What libwebp says of itself.
type Said<T> = std::result::Result<T, String>;

/// Where nothing is lost, "quality" is how hard libwebp looks for the shortest way to say so.
const LOSSLESS_EFFORT: u8 = 50;

/// The effort at which our own encoder is used: it comes to as few bytes as libwebp at this one, in less time.
const OWN_EFFORT: u8 = 4;

/// A lossy still with more of them libwebp decodes faster: what we are the faster ones to read is too little of it.
const PIXELS_A_BYTE: usize = 5;

/// So many bytes at least pay for the tables that we make before we read any.
const LEAST_BYTES: usize = 1 << 18;

/// Decodes the picture, or the first frame of an animation; a still that allows it no larger than the placement needs.
pub(super) fn decode(bytes: &[u8], probe: &Probe, placement: &Placement) -> Result<Decoded> {
    let whole = probe.size;
    let Some(decoder) = open_still(bytes, probe)? else {
        let (pixels, _) = open(bytes, probe)?.next().map_err(corrupt)?;
        return Ok(Decoded { pixels, reduction: Reduction::NONE, profile: profile(bytes) });
    };
    let size = if decoder.is_reducible() { placement.decode_size(whole) } else { whole };
    let pixels = decoder.decode(size).map_err(corrupt)?;
    Ok(Decoded { pixels, reduction: Reduction::between(whole, size), profile: profile(bytes) })
}

/// Decodes luma and chroma as they are coded, or with half of their sides where that is enough, with so many columns and rows more of
/// chroma. [`None`] where they are not coded so, or alpha is coded with them.
pub(super) fn decode_planes(bytes: &[u8], probe: &Probe, placement: &Placement, more: Size) -> Result<Option<Coded>> {
    let Some(decoder) = open_still(bytes, probe)?.filter(still::Decoder::has_planes) else { return Ok(None) };
    let size = probe.size;
    let half = Planes::chroma_size(size);
    if placement.blurs_blocks()
        && let Some(planes) = decode_halves(bytes, size, more)
    {
        let reduction = Reduction::HALVES;
        return Ok(Some(Coded { size: half, planes, sampling: (2, 2), range: Range::Limited, reduction }));
    }
    let wider = Size { width: half.width + more.width, height: half.height + more.height };
    let mut planes = [size, wider, wider].map(|size| Pixels::zeroed(size, Layout::Gray));
    decoder.decode_planes(&mut planes, placement.blurs_blocks()).map_err(corrupt)?;
    planes[1..].iter_mut().for_each(|plane| repeat_edges(plane, half));
    Ok(Some(Coded { size, planes, sampling: (2, 2), range: Range::Limited, reduction: Reduction::NONE }))
}

/// Luma and chroma with half of their sides, where we are the faster ones to read them.
fn decode_halves(bytes: &[u8], size: Size, more: Size) -> Option<[Pixels; 3]> {
    let frame = riff::chunk(bytes, *b"VP8 ")?;
    let pixels = size.width as usize * size.height as usize;
    let is_faster = frame.len() >= LEAST_BYTES.max(pixels / PIXELS_A_BYTE);
    if is_faster { vp8::halves(frame, size, more) } else { None }
}

/// [`None`]: it moves.
fn open_still<'a>(bytes: &'a [u8], probe: &Probe) -> Result<Option<still::Decoder<'a>>> {
    if BitstreamFeatures::new(bytes).is_some_and(|features| features.has_animation()) {
        return Ok(None);
    }
    let decoder = still::Decoder::new(bytes).map_err(corrupt)?;
    if decoder.size().map_err(corrupt)? != probe.size {
        return Err(corrupt("its frame is not of the size that its header says"));
    }
    Ok(Some(decoder))
}

pub(super) fn profile(bytes: &[u8]) -> Option<Profile> {
    riff::chunk(bytes, *b"ICCP").and_then(Profile::icc)
}

/// Encodes lossy; a drawing from a lossless source also lossless, and the shorter of both is it.
pub(super) fn encode(pixels: &Pixels, target: &Target) -> Result<Vec<u8>> {
    let lossy = match pixels.layout {
        Layout::Rgb => encode_lossy(&Picture::planes(pixels).map_err(not_encoded)?, target)?,
        Layout::Rgba | Layout::Gray | Layout::GrayAlpha | Layout::Cmyk => {
            encode_with(pixels, &config(target, target.quality())?)?
        }
    };
    if !target.is_lossless_source || !flat::is_flat(pixels) {
        return Ok(lossy);
    }
    let lossless = encode_with(pixels, &WebPConfig { lossless: 1, ..config(target, LOSSLESS_EFFORT)? })?;
    Ok(if lossless.len() <= lossy.len() { lossless } else { lossy })
}

/// Encodes what never was RGB, lossy.
pub(super) fn encode_planes(mut planes: Planes, target: &Target) -> Result<Vec<u8>> {
    planes.narrow();
    encode_lossy(&planes, target)
}

/// Of planes in limited range.
fn encode_lossy(planes: &Planes, target: &Target) -> Result<Vec<u8>> {
    let is_own = target.encoding.webp_effort == OWN_EFFORT;
    match is_own.then(|| vp8::encode(planes, target.quality())).flatten() {
        Some(file) => Ok(file),
        None => still::encode(planes, &config(target, target.quality())?).map_err(not_encoded),
    }
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
        each(Decoded { pixels, reduction: Reduction::NONE, profile: profile.clone() }, delay_ms)?;
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

/// In C's numbers; libwebp takes no more a side, and this keeps the products of sides and channels small.
fn sides(Size { width, height }: Size) -> Said<(c_int, c_int)> {
    const MOST: u32 = 16383;
    if width.max(height) > MOST {
        return Err(format!("{width} × {height} pixels are over WebP's limit of {MOST} a side"));
    }
    let side = |side: u32| c_int::try_from(side).map_err(|error| error.to_string());
    Ok((side(width)?, side(height)?))
}

fn version_differs((): ()) -> String {
    "libwebp is of another version than its headers".to_owned()
}
