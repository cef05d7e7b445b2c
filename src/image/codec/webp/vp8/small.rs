//! Luma predicted block by block: for each the best of those modes that are told in few bits.

use wide::i16x8;

use super::choose::{Chooser, FLAT_PENALTY, twice};
use super::cost;
use super::lanes::{Lanes, Trial, exact_distortions, forward, inverse, level, minus, try_levels};
use super::levels::{Block, Kind, ZIGZAG, has_levels};
use super::modes::{IS_WHOLE, Small};
use super::neighbours::{Above, Left, Neighbours};
use super::predict::{self, Edge};

/// A way to tell luma by its blocks.
pub(super) struct Smalls {
    pub(super) modes: [Small; 16],
    pub(super) levels: [Block; 16],
    area: Area,
    /// Of the modes, in 256ths of a bit.
    pub(super) mode_bits: i64,
}

/// A macroblock with the row above, which goes on to the right by four, and the column to the left.
struct Area([[u8; 24]; 17]);

/// The best mode of a block.
struct Best {
    mode: Small,
    levels: Block,
    distortion: i64,
    bits: i64,
    mode_bits: i64,
    decoded: [u8; 16],
}

/// More levels than these that are not 0, and a block is not flat.
const FLAT: i16 = 3;

impl Smalls {
    /// [`None`]: it can't become better than a score that is known already, or its modes take more bits than there are for them.
    pub(super) fn best(chooser: &Chooser, neighbours: &Neighbours, known: i64) -> Option<Self> {
        let segment = chooser.segment;
        let mut area = Area::new(neighbours);
        let (mut modes, mut levels) = ([Small::Mean; 16], [[0; 16]; 16]);
        let (mut above, mut left) = (neighbours.above.side, neighbours.left.side);
        let mut score = segment.of_both * i64::from(cost::of(false, IS_WHOLE));
        let mut mode_bits = 0;
        for block in 0..16 {
            let (x, y) = (block % 4, block / 4);
            let context = usize::from(above.luma[x]) + usize::from(left.luma[y]);
            let best = Best::of(chooser, block, &area.edge(x, y), [above.modes[x], left.modes[y]], context);
            score += 256 * best.distortion + segment.of_both * (best.bits + best.mode_bits);
            mode_bits += best.mode_bits;
            if score >= known || mode_bits > chooser.most_mode_bits {
                return None;
            }
            area.set(x, y, &best.decoded);
            (above.modes[x], left.modes[y]) = twice(best.mode);
            (above.luma[x], left.luma[y]) = twice(has_levels(&best.levels));
            (modes[block], levels[block]) = (best.mode, best.levels);
        }
        Some(Self { modes, levels, area, mode_bits })
    }

    /// Leaves its last row and column, as a decoder has them, and the modes there.
    pub(super) fn show(&self, above: &mut Above, left: &mut Left) {
        let Area(rows) = &self.area;
        above.luma = std::array::from_fn(|x| rows[16][x + 1]);
        left.luma = std::array::from_fn(|y| rows[y + 1][16]);
        above.side.modes = std::array::from_fn(|x| self.modes[12 + x]);
        left.side.modes = std::array::from_fn(|y| self.modes[4 * y + 3]);
    }
}

/// So many modes of a block have their bits counted: those that look best without.
const COUNTED: usize = 3;

impl Best {
    fn of(chooser: &Chooser, block: usize, edge: &Edge, [above, left]: [Small; 2], context: usize) -> Self {
        let segment = chooser.segment;
        let modes = cost::CHEAPEST[above as usize][left as usize];
        let costs = &cost::SMALL_MODES[above as usize][left as usize];
        let (half, lane) = (block / 8, block % 8);
        let splat = |lanes: &Lanes| lanes.map(|lanes| i16x8::splat(lanes.to_array()[lane]));
        let samples = splat(&chooser.macroblock.luma[half]);
        let source = splat(&chooser.spectrum.luma[half]);
        let prediction = predict::small(edge, modes);
        let mut trial = try_levels(&forward(&minus(&samples, &prediction)), &source, &segment.luma, 0);
        if segment.luma.is_fine() {
            trial.distortions = exact_distortions(&trial.values, &prediction, &samples);
        }
        let mut scores = [(0, 0, 0); 8];
        for (lane, score) in scores.iter_mut().enumerate() {
            let mode = modes[lane];
            let penalty = if mode != Small::Mean && trial.counts[lane] <= FLAT { FLAT_PENALTY } else { 0 };
            let least = 256 * distortion(chooser, &trial, lane, block)
                + segment.of_small * (i64::from(costs[mode as usize]) + penalty);
            *score = (least + segment.of_small * i64::from(trial.guesses[lane]), least, lane);
        }
        let mut best = (i64::MAX, 0, [0; 16], 0);
        for turn in 0..COUNTED {
            let place = (turn..8).min_by_key(|place| scores[*place].0).unwrap_or(turn);
            scores.swap(turn, place);
            let (_, least, lane) = scores[turn];
            if least >= best.0 {
                continue;
            }
            let levels = ZIGZAG.map(|position| trial.levels[position].as_array()[lane]);
            let bits = i64::from(chooser.costs.block(Kind::Luma, context, &levels));
            let score = least + segment.of_small * bits;
            if score < best.0 {
                best = (score, lane, levels, bits);
            }
        }
        let (_, lane, levels, bits) = best;
        let values = trial.values.map(|values| values.to_array()[lane]);
        let prediction = prediction.map(|levels| levels.to_array()[lane]);
        Self {
            mode: modes[lane],
            levels,
            distortion: distortion(chooser, &trial, lane, block),
            bits,
            mode_bits: costs[modes[lane] as usize].into(),
            decoded: decode(&values, &prediction),
        }
    }
}

fn distortion(chooser: &Chooser, trial: &Trial, lane: usize, block: usize) -> i64 {
    let texture = i64::from(trial.textures[lane].abs_diff(chooser.spectrum.textures[block]));
    i64::from(trial.distortions[lane]) + ((texture * chooser.segment.of_texture + 128) >> 8)
}

/// To the last bit what a decoder makes of a block.
fn decode(values: &[i16; 16], prediction: &[i16; 16]) -> [u8; 16] {
    let lanes = inverse(&values.map(i16x8::splat), &prediction.map(i16x8::splat));
    lanes.map(|lanes| level(lanes, 0))
}

impl Area {
    fn new(neighbours: &Neighbours) -> Self {
        let mut rows = [[0; 24]; 17];
        rows[0][0] = neighbours.left.corners[0];
        rows[0][1..17].copy_from_slice(&neighbours.above.luma);
        for (row, level) in rows[1..].iter_mut().zip(neighbours.left.luma) {
            row[0] = level;
        }
        // Of the blocks at the right side only the uppermost ones have pixels above and beyond; the others take the same.
        for row in [0, 4, 8, 12] {
            rows[row][17..21].copy_from_slice(&neighbours.beyond);
        }
        Self(rows)
    }

    #[inline]
    fn edge(&self, x: usize, y: usize) -> Edge {
        let (x, y) = (4 * x, 4 * y);
        std::array::from_fn(|place| {
            if place < predict::CORNER { self.0[y + 4 - place][x] } else { self.0[y][x + place - predict::CORNER] }
        })
    }

    #[inline]
    fn set(&mut self, x: usize, y: usize, block: &[u8; 16]) {
        for (row, from) in self.0[4 * y + 1..].iter_mut().zip(block.chunks_exact(4)) {
            row[4 * x + 1..][..4].copy_from_slice(from);
        }
    }
}
