//! TIFFs whose directory lies: places, counts, sizes and sorts of everything in it.

use super::{Lies, with};
use crate::hostile::corpus::Expected;
use crate::pictures::tiffs::{self, LONG, SHORT, Tiff, UNDEFINED, entry_of};
use crate::pictures::{jpegs, pngs, scene};

pub(super) fn all() -> Lies {
    [directories(), entries(), pieces(), tables()].concat()
}

fn plain() -> Vec<u8> {
    let picture = scene(16, 16);
    tiffs::in_tiff(&picture).write(&picture)
}

/// An entry has its tag, type, count and value, of 2, 2, 4 and 4 bytes.
fn with_value(tag: u16, value: u32) -> Vec<u8> {
    let tiff = plain();
    with(&tiff, entry_of(&tiff, tag) + 8, &value.to_le_bytes())
}

fn with_count(tag: u16, count: u32) -> Vec<u8> {
    let tiff = plain();
    with(&tiff, entry_of(&tiff, tag) + 4, &count.to_le_bytes())
}

fn directories() -> Lies {
    let tiff = plain();
    let entries = u16::from_le_bytes([tiff[8], tiff[9]]);
    let next = 10 + usize::from(entries) * 12;
    let at = |place: u32| with(&tiff, 4, &place.to_le_bytes());
    vec![
        ("a directory behind the end", at(u32::MAX), Expected::CORRUPT),
        ("a directory in the header", at(0), Expected::CORRUPT),
        ("a directory over the header", at(2), Expected::CORRUPT),
        ("no entries", with(&tiff, 8, &[0, 0]), Expected::CORRUPT),
        ("65,535 entries", with(&tiff, 8, &[0xFF; 2]), Expected::CORRUPT),
        ("a next directory that is the first", with(&tiff, next, &8u32.to_le_bytes()), Expected::CORRUPT),
        ("a next directory behind the end", with(&tiff, next, &[0xFF; 4]), Expected::CLEAN),
        ("bytes of the other order", with(&tiff, 0, b"MM\0*"), Expected::CORRUPT),
        ("a big TIFF that is small", with(&tiff, 2, &[43, 0]), Expected::CLEAN),
    ]
}

fn entries() -> Lies {
    vec![
        ("no width", with_value(256, 0), Expected::CORRUPT),
        ("no height", with_value(257, 0), Expected::CORRUPT),
        ("the largest width", with_value(256, u32::MAX), Expected::CLEAN),
        ("the largest height", with_value(257, u32::MAX), Expected::CLEAN),
        ("four billion widths", with_count(256, u32::MAX), Expected::CLEAN),
        ("four billion depths", with_count(258, u32::MAX), Expected::CLEAN),
        ("depths that are far away", with_value(258, u32::MAX - 5), Expected::CORRUPT),
        ("a compression that does not exist", with_value(259, 9999), Expected::UNSUPPORTED),
        ("JPEG's tables of old", with_value(259, 6), Expected::UNSUPPORTED),
        ("a fax that is none", with_value(259, 4), Expected::CLEAN),
        ("colours that mean nothing", with_value(262, 99), Expected::CLEAN),
        ("no samples", with_value(277, 0), Expected::CLEAN),
        ("65,535 samples", with_value(277, 65_535), Expected::CLEAN),
        ("no rows in a strip", with_value(278, 0), Expected::CLEAN),
        ("a row in a strip", with_value(278, 1), Expected::CLEAN),
        ("four billion rows in a strip", with_value(278, u32::MAX), Expected::PICTURE),
        ("a strip behind the end", with_value(273, u32::MAX), Expected::CORRUPT),
        ("a strip in the header", with_value(273, 0), Expected::CLEAN),
        ("four billion strips", with_count(273, u32::MAX), Expected::CLEAN),
        ("strips that are far away", with_count(273, 1 << 20), Expected::CLEAN),
        ("a strip of four gigabytes", with_value(279, u32::MAX), Expected::CORRUPT),
        ("a strip of no bytes", with_value(279, 0), Expected::CLEAN),
        ("four billion lengths of strips", with_count(279, u32::MAX), Expected::CLEAN),
    ]
}

