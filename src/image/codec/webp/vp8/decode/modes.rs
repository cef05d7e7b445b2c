//! What is told of each macroblock besides its levels (RFC 6386, 10 and 11).

use super::super::modes::{IS_WHOLE, Large, Small};
use super::super::probabilities::MODES;
use super::bits::Bits;

/// What is told of a macroblock.
pub(super) struct Told {
    pub(super) segment: u8,
    /// Whether it is told that there are no levels.
    pub(super) is_silent: bool,
    pub(super) luma: Luma,
    pub(super) chroma: Large,
}

/// How luma is predicted.
pub(super) enum Luma {
    Whole(Large),
    Smalls([Small; 16]),
}

/// The modes of the blocks that touch the next macroblocks.
pub(super) type Edge = [Small; 4];

/// What says of a frame how macroblocks are told.
pub(super) struct Telling {
    /// By which a macroblock's segment is told, if it is, in 256ths.
    pub(super) tree: Option<[u8; 3]>,
    /// How probable it is that a macroblock has levels, if it is told, in 256ths.
    pub(super) spoken: Option<u8>,
}

impl Telling {
    /// The next macroblock.
    pub(super) fn read(&self, bits: &mut Bits, above: &mut Edge, left: &mut Edge) -> Told {
        let segment = self.tree.map_or(0, |[root, low, high]| {
            let is_upper = bits.read(root);
            2 * u8::from(is_upper) + u8::from(bits.read(if is_upper { high } else { low }))
        });
        let is_silent = self.spoken.is_some_and(|spoken| bits.read(spoken));
        let luma = if bits.read(IS_WHOLE) {
            let mode = luma(bits);
            (*above, *left) = ([mode.small(); 4], [mode.small(); 4]);
            Luma::Whole(mode)
        } else {
            Luma::Smalls(smalls(bits, above, left))
        };
        Told { segment, is_silent, luma, chroma: chroma(bits) }
    }
}

fn luma(bits: &mut Bits) -> Large {
    if bits.read(156) {
        if bits.read(128) { Large::Motion } else { Large::Horizontal }
    } else if bits.read(163) {
        Large::Vertical
    } else {
        Large::Mean
    }
}

fn chroma(bits: &mut Bits) -> Large {
    if !bits.read(142) {
        Large::Mean
    } else if !bits.read(114) {
        Large::Vertical
    } else if !bits.read(183) {
        Large::Horizontal
    } else {
        Large::Motion
    }
}

fn smalls(from: &mut Bits, above: &mut Edge, left: &mut Edge) -> [Small; 16] {
    let mut bits = *from;
    let mut modes = [Small::Mean; 16];
    for (block, mode) in modes.iter_mut().enumerate() {
        let (above, left) = (&mut above[block % 4], &mut left[block / 4]);
        *mode = small(&mut bits, &MODES[*above as usize][*left as usize]);
        (*above, *left) = (*mode, *mode);
    }
    *from = bits;
    modes
}

#[inline]
fn small(bits: &mut Bits, zeros: &[u8; 9]) -> Small {
    bits.fill();
    if !bits.read_next(zeros[0]) {
        Small::Mean
    } else if !bits.read_next(zeros[1]) {
        Small::Motion
    } else if !bits.read_next(zeros[2]) {
        Small::Vertical
    } else if !bits.read_next(zeros[3]) {
        if !bits.read_next(zeros[4]) {
            Small::Horizontal
        } else if !bits.read_next(zeros[5]) {
            Small::RightDown
        } else {
            Small::VerticalRight
        }
    } else if !bits.read_next(zeros[6]) {
        Small::LeftDown
    } else if !bits.read_next(zeros[7]) {
        Small::VerticalLeft
    } else if !bits.read_next(zeros[8]) {
        Small::HorizontalDown
    } else {
        Small::HorizontalUp
    }
}
