//! The Huffman codes of a JPEG, and the tables of a baseline one, by which each is read with its number by one look-up. What a reduced
//! block has no room for is not read: its codes are passed over, as many at a time as begin in the bits that are looked up.

use super::bits::Bits;

/// So many bits are looked up at once; only rare codes are longer.
pub(super) const LOOKED_UP: u32 = 12;

/// A table, of means or of details.
pub(super) struct Table {
    /// By the next bits: what [`entry`] makes of them.
    entries: Box<[u32; 1 << LOOKED_UP]>,
    /// By the next bits: what [`step`] makes of them.
    steps: Box<[u16; 1 << LOOKED_UP]>,
    code: Code,
}

/// Of an entry and a step: how many bits it is long.
const LENGTH: u32 = 31;
/// Of an entry: the look-up does not tell.
const IS_LONG: u32 = 32;
/// Of a step: the block ends with it.
const IS_END: u16 = 32;
/// The run that an end of block is: beyond any block, and back at its place but for the lowest six bits.
const END: usize = 128;

impl Table {
    /// As a segment has it: how many codes there are of each length, and their symbols. [`None`]: there are more than can be.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let (code, starts) = Code::new(counts, symbols)?;
        let (mut entries, mut steps) = (Box::new([0; 1 << LOOKED_UP]), Box::new([0; 1 << LOOKED_UP]));
        for (bits, (entry_of, step_of)) in entries.iter_mut().zip(steps.iter_mut()).enumerate() {
            (*entry_of, *step_of) = (entry(&starts, bits), step(&starts, bits));
        }
        Some(Self { entries, steps, code })
    }

    /// Whether its symbols can be those of means: numbers of so many bits.
    pub(super) fn is_of_means(&self) -> bool {
        self.code.symbols.iter().all(|symbol| *symbol <= 11)
    }

    /// The difference of a block's mean to the one before, by a table of means.
    #[inline]
    pub(super) fn difference(&self, bits: &mut Bits) -> Option<i32> {
        bits.fill();
        let entry = self.entries[bits.peek(LOOKED_UP)];
        if entry & IS_LONG != 0 {
            return self.long(bits).map(|(_, number)| number);
        }
        bits.pass(entry & LENGTH);
        Some(number_of(entry))
    }

    /// Reads a block's details up to the `last` place in the order of the file, and hands them over, some of them 0; passes over the
    /// rest. Whether there were any up to the last.
    #[inline]
    pub(super) fn details(&self, bits: &mut Bits, last: usize, mut each: impl FnMut(usize, i32)) -> Option<bool> {
        let mut place = 1;
        while place <= last {
            bits.fill();
            // Each takes a look-up's bits at most.
            for _ in 0..4 {
                let entry = self.entries[bits.peek(LOOKED_UP)];
                let (run, number) = if entry & IS_LONG == 0 {
                    bits.pass(entry & LENGTH);
                    ((entry >> 8 & 0xFF) as usize, number_of(entry))
                } else {
                    let long = self.long(bits)?;
                    bits.fill();
                    long
                };
                each((place + run) & 63, number);
                place += run + 1;
                if place > last {
                    break;
                }
            }
        }
        match place {
            0..64 => self.pass_details(bits, place)?,
            64 | END.. => {}
            // Behind the block's last.
            65..END => return None,
        }
        Some(last > 0 && place != 1 + END + 1)
    }

    /// To the end of the block.
    #[inline]
    fn pass_details(&self, bits: &mut Bits, mut place: usize) -> Option<()> {
        loop {
            bits.fill();
            // Each takes half of what is filled in at most.
            for _ in 0..2 {
                let step = self.steps[bits.peek(LOOKED_UP)];
                let after = place + usize::from(step >> 6);
                let is_end = step & IS_END != 0;
                // What would end the block before its last code belongs to the next one.
                if step == 0 || after + usize::from(is_end) > 64 {
                    let (run, _) = self.long(bits)?;
                    place += run + 1;
                    match place {
                        0..64 => break,
                        64 | END.. => return Some(()),
                        65..END => return None,
                    }
                }
                bits.pass(u32::from(step) & LENGTH);
                place = after;
                if is_end || place == 64 {
                    return Some(());
                }
            }
        }
    }

    /// Any code, with its number: how many zeros come before it (an end of block: [`END`]), and it.
    #[inline(never)]
    fn long(&self, bits: &mut Bits) -> Option<(usize, i32)> {
        bits.fill();
        let symbol = self.code.symbol(bits)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        match (run, size) {
            (0, 0) => Some((END, 0)),
            (15, 0) => Some((15, 0)),
            (_, 0) => None,
            _ => {
                let number = signed(bits.peek(size), size);
                bits.pass(size);
                Some((run, number))
            }
        }
    }
}

