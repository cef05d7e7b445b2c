//! Planes that tests make by a formula.

use super::super::pixels::{Layout, Pixels};
use super::super::planes::Planes;

/// By component, column and row.
pub(super) type Level = fn(usize, usize, usize) -> u8;

pub(super) fn plane(component: usize, (width, height): (u32, u32), level: Level) -> Pixels {
    let data = (0..height as usize).flat_map(|y| (0..width as usize).map(move |x| level(component, x, y))).collect();
    Pixels { width, height, layout: Layout::Gray, data }
}

pub(super) fn planes(size: (u32, u32), level: Level) -> Planes {
    let half = (size.0.div_ceil(2), size.1.div_ceil(2));
    Planes { luma: plane(0, size, level), chroma: [1, 2].map(|component| plane(component, half, level)) }
}
