//! A rectangle of a canvas, and what of a frame must be drawn in it.

use super::super::super::geometry::Size;
use super::palette::{CLEAR, Pixel};

#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) left: u32,
    pub(super) top: u32,
    /// Both sides at least 1.
    pub(super) size: Size,
}

impl Part {
    pub(super) const fn whole(size: Size) -> Self {
        Self { left: 0, top: 0, size }
    }

    /// The top left pixel.
    pub(super) const fn corner() -> Self {
        Self::whole(Size { width: 1, height: 1 })
    }

    /// The smallest part of a canvas with every pixel for whose index this holds.
    pub(super) fn around(canvas: Size, holds: impl Fn(usize) -> bool) -> Option<Self> {
        let row_holds = |y: u32| (0..canvas.width).any(|x| holds(offset(canvas, x, y)));
        let top = (0..canvas.height).find(|y| row_holds(*y))?;
        let bottom = (top..canvas.height).rfind(|y| row_holds(*y))?;
        let column_holds = |x: u32| (top..=bottom).any(|y| holds(offset(canvas, x, y)));
        let left = (0..canvas.width).find(|x| column_holds(*x))?;
        let right = (left..canvas.width).rfind(|x| column_holds(*x))?;
        Some(Self { left, top, size: Size { width: right - left + 1, height: bottom - top + 1 } })
    }

    /// The smallest part with both.
    pub(super) fn union(self, other: Self) -> Self {
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        let right = (self.left + self.size.width).max(other.left + other.size.width);
        let bottom = (self.top + self.size.height).max(other.top + other.size.height);
        Self { left, top, size: Size { width: right - left, height: bottom - top } }
    }

    /// The pixels to draw in this part, so that the canvas shows the frame: those that it shows already stay clear.
    pub(super) fn cut(self, canvas: &[Pixel], shown: &[Pixel], size: Size) -> Vec<Pixel> {
        let draw = |at: usize| if shown[at] == canvas[at] { CLEAR } else { shown[at] };
        self.rows(size).flatten().map(draw).collect()
    }

    pub(super) fn clear(self, canvas: &mut [Pixel], size: Size) {
        for row in self.rows(size) {
            canvas[row].fill(CLEAR);
        }
    }

    /// The indices of its pixels in a canvas of this size, row by row.
    fn rows(self, canvas: Size) -> impl Iterator<Item = std::ops::Range<usize>> {
        (self.top..self.top + self.size.height).map(move |y| {
            let start = offset(canvas, self.left, y);
            start..start + self.size.width as usize
        })
    }
}

const fn offset(canvas: Size, x: u32, y: u32) -> usize {
    y as usize * canvas.width as usize + x as usize
}
