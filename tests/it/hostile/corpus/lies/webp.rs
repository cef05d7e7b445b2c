//! WebP whose chunks disagree with each other.

use super::{Lies, with};
use crate::hostile::corpus::Expected;
use crate::pictures::animations::{counting, webp};
use crate::pictures::{self, profiles};

/// Behind the canvas and the loop comes the first frame: left, top, width, height and time, of three bytes each.
const FRAME: usize = 44 + 8;

pub(super) fn all() -> Lies {
    let lossy = pictures::webp(16, 16);
    let stated = u32::from_le_bytes(*lossy[4..].first_chunk().unwrap());
    let length = |length: u32| with(&lossy, 4, &length.to_le_bytes());
    let canvas = |side: u32| profiles::in_webp(&lossy, (side, side), None, None);
    let moving = webp(0, &counting(16, 16, 3));
    let frame = |at: usize, number: u32| with(&moving, FRAME + at, &number.to_le_bytes()[..3]);
    let first_frame_ends = FRAME + u32::from_le_bytes(*moving[FRAME - 4..].first_chunk().unwrap()) as usize;
    let without_frames = [&moving[..4], &36u32.to_le_bytes(), &moving[8..44]].concat();
    vec![
        ("more bytes than there are", length(stated + 2), Expected::CORRUPT),
        ("four gigabytes", length(u32::MAX - 1), Expected::CORRUPT),
        ("half of its bytes", length(stated / 2), Expected::CORRUPT),
        ("no bytes", length(0), Expected::CORRUPT),
        ("a frame of no width", with(&lossy, 26, &[0, 0]), Expected::CORRUPT),
        ("a frame of no height", with(&lossy, 28, &[0, 0]), Expected::CORRUPT),
        ("a frame of 16,383 × 16,383", with(&lossy, 26, &[0xFF, 0x3F, 0xFF, 0x3F]), Expected::TOO_LARGE),
        ("a canvas that is smaller than its frame", canvas(8), Expected::CORRUPT),
        ("a canvas that is larger than its frame", canvas(32), Expected::CORRUPT),
        ("a canvas of 16 megapixels a side", canvas(1 << 24), Expected::CORRUPT),
        ("alpha that is not there", with(&canvas(16), 20, &[0x10]), Expected::CLEAN),
        ("an animation that is not there", with(&canvas(16), 20, &[0x02]), Expected::CORRUPT),
        ("an animation of no frame", without_frames, Expected::CORRUPT),
        ("a moving frame off the canvas", frame(0, 12), Expected::CORRUPT),
        ("a moving frame far off the canvas", frame(3, 0xFF_FFFF), Expected::CORRUPT),
        ("a moving frame wider than its picture", frame(6, 30), Expected::CLEAN),
        ("a moving frame of 16 million rows", frame(9, 0xFF_FFFF), Expected::CLEAN),
        ("a moving frame of no time", frame(12, 0), Expected::PICTURE),
        ("a moving frame of four hours", frame(12, 0xFF_FFFF), Expected::PICTURE),
        ("a moving frame that is empty", with(&moving, FRAME - 4, &[0; 4]), Expected::CORRUPT),
        (
            "a moving frame of all the rest",
            with(&moving, FRAME - 4, &(moving.len() - FRAME).to_le_bytes()[..4]),
            Expected::CLEAN,
        ),
        ("a later frame that is no picture", with(&moving, first_frame_ends + 8 + 16 + 8, &[0; 4]), Expected::CLEAN),
    ]
}
