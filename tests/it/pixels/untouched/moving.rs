//! Animations that are answered untouched.

use super::super::animations::{read_gif, read_webp};
use super::{SECRET, answer, chunk, exif, mutate, noise, with_chunks};
use crate::hostile::mutated::Random;
use crate::pictures::animations;
use crate::pictures::gifs::{self, Frame, frame};

fn moving_webp() -> Vec<u8> {
    let frames: Vec<_> = (1..4).map(|step| (noise(64, 48, step), 30 + step as u32)).collect();
    let plain = animations::webp(3, &frames);
    let mut inside = chunk(b"prVt", SECRET);
    // The last frame gets a chunk of its own that nobody knows.
    let last = plain.windows(4).rposition(|name| name == b"ANMF").unwrap();
    let length = plain[last + 4..].first_chunk().map(|length| u32::from_le_bytes(*length)).unwrap();
    let mut bytes = plain[..last + 8 + length as usize].to_vec();
    bytes[last + 4..last + 8].copy_from_slice(&(length + inside.len() as u32).to_le_bytes());
    bytes.append(&mut inside);
    with_chunks(&bytes, 0x0C, &[chunk(b"EXIF", &exif(1)), chunk(b"XMP ", SECRET)].concat())
}

/// A sprite wanders over a ground without a pattern and leaves it as it was, which few encoders say as shortly.
fn moving_gif() -> Vec<u8> {
    let mut random = Random::new(3);
    let ground: Vec<_> = (0..64 * 48).map(|_| random.below(3) as u8).collect();
    let ground = frame(64, 48, |x, y| ground[usize::from(y * 64 + x)]);
    let sprite = |step: u16| Frame {
        left: step * 5,
        top: step * 3,
        dispose: gif::DisposalMethod::Previous,
        ..frame(12, 12, |_, _| 3)
    };
    let frames: Vec<_> = [ground].into_iter().chain((0..8).map(sprite)).collect();
    gifs::write(64, 48, Some(4), &frames)
}

fn tagged_gif(plain: &[u8]) -> Vec<u8> {
    let extension = |label: u8, blocks: &[&[u8]]| {
        let blocks: Vec<u8> = blocks.iter().flat_map(|block| [&[block.len() as u8], *block].concat()).collect();
        [&[0x21, label], &blocks[..], &[0]].concat()
    };
    let told = [
        extension(0xFE, &[SECRET, SECRET]),
        extension(0xFF, &[b"XMP DataXMP", SECRET]),
        extension(0xFF, &[b"ICCRGBG1012", SECRET]),
        extension(0x01, &[&[0; 12], SECRET]),
    ]
    .concat();
    let header = 13 + gifs::PALETTE.len() * 3;
    // Before the first frame, and behind the last.
    [&plain[..header], &told, &plain[header..plain.len() - 1], &told, b";", SECRET].concat()
}

#[test]
fn what_moves_keeps_moving() {
    let source = moving_webp();
    let answer = answer("webp", &source);
    assert_eq!(read_webp(&answer), read_webp(&source));
    assert_eq!(answer[20], 0x12);
    mutate("webp", &source);
    let source = tagged_gif(&moving_gif());
    let answer = self::answer("gif", &source);
    assert_eq!(read_gif(&answer), read_gif(&source));
    assert_eq!(read_gif(&answer).1, 5);
    mutate("gif", &source);
}
