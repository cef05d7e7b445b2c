//! How coarse the coefficients become.

use bytemuck::cast;
use wide::{i16x8, u16x8};

use super::lanes::high;

/// No level is larger.
pub(super) const LARGEST: u16 = 2047;
/// The largest quantizer index.
const LAST: i32 = 127;

/// Up to this step. Of what is lost by it some is right again in the pixels.
const FINE: i16 = 16;

/// The steps of the coefficients of a sort of blocks: one of the mean, the other of all the rest.
#[derive(Clone)]
pub(super) struct Quantizer {
    pub(super) steps: [i16; 2],
    inverses: [u16x8; 2],
    shifts: [u32; 2],
    /// Of the steps, by 2³², rounded up.
    reciprocals: [u64; 2],
    /// By position: what is added to eight times a coefficient before it is divided, so that it is not merely rounded down.
    rises: [u16; 16],
}

/// What the coefficients are of.
#[derive(Clone, Copy)]
pub(super) enum Sort {
    /// Luma is also sharpened a little.
    Luma,
    Means,
    Chroma,
}

impl Sort {
    /// What is rounded up, in 256ths of a step, of the mean and of the rest: half of a step would be 128, but a coefficient that
    /// becomes a zero saves more bits than it loses.
    const fn rounding(self) -> [u16; 2] {
        match self {
            Self::Luma => [96, 110],
            Self::Means => [96, 108],
            Self::Chroma => [110, 115],
        }
    }
}

/// In 2048ths of a step, by position.
const SHARPENING: [u16; 16] = [0, 30, 60, 90, 30, 60, 90, 90, 60, 90, 90, 90, 90, 90, 90, 90];

impl Quantizer {
    /// For a quantizer index, and what is added to it for means and for the rest.
    pub(super) fn new(sort: Sort, index: i32, more: [i32; 2]) -> Self {
        let at = |more: i32| usize::try_from((index + more).clamp(0, LAST)).unwrap_or(0);
        let (mean, rest) = (u16::from(MEAN_STEPS[at(more[0])]), STEPS[at(more[1])]);
        let steps = match sort {
            Sort::Luma => [mean, rest],
            Sort::Means => [2 * mean, (rest * 31 / 20).max(8)],
            Sort::Chroma => [mean.min(132), rest],
        };
        let rounding = sort.rounding();
        let rises = std::array::from_fn(|position| {
            let kind = usize::from(position > 0);
            let sharper = match sort {
                Sort::Luma => (SHARPENING[position] * steps[kind]) >> 11,
                Sort::Means | Sort::Chroma => 0,
            };
            8 * sharper + ((rounding[kind] * steps[kind]) >> 5)
        });
        let shifts = steps.map(u16::ilog2);
        let inverse = |step: u16| (1_u32 << (16 + step.ilog2())) / u32::from(step);
        let inverses = steps.map(|step| u16x8::splat(u16::try_from(inverse(step)).unwrap_or(u16::MAX)));
        let reciprocals = steps.map(|step| (1_u64 << 32).div_ceil(step.into()));
        Self { steps: steps.map(u16::cast_signed), inverses, shifts, reciprocals, rises }
    }

    /// Whether what is lost is so little that pixels are often right again after they are rounded.
    pub(super) fn is_fine(&self) -> bool {
        self.steps[1] <= FINE
    }

    /// The level of a coefficient of eight blocks, and what a decoder makes of it.
    #[inline]
    pub(super) fn levels(&self, position: usize, coefficients: i16x8) -> (i16x8, i16x8) {
        let kind = usize::from(position > 0);
        let sign = coefficients >> 15;
        let magnitude: u16x8 = cast((coefficients ^ sign) - sign);
        let raised = (magnitude << 3) + u16x8::splat(self.rises[position]);
        let level: i16x8 = cast(high(raised, self.inverses[kind]) >> (self.shifts[kind] + 3));
        let level = (level ^ sign) - sign;
        (level, level * i16x8::splat(self.steps[kind]))
    }

    /// The level of a single coefficient, which may be larger than those of lanes.
    #[inline]
    pub(super) fn single_level(&self, position: usize, coefficient: i32) -> i16 {
        let kind = usize::from(position > 0);
        let rise = u64::from(self.rises[position] / 8);
        let level = ((u64::from(coefficient.unsigned_abs()) + rise) * self.reciprocals[kind]) >> 32;
        let level = u16::try_from(level).unwrap_or(LARGEST).min(LARGEST).cast_signed();
        if coefficient < 0 { -level } else { level }
    }

    /// What a decoder makes of a level.
    pub(super) fn value(&self, position: usize, level: i16) -> i32 {
        i32::from(level) * i32::from(self.steps[usize::from(position > 0)])
    }

    /// Of the steps of all sixteen.
    pub(super) fn mean_step(&self) -> i32 {
        (i32::from(self.steps[0]) + 15 * i32::from(self.steps[1]) + 8) / 16
    }
}

/// For a quantizer index, the step of a mean.
#[rustfmt::skip]
const MEAN_STEPS: [u8; 128] = [
    4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13, 14, 15, 16, 17, 17, 18, 19, 20, 20, 21, 21, 22, 22, 23, 23,
    24, 25, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46,
    46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70,
    71, 72, 73, 74, 75, 76, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 91, 93, 95, 96, 98,
    100, 101, 102, 104, 106, 108, 110, 112, 114, 116, 118, 122, 124, 126, 128, 130, 132, 134, 136, 138,
    140, 143, 145, 148, 151, 154, 157,
];

/// For a quantizer index, the step of all other coefficients.
#[rustfmt::skip]
pub(super) const STEPS: [u16; 128] = [
    4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
    30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54,
    55, 56, 57, 58, 60, 62, 64, 66, 68, 70, 72, 74, 76, 78, 80, 82, 84, 86, 88, 90, 92, 94, 96, 98,
    100, 102, 104, 106, 108, 110, 112, 114, 116, 119, 122, 125, 128, 131, 134, 137, 140, 143, 146, 149,
    152, 155, 158, 161, 164, 167, 170, 173, 177, 181, 185, 189, 193, 197, 201, 205, 209, 213, 217, 221,
    225, 229, 234, 239, 245, 249, 254, 259, 264, 269, 274, 279, 284,
];
