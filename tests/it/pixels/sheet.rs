//! Every format, fit and orientation on one sheet, for people to look at: a row is a format and a fit, a column an orientation,
//! and all columns must look alike.

use std::path::Path;

use image::{Rgb, RgbImage};
use pixfront::format::Format;
use pixfront::params::Fit;

use super::reference::{Picture, distance};
use super::render;
use super::sources::decode;
use super::turned::{TURNS, stored};
use crate::pictures::jpegs::{self, exif, with_segment};
use crate::pictures::scene;

const CELL: u32 = 64;
const BOX: u32 = 56;

#[test]
fn all_orientations_look_alike_in_every_format_and_fit() {
    let rows: Vec<_> = Format::ALL.into_iter().flat_map(|format| Fit::ALL.map(|fit| (format, fit))).collect();
    let (columns, count) = (u32::try_from(TURNS.len()).unwrap(), u32::try_from(rows.len()).unwrap());
    let mut sheet = RgbImage::from_pixel(columns * CELL, count * CELL, Rgb([128, 128, 128]));
    for (row, (format, fit)) in (0..).zip(rows) {
        let mut first: Option<Picture> = None;
        for (column, (orientation, operation, _)) in (0..).zip(TURNS) {
            let jpeg = jpegs::write(&scene(192, 128), jpegs::FULL_COLOUR);
            let turned = with_segment(&stored(&jpeg, operation), 0xE1, &exif(orientation, true));
            let query = format!("w={BOX}&h={BOX}&fit={}&f={format}&bg=30d0d0", fit.name());
            let rendered = render(&turned, &query);
            let picture = match format {
                Format::Avif => decode(&render(&rendered.bytes, "f=png").bytes, Format::Png),
                Format::Jpeg | Format::Png | Format::Webp | Format::Gif => decode(&rendered.bytes, format),
            };
            paste(&mut sheet, &picture, column * CELL + 4, row * CELL + 4);
            let upright = first.get_or_insert_with(|| picture.clone());
            let apart = distance(&picture, upright);
            // The encoders see the same picture but for a rounding, and GIF's palettes and dithering differ.
            let is_alike = apart.psnr >= if format == Format::Gif { 25.0 } else { 32.0 };
            assert!(is_alike, "{query}, orientation {orientation}: {apart:?}");
        }
    }
    sheet.save(Path::new(env!("CARGO_TARGET_TMPDIR")).join("sheet.png")).unwrap();
}

/// As much of the picture as a cell holds: `outside` is larger than its box.
fn paste(sheet: &mut RgbImage, picture: &Picture, left: u32, top: u32) {
    for y in 0..picture.height.min(BOX as usize) {
        for x in 0..picture.width.min(BOX as usize) {
            let [r, g, b, _] = picture.at(x, y).map(|level| level as u8);
            sheet.put_pixel(left + x as u32, top + y as u32, Rgb([r, g, b]));
        }
    }
}
