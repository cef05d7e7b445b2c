//! PNGs whose chunks are not what they say.

use super::{Lies, with};
use crate::hostile::corpus::Expected;
use crate::pictures::{self, pngs};

pub(super) fn all() -> Lies {
    const HEADER_END: usize = 33;
    let png = pngs::Header::new(16, 16, 8, pngs::GRAY).write(&[], |x, y| vec![(x * y) as u16]);
    let (header, rest) = png.split_at(HEADER_END);
    let put = |chunk: &[u8]| [header, chunk, rest].concat();
    let with_header = |at: usize, byte: u8| {
        let mut contents = header[16..29].to_vec();
        contents[at] = byte;
        [&header[..8], &pngs::chunk(*b"IHDR", &contents), rest].concat()
    };
    let indexed = |palette: Vec<u8>| {
        pngs::Header::new(16, 16, 8, pngs::PALETTE).write(&[(*b"PLTE", palette)], |x, _| vec![x as u16 * 16])
    };
    vec![
        ("no width", pictures::png_bomb(0, 9), Expected::CORRUPT),
        ("no height", pictures::png_bomb(9, 0), Expected::CORRUPT),
        ("a depth of 0", with_header(8, 0), Expected::CORRUPT),
        ("a depth of 3", with_header(8, 3), Expected::CORRUPT),
        ("an unknown colour type", with_header(9, 9), Expected::CORRUPT),
        ("an unknown compression", with_header(10, 1), Expected::CORRUPT),
        ("an unknown filter method", with_header(11, 1), Expected::CORRUPT),
        ("an unknown interlacing", with_header(12, 9), Expected::CORRUPT),
        ("a second header", put(&header[8..]), Expected::CORRUPT),
        (
            "a header that comes late",
            [&png[..8], &pngs::chunk(*b"tEXt", b"a\0b"), &png[8..]].concat(),
            Expected::CORRUPT,
        ),
        ("a wrong checksum of the header", with(&png, 29, &[0; 4]), Expected::CORRUPT),
        ("a wrong checksum of the pixels", with(&png, png.len() - 16, &[0; 4]), Expected::CORRUPT),
        ("a chunk of four gigabytes", with(&png, HEADER_END, &[0xFF; 4]), Expected::CORRUPT),
        ("no pixels", [header, &png[png.len() - 12..]].concat(), Expected::CORRUPT),
        ("an unknown chunk that matters", put(&pngs::chunk(*b"ABCD", b"?")), Expected::CLEAN),
        ("a palette of no entry", indexed(Vec::new()), Expected::CORRUPT),
        ("a palette of a third of an entry", indexed(vec![9]), Expected::CLEAN),
        ("colours that the palette has not", indexed(vec![9; 6]), Expected::CLEAN),
        ("an animation of no frame", put(&pngs::chunk(*b"acTL", &[0; 8])), Expected::CLEAN),
        ("an animation of four billion frames", put(&pngs::chunk(*b"acTL", &[0xFF; 8])), Expected::CLEAN),
        ("transparency of the wrong length", put(&pngs::chunk(*b"tRNS", &[1; 300])), Expected::CLEAN),
        ("code points of the wrong length", put(&pngs::chunk(*b"cICP", &[9])), Expected::PICTURE),
        ("code points that mean nothing", put(&pngs::chunk(*b"cICP", &[255, 255, 255, 9])), Expected::CLEAN),
        ("EXIF of four billion entries", put(&pngs::chunk(*b"eXIf", b"MM\0*\0\0\0\x08\xff\xff")), Expected::PICTURE),
    ]
}
