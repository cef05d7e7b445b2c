//! A small whole file of every format, in each coding that a decoder treats on its own.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use tiff::encoder::Compression;

use super::boundaries;
use crate::pictures::animations::{counting, webp};
use crate::pictures::pngs::{self, Chunk, Header};
use crate::pictures::tiffs::{self, CMYK, Tiff, WHITE_IS_ZERO};
use crate::pictures::{self, avifs, gifs, jpegs, profiles, scene, see_through};

pub(in crate::hostile) struct Sample {
    pub(in crate::hostile) format: &'static str,
    pub(in crate::hostile) name: &'static str,
    pub(in crate::hostile) bytes: Vec<u8>,
    /// What it takes to know the format.
    pub(super) recognised_bytes: usize,
    /// Lengths at which no picture lacks anything.
    pub(super) may_end: Vec<usize>,
}

type Files = Vec<(&'static str, Vec<u8>)>;

const WIDTH: u32 = 64;
const HEIGHT: u32 = 48;

pub(in crate::hostile) fn samples() -> Vec<Sample> {
    let formats: [(_, _, fn() -> Files); 7] = [
        ("JPEG", 3, jpegs),
        ("PNG", 8, pngs),
        ("WebP", 12, webps),
        ("GIF", 6, gifs),
        ("AVIF", 12, avifs),
        ("TIFF", 4, tiffs),
        ("BMP", 18, bmps),
    ];
    let sample = |format, recognised_bytes, name, bytes: Vec<u8>| {
        let may_end = if format == "GIF" { boundaries::gif(&bytes).1 } else { Vec::new() };
        Sample { format, name, bytes, recognised_bytes, may_end }
    };
    let all = formats.into_iter().flat_map(|(format, recognised_bytes, files)| {
        files().into_iter().map(move |(name, bytes)| sample(format, recognised_bytes, name, bytes))
    });
    all.collect()
}

fn jpegs() -> Files {
    let write = |coding| jpegs::write(&scene(WIDTH, HEIGHT), coding);
    let inks = [30, 90, 160, 20].repeat((WIDTH * HEIGHT) as usize);
    vec![
        ("baseline", write(jpegs::BASELINE)),
        ("of full colour", write(jpegs::FULL_COLOUR)),
        ("grey", write(jpegs::GRAY)),
        ("progressive", write(jpegs::PROGRESSIVE)),
        ("arithmetic", write(jpegs::ARITHMETIC)),
        ("of ink", jpegs::of_ink(&inks, (WIDTH as u16, HEIGHT as u16), true, true)),
        ("turned", pictures::jpeg_turned(WIDTH, HEIGHT, 6)),
        ("with a profile", profiles::in_jpeg(&write(jpegs::BASELINE), &profiles::display_p3())),
    ]
}

fn pngs() -> Files {
    let write = |depth, colour, interlaced, ancillary: &[Chunk], channels: usize| {
        let header = Header { interlaced, ..Header::new(WIDTH, HEIGHT, depth, colour) };
        header.write(ancillary, |x, y| vec![((x * y) & ((1 << depth) - 1)) as u16; channels])
    };
    let palette = (*b"PLTE", (0..48).collect());
    let profile = profiles::png_chunk(&profiles::display_p3());
    vec![
        ("of RGB", pictures::png(WIDTH, HEIGHT)),
        ("with alpha", pictures::see_through_png(WIDTH, HEIGHT)),
        ("of a bit", write(1, pngs::GRAY, false, &[], 1)),
        ("of sixteen bits", write(16, pngs::GRAY_ALPHA, false, &[profile], 2)),
        ("with a palette", write(4, pngs::PALETTE, false, &[palette, (*b"tRNS", vec![0, 90])], 1)),
        ("interlaced", write(8, pngs::RGB, true, &[], 3)),
        ("animated", super::frames::apng(WIDTH, HEIGHT, 5)),
    ]
}

fn webps() -> Files {
    let lossless = webp::Encoder::from_rgb(&scene(WIDTH, HEIGHT), WIDTH, HEIGHT).encode_lossless().to_vec();
    let profile = profiles::display_p3();
    let simple = pictures::webp(WIDTH, HEIGHT);
    vec![
        ("with a profile", profiles::in_webp(&simple, (WIDTH, HEIGHT), Some(&profile), None)),
        ("lossy", simple),
        ("with alpha", pictures::see_through_webp(WIDTH, HEIGHT)),
        ("lossless", lossless),
        ("animated", webp(0, &counting(WIDTH, HEIGHT, 5))),
    ]
}

fn gifs() -> Files {
    let still = gifs::frame(WIDTH as u16, HEIGHT as u16, |x, y| (x / 5 * y % 4) as u8);
    vec![
        ("still", gifs::write(WIDTH as u16, HEIGHT as u16, None, &[still])),
        ("animated", gifs::wandering(WIDTH as u16, HEIGHT as u16, 5)),
    ]
}

/// Written by ourselves.
pub(super) fn avif(picture: &DynamicImage) -> Vec<u8> {
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).unwrap();
    crate::hostile::render(png.get_ref(), "f=avif").unwrap().bytes.to_vec()
}

fn avifs() -> Files {
    let tile = avif(&scene(64, 64).into());
    let tile = || avifs::Item::new(avifs::streams(&tile), 64, 64);
    let tiles = [avifs::grid(1, 2, 100, 64), tile(), tile()];
    vec![
        ("still", avif(&scene(WIDTH, HEIGHT).into())),
        ("grey", avif(&DynamicImage::from(scene(WIDTH, HEIGHT)).into_luma8().into())),
        ("with alpha", avif(&see_through(WIDTH, HEIGHT).into())),
        ("of tiles", avifs::file(&tiles, &[(b"dimg", 1, &[2, 3])])),
    ]
}

fn tiffs() -> Files {
    let picture = scene(WIDTH, HEIGHT);
    let plain = tiffs::in_tiff(&picture);
    let zlib = pngs::stored_zlib(&picture);
    let jpeg = jpegs::write(&picture, jpegs::FULL_COLOUR);
    vec![
        ("plain", plain.write(&picture)),
        ("of strips", Tiff { rows_per_strip: 7, ..plain.clone() }.write(&picture)),
        ("of LZW", tiffs::compressed(&picture, Compression::Lzw)),
        ("of packed bits", tiffs::compressed(&picture, Compression::Packbits)),
        ("deflated", Tiff { compression: 8, ..plain }.wrap(&[&zlib])),
        ("of JPEG", tiffs::around_jpeg(&jpeg, (WIDTH, HEIGHT))),
        ("of a bit", Tiff::new((WIDTH, HEIGHT), 1, 1, WHITE_IS_ZERO).write(&[0x5A; (WIDTH / 8 * HEIGHT) as usize])),
        ("of ink", Tiff::new((WIDTH, HEIGHT), 8, 4, CMYK).write(&[90; (WIDTH * HEIGHT * 4) as usize])),
    ]
}

fn bmps() -> Files {
    let picture = scene(WIDTH, HEIGHT);
    let mut upside_down = tiffs::bmp(picture.clone());
    upside_down[22..26].copy_from_slice(&(-HEIGHT.cast_signed()).to_le_bytes());
    let with_alpha = RgbaImage::from_fn(WIDTH, HEIGHT, |x, y| Rgba([x as u8, y as u8, 90, 128]));
    vec![
        ("of RGB", tiffs::bmp(picture.clone())),
        ("upside down", upside_down),
        ("with alpha", tiffs::bmp(with_alpha)),
        ("with a palette", tiffs::bmp(DynamicImage::from(picture).into_luma8())),
    ]
}
