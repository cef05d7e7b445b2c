//! Drawings, letters and screens, as opposed to photographs: what lossless coding makes smaller, and sharp.

use super::super::pixels::Pixels;

/// Whether at least half of the pixels are as their left neighbours. Of photographs, even of clear skies, few are; a drawing that
/// was resized still is flat between its edges.
pub(super) fn is_flat(pixels: &Pixels) -> bool {
    let channels = pixels.layout.channels();
    let rows = pixels.data.chunks_exact(pixels.width as usize * channels);
    let alike: usize = rows
        .map(|row| {
            row.chunks_exact(channels).zip(row[channels..].chunks_exact(channels)).filter(|(a, b)| a == b).count()
        })
        .sum();
    alike * 2 >= pixels.width as usize * pixels.height as usize
}
