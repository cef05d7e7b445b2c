//! What a decoder expects of samples from those around them (RFC 6386, 12).

use bytemuck::cast;
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

/// What of [`values`] each mode has, row by row. Means of three stand at the place of the one in the middle, means of two from 16 on, at
/// that of the first one. A table, for a branch by the mode is guessed wrong most of the time. Motion is none of them.
const PLACES: [[u8; 16]; 10] = [
    [MEAN; 16],
    [MEAN; 16],
    [5, 6, 7, 8, 5, 6, 7, 8, 5, 6, 7, 8, 5, 6, 7, 8],
    [3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0],
    [4, 5, 6, 7, 3, 4, 5, 6, 2, 3, 4, 5, 1, 2, 3, 4],
    [20, 21, 22, 23, 4, 5, 6, 7, 3, 20, 21, 22, 2, 4, 5, 6],
    [6, 7, 8, 9, 7, 8, 9, 10, 8, 9, 10, 11, 9, 10, 11, 12],
    [21, 22, 23, 24, 6, 7, 8, 9, 22, 23, 24, 10, 7, 8, 9, 11],
    [19, 4, 5, 6, 18, 3, 19, 4, 17, 2, 18, 3, 16, 1, 17, 2],
    [18, 2, 17, 1, 17, 1, 16, 0, 16, 0, LOWEST, LOWEST, LOWEST, LOWEST, LOWEST, LOWEST],
];
/// The place of the lowest sample to the left, as it is.
const LOWEST: u8 = 29;
/// The place of the mean of the four above and the four to the left.
const MEAN: u8 = 30;

/// The predictions of a block by eight modes.
#[inline]
pub(super) fn small(edge: &Edge, modes: [Small; 8]) -> Lanes {
    let values = values(edge);
    let mut lanes = [[0; 8]; 16];
    for (lane, mode) in modes.into_iter().enumerate() {
        if mode == Small::Motion {
            for (position, levels) in lanes.iter_mut().enumerate() {
                levels[lane] = motion(edge, position).into();
            }
        } else {
            for (place, levels) in PLACES[mode as usize].iter().zip(&mut lanes) {
                levels[lane] = values[usize::from(place & 31)].into();
            }
        }
    }
    lanes.map(i16x8::new)
}

/// The prediction of a block by one mode.
#[inline]
pub(super) fn single(edge: &Edge, mode: Small) -> [u8; 16] {
    if mode == Small::Motion {
        return std::array::from_fn(|position| motion(edge, position));
    }
    let values = values(edge);
    let places = &PLACES[mode as usize];
    // Four at once, for the compiler makes one word of them.
    let rows = std::array::from_fn::<_, 4, _>(|row| {
        let at = |x: usize| values[usize::from(places[4 * row + x] & 31)];
        u32::from_le_bytes([at(0), at(1), at(2), at(3)])
    });
    cast(rows.map(u32::to_le_bytes))
}

/// What [`PLACES`] are of: 32 of them, so that a place & 31 needs no check.
#[inline]
fn values(edge: &Edge) -> [u8; 32] {
    let [e0, e1, e2, e3, above @ .., last] = *edge;
    // With the first one and the last one twice.
    let left = u64::from(u32::from_le_bytes([e0, e1, e2, e3])) << 8 | u64::from(e0);
    let above = u128::from(u64::from_le_bytes(above)) << 40;
    let last = u128::from(u16::from_le_bytes([last; 2])) << 104;
    let before = u128::from(left) | above | last;
    let (at, after) = (before >> 8, before >> 16);
    let mut values = [0; 32];
    values[..16].copy_from_slice(&mean_up(mean_down(before, after), at).to_le_bytes());
    values[16..].copy_from_slice(&mean_up(at, after).to_le_bytes());
    values[usize::from(LOWEST)] = e0;
    values[usize::from(MEAN)] = mean_of_sides(edge);
    values
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a mean of levels is one")]
fn mean_of_sides(edge: &Edge) -> u8 {
    let sum: u16 = edge[..CORNER].iter().chain(&edge[CORNER + 1..][..4]).map(|level| u16::from(*level)).sum();
    ((sum + 4) >> 3) as u8
}

#[inline]
#[expect(clippy::cast_sign_loss, reason = "clipped")]
fn motion(edge: &Edge, position: usize) -> u8 {
    let at = |place: usize| i16::from(edge[place]);
    (at(CORNER - 1 - position / 4) + at(CORNER + 1 + position % 4) - at(CORNER)).clamp(0, 255) as u8
}

const ALL_BUT_TOP_BITS: u128 = u128::from_le_bytes([0x7F; 16]);

/// Byte by byte, rounded up.
const fn mean_up(one: u128, other: u128) -> u128 {
    (one | other) - ((one ^ other) >> 1 & ALL_BUT_TOP_BITS)
}

/// Byte by byte, rounded down.
const fn mean_down(one: u128, other: u128) -> u128 {
    (one & other) + ((one ^ other) >> 1 & ALL_BUT_TOP_BITS)
}
