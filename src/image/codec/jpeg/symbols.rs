//! The symbols of coefficients: what is counted before there are codes for them, and then only looked up and written.

use super::super::super::jpeg_scans::ZIGZAG;
use super::codes::{Codes, Counts};
use super::forward::Coefficients;

/// A symbol and the lowest eight bits of its number: it in the upper half, they in the lower. Where a number has more bits, the
/// rest of them comes as one more.
pub(super) type Entry = u16;

/// More than a block can have: 64, and for large numbers, of which its light suffices for less than 17, one more each.
pub(super) const MOST: usize = 128;

/// The numbers of so many bits are in an entry as a whole.
const SHORT: u32 = 8;

/// Behind the length of a mean's number, where details have the length of theirs, which is 10 at most: so both are in one table.
const MEAN: u8 = 15;

/// By a number, from −255 on: its length in bits from 8 on, and below it its bits.
static NUMBERS: [u16; 511] = numbers();

#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "nine bits")]
const fn numbers() -> [u16; 511] {
    let mut numbers = [0; 511];
    let mut at = 0;
    while at < 511 {
        let (size, bits) = coded(at as i32 - 255);
        numbers[at] = (size as u16) << 8 | bits as u16;
        at += 1;
    }
    numbers
}

/// Its length, and its bits, which are inverted where it is negative.
#[expect(clippy::cast_sign_loss, reason = "cut to its bits")]
const fn coded(number: i32) -> (u32, u32) {
    let size = 32 - number.unsigned_abs().leading_zeros();
    (size, (number + (number >> 31)) as u32 & ((1 << size) - 1))
}

/// By column, and by a bit for each row: the same bits in the order of the file.
static ORDERED: [[u64; 256]; 8] = ordered();

const fn ordered() -> [[u64; 256]; 8] {
    let mut ordered = [[0; 256]; 8];
    let mut place = 0;
    while place < 64 {
        let (row, column) = ZIGZAG[place];
        let mut bits = 0;
        while bits < 256 {
            ordered[column as usize][bits] |= (bits as u64 >> row & 1) << place;
            bits += 1;
        }
        place += 1;
    }
    ordered
}

/// Where a coefficient of the file's order is among those of a block.
static PLACES: [u8; 64] = places();

const fn places() -> [u8; 64] {
    let mut places = [0; 64];
    let mut at = 0;
    while at < 64 {
        places[at] = 8 * ZIGZAG[at].1 + ZIGZAG[at].0;
        at += 1;
    }
    places
}

/// Which coefficients are not 0, in the order of the file.
#[inline]
fn present(block: &Coefficients) -> u64 {
    let mut flags = [0; 64];
    for (flag, number) in flags.iter_mut().zip(block) {
        *flag = u8::from(*number != 0);
    }
    let mut present = 0;
    for (column, ordered) in flags.as_chunks().0.iter().zip(&ORDERED) {
        // Brings the lowest bits of its bytes together in the highest byte.
        let rows = u64::from_le_bytes(*column).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        present |= ordered[rows as usize & 0xFF];
    }
    present
}

/// Of a component, or of two that share their codes.
pub(super) struct Tally(Counts);

impl Tally {
    pub(super) const fn new() -> Self {
        Self([0; 256])
    }

    /// Writes the entries of a block behind one with this mean, counts them, and returns how many they are.
    #[inline]
    pub(super) fn block(&mut self, block: &Coefficients, before: i16, to: &mut [Entry; MOST]) -> usize {
        let mut at = 0;
        self.mean(i32::from(block[0]) - i32::from(before), to, &mut at);
        let mut present = present(block) & !1;
        let mut last = 0;
        while present != 0 {
            let place = present.trailing_zeros();
            present &= present - 1;
            let mut run = place - last - 1;
            while run > 15 {
                self.put(0xF0 << 8, to, &mut at);
                run -= 16;
            }
            last = place;
            let number = block[usize::from(PLACES[place as usize & 63] & 63)];
            self.detail(run, number.into(), to, &mut at);
        }
        if last < 63 {
            self.put(0, to, &mut at);
        }
        at
    }

    /// A block of which nobody sees anything, as short as can be.
    pub(super) fn unseen(&mut self, to: &mut [Entry; MOST]) -> usize {
        let mut at = 0;
        self.mean(0, to, &mut at);
        self.put(0, to, &mut at);
        at
    }

