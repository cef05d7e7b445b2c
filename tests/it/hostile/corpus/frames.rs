//! Files of a hundred thousand parts, each of which would cost a little.

use super::{Expected, Made};
use crate::pictures::animations::{counting, webp};
use crate::pictures::pngs::{self, Header};
use crate::pictures::{avifs, gifs, jpegs, scene};

const MANY: usize = 100_000;

pub(super) fn all() -> Vec<Made> {
    vec![
        ("GIF", "100,000 frames".to_owned(), gifs::tiny_frames(MANY), Expected::TOO_MANY_FRAMES),
        ("GIF", "256 frames of a megapixel".to_owned(), large_frames(), Expected::TOO_MANY_FRAMES),
        ("WebP", "100,000 frames".to_owned(), webp_of(MANY), Expected::TOO_MANY_FRAMES),
        // The still picture is shown, whatever moves behind it.
        ("PNG", "100,000 frames".to_owned(), apng(1, 1, MANY as u32), Expected::PICTURE),
        ("PNG", "10,000 empty chunks of pixels".to_owned(), png_of_empty_chunks(), Expected::PICTURE),
        ("JPEG", "100,000 scans".to_owned(), jpeg_of_scans(), Expected::TOO_LARGE),
        ("JPEG", "100,000 comments".to_owned(), jpeg_of_comments(), Expected::PICTURE),
        ("AVIF", "100,000 frames".to_owned(), avif_of_frames(), Expected::CORRUPT),
    ]
}

/// A still picture, and so many frames that those see who know animated PNG; each is all of the canvas.
pub(super) fn apng(width: u32, height: u32, frames: u32) -> Vec<u8> {
    let still = Header::new(width, height, 8, pngs::GRAY).write(&[], |x, y| vec![(x ^ y) as u16]);
    let pixels = [0].repeat((width as usize + 1) * height as usize);
    let pixels = pngs::stored_zlib(&pixels);
    let control = |number: u32| {
        let place = [number, width, height, 0, 0].map(u32::to_be_bytes).concat();
        pngs::chunk(*b"fcTL", &[&place[..], &[0, 1, 0, 10, 0, 0]].concat())
    };
    let (header, end) = (33, still.len() - 12);
    let mut file = still[..header].to_vec();
    file.extend(pngs::chunk(*b"acTL", &[frames.to_be_bytes(), [0; 4]].concat()));
    file.extend(control(0));
    file.extend(&still[header..end]);
    for frame in 1..frames {
        file.extend(control(frame * 2 - 1));
        file.extend(pngs::chunk(*b"fdAT", &[&(frame * 2).to_be_bytes(), &pixels[..]].concat()));
    }
    file.extend(&still[end..]);
    file
}

/// A canvas of a megapixel, on which next to nothing is drawn.
fn large_frames() -> Vec<u8> {
    let mut file = gifs::tiny_frames(256);
    file[6..10].copy_from_slice(&[1000u16.to_le_bytes(), 1000u16.to_le_bytes()].concat());
    file
}

fn webp_of(frames: usize) -> Vec<u8> {
    /// Up to the first frame.
    const HEADER_BYTES: usize = 44;
    let one = webp(0, &counting(8, 8, 1));
    let mut file = [&one[..HEADER_BYTES], &one[HEADER_BYTES..].repeat(frames)].concat();
    let length = (file.len() as u32 - 8).to_le_bytes();
    file[4..8].copy_from_slice(&length);
    file
}

fn png_of_empty_chunks() -> Vec<u8> {
    let png = Header::new(8, 8, 8, pngs::GRAY).write(&[], |x, y| vec![(x * y) as u16]);
    let header = 33;
    [&png[..header], &pngs::chunk(*b"IDAT", &[]).repeat(MANY / 10), &png[header..]].concat()
}

pub(super) fn jpeg_of_scans() -> Vec<u8> {
    let jpeg = jpegs::write(&scene(16, 16), jpegs::PROGRESSIVE);
    let (_, last) = jpegs::markers(&jpeg).into_iter().rfind(|(code, _)| *code == 0xDA).unwrap();
    [&jpeg[..last.start], &jpeg[last].repeat(MANY), b"\xff\xd9"].concat()
}

fn jpeg_of_comments() -> Vec<u8> {
    let jpeg = jpegs::write(&scene(16, 16), jpegs::BASELINE);
    [&jpeg[..2], &jpegs::segment(0xFE, b"again").repeat(MANY), &jpeg[2..]].concat()
}

fn avif_of_frames() -> Vec<u8> {
    let avif = super::samples::avif(&scene(64, 64).into());
    avifs::file(&[avifs::Item::new(&avifs::streams(&avif).repeat(MANY), 64, 64)], &[])
}
