//! VP8's arithmetic decoder (RFC 6386, 7).

/// Reads bits of which it is told beforehand how probable they are. Behind the end of the data come zeros.
///
/// It is small: whoever reads many bits makes a copy, which can stay in registers.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// The first byte of which not all is in the window.
    at: usize,
    /// By how much the data is above the lower end of what the bits so far leave, the highest bit first.
    window: u64,
    /// How many bits of the window are there.
    count: u32,
    /// From 128 to 255, against the window's upper eight bits.
    range: u32,
}

/// How many ranges there are.
pub(super) const RANGES: usize = 128;

/// What a bit leaves of the range if it is 0 with so many 256ths.
pub(super) const fn split(range: u32, zero: u8) -> u32 {
    1 + (((range - 1) * zero as u32) >> 8)
}

impl<'a> Bits<'a> {
    /// [`None`]: the first byte is beyond the first range, which has 255 parts.
    pub(super) fn new(data: &'a [u8]) -> Option<Self> {
        if data.first() == Some(&u8::MAX) { None } else { Some(Self { data, at: 0, window: 0, count: 0, range: 255 }) }
    }

    /// Whether the eight bits with which a next one would be compared are not all there.
    pub(super) const fn is_over(&self) -> bool {
        8 * self.at + 8 > 8 * self.data.len() + self.count as usize
    }

    /// So that there are at least 56 bits.
    #[inline]
    pub(super) fn fill(&mut self) {
        let next = match self.data.get(self.at..).and_then(<[u8]>::first_chunk) {
            Some(next) => u64::from_be_bytes(*next),
            None => last(self.data, self.at),
        };
        // What goes beyond the whole bytes is written a second time with them.
        self.window |= next >> self.count;
        self.at += ((63 - self.count) >> 3) as usize;
        self.count |= 0b11_1000;
    }

    /// The range among all that there are.
    #[inline]
    pub(super) const fn place(&self) -> usize {
        self.range as usize % RANGES
    }

    /// The next 32 bits.
    #[inline]
    pub(super) const fn top(&self) -> u32 {
        (self.window >> 32) as u32
    }

    /// Goes on above this lower end, by so many bits. Both are of bits that are there: eight for a single one, or [`top`](Self::top).
    #[inline]
    pub(super) const fn pass(&mut self, lower: u32, bits: u32) {
        self.window = (self.window - ((lower as u64) << 32)) << bits;
        self.count -= bits;
    }

    /// Goes on with this one among all ranges.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "up to 255")]
    pub(super) const fn set_place(&mut self, place: usize) {
        self.range = (place % RANGES + RANGES) as u32;
    }

    #[inline]
    const fn narrow(&mut self, lower: u32, range: u32) {
        let bits = range.leading_zeros() - 24;
        self.pass(lower, bits);
        self.range = range << bits;
    }

    /// A bit that is 0 with so many 256ths, of at least eight that are there. It takes up to seven.
    #[inline]
    pub(super) const fn read_next(&mut self, zero: u8) -> bool {
        let split = split(self.range, zero);
        let is_one = self.top() >= split << 24;
        if is_one {
            self.narrow(split << 24, self.range - split);
        } else {
            self.narrow(0, split);
        }
        is_one
    }

    /// Whether the next bit is 0, which it is with so many 256ths. Only then it is taken.
    #[inline]
    pub(super) const fn take_zero(&mut self, zero: u8) -> bool {
        let split = split(self.range, zero);
        let is_zero = self.top() < split << 24;
        if is_zero {
            self.narrow(0, split);
        }
        is_zero
    }

    /// The number, or less than 0 by as much: as a bit says that may as well be the other, and so nobody tries to guess it.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "all bits are alike")]
    pub(super) const fn read_sign(&mut self, number: i16) -> i16 {
        let split = (self.range + 1) >> 1;
        let is_minus = self.top() >= split << 24;
        let mask = (is_minus as u32).wrapping_neg();
        // Behind the first bit of all, which no sign is, a range has 254 parts at most: so there is one bit to take either way.
        let range = split ^ mask & (split ^ (self.range - split));
        self.pass(split << 24 & mask, 1);
        self.range = range << 1;
        let mask = mask.cast_signed() as i16;
        (number ^ mask) - mask
    }

    /// A bit that is 0 with so many 256ths.
    #[inline]
    pub(super) fn read(&mut self, zero: u8) -> bool {
        if self.count < 8 {
            self.fill();
        }
        self.read_next(zero)
    }

    /// A bit that may as well be the other.
    pub(super) fn read_even(&mut self) -> bool {
        self.read(128)
    }

    /// A number of so many bits, the highest first.
    pub(super) fn number(&mut self, bits: u32) -> u32 {
        (0..bits).fold(0, |number, _| number << 1 | u32::from(self.read_even()))
    }

    /// A number of eight bits.
    pub(super) fn byte(&mut self) -> u8 {
        (0..8).fold(0, |number, _| number << 1 | u8::from(self.read_even()))
    }

    /// Whether it is another number than 0, and if so its magnitude in so many bits and its sign.
    pub(super) fn signed(&mut self, bits: u32) -> i32 {
        if !self.read_even() {
            return 0;
        }
        let magnitude = self.number(bits).cast_signed();
        if self.read_even() { -magnitude } else { magnitude }
    }
}

#[cold]
fn last(data: &[u8], at: usize) -> u64 {
    let rest = data.get(at..).unwrap_or_default();
    let mut bytes = [0; 8];
    bytes[..rest.len()].copy_from_slice(rest);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::super::writer::Writer;
    use super::*;

    /// With a probability each, from a generator.
    #[expect(clippy::cast_possible_truncation, reason = "less than 256")]
    fn all(count: u32) -> impl Iterator<Item = (bool, u8)> {
        (0..count).map(|number| {
            let mixed = (number + 1).wrapping_mul(2_654_435_761);
            ((mixed >> 11) % 256 >= (mixed >> 20) % 256, (mixed >> 20) as u8)
        })
    }

    #[test]
    fn what_was_written_is_read_and_no_more_is_there() {
        let mut writer = Writer::new();
        for (bit, zero) in all(5000) {
            writer.put(bit, zero);
        }
        writer.put_number(0b1011, 4);
        writer.put_signed(-77, 7);
        writer.put_signed(0, 7);
        let bytes = writer.finish();
        let mut bits = Bits::new(&bytes).unwrap();
        for (place, (bit, zero)) in all(5000).enumerate() {
            assert_eq!(bits.read(zero), bit, "{place}");
        }
        assert_eq!((bits.number(4), bits.signed(7), bits.signed(7)), (0b1011, -77, 0));
        assert!(!bits.is_over());
        bits.number(16);
        assert!(bits.is_over());
    }

    #[test]
    fn every_range_is_narrowed_by_every_probability_to_one_that_there_is() {
        for range in 128..256 {
            for zero in 0..=255 {
                let split = split(range, zero);
                assert!((1..range).contains(&split), "{range} {zero}");
            }
        }
    }
}
