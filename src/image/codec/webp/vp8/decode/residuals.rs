//! By how much a macroblock's samples differ from what is expected of them (RFC 6386, 13 and 14).

use bytemuck::cast;
use wide::u16x8;

use super::super::lanes::{Lanes, residuals};
use super::super::levels::Kind;
use super::super::means;
use super::bits::Bits;
use super::header::Steps;
use super::levels::Table;

/// Whether the blocks that touch the next macroblocks have levels: four of luma, two of each chroma, and the means of luma.
pub(super) type Known = [u8; 9];

/// Of a block, row by row.
pub(super) type Block = [i16; 16];

/// The last macroblock's: sixteen blocks of luma, four of each chroma, and behind them the means of luma.
pub(super) struct Residuals {
    blocks: [Block; 25],
    /// Whether each eight of them are anything but zeros.
    has_any: [bool; 4],
}

const MEANS: usize = 24;

/// By block, where what touches it is in [`Known`], above and to the left.
const SIDES: [[usize; 2]; 25] = {
    let mut sides = [[8; 2]; 25];
    let mut block = 0;
    while block < MEANS {
        sides[block] = match block {
            0..16 => [block % 4, block / 4],
            _ => [4 + (block - 16) / 4 * 2 + block % 2, 4 + (block - 16) / 2],
        };
        block += 1;
    }
    sides
};

impl Residuals {
    pub(super) const fn new() -> Self {
        Self { blocks: [[0; 16]; 25], has_any: [false; 4] }
    }

    /// [`None`]: there are none.
    #[inline]
    pub(super) fn block(&self, block: usize) -> Option<&Block> {
        self.has_any[block / 8].then(|| &self.blocks[block])
    }

    fn forget(&mut self) {
        for (blocks, has_any) in self.blocks.chunks_mut(8).zip(&mut self.has_any) {
            if *has_any {
                blocks.fill([0; 16]);
            }
            *has_any = false;
        }
    }

    /// Goes on to a macroblock that has no levels.
    pub(super) fn clear(&mut self, is_whole: bool, above: &mut Known, left: &mut Known) {
        for known in [above, left] {
            known[..8].fill(0);
            if is_whole {
                known[8] = 0;
            }
        }
        self.forget();
    }

    /// Reads the levels of the next macroblock.
    pub(super) fn read(
        &mut self,
        table: &Table,
        from: &mut Bits,
        steps: &Steps,
        is_whole: bool,
        above: &mut Known,
        left: &mut Known,
    ) {
        self.forget();
        let mut bits = *from;
        let luma = if is_whole { Kind::Rest } else { Kind::Luma };
        let mut block = if is_whole { MEANS } else { 0 };
        loop {
            let (kind, steps) = match block {
                0..16 => (luma, steps.luma),
                16..MEANS => (Kind::Chroma, steps.chroma),
                _ => (Kind::Means, steps.means),
            };
            let [x, y] = SIDES[block];
            let context = above[x] + left[y];
            let has_levels = table.read(&mut bits, (kind, context.into()), steps, &mut self.blocks[block]);
            self.has_any[block / 8] |= has_levels;
            (above[x], left[y]) = (has_levels.into(), has_levels.into());
            block = match block {
                23 => break,
                MEANS => 0,
                _ => block + 1,
            };
        }
        *from = bits;
        self.transform();
    }

    fn transform(&mut self) {
        if self.has_any[3] {
            let means = means::inverse(&self.blocks[MEANS].map(i32::from));
            for (block, mean) in self.blocks.iter_mut().zip(means) {
                block[0] = low(mean);
            }
            self.has_any[..2].fill(true);
        }
        for (blocks, has_any) in self.blocks.as_chunks_mut::<8>().0.iter_mut().zip(self.has_any) {
            if has_any {
                inverse(blocks);
            }
        }
    }
}

/// No encoder writes a mean of more bits. Of such libwebp has the lowest ones too.
#[expect(clippy::cast_possible_truncation, reason = "as it shall")]
const fn low(mean: i32) -> i16 {
    mean as i16
}

/// Transforms eight blocks.
fn inverse(blocks: &mut [Block; 8]) {
    let (mut first, mut last) = ([u16x8::ZERO; 8], [u16x8::ZERO; 8]);
    for ((first, last), block) in first.iter_mut().zip(&mut last).zip(&*blocks) {
        [*first, *last] = cast(*block);
    }
    let coefficients: Lanes = cast([u16x8::transpose(first), u16x8::transpose(last)]);
    let [first, last]: [[u16x8; 8]; 2] = cast(residuals(&coefficients));
    for ((block, first), last) in blocks.iter_mut().zip(u16x8::transpose(first)).zip(u16x8::transpose(last)) {
        *block = cast([first, last]);
    }
}
