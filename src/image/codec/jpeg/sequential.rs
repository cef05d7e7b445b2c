//! The one scan of a baseline JPEG: of each block only the coefficients are decoded that its smaller one is made of, and the others are
//! passed over.

use super::baseline::{Baseline, Component, Tables};
use super::bits::{Bits, Restarts};
use super::huffman::Table;
use super::plane::Plane;

const EOI: u8 = 0xD9;

/// Fills the planes of all components, which have so many units across and down.
pub(super) fn fill(file: &Baseline, planes: &mut [Plane], (columns, rows): (u32, u32)) -> Option<()> {
    let tables = file.tables()?;
    let readers =
        planes.iter_mut().zip(&file.components).map(|(plane, component)| Reader::new(plane, component, &tables));
    let mut readers: Vec<_> = readers.collect::<Option<_>>()?;
    let mut bits = Bits::new(file.coded);
    let mut restarts = Restarts::new(file.interval);
    for row in 0..rows as usize {
        for column in 0..columns as usize {
            if restarts.begins_anew(&mut bits)? {
                for reader in &mut readers {
                    reader.mean = 0;
                }
            }
            for reader in &mut readers {
                reader.unit(&mut bits, column, row)?;
            }
            if bits.is_over() {
                return None;
            }
        }
    }
    bits.pass_marker(EOI)
}

/// A component while it is decoded.
struct Reader<'a> {
    plane: &'a mut Plane,
    means: &'a Table,
    details: &'a Table,
    /// The last place in the order of the file of which its blocks are made.
    last: usize,
    /// Of the block before.
    mean: i32,
}

impl<'a> Reader<'a> {
    fn new(plane: &'a mut Plane, component: &Component, tables: &'a Tables) -> Option<Self> {
        let last = (0..64).rfind(|place| plane.uses(*place))?;
        let (means, details) = (tables[0][component.means].as_ref()?, tables[1][component.details].as_ref()?);
        Some(Self { plane, means, details, last, mean: 0 })
    }

    /// Its blocks of a unit.
    #[inline]
    fn unit(&mut self, bits: &mut Bits, column: usize, row: usize) -> Option<()> {
        let (across, down) = self.plane.blocks;
        for y in 0..down {
            for x in 0..across {
                let has_details = self.read(bits)?;
                self.plane.write((column * across + x, row * down + y), has_details);
            }
        }
        Some(())
    }

    /// Whether there is more than the mean.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "a coefficient has 16 bits at most where it means anything")]
    fn read(&mut self, bits: &mut Bits) -> Option<bool> {
        self.mean = self.mean.wrapping_add(self.means.difference(bits)?);
        self.plane.set(0, self.mean as f32);
        let Self { plane, details, last, .. } = self;
        details.details(bits, *last, |place, number| plane.set(place, number as f32))
    }
}
