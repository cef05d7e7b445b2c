//! Animations that end too early, ask for too much, or were changed at random.

use pixfront::error::Kind;

use super::corpus::boundaries;
use super::memory::peak_of;
use super::mutated::Random;
use super::{outcome, refusal, render};
use crate::pictures::animations::{counting, webp};
use crate::pictures::gifs;

/// Only where a frame ends nothing is missing but the trailer, as far as the file tells.
#[test]
fn a_gif_that_is_cut_off_anywhere_is_refused() {
    let gif = gifs::wandering(40, 30, 6);
    assert_eq!(outcome(&gif), None);
    let (ends, frame_ends) = boundaries::gif(&gif);
    assert_eq!(frame_ends.len(), 6);
    let everywhere = (0..34).map(|part| part * gif.len() * 3 / 100).chain(gif.len() - 8..gif.len());
    for length in everywhere.chain(ends).filter(|length| *length >= 6 && *length < gif.len()) {
        let expected = if frame_ends.contains(&length) { None } else { Some(Kind::Corrupt) };
        assert_eq!(outcome(&gif[..length]), expected, "cut to {length} of {}", gif.len());
        if expected.is_some() {
            let words = refusal(&gif[..length]).context().to_owned();
            assert!(words.starts_with("the GIF is cut off: "), "cut to {length}: {words}");
        }
    }
}

/// Data that end within a frame although its blocks are whole: half a picture.
#[test]
fn a_frame_without_enough_pixels_is_corrupt() {
    let mut gif = gifs::write(40, 30, None, &[gifs::frame(40, 30, |x, y| (x * y % 4) as u8)]);
    let image = gif.iter().position(|byte| *byte == b',').unwrap();
    gif[image + 7..image + 9].copy_from_slice(&60u16.to_le_bytes());
    assert_eq!(outcome(&gif), Some(Kind::Corrupt));
}

#[test]
fn an_animated_webp_that_is_cut_off_anywhere_is_refused() {
    let bytes = webp(0, &counting(40, 30, 5));
    assert_eq!(outcome(&bytes), None);
    for length in (0..34).map(|part| part * bytes.len() * 3 / 100).chain(bytes.len() - 9..bytes.len()) {
        let cut = &bytes[..length];
        assert_eq!(outcome(cut), Some(if length < 12 { Kind::Unsupported } else { Kind::Corrupt }), "cut to {length}");
        // With a header that knows of the cut, the chunks tell.
        if length > 60 {
            let stated = u32::try_from(length - 8).unwrap().to_le_bytes();
            let covered = [&cut[..4], &stated, &cut[8..]].concat();
            let found = outcome(&covered);
            let is_between_frames = bytes[length..].starts_with(b"ANMF");
            assert!(found == Some(Kind::Corrupt) || is_between_frames, "covered at {length}: {found:?}");
        }
    }
}

#[test]
fn changed_bytes_are_never_a_bug() {
    let mut random = Random::new(0xD1B5_4A32_D192_ED03);
    let samples = [(500, gifs::wandering(40, 30, 6)), (300, webp(3, &counting(40, 30, 5)))];
    for (files, sample) in samples {
        let mut passed = 0;
        for _ in 0..files {
            let mut bytes = sample.clone();
            for _ in 0..=random.below(4) {
                let range = if random.below(2) == 0 { bytes.len().min(150) } else { bytes.len() };
                bytes[random.below(range)] = random.below(256) as u8;
            }
            let query = ["w=8", "f=png", "w=20&h=10&fit=cover&f=webp", "h=20&f=gif"][random.below(4)];
            let kind = render(&bytes, query).err().map(|error| error.kind());
            let is_expected = matches!(kind, None | Some(Kind::Corrupt | Kind::Unsupported | Kind::TooLarge));
            assert!(is_expected, "{query}: {kind:?} {bytes:?}");
            passed += u32::from(kind.is_none());
        }
        assert!(passed > files / 20 && passed < files, "{passed} of {files}");
    }
}

#[test]
fn a_hundred_thousand_frames_are_counted_and_refused() {
    let bytes = gifs::tiny_frames(100_000);
    let (result, peak) = peak_of(|| render(&bytes, "w=8"));
    let error = result.unwrap_err();
    assert_eq!(error.kind(), Kind::TooLarge);
    assert_eq!(error.context(), "the picture has 100000 frames, over the limit of 256");
    assert!(peak < 100_000, "{peak}");
    assert!(render(&bytes, "f=png").is_ok(), "the first alone");
}

/// A few hundred bytes that unpack to four gigapixels, as the canvas or as a frame on a small one.
#[test]
fn small_files_that_unpack_to_much() {
    let small = gifs::write(16, 16, None, &[gifs::frame(16, 16, |_, _| 0), gifs::frame(16, 16, |_, _| 1)]);
    let images: Vec<_> = (0..small.len()).filter(|at| small[*at..].starts_with(b",\0\0\0\0\x10\0\x10\0")).collect();
    let sides = |at: usize| {
        let mut bytes = small.clone();
        bytes[at..at + 4].fill(0xFF);
        bytes
    };
    for (name, bytes, expected) in [
        ("canvas", sides(6), Kind::TooLarge),
        // It gets the room that it asks for, as in browsers.
        ("first frame", sides(images[0] + 5), Kind::TooLarge),
        ("second frame", sides(images[1] + 5), Kind::Corrupt),
    ] {
        for query in ["w=8", "f=png"] {
            let (result, peak) = peak_of(|| render(&bytes, query));
            assert_eq!(result.expect_err(name).kind(), expected, "{name} {query}");
            assert!(peak < 100_000, "{name} {query}: {peak}");
        }
    }
    let mut empty = small.clone();
    empty[6..8].fill(0);
    assert_eq!(refusal(&empty).kind(), Kind::Corrupt);
    let mut empty = small;
    empty[images[1] + 5..images[1] + 7].fill(0);
    assert_eq!(refusal(&empty).kind(), Kind::Corrupt);
}
