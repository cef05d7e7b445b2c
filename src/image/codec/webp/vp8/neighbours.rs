//! What is known of the macroblocks around the one that is coded.

use wide::i16x8;

use super::lanes::lanes;
use super::modes::Small;
use super::predict::{Around, mean};

/// Of the macroblock above: its last row.
#[derive(Clone)]
pub(super) struct Above {
    pub(super) luma: [u8; 16],
    pub(super) chroma: [[u8; 8]; 2],
    pub(super) side: Side,
}

/// Of the macroblock to the left: its last column.
#[derive(Clone)]
pub(super) struct Left {
    pub(super) luma: [u8; 16],
    pub(super) chroma: [[u8; 8]; 2],
    /// Of luma and both chromas: what is above that column.
    pub(super) corners: [u8; 3],
    pub(super) side: Side,
}

/// What both tell besides samples, by the blocks that touch.
#[derive(Clone, Copy)]
pub(super) struct Side {
    pub(super) modes: [Small; 4],
    /// Whether there is any level in them: in luma, in both chromas, and in the means of luma.
    pub(super) luma: [bool; 4],
    pub(super) chroma: [[bool; 2]; 2],
    pub(super) means: bool,
    /// Half of what is lost of both chromas' means.
    pub(super) errors: [[i32; 2]; 2],
}

impl Side {
    const OUTSIDE: Self =
        Self { modes: [Small::Mean; 4], luma: [false; 4], chroma: [[false; 2]; 2], means: false, errors: [[0; 2]; 2] };
}

impl Above {
    pub(super) const OUTSIDE: Self = Self { luma: [127; 16], chroma: [[127; 8]; 2], side: Side::OUTSIDE };
}

impl Left {
    /// Of the first macroblock in a row.
    pub(super) const fn outside(is_first_row: bool) -> Self {
        let corner = if is_first_row { 127 } else { 129 };
        Self { luma: [129; 16], chroma: [[129; 8]; 2], corners: [corner; 3], side: Side::OUTSIDE }
    }
}

/// Both, and whether they are there at all.
pub(super) struct Neighbours<'a> {
    pub(super) above: &'a Above,
    pub(super) left: &'a Left,
    pub(super) has_above: bool,
    pub(super) has_left: bool,
    /// Of luma above, what is further to the right.
    pub(super) beyond: [u8; 4],
}

impl Neighbours<'_> {
    /// Around the upper and the lower half of luma.
    pub(super) fn luma(&self) -> [Around; 2] {
        let (above, left) = (&self.above.luma, &self.left.luma);
        let mean = mean(self.has_above.then_some(above), self.has_left.then_some(left));
        [0, 8].map(|half| Around {
            tops: lanes(|block, column| above[4 * (block % 4) + column]),
            lefts: lanes(|block, row| left[half + 4 * (block / 4) + row]),
            corner: i16x8::splat(self.left.corners[0].into()),
            mean: i16x8::splat(mean),
        })
    }

    /// Around four blocks of each chroma.
    pub(super) fn chroma(&self) -> Around {
        let (above, left) = (&self.above.chroma, &self.left.chroma);
        let both = |of: &dyn Fn(usize) -> i16| {
            let [blue, red] = [of(0), of(1)];
            i16x8::new([blue, blue, blue, blue, red, red, red, red])
        };
        let level = |plane: usize| mean(self.has_above.then_some(&above[plane]), self.has_left.then_some(&left[plane]));
        Around {
            tops: lanes(|block, column| above[block / 4][4 * (block % 2) + column]),
            lefts: lanes(|block, row| left[block / 4][4 * (block % 4 / 2) + row]),
            corner: both(&|plane| self.left.corners[1 + plane].into()),
            mean: both(&level),
        }
    }
}
