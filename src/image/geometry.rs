//! All arithmetic of sizes. Integers where a size is decided, so that no platform rounds differently.

use super::orient::Orientation;
use crate::params::Fit;
use crate::variant::Scale;

/// Pixels; both sides at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// A part of a picture, in its pixels; may begin and end between two of them.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "a rectangle")]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// Which part of a source becomes a result of which size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// What is taken of the source.
    pub crop: Rect,
    /// The size of the result, never larger than `crop`.
    pub size: Size,
}

/// Places a source of this (upright) size.
pub fn place(source: Size, scale: Scale) -> Placement {
    let whole = Rect { x: 0.0, y: 0.0, width: f64::from(source.width), height: f64::from(source.height) };
    let size = match scale {
        Scale::None => source,
        Scale::Half => Size { width: (source.width / 2).max(1), height: (source.height / 2).max(1) },
        Scale::Box { width: Some(width), height: Some(height), fit: Fit::Cover } => {
            let size = shrink_box(Size { width, height }, source);
            return Placement { crop: centred_crop(source, size), size };
        }
        Scale::Box { width, height, .. } => {
            let unbounded = Size { width: u32::MAX, height: u32::MAX };
            inside(source, Size { width: width.unwrap_or(unbounded.width), height: height.unwrap_or(unbounded.height) })
        }
    };
    Placement { crop: whole, size }
}

/// The largest size of the source's aspect ratio within the box, and within the source.
fn inside(source: Size, bounds: Size) -> Size {
    if bounds.width >= source.width && bounds.height >= source.height {
        return source;
    }
    if is_wider(source, bounds) {
        Size { width: bounds.width, height: derive(source.height, bounds.width, source.width) }
    } else {
        Size { width: derive(source.width, bounds.height, source.height), height: bounds.height }
    }
}

/// The box itself, or the largest of its aspect ratio within the source: `cover` keeps the ratio it was asked for, so that a
/// page's layout holds whatever the source and the `dpr`.
fn shrink_box(asked: Size, source: Size) -> Size {
    if asked.width <= source.width && asked.height <= source.height {
        return asked;
    }
    if is_wider(asked, source) {
        Size { width: source.width, height: derive(asked.height, source.width, asked.width) }
    } else {
        Size { width: derive(asked.width, source.height, asked.height), height: source.height }
    }
}

/// The largest part of the source of the result's aspect ratio, from its middle.
fn centred_crop(source: Size, result: Size) -> Rect {
    let (source_width, source_height) = (f64::from(source.width), f64::from(source.height));
    let (width, height) = if is_wider(result, source) {
        (source_width, source_width * f64::from(result.height) / f64::from(result.width))
    } else {
        (source_height * f64::from(result.width) / f64::from(result.height), source_height)
    };
    Rect { x: (source_width - width) / 2.0, y: (source_height - height) / 2.0, width, height }
}

const fn is_wider(one: Size, other: Size) -> bool {
    one.width as u64 * other.height as u64 >= other.width as u64 * one.height as u64
}

/// `side * to / from`, rounded half up, at least 1. In range, because `to <= from` at every caller.
fn derive(side: u32, to: u32, from: u32) -> u32 {
    let (side, to, from) = (u64::from(side), u64::from(to), u64::from(from));
    u32::try_from((2 * side * to + from) / (2 * from)).unwrap_or(u32::MAX).max(1)
}

impl Placement {
    /// The same placement in the source as it is stored, before it is turned upright.
    #[must_use]
    pub fn before(&self, orientation: Orientation, upright: Size) -> Self {
        Self { crop: orientation.undo_rect(self.crop, upright), size: orientation.swap(self.size) }
    }

    /// The largest of 8, 4, 2 and 1 by which a decoder may divide the sides and still leave the resampler twice the result:
    /// a decoder's own reduction is a box filter, and shows if it has the last word.
    pub fn decode_divisor(&self) -> u32 {
        const MARGIN: f64 = 2.0;
        let is_enough = |divisor: &u32| {
            let divisor = f64::from(*divisor);
            self.crop.width / divisor >= MARGIN * f64::from(self.size.width)
                && self.crop.height / divisor >= MARGIN * f64::from(self.size.height)
        };
        [8, 4, 2].into_iter().find(is_enough).unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(width: u32, height: u32, fit: Fit) -> Scale {
        let side = |side| (side != 0).then_some(side);
        Scale::Box { width: side(width), height: side(height), fit }
    }

    #[test]
    fn sizes() {
        let check = |source: (u32, u32), scale, expected: (u32, u32)| {
            let size = place(Size { width: source.0, height: source.1 }, scale).size;
            assert_eq!((size.width, size.height), expected, "{source:?} {scale:?}");
        };
        check((4000, 3000), boxed(400, 0, Fit::Inside), (400, 300));
        check((4000, 3000), boxed(0, 400, Fit::Inside), (533, 400));
        check((4000, 3000), boxed(400, 400, Fit::Inside), (400, 300));
        check((3000, 4000), boxed(400, 400, Fit::Inside), (300, 400));
        check((4000, 3000), boxed(8000, 0, Fit::Inside), (4000, 3000));
        check((4000, 3000), boxed(8000, 300, Fit::Inside), (400, 300));
        check((5, 2), boxed(3, 0, Fit::Inside), (3, 1));
        check((4, 2), boxed(3, 0, Fit::Inside), (3, 2));
        check((8192, 1), boxed(1, 0, Fit::Inside), (1, 1));
        check((4000, 3000), boxed(400, 400, Fit::Cover), (400, 400));
        check((300, 200), boxed(400, 400, Fit::Cover), (200, 200));
        check((300, 200), boxed(600, 300, Fit::Cover), (300, 150));
        check((300, 200), boxed(100, 400, Fit::Cover), (50, 200));
        check((4001, 3001), Scale::Half, (2000, 1500));
        check((1, 7), Scale::Half, (1, 3));
        check((4001, 3001), Scale::None, (4001, 3001));
    }

    #[test]
    fn cover_takes_the_middle() {
        let Placement { crop, .. } = place(Size { width: 400, height: 200 }, boxed(100, 100, Fit::Cover));
        assert_eq!(crop, Rect { x: 100.0, y: 0.0, width: 200.0, height: 200.0 });
    }

    #[test]
    fn the_decoder_leaves_a_margin() {
        let divisor = |width| place(Size { width: 4000, height: 3000 }, boxed(width, 0, Fit::Inside)).decode_divisor();
        assert_eq!([200, 248, 251, 400, 500, 501, 1000, 1001, 4000].map(divisor), [8, 8, 4, 4, 4, 2, 2, 1, 1]);
        assert_eq!(place(Size { width: 4000, height: 3000 }, Scale::Half).decode_divisor(), 1);
    }
}