fn pieces() -> Lies {
    let gray = |size| Tiff::new(size, 8, 1, tiffs::BLACK_IS_ZERO);
    let long = |value: u32| value.to_le_bytes().to_vec();
    let tiles = |side: (u32, u32), offsets: Vec<u8>, lengths: Vec<u8>| {
        let tiff = gray((64, 64)).with(322, LONG, long(side.0)).with(323, LONG, long(side.1));
        tiff.with(324, LONG, offsets).with(325, LONG, lengths).wrap(&[&[0; 4096]])
    };
    let tile = |width, height| tiles((width, height), long(8), long(4096));
    let deflated = Tiff { compression: 8, ..gray((16, 16)) };
    let zlib = pngs::stored_zlib(&[0; 100]);
    let planes = Tiff::new((16, 16), 8, 3, tiffs::RGB).with(284, SHORT, vec![2, 0]);
    let predicted = |predictor: u8| deflated.clone().with(317, SHORT, vec![predictor, 0]);
    let whole = pngs::stored_zlib(&[0; 256]);
    vec![
        ("tiles of no width", tile(0, 64), Expected::CLEAN),
        ("tiles of no height", tile(64, 0), Expected::CLEAN),
        ("a tile of four billion a side", tile(u32::MAX, u32::MAX), Expected::CLEAN),
        ("a tile of 65,536 a side", tile(65_536, 65_536), Expected::CLEAN),
        ("tiles of a pixel", tile(1, 1), Expected::CLEAN),
        ("a tile behind the end", tiles((64, 64), long(u32::MAX), long(4096)), Expected::CORRUPT),
        ("fewer deflated bytes than pixels", deflated.wrap(&[&zlib]), Expected::CORRUPT),
        ("deflated noise", deflated.wrap(&[&[0x78, 0x01, 0xFF, 0xFF, 0xFF, 0xFF]]), Expected::CORRUPT),
        (
            "LZW that begins with no clear code",
            Tiff { compression: 5, ..gray((16, 16)) }.wrap(&[&[0xFF; 99]]),
            Expected::CORRUPT,
        ),
        (
            "packed bits that end too early",
            Tiff { compression: 32773, ..gray((16, 16)) }.wrap(&[&[127, 1]]),
            Expected::CORRUPT,
        ),
        ("planes of which two are missing", planes.wrap(&[&[0; 256]]), Expected::CORRUPT),
        ("a predictor of floats", predicted(3).wrap(&[&whole]), Expected::CLEAN),
        ("a predictor that does not exist", predicted(99).wrap(&[&whole]), Expected::CLEAN),
        ("an orientation that does not exist", gray((4, 4)).turned(99).write(&[0; 16]), Expected::PICTURE),
        ("a JPEG that is none", Tiff { compression: 7, ..gray((16, 16)) }.wrap(&[&[0; 64]]), Expected::CORRUPT),
    ]
}

/// JPEGs whose decoder is given tables of the file's first.
fn tables() -> Lies {
    let jpeg = jpegs::write(&scene(16, 16), jpegs::FULL_COLOUR);
    let frame = jpegs::markers(&jpeg).into_iter().find(|(code, _)| *code == 0xC0).unwrap().1;
    let large = with(&jpeg[frame.clone()], 5, &[0x40, 0, 0x40, 0]);
    let tiff = Tiff { compression: 7, ..Tiff::new((16, 16), 8, 3, tiffs::YCBCR) }.with(
        530,
        SHORT,
        [1u16, 1].map(u16::to_le_bytes).concat(),
    );
    let after = |inner: &[u8]| [b"\xff\xd8", inner, b"\xff\xd9"].concat();
    let with_tables = |tables: Vec<u8>| tiff.clone().with(347, UNDEFINED, tables).wrap(&[&jpeg]);
    let within = |inner: &[u8]| tiff.wrap(&[&[&jpeg[..frame.start], inner, &jpeg[frame.start..]].concat()]);
    // Passed over as one segment, this one is followed by the large frame, and as a marker alone by a comment around it.
    let hiding = |code: u8| [&[0xFF, code, 0, 4, 0xFF, 0xFE][..], &[0, 21], &large].concat();
    let scan = jpegs::segment(0xDA, &[1, 1, 0, 0, 63, 0]);
    vec![
        ("JPEG's tables", with_tables(after(&jpeg[2..frame.start])), Expected::PICTURE),
        ("JPEG's tables with a large frame", with_tables(after(&large)), Expected::CORRUPT),
        ("JPEG's tables with a picture", with_tables(after(&[&large[..], &scan].concat())), Expected::CORRUPT),
        ("JPEG's tables that go on", with_tables([&after(&[])[..], &large].concat()), Expected::CORRUPT),
        ("JPEG's tables without an end", with_tables(jpeg[..frame.start].to_vec()), Expected::CORRUPT),
        ("JPEG's tables of megabytes", with_tables(after(&jpegs::segment(0xFE, &[0; 9999]))), Expected::CORRUPT),
        ("a large frame behind a marker that means nothing", within(&hiding(0x01)), Expected::CORRUPT),
        ("a large frame behind a reserved marker", within(&hiding(0xBF)), Expected::CORRUPT),
        ("a large frame behind a restart", within(&hiding(0xD0)), Expected::CORRUPT),
        ("a large frame behind a second start", within(&hiding(0xD8)), Expected::CORRUPT),
        ("a large frame whose marker has a zero in it", within(&[b"\xff\0", &large[1..]].concat()), Expected::CORRUPT),
    ]
}
