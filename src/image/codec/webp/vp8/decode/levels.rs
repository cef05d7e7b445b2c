//! The levels of a block (RFC 6386, 13).

use super::super::levels::{BANDS, EXTRA, Kind, LEAST, ZIGZAG};
use super::super::probabilities::Levels;
use super::bits::Bits;
use super::rows::{self, KIND, LIKELY, Place, ROWS, Row};

/// How levels are told, for all kinds of blocks and bands of coefficients.
pub(super) struct Table {
    rows: Vec<Row>,
    probabilities: Levels,
}

impl Table {
    pub(super) fn new(probabilities: &Levels) -> Self {
        Self { rows: rows::all(probabilities), probabilities: *probabilities }
    }

    /// Reads coefficients to where they belong in their block, and tells whether there are any levels.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "so that what is read stays in registers from block to block")]
    pub(super) fn read(
        &self,
        bits: &mut Bits,
        (kind, context): (Kind, usize),
        steps: [i16; 2],
        to: &mut [i16; 16],
    ) -> bool {
        let probabilities = &self.probabilities[kind as usize];
        let mut at = kind.first();
        bits.fill();
        if bits.take_zero(probabilities[BANDS[at]][context][0]) {
            return false;
        }
        let rows = &self.rows.as_chunks::<KIND>().0[kind as usize];
        let mut place = Place::first(context, bits.place());
        let mut step = steps[usize::from(at > 0)];
        while at < ZIGZAG.len() {
            let row = &rows[place.of_band(BANDS[at] * ROWS)];
            let top = bits.top();
            let level = if top >= row.least_other {
                let zeros = &probabilities[BANDS[at]][place.context()];
                bits.set_place(place.range());
                let (behind, magnitude) = if row.is_unknown() {
                    read_any(*bits, zeros, place.may_end())
                } else {
                    let (count, behind) = row.next_other();
                    bits.pass(row.least_other, count);
                    bits.set_place(behind.range());
                    read_large(*bits, zeros)
                };
                *bits = behind;
                let level = if magnitude == 0 { 0 } else { bits.read_sign(magnitude) };
                place = Place::after(magnitude, bits.place());
                level
            } else if top < row.least[0] {
                bits.set_place(place.range());
                bits.take_zero(probabilities[BANDS[at]][place.context()][0]);
                return true;
            } else {
                let outcome = row.likely(top);
                let (count, behind) = row.next(outcome);
                bits.pass(row.least[outcome], count);
                place = behind;
                LIKELY[outcome]
            };
            // A coefficient that no encoder writes may be too large for its sixteen bits; then it is anything.
            to[ZIGZAG[at]] = level.wrapping_mul(step);
            step = steps[1];
            at += 1;
            bits.fill();
        }
        bits.set_place(place.range());
        true
    }
}

/// The magnitude of a level, bit by bit, where the block does not end. Takes and returns what it reads from, which else were in memory.
#[cold]
fn read_any<'a>(mut bits: Bits<'a>, zeros: &[u8; 11], may_end: bool) -> (Bits<'a>, i16) {
    if may_end {
        bits.read_next(zeros[0]);
    }
    if !bits.read_next(zeros[1]) {
        return (bits, 0);
    }
    if !bits.read_next(zeros[2]) {
        return (bits, 1);
    }
    bits.fill();
    if bits.read_next(zeros[3]) {
        return read_large(bits, zeros);
    }
    let magnitude = if bits.read_next(zeros[4]) { 3 + i16::from(bits.read_next(zeros[5])) } else { 2 };
    (bits, magnitude)
}

/// The same of a level that is known to be 5 or more. Leaves at least a bit for the sign.
#[inline(never)]
#[expect(clippy::cast_possible_truncation, reason = "up to 67")]
fn read_large<'a>(mut bits: Bits<'a>, zeros: &[u8; 11]) -> (Bits<'a>, i16) {
    bits.fill();
    if !bits.read_next(zeros[6]) {
        // The two shortest of the tokens, in full.
        let rest = if bits.read_next(zeros[7]) {
            2 + 2 * i16::from(bits.read_next(EXTRA[1][0])) + i16::from(bits.read_next(EXTRA[1][1]))
        } else {
            i16::from(bits.read_next(EXTRA[0][0]))
        };
        return (bits, LEAST[0] as i16 + rest);
    }
    let is_high = bits.read_next(zeros[8]);
    let token = 2 + 2 * usize::from(is_high) + usize::from(bits.read_next(zeros[if is_high { 10 } else { 9 }]));
    // All that are left take 38 bits at most.
    bits.fill();
    let rest = EXTRA[token].iter().fold(0, |rest, zero| 2 * rest + i16::from(bits.read_next(*zero)));
    (bits, LEAST[token] as i16 + rest)
}
