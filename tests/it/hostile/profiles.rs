//! Colour profiles that lie, and files of the decoders that came with them.

use std::fmt::Write as _;

use pixfront::error::Kind;

use super::memory::peak_of;
use super::mutated::Random;
use super::{refusal, render};
use crate::pictures::profiles::{self, in_jpeg, png_chunk};
use crate::pictures::tiffs::{self, BLACK_IS_ZERO, Tiff, UNDEFINED};
use crate::pictures::{jpegs, pngs, scene};

const CASES: usize = 300;
/// Far more than a small picture and a profile need, far less than a bomb would take.
const BYTES_MAX: usize = 64 << 20;

fn ink(profile: &[u8]) -> Vec<u8> {
    Tiff::new((16, 8), 8, 4, tiffs::CMYK).with(34675, UNDEFINED, profile.to_vec()).write(&[90; 16 * 8 * 4])
}

#[test]
fn changed_profiles_do_no_harm() {
    let jpeg = jpegs::write(&scene(32, 24), jpegs::FULL_COLOUR);
    let gray = jpegs::write(&scene(32, 24), jpegs::GRAY);
    let mut random = Random::new(0x5DEE_CE66_D1CE_CAFE);
    let mut kinds = String::new();
    for index in 0..CASES {
        let mut profile = match index % 3 {
            0 => profiles::display_p3(),
            1 => profiles::gray(2.2),
            _ => profiles::cmyk(),
        };
        for _ in 0..=random.below(8) {
            let at = if random.below(3) == 0 {
                random.below(profile.len())
            } else {
                128 + random.below(profile.len() - 128)
            };
            profile[at] = random.below(256) as u8;
        }
        if random.below(8) == 0 {
            profile.truncate(random.below(profile.len()));
        }
        let bytes = match index % 3 {
            0 => in_jpeg(&jpeg, &profile),
            1 => in_jpeg(&gray, &profile),
            _ => ink(&profile),
        };
        let (result, peak) = peak_of(|| render(&bytes, "w=8&f=png"));
        assert!(peak < BYTES_MAX, "case {index} held {peak} bytes");
        if let Err(error) = result {
            writeln!(kinds, "case {index}: {error:?}").unwrap();
        }
    }
    assert_eq!(kinds, "", "a bad profile is no profile");
}

/// A profile of `count` tags of this name, all in one place.
fn crowd(name: [u8; 4], count: u32, contents: &[u8]) -> Vec<u8> {
    let mut profile = profiles::cmyk()[..128].to_vec();
    let place = [(132 + count * 12).to_be_bytes(), (contents.len() as u32).to_be_bytes()].concat();
    profile.extend(count.to_be_bytes());
    (0..count).for_each(|_| profile.extend([&name[..], &place].concat()));
    profile.extend(contents);
    profile
}

#[test]
fn tags_that_lie_over_each_other_cost_nothing() {
    let table = [&b"mft2\0\0\0\0\x04\x03\x10\0"[..], &[0; 36], &[0, 2, 0, 2], &vec![7; 1 << 20]].concat();
    // Each of the names is the whole text.
    let records: u32 = 40_000;
    let text_bytes = records * 12 + 2_000_000;
    let record = [&b"enUS"[..], &2_000_000u32.to_be_bytes(), &(records * 12).to_be_bytes()].concat();
    let mut text =
        [&b"mluc\0\0\0\0"[..], &records.to_be_bytes(), &12u32.to_be_bytes(), &record.repeat(records as usize)].concat();
    text.resize(text_bytes as usize + 16, b'x');
    for (name, profile) in [
        ("a table many times", crowd(*b"A2B0", 100_000, &table)),
        ("a text many times", crowd(*b"desc", 1, &text)),
        ("more tags than there are", [&profiles::cmyk()[..128], &u32::MAX.to_be_bytes()].concat()),
    ] {
        let bytes = ink(&profile);
        let (result, peak) = peak_of(|| render(&bytes, "f=png"));
        assert!(result.is_ok() && peak < BYTES_MAX, "{name}: {peak} bytes, {result:?}");
    }
}

#[test]
fn a_profile_that_inflates_without_end_is_ignored() {
    let bomb = [&b"icc\0\0"[..], &pngs::zlib_bomb(1 << 30)].concat();
    let header = pngs::Header::new(8, 8, 8, pngs::GRAY);
    let bytes = header.write(&[(*b"iCCP", bomb)], |x, _| vec![x as u16]);
    let (result, peak) = peak_of(|| render(&bytes, "f=png"));
    assert!(result.is_ok() && peak < BYTES_MAX, "{peak} bytes");
    assert!(render(&header.write(&[png_chunk(b"")], |x, _| vec![x as u16]), "f=png").is_ok());
}

#[test]
fn tiffs_and_bmps_that_lie() {
    let picture = scene(40, 30);
    let claims = |size: (u32, u32)| Tiff::new(size, 8, 1, BLACK_IS_ZERO).wrap(&[&[0; 100]]);
    let mut bmp = tiffs::bmp(picture.clone());
    bmp[18..26].copy_from_slice(&[60_000u32.to_le_bytes(), 50_000u32.to_le_bytes()].concat());
    let mut runs = bmp.clone();
    runs[28] = 8;
    runs[30] = 1;
    runs[34..38].fill(0);
    for (name, bytes) in [("tiff", claims((50_000, 60_000))), ("bmp of runs", runs)] {
        let (kind, peak) = peak_of(|| refusal(&bytes).kind());
        assert_eq!(kind, Kind::TooLarge, "{name}");
        assert!(peak < 1 << 20, "{name}: {peak} bytes");
    }
    let jpeg = jpegs::write(&scene(64, 64), jpegs::FULL_COLOUR);
    let inside = Tiff { compression: 7, ..Tiff::new((16, 16), 8, 3, 6) };
    for (name, bytes, kind) in [
        ("a BMP of too few rows", bmp, Kind::Corrupt),
        (
            "a TIFF of too few rows",
            Tiff::new((40, 30), 8, 3, tiffs::RGB).wrap(&[&picture.as_raw()[..3000]]),
            Kind::Corrupt,
        ),
        ("a JPEG larger than its strip", inside.wrap(&[&jpeg]), Kind::Corrupt),
        (
            "half a JPEG",
            Tiff { size: (64, 64), rows_per_strip: 64, ..inside.clone() }.wrap(&[&jpeg[..jpeg.len() / 2]]),
            Kind::Corrupt,
        ),
        (
            "floats",
            Tiff::new((4, 4), 32, 1, BLACK_IS_ZERO).with(339, tiffs::SHORT, vec![3, 0]).write(&[0; 64]),
            Kind::Unsupported,
        ),
        (
            "a palette",
            Tiff::new((4, 4), 8, 1, 3).with(320, tiffs::SHORT, vec![0; 1536]).write(&[0; 16]),
            Kind::Unsupported,
        ),
    ] {
        assert_eq!(refusal(&bytes).kind(), kind, "{name}");
    }
}
