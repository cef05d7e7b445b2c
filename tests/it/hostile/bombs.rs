//! Small files that ask for much: refused from the header, before anything is allocated.

use pixfront::error::Kind;
use pixfront::image::{Cancel, Limits, Options};
use pixfront::variant::Recipe;

use super::memory::peak_of;
use super::{refusal, render};
use crate::pictures::pngs::{self, Header};
use crate::pictures::{self, jpegs};

#[test]
fn too_many_pixels_are_refused_before_the_spending() {
    let bombs = [
        ("png 60000×60000", pictures::png_bomb(60_000, 60_000)),
        ("png of the largest sides", pictures::png_bomb(u32::MAX, u32::MAX)),
        ("png of one row", pictures::png_bomb(0x7FFF_FFFF, 1)),
        ("jpeg 65500×65500", pictures::jpeg_bomb(65_500, 65_500)),
        ("jpeg 65535×65535", pictures::jpeg_bomb(65_535, 65_535)),
        ("webp 16383×16383", webp_lossless_header(16_383, 16_383)),
        ("webp 16384×16384", webp_lossless_header(16_384, 16_384)),
        ("webp lossy 16383×16383", webp_lossy_header(16_383, 16_383)),
        ("one row over", pictures::jpeg_bomb(10_000, 5_001)),
    ];
    for (name, bytes) in bombs {
        for query in ["w=8", "f=png", "w=8192&h=8192&fit=cover"] {
            let (result, peak) = peak_of(|| render(&bytes, query));
            let error = result.expect_err(name);
            assert_eq!(error.kind(), Kind::TooLarge, "{name} {query}: {error:?}");
            assert!(peak < 100_000, "{name} {query}: {peak} bytes");
        }
    }
}

/// The header of a lossless stream, and nothing behind it.
fn webp_lossless_header(width: u32, height: u32) -> Vec<u8> {
    let sides = (width - 1) | (height - 1) << 14;
    riff(*b"VP8L", &[&[0x2F], &sides.to_le_bytes()[..], &[0; 16]].concat())
}

/// The header of a lossy key frame whose first partition is said to be of 8 bytes.
fn webp_lossy_header(width: u16, height: u16) -> Vec<u8> {
    let tag = (8u32 << 5 | 1 << 4).to_le_bytes();
    let sides = [width.to_le_bytes(), height.to_le_bytes()].concat();
    riff(*b"VP8 ", &[&tag[..3], &[0x9D, 0x01, 0x2A], &sides, &[0; 17]].concat())
}

fn riff(kind: [u8; 4], contents: &[u8]) -> Vec<u8> {
    let padded = [contents, &vec![0; contents.len() % 2]].concat();
    let length = |bytes: usize| u32::try_from(bytes).unwrap().to_le_bytes();
    [b"RIFF", &length(padded.len() + 12)[..], b"WEBP", &kind, &length(contents.len()), &padded].concat()
}

#[test]
fn no_pixels_are_corrupt() {
    let files = [
        ("png 0×9", pictures::png_bomb(0, 9)),
        ("png 9×0", pictures::png_bomb(9, 0)),
        ("jpeg 0×9", pictures::jpeg_bomb(0, 9)),
        ("jpeg 9×0", pictures::jpeg_bomb(9, 0)),
        ("webp 0×9", webp_lossy_header(0, 9)),
        ("webp 9×0", webp_lossy_header(9, 0)),
    ];
    for (name, bytes) in files {
        assert_eq!(refusal(&bytes).kind(), Kind::Corrupt, "{name}");
    }
}

#[test]
fn results_over_the_limit_are_refused() {
    let limits = Limits { output_side: 50, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let bytes = pictures::png(200, 20);
    let kind = |query: &str| {
        let recipe = Recipe::parse(query).unwrap().unwrap();
        pixfront::image::render(&bytes, &recipe, &options, &Cancel::default()).err().map(|error| error.kind())
    };
    assert_eq!(kind("f=webp"), Some(Kind::TooLarge));
    assert_eq!(kind("w=51"), Some(Kind::TooLarge));
    assert_eq!(kind("w=50"), None);
    assert_eq!(render(&pictures::jpeg_bomb(8193, 16), "f=png").unwrap_err().kind(), Kind::TooLarge);
}

/// Ancillary chunks of a few megabytes that inflate to a gigabyte: text stays packed, a profile is given up early.
#[test]
fn chunks_that_inflate_to_a_gigabyte() {
    let bomb = pngs::zlib_bomb(1 << 30);
    assert!(bomb.len() < 8 << 20);
    let chunks: [pngs::Chunk; 3] = [
        (*b"zTXt", [&b"Comment\0\0"[..], &bomb].concat()),
        (*b"iTXt", [&b"Comment\0\x01\0\0\0"[..], &bomb].concat()),
        (*b"iCCP", [&b"icc\0\0"[..], &bomb].concat()),
    ];
    for chunk in chunks {
        let name = String::from_utf8_lossy(&chunk.0).into_owned();
        let bytes = Header::new(16, 16, 8, pngs::GRAY).write(&[chunk], |x, y| vec![(x * y) as u16]);
        let (result, peak) = peak_of(|| render(&bytes, "w=8"));
        assert!(result.is_ok(), "{name}: {result:?}");
        assert!(peak < 48 << 20, "{name}: {} MB", peak >> 20);
    }
}

/// The same behind a header of 49 megapixels: what a large picture may take for its pixels is not lent to its profile.
#[test]
fn a_large_picture_lends_its_profile_nothing() {
    let profile = (*b"iCCP", [&b"icc\0\0"[..], &pngs::zlib_bomb(1 << 30)].concat());
    let bytes = Header::new(7000, 7000, 8, pngs::GRAY).wrap(&[profile], &pngs::stored_zlib(&[0; 100]));
    let (result, peak) = peak_of(|| render(&bytes, "w=8"));
    assert_eq!(result.unwrap_err().kind(), Kind::Corrupt);
    assert!(peak < 128 << 20, "{} MB", peak >> 20);
}

/// A compressed stream that goes on after the last row.
#[test]
fn pixels_that_inflate_to_a_gigabyte() {
    let bytes = Header::new(16, 16, 8, pngs::GRAY).wrap(&[], &pngs::zlib_bomb(1 << 30));
    let (result, peak) = peak_of(|| render(&bytes, "w=8"));
    assert!(result.is_ok_and(|rendered| rendered.width == 8));
    assert!(peak < 4 << 20, "{} MB", peak >> 20);
}

#[test]
fn five_thousand_scans_are_refused() {
    let jpeg = jpegs::write(&pictures::scene(64, 48), jpegs::PROGRESSIVE);
    let markers = jpegs::markers(&jpeg);
    let (_, last) = markers.iter().rfind(|(code, _)| *code == 0xDA).unwrap();
    let scans = |count: usize| {
        let end = jpeg.len() - 2;
        [&jpeg[..last.start], &jpeg[last.clone()].repeat(count), &jpeg[end..]].concat()
    };
    let (result, peak) = peak_of(|| render(&scans(5_000), "w=8"));
    assert_eq!(result.unwrap_err().kind(), Kind::TooLarge);
    assert!(peak < 4 << 20, "{peak}");
    let before = markers.iter().filter(|(code, _)| *code == 0xDA).count() - 1;
    assert_eq!(refusal(&scans(101 - before)).kind(), Kind::TooLarge);
    assert!(render(&scans(100 - before), "w=8").is_ok());
}
