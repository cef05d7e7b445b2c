//! What a decoder expects of samples from those around them (RFC 6386, 12).

use wide::i16x8;

use super::lanes::Lanes;
use super::modes::{Large, Small};

/// What lies around eight blocks, four across or twice two.
pub(super) struct Around {
    /// Above each of a block's columns.
    pub(super) tops: [i16x8; 4],
    /// To the left of each of a block's rows.
    pub(super) lefts: [i16x8; 4],
    pub(super) corner: i16x8,
    pub(super) mean: i16x8,
}

impl Around {
    #[inline]
    pub(super) fn predict(&self, mode: Large) -> Lanes {
        let at = |position: usize| (self.tops[position % 4], self.lefts[position / 4]);
        match mode {
            Large::Mean => [self.mean; 16],
            Large::Vertical => std::array::from_fn(|position| at(position).0),
            Large::Horizontal => std::array::from_fn(|position| at(position).1),
            Large::Motion => std::array::from_fn(|position| {
                let (top, left) = at(position);
                (top + left - self.corner).max(i16x8::ZERO).min(i16x8::splat(255))
            }),
        }
    }
}

/// The mean of what is there of both sides.
pub(super) fn mean<const SIDE: usize>(above: Option<&[u8; SIDE]>, left: Option<&[u8; SIDE]>) -> i16 {
    let sides = [above, left].into_iter().flatten();
    let sum: usize = sides.clone().flatten().map(|level| usize::from(*level)).sum();
    let count = SIDE * sides.count();
    (sum + count / 2).checked_div(count).map_or(128, |mean| i16::try_from(mean).unwrap_or(0))
}

/// The samples around a block of 4 × 4, from the lowest to the left by the corner to the last one above, which is beyond its right side.
pub(super) type Edge = [u8; 13];

/// Where in [`Edge`] the corner is.
pub(super) const CORNER: usize = 4;

/// What of [`values`] the modes have, row by row: means of three by the place of the one in the middle, means of two from 13 on, and
/// some others. The first mode has the mean alone; the second one, motion, is none of them.
const PLACES: [[u8; 16]; 10] = [
    [LEVEL; 16],
    [LEVEL; 16],
    [5, 6, 7, 8, 5, 6, 7, 8, 5, 6, 7, 8, 5, 6, 7, 8],
    [3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0],
    [4, 5, 6, 7, 3, 4, 5, 6, 2, 3, 4, 5, 1, 2, 3, 4],
    [17, 18, 19, 20, 4, 5, 6, 7, 3, 17, 18, 19, 2, 4, 5, 6],
    [6, 7, 8, 9, 7, 8, 9, 10, 8, 9, 10, 11, 9, 10, 11, 12],
    [18, 19, 20, 21, 6, 7, 8, 9, 19, 20, 21, 10, 7, 8, 9, 11],
    [16, 4, 5, 6, 15, 3, 16, 4, 14, 2, 15, 3, 13, 1, 14, 2],
    [15, 2, 14, 1, 14, 1, 13, 0, 13, 0, LOWEST, LOWEST, LOWEST, LOWEST, LOWEST, LOWEST],
];
const LOWEST: u8 = 25;
const LEVEL: u8 = 26;

/// The predictions of a block by eight modes.
#[inline]
pub(super) fn small(edge: &Edge, modes: [Small; 8]) -> Lanes {
    let values = values(edge);
    let mut lanes = [[0; 8]; 16];
    for (lane, mode) in modes.iter().enumerate() {
        if *mode == Small::Motion {
            for (position, levels) in lanes.iter_mut().enumerate() {
                levels[lane] = motion(edge, position);
            }
        } else {
            for (place, levels) in PLACES[*mode as usize].iter().zip(&mut lanes) {
                levels[lane] = values[usize::from(place & 31)];
            }
        }
    }
    lanes.map(i16x8::new)
}

#[inline]
fn motion(edge: &Edge, position: usize) -> i16 {
    let at = |place: usize| i16::from(edge[place]);
    (at(CORNER - 1 - position / 4) + at(CORNER + 1 + position % 4) - at(CORNER)).clamp(0, 255)
}

#[inline]
fn values(edge: &Edge) -> [i16; 32] {
    let mut values = [0; 32];
    let at = |place: usize| i16::from(edge[place]);
    for (place, value) in values[..13].iter_mut().enumerate() {
        let (before, after) = (at(place.saturating_sub(1)), at((place + 1).min(12)));
        *value = (before + 2 * at(place) + after + 2) >> 2;
    }
    for (value, pair) in values[13..].iter_mut().zip(edge.windows(2)) {
        *value = (i16::from(pair[0]) + i16::from(pair[1]) + 1) >> 1;
    }
    values[usize::from(LOWEST)] = at(0);
    values[usize::from(LEVEL)] =
        (edge[..4].iter().chain(&edge[5..9]).map(|level| i16::from(*level)).sum::<i16>() + 4) >> 3;
    values
}