    #[inline]
    fn mean(&mut self, difference: i32, to: &mut [Entry; MOST], at: &mut usize) {
        let (size, bits) = coded(difference);
        self.put((size << 4 | u32::from(MEAN)) << 8 | bits & 0xFF, to, at);
        if size > SHORT {
            Self::put_rest(bits, to, at);
        }
    }

    /// Behind so many zeros, at most 15.
    #[inline]
    #[expect(clippy::cast_sign_loss, reason = "what is less than 0 is then too large")]
    fn detail(&mut self, run: u32, number: i32, to: &mut [Entry; MOST], at: &mut usize) {
        let short = (number + 255) as usize;
        if short < NUMBERS.len() {
            self.put(run << 12 | u32::from(NUMBERS[short]), to, at);
        } else {
            let (size, bits) = coded(number);
            self.put((run << 4 | size) << 8 | bits & 0xFF, to, at);
            Self::put_rest(bits, to, at);
        }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "sixteen bits")]
    fn put(&mut self, entry: u32, to: &mut [Entry; MOST], at: &mut usize) {
        self.0[(entry >> 8) as usize & 0xFF] += 1;
        to[*at % MOST] = entry as Entry;
        *at += 1;
    }

    #[expect(clippy::cast_possible_truncation, reason = "eleven bits")]
    fn put_rest(bits: u32, to: &mut [Entry; MOST], at: &mut usize) {
        to[*at % MOST] = (bits >> SHORT) as Entry;
        *at += 1;
    }

    /// The tables of means and of details that suit what was counted.
    pub(super) fn codes(&self) -> [Codes; 2] {
        let mut counts = [[0; 256]; 2];
        for (index, count) in self.0.iter().enumerate() {
            let is_mean = index & 15 == usize::from(MEAN);
            counts[usize::from(!is_mean)][if is_mean { index >> 4 } else { index }] = *count;
        }
        counts.map(|counts| Codes::new(&counts))
    }

    /// How many bits all that was counted takes with these.
    pub(super) fn bits(&self, words: &Words) -> u64 {
        self.0.iter().zip(&words.0).map(|(count, word)| count * u64::from(word.length())).sum()
    }
}

/// By symbol: its code, with room for the bits of its number.
pub(super) struct Words([Word; 256]);

/// Bits 0 to 4: the length of a code and its number, and from 5 on the code with zeros for the number. Where that is not in one entry
/// the lowest bits are 0, then come the code's length and the code alone, and from 27 on the number's length.
#[derive(Clone, Copy)]
struct Word(u32);

const LENGTH: u32 = 31;

impl Word {
    const fn new(code: u32, length: u32, size: u32) -> Self {
        Self(if size > SHORT { size << 27 | code << 10 | length << 5 } else { (code << size) << 5 | (length + size) })
    }

    const fn length(self) -> u32 {
        match self.0 & LENGTH {
            0 => (self.0 >> 5 & LENGTH) + (self.0 >> 27),
            length => length,
        }
    }
}

impl Words {
    pub(super) fn new([means, details]: &[Codes; 2]) -> Self {
        let mut words = [Word(0); 256];
        for (size, code, length) in means.each() {
            words[usize::from(size << 4 | MEAN)] = Word::new(code, length, size.into());
        }
        for (symbol, code, length) in details.each() {
            words[usize::from(symbol)] = Word::new(code, length, u32::from(symbol & 15));
        }
        Self(words)
    }

    /// Hands over what each entry is in the file: so many bits, at most 27.
    #[inline]
    pub(super) fn write(&self, entries: &[Entry], mut put: impl FnMut(u32, u32)) {
        let mut entries = entries.iter();
        while let Some(entry) = entries.next() {
            let Word(word) = self.0[usize::from(entry >> 8)];
            let (low, length) = (u32::from(entry & 0xFF), word & LENGTH);
            if length > 0 {
                put(word >> 5 | low, length);
            } else {
                let rest = entries.next().copied().unwrap_or(0);
                let (size, code) = (word >> 27, word >> 10 & 0xFFFF);
                put(code << size | u32::from(rest) << SHORT | low, (word >> 5 & LENGTH) + size);
            }
        }
    }
}
