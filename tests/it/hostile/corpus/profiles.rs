//! Colour profiles that lie, in every format that has one. A bad profile is no profile: the picture is shown without.

use image::RgbImage;

use super::{Expected, Made};
use crate::pictures::avifs::{self, Item, boxed};
use crate::pictures::profiles::{cmyk, display_p3, in_jpeg, in_webp, piece, png_chunk};
use crate::pictures::tiffs::{self, UNDEFINED};
use crate::pictures::{self, jpegs, pngs, scene};

const SIDE: u32 = 64;
/// The header, behind which stands the number of tags.
const HEADER_BYTES: usize = 128;
const TAG_BYTES: usize = 12;
const ICC_TAG: u16 = 34_675;

pub(super) fn all() -> Vec<Made> {
    let picture = scene(SIDE, SIDE);
    let files = Files::of(&picture);
    let mut made: Vec<Made> = Vec::new();
    for (name, profile) in bad() {
        let containers = [
            ("JPEG", in_pieces(&files.jpeg, &profile)),
            (
                "PNG",
                pngs::Header::new(8, 8, 8, pngs::RGB).write(&[png_chunk(&profile)], |x, y| vec![(x * y) as u16; 3]),
            ),
            ("WebP", in_webp(&files.webp, (SIDE, SIDE), Some(&profile), None)),
            ("AVIF", avifs::file(&[files.avif(&profile)], &[])),
            ("TIFF", tiffs::in_tiff(&picture).with(ICC_TAG, UNDEFINED, profile).write(&picture)),
        ];
        made.extend(containers.map(|(format, bytes)| (format, name.to_owned(), bytes, Expected::PICTURE)));
    }
    made.extend(badly_cut(&files.jpeg));
    made
}

struct Files {
    jpeg: Vec<u8>,
    webp: Vec<u8>,
    stream: Vec<u8>,
}

impl Files {
    fn of(picture: &RgbImage) -> Self {
        let avif = super::samples::avif(&picture.clone().into());
        Self {
            jpeg: jpegs::write(picture, jpegs::BASELINE),
            webp: pictures::webp(SIDE, SIDE),
            stream: avifs::streams(&avif).to_vec(),
        }
    }

    fn avif(&self, profile: &[u8]) -> Item {
        Item::new(&self.stream, SIDE, SIDE).with(boxed(*b"colr", &[b"prof", profile].concat()))
    }
}

fn bad() -> Vec<(&'static str, Vec<u8>)> {
    let p3 = display_p3();
    let count = u32::from_be_bytes(*p3[HEADER_BYTES..].first_chunk().unwrap());
    let to_all = |change: &dyn Fn(&mut [u8])| {
        let mut profile = p3.clone();
        let table = &mut profile[HEADER_BYTES + 4..][..count as usize * TAG_BYTES];
        table.chunks_exact_mut(TAG_BYTES).for_each(change);
        profile
    };
    let counted = |count: u32| [&p3[..HEADER_BYTES], &count.to_be_bytes(), &p3[HEADER_BYTES + 4..]].concat();
    let length = p3.len() as u32;
    vec![
        ("nothing", Vec::new()),
        ("a byte", vec![0]),
        ("zeros", vec![0; 4096]),
        ("ones", vec![0xFF; 4096]),
        ("a header alone", p3[..HEADER_BYTES].to_vec()),
        ("half", p3[..p3.len() / 2].to_vec()),
        ("no tags", counted(0)),
        ("four billion tags", counted(u32::MAX)),
        (
            "tags that are the whole profile",
            to_all(&|tag| tag[4..].copy_from_slice(&[0u32.to_be_bytes(), length.to_be_bytes()].concat())),
        ),
        (
            "tags that are their own table",
            to_all(&|tag| tag[4..].copy_from_slice(&[132u32, 120].map(u32::to_be_bytes).concat())),
        ),
        ("tags behind the end", to_all(&|tag| tag[4..8].fill(0xFF))),
        ("tags of four gigabytes", to_all(&|tag| tag[8..].fill(0xFF))),
        ("tags of nothing", to_all(&|tag| tag[8..].fill(0))),
        ("a profile in a profile", with_table(&[&p3[..], &p3].concat())),
        (
            "a curve of four billion points",
            with_curves(&[b"curv\0\0\0\0", &u32::MAX.to_be_bytes()[..], &[7; 64]].concat()),
        ),
        ("a curve of a power that is none", with_curves(b"para\0\0\0\0\xff\xff\0\0\x7f\xff\xff\xff")),
        ("a curve that divides by nothing", with_curves(&[&b"para\0\0\0\0\0\x04\0\0"[..], &[0; 28]].concat())),
        (
            "a table of 255 points a side",
            with_table(&[&b"mft2\0\0\0\0\x03\x03\xff\0"[..], &[0; 36], &[0xFF; 4], &[7; 900]].concat()),
        ),
        (
            "a table of 15 channels",
            with_table(&[&b"mft1\0\0\0\0\x0f\x0f\x02\0"[..], &[0; 36], &vec![7; 99_999]].concat()),
        ),
        (
            "a table of one point",
            with_table(&[&b"mft2\0\0\0\0\x03\x03\x01\0"[..], &[0; 36], &[0, 2, 0, 2], &[7; 99]].concat()),
        ),
        ("a table of no points", with_table(&[&b"mft2\0\0\0\0\x03\x03\0\0"[..], &[0; 36], &[0; 4], &[7; 99]].concat())),
        (
            "a table whose parts are itself",
            with_table(&[&b"mAB \0\0\0\0\x03\x03\0\0"[..], &[0; 20], &[255; 99]].concat()),
        ),
        (
            "a table whose parts are far away",
            with_table(&[&b"mAB \0\0\0\0\x03\x03\0\0"[..], &[0xFF; 20], &[255; 99]].concat()),
        ),
        ("ink's, on colours", cmyk()),
    ]
}

