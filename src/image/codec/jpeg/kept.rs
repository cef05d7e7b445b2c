//! What is kept of a progressive JPEG's coefficients until its last scan.

use super::super::super::geometry::Size;
use super::bands::{self, Band, Change};
use super::huffman::Table;
use super::plane::Plane;
use super::progressive::Reader;

/// What is kept of a component's coefficients.
pub(super) struct Kept {
    /// Those of a block, one block after the other, in rows.
    numbers: Vec<i16>,
    /// Where a block has the coefficient of each place in the order of the file, if it is kept.
    slots: [Option<u8>; 64],
    /// Which are kept, a bit a place.
    places: u64,
    /// How many these are.
    each: usize,
    /// For each block the places that are not zero, where a later scan has to know: empty, where none has.
    known: Vec<u64>,
    /// How many of the lowest bits of each place are unknown.
    unknown: [u32; 64],
    /// Blocks in memory, across: whole units.
    stride: usize,
    /// Blocks of the picture, across and down.
    pub(super) own: (usize, usize),
    /// Blocks of a unit.
    pub(super) blocks: (usize, usize),
}

impl Kept {
    /// Of a component of a picture with so many units, in each of which some component has the `most` blocks.
    pub(super) fn new(plane: &Plane, size: Size, most: (usize, usize), units: (usize, usize)) -> Self {
        let mut slots = [None; 64];
        let (mut places, mut each) = (0, 0);
        for (place, slot) in slots.iter_mut().enumerate().filter(|(place, _)| plane.uses(*place)) {
            *slot = Some(each);
            places |= 1 << place;
            each += 1;
        }
        let (across, down) = plane.blocks;
        let own = |side: u32, own: usize, most: usize| (side as usize * own).div_ceil(most).div_ceil(8);
        let stride = units.0 * across;
        let count = stride * units.1 * down;
        Self {
            numbers: vec![0; count * usize::from(each)],
            slots,
            places,
            each: each.into(),
            known: Vec::new(),
            unknown: [0; 64],
            stride,
            own: (own(size.width, across, most.0), own(size.height, down, most.1)),
            blocks: plane.blocks,
        }
    }

    /// A scan will come that has to know which coefficients are not zero.
    pub(super) fn will_be_refined(&mut self) {
        self.known.resize(self.numbers.len() / self.each, 0);
    }

    /// Reads a block's mean, which is coded by its difference to the one `before`, or one bit more of it.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "as in the file, of which it has the lowest bits")]
    pub(super) fn mean(
        &mut self,
        Reader { bits, shift, .. }: &mut Reader,
        table: Option<&Table>,
        before: &mut i32,
        (x, y): (usize, usize),
    ) -> Option<()> {
        let number = self.numbers.get_mut((y * self.stride + x) * self.each)?;
        if let Some(table) = table {
            *before = before.wrapping_add(table.difference(bits)?);
            *number = (*before << *shift) as i16;
        } else {
            bits.fill();
            *number |= (bits.peek(1) << *shift) as i16;
            bits.pass(1);
        }
        Some(())
    }

    /// Reads a band of all blocks.
    pub(super) fn details(&mut self, reader: &mut Reader, table: &bands::Table, band: Band) -> Option<()> {
        self.unknown[band.first..=band.last].fill(reader.shift);
        // So many of the next blocks have ended already.
        let mut ended = 0;
        for row in 0..self.own.1 {
            for column in 0..self.own.0 {
                if reader.begins_anew()? {
                    ended = 0;
                }
                let block = row * self.stride + column;
                ended = if reader.is_first {
                    self.first(reader, table, band, block, ended)?
                } else {
                    self.refine(reader, table, band, block, ended)?
                };
            }
            reader.is_there()?;
        }
        Some(())
    }

    /// How many blocks behind this one have ended already.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "as in the file, of which it has the lowest bits")]
    fn first(
        &mut self,
        reader: &mut Reader,
        table: &bands::Table,
        band: Band,
        block: usize,
        ended: u32,
    ) -> Option<u32> {
        if ended > 0 {
            return Some(ended - 1);
        }
        let Self { numbers, slots, known, each, .. } = self;
        let numbers = numbers.get_mut(block * *each..)?;
        let mut seen = 0;
        let ending = table.first(&mut reader.bits, band, |place, number| {
            seen |= 1 << place;
            if let Some(to) = number_at(numbers, slots, place) {
                *to = (number << reader.shift) as i16;
            }
        })?;
        if let Some(known) = known.get_mut(block) {
            *known |= seen;
        }
        Some(ending.saturating_sub(1))
    }

    /// The same for one bit more.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "as in the file, of which it has the lowest bits")]
    fn refine(
        &mut self,
        reader: &mut Reader,
        table: &bands::Table,
        band: Band,
        block: usize,
        ended: u32,
    ) -> Option<u32> {
        let Self { numbers, slots, known, each, places, .. } = self;
        let (known, places) = (known.get_mut(block)?, *places);
        let numbers = numbers.get_mut(block * *each..)?;
        let bit = 1_i16.checked_shl(reader.shift)?;
        let mut seen = 0;
        let mut set = |place: usize, change: Change| {
            if matches!(change, Change::New(_)) {
                seen |= 1 << place;
            }
            if let Some(to) = number_at(numbers, slots, place) {
                *to = match change {
                    Change::New(number) => (number << reader.shift) as i16,
                    // Away from zero, without a branch that nobody can foresee.
                    Change::More(is_set) => {
                        let sign = *to >> 15;
                        to.wrapping_add(((bit * i16::from(is_set)) ^ sign) - sign)
                    }
                };
            }
        };
        let ending = if ended > 0 {
            let all = bands::places(band.first, band.last + 1);
            bands::correct(&mut reader.bits, *known & all, places, |place, is_set| set(place, Change::More(is_set)));
            ended
        } else {
            table.refine(&mut reader.bits, band, *known, places, set)?
        };
        *known |= seen;
        Some(ending.saturating_sub(1))
    }

    /// Makes the samples of all blocks.
    pub(super) fn write(self, plane: &mut Plane) {
        // Of a number whose lowest bits are unknown the least is kept, but on the mean they say a little less than half of what they can.
        // That is a tenth of a point of SSIMULACRA2 more at a quarter of the sides.
        let middle = |bits: u32| 0.4 * f32::from((1_u16 << bits.min(13)) - 1);
        let places = (0..64).filter(|place| self.places >> place & 1 != 0);
        let places: Vec<_> = places.map(|place| (place, middle(self.unknown[place]))).collect();
        for (block, numbers) in self.numbers.chunks_exact(self.each).enumerate() {
            let has_details = numbers[1..].iter().any(|number| *number != 0);
            if has_details {
                for ((place, more), number) in places.iter().zip(numbers) {
                    let number = f32::from(*number);
                    let sign = f32::from(i8::from(number > 0.0) - i8::from(number < 0.0));
                    plane.set(*place, number + sign * more);
                }
            } else {
                plane.set(0, f32::from(numbers[0]));
            }
            plane.write((block % self.stride, block / self.stride), has_details);
        }
    }
}

/// A coefficient of the block with which the numbers begin, if it is kept.
#[inline]
fn number_at<'a>(numbers: &'a mut [i16], slots: &[Option<u8>; 64], place: usize) -> Option<&'a mut i16> {
    numbers.get_mut(usize::from(slots[place & 63]?))
}
