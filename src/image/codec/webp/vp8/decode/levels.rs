//! The levels of a block (RFC 6386, 13).

use super::super::levels::{BANDS, EXTRA, Kind, LEAST, ZIGZAG};
use super::super::probabilities::Levels;
use super::bits::Bits;
use super::rows::{self, LIKELY, Place, ROWS_OF_BAND, ROWS_OF_KIND, Row};

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
        let rows = &self.rows.as_chunks::<ROWS_OF_KIND>().0[kind as usize];
        let mut place = Place::first(context, bits.place());
        let mut step = steps[usize::from(at > 0)];
        while at < ZIGZAG.len() {
            let row = &rows[place.of_band(BANDS[at] * ROWS_OF_BAND)];
            let top = bits.top();
            let level = if top >= row.least_other {
                let zeros = &probabilities[BANDS[at]][place.context()];
                let (behind, magnitude) = if row.is_unknown() {
                    bits.set_place(place.range());
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
            // Of a coefficient that no encoder writes, the lowest bits, as libwebp.
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

/// The same of a level that is known to be 5 or more. Leaves the eight bits with which the sign is compared.
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
    // All that are left take 31 bits at most.
    bits.fill();
    let rest = EXTRA[token].iter().fold(0, |rest, zero| 2 * rest + i16::from(bits.read_next(*zero)));
    (bits, LEAST[token] as i16 + rest)
}

#[cfg(test)]
mod tests {
    use super::super::super::levels::{Block, Recorder};
    use super::super::super::writer::Writer;
    use super::*;

    const KINDS: [Kind; 4] = [Kind::Rest, Kind::Means, Kind::Chroma, Kind::Luma];

    /// Numbers below a bound, one after the other.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, bound: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).unwrap() % bound
        }

        /// Mostly small ones, and up to what there may be.
        fn block(&mut self, first: usize) -> Block {
            let mut levels = [0; 16];
            let end = first + self.below(17 - first);
            for level in &mut levels[first..end] {
                let most = [1, 2, 3, 6, 12, 80, 2048][self.below(7)];
                let magnitude = i16::try_from(self.below(most)).unwrap();
                *level = if self.below(2) == 0 { magnitude } else { -magnitude };
            }
            levels
        }
    }

    #[test]
    fn levels_are_read_as_they_were_written_by_every_probability() {
        let mut dice = Dice(1);
        let mut unknown = 0;
        for extremes in [&[128][..], &[0, 1, 2, 128, 254, 255], &[0, 255], &[254, 255]] {
            let mut probabilities = [[[[0; 11]; 3]; 8]; 4];
            for zero in probabilities.iter_mut().flatten().flatten().flatten() {
                *zero = extremes[dice.below(extremes.len())];
            }
            let blocks: Vec<(Kind, usize, Block)> = (0..600)
                .map(|_| {
                    let kind = KINDS[dice.below(4)];
                    (kind, dice.below(3), dice.block(kind.first()))
                })
                .collect();
            let (mut recorder, mut writer) = (Recorder::new(), Writer::new());
            for (kind, context, levels) in &blocks {
                recorder.push(*kind, *context, levels);
            }
            let mut all = recorder.blocks();
            for (kind, ..) in &blocks {
                all.write_next(*kind, &probabilities, &mut writer);
            }
            let file = writer.finish();
            let (table, mut bits) = (Table::new(&probabilities), Bits::new(&file).unwrap());
            unknown += table.rows.iter().filter(|row| row.is_unknown()).count();
            for (place, (kind, context, levels)) in blocks.iter().enumerate() {
                let mut read = [0; 16];
                let has_levels = table.read(&mut bits, (*kind, *context), [1, 1], &mut read);
                assert_eq!(ZIGZAG.map(|position| read[position]), *levels, "block {place} of {extremes:?}");
                assert_eq!(has_levels, levels.iter().any(|level| *level != 0), "block {place} of {extremes:?}");
            }
            assert!(!bits.is_over(), "{extremes:?}");
        }
        assert!(unknown > 1000, "{unknown} rows that are too fine");
    }
}
