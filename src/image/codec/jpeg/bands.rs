//! The details of a progressive JPEG: bands of coefficients, first without their lowest bits, and then one bit more at a time.

use super::bits::Bits;
use super::huffman::{Code, LOOKED_UP, Start, signed};

/// The Huffman codes of bands.
pub(super) struct Table {
    /// By the next bits: what [`entry`] makes of them.
    entries: Box<[u32; 1 << LOOKED_UP]>,
    code: Code,
}

/// What a code says.
#[derive(Clone, Copy)]
enum Said {
    /// After so many zeros comes this number, or a zero more.
    Number(usize, i32),
    /// So many blocks end, this one among them.
    End(u32),
}

/// What a bit more tells of a coefficient.
#[derive(Clone, Copy)]
pub(super) enum Change {
    /// It was zero, and is 1 or -1.
    New(i32),
    /// Whether it is one more.
    More(bool),
}

/// Of an entry: how many bits it is long.
const LENGTH: u32 = 31;
/// Of an entry: the look-up does not tell.
const IS_LONG: u32 = 32;
/// Of an entry: the number is how many blocks end.
const IS_END: u32 = 64;

impl Table {
    /// As a segment has it: how many codes there are of each length, and their symbols. [`None`]: there are more than can be.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let (code, starts) = Code::new(counts, symbols)?;
        let mut entries = Box::new([0; 1 << LOOKED_UP]);
        entries.iter_mut().zip(0..).for_each(|(to, bits)| *to = entry(&starts, bits));
        Some(Self { entries, code })
    }

    /// Reads a band for the first time, and hands over its numbers and their places; how many blocks end here, if it says so.
    #[inline]
    pub(super) fn first(&self, bits: &mut Bits, band: Band, mut each: impl FnMut(usize, i32)) -> Option<u32> {
        let mut place = band.first;
        while place <= band.last {
            bits.fill();
            // Each takes a look-up's bits at most.
            for _ in 0..4 {
                match self.next(bits)? {
                    Said::End(blocks) => return Some(blocks),
                    Said::Number(run, number) => {
                        place += run;
                        if place > band.last {
                            return None;
                        }
                        if number != 0 {
                            each(place, number);
                        }
                        place += 1;
                    }
                }
                if place > band.last {
                    break;
                }
            }
        }
        Some(0)
    }

    /// Reads one bit more of a band. Of the places that are `known` not to be zero each has one; the others may get their first. Hands
    /// over what it tells of those that are `kept`, and all that are new. How many blocks end here, if it says so.
    #[inline]
    pub(super) fn refine(
        &self,
        bits: &mut Bits,
        band: Band,
        known: u64,
        kept: u64,
        mut each: impl FnMut(usize, Change),
    ) -> Option<u32> {
        let mut place = band.first;
        while place <= band.last {
            bits.fill();
            let (run, number) = match self.next(bits)? {
                Said::End(blocks) => {
                    correct(bits, known & places(place, band.last + 1), kept, |at, is_set| {
                        each(at, Change::More(is_set));
                    });
                    return Some(blocks);
                }
                Said::Number(run, number @ -1..=1) => (run, number),
                Said::Number(..) => return None,
            };
            let mut zeros = !known & places(place, band.last + 1);
            for _ in 0..run {
                zeros &= zeros.wrapping_sub(1);
            }
            if zeros == 0 {
                return None;
            }
            let at = zeros.trailing_zeros() as usize;
            correct(bits, known & places(place, at), kept, |at, is_set| each(at, Change::More(is_set)));
            if number != 0 {
                each(at, Change::New(number));
            }
            place = at + 1;
        }
        Some(0)
    }

    /// What the next code says. Of the bits that were filled in it takes a look-up's, or it fills in anew.
    #[inline]
    #[expect(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "the upper half of an entry is its number")]
    fn next(&self, bits: &mut Bits) -> Option<Said> {
        let entry = self.entries[bits.peek(LOOKED_UP)];
        if entry & IS_LONG != 0 {
            return self.long(bits);
        }
        bits.pass(entry & LENGTH);
        let number = entry as i32 >> 16;
        Some(if entry & IS_END == 0 {
            Said::Number((entry >> 8 & 0xFF) as usize, number)
        } else {
            Said::End(number as u32)
        })
    }

    #[inline(never)]
    #[expect(clippy::cast_possible_truncation, reason = "at most 14 bits")]
    fn long(&self, bits: &mut Bits) -> Option<Said> {
        bits.fill();
        let symbol = self.code.symbol(bits)?;
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        let said = match (run, size) {
            (0, 0) => Said::End(1),
            (15, 0) => Said::Number(15, 0),
            (_, 0) => {
                let more = bits.peek(run) as u32;
                bits.pass(run);
                Said::End((1 << run) + more)
            }
            _ => {
                let number = signed(bits.peek(size), size);
                bits.pass(size);
                Said::Number(run as usize, number)
            }
        };
        bits.fill();
        Some(said)
    }
}

/// The coefficients of a scan, in the order of the file.
#[derive(Clone, Copy)]
pub(super) struct Band {
    pub(super) first: usize,
    pub(super) last: usize,
}

/// Reads a bit for each of these places, and hands over those that are kept, each with its bit.
#[inline]
pub(super) fn correct(bits: &mut Bits, of: u64, kept: u64, mut each: impl FnMut(usize, bool)) {
    const AT_A_TIME: u32 = 56;
    let mut left = of;
    while left != 0 {
        bits.fill();
        for _ in 0..AT_A_TIME {
            let place = left.trailing_zeros();
            let is_set = bits.peek(1) != 0;
            bits.pass(1);
            if kept >> place & 1 != 0 {
                each(place as usize, is_set);
            }
            left &= left.wrapping_sub(1);
            if left == 0 {
                return;
            }
        }
    }
}

/// From one to before another, which is 64 at most.
#[inline]
pub(super) const fn places(from: usize, to: usize) -> u64 {
    if from >= to { 0 } else { (u64::MAX >> (64 - (to - from))) << from }
}

/// A code with what it says, if they are there as a whole: bits 0 to 4 their length, 8 to 15 the zeros before the number, 16 to 31 the
/// number.
#[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "put together from bits")]
fn entry(starts: &[Start], bits: usize) -> u32 {
    let (length, symbol) = starts[bits];
    let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
    let more = if size == 0 && run < 15 { run } else { size };
    if length == 0 || length + more > LOOKED_UP {
        return IS_LONG;
    }
    let behind = bits >> (LOOKED_UP - length - more) & ((1 << more) - 1);
    match (run, size) {
        (15, 0) => 15 << 8 | length,
        (_, 0) => ((1 << run) + behind as u32) << 16 | IS_END | (length + more),
        _ => (signed(behind, size) as u32) << 16 | run << 8 | (length + size),
    }
}
