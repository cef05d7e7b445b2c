//! What is kept of samples: half of their columns and rows, each the mean of two by two.

use super::super::super::super::super::pixels::Pixels;
use super::samples::Strip;

/// From this row of the plane on, of as many columns of a strip as are the picture's, and of as many rows as are from here on. What
/// is beyond is as its last ones.
pub(super) fn halve<const SIDE: usize>(
    strip: &Strip<SIDE>,
    (width, height): (usize, usize),
    plane: &mut Pixels,
    y: usize,
) {
    let rows = plane.data.chunks_exact_mut(plane.width as usize).skip(y);
    for (to, y) in rows.zip((0..height.min(SIDE)).step_by(2)) {
        let [upper, lower] = [y, (y + 1).min(height - 1)].map(|y| &strip.row(y)[..width]);
        halve_row(upper, lower, to);
        if width % 2 == 1 {
            to[width / 2] = mean([upper[width - 1]; 2], [lower[width - 1]; 2]);
        }
    }
}

/// The means of two by two.
fn halve_row(upper: &[u8], lower: &[u8], to: &mut [u8]) {
    const AT_ONCE: usize = 16;
    let (uppers, upper) = upper.as_chunks::<{ 2 * AT_ONCE }>();
    let (lowers, lower) = lower.as_chunks::<{ 2 * AT_ONCE }>();
    let (many, to) = to.split_at_mut(AT_ONCE * uppers.len());
    let pairs = |row: &[u8; 2 * AT_ONCE], x: usize| [row[2 * x], row[2 * x + 1]];
    for ((to, upper), lower) in many.as_chunks_mut::<AT_ONCE>().0.iter_mut().zip(uppers).zip(lowers) {
        *to = std::array::from_fn(|x| mean(pairs(upper, x), pairs(lower, x)));
    }
    for ((to, upper), lower) in to.iter_mut().zip(upper.as_chunks().0).zip(lower.as_chunks().0) {
        *to = mean(*upper, *lower);
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a mean of levels is one")]
fn mean(upper: [u8; 2], lower: [u8; 2]) -> u8 {
    let sum = |pair: [u8; 2]| u16::from(pair[0]) + u16::from(pair[1]);
    ((sum(upper) + sum(lower) + 2) >> 2) as u8
}
