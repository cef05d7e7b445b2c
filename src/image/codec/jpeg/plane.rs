//! A component's samples, as its blocks become them.

use super::super::super::geometry::Size;
use super::super::super::jpeg_scans::ZIGZAG;
use super::super::super::pixels::{Layout, Pixels};
use super::baseline::Component;
use super::idct::{self, Block, Inverse};

pub(super) struct Plane {
    pub(super) pixels: Pixels,
    /// In the order of the file, with the coefficient's scale.
    quantizers: [f32; 64],
    /// Blocks of a unit, across and down.
    pub(super) blocks: (usize, usize),
    /// Pixels of a block, across and down.
    pub(super) sides: (usize, usize),
    inverse: Inverse,
    /// Empty between two blocks.
    block: Block,
}

impl Plane {
    /// Of so many units, across and down, and so many columns and rows more. Of a detail as much is left in each direction that is not a
    /// mean's as `softness` says.
    pub(super) fn new(
        component: &Component,
        sides: (u32, u32),
        units: (u32, u32),
        more: Size,
        softness: f32,
    ) -> Option<Self> {
        let width = units.0 * component.blocks.0 * sides.0 + more.width;
        let height = units.1 * component.blocks.1 * sides.1 + more.height;
        let quantizer = |at: usize| {
            let (row, column) = ZIGZAG[at];
            let scale = idct::scale(column.into(), row.into()) * softness.powi(i32::from(row.min(1) + column.min(1)));
            f32::from(component.quantizers[at]) * scale
        };
        let sides = (sides.0 as usize, sides.1 as usize);
        Some(Self {
            quantizers: std::array::from_fn(quantizer),
            blocks: (component.blocks.0 as usize, component.blocks.1 as usize),
            sides,
            inverse: idct::inverse(sides.0, sides.1)?,
            block: [[0.0; 8]; 8],
            pixels: Pixels::zeroed(Size { width, height }, Layout::Gray),
        })
    }

    /// Whether its blocks are made of the coefficient at this place in the order of the file.
    pub(super) fn uses(&self, place: usize) -> bool {
        let (row, column) = ZIGZAG[place & 63];
        usize::from(column) < self.sides.0 && usize::from(row) < self.sides.1
    }

    /// Sets a coefficient of the next block.
    #[inline]
    pub(super) fn set(&mut self, place: usize, number: f32) {
        let (row, column) = ZIGZAG[place & 63];
        self.block[usize::from(column % 8)][usize::from(row % 8)] = number * self.quantizers[place & 63];
    }

    /// Writes the block that was set, which is this one across and down.
    #[inline]
    pub(super) fn write(&mut self, (across, down): (usize, usize), has_details: bool) {
        let stride = self.pixels.width as usize;
        let to = &mut self.pixels.data[down * self.sides.1 * stride + across * self.sides.0..];
        if has_details {
            (self.inverse)(&self.block, to, stride);
            self.block = [[0.0; 8]; 8];
        } else {
            let level = idct::level(self.block[0][0]);
            to.chunks_mut(stride).take(self.sides.1).for_each(|row| row[..self.sides.0].fill(level));
        }
    }
}
