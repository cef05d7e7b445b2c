//! BMPs whose headers ask for what does not follow.

use super::super::bombs::bmp_of_runs;
use super::{Lies, with};
use crate::hostile::corpus::Expected;
use crate::pictures::{scene, tiffs};

pub(super) fn all() -> Lies {
    let bmp = tiffs::bmp(scene(16, 16));
    let sides = |width: i32, height: i32| with(&bmp, 18, &[width.to_le_bytes(), height.to_le_bytes()].concat());
    let long = |at: usize, value: u32| with(&bmp, at, &value.to_le_bytes());
    let bits = |bits: u16| with(&bmp, 28, &bits.to_le_bytes());
    let runs = |runs: &[u8]| bmp_of_runs(16, 16, runs);
    vec![
        ("no width", sides(0, 16), Expected::CORRUPT),
        ("no height", sides(16, 0), Expected::CORRUPT),
        ("a negative width", sides(-16, 16), Expected::CORRUPT),
        ("the most negative height", sides(16, i32::MIN), Expected::CORRUPT),
        ("the largest sides", sides(i32::MAX, i32::MAX), Expected::CORRUPT),
        ("65,535 × 65,535", sides(65_535, 65_535), Expected::CORRUPT),
        ("pixels behind the end", long(10, 0xFFFF_FFF0), Expected::CORRUPT),
        ("pixels within the header", long(10, 4), Expected::CLEAN),
        ("a header of no bytes", long(14, 0), Expected::UNSUPPORTED),
        ("a header of four gigabytes", long(14, u32::MAX), Expected::UNSUPPORTED),
        ("OS/2's header", long(14, 12), Expected::CLEAN),
        ("the longest header", long(14, 124), Expected::CLEAN),
        ("no bits a pixel", bits(0), Expected::CLEAN),
        ("three bits a pixel", bits(3), Expected::CLEAN),
        ("the largest numbers everywhere", with(&sides(i32::MAX, i32::MIN), 28, &[0xFF; 2]), Expected::CORRUPT),
        ("65,535 bits a pixel", bits(65_535), Expected::CORRUPT),
        ("a palette that is not there", bits(8), Expected::CLEAN),
        ("four billion colours", long(46, u32::MAX), Expected::CLEAN),
        ("runs of 24 bits", long(30, 1), Expected::CLEAN),
        ("masks that are not there", long(30, 3), Expected::CLEAN),
        ("a JPEG within", long(30, 4), Expected::UNSUPPORTED),
        ("a compression that does not exist", long(30, 99), Expected::UNSUPPORTED),
        ("runs that end at once", runs(&[0, 1]), Expected::CLEAN),
        ("runs that are not there", runs(&[]), Expected::CORRUPT),
        ("a run over the edge", runs(&[255, 1, 0, 1]), Expected::CLEAN),
        ("a move off the picture", runs(&[0, 2, 255, 255, 9, 1, 0, 1]), Expected::CLEAN),
        ("a copy of what is not there", runs(&[0, 255, 1, 1]), Expected::CLEAN),
    ]
}
