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

/// The predictions of a block by eight modes.
#[inline]
pub(super) fn small(edge: &Edge, modes: [Small; 8]) -> Lanes {
    let sides = Sides::new(edge);
    let blocks = modes.map(|mode| sides.predict(edge, mode));
    std::array::from_fn(|position| i16x8::new(std::array::from_fn(|lane| blocks[lane][position].into())))
}

/// The prediction of a block by one mode.
#[inline]
pub(super) fn single(edge: &Edge, mode: Small) -> [u8; 16] {
    Sides::new(edge).predict(edge, mode)
}

/// Means along an edge, the first one in the lowest byte.
struct Sides {
    /// Of three, by the place of the one in the middle.
    threes: u128,
    /// Of two, by the place of the first one.
    twos: u128,
}

impl Sides {
    #[inline]
    fn new(edge: &Edge) -> Self {
        let [e0, e1, e2, e3, above @ .., last] = *edge;
        // With the first one and the last one twice.
        let left = u64::from(u32::from_le_bytes([e0, e1, e2, e3])) << 8 | u64::from(e0);
        let above = u128::from(u64::from_le_bytes(above)) << 40;
        let last = u128::from(u16::from_le_bytes([last; 2])) << 104;
        let before = u128::from(left) | above | last;
        let (at, after) = (before >> 8, before >> 16);
        Self { threes: mean_up(mean_down(before, after), at), twos: mean_up(at, after) }
    }

    /// Row by row.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the lowest four bytes")]
    fn predict(&self, edge: &Edge, mode: Small) -> [u8; 16] {
        let threes = |place: usize| (self.threes >> (8 * place)) as u32;
        let twos = |place: usize| (self.twos >> (8 * place)) as u32;
        let rows = match mode {
            Small::Mean => [u32::from_le_bytes([mean_of_sides(edge); 4]); 4],
            Small::Motion => return std::array::from_fn(|position| motion(edge, position)),
            Small::Vertical => [threes(5); 4],
            Small::Horizontal => [3, 2, 1, 0].map(|place| (threes(place) & 0xFF) * 0x0101_0101),
            Small::RightDown => [threes(4), threes(3), threes(2), threes(1)],
            Small::VerticalRight => {
                let (first, second) = (twos(4), threes(4));
                [first, second, first << 8 | threes(3) & 0xFF, second << 8 | threes(2) & 0xFF]
            }
            Small::LeftDown => [threes(6), threes(7), threes(8), threes(9)],
            Small::VerticalLeft => {
                let last = |three: u32, place: usize| three & 0xFF_FFFF | threes(place) << 24;
                [twos(5), threes(6), last(twos(6), 10), last(threes(7), 11)]
            }
            Small::HorizontalDown => {
                let pair = |place: usize| (threes(place + 1) & 0xFF) << 8 | twos(place) & 0xFF;
                [threes(5) << 16 | pair(3), pair(3) << 16 | pair(2), pair(2) << 16 | pair(1), pair(1) << 16 | pair(0)]
            }
            Small::HorizontalUp => {
                let pair = |place: usize| (threes(place) & 0xFF) << 8 | twos(place) & 0xFF;
                let lowest = u32::from_le_bytes([edge[0]; 4]);
                [pair(1) << 16 | pair(2), pair(0) << 16 | pair(1), lowest << 16 | pair(0), lowest]
            }
        };
        cast(rows.map(u32::to_le_bytes))
    }
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
