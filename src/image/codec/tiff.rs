//! TIFF, by the `image` family's decoder: the first picture of the file, in any of the layouts that cameras, scanners and
//! layout programs write.

use std::io::Cursor;

use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::{CompressionMethod, SampleFormat, Tag, Type, ValueBuffer};
use tiff::{ColorType, TiffError};

use super::super::pixels::{Layout, Pixels, eight_bits, unmultiply};
use super::super::probe::Probe;
use super::super::profile::Profile;
use super::corrupt;
use crate::error::{Error, Kind, Result};

mod samples;

/// The largest pixel: four channels (of ink, or with alpha) of sixteen bits.
const PIXEL_BYTES_MAX: usize = 8;
/// For the profile.
const TAG_BYTES_MAX: usize = 4 << 20;
/// What `ExtraSamples` calls alpha that is multiplied into the colours.
const PREMULTIPLIED: u16 = 1;

pub(super) fn decode(bytes: &[u8], probe: &Probe) -> Result<(Pixels, Option<Profile>)> {
    let (width, height) = (probe.size.width, probe.size.height);
    let mut limits = Limits::default();
    // The profile counts as a picture here, and a small picture may have a large one.
    limits.decoding_buffer_size = (width as usize * height as usize * PIXEL_BYTES_MAX).max(TAG_BYTES_MAX);
    limits.intermediate_buffer_size = limits.decoding_buffer_size.saturating_add(bytes.len());
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(refused)?.with_limits(limits);
    let color_type = decoder.colortype().map_err(refused)?;
    let extra = decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).ok().flatten().unwrap_or_default();
    let (layout, depth) = layout(color_type, &extra)?;
    let profile = profile(&mut decoder);

    let compression = decoder.find_tag_unsigned::<u16>(Tag::Compression).ok().flatten();
    if layout == Layout::GrayAlpha && compression == Some(CompressionMethod::ModernJPEG.to_u16()) {
        // Its two components are no colour space, and the decoder takes them for one.
        return Err(unsupported("grey and alpha in JPEG"));
    }
    let stored = decoder.image_buffer_layout().map_err(refused)?;
    if stored.sample_format != SampleFormat::Uint {
        return Err(unsupported(&format!("samples that are not whole numbers ({:?})", stored.sample_format)));
    }
    let mut result = DecodingResult::U8(Vec::new());
    let stored = decoder.read_image_to_buffer(&mut result).map_err(refused)?;
    let data = if let DecodingResult::U8(data) = result {
        if depth < 8 { samples::unpack(&data, width as usize, depth) } else { data }
    } else if let DecodingResult::U16(data) = result {
        data.into_iter().map(eight_bits).collect()
    } else {
        return Err(unsupported("more than sixteen bits a sample"));
    };
    let mut data = if stored.planes > 1 { samples::interleave(&data, stored.planes) } else { data };
    if matches!(color_type, ColorType::YCbCr(_)) {
        samples::to_rgb(&mut data);
    }
    if extra.first() == Some(&PREMULTIPLIED) && matches!(layout, Layout::GrayAlpha | Layout::Rgba) {
        unmultiply(&mut data, layout.channels());
    }
    if data.len() != width as usize * height as usize * layout.channels() {
        return Err(corrupt("it has not as many samples as its size and channels ask for"));
    }
    Ok((Pixels { width, height, layout, data }, profile))
}

/// Not by the decoder's list of values, which takes 32 bytes for one.
fn profile(decoder: &mut Decoder<Cursor<&[u8]>>) -> Option<Profile> {
    let mut profile = ValueBuffer::empty(Type::UNDEFINED);
    decoder.image_ifd().find_tag_buf(Tag::IccProfile, &mut profile).ok()??;
    Profile::icc(profile.as_bytes())
}

/// What the pixels become, and the bits of a stored sample.
#[expect(clippy::wildcard_enum_match_arm, reason = "the list is the decoder's, and may grow")]
fn layout(color_type: ColorType, extra: &[u16]) -> Result<(Layout, u8)> {
    let (layout, depth) = match color_type {
        ColorType::Gray(depth @ (1 | 2 | 4 | 8 | 16)) => (Layout::Gray, depth),
        // The decoder names no grey with alpha.
        ColorType::Multiband { bit_depth: depth @ (8 | 16), num_samples: 2 } if matches!(extra, [1 | 2]) => {
            (Layout::GrayAlpha, depth)
        }
        ColorType::RGB(depth @ (8 | 16)) => (Layout::Rgb, depth),
        ColorType::RGBA(depth @ (8 | 16)) => (Layout::Rgba, depth),
        ColorType::CMYK(depth @ (8 | 16)) => (Layout::Cmyk, depth),
        ColorType::YCbCr(8) => (Layout::Rgb, 8),
        other => return Err(unsupported(&format!("pixels of the sort {other:?}"))),
    };
    Ok((layout, depth))
}

fn unsupported(what: &str) -> Error {
    Error::new(Kind::Unsupported, format!("a TIFF with {what} can't be resized here"))
}

fn refused(error: TiffError) -> Error {
    match error {
        TiffError::UnsupportedError(what) => unsupported(&what.to_string()),
        TiffError::LimitsExceeded => unsupported("more samples than its pixels need"),
        TiffError::FormatError(_) | TiffError::IoError(_) | TiffError::IntSizeError | TiffError::UsageError(_) => {
            corrupt(error)
        }
    }
}