/// Codes of up to sixteen bits, in the order of their symbols.
pub(super) struct Code {
    /// For each length: the code behind its last one, in sixteen bits, and what makes a code's place among the symbols.
    lengths: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Code {
    /// And what all bits that are looked up at once begin with.
    #[expect(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "at most 16 bits and 255 symbols")]
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<(Self, Vec<Start>)> {
        let mut starts = vec![(0, 0); 1 << LOOKED_UP];
        let mut lengths = [(0, 0); 17];
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, count) in (1_u32..).zip(counts) {
            lengths[length as usize].1 = place as i32 - code as i32;
            for _ in 0..*count {
                let symbol = *symbols.get(place)?;
                if length <= LOOKED_UP {
                    let rest = LOOKED_UP - length;
                    starts.get_mut((code << rest) as usize..((code + 1) << rest) as usize)?.fill((length, symbol));
                }
                (code, place) = (code + 1, place + 1);
            }
            if code > 1 << length {
                return None;
            }
            lengths[length as usize].0 = code << (16 - length);
            code <<= 1;
        }
        Some((Self { lengths, symbols: symbols.get(..place)?.to_vec() }, starts))
    }

    /// Reads one, whatever its length.
    #[expect(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "16 bits")]
    pub(super) fn symbol(&self, bits: &mut Bits) -> Option<u8> {
        let code = bits.peek(16) as u32;
        let length = (1..=16).find(|length| code < self.lengths[*length as usize].0)?;
        bits.pass(length);
        let place = (code >> (16 - length)) as i32 + self.lengths[length as usize].1;
        self.symbols.get(usize::try_from(place).ok()?).copied()
    }
}

/// The length of the code with which bits begin, and its symbol; a length of 0 for what is longer or no code.
pub(super) type Start = (u32, u8);

/// A code with its number, if they are there as a whole: bits 0 to 4 their length, 8 to 15 the zeros before it, 16 to 31 the number.
#[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "put together from bits")]
fn entry(starts: &[Start], bits: usize) -> u32 {
    let (length, symbol) = starts[bits];
    let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
    if length == 0 || length + size > LOOKED_UP {
        return IS_LONG;
    }
    match (run, size) {
        (0, 0) => (END as u32) << 8 | length,
        // Sixteen zeros, of which the last is its number.
        (15, 0) => 15 << 8 | length,
        (_, 0) => IS_LONG,
        _ => {
            let number = signed(bits >> (LOOKED_UP - length - size) & ((1 << size) - 1), size);
            (number as u32) << 16 | run << 8 | (length + size)
        }
    }
}

/// Of an entry.
#[expect(clippy::cast_possible_wrap, reason = "the upper half has its sign")]
const fn number_of(entry: u32) -> i32 {
    entry as i32 >> 16
}

/// As many details as begin in the bits, of which the last number may go beyond them: bits 0 to 4 their length, 5 whether the block
/// ends with them, from 6 on for how many places they stand. 0: not one.
#[expect(clippy::cast_possible_truncation, reason = "at most 28 bits")]
fn step(starts: &[Start], bits: usize) -> u16 {
    const MOST: u32 = 28;
    let (mut used, mut places) = (0, 0);
    while used < LOOKED_UP {
        let (length, symbol) = starts[bits << used & ((1 << LOOKED_UP) - 1)];
        let (run, size) = (u16::from(symbol >> 4), u32::from(symbol & 15));
        let is_there = length > 0 && used + length <= LOOKED_UP && used + length + size <= MOST;
        if !is_there || size == 0 && !matches!(run, 0 | 15) {
            break;
        }
        used += length + size;
        if symbol == 0 {
            return places << 6 | IS_END | used as u16;
        }
        places += run + 1;
    }
    places << 6 | used as u16
}

/// A number of so many bits, at least one, of which the first says whether it is negative.
#[expect(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "at most 15 bits")]
pub(super) const fn signed(bits: usize, size: u32) -> i32 {
    let number = bits as i32;
    if number < 1 << (size - 1) { number - (1 << size) + 1 } else { number }
}
