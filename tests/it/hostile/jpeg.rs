//! JPEGs that say one thing to the walk and another to the decoder, and other lies about structure.

use pixfront::error::Kind;

use super::{outcome, refusal, render};
use crate::pictures::jpegs::{self, segment, with_segment};
use crate::pictures::{pngs, scene};

fn start_of(jpeg: &[u8], code: u8) -> usize {
    jpegs::markers(jpeg).into_iter().find(|(found, _)| *found == code).unwrap().1.start
}

fn insert(jpeg: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    [&jpeg[..at], bytes, &jpeg[at..]].concat()
}

/// A frame header of another size.
fn frame(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let range = jpegs::markers(jpeg).into_iter().find(|(code, _)| *code == 0xC0).unwrap().1;
    let mut frame = jpeg[range].to_vec();
    frame[5..7].copy_from_slice(&height.to_be_bytes());
    frame[7..9].copy_from_slice(&width.to_be_bytes());
    frame
}

#[test]
fn two_frames_are_corrupt() {
    let jpeg = jpegs::write(&scene(64, 48), jpegs::BASELINE);
    let (first, scan) = (start_of(&jpeg, 0xC0), start_of(&jpeg, 0xDA));
    for (width, height) in [(64, 48), (8, 8), (4000, 4000)] {
        let other = frame(&jpeg, width, height);
        for at in [first, scan, jpeg.len() - 2] {
            let bytes = insert(&jpeg, at, &other);
            assert_eq!(outcome(&bytes), Some(Kind::Corrupt), "{width}×{height} at {at}");
            assert!(refusal(&bytes).context().contains("two frames"), "{width}×{height} at {at}");
        }
    }
}

#[test]
fn a_frame_inside_a_segment_is_not_the_picture() {
    let jpeg = jpegs::write(&scene(64, 48), jpegs::BASELINE);
    // A thumbnail in EXIF is a whole JPEG.
    let thumbnail = jpegs::write(&scene(16, 16), jpegs::BASELINE);
    for code in [0xE1, 0xEF, 0xFE] {
        let rendered = render(&with_segment(&jpeg, code, &thumbnail), "f=png").unwrap();
        assert_eq!((rendered.width, rendered.height), (64, 48));
    }
}

#[test]
fn structures_that_do_not_add_up_are_refused() {
    let jpeg = jpegs::write(&scene(64, 48), jpegs::BASELINE);
    let (first, scan) = (start_of(&jpeg, 0xC0), start_of(&jpeg, 0xDA));
    let without = |from: usize, to: usize| [&jpeg[..from], &jpeg[to..]].concat();
    let frame_end = first + frame(&jpeg, 1, 1).len();
    let cases: [(&str, Vec<u8>); 10] = [
        ("nothing but start and end", b"\xff\xd8\xff\xd9".to_vec()),
        ("tables only", [&jpeg[..first], b"\xff\xd9"].concat()),
        ("no scan", [&jpeg[..scan], b"\xff\xd9"].concat()),
        ("no frame", without(first, frame_end)),
        ("no quantisation table", without(start_of(&jpeg, 0xDB), first)),
        (
            "frame after scan",
            [&jpeg[..first], &jpeg[frame_end..jpeg.len() - 2], &frame(&jpeg, 64, 48), b"\xff\xd9"].concat(),
        ),
        ("a segment of length 1", insert(&jpeg, first, b"\xff\xe5\0\x01")),
        ("a segment longer than the file", insert(&jpeg, first, b"\xff\xe5\xff\xff")),
        ("a second start", insert(&jpeg, first, b"\xff\xd8")),
        ("a reserved marker", insert(&jpeg, first, &segment(0x02, b"abc"))),
    ];
    for (name, bytes) in cases {
        assert_eq!(outcome(&bytes), Some(Kind::Corrupt), "{name}");
    }
}

