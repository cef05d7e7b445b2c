//! Drawings, letters and screens, as opposed to photographs: what lossless coding makes smaller, and sharp.

use super::super::pixels::{Layout, Pixels};

/// Whether at least half of the pixels are as their left neighbours. Of photographs, even of clear skies, few are; a drawing that
/// was resized still is flat between its edges.
pub(super) fn is_flat(pixels: &Pixels) -> bool {
    let width = pixels.width as usize;
    let alike = match pixels.layout {
        Layout::Gray => alike::<1>(&pixels.data, width),
        Layout::GrayAlpha => alike::<2>(&pixels.data, width),
        Layout::Rgb => alike::<3>(&pixels.data, width),
        Layout::Rgba | Layout::Cmyk => alike::<4>(&pixels.data, width),
    };
    alike * 2 >= width * pixels.height as usize
}

/// Of pixels of a size that is known when this is compiled: otherwise each is a call to compare memory, a tenth of a PNG's time.
fn alike<const N: usize>(data: &[u8], width: usize) -> usize {
    let rows = data.as_chunks::<N>().0.chunks_exact(width);
    rows.map(|row| row.iter().zip(&row[1..]).filter(|(one, next)| one == next).count()).sum()
}
