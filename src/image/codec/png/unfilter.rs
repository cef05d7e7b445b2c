//! The filters of PNG undone, two rows at a time.
//!
//! In a row of Sub, Average or Paeth each pixel waits for its left neighbour, which leaves most of a processor idle. The row below
//! needs only what is above it, so it follows a few pixels behind, in the other half of the same registers.

#![expect(clippy::inline_always, reason = "as calls its parts take half as long again")]

use super::lanes::Lanes;

/// Pixels that are taken at a time, and by which the lower row is behind.
const BLOCK: usize = 4;

/// What a row's first byte says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filter {
    None,
    Sub,
    Up,
    Average,
    Paeth,
}

/// A row as it was inflated.
#[derive(Clone, Copy)]
pub(super) struct Filtered<'a> {
    filter: Filter,
    bytes: &'a [u8],
}

impl<'a> Filtered<'a> {
    /// [`None`]: there is no such filter.
    pub(super) fn new(row: &'a [u8]) -> Option<Self> {
        let (filter, bytes) = row.split_first()?;
        let filter = match filter {
            0 => Filter::None,
            1 => Filter::Sub,
            2 => Filter::Up,
            3 => Filter::Average,
            4 => Filter::Paeth,
            _ => return None,
        };
        Some(Self { filter, bytes })
    }

    /// Whether each pixel waits for its left neighbour.
    pub(super) fn is_chain(&self) -> bool {
        matches!(self.filter, Filter::Sub | Filter::Average | Filter::Paeth)
    }
}

/// Undoes a filter that is no chain.
pub(super) fn plain(row: Filtered, above: &[u8], out: &mut [u8]) {
    if row.filter == Filter::Up {
        for ((out, byte), above) in out.iter_mut().zip(row.bytes).zip(above) {
            *out = byte.wrapping_add(*above);
        }
    } else {
        out.copy_from_slice(row.bytes);
    }
}

/// Undoes the filters of two rows, the second of which is below the first. All slices are of one length, whole pixels of `N` bytes.
pub(super) fn chains<const N: usize>(rows: [Filtered; 2], above: &[u8], out: [&mut [u8]; 2]) {
    let has = |filter| rows.iter().any(|row| row.filter == filter);
    match (has(Filter::Paeth), has(Filter::Average)) {
        (true, true) => Wave::<N, true, true>::run(rows, above, out),
        (true, false) => Wave::<N, true, false>::run(rows, above, out),
        (false, _) => Wave::<N, false, true>::run(rows, above, out),
    }
}

/// Two rows under way, the lower one a block behind.
struct Wave<const N: usize, const PAETH: bool, const AVERAGE: bool> {
    /// Of all but Sub, which is Paeth under nothing.
    looks_up: Lanes,
    is_average: Lanes,
    left: Lanes,
    above_left: Lanes,
    /// The upper row's last block, which is above the lower row's next.
    last: [u32; BLOCK],
}

impl<const N: usize, const PAETH: bool, const AVERAGE: bool> Wave<N, PAETH, AVERAGE> {
    const BYTES: usize = N * BLOCK;

    fn run(rows: [Filtered; 2], above: &[u8], out: [&mut [u8]; 2]) {
        let mut wave = Self {
            looks_up: Lanes::mask(rows.map(|row| row.filter != Filter::Sub)),
            is_average: Lanes::mask(rows.map(|row| row.filter == Filter::Average)),
            left: Lanes::ZERO,
            above_left: Lanes::ZERO,
            last: [0; BLOCK],
        };
        let [upper, lower] = rows.map(|row| row.bytes);
        let [out_upper, out_lower] = out;
        wave.edge(0, [upper, lower], above, [&mut *out_upper, &mut *out_lower]);
        let ahead = upper.chunks_exact(Self::BYTES).zip(above.chunks_exact(Self::BYTES)).skip(1);
        let ahead = ahead.zip(out_upper.chunks_exact_mut(Self::BYTES).skip(1));
        let behind = lower.chunks_exact(Self::BYTES).zip(out_lower.chunks_exact_mut(Self::BYTES));
        for (((upper, above), out_upper), (lower, out_lower)) in ahead.zip(behind) {
            wave.block([upper, lower], above, [out_upper, out_lower]);
        }
        let whole = above.len() / Self::BYTES;
        for index in whole.max(1)..=above.len().div_ceil(Self::BYTES) {
            wave.edge(index, [upper, lower], above, [&mut *out_upper, &mut *out_lower]);
        }
    }