/// Fill bytes, stray bytes and restart markers are odd but harmless.
#[test]
fn warts_are_shown() {
    let jpeg = jpegs::write(&scene(64, 48), jpegs::BASELINE);
    let first = start_of(&jpeg, 0xC0);
    let cases = [
        ("fill", insert(&jpeg, first, &[0xFF; 9])),
        ("stray bytes", insert(&jpeg, first, b"stray")),
        // The standard tables are taken, as cameras' motion JPEG wants it.
        ("no Huffman table", [&jpeg[..start_of(&jpeg, 0xC4)], &jpeg[start_of(&jpeg, 0xDA)..]].concat()),
        ("bytes behind the end", [&jpeg[..], b"more"].concat()),
        ("another picture behind the end", [&jpeg[..], &jpeg[..]].concat()),
    ];
    for (name, bytes) in cases {
        assert_eq!(outcome(&bytes), None, "{name}");
    }
}

/// When it looks for a restart marker, libjpeg steps into what follows a reserved marker, where the walk steps over it:
/// scans hidden there must not escape the limit.
#[test]
fn scans_hidden_behind_a_reserved_marker_are_refused() {
    let jpeg = jpegs::write(&scene(64, 48), jpegs::PROGRESSIVE);
    let markers = jpegs::markers(&jpeg);
    let (_, first) = markers.iter().find(|(code, _)| *code == 0xDA).unwrap();
    let header = &jpeg[first.start..first.start + 14];
    let hidden = segment(0x02, &header.repeat(4_000));
    let restart = segment(0xDD, &1u16.to_be_bytes());
    let bytes = [&jpeg[..first.start], &restart, &jpeg[first.clone()], &hidden, b"\xff\xd9"].concat();
    assert_eq!(refusal(&bytes).kind(), Kind::Corrupt);
}

/// A fatal error after a warning is still fatal: libjpeg-turbo reports the two alike.
#[test]
fn an_error_after_a_warning_is_an_error() {
    let jpeg = jpegs::write(&scene(64, 48), jpegs::PROGRESSIVE);
    let scans: Vec<_> = jpegs::markers(&jpeg).into_iter().filter(|(code, _)| *code == 0xDA).collect();
    let mut bytes = jpeg.clone();
    // A component that the frame has not.
    bytes[scans.last().unwrap().1.start + 5] = 99;
    assert_eq!(outcome(&bytes), Some(Kind::Corrupt), "the error alone");
    let frame = start_of(&jpeg, 0xC2);
    assert_eq!(outcome(&insert(&jpeg, frame, b"stray")), None, "the warning alone");
    assert_eq!(outcome(&insert(&bytes, frame, b"stray")), Some(Kind::Corrupt), "the error after the warning");
}

#[test]
fn lying_pngs_and_webps() {
    let png = crate::pictures::png(32, 24);
    let no_end = &png[..png.len() - 12];
    let short_pixels = pngs::Header::new(32, 24, 8, pngs::RGB).wrap(&[], &pngs::stored_zlib(&[0; 500]));
    let webp = crate::pictures::webp(32, 24);
    let with_length = |length: u32| [&webp[..4], &length.to_le_bytes(), &webp[8..]].concat();
    let stated = u32::from_le_bytes(*webp[4..].first_chunk().unwrap());
    let cases = [
        ("png without end", no_end.to_vec()),
        ("png of too few pixels", short_pixels),
        ("png of an unknown colour type", pngs::Header::new(32, 24, 8, 5).write(&[], |_, _| vec![0])),
        (
            "png of a depth that its colour has not",
            pngs::Header::new(32, 24, 4, pngs::RGB).write(&[], |_, _| vec![0; 3]),
        ),
        ("png palette without palette", pngs::Header::new(32, 24, 8, pngs::PALETTE).write(&[], |_, _| vec![0])),
        ("webp that says more", with_length(stated + 2)),
        ("webp that says far more", with_length(u32::MAX - 1)),
        ("webp that says less", with_length(stated / 2)),
        ("webp that says nothing", with_length(0)),
    ];
    for (name, bytes) in cases {
        assert_eq!(outcome(&bytes), Some(Kind::Corrupt), "{name}");
    }
}
