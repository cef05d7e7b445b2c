//! Colour profiles, written here, and where each kind of file keeps one.

use moxcms::{ColorProfile, DataColorSpace, LutDataType, LutStore, LutType, LutWarehouse, Matrix3d, ProfileClass};

use super::{jpegs, pngs};

pub(crate) fn display_p3() -> Vec<u8> {
    ColorProfile::new_display_p3().encode().unwrap()
}

pub(crate) fn adobe_rgb() -> Vec<u8> {
    ColorProfile::new_adobe_rgb().encode().unwrap()
}

pub(crate) fn srgb() -> Vec<u8> {
    ColorProfile::new_srgb().encode().unwrap()
}

pub(crate) fn gray(gamma: f32) -> Vec<u8> {
    ColorProfile::new_gray_with_gamma(gamma).encode().unwrap()
}

/// L* of paper, and what full ink takes off it; a* and b* likewise. Inks add up, which none do, so that a table of two points a
/// side says all of it.
pub(crate) const INKS: [[f64; 3]; 4] =
    [[-18.0, -14.0, -22.0], [-22.0, 30.0, -2.0], [-5.0, -2.0, 34.0], [-45.0, 0.0, 0.0]];
pub(crate) const PAPER: [f64; 3] = [95.0, 0.0, 0.0];

/// A press of [`INKS`] on [`PAPER`].
pub(crate) fn cmyk() -> Vec<u8> {
    // By the old encoding of CIELAB in sixteen bits: 100 is FF00, and 0 is 8000.
    let encode = |lab: [f64; 3]| {
        let [l, a, b] = lab;
        [l / 100.0 * 65280.0, (a + 128.0) * 256.0, (b + 128.0) * 256.0]
            .map(|value| value.round().clamp(0.0, 65535.0) as u16)
    };
    let corner = |corner: usize| {
        let mut lab = PAPER;
        // The first ink changes slowest.
        for (ink, takes) in INKS.iter().enumerate().filter(|(ink, _)| corner >> (3 - ink) & 1 == 1) {
            assert!(ink < 4);
            (0..3).for_each(|part| lab[part] += takes[part]);
        }
        encode(lab)
    };
    let straight = |channels: usize| LutStore::Store16([0, 65535].repeat(channels));
    let table = LutDataType {
        num_input_channels: 4,
        num_output_channels: 3,
        num_clut_grid_points: 2,
        matrix: Matrix3d::IDENTITY,
        num_input_table_entries: 2,
        num_output_table_entries: 2,
        input_table: straight(4),
        clut_table: LutStore::Store16((0..16).flat_map(corner).collect()),
        output_table: straight(3),
        lut_type: LutType::Lut16,
    };
    let mut profile = ColorProfile::new_gray_with_gamma(1.0);
    profile.gray_trc = None;
    profile.chromatic_adaptation = None;
    profile.color_space = DataColorSpace::Cmyk;
    profile.pcs = DataColorSpace::Lab;
    profile.profile_class = ProfileClass::OutputDevice;
    profile.lut_a_to_b_perceptual = Some(LutWarehouse::Lut(table));
    let mut bytes = profile.encode().unwrap();
    // moxcms calls everything version 4, by which the encoding would be another.
    bytes[8] = 2;
    bytes
}

/// An `APP2` segment's contents: piece `number` of `count`.
pub(crate) fn piece(number: u8, count: u8, contents: &[u8]) -> Vec<u8> {
    [b"ICC_PROFILE\0", &[number, count][..], contents].concat()
}

pub(crate) fn in_jpeg(jpeg: &[u8], profile: &[u8]) -> Vec<u8> {
    jpegs::with_segment(jpeg, 0xE2, &piece(1, 1, profile))
}

pub(crate) fn png_chunk(profile: &[u8]) -> pngs::Chunk {
    (*b"iCCP", [&b"a name\0\0"[..], &pngs::stored_zlib(profile)].concat())
}

/// A simple WebP in the extended form, with a profile and an EXIF block where they are given.
pub(crate) fn in_webp(simple: &[u8], size: (u32, u32), profile: Option<&[u8]>, exif: Option<&[u8]>) -> Vec<u8> {
    let chunk = |name: &[u8; 4], contents: &[u8]| {
        let padding = vec![0; contents.len() % 2];
        [&name[..], &(contents.len() as u32).to_le_bytes(), contents, &padding].concat()
    };
    let flags = u8::from(profile.is_some()) << 5 | u8::from(exif.is_some()) << 3;
    let last = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    let header = [&[flags, 0, 0, 0][..], &last(size.0), &last(size.1)].concat();
    let chunks = [
        chunk(b"VP8X", &header),
        profile.map(|profile| chunk(b"ICCP", profile)).unwrap_or_default(),
        simple[12..].to_vec(),
        exif.map(|exif| chunk(b"EXIF", exif)).unwrap_or_default(),
    ]
    .concat();
    [b"RIFF", &(chunks.len() as u32 + 4).to_le_bytes()[..], b"WEBP", &chunks].concat()
}
