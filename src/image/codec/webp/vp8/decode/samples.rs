//! The samples of a row of macroblocks, of what is expected of them and by how much they differ (RFC 6386, 12).

use bytemuck::cast;
use wide::{i16x8, u8x16};

use super::super::modes::{Large, Small};
use super::super::predict::{self, CORNER, Edge, mean};
use super::residuals::{Block, Residuals};

/// What a plane has of a row of macroblocks, each of so many samples a side, and the row of samples above. To the left of them is a
/// column that is always the same, and to the right is room for what the last macroblock takes from there.
pub(super) struct Strip<const SIDE: usize> {
    samples: Vec<u8>,
    stride: usize,
    across: usize,
}

/// Where the first column is.
const FIRST: usize = 16;
const BEYOND: usize = 16;

/// Whether there is a macroblock above, and one to the left.
#[derive(Clone, Copy)]
pub(super) struct There {
    pub(super) above: bool,
    pub(super) left: bool,
}

impl<const SIDE: usize> Strip<SIDE> {
    /// Above the first row of so many macroblocks.
    pub(super) fn new(across: usize) -> Self {
        let stride = FIRST + across * SIDE + BEYOND;
        let mut samples = vec![129; (SIDE + 1) * stride];
        samples[SIDE * stride..].fill(127);
        Self { samples, stride, across }
    }

    /// Goes on to the next row.
    pub(super) fn begin(&mut self, is_first: bool) {
        let (above, last) = self.samples.split_at_mut(SIDE * self.stride);
        above[..self.stride].copy_from_slice(last);
        above[FIRST - 1] = if is_first { 127 } else { 129 };
        let end = FIRST + self.across * SIDE;
        let beyond = above[end - 1];
        above[end..self.stride].fill(beyond);
        last[FIRST - 1] = 129;
    }

    /// The samples of a row.
    pub(super) fn row(&self, y: usize) -> &[u8] {
        &self.samples[(y + 1) * self.stride + FIRST..][..self.across * SIDE]
    }

    /// The macroblock at this place of the row, all of it by one mode. The residuals are those from this block on.
    pub(super) fn predict(&mut self, place: usize, mode: Large, there: There, residuals: &Residuals, block: usize) {
        let from = FIRST + place * SIDE;
        let above: [u8; SIDE] = some(&self.samples, from);
        let left: [u8; SIDE] = std::array::from_fn(|y| self.samples[(y + 1) * self.stride + from - 1]);
        let around = Around {
            corner: self.samples[from - 1],
            mean: match mode {
                Large::Mean => mean(there.above.then_some(&above), there.left.then_some(&left)),
                Large::Motion | Large::Vertical | Large::Horizontal => 0,
            },
        };
        for y in (0..SIDE).step_by(4) {
            for x in (0..SIDE).step_by(4) {
                let expected = around.predict(mode, some(&above, x), some(&left, y));
                self.set(from + x, y, expected, residuals.block(block + y / 4 * (SIDE / 4) + x / 4));
            }
        }
    }

    /// A block from this column and row on.
    #[inline]
    fn set(&mut self, x: usize, y: usize, expected: u8x16, residuals: Option<&Block>) {
        let samples = match residuals {
            Some(residuals) => {
                let [low, high]: [i16x8; 2] = cast(*residuals);
                u8x16::narrow_i16x8(i16x8::from_u8x16_low(expected) + low, i16x8::from_u8x16_high(expected) + high)
            }
            None => expected,
        };
        let samples: [[u8; 4]; 4] = cast(samples);
        for (row, samples) in samples.iter().enumerate() {
            self.samples[(y + row + 1) * self.stride + x..][..4].copy_from_slice(samples);
        }
    }
}

/// Of a macroblock that has one mode.
struct Around {
    corner: u8,
    mean: i16,
}

impl Around {
    /// A block below these samples and to the right of these.
    #[inline]
    fn predict(&self, mode: Large, above: [u8; 4], left: [u8; 4]) -> u8x16 {
        let left = || -> u8x16 { cast(left.map(|level| [level; 4])) };
        match mode {
            Large::Mean => {
                let mean = i16x8::splat(self.mean);
                u8x16::narrow_i16x8(mean, mean)
            }
            Large::Vertical => cast([above; 4]),
            Large::Horizontal => left(),
            Large::Motion => {
                let left = left();
                let motion = i16x8::from_u8x16_low(cast([above; 4])) - i16x8::splat(self.corner.into());
                u8x16::narrow_i16x8(i16x8::from_u8x16_low(left) + motion, i16x8::from_u8x16_high(left) + motion)
            }
        }
    }
}

impl Strip<16> {
    /// The luma of the macroblock at this place, block by block.
    pub(super) fn predict_smalls(&mut self, place: usize, modes: &[Small; 16], residuals: &Residuals) {
        let from = FIRST + 16 * place;
        // Of the blocks at the right side only the uppermost one has samples above and beyond; the others take the same.
        let beyond: [u8; 4] = some(&self.samples, from + 16);
        for row in [4, 8, 12] {
            self.samples[row * self.stride + from + 16..][..4].copy_from_slice(&beyond);
        }
        for (block, mode) in modes.iter().enumerate() {
            let (x, y) = (from + block % 4 * 4, block / 4 * 4);
            let expected = predict::single(&self.edge(x, y), *mode);
            self.set(x, y, cast(expected), residuals.block(block));
        }
    }

    #[inline]
    fn edge(&self, x: usize, y: usize) -> Edge {
        let at = |row: usize| &self.samples[(y + row) * self.stride + x - 1..];
        let mut edge = [0; 13];
        for (place, level) in edge[..CORNER].iter_mut().enumerate() {
            *level = at(CORNER - place)[0];
        }
        edge[CORNER..].copy_from_slice(&at(0)[..9]);
        edge
    }
}

/// So many samples from a place on, where there are that many.
#[inline]
fn some<const COUNT: usize>(samples: &[u8], from: usize) -> [u8; COUNT] {
    samples.get(from..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; COUNT])
}
