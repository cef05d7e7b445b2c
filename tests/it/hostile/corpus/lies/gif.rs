//! GIFs whose descriptors and data disagree.

use super::super::bombs::gif_of;
use super::{Lies, with};
use crate::hostile::corpus::Expected;
use crate::pictures::gifs::{self, Frame};

pub(super) fn all() -> Lies {
    let still = gifs::write(16, 16, None, &[gifs::frame(16, 16, |x, y| (x * y % 4) as u8)]);
    let image = still.iter().position(|byte| *byte == b',').unwrap();
    let place = |left: u16, top: u16, width: u16, height: u16| {
        with(&still, image + 1, [left, top, width, height].map(u16::to_le_bytes).as_flattened())
    };
    let codes_begin = |bits: u8| with(&still, image + 10, &[bits]);
    let disposed = |code: u8| {
        let mut moving = gifs::wandering(16, 16, 3);
        let controls: Vec<_> = (0..moving.len()).filter(|at| moving[*at..].starts_with(b"\x21\xf9\x04")).collect();
        for at in controls {
            moving[at + 3] = code << 2 | 1;
            moving[at + 6] = 200;
        }
        moving
    };
    let beyond = Frame { left: 12, top: 12, ..gifs::frame(16, 16, |_, _| 1) };
    let two = gifs::write(16, 16, None, &[gifs::frame(16, 16, |_, _| 0), beyond]);
    let without_palette = [&still[..10], &[0], &still[11..13], &still[image..]].concat();
    vec![
        ("no width", with(&still, 6, &[0, 0]), Expected::CORRUPT),
        ("no height", with(&still, 8, &[0, 0]), Expected::CORRUPT),
        ("a frame of no width", place(0, 0, 0, 16), Expected::CORRUPT),
        ("a frame of more than there is", place(0, 0, 16, 1000), Expected::CORRUPT),
        ("a first frame beyond the canvas", place(5, 5, 16, 16), Expected::PICTURE),
        ("a first frame far beyond the canvas", place(65_535, 65_535, 16, 16), Expected::TOO_LARGE),
        ("a later frame over the edge", two, Expected::PICTURE),
        ("no palette", without_palette, Expected::CLEAN),
        ("colours that the palette has not", gif_of((4, 4), &[0x00, 0xFF, 0xFF, 0xFF]), Expected::CLEAN),
        ("no data", gif_of((16, 16), &[]), Expected::CORRUPT),
        ("codes of no bits", codes_begin(0), Expected::CLEAN),
        ("codes of 11 bits", codes_begin(11), Expected::CLEAN),
        ("codes of 12 bits", codes_begin(12), Expected::CLEAN),
        ("codes of 255 bits", codes_begin(255), Expected::CLEAN),
        ("ways to go on that mean nothing", disposed(7), Expected::PICTURE),
        ("every frame taken away, transparent beyond the palette", disposed(3), Expected::PICTURE),
        ("an extension without an end", [&still[..image], b"\x21\xf9\x04\0"].concat(), Expected::CORRUPT),
        (
            "nothing but extensions",
            [&still[..image], &b"\x21\xfe\x01x\0".repeat(1000), b";"].concat(),
            Expected::CORRUPT,
        ),
        ("bytes that mean nothing", [&still[..image], b"\0\0\0", &still[image..]].concat(), Expected::CORRUPT),
    ]
}
