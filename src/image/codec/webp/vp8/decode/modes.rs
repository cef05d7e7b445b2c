//! What is told of each macroblock besides its levels (RFC 6386, 10 and 11).

use super::super::modes::{IS_WHOLE, Large, LumaModes, Small, read_chroma, read_luma, read_small};
use super::super::probabilities::MODES;
use super::bits::Bits;

/// What is told of a macroblock.
pub(super) struct Told {
    pub(super) segment: u8,
    /// Whether it is told that there are no levels.
    pub(super) is_silent: bool,
    pub(super) luma: LumaModes,
    pub(super) chroma: Large,
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
            let mode = read_luma(|zero| bits.read(zero));
            (*above, *left) = ([mode.small(); 4], [mode.small(); 4]);
            LumaModes::Whole(mode)
        } else {
            LumaModes::Smalls(smalls(bits, above, left))
        };
        Told { segment, is_silent, luma, chroma: read_chroma(|zero| bits.read(zero)) }
    }
}

fn smalls(from: &mut Bits, above: &mut Edge, left: &mut Edge) -> [Small; 16] {
    let mut bits = *from;
    let mut modes = [Small::Mean; 16];
    for (block, mode) in modes.iter_mut().enumerate() {
        let (above, left) = (&mut above[block % 4], &mut left[block / 4]);
        let zeros = &MODES[*above as usize][*left as usize];
        bits.fill();
        *mode = read_small(|branch| bits.read_next(zeros[branch]));
        (*above, *left) = (*mode, *mode);
    }
    *from = bits;
    modes
}