/// A profile for colours whose only tag is its table.
fn with_table(table: &[u8]) -> Vec<u8> {
    let place = [HEADER_BYTES + 4 + TAG_BYTES, table.len()].map(|number| (number as u32).to_be_bytes());
    [&display_p3()[..HEADER_BYTES], &1u32.to_be_bytes(), b"A2B0", place.as_flattened(), table].concat()
}

/// The same colorants, and this for every curve.
fn with_curves(curve: &[u8]) -> Vec<u8> {
    let mut profile = display_p3();
    let place = [profile.len(), curve.len()].map(|number| (number as u32).to_be_bytes());
    for tag in profile[HEADER_BYTES + 4..].chunks_exact_mut(TAG_BYTES).take(16) {
        if tag[1..4] == *b"TRC" {
            tag[4..].copy_from_slice(place.as_flattened());
        }
    }
    profile.extend(curve);
    profile
}

/// In as many segments as it takes.
fn in_pieces(jpeg: &[u8], profile: &[u8]) -> Vec<u8> {
    const MOST: usize = 65_000;
    let pieces: Vec<_> = profile.chunks(MOST).collect();
    let write = |(index, contents): (usize, &&[u8])| {
        jpegs::segment(0xE2, &piece(index as u8 + 1, pieces.len() as u8, contents))
    };
    let segments: Vec<u8> = pieces.iter().enumerate().flat_map(write).collect();
    [&jpeg[..2], &segments, &jpeg[2..]].concat()
}

/// A profile that is whole, in segments that are not.
fn badly_cut(jpeg: &[u8]) -> Vec<Made> {
    let p3 = display_p3();
    let (first, second) = p3.split_at(p3.len() / 2);
    let of = |pieces: &[(u8, u8, &[u8])]| {
        let segments = pieces.iter().rev().map(|(number, count, contents)| piece(*number, *count, contents));
        segments.fold(jpeg.to_vec(), |jpeg, contents| jpegs::with_segment(&jpeg, 0xE2, &contents))
    };
    [
        ("pieces in the wrong order", of(&[(2, 2, second), (1, 2, first)])),
        ("a piece that is missing", of(&[(1, 3, first), (3, 3, second)])),
        ("a piece that comes twice", of(&[(1, 2, first), (1, 2, first)])),
        ("piece 0 of 0", of(&[(0, 0, &p3)])),
        ("piece 9 of 2", of(&[(9, 2, &p3)])),
        ("pieces that disagree on how many they are", of(&[(1, 2, first), (2, 9, second)])),
        ("255 pieces of the same number", of(&[(1, 255, &p3[..]); 255])),
        ("a piece of nothing", in_jpeg(jpeg, &[])),
    ]
    .map(|(name, bytes)| ("JPEG", name.to_owned(), bytes, Expected::PICTURE))
    .into()
}