    /// The block of this index, and of the lower row the one before it, where one of them is not there or not whole: black is put in its place.
    fn edge(&mut self, index: usize, [upper, lower]: [&[u8]; 2], above: &[u8], [out_upper, out_lower]: [&mut [u8]; 2]) {
        let place = |index: usize| {
            let begin = (index * Self::BYTES).min(above.len());
            begin..(begin + Self::BYTES).min(above.len())
        };
        let ahead = place(index);
        let behind = if index == 0 { 0..0 } else { place(index - 1) };
        let padded = |row: &[u8]| {
            let mut block = [0; 4 * BLOCK];
            block[..row.len()].copy_from_slice(row);
            block
        };
        let rows = [padded(&upper[ahead.clone()]), padded(&lower[behind.clone()])];
        let above = padded(&above[ahead.clone()]);
        let mut results = [[0; 4 * BLOCK]; 2];
        let out = results.each_mut().map(|block| &mut block[..Self::BYTES]);
        self.block(rows.each_ref().map(|block| &block[..Self::BYTES]), &above[..Self::BYTES], out);
        let [upper, lower] = results;
        out_upper[ahead.clone()].copy_from_slice(&upper[..ahead.len()]);
        out_lower[behind.clone()].copy_from_slice(&lower[..behind.len()]);
    }

    /// Written out, as a loop is not always unrolled, and then takes twice as long.
    #[inline(always)]
    fn block(&mut self, [upper, lower]: [&[u8]; 2], above: &[u8], [out_upper, out_lower]: [&mut [u8]; 2]) {
        self.pixel::<0>([upper, lower], above, [out_upper, out_lower]);
        self.pixel::<1>([upper, lower], above, [out_upper, out_lower]);
        self.pixel::<2>([upper, lower], above, [out_upper, out_lower]);
        self.pixel::<3>([upper, lower], above, [out_upper, out_lower]);
    }

    #[inline(always)]
    fn pixel<const INDEX: usize>(
        &mut self,
        [upper, lower]: [&[u8]; 2],
        above: &[u8],
        [out_upper, out_lower]: [&mut [u8]; 2],
    ) {
        let bytes = Lanes::load([load::<N, INDEX>(upper), load::<N, INDEX>(lower)]);
        let above = Lanes::load([load::<N, INDEX>(above), self.last[INDEX]]).and(self.looks_up);
        let [upper, lower] = self.step(bytes, above).store();
        self.last[INDEX] = upper;
        store::<N, INDEX>(upper, out_upper);
        store::<N, INDEX>(lower, out_lower);
    }

    #[inline(always)]
    fn step(&mut self, bytes: Lanes, above: Lanes) -> Lanes {
        let (left, corner) = (self.left, self.above_left);
        let result = match (PAETH, AVERAGE) {
            (true, false) => bytes.add_bytes(corner).add_bytes(paeth(left, above, corner)),
            // Sub is the average of the left one and itself.
            (false, _) => bytes.add_bytes(left.add(above).add(left.without(self.looks_up)).half()),
            (true, true) => {
                let average = left.add(above).half();
                bytes.add_bytes(self.is_average.choose(average, paeth(left, above, corner).add_bytes(corner)))
            }
        };
        self.left = result;
        self.above_left = above;
        result
    }
}

/// Paeth's choice, less the corner, by a threshold as in `stb_image`: the higher one if it is not above the lower, the lower one if it is not
/// below the higher, otherwise the corner. Where both hold, all three are equal.
#[inline(always)]
fn paeth(left: Lanes, above: Lanes, corner: Lanes) -> Lanes {
    let threshold = corner.add(corner).add(corner).subtract(above).subtract(left);
    let low = left.min(above);
    let high = left.max(above);
    let (not_low, not_high) = (threshold.less(high), low.less(threshold));
    low.subtract_bytes(corner).without(not_low).add_bytes(high.subtract_bytes(corner).without(not_high))
}

/// A pixel of a block, its first byte lowest. Of three bytes there is a fourth, where it costs nothing: nobody looks at it.
#[inline(always)]
fn load<const N: usize, const INDEX: usize>(block: &[u8]) -> u32 {
    let at = N * INDEX;
    match N {
        1 => u32::from(block[at]),
        2 => u32::from(u16::from_le_bytes([block[at], block[at + 1]])),
        3 if INDEX == BLOCK - 1 => u32::from_le_bytes([block[at - 1], block[at], block[at + 1], block[at + 2]]) >> 8,
        _ => u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]),
    }
}

/// The way back. The fourth byte of three is overwritten by the next pixel.
#[inline(always)]
fn store<const N: usize, const INDEX: usize>(pixel: u32, block: &mut [u8]) {
    let at = N * INDEX;
    let bytes = pixel.to_le_bytes();
    match N {
        1 => block[at] = bytes[0],
        2 => block[at..at + 2].copy_from_slice(&bytes[..2]),
        3 if INDEX == BLOCK - 1 => block[at..at + 3].copy_from_slice(&bytes[..3]),
        _ => block[at..at + 4].copy_from_slice(&bytes),
    }
}
