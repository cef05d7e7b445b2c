//! How a macroblock is told: what is lost is weighed against what it takes to tell it.

use super::chroma::Chroma;
use super::cost::Costs;
use super::levels::{Block, Kind, has_levels};
use super::modes::{Large, Small};
use super::neighbours::{Above, Left, Neighbours, Side};
use super::segments::Segment;
use super::small::Smalls;
use super::source::{Macroblock, Spectrum};
use super::whole::Whole;

/// What a mode costs more that leaves a block (nearly) flat but is not the mean, in 256ths of a bit: it spreads what is no structure.
pub(super) const FLAT_PENALTY: i64 = 140;

/// What decisions about a macroblock are made by.
pub(super) struct Chooser<'a> {
    pub(super) macroblock: &'a Macroblock,
    pub(super) spectrum: Spectrum,
    pub(super) segment: &'a Segment,
    pub(super) costs: &'a Costs,
    /// More bits than these, in 256ths, the modes of small blocks may not take.
    pub(super) most_mode_bits: i64,
    spreads_errors: bool,
    above: Side,
    left: Side,
}

/// How luma is told.
pub(super) enum Luma {
    Whole { mode: Large, means: Block, rest: [Block; 16] },
    Smalls { modes: [Small; 16], levels: [Block; 16] },
}

/// What is told of a macroblock: its modes and all levels.
pub(super) struct Choice {
    pub(super) luma: Luma,
    pub(super) chroma_mode: Large,
    pub(super) chroma: [Block; 8],
}

/// [`Choice`], and what the next macroblocks see of this one.
pub(super) struct Chosen {
    pub(super) choice: Choice,
    pub(super) above: Above,
    pub(super) left: Left,
    /// How far its small blocks stand out from each other.
    pub(super) edges: i32,
    /// Of the modes of small blocks, in 256ths of a bit.
    pub(super) mode_bits: i64,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(
        macroblock: &'a Macroblock,
        segment: &'a Segment,
        costs: &'a Costs,
        neighbours: &Neighbours,
        most_mode_bits: i64,
        spreads_errors: bool,
    ) -> Self {
        let (above, left) = (neighbours.above.side, neighbours.left.side);
        let spectrum = Spectrum::new(macroblock);
        Self { macroblock, spectrum, segment, costs, most_mode_bits, spreads_errors, above, left }
    }

    pub(super) fn choose(&self, neighbours: &Neighbours) -> Chosen {
        let (mut above, mut left) = (neighbours.above.clone(), neighbours.left.clone());
        left.corners = [neighbours.above.luma[15], neighbours.above.chroma[0][7], neighbours.above.chroma[1][7]];
        let around = neighbours.luma();
        let whole = Whole::best(self, &around);
        let score = 256 * whole.distortion + self.segment.of_both * whole.bits;
        let edges = whole.edges(self);
        let (luma, mode_bits) = if let Some(smalls) = Smalls::best(self, neighbours, score) {
            smalls.show(&mut above, &mut left);
            (Luma::Smalls { modes: smalls.modes, levels: smalls.levels }, smalls.mode_bits)
        } else {
            whole.show(&around, &mut above, &mut left);
            (Luma::Whole { mode: whole.mode, means: whole.means, rest: whole.rest }, 0)
        };
        let around = neighbours.chroma();
        let errors = [0, 1].map(|plane| [self.above.errors[plane], self.left.errors[plane]]);
        let chroma = Chroma::best(self, &around, self.spreads_errors.then_some(errors));
        chroma.show(&around, &mut above, &mut left);
        let choice = Choice { luma, chroma_mode: chroma.mode, chroma: chroma.levels };
        Chosen { choice, above, left, edges, mode_bits }
    }

    /// Of luma as a whole, without its mode.
    pub(super) fn bits_of_whole(&self, means: &Block, rest: &[Block; 16]) -> i64 {
        let context = usize::from(self.above.means) + usize::from(self.left.means);
        let mut bits = self.costs.block(Kind::Means, context, means);
        let (mut above, mut left) = (self.above.luma, self.left.luma);
        for (block, levels) in rest.iter().enumerate() {
            let (above, left) = (&mut above[block % 4], &mut left[block / 4]);
            bits += self.costs.block(Kind::Rest, usize::from(*above) + usize::from(*left), levels);
            (*above, *left) = twice(has_levels(levels));
        }
        bits.into()
    }

    /// Of both chromas, without their mode.
    pub(super) fn bits_of_chroma(&self, blocks: &[Block; 8]) -> i64 {
        let (mut above, mut left) = (self.above.chroma, self.left.chroma);
        let mut bits = 0;
        for (block, levels) in blocks.iter().enumerate() {
            let (above, left) = (&mut above[block / 4][block % 2], &mut left[block / 4][block % 4 / 2]);
            bits += self.costs.block(Kind::Chroma, usize::from(*above) + usize::from(*left), levels);
            (*above, *left) = twice(has_levels(levels));
        }
        bits.into()
    }
}

/// For what comes below, and to the right.
pub(super) fn twice<T: Copy>(one: T) -> (T, T) {
    (one, one)
}

/// Which of a macroblock's blocks.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Means,
    /// Whose means are told apart.
    Rest(usize),
    Luma(usize),
    Chroma(usize),
}

impl Place {
    /// Whether the blocks above and to the left have levels, of the sort that this one is.
    pub(super) fn flags<'a>(self, above: &'a mut Side, left: &'a mut Side) -> (&'a mut bool, &'a mut bool, Kind) {
        match self {
            Self::Means => (&mut above.means, &mut left.means, Kind::Means),
            Self::Rest(block) => (&mut above.luma[block % 4], &mut left.luma[block / 4], Kind::Rest),
            Self::Luma(block) => (&mut above.luma[block % 4], &mut left.luma[block / 4], Kind::Luma),
            Self::Chroma(block) => {
                let (plane, block) = (block / 4, block % 4);
                (&mut above.chroma[plane][block % 2], &mut left.chroma[plane][block / 2], Kind::Chroma)
            }
        }
    }
}

impl Choice {
    /// All blocks in the order in which they are written.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (Place, &Block)> {
        let (means, luma, place): (_, _, fn(usize) -> Place) = match &self.luma {
            Luma::Whole { means, rest, .. } => (Some(means), rest, Place::Rest),
            Luma::Smalls { levels, .. } => (None, levels, Place::Luma),
        };
        let means = means.into_iter().map(|levels| (Place::Means, levels));
        let luma = luma.iter().enumerate().map(move |(block, levels)| (place(block), levels));
        let chroma = self.chroma.iter().enumerate().map(|(block, levels)| (Place::Chroma(block), levels));
        means.chain(luma).chain(chroma)
    }
}
