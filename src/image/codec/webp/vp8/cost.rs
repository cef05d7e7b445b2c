//! What it costs to tell something, in 256ths of a bit.

use std::sync::LazyLock;

use super::levels::{BANDS, Block, Kind, LAST, Zero, end, tell};
use super::modes::{Small, tell_small};
use super::probabilities::{Levels, MODES};
use super::quantizer::LARGEST;

/// Of a bit that is 0 with so many 256ths.
pub(super) fn of(bit: bool, zero: u8) -> u16 {
    static COSTS: LazyLock<[u16; 257]> = LazyLock::new(|| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 2048")]
        std::array::from_fn(|part| (-256.0 * (part.max(1) as f64 / 256.0).log2()).round() as u16)
    });
    COSTS[if bit { 256 - usize::from(zero) } else { usize::from(zero) }]
}

/// Of levels, as long as the probabilities are the same.
pub(super) struct Costs {
    /// With the branch before that the block goes on, but for those of the first context, which has it not always.
    levels: Box<[[[[u16; LAST + 1]; 3]; 8]; 4]>,
    /// That the block ends, and that it goes on.
    ends: [[[[u16; 2]; 3]; 8]; 4],
}

/// Of the bits behind a level's token and its sign.
static EXTRA: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let extra = |level| {
        let mut sum = if level > 0 { 256 } else { 0 };
        tell(level, |zero, bit| match zero {
            Zero::Branch(_) => {}
            Zero::Fixed(zero) => sum += of(bit, zero),
        });
        sum
    };
    (0..=LARGEST).map(|level| extra(level.into())).collect()
});

impl Costs {
    pub(super) fn new(probabilities: &Levels) -> Self {
        let mut costs = Self { levels: Box::new([[[[0; LAST + 1]; 3]; 8]; 4]), ends: [[[[0; 2]; 3]; 8]; 4] };
        for (kind, bands) in probabilities.iter().enumerate() {
            for (band, contexts) in bands.iter().enumerate() {
                for (context, branches) in contexts.iter().enumerate() {
                    costs.ends[kind][band][context] = [of(false, branches[0]), of(true, branches[0])];
                    let before = if context > 0 { of(true, branches[0]) } else { 0 };
                    for (level, cost) in (0..).zip(&mut costs.levels[kind][band][context]) {
                        *cost = before;
                        tell(level, |zero, bit| match zero {
                            Zero::Branch(branch) => *cost += of(bit, branches[branch]),
                            Zero::Fixed(_) => {}
                        });
                        if (level as usize) < LAST {
                            *cost += EXTRA[level as usize];
                        }
                    }
                }
            }
        }
        costs
    }

    /// Of a block whose neighbours give it this context.
    #[inline]
    pub(super) fn block(&self, kind: Kind, context: usize, levels: &Block) -> u32 {
        let (first, end, context) = (kind.first(), end(levels), context.min(2));
        let (costs, ends) = (&self.levels[kind as usize], &self.ends[kind as usize]);
        if end <= first {
            return ends[BANDS[first]][context][0].into();
        }
        let mut sum = if context > 0 { 0 } else { u32::from(ends[BANDS[first]][0][1]) };
        let mut context = context;
        for place in first..end {
            let level = usize::from(levels[place & 15].unsigned_abs());
            let token = level.min(LAST);
            sum += u32::from(costs[BANDS[place & 15]][context][token]);
            if token == LAST {
                sum += u32::from(EXTRA[level]);
            }
            context = level.min(2);
        }
        if end < 16 { sum + u32::from(ends[BANDS[end]][context][0]) } else { sum }
    }
}

/// Of a small block's modes, by the mode above and the mode to the left.
pub(super) static SMALL_MODES: LazyLock<[[[u16; 10]; 10]; 10]> = LazyLock::new(|| {
    let cost = |zeros: &[u8; 9], mode| {
        let mut sum = 0;
        tell_small(mode, |branch, bit| sum += of(bit, zeros[branch]));
        sum
    };
    MODES.map(|above| above.map(|zeros| Small::ALL.map(|mode| cost(&zeros, mode))))
});

/// The eight that cost least of a small block's modes, by the mode above and the mode to the left.
pub(super) static CHEAPEST: LazyLock<[[[Small; 8]; 10]; 10]> = LazyLock::new(|| {
    SMALL_MODES.each_ref().map(|above| {
        above.each_ref().map(|costs| {
            let mut modes = Small::ALL;
            modes.sort_by_key(|mode| costs[*mode as usize]);
            std::array::from_fn(|place| modes[place])
        })
    })
});
