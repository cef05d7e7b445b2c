//! VP8's arithmetic coder (RFC 6386, 7).

/// Writes bits of which the reader is told beforehand how probable they are.
pub(super) struct Writer {
    bytes: Vec<u8>,
    state: State,
}

/// What is not written yet.
#[derive(Clone, Copy)]
pub(super) struct State {
    /// The lower end of what the bits so far leave, with `waiting` bits and eight more, and a carry before them.
    low: u64,
    waiting: u32,
    /// From 128 to 255.
    range: u32,
}

impl State {
    /// Takes a bit that is 0 with so many 256ths.
    #[inline]
    pub(super) fn put(mut self, bytes: &mut Vec<u8>, bit: bool, zero: u8) -> Self {
        let split = 1 + (((self.range - 1) * u32::from(zero)) >> 8);
        let (low, range) = if bit { (split, self.range - split) } else { (0, split) };
        let shift = range.leading_zeros() - 24;
        self.low = (self.low + u64::from(low)) << shift;
        self.range = range << shift;
        self.waiting += shift;
        if self.waiting >= 32 { self.flush(bytes) } else { self }
    }

    /// Writes four bytes.
    #[expect(clippy::cast_possible_truncation, reason = "the bits above are the carry")]
    fn flush(mut self, bytes: &mut Vec<u8>) -> Self {
        let rest = self.waiting + 8 - 32;
        let next = self.low >> rest;
        if next >> 32 != 0 {
            carry(bytes);
        }
        bytes.extend_from_slice(&(next as u32).to_be_bytes());
        self.low &= (1 << rest) - 1;
        self.waiting -= 32;
        self
    }
}

/// Adds one to what is written.
#[cold]
fn carry(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), state: State { low: 0, waiting: 0, range: 255 } }
    }

    /// Writes a bit that is 0 with so many 256ths, and returns it.
    pub(super) fn put(&mut self, bit: bool, zero: u8) -> bool {
        self.state = self.state.put(&mut self.bytes, bit, zero);
        bit
    }

    /// Takes what it has to know to write bits one after the other; [`put_back`](Self::put_back) ends that.
    pub(super) fn begin(&mut self) -> (State, &mut Vec<u8>) {
        (self.state, &mut self.bytes)
    }

    pub(super) fn put_back(&mut self, state: State) {
        self.state = state;
    }

    /// A bit that may as well be the other.
    pub(super) fn put_even(&mut self, bit: bool) -> bool {
        self.put(bit, 128)
    }

    /// So many bits of a number, the highest first.
    pub(super) fn put_number(&mut self, number: u32, bits: u32) {
        for bit in (0..bits).rev() {
            self.put_even(number >> bit & 1 != 0);
        }
    }

    /// Whether it is another number than 0, and if so its magnitude in so many bits and its sign.
    pub(super) fn put_signed(&mut self, number: i32, bits: u32) {
        if self.put_even(number != 0) {
            self.put_number(number.unsigned_abs(), bits);
            self.put_even(number < 0);
        }
    }

    /// All bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let length = self.bytes.len() + (self.state.waiting as usize + 8).div_ceil(8);
        for _ in 0..2 {
            // As many bits as make four bytes, of which the last ones stay behind the first time.
            self.state.low <<= 32 - self.state.waiting;
            self.state.waiting = 32;
            self.state = self.state.flush(&mut self.bytes);
        }
        self.bytes.truncate(length);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a decoder reads them (RFC 6386, 7.3), past the end zeros.
    struct Reader<'a> {
        bytes: std::slice::Iter<'a, u8>,
        value: u32,
        range: u32,
        shifted: u32,
    }

    impl<'a> Reader<'a> {
        fn new(bytes: &'a [u8]) -> Self {
            let mut reader = Self { bytes: bytes.iter(), value: 0, range: 255, shifted: 0 };
            reader.value = reader.next() << 8 | reader.next();
            reader
        }

        fn next(&mut self) -> u32 {
            self.bytes.next().copied().unwrap_or(0).into()
        }

        fn get(&mut self, zero: u8) -> bool {
            let split = 1 + (((self.range - 1) * u32::from(zero)) >> 8);
            let bit = self.value >= split << 8;
            if bit {
                self.range -= split;
                self.value -= split << 8;
            } else {
                self.range = split;
            }
            while self.range < 128 {
                self.value <<= 1;
                self.range <<= 1;
                self.shifted += 1;
                if self.shifted == 8 {
                    self.shifted = 0;
                    self.value |= self.next();
                }
            }
            bit
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        // Ones where a zero is likely: so there are carries over many bytes.
        for likely in [false, true] {
            for length in (0..200).chain([100_000]) {
                let all: Vec<(bool, u8)> = (0..length)
                    .map(|_| {
                        let zero = u8::try_from(random() % 255 + 1).unwrap();
                        (if likely { random() % 256 > zero.into() } else { random() % 2 == 0 }, zero)
                    })
                    .chain((0..length).map(|_| (true, 1)))
                    .collect();
                let mut writer = Writer::new();
                for (bit, zero) in &all {
                    writer.put(*bit, *zero);
                }
                let bytes = writer.finish();
                let mut reader = Reader::new(&bytes);
                for (place, (bit, zero)) in all.iter().enumerate() {
                    assert_eq!(reader.get(*zero), *bit, "bit {place} of {length}");
                }
            }
        }
    }

    #[test]
    fn signed_numbers_have_their_sign_last() {
        let mut writer = Writer::new();
        for number in [0, 5, -5] {
            writer.put_signed(number, 4);
        }
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes);
        let bits: String = (0..13).map(|_| if reader.get(128) { '1' } else { '0' }).collect();
        assert_eq!(bits, "0101010101011");
    }
}
