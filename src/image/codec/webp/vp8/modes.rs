//! How a macroblock's samples are predicted from those around it, and how that is told (RFC 6386, 8 and 11).

/// Of luma as a whole, and of chroma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Large {
    Mean,
    Motion,
    Vertical,
    Horizontal,
}

impl Large {
    pub(super) const ALL: [Self; 4] = [Self::Mean, Self::Motion, Self::Vertical, Self::Horizontal];

    /// What the neighbours of a macroblock with it take for the modes of its small blocks.
    pub(super) const fn small(self) -> Small {
        match self {
            Self::Mean => Small::Mean,
            Self::Motion => Small::Motion,
            Self::Vertical => Small::Vertical,
            Self::Horizontal => Small::Horizontal,
        }
    }
}

/// Of a block of 4 × 4 of luma. Of two directions the first one is the nearer to that in which the samples go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Small {
    Mean,
    Motion,
    Vertical,
    Horizontal,
    RightDown,
    VerticalRight,
    LeftDown,
    VerticalLeft,
    HorizontalDown,
    HorizontalUp,
}

impl Small {
    pub(super) const ALL: [Self; 10] = [
        Self::Mean,
        Self::Motion,
        Self::Vertical,
        Self::Horizontal,
        Self::RightDown,
        Self::VerticalRight,
        Self::LeftDown,
        Self::VerticalLeft,
        Self::HorizontalDown,
        Self::HorizontalUp,
    ];
}

/// Of a macroblock's luma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LumaModes {
    Whole(Large),
    Smalls([Small; 16]),
}

/// That luma is told as a whole, and not by its small blocks: this bit, with this probability.
pub(super) const IS_WHOLE: u8 = 145;

/// In 256ths: that luma as a whole is by the mean or vertical; that it is by the mean, of these; that it is horizontal, of the others.
const LUMA: [u8; 3] = [156, 163, 128];
/// In 256ths: that chroma is by the mean; that it is vertical, of the rest; that it is horizontal, of the rest of that.
const CHROMA: [u8; 3] = [142, 114, 183];

/// Goes through the bits of a mode of luma as a whole, behind the one that it is, each with the probability that it is 0.
pub(super) fn tell_luma(mode: Large, mut put: impl FnMut(bool, u8)) {
    match mode {
        Large::Mean | Large::Vertical => {
            put(false, LUMA[0]);
            put(mode == Large::Vertical, LUMA[1]);
        }
        Large::Horizontal | Large::Motion => {
            put(true, LUMA[0]);
            put(mode == Large::Motion, LUMA[2]);
        }
    }
}

/// What [`tell_luma`] has told.
pub(super) fn read_luma(mut bit: impl FnMut(u8) -> bool) -> Large {
    if bit(LUMA[0]) {
        if bit(LUMA[2]) { Large::Motion } else { Large::Horizontal }
    } else if bit(LUMA[1]) {
        Large::Vertical
    } else {
        Large::Mean
    }
}

/// Goes through the bits of a mode of chroma, each with the probability that it is 0.
pub(super) fn tell_chroma(mode: Large, mut put: impl FnMut(bool, u8)) {
    put(mode != Large::Mean, CHROMA[0]);
    if mode != Large::Mean {
        put(mode != Large::Vertical, CHROMA[1]);
        if mode != Large::Vertical {
            put(mode != Large::Horizontal, CHROMA[2]);
        }
    }
}

/// What [`tell_chroma`] has told.
pub(super) fn read_chroma(mut bit: impl FnMut(u8) -> bool) -> Large {
    if !bit(CHROMA[0]) {
        Large::Mean
    } else if !bit(CHROMA[1]) {
        Large::Vertical
    } else if !bit(CHROMA[2]) {
        Large::Horizontal
    } else {
        Large::Motion
    }
}

/// Goes through the branches of a small block's mode.
pub(super) fn tell_small(mode: Small, mut branch: impl FnMut(usize, bool)) {
    let path: &[(usize, bool)] = match mode {
        Small::Mean => &[(0, false)],
        Small::Motion => &[(0, true), (1, false)],
        Small::Vertical => &[(0, true), (1, true), (2, false)],
        Small::Horizontal => &[(0, true), (1, true), (2, true), (3, false), (4, false)],
        Small::RightDown => &[(0, true), (1, true), (2, true), (3, false), (4, true), (5, false)],
        Small::VerticalRight => &[(0, true), (1, true), (2, true), (3, false), (4, true), (5, true)],
        Small::LeftDown => &[(0, true), (1, true), (2, true), (3, true), (6, false)],
        Small::VerticalLeft => &[(0, true), (1, true), (2, true), (3, true), (6, true), (7, false)],
        Small::HorizontalDown => &[(0, true), (1, true), (2, true), (3, true), (6, true), (7, true), (8, false)],
        Small::HorizontalUp => &[(0, true), (1, true), (2, true), (3, true), (6, true), (7, true), (8, true)],
    };
    for (number, bit) in path {
        branch(*number, *bit);
    }
}

/// What [`tell_small`] has told.
#[inline]
pub(super) fn read_small(mut bit: impl FnMut(usize) -> bool) -> Small {
    if !bit(0) {
        Small::Mean
    } else if !bit(1) {
        Small::Motion
    } else if !bit(2) {
        Small::Vertical
    } else if !bit(3) {
        if !bit(4) {
            Small::Horizontal
        } else if !bit(5) {
            Small::RightDown
        } else {
            Small::VerticalRight
        }
    } else if !bit(6) {
        Small::LeftDown
    } else if !bit(7) {
        Small::VerticalLeft
    } else if !bit(8) {
        Small::HorizontalDown
    } else {
        Small::HorizontalUp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_is_read_as_it_was_told() {
        for mode in Large::ALL {
            let (mut luma, mut chroma) = (Vec::new(), Vec::new());
            tell_luma(mode, |bit, zero| luma.push((zero, bit)));
            tell_chroma(mode, |bit, zero| chroma.push((zero, bit)));
            let (mut luma, mut chroma) = (luma.into_iter(), chroma.into_iter());
            assert_eq!(read_luma(|zero| next(&mut luma, zero)), mode);
            assert_eq!(read_chroma(|zero| next(&mut chroma, zero)), mode);
            assert_eq!((luma.next(), chroma.next()), (None, None));
        }
        for mode in Small::ALL {
            let mut told = Vec::new();
            tell_small(mode, |branch, bit| told.push((branch, bit)));
            let mut told = told.into_iter();
            assert_eq!(read_small(|branch| next(&mut told, branch)), mode);
            assert_eq!(told.next(), None);
        }
    }

    fn next<By: std::fmt::Debug + PartialEq + Copy>(mut told: impl Iterator<Item = (By, bool)>, by: By) -> bool {
        let (told_by, bit) = told.next().expect("no more was told");
        assert_eq!(told_by, by);
        bit
    }
}
