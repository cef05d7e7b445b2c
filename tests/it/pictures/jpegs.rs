//! JPEGs of every coding, by libjpeg-turbo, and what is needed to take them apart.

use std::ops::Range;

use image::RgbImage;
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp, Transform, TransformOp};

/// How a JPEG is coded.
#[derive(Clone, Copy)]
pub(crate) struct Coding {
    pub(crate) subsampling: Subsamp,
    pub(crate) is_progressive: bool,
    pub(crate) is_arithmetic: bool,
}

pub(crate) const BASELINE: Coding =
    Coding { subsampling: Subsamp::Sub2x2, is_progressive: false, is_arithmetic: false };
pub(crate) const FULL_COLOUR: Coding = Coding { subsampling: Subsamp::None, ..BASELINE };
pub(crate) const HALF_COLOUR: Coding = Coding { subsampling: Subsamp::Sub2x1, ..BASELINE };
pub(crate) const GRAY: Coding = Coding { subsampling: Subsamp::Gray, ..BASELINE };
pub(crate) const PROGRESSIVE: Coding = Coding { is_progressive: true, ..BASELINE };
pub(crate) const PROGRESSIVE_GRAY: Coding = Coding { is_progressive: true, ..GRAY };
pub(crate) const ARITHMETIC: Coding = Coding { is_arithmetic: true, ..BASELINE };

pub(crate) fn write(picture: &RgbImage, coding: Coding) -> Vec<u8> {
    let mut compressor = Compressor::new().unwrap();
    compressor.set_quality(92).unwrap();
    compressor.set_subsamp(coding.subsampling).unwrap();
    compressor.set_progressive(coding.is_progressive).unwrap();
    compressor.set_arithmetic(coding.is_arithmetic).unwrap();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let format = PixelFormat::RGB;
    compressor.compress_to_vec(Image { pixels: picture.as_raw(), width, height, pitch: width * 3, format }).unwrap()
}

/// A JPEG of four channels, as they are given: Adobe's are the opposite of ink, and marked.
pub(crate) fn of_ink(rows: &[u8], size: (u16, u16), is_ycck: bool, is_adobe: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let kind = if is_ycck { jpeg_encoder::ColorType::CmykAsYcck } else { jpeg_encoder::ColorType::Cmyk };
    // The encoder takes ink, writes its opposite, and marks it.
    let ink: Vec<u8> = rows.iter().map(|stored| 255 - stored).collect();
    jpeg_encoder::Encoder::new(&mut bytes, 100).encode(&ink, size.0, size.1, kind).unwrap();
    if !is_adobe {
        let mark = markers(&bytes).into_iter().find(|(code, _)| *code == 0xEE).unwrap().1;
        bytes.drain(mark);
    }
    bytes
}

/// Turns a JPEG without loss.
pub(crate) fn turn(jpeg: &[u8], op: TransformOp) -> Vec<u8> {
    turbojpeg::transform(&Transform::op(op), jpeg).unwrap().to_vec()
}

/// Puts a segment right after the start marker.
pub(crate) fn with_segment(jpeg: &[u8], code: u8, contents: &[u8]) -> Vec<u8> {
    [&jpeg[..2], &segment(code, contents), &jpeg[2..]].concat()
}

pub(crate) fn segment(code: u8, contents: &[u8]) -> Vec<u8> {
    let length = u16::try_from(contents.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, code], &length[..], contents].concat()
}

/// An EXIF block of one tag.
pub(crate) fn exif(orientation: u16, is_big_endian: bool) -> Vec<u8> {
    let number = |value: u16| if is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let wide = |value: u32| if is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let mut block = if is_big_endian { b"Exif\0\0MM".to_vec() } else { b"Exif\0\0II".to_vec() };
    block.extend(number(42));
    block.extend(wide(8));
    block.extend([number(1), number(0x0112), number(3)].concat());
    block.extend(wide(1));
    block.extend([number(orientation), [0, 0]].concat());
    block.extend(wide(0));
    block
}

/// Every marker of a well-formed file: its code, and the bytes from its `FF` to the next marker.
pub(crate) fn markers(jpeg: &[u8]) -> Vec<(u8, Range<usize>)> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at + 1 < jpeg.len() {
        match (jpeg[at], jpeg[at + 1]) {
            (0xFF, 0x00) => at += 2,
            (0xFF, code) => {
                starts.push((code, at));
                let has_length = !matches!(code, 0x01 | 0xD0..=0xD9);
                at += 2;
                if has_length {
                    at += usize::from(u16::from_be_bytes([jpeg[at], jpeg[at + 1]]));
                }
            }
            _ => at += 1,
        }
    }
    let ends = starts.iter().skip(1).map(|(_, at)| *at).chain([jpeg.len()]);
    starts.iter().zip(ends).map(|(&(code, start), end)| (code, start..end)).collect()
}
