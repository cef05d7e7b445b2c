//! From blocks of pixels to quantised coefficients: the forward DCT of Arai, Agui and Nakajima, whose five multiplications leave each
//! frequency at a scale of its own, which the quantisation takes back. In floats, eight columns at a time.

use std::f32::consts::FRAC_1_SQRT_2;

/// Pixels, by row and column.
pub(super) type Samples = [[u8; 8]; 8];
/// Column by column.
pub(super) type Coefficients = [i16; 64];

/// By row and column.
pub(super) type Quantizers = [[u8; 8]; 8];

/// ITU-T T.81, tables K.1 and K.2: for luma and for chroma.
const STANDARD: [Quantizers; 2] = [
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    [
        [17, 18, 24, 47, 99, 99, 99, 99],
        [18, 21, 26, 66, 99, 99, 99, 99],
        [24, 26, 56, 99, 99, 99, 99, 99],
        [47, 66, 99, 99, 99, 99, 99, 99],
        [99; 8],
        [99; 8],
        [99; 8],
        [99; 8],
    ],
];

/// The standard's, made finer or coarser as libjpeg does it: 50 is as they are.
pub(super) fn quantizers(quality: u8) -> [Quantizers; 2] {
    let percent = match u32::from(quality.clamp(1, 100)) {
        quality @ ..50 => 5000 / quality,
        quality => 200 - 2 * quality,
    };
    let scaled = |value: u8| u8::try_from(((u32::from(value) * percent + 50) / 100).max(1)).unwrap_or(u8::MAX);
    STANDARD.map(|table| table.map(|row| row.map(scaled)))
}

/// What the transform's sums are of each frequency, against an orthonormal one whose sums are √8 of its own.
const SCALES: [f32; 8] = [1.0, 1.387_039_8, 1.306_563, 1.175_875_6, 1.0, 0.785_694_96, 0.541_196_1, 0.275_899_4];

/// The transform and quantisation of a component.
pub(super) struct Forward {
    /// Column by column.
    factors: [f32; 64],
}

impl Forward {
    pub(super) fn new(quantizers: &Quantizers) -> Self {
        let factor =
            |column: usize, row: usize| 1.0 / (8.0 * SCALES[column] * SCALES[row] * f32::from(quantizers[row][column]));
        Self { factors: std::array::from_fn(|at| factor(at / 8, at % 8)) }
    }

    #[inline]
    pub(super) fn coefficients(&self, samples: &Samples) -> Coefficients {
        let down = pass(&samples.map(|row| row.map(f32::from)));
        let mut both = pass(&turned(&down));
        // The middle of the range counts as nothing.
        both[0][0] -= 64.0 * 128.0;
        let mut coefficients = [0; 64];
        for ((to, from), factor) in coefficients.iter_mut().zip(both.as_flattened()).zip(&self.factors) {
            *to = rounded(from * factor);
        }
        coefficients
    }
}

/// To the nearest; less than 2¹⁵ around 0.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lowest bits are the number")]
fn rounded(number: f32) -> i16 {
    // Beside it a number has no bits left for its fraction, be it negative or not.
    const WHOLE: f32 = 12_582_912.0;
    (number + WHOLE).to_bits() as i16
}

#[inline]
fn turned(block: &[[f32; 8]; 8]) -> [[f32; 8]; 8] {
    let mut turned = [[0.0; 8]; 8];
    for row in 0..8 {
        for column in 0..8 {
            turned[column][row] = block[row][column];
        }
    }
    turned
}

/// Eight places into as many frequencies, in eight lanes at once. What is the same from both ends makes the even frequencies, and what
/// is the opposite the odd ones.
#[inline]
fn pass(from: &[[f32; 8]; 8]) -> [[f32; 8]; 8] {
    /// cos(3π/8), and what is to be added to it, or it to, for the two rotations by it.
    const TURN: f32 = 0.382_683_43;
    const LESS: f32 = 0.541_196_1;
    const MORE: f32 = 1.306_563;
    let mut to = [[0.0; 8]; 8];
    for lane in 0..8 {
        let same = |place: usize| from[place][lane] + from[7 - place][lane];
        let opposite = |place: usize| from[place][lane] - from[7 - place][lane];
        let (outer, inner) = (same(0) + same(3), same(1) + same(2));
        to[0][lane] = outer + inner;
        to[4][lane] = outer - inner;
        let (outer, inner) = (same(0) - same(3), same(1) - same(2));
        let turn = (outer + inner) * FRAC_1_SQRT_2;
        to[2][lane] = outer + turn;
        to[6][lane] = outer - turn;

        let (low, middle, high) = (opposite(3) + opposite(2), opposite(2) + opposite(1), opposite(1) + opposite(0));
        let turn = (low - high) * TURN;
        let (less, more) = (low * LESS + turn, high * MORE + turn);
        let middle = middle * FRAC_1_SQRT_2;
        let (sum, rest) = (opposite(0) + middle, opposite(0) - middle);
        to[1][lane] = sum + more;
        to[7][lane] = sum - more;
        to[5][lane] = rest + less;
        to[3][lane] = rest - less;
    }
    to
}
