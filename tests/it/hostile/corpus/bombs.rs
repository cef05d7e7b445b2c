//! Small files that ask for much: by what their headers say, or by what they unpack to.

use weezl::BitOrder;
use weezl::encode::Encoder;

use super::{Expected, Made};
use crate::pictures::pngs::{self, Header};
use crate::pictures::tiffs::{self, BLACK_IS_ZERO, Tiff};
use crate::pictures::{self, avifs, gifs, jpegs, scene};

/// What an inflated bomb comes to.
const GIGABYTE: u64 = 1 << 30;
/// What an LZW bomb comes to; its encoder is slower.
const LZW_BYTES: usize = 64 << 20;

pub(super) fn all() -> Vec<Made> {
    [headers(), inflating(), unrolling()].concat()
}

fn named(format: &'static str, name: &str, bytes: Vec<u8>, expected: Expected) -> Made {
    (format, name.to_owned(), bytes, expected)
}

/// The largest sides that each format can state, and hardly anything behind them.
fn headers() -> Vec<Made> {
    let avif = super::samples::avif(&scene(64, 64).into());
    let stream = avifs::streams(&avif);
    let wide = avifs::Item::new(stream, 65_535, 65_535);
    let tiles = [avifs::grid(64, 64, 65_535, 65_535), avifs::Item::new(stream, 1024, 1024)];
    let most = [u32::MAX; 2];
    [
        ("JPEG", "65,535 × 65,535", pictures::jpeg_bomb(65_535, 65_535)),
        ("JPEG", "a row over the limit", pictures::jpeg_bomb(10_000, 5_001)),
        ("PNG", "65,535 × 65,535", pictures::png_bomb(65_535, 65_535)),
        ("PNG", "the largest sides", pictures::png_bomb(0x7FFF_FFFF, 0x7FFF_FFFF)),
        ("PNG", "sides that are negative", pictures::png_bomb(u32::MAX, u32::MAX)),
        ("GIF", "65,535 × 65,535", gif_of((65_535, 65_535), &[])),
        ("AVIF", "65,535 × 65,535", avifs::file(&[wide], &[])),
        ("AVIF", "65,535 × 65,535 in tiles", avifs::file(&tiles, &[(b"dimg", 1, &[2; 4096])])),
        ("TIFF", "65,535 × 65,535", Tiff::new((65_535, 65_535), 8, 4, tiffs::RGB).wrap(&[&[0; 64]])),
        ("TIFF", "the largest sides", Tiff::new(most.into(), 8, 1, BLACK_IS_ZERO).wrap(&[&[0; 64]])),
        ("BMP", "65,535 × 65,535 in runs", bmp_of_runs(65_535, 65_535, &[0, 1])),
        ("BMP", "the largest sides in runs", bmp_of_runs(i32::MAX, i32::MIN, &[0, 1])),
    ]
    .map(|(format, name, bytes)| named(format, name, bytes, Expected::TOO_LARGE))
    .into()
}

/// Deflated streams, of which no more is taken than the picture needs.
fn inflating() -> Vec<Made> {
    let zeros = pngs::zlib_bomb(GIGABYTE);
    let png = Header::new(16, 16, 8, pngs::GRAY);
    let with = |name: [u8; 4], head: &[u8]| png.write(&[(name, [head, &zeros].concat())], |x, y| vec![(x * y) as u16]);
    let tiff = Tiff { compression: 8, ..Tiff::new((16, 16), 8, 1, BLACK_IS_ZERO) };
    vec![
        named("PNG", "pixels", png.wrap(&[], &zeros), Expected::PICTURE),
        named("PNG", "pixels, interlaced", Header { interlaced: true, ..png }.wrap(&[], &zeros), Expected::PICTURE),
        named("PNG", "a profile", with(*b"iCCP", b"icc\0\0"), Expected::PICTURE),
        named("PNG", "a text", with(*b"zTXt", b"Comment\0\0"), Expected::PICTURE),
        named("PNG", "a wide text", with(*b"iTXt", b"Comment\0\x01\0\0\0"), Expected::PICTURE),
        named("AVIF", "a frame of 26,000 × 26,000 behind a zero", avif_of_a_hidden_frame(), Expected::CORRUPT),
        named("AVIF", "the same megabytes as thousands of tiles", avif_of_long_tiles(), Expected::CORRUPT),
        named("TIFF", "a deflated strip", tiff.wrap(&[&zeros]), Expected::PICTURE),
        named("TIFF", "the same deflated bytes as a thousand strips", tiff_of_strips(8, &zeros), Expected::CORRUPT),
    ]
}

/// The same megabytes, named as every strip of a picture of 16 rows each.
fn tiff_of_strips(compression: u16, bytes: &[u8]) -> Vec<u8> {
    const STRIPS: u32 = 1000;
    let size = (16, STRIPS * 16);
    let tiff = Tiff { compression, rows_per_strip: 16, ..Tiff::new(size, 8, 1, BLACK_IS_ZERO) };
    // Every strip begins where the file ends, and there the stream comes to lie.
    let mut file = tiff.wrap(&[&[][..]; STRIPS as usize]);
    let lengths = tiffs::value_of(&file, 279);
    let length = (bytes.len() as u32).to_le_bytes();
    file[lengths..lengths + 4 * STRIPS as usize].copy_from_slice(&length.repeat(STRIPS as usize));
    file.extend(bytes);
    file
}

