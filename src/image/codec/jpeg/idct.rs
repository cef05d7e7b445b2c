//! Blocks of fewer pixels than they have coefficients: the lowest of these, as many a side as there shall be pixels, through an inverse
//! DCT of that size. What is higher has no room there; left out it does not show as something else, as it does where
//! whole blocks are averaged, which is what libjpeg-turbo does at a half and a quarter.

use std::f32::consts::SQRT_2;
use std::f64::consts::PI;

/// Dequantized coefficients, around the middle: by their column, and then by their row.
pub(super) type Block = [[f32; 8]; 8];

/// From a block to rows of pixels in a plane, which begin so far from one another.
pub(super) type Inverse = fn(&Block, &mut [u8], usize);

/// For so many columns and rows of pixels a block.
pub(super) fn inverse(columns: usize, rows: usize) -> Option<Inverse> {
    Some(match (columns, rows) {
        (1, 1) => make::<1, 1, 4>,
        (2, 2) => make::<2, 2, 4>,
        (3, 3) => make::<3, 3, 4>,
        (4, 4) => make::<4, 4, 4>,
        (6, 6) => make::<6, 6, 8>,
        (8, 8) => make::<8, 8, 8>,
        // Chroma of which there is less in one direction.
        (2, 1) => make::<2, 1, 4>,
        (4, 2) => make::<4, 2, 4>,
        (6, 3) => make::<6, 3, 8>,
        (8, 4) => make::<8, 4, 8>,
        (1, 2) => make::<1, 2, 4>,
        (2, 4) => make::<2, 4, 4>,
        (3, 6) => make::<3, 6, 8>,
        (4, 8) => make::<4, 8, 8>,
        _ => return None,
    })
}

/// What the mean of half a row has of the lowest frequency, against one of the two pixels that a row is cut to.
pub(super) const MEAN_OF_HALF: f32 = 0.906_127;

/// What brings the coefficient of this column and row to the scale of its pixels.
pub(super) const fn scale(column: usize, row: usize) -> f32 {
    match (column, row) {
        (0, 0) => 1.0 / 8.0,
        (0, _) | (_, 0) => SQRT_2 / 8.0,
        _ => 2.0 / 8.0,
    }
}

/// A sum around the middle as a pixel: rounded, and within its range.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lowest bits are the number")]
pub(super) fn level(sum: f32) -> u8 {
    // Behind it a number has no bits left for its fraction.
    const WHOLE: f32 = 8_388_608.0;
    // A half is rounded up, as libjpeg does.
    let sum = sum + (128.0 + 1.0 / 1024.0);
    let sum = if sum > 0.0 { sum } else { 0.0 };
    let sum = if sum < 255.0 { sum } else { 255.0 };
    (sum + WHOLE).to_bits() as u8
}

/// `LANES` is not less than the other two.
fn make<const COLUMNS: usize, const ROWS: usize, const LANES: usize>(block: &Block, to: &mut [u8], stride: usize) {
    let mut coefficients = [[0.0; LANES]; COLUMNS];
    for (to, from) in coefficients.iter_mut().zip(block) {
        to.copy_from_slice(&from[..LANES]);
    }
    let across = pass(&coefficients);
    let mut turned = [[0.0; LANES]; ROWS];
    for (row, turned) in turned.iter_mut().enumerate() {
        for (column, to) in turned.iter_mut().take(COLUMNS).enumerate() {
            *to = across[column][row];
        }
    }
    for (to, sums) in to.chunks_mut(stride).zip(pass(&turned)) {
        to[..COLUMNS].copy_from_slice(&sums.map(level)[..COLUMNS]);
    }
}

/// So many frequencies into as many places, in several lanes at once. The even frequencies are the same from both ends, and the odd
/// ones the opposite.
#[inline]
fn pass<const SIDE: usize, const LANES: usize>(from: &[[f32; LANES]; SIDE]) -> [[f32; LANES]; SIDE] {
    let cosines = const { cosines::<SIDE>() };
    let mut to = [[0.0; LANES]; SIDE];
    for place in 0..SIDE.div_ceil(2) {
        let mut sums = [[0.0; LANES]; 2];
        for frequency in 0..SIDE {
            for (sum, from) in sums[frequency % 2].iter_mut().zip(&from[frequency]) {
                *sum += cosines[frequency][place] * from;
            }
        }
        let [even, odd] = sums;
        for lane in 0..LANES {
            to[place][lane] = even[lane] + odd[lane];
            to[SIDE - 1 - place][lane] = even[lane] - odd[lane];
        }
    }
    to
}

/// By frequency and place.
#[expect(clippy::cast_possible_truncation, reason = "as precise as what it is multiplied with")]
const fn cosines<const SIDE: usize>() -> [[f32; SIDE]; SIDE] {
    let mut cosines = [[0.0; SIDE]; SIDE];
    let mut at = 0;
    while at < SIDE * SIDE {
        let (frequency, place) = (at / SIDE, at % SIDE);
        cosines[frequency][place] = cosine(((2 * place + 1) * frequency) as f64 / (2 * SIDE) as f64) as f32;
        at += 1;
    }
    cosines
}

/// Of so many half turns, by its series; the library's own is not for constants.
const fn cosine(half_turns: f64) -> f64 {
    let beyond = half_turns % 2.0;
    let angle = PI * if beyond > 1.0 { beyond - 2.0 } else { beyond };
    let (mut sum, mut term, mut power) = (0.0, 1.0, 0.0);
    while power < 40.0 {
        sum += term;
        term *= -angle * angle / ((power + 1.0) * (power + 2.0));
        power += 2.0;
    }
    sum
}
