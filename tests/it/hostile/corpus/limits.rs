//! Small files that unpack to as many pixels as the limits allow, and are shown. The limit is lower here than it is by default,
//! for the sake of time; what is held is in proportion to it.

use image::{Rgb, RgbImage};

use super::bombs::{bmp_of_runs, gif_of};
use super::{Expected, Made};
use crate::pictures::pngs::{self, Header};
use crate::pictures::tiffs::{self, Tiff};
use crate::pictures::{avifs, gifs, jpegs};

/// Instead of 50 million.
pub(in crate::hostile) const SOURCE_PIXELS: u64 = 4_000_000;
/// Squared it is almost as many.
const SIDE: u32 = 2000;
const SIDE_16: u16 = SIDE as u16;
/// What 16 bits of red, green, blue and alpha take.
const WIDEST_BYTES: u64 = 8 * SIDE as u64 * SIDE as u64;

pub(super) fn all() -> Vec<Made> {
    let widest = pngs::zlib_bomb(WIDEST_BYTES + (1 << 20));
    let tiff = Tiff { compression: 8, ..Tiff::new((SIDE, SIDE), 16, 4, tiffs::RGB) };
    let tiff = tiff.with(338, tiffs::SHORT, vec![2, 0]).wrap(&[&widest]);
    let png = Header::new(SIDE, SIDE, 16, pngs::RGBA);
    vec![
        ("PNG", "sixteen bits with alpha".to_owned(), png.wrap(&[], &widest), Expected::PICTURE),
        ("PNG", "interlaced".to_owned(), Header { interlaced: true, ..png }.wrap(&[], &widest), Expected::PICTURE),
        ("TIFF", "sixteen bits with alpha".to_owned(), tiff, Expected::PICTURE),
        (
            "BMP",
            "runs that end at once".to_owned(),
            bmp_of_runs(SIDE.cast_signed(), SIDE.cast_signed(), &[0, 1]),
            Expected::CLEAN,
        ),
        ("GIF", "a canvas with a pixel on it".to_owned(), gif_on_a_large_canvas(), Expected::PICTURE),
        ("GIF", "a frame of nothing".to_owned(), gif_of((SIDE_16, SIDE_16), &[]), Expected::CORRUPT),
        ("GIF", "3 frames of a megapixel".to_owned(), gif_of_large_frames(), Expected::PICTURE),
        ("WebP", "lossless, in no bits a pixel".to_owned(), webp_of_one_colour(), Expected::PICTURE),
        ("AVIF", "three tiles".to_owned(), avif_of_three_tiles(), Expected::PICTURE),
        ("JPEG", "progressive".to_owned(), jpeg_of_scans(false, 10), Expected::PICTURE),
        ("JPEG", "100 scans".to_owned(), jpeg_of_scans(false, 100), Expected::PICTURE),
        ("JPEG", "100 scans in arithmetic codes".to_owned(), jpeg_of_scans(true, 100), Expected::PICTURE),
    ]
}

fn gif_on_a_large_canvas() -> Vec<u8> {
    let mut file = gifs::tiny_frames(1);
    file[6..10].copy_from_slice(&[SIDE_16.to_le_bytes(); 2].concat());
    file
}

fn gif_of_large_frames() -> Vec<u8> {
    let mut file = gifs::tiny_frames(3);
    file[6..10].copy_from_slice(&[1000u16.to_le_bytes(); 2].concat());
    file
}

/// Each of the five codes of a lossless stream has but one symbol, which then takes no bits.
fn webp_of_one_colour() -> Vec<u8> {
    let sides = (SIDE - 1) | (SIDE - 1) << 14;
    // No transform, no colour cache, no second level of codes; then a simple code of the one-bit symbol 0, five times.
    let codes = [0b1000_1000, 0b1000_1000, 0b0000_1000, 0];
    let stream = [&[0x2F], &sides.to_le_bytes()[..], &codes, &[0; 7]].concat();
    let length = (stream.len() as u32).to_le_bytes();
    [b"RIFF", &(stream.len() as u32 + 12).to_le_bytes()[..], b"WEBPVP8L", &length, &stream].concat()
}

fn avif_of_three_tiles() -> Vec<u8> {
    const TILE: u32 = 1100;
    let avif = super::samples::avif(&RgbImage::from_pixel(TILE, TILE, Rgb([200, 90, 30])).into());
    let tile = avifs::Item::new(avifs::streams(&avif), TILE, TILE);
    avifs::file(&[avifs::grid(3, 1, TILE as u16, 3 * TILE as u16), tile], &[(b"dimg", 1, &[2, 2, 2])])
}

/// In full colour; the last scan, which refines next to nothing, is there as often as it takes.
fn jpeg_of_scans(is_arithmetic: bool, scans: usize) -> Vec<u8> {
    let flat = RgbImage::from_pixel(SIDE, SIDE, Rgb([200, 90, 30]));
    let coding = jpegs::Coding { is_progressive: true, is_arithmetic, ..jpegs::FULL_COLOUR };
    let jpeg = jpegs::write(&flat, coding);
    let markers = jpegs::markers(&jpeg);
    let own: Vec<_> = markers.iter().filter(|(code, _)| *code == 0xDA).collect();
    let last = own.last().unwrap().1.clone();
    [&jpeg[..last.end], &jpeg[last].repeat(scans.saturating_sub(own.len())), b"\xff\xd9"].concat()
}
