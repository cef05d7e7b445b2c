//! The transform of VP8 (RFC 6386, 14.3), of eight blocks of 4 × 4 at once.

use bytemuck::cast;
use wide::{i16x8, u16x8};

use super::levels::{Block, ZIGZAG};
use super::quantizer::Quantizer;

/// Eight blocks: in each of the sixteen vectors the number of one position, row by row.
pub(super) type Lanes = [i16x8; 16];

/// How well each of eight blocks is told by its levels.
pub(super) struct Trial {
    pub(super) levels: Lanes,
    /// The coefficients that a decoder has.
    pub(super) values: Lanes,
    /// The sum of the squares of what the pixels are off.
    pub(super) distortions: [u32; 8],
    /// [`texture`] of what the decoder has.
    pub(super) textures: [u16; 8],
    /// How many levels are not 0, without the mean's.
    pub(super) counts: [i16; 8],
    /// About how many 256ths of a bit the levels take.
    pub(super) guesses: [i16; 8],
}

/// How much the eye sees of a coefficient: little of the high ones.
const WEIGHTS: [u16; 16] = [38, 32, 20, 9, 32, 28, 17, 7, 20, 17, 10, 4, 9, 7, 4, 2];

/// From the number at each position of each block.
#[inline]
pub(super) fn lanes<const POSITIONS: usize>(at: impl Fn(usize, usize) -> u8) -> [i16x8; POSITIONS] {
    std::array::from_fn(|position| i16x8::new(std::array::from_fn(|block| at(block, position).into())))
}

/// The level of one of the blocks, from 0 to 255.
#[inline]
pub(super) fn level(lanes: i16x8, block: usize) -> u8 {
    u8::try_from(lanes.as_array()[block]).unwrap_or(0)
}

#[inline]
pub(super) fn minus(one: &Lanes, other: &Lanes) -> Lanes {
    std::array::from_fn(|position| one[position] - other[position])
}

/// Block by block, in the order in which levels are written.
#[inline]
pub(super) fn blocks(lanes: &Lanes) -> [Block; 8] {
    let half = |from: usize| -> [[i16; 8]; 8] {
        let rows: [u16x8; 8] = std::array::from_fn(|place| cast(lanes[ZIGZAG[from + place]]));
        u16x8::transpose(rows).map(cast)
    };
    let (first, last) = (half(0), half(8));
    std::array::from_fn(|block| {
        let mut levels = [0; 16];
        levels[..8].copy_from_slice(&first[block]);
        levels[8..].copy_from_slice(&last[block]);
        levels
    })
}

/// The upper halves of the products.
#[inline]
pub(super) fn high(one: u16x8, other: u16x8) -> u16x8 {
    one.mul_keep_high(other)
}

#[inline]
fn scaled(one: i16x8, by: i16) -> i16x8 {
    one.mul_keep_high(i16x8::splat(by))
}

/// √2 cos(3π/8) and √2 cos(π/8) by 2¹⁴, within one: four times what libwebp has.
const SMALL: i16 = 8868;
const LARGE: i16 = 21408;

/// The coefficients of differences from −255 to 255, eight times their mean the first one. Within one of the exact ones, which no
/// decoder sees.
#[inline]
pub(super) fn forward(from: &Lanes) -> Lanes {
    let mut rows = [i16x8::ZERO; 16];
    for y in 0..4 {
        let [a, b, c, d] = [from[4 * y], from[4 * y + 1], from[4 * y + 2], from[4 * y + 3]];
        let (outer, inner) = (a + d, b + c);
        let (wide, narrow) = ((a - d) << 5, (b - c) << 5);
        rows[4 * y] = (outer + inner) << 3;
        rows[4 * y + 1] = scaled(narrow, SMALL) + scaled(wide, LARGE) + i16x8::splat(1);
        rows[4 * y + 2] = (outer - inner) << 3;
        rows[4 * y + 3] = scaled(wide, SMALL) - scaled(narrow, LARGE);
    }
    let mut to = [i16x8::ZERO; 16];
    for x in 0..4 {
        let [a, b, c, d] = [rows[x], rows[4 + x], rows[8 + x], rows[12 + x]];
        let (outer, inner) = (a + d, b + c);
        let (wide, narrow) = ((a - d) << 1, (b - c) << 1);
        to[x] = (outer + inner + i16x8::splat(7)) >> 4;
        to[4 + x] = (scaled(narrow, SMALL) + scaled(wide, LARGE) + i16x8::splat(4)) >> 3;
        to[8 + x] = (outer - inner + i16x8::splat(7)) >> 4;
        to[12 + x] = (scaled(wide, SMALL) - scaled(narrow, LARGE) + i16x8::splat(4)) >> 3;
    }
    to
}

