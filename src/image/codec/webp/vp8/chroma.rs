//! Both chromas, which are predicted in the same way: the best of four modes.

use wide::i16x8;

use super::choose::{Chooser, FLAT_PENALTY, Place};
use super::cost;
use super::lanes::{Lanes, Trial, blocks, forward, inverse, level, minus, try_levels};
use super::levels::Block;
use super::modes::{Large, tell_chroma};
use super::neighbours::{Above, Left};
use super::predict::Around;

/// A way to tell chroma.
pub(super) struct Chroma {
    pub(super) mode: Large,
    pub(super) levels: [Block; 8],
    values: Lanes,
    /// What is to be made up for by the macroblocks to the right and below, of each of both.
    errors: [[i32; 3]; 2],
    distortion: i64,
    bits: i64,
}

/// A mode whose bits are not counted yet.
struct Attempt {
    mode: Large,
    trial: Trial,
    errors: [[i32; 3]; 2],
    distortion: i64,
    /// Of the mode, and for what is flat.
    bits: i64,
    guess: i64,
}

/// The errors of the means above and to the left, of each chroma.
type Errors = [[[i32; 2]; 2]; 2];

/// More levels than these that are not 0, and chroma is not flat.
const FLAT: i16 = 2;

/// So many modes have their bits counted: those that look best without.
const COUNTED: usize = 2;

impl Chroma {
    /// The best one.
    pub(super) fn best(chooser: &Chooser, around: &Around, errors: Option<Errors>) -> Self {
        let weight = chooser.segment.of_chroma;
        let attempts = Large::ALL.map(|mode| Attempt::new(chooser, around, errors, mode));
        let mut order = [0, 1, 2, 3];
        order.sort_by_key(|place| {
            let attempt: &Attempt = &attempts[*place];
            256 * attempt.distortion + weight * (attempt.bits + attempt.guess)
        });
        let told = order.map(|place| &attempts[place]).into_iter().take(COUNTED).map(|attempt| attempt.tell(chooser));
        let score = |chroma: &Self| 256 * chroma.distortion + weight * chroma.bits;
        told.min_by_key(score).unwrap_or_else(|| attempts[0].tell(chooser))
    }

    /// Leaves its last row and column, as a decoder has them, and its errors.
    pub(super) fn show(&self, around: &Around, above: &mut Above, left: &mut Left) {
        let decoded = inverse(&self.values, &around.predict(self.mode));
        for plane in 0..2 {
            let at = |block: usize, position: usize| level(decoded[position], 4 * plane + block);
            above.chroma[plane] = std::array::from_fn(|x| at(2 + x / 4, 12 + x % 4));
            left.chroma[plane] = std::array::from_fn(|y| at(1 + y / 4 * 2, 4 * (y % 4) + 3));
            let [second, third, fourth] = self.errors[plane];
            let across = fourth * 3 / 4;
            left.side.errors[plane] = [second, across];
            above.side.errors[plane] = [third, fourth - across];
        }
    }
}

impl Attempt {
    fn new(chooser: &Chooser, around: &Around, errors: Option<Errors>, mode: Large) -> Self {
        let quantizer = &chooser.segment.chroma;
        let coefficients = forward(&minus(&chooser.macroblock.chroma, &around.predict(mode)));
        let mut trial = try_levels(&coefficients, &coefficients, quantizer, 1);
        let means = coefficients[0].to_array().map(i32::from);
        let (levels, errors) = quantize_means(chooser, &means, errors);
        let mut distortion: i64 = trial.distortions.iter().map(|distortion| i64::from(*distortion)).sum();
        for (mean, level) in means.into_iter().zip(levels) {
            distortion += i64::from(mean - quantizer.value(0, level)).pow(2) / 4;
        }
        trial.levels[0] = i16x8::new(levels);
        trial.values[0] = trial.levels[0] * i16x8::splat(quantizer.steps[0]);
        let mut bits = 0;
        tell_chroma(mode, |bit, zero| bits += i64::from(cost::of(bit, zero)));
        if mode != Large::Mean && trial.counts.iter().sum::<i16>() <= FLAT {
            bits += 8 * FLAT_PENALTY;
        }
        let guess = trial.guesses.iter().map(|guess| i64::from(*guess)).sum::<i64>()
            + levels.iter().map(|level| 500 * i64::from(level.abs().min(4))).sum::<i64>();
        Self { mode, trial, errors, distortion, bits, guess }
    }

    fn tell(&self, chooser: &Chooser) -> Chroma {
        let levels = blocks(&self.trial.levels);
        let bits = self.bits + chooser.bits(Place::chroma(&levels));
        let Self { mode, ref trial, errors, distortion, .. } = *self;
        Chroma { mode, levels, values: trial.values, errors, distortion, bits }
    }
}

/// The levels of the means; what they lose is added to those to the right and below, since the eye sees it where colours change slowly.
/// `errors` are those from above and from the left, of each chroma.
fn quantize_means(chooser: &Chooser, means: &[i32; 8], errors: Option<Errors>) -> ([i16; 8], [[i32; 3]; 2]) {
    let quantizer = &chooser.segment.chroma;
    let Some(errors) = errors else {
        return (means.map(|mean| quantizer.single_level(0, mean)), [[0; 3]; 2]);
    };
    let (mut levels, mut spread) = ([0; 8], [[0; 3]; 2]);
    for (plane, [above, left]) in errors.into_iter().enumerate() {
        let mut quantize = |block: usize, above: i32, left: i32| {
            let wanted = means[4 * plane + block] + ((7 * above + 8 * left) >> 3);
            let level = quantizer.single_level(0, wanted);
            levels[4 * plane + block] = level;
            (wanted - quantizer.value(0, level)) / 2
        };
        let first = quantize(0, above[0], left[0]);
        let second = quantize(1, above[1], first);
        let third = quantize(2, first, left[1]);
        let fourth = quantize(3, second, third);
        spread[plane] = [second, third, fourth];
    }
    (levels, spread)
}