/// The decoder skips zeroes behind a frame, and goes on with what follows them.
fn avif_of_a_hidden_frame() -> Vec<u8> {
    let avif = super::samples::avif(&scene(64, 64).into());
    let stream = avifs::streams(&avif);
    // A delimiter of two bytes, and the sequence's header with two before it.
    let (header, frame) = stream[4..].split_at(stream[3].into());
    let bits = header.iter().map(|byte| format!("{byte:08b}")).collect::<Vec<_>>().concat();
    // The sides of 64 take six bits each, and begin behind a still picture's short head.
    let (head, rest) = (&bits[..10], bits[18 + 6 + 6..].trim_end_matches('0'));
    let wide = format!("{head}11101110{0:015b}{0:015b}{rest}", 25_999);
    let wide = format!("{wide:0<0$}", wide.len().next_multiple_of(8));
    let wide: Vec<u8> =
        (0..wide.len()).step_by(8).map(|at| u8::from_str_radix(&wide[at..at + 8], 2).unwrap()).collect();
    let hidden = [stream, &[0, 0x0A, wide.len() as u8], &wide, frame].concat();
    avifs::file(&[avifs::Item::new(&hidden, 64, 64)], &[])
}

/// Thousands of tiles that are one stream of megabytes, which begins with a picture.
fn avif_of_long_tiles() -> Vec<u8> {
    let avif = super::samples::avif(&scene(64, 64).into());
    // Empty units, which mean nothing.
    let stream = [avifs::streams(&avif), &[0x12, 0].repeat(1 << 21)].concat();
    avifs::file(&[avifs::grid(50, 50, 3200, 3200), avifs::Item::new(&stream, 64, 64)], &[(b"dimg", 1, &[2; 2500])])
}

/// LZW, runs and packed bits.
fn unrolling() -> Vec<Made> {
    let lzw = |order, zeros: &[u8]| Encoder::new(order, 8).encode(zeros).unwrap();
    let zeros = vec![0; LZW_BYTES];
    let tiff_lzw = Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(&zeros).unwrap();
    let tiff = Tiff { compression: 5, ..Tiff::new((16, 16), 8, 1, BLACK_IS_ZERO) };
    // A run of 128 zeros in every two bytes.
    let packed = [0x81, 0].repeat(1 << 20);
    // The code that empties the table, which unpacks to nothing; 9 bits each.
    let clear: Vec<u8> = [0b1000_0000, 0b0100_0000, 0b0010_0000, 0b0001_0000, 8, 4, 2, 1, 0].repeat(1 << 19);
    vec![
        named("GIF", "a frame of 64 MB", gif_of((16, 16), &lzw(BitOrder::Lsb, &zeros)), Expected::CLEAN),
        named("GIF", "a frame of a megabyte of codes", gif_of((16, 16), &[0; 1 << 20]), Expected::CLEAN),
        named("TIFF", "a strip of 64 MB in LZW", tiff.wrap(&[&tiff_lzw]), Expected::CLEAN),
        named(
            "TIFF",
            "a strip of 128 MB in packed bits",
            Tiff { compression: 32773, ..tiff.clone() }.wrap(&[&packed]),
            Expected::CLEAN,
        ),
        named(
            "TIFF",
            "a strip of nothing but empty tables",
            Tiff { compression: 5, ..tiff.clone() }.wrap(&[&clear]),
            Expected::CORRUPT,
        ),
        named("TIFF", "the same empty tables as a thousand strips", tiff_of_strips(5, &clear), Expected::CORRUPT),
        named("TIFF", "JPEG of 100,000 scans", tiff_of_scans(), Expected::TOO_LARGE),
        named("BMP", "runs without end", bmp_of_runs(16, 16, &[255, 7].repeat(1 << 20)), Expected::CLEAN),
        named("BMP", "moves without end", bmp_of_runs(16, 16, &[0, 2, 255, 255].repeat(1 << 18)), Expected::CLEAN),
        named("JPEG", "a scan of a megabyte of restarts", jpeg_of_restarts(), Expected::CLEAN),
    ]
}

/// A still whose data are these codes.
pub(super) fn gif_of((width, height): (u16, u16), codes: &[u8]) -> Vec<u8> {
    let sides = [width.to_le_bytes(), height.to_le_bytes()].concat();
    let palette = gifs::PALETTE.as_flattened();
    let mut file = [b"GIF89a", &sides[..], &[0x81, 0, 0], palette, b",\0\0\0\0", &sides, &[0, 8]].concat();
    for block in codes.chunks(255) {
        file.push(block.len() as u8);
        file.extend(block);
    }
    file.extend(b"\0;");
    file
}

/// Eight bits in runs, with a palette of two colours.
pub(super) fn bmp_of_runs(width: i32, height: i32, runs: &[u8]) -> Vec<u8> {
    const HEADERS_BYTES: u32 = 14 + 40 + 8;
    let long = u32::to_le_bytes;
    let length = runs.len() as u32;
    let file = [&b"BM"[..], &long(HEADERS_BYTES + length), &[0; 4], &long(HEADERS_BYTES)].concat();
    let sides = [long(40), width.to_le_bytes(), height.to_le_bytes()].concat();
    let coding = [&[1, 0, 8, 0, 1, 0, 0, 0][..], &long(length), &[0; 8], &long(2), &[0; 4]].concat();
    [&file[..], &sides, &coding, &[0, 0, 0, 0, 255, 255, 255, 0], runs].concat()
}

/// What a JPEG may not do, it may not do within a TIFF.
fn tiff_of_scans() -> Vec<u8> {
    tiffs::around_jpeg(&super::frames::jpeg_of_scans(), (16, 16))
}

fn jpeg_of_restarts() -> Vec<u8> {
    let jpeg = jpegs::write(&scene(16, 16), jpegs::BASELINE);
    let end = jpeg.len() - 2;
    [&jpeg[..end], &b"\xff\xd0\xff\xd1".repeat(1 << 18), &jpeg[end..]].concat()
}
