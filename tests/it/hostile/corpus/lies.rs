//! Headers that lie, and containers that disagree with what they contain.

use super::{Expected, Made};
use crate::pictures;

mod avif;
mod bmp;
mod gif;
mod png;
mod tiff;
mod webp;

type Lies = Vec<(&'static str, Vec<u8>, Expected)>;

pub(super) fn all() -> Vec<Made> {
    let formats: [(_, fn() -> Lies); 7] = [
        ("JPEG", jpeg),
        ("PNG", png::all),
        ("WebP", webp::all),
        ("GIF", gif::all),
        ("AVIF", avif::all),
        ("TIFF", tiff::all),
        ("BMP", bmp::all),
    ];
    let made = |format, (name, bytes, expected): (&str, _, _)| (format, name.to_owned(), bytes, expected);
    formats.into_iter().flat_map(|(format, lies)| lies().into_iter().map(move |lie| made(format, lie))).collect()
}

/// Those about structure are in [`jpeg`](super::super::jpeg).
fn jpeg() -> Lies {
    let said = |width, height| pictures::jpeg_bomb(width, height);
    vec![
        ("no width", said(0, 9), Expected::CORRUPT),
        ("no height", said(9, 0), Expected::CORRUPT),
        ("far more rows than there are", said(16, 4000), Expected::CORRUPT),
        ("far more columns than there are", said(4000, 16), Expected::CORRUPT),
    ]
}

/// The same with these bytes in this place.
fn with(file: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}
