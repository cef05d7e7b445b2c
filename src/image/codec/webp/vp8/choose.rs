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

    /// What all levels of these blocks cost, which are in the order in which they are written.
    pub(super) fn bits<'b>(&self, blocks: impl Iterator<Item = (Place, &'b Block)>) -> i64 {
        let (mut above, mut left) = (self.above, self.left);
        let bits: u32 = blocks
            .map(|(place, levels)| self.costs.block(place.kind(), place.pass(levels, &mut above, &mut left), levels))
            .sum();
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
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Means => Kind::Means,
            Self::Rest(_) => Kind::Rest,
            Self::Luma(_) => Kind::Luma,
            Self::Chroma(_) => Kind::Chroma,
        }
    }

    /// The context that the neighbours give to this block: how many of both, above and to the left, have levels. Then this one is the
    /// neighbour of the next.
    #[inline]
    pub(super) fn pass(self, levels: &Block, above: &mut Side, left: &mut Side) -> usize {
        let (above, left) = match self {
            Self::Means => (&mut above.means, &mut left.means),
            Self::Rest(block) | Self::Luma(block) => (&mut above.luma[block % 4], &mut left.luma[block / 4]),
            Self::Chroma(block) => {
                let (plane, block) = (block / 4, block % 4);
                (&mut above.chroma[plane][block % 2], &mut left.chroma[plane][block / 2])
            }
        };
        let context = usize::from(*above) + usize::from(*left);
        (*above, *left) = twice(has_levels(levels));
        context
    }

    /// Of luma as a whole.
    pub(super) fn whole<'b>(means: &'b Block, rest: &'b [Block; 16]) -> impl Iterator<Item = (Self, &'b Block)> {
        let rest = rest.iter().enumerate().map(|(block, levels)| (Self::Rest(block), levels));
        std::iter::once((Self::Means, means)).chain(rest)
    }

    /// Of both chromas.
    pub(super) fn chroma(blocks: &[Block; 8]) -> impl Iterator<Item = (Self, &Block)> {
        blocks.iter().enumerate().map(|(block, levels)| (Self::Chroma(block), levels))
    }
}

impl Choice {
    /// Hands over all blocks in the order in which they are written.
    pub(super) fn each_block(&self, mut each: impl FnMut(Place, &Block)) {
        match &self.luma {
            Luma::Whole { means, rest, .. } => {
                Place::whole(means, rest).for_each(|(place, levels)| each(place, levels));
            }
            Luma::Smalls { levels, .. } => {
                for (block, levels) in levels.iter().enumerate() {
                    each(Place::Luma(block), levels);
                }
            }
        }
        Place::chroma(&self.chroma).for_each(|(place, levels)| each(place, levels));
    }

    /// Whether any level is not 0.
    pub(super) fn has_levels(&self) -> bool {
        let mut is_any = false;
        self.each_block(|_, levels| is_any |= has_levels(levels));
        is_any
    }
}