/// √2 cos(π/8) − 1 and √2 sin(π/8) − 1, by 2¹⁶: as a decoder has them.
const COSINE_LESS_ONE: i16 = 20091;
const SINE_LESS_ONE: i16 = -30068;

/// To the last bit what a decoder makes of coefficients and a prediction.
#[inline]
pub(super) fn inverse(values: &Lanes, prediction: &Lanes) -> Lanes {
    let residuals = residuals(values);
    std::array::from_fn(|position| {
        let sum: i16x8 = prediction[position] + residuals[position];
        sum.max(i16x8::ZERO).min(i16x8::splat(255))
    })
}

/// To the last bit by how much a decoder has another number than what it expects.
#[inline]
pub(super) fn residuals(values: &Lanes) -> Lanes {
    let mut columns = [i16x8::ZERO; 16];
    for x in 0..4 {
        let [a, b, c, d] = inverse_four([values[x], values[4 + x], values[8 + x], values[12 + x]]);
        [columns[x], columns[4 + x], columns[8 + x], columns[12 + x]] = [a, b, c, d];
    }
    let mut to = [i16x8::ZERO; 16];
    for y in 0..4 {
        let first = columns[4 * y] + i16x8::splat(4);
        let row = inverse_four([first, columns[4 * y + 1], columns[4 * y + 2], columns[4 * y + 3]]);
        for x in 0..4 {
            to[4 * y + x] = row[x] >> 3;
        }
    }
    to
}

#[inline]
fn inverse_four([a, b, c, d]: [i16x8; 4]) -> [i16x8; 4] {
    let (sum, difference) = (a + c, a - c);
    let narrow = (b + scaled(b, SINE_LESS_ONE)) - (d + scaled(d, COSINE_LESS_ONE));
    let wide = (b + scaled(b, COSINE_LESS_ONE)) + (d + scaled(d, SINE_LESS_ONE));
    [sum + wide, difference + narrow, difference - narrow, sum - wide]
}

/// How much there is to see in blocks, whatever it is, by their coefficients.
#[inline]
pub(super) fn texture(coefficients: &Lanes) -> [u16; 8] {
    coefficients.iter().zip(WEIGHTS).fold(u16x8::ZERO, |sum, (one, weight)| sum + weighed(*one, weight)).to_array()
}

#[inline]
fn weighed(coefficient: i16x8, weight: u16) -> u16x8 {
    let magnitude: u16x8 = cast(coefficient.abs());
    high(magnitude << 4, u16x8::splat(weight << 8))
}

/// Quantizes the coefficients of differences; `source` are those of the blocks themselves. From the position `first` on, before which
/// nothing is lost.
#[inline]
pub(super) fn try_levels(coefficients: &Lanes, source: &Lanes, quantizer: &Quantizer, first: usize) -> Trial {
    // The squares of what is lost by large steps would not fit; they are counted less exactly.
    let shift = match quantizer.steps[0].max(quantizer.steps[1]) {
        ..=96 => 0,
        97..=192 => 1,
        193.. => 2,
    };
    let half = i16x8::splat((1 << shift) >> 1);
    let (mut levels, mut values) = ([i16x8::ZERO; 16], *coefficients);
    let (mut squares, mut textures) = (i16x8::ZERO, u16x8::ZERO);
    let (mut zeros, mut sums) = (i16x8::ZERO, i16x8::ZERO);
    for position in 0..16 {
        if position >= first {
            (levels[position], values[position]) = quantizer.levels(position, coefficients[position]);
            sums += levels[position].abs();
        }
        let lost = coefficients[position] - values[position];
        let shifted = (lost + half) >> shift;
        squares += shifted * shifted;
        textures += weighed(source[position] - lost, WEIGHTS[position]);
        if position > 0 {
            zeros += levels[position].simd_eq(i16x8::ZERO);
        }
    }
    // Coefficients are twice as large as those of a transform that keeps sums of squares.
    let distortions = cast::<_, u16x8>(squares).to_array().map(|sum| (u32::from(sum) << (2 * shift)) / 4);
    let counts = i16x8::splat(15) + zeros;
    let guesses = (counts * i16x8::splat(600) + sums.min(i16x8::splat(60)) * i16x8::splat(150)).to_array();
    Trial { levels, values, distortions, textures: textures.to_array(), counts: counts.to_array(), guesses }
}

