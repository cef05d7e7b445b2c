//! A picture's samples by macroblocks: 16 × 16 of luma and twice 8 × 8 of chroma.

use wide::i16x8;

use super::super::super::super::geometry::Size;
use super::super::super::super::pixels::Pixels;
use super::super::super::super::planes::Planes;
use super::lanes::{Lanes, forward, lanes, texture};

pub(super) struct Source<'a> {
    luma: &'a Pixels,
    chroma: [&'a Pixels; 2],
    /// In macroblocks.
    pub(super) across: usize,
    pub(super) down: usize,
}

/// The samples of one; of luma the upper and the lower half.
pub(super) struct Macroblock {
    pub(super) luma: [Lanes; 2],
    pub(super) chroma: Lanes,
}

/// What is known of a macroblock's luma before any mode is tried.
pub(super) struct Spectrum {
    pub(super) luma: [Lanes; 2],
    pub(super) textures: [u16; 16],
    /// Whether all of its pixels are the same.
    pub(super) is_flat: bool,
}

impl<'a> Source<'a> {
    pub(super) fn new(planes: &'a Planes) -> Self {
        let Size { width, height } = planes.size();
        let count = |side: u32| side.div_ceil(16) as usize;
        let [blue, red] = &planes.chroma;
        Self { luma: &planes.luma, chroma: [blue, red], across: count(width), down: count(height) }
    }

    /// Of a macroblock that lies partly outside the last row and column are repeated.
    pub(super) fn macroblock(&self, x: usize, y: usize) -> Macroblock {
        let luma: [[u8; 16]; 16] = cut(self.luma, x, y);
        let [blue, red]: [[[u8; 8]; 8]; 2] = self.chroma.map(|plane| cut(plane, x, y));
        let half = |from: usize| {
            lanes(|block, position| luma[from + 4 * (block / 4) + position / 4][4 * (block % 4) + position % 4])
        };
        let chroma = lanes(|block, position| {
            let plane = if block < 4 { &blue } else { &red };
            plane[4 * (block % 4 / 2) + position / 4][4 * (block % 2) + position % 4]
        });
        Macroblock { luma: [half(0), half(8)], chroma }
    }
}

impl Spectrum {
    pub(super) fn new(macroblock: &Macroblock) -> Self {
        let luma = macroblock.luma.each_ref().map(forward);
        let [upper, lower] = luma.each_ref().map(texture);
        let textures = std::array::from_fn(|block| if block < 8 { upper[block] } else { lower[block - 8] });
        let first = i16x8::splat(macroblock.luma[0][0].to_array()[0]);
        let is_flat = macroblock.luma.iter().flatten().all(|lanes| *lanes == first);
        Self { luma, textures, is_flat }
    }
}

#[inline]
fn cut<const SIDE: usize>(plane: &Pixels, x: usize, y: usize) -> [[u8; SIDE]; SIDE] {
    let (width, height) = (plane.width as usize, plane.height as usize);
    let mut rows = [[0; SIDE]; SIDE];
    for (row, to) in rows.iter_mut().enumerate() {
        let line = &plane.data[(SIDE * y + row).min(height - 1) * width..][..width];
        let from = &line[SIDE * x..];
        let held = from.len().min(SIDE);
        to[..held].copy_from_slice(&from[..held]);
        to[held..].fill(line[width - 1]);
    }
    rows
}
