//! What a level is, by what there is to read: all likely bits of the tree of levels (RFC 6386, 13.2) at once.
//!
//! Each bit narrows the range for the next one. What comes of a few of them depends on the range before and on their probabilities
//! alone: so for each of these there is a row with the bounds between the outcomes and what is behind them. A row is looked up, and the
//! processor has not to guess which of the likely outcomes it is.

use wide::i32x4;

use super::super::probabilities::Levels;
use super::bits::{RANGES, split};

/// The levels that have an outcome of their own. One more outcome is that of all others.
pub(super) const LIKELY: [i16; 9] = [0, 1, -1, 2, -2, 3, -3, 4, -4];
const OUTCOMES: usize = LIKELY.len() + 1;

/// What there is to read of a next level: the least that the next 32 bits are for each outcome. What is less than all of them is the
/// block's end, if it may end here.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
pub(super) struct Row {
    pub(super) least: [u32; LIKELY.len()],
    pub(super) least_other: u32,
    next: [u16; OUTCOMES],
}

/// Where in a band the row of a next level is: among those of what it comes after, by the range.
#[derive(Clone, Copy)]
pub(super) struct Place(usize);

/// What a level comes after: there is always one after a 0, and otherwise it is the context and one.
const AFTER_ZERO: usize = 0;
const AFTER_ONE: usize = 2;
const AFTER_MORE: usize = 3;
const AFTERS: usize = 4;

const BANDS: usize = 8;
/// Of a band.
pub(super) const ROWS_OF_BAND: usize = AFTERS * RANGES;

/// The rows of a kind of blocks, band by band.
pub(super) const ROWS_OF_KIND: usize = BANDS * ROWS_OF_BAND;

/// Kind by kind.
pub(super) fn all(probabilities: &Levels) -> Vec<Row> {
    let contexts = probabilities.as_flattened().iter();
    let row = |contexts: &[_; 3], place| Row::new(place, &contexts[place.context()]);
    contexts.flat_map(|contexts| (0..ROWS_OF_BAND).map(|place| row(contexts, Place(place)))).collect()
}

impl Place {
    /// Of the first level.
    pub(super) const fn first(context: usize, range: usize) -> Self {
        Self((context + 1) * RANGES + range)
    }

    /// Behind a level of this magnitude.
    pub(super) const fn after(magnitude: i16, range: usize) -> Self {
        let after = match magnitude {
            0 => AFTER_ZERO,
            1 => AFTER_ONE,
            _ => AFTER_MORE,
        };
        Self(after * RANGES + range)
    }

    /// Among all rows of a kind, where the band begins there.
    #[inline]
    pub(super) const fn of_band(self, band: usize) -> usize {
        (band + self.0) % ROWS_OF_KIND
    }

    #[inline]
    pub(super) const fn range(self) -> usize {
        self.0 % RANGES
    }

    pub(super) const fn context(self) -> usize {
        (self.0 / RANGES).saturating_sub(1)
    }

    pub(super) const fn may_end(self) -> bool {
        self.0 / RANGES != AFTER_ZERO
    }
}

impl Row {
    #[expect(clippy::cast_possible_truncation, reason = "a range has eight bits")]
    fn new(place: Place, zeros: &[u8; 11]) -> Self {
        let mut rest = Part { lower: 0, length: ((place.range() + RANGES) as u32) << 24 };
        if place.may_end() {
            rest.cut(zeros[0]);
        }
        let Some(parts) = Self::parts(rest, zeros) else {
            return Self { least: [rest.lower; LIKELY.len()], least_other: rest.lower, next: [0; OUTCOMES] };
        };
        let next = |outcome: usize| {
            let magnitude = LIKELY.get(outcome).map_or(i16::MAX, |level| level.abs());
            parts[outcome].next(magnitude)
        };
        let [least @ .., least_other] = parts.map(|part| part.lower);
        Self { least, least_other, next: std::array::from_fn(next) }
    }

    /// Of each outcome. [`None`]: one is so unlikely that its bounds have more than 32 bits.
    fn parts(mut rest: Part, zeros: &[u8; 11]) -> Option<[Part; OUTCOMES]> {
        let zero = rest.cut(zeros[1])?;
        let [one, minus_one] = rest.cut(zeros[2])?.signs()?;
        let mut few = rest.cut(zeros[3])?;
        let [two, minus_two] = few.cut(zeros[4])?.signs()?;
        let [three, minus_three] = few.cut(zeros[5])?.signs()?;
        let [four, minus_four] = few.signs()?;
        Some([zero, one, minus_one, two, minus_two, three, minus_three, four, minus_four, rest])
    }

    /// Whether only the end and the rest are told apart, and nothing is known of what is behind them.
    pub(super) const fn is_unknown(&self) -> bool {
        self.next[LIKELY.len()] == 0
    }

    /// Which of the likely levels it is for these bits, if it is one of them.
    #[inline]
    #[expect(clippy::cast_sign_loss, reason = "from 0 to 8")]
    pub(super) fn likely(&self, top: u32) -> usize {
        // Numbers without a sign are not compared by every processor.
        let signed = |number: u32| (number ^ (1 << 31)).cast_signed();
        let top = i32x4::splat(signed(top));
        let four = |from: usize| i32x4::new(std::array::from_fn(|x| signed(self.least[from + x])));
        // Of all that are true, −1.
        let above = four(1).simd_gt(top) + four(5).simd_gt(top);
        (8 + above.reduce_add()) as usize
    }

    /// How many bits a likely level takes, and what is behind it.
    #[inline]
    pub(super) fn next(&self, outcome: usize) -> (u32, Place) {
        let next = self.next[outcome];
        (u32::from(next >> 9), Place(usize::from(next) % ROWS_OF_BAND))
    }

    /// The same of all others.
    pub(super) fn next_other(&self) -> (u32, Place) {
        self.next(LIKELY.len())
    }
}

/// A part of a range, in 2²⁴ths: its lower end, and how long it is.
#[derive(Clone, Copy)]
struct Part {
    lower: u32,
    length: u32,
}

impl Part {
    /// Cuts off what a bit leaves if it is 0 with so many 256ths, and keeps what it leaves if it is 1.
    fn cut(&mut self, zero: u8) -> Option<Self> {
        let bits = self.length.leading_zeros();
        let length = split(self.length << bits >> 24, zero) << 24_u32.checked_sub(bits)?;
        let zero = Self { lower: self.lower, length };
        *self = Self { lower: self.lower + length, length: self.length - length };
        Some(zero)
    }

    fn signs(mut self) -> Option<[Self; 2]> {
        let plus = self.cut(128)?;
        Some([plus, self])
    }

    /// The bits that it takes, and below them the place behind a level of this magnitude.
    #[expect(clippy::cast_possible_truncation, reason = "up to 31 bits, and nine of a place")]
    fn next(self, magnitude: i16) -> u16 {
        let bits = self.length.leading_zeros();
        let range = (self.length << bits >> 24) as usize % RANGES;
        (bits << 9) as u16 | Place::after(magnitude, range).0 as u16
    }
}