/// The sum of the squares of what the pixels are off, as a decoder rounds them.
#[inline]
pub(super) fn exact_distortions(values: &Lanes, prediction: &Lanes, samples: &Lanes) -> [u32; 8] {
    let decoded = inverse(values, prediction);
    let squares = decoded.iter().zip(samples).fold(i16x8::ZERO, |sum, (decoded, sample)| {
        let off = (*decoded - *sample).abs().min(i16x8::splat(63));
        sum + off * off
    });
    cast::<_, u16x8>(squares).to_array().map(u32::from)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{PI, SQRT_2};

    use super::super::quantizer::Sort;
    use super::*;

    /// Blocks of differences, of which the last ones are the most that there can be.
    fn differences() -> Vec<[i16; 16]> {
        let mut state = 7_u32;
        let mut random = |range: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i16::try_from((state >> 16) % (2 * range + 1)).unwrap() - i16::try_from(range).unwrap()
        };
        let mut all: Vec<[i16; 16]> =
            (0..400).map(|number| std::array::from_fn(|_| random([3, 30, 255][number % 3]))).collect();
        all.extend([[255; 16], [-255; 16]]);
        all.extend((0..16).map(|sign| std::array::from_fn(|place| if place & sign == 0 { 255 } else { -255 })));
        all
    }

    /// Two dimensions of the cosine transform, with coefficients twice those that keep sums of squares.
    fn cosines(block: &[i16; 16]) -> [f64; 16] {
        let basis = |frequency: usize, place: usize| {
            let scale = if frequency == 0 { 1.0 / SQRT_2 } else { 1.0 };
            scale * ((2 * place + 1) as f64 * frequency as f64 * PI / 8.0).cos() / SQRT_2
        };
        std::array::from_fn(|to| {
            let term = |from: usize| f64::from(block[from]) * basis(to / 4, from / 4) * basis(to % 4, from % 4);
            2.0 * (0..16).map(term).sum::<f64>()
        })
    }

    #[test]
    fn coefficients_are_within_one_of_the_exact_ones_and_come_back() {
        for block in differences() {
            let coefficients = forward(&block.map(i16x8::splat));
            for (ours, exact) in coefficients.iter().zip(cosines(&block)) {
                let off = f64::from(ours.to_array()[5]) - exact;
                assert!(off.abs() <= 1.0, "{block:?}: {off}");
            }
            // The prediction is as far from the middle as the block is to the other side, so that nothing is clipped.
            let prediction = block.map(|level| i16x8::splat((255 - level) / 2));
            let decoded = inverse(&coefficients, &prediction);
            for (place, (decoded, prediction)) in decoded.iter().zip(prediction).enumerate() {
                let off = (*decoded - prediction).to_array()[2] - block[place];
                assert!(off.abs() <= 1, "{block:?}: {off}");
            }
        }
    }

    #[test]
    fn what_is_lost_is_counted() {
        for index in [0, 20, 60, 90, 127] {
            let quantizer = Quantizer::new(Sort::Luma, index, [0, 0]);
            for block in differences() {
                let prediction = block.map(|level| i16x8::splat((255 - level) / 2));
                let samples = std::array::from_fn(|place| prediction[place] + i16x8::splat(block[place]));
                let coefficients = forward(&block.map(i16x8::splat));
                let trial = try_levels(&coefficients, &forward(&samples), &quantizer, 0);
                for ((level, value), coefficient) in trial.levels.iter().zip(trial.values).zip(coefficients) {
                    let off = (value - coefficient).abs().to_array()[0];
                    let step = quantizer.steps[0].max(quantizer.steps[1]);
                    assert!(off < step, "{off} of {step} for level {}", level.to_array()[0]);
                }
                let (counted, exact) =
                    (trial.distortions[3], exact_distortions(&trial.values, &prediction, &samples)[3]);
                let decoded = inverse(&trial.values, &prediction);
                // Those of which the decoder clips nothing, and of which no square is held back.
                let is_clipped = decoded.iter().any(|level| [0, 255].contains(&level.to_array()[3]));
                let is_held = decoded.iter().zip(samples).any(|(one, other)| (*one - other).abs().to_array()[3] > 63);
                if !is_clipped && !is_held {
                    assert!(
                        counted.abs_diff(exact) <= 16 + exact / 4 + if index > 60 { 100 } else { 0 },
                        "index {index}, {block:?}: {counted} and {exact}"
                    );
                }
            }
        }
    }
}
