//! Luma predicted as a whole: the best of four modes.

use wide::i16x8;

use super::choose::{Chooser, Place, twice};
use super::lanes::{Lanes, Trial, blocks, exact_distortions, forward, inverse, level, minus, try_levels};
use super::levels::{Block, ZIGZAG};
use super::modes::{IS_WHOLE, Large, tell_luma};
use super::neighbours::{Above, Left};
use super::predict::Around;
use super::{cost, means};

/// A way to tell luma as a whole.
pub(super) struct Whole {
    pub(super) mode: Large,
    pub(super) means: Block,
    pub(super) rest: [Block; 16],
    values: [Lanes; 2],
    /// What is off, with the change of texture, and without.
    pub(super) distortion: i64,
    squares: i64,
    /// How long it is to tell.
    pub(super) bits: i64,
}

/// A mode whose bits are not counted yet.
struct Attempt {
    mode: Large,
    trials: [Trial; 2],
    means: Block,
    /// Of the means.
    values: [i32; 16],
    distortion: i64,
    squares: i64,
    /// How much what is lost counts.
    weight: i64,
    guess: i64,
}

/// So many modes have their bits counted: those that look best without.
const COUNTED: usize = 2;

impl Whole {
    /// The best one.
    pub(super) fn best(chooser: &Chooser, around: &[Around; 2]) -> Self {
        let weight = chooser.segment.of_whole;
        let attempts = Large::ALL.map(|mode| Attempt::new(chooser, around, mode));
        let mut order = [0, 1, 2, 3];
        order.sort_by_key(|place| 256 * attempts[*place].distortion + weight * attempts[*place].guess);
        let told =
            order.map(|place| &attempts[place]).into_iter().take(COUNTED).map(|attempt| attempt.tell(chooser, around));
        let score = |whole: &Self| 256 * whole.distortion + weight * whole.bits;
        told.min_by_key(score).unwrap_or_else(|| attempts[0].tell(chooser, around))
    }

    /// How far the means of blocks are from each other, in steps, where nothing is told but these, and that not well: so the edges between
    /// them show.
    pub(super) fn edges(&self, chooser: &Chooser) -> i32 {
        let is_blocky = self.rest.iter().flatten().all(|level| *level == 0)
            && self.squares > 20 * i64::from(chooser.segment.luma.steps[0]);
        let [_, across, down, _, both, ..] = self.means;
        if is_blocky {
            [across, down, both].map(|level| i32::from(level.abs())).into_iter().max().unwrap_or(0)
        } else {
            0
        }
    }

    /// Leaves its last row and column, as a decoder has them, and its mode.
    pub(super) fn show(&self, around: &[Around; 2], above: &mut Above, left: &mut Left) {
        let [upper, lower] = [0, 1].map(|half| inverse(&self.values[half], &around[half].predict(self.mode)));
        let half = |y: usize| if y < 8 { &upper } else { &lower };
        above.luma = std::array::from_fn(|x| level(lower[12 + x % 4], 4 + x / 4));
        left.luma = std::array::from_fn(|y| level(half(y)[4 * (y % 4) + 3], 4 * (y % 8 / 4) + 3));
        (above.side.modes, left.side.modes) = twice([self.mode.small(); 4]);
    }
}

impl Attempt {
    fn new(chooser: &Chooser, around: &[Around; 2], mode: Large) -> Self {
        let segment = chooser.segment;
        let (mut sums, mut texture, mut distortion, mut count, mut guess) = ([0; 16], 0, 0, 0, bits_of_mode(mode));
        let trials = [0, 1].map(|half| {
            let coefficients = forward(&minus(&chooser.macroblock.luma[half], &around[half].predict(mode)));
            let trial = try_levels(&coefficients, &chooser.spectrum.luma[half], &segment.luma, 1);
            for (block, sum) in coefficients[0].to_array().into_iter().enumerate() {
                sums[8 * half + block] = sum.into();
                distortion += i64::from(trial.distortions[block]);
                texture += i64::from(trial.textures[block].abs_diff(chooser.spectrum.textures[8 * half + block]));
                count += trial.counts[block];
                guess += i64::from(trial.guesses[block]);
            }
            trial
        });
        let (means, values) = quantize_means(chooser, &sums);
        distortion += sums.iter().zip(&values).map(|(sum, value)| i64::from(sum - value).pow(2)).sum::<i64>() / 4;
        guess += means.iter().map(|level| 500 * i64::from(level.abs().min(4))).sum::<i64>();
        // What is flat is to be told well, as long as it costs little.
        let weight = if chooser.spectrum.is_flat && count == 0 { 2 } else { 1 };
        let squares = weight * distortion;
        let distortion = squares + weight * ((texture * segment.of_texture + 128) >> 8);
        Self { mode, trials, means, values, distortion, squares, weight, guess }
    }

    fn tell(&self, chooser: &Chooser, around: &[Around; 2]) -> Whole {
        let mut rest = [[0; 16]; 16];
        let values = [0, 1].map(|half| {
            rest[8 * half..][..8].copy_from_slice(&blocks(&self.trials[half].levels));
            let mut values = self.trials[half].values;
            let lane = |block: usize| i16::try_from(self.values[8 * half + block]).unwrap_or(0);
            values[0] = i16x8::new(std::array::from_fn(lane));
            values
        });
        let bits = chooser.bits(Place::whole(&self.means, &rest)) + bits_of_mode(self.mode);
        let Self { mode, means, mut distortion, mut squares, .. } = *self;
        if chooser.segment.luma.is_fine() {
            let exact = |half: usize| {
                let prediction = around[half].predict(mode);
                exact_distortions(&values[half], &prediction, &chooser.macroblock.luma[half]).iter().sum::<u32>()
            };
            let exact = self.weight * i64::from(exact(0) + exact(1));
            distortion += exact - squares;
            squares = exact;
        }
        Whole { mode, means, rest, values, distortion, squares, bits }
    }
}

/// The levels of the means, in the order in which they are written, and what a decoder makes of them.
fn quantize_means(chooser: &Chooser, sums: &[i32; 16]) -> (Block, [i32; 16]) {
    let quantizer = &chooser.segment.means;
    let coefficients = means::forward(sums);
    let mut values = [0; 16];
    let levels = ZIGZAG.map(|position| {
        let level = quantizer.single_level(position, coefficients[position]);
        values[position] = quantizer.value(position, level);
        level
    });
    (levels, means::inverse(&values))
}

fn bits_of_mode(mode: Large) -> i64 {
    let mut bits = i64::from(cost::of(true, IS_WHOLE));
    tell_luma(mode, |bit, zero| bits += i64::from(cost::of(bit, zero)));
    bits
}
