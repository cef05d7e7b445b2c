//! Test pictures, made here: no foreign image is in the repository.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pictures made here, whose numbers are known and small"
)]

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use std::io::Cursor;

pub(crate) mod animations;
pub(crate) mod avifs;
pub(crate) mod gifs;
pub(crate) mod jpegs;
pub(crate) mod pngs;
pub(crate) mod profiles;
pub(crate) mod tiffs;

/// A picture with smooth colour, hard edges and a marked corner (top left is the brightest red), so that scaling, turning and
/// mirroring all show.
pub(crate) fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
        let wave = ((u * 40.0).sin() * (v * 30.0).cos() * 30.0 + 128.0) as u8;
        if u < 0.25 && v < 0.25 {
            Rgb([250, 20, 20])
        } else if u > 0.75 && v > 0.75 {
            Rgb([20, 20, 250])
        } else {
            Rgb([(u * 200.0) as u8, wave, (v * 200.0) as u8])
        }
    })
}

/// The same with a transparent right half.
pub(crate) fn see_through(width: u32, height: u32) -> RgbaImage {
    let scene = scene(width, height);
    RgbaImage::from_fn(width, height, |x, y| {
        let Rgb([r, g, b]) = *scene.get_pixel(x, y);
        Rgba([r, g, b, if x < width / 2 { 255 } else { 0 }])
    })
}

pub(crate) fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90)
        .write_image(&scene(width, height), width, height, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

pub(crate) fn gray_jpeg(width: u32, height: u32) -> Vec<u8> {
    let gray = image::DynamicImage::from(scene(width, height)).into_luma8();
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90).write_image(&gray, width, height, ExtendedColorType::L8).unwrap();
    bytes
}

/// A JPEG that says in EXIF (big-endian, one tag) how it is turned upright.
pub(crate) fn jpeg_turned(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let plain = jpeg(width, height);
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&plain[..2], &[0xFF, 0xE1], &length, &exif, &plain[2..]].concat()
}

pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    scene(width, height).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

pub(crate) fn see_through_png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    see_through(width, height).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

pub(crate) fn webp(width: u32, height: u32) -> Vec<u8> {
    webp::Encoder::from_rgb(&scene(width, height), width, height).encode(90.0).to_vec()
}

pub(crate) fn see_through_webp(width: u32, height: u32) -> Vec<u8> {
    webp::Encoder::from_rgba(&see_through(width, height), width, height).encode(90.0).to_vec()
}

/// A PNG whose header states this size, with hardly any pixels behind it.
pub(crate) fn png_bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png(4, 4);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = pngs::crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

/// A JPEG whose frame header states this size.
pub(crate) fn jpeg_bomb(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg(16, 16);
    let frame = bytes.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}
