//! Animated WebP, put together chunk by chunk from stills.

use image::RgbaImage;
use webp::{Encoder, WebPMemory};

/// Frames of the whole canvas, with their times in milliseconds; lossless. Each replaces what was there.
pub(crate) fn webp(loops: u16, frames: &[(RgbaImage, u32)]) -> Vec<u8> {
    coded(loops, frames, |encoder| encoder.encode_lossless())
}

/// The same of stills that are coded in this way; lossy ones are opaque, since others have a header that no frame has.
pub(crate) fn coded(loops: u16, frames: &[(RgbaImage, u32)], encode: fn(Encoder) -> WebPMemory) -> Vec<u8> {
    let (width, height) = frames[0].0.dimensions();
    let header = [&[0x12, 0, 0, 0], &three_bytes(width - 1)[..], &three_bytes(height - 1)].concat();
    let mut chunks =
        [chunk(*b"VP8X", &header), chunk(*b"ANIM", &[&[0; 4], &loops.to_le_bytes()[..]].concat())].concat();
    for (picture, delay_ms) in frames {
        let still = encode(Encoder::from_rgba(picture, width, height)).to_vec();
        let place = [[0; 3], [0; 3], three_bytes(width - 1), three_bytes(height - 1), three_bytes(*delay_ms)].concat();
        chunks.extend(chunk(*b"ANMF", &[&place[..], &[0b10], &still[12..]].concat()));
    }
    [b"RIFF", &u32::try_from(chunks.len() + 4).unwrap().to_le_bytes()[..], b"WEBP", &chunks].concat()
}

/// The same with a profile.
pub(crate) fn with_profile(webp: &[u8], profile: &[u8]) -> Vec<u8> {
    // `RIFF` and its length, `WEBP`, and the `VP8X` of ten bytes that says what follows.
    let (head, frames) = webp.split_at(30);
    let mut with = [head, &chunk(*b"ICCP", profile), frames].concat();
    let length = u32::try_from(with.len() - 8).unwrap();
    with[4..8].copy_from_slice(&length.to_le_bytes());
    with[20] |= 0x20;
    with
}

/// Frames that differ: a mark wanders over a ground whose right half is transparent.
pub(crate) fn counting(width: u32, height: u32, frames: u32) -> Vec<(RgbaImage, u32)> {
    let colour = |step: u32, x: u32, y: u32| {
        let mark = step * 5 % (width - 4);
        if (mark..mark + 4).contains(&x) {
            [250, 20, 20, 255]
        } else if x < width / 2 {
            [20, (y * 3) as u8, 200, 255]
        } else {
            // Nothing else survives under full transparency.
            [0; 4]
        }
    };
    let picture = |step| RgbaImage::from_fn(width, height, |x, y| image::Rgba(colour(step, x, y)));
    (0..frames).map(|step| (picture(step), 20 + step)).collect()
}

fn chunk(kind: [u8; 4], contents: &[u8]) -> Vec<u8> {
    let padding = vec![0; contents.len() % 2];
    [&kind[..], &u32::try_from(contents.len()).unwrap().to_le_bytes(), contents, &padding].concat()
}

fn three_bytes(number: u32) -> [u8; 3] {
    let [b0, b1, b2, _] = number.to_le_bytes();
    [b0, b1, b2]
}
