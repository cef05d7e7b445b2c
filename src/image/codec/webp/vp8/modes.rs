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

/// That luma is told as a whole, and not by its small blocks: this bit, with this probability.
pub(super) const IS_WHOLE: u8 = 145;

/// Goes through the bits of a mode of luma as a whole, behind the one that it is.
pub(super) fn tell_luma(mode: Large, mut put: impl FnMut(bool, u8)) {
    match mode {
        Large::Mean | Large::Vertical => {
            put(false, 156);
            put(mode == Large::Vertical, 163);
        }
        Large::Horizontal | Large::Motion => {
            put(true, 156);
            put(mode == Large::Motion, 128);
        }
    }
}

/// Goes through the bits of a mode of chroma.
pub(super) fn tell_chroma(mode: Large, mut put: impl FnMut(bool, u8)) {
    put(mode != Large::Mean, 142);
    if mode != Large::Mean {
        put(mode != Large::Vertical, 114);
        if mode != Large::Vertical {
            put(mode != Large::Horizontal, 183);
        }
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
