//! All arithmetic of sizes. Integers where a size is decided, so that no platform rounds differently.

use super::orient::Orientation;
use super::reduction::Reducer;
use crate::params::{Fit, Position};
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

/// Everything about sizes that is settled before a source is decoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrangement {
    /// What is resampled.
    pub placement: Placement,
    /// The ground on which that is laid, even where nothing of it stands over; [`None`]: there is none.
    pub ground: Option<Ground>,
    /// Who chooses where the crop lies, once there are pixels to look at; until then it lies in the middle.
    pub focus: Option<Focus>,
}

/// What a picture is laid on, no smaller than it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ground {
    /// The size of the result.
    pub size: Size,
    /// Pixels from its left edge to the picture's.
    pub left: u32,
    /// Pixels from its top edge to the picture's.
    pub top: u32,
}

/// How the part worth keeping is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "see Position")]
pub enum Focus {
    Entropy,
    Attention,
}

/// Arranges a source of this (upright) size.
pub fn arrange(source: Size, scale: Scale) -> Arrangement {
    let whole = Rect { x: 0.0, y: 0.0, width: f64::from(source.width), height: f64::from(source.height) };
    let scaled = |size| Arrangement { placement: Placement { crop: whole, size }, ground: None, focus: None };
    let (asked, fit, position) = match scale {
        Scale::None => return scaled(source),
        Scale::Half => {
            return scaled(Size { width: (source.width / 2).max(1), height: (source.height / 2).max(1) });
        }
        Scale::Box { width: Some(width), height: Some(height), fit, position } => {
            (Size { width, height }, fit, position)
        }
        // A side that is not asked for does not bind.
        Scale::Box { width, height, .. } => {
            let asked = Size { width: width.unwrap_or(u32::MAX), height: height.unwrap_or(u32::MAX) };
            (asked, Fit::Inside, Position::default())
        }
    };
    match fit {
        Fit::Inside => scaled(inside(source, asked)),
        Fit::Outside => scaled(outside(source, asked)),
        Fit::Fill => scaled(shrink_box(asked, source)),
        Fit::Contain => {
            let size = inside(source, asked);
            let ground = if size == source { wrap_box(asked, source) } else { asked };
            Arrangement { ground: Some(centre(size, ground)), ..scaled(size) }
        }
        Fit::Cover => {
            let size = shrink_box(asked, source);
            let (point, focus) = match position {
                Position::Point { x, y } => ((x, y), None),
                Position::Entropy => ((500, 500), Some(Focus::Entropy)),
                Position::Attention => ((500, 500), Some(Focus::Attention)),
            };
            Arrangement { placement: Placement { crop: crop_around(point, source, size), size }, ground: None, focus }
        }
    }
}

/// The largest size of the source's aspect ratio within the box, and within the source.
pub(super) fn inside(source: Size, bounds: Size) -> Size {
    if bounds.width >= source.width && bounds.height >= source.height {
        return source;
    }
    if is_wider(source, bounds) { of_width(source, bounds.width) } else { of_height(source, bounds.height) }
}

/// The smallest size of the source's aspect ratio around the box, or the source where that is smaller.
fn outside(source: Size, bounds: Size) -> Size {
    if bounds.width >= source.width || bounds.height >= source.height {
        return source;
    }
    if is_wider(source, bounds) { of_height(source, bounds.height) } else { of_width(source, bounds.width) }
}

/// The box itself, or the largest of its aspect ratio within the source: the ratio that was asked for is kept, so that a
/// page's layout holds whatever the source and the `dpr`.
fn shrink_box(asked: Size, source: Size) -> Size {
    if asked.width <= source.width && asked.height <= source.height {
        return asked;
    }
    if is_wider(asked, source) { of_width(asked, source.width) } else { of_height(asked, source.height) }
}

/// The smallest box of the asked aspect ratio around a source that is smaller than the box.
fn wrap_box(asked: Size, source: Size) -> Size {
    if is_wider(source, asked) { of_width(asked, source.width) } else { of_height(asked, source.height) }
}

/// Lays a picture in the middle; what can't be halved goes to the right and below.
fn centre(picture: Size, ground: Size) -> Ground {
    Ground { size: ground, left: (ground.width - picture.width) / 2, top: (ground.height - picture.height) / 2 }
}

/// The largest part of the source of the result's aspect ratio that has the point (thousandths) as near its middle as can be.
fn crop_around((x, y): (u16, u16), source: Size, result: Size) -> Rect {
    let (source_width, source_height) = (f64::from(source.width), f64::from(source.height));
    let (width, height) = if is_wider(result, source) {
        (source_width, source_width * f64::from(result.height) / f64::from(result.width))
    } else {
        (source_height * f64::from(result.width) / f64::from(result.height), source_height)
    };
    let start = |point: u16, side: f64, length: f64| {
        (f64::from(point) / 1000.0 * side - length / 2.0).clamp(0.0, (side - length).max(0.0))
    };
    Rect { x: start(x, source_width, width), y: start(y, source_height, height), width, height }
}

/// Whether the ratio of width to height is the other's or more.
const fn is_wider(one: Size, other: Size) -> bool {
    one.width as u64 * other.height as u64 >= other.width as u64 * one.height as u64
}

/// The ratio's size of this width, no wider than the ratio's own.
fn of_width(ratio: Size, width: u32) -> Size {
    Size { width, height: derive(ratio.height, width, ratio.width) }
}

/// The ratio's size of this height, no higher than the ratio's own.
fn of_height(ratio: Size, height: u32) -> Size {
    Size { width: derive(ratio.width, height, ratio.height), height }
}

/// `side * to / from`, rounded half up, at least 1. In range, because `to <= from` at every caller.
fn derive(side: u32, to: u32, from: u32) -> u32 {
    let (side, to, from) = (u64::from(side), u64::from(to), u64::from(from));
    u32::try_from((2 * side * to + from) / (2 * from)).unwrap_or(u32::MAX).max(1)
}

/// A part of a side, rounded up, but not for what only the doubles have behind the point.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the side")]
fn scale_up(side: u32, factor: f64) -> u32 {
    ((f64::from(side) * factor - 1e-6).ceil() as u32).clamp(1, side)
}

impl Arrangement {
    /// The size of the result.
    pub fn size(&self) -> Size {
        self.ground.map_or(self.placement.size, |ground| ground.size)
    }
}

impl Placement {
    /// The same placement in the source as it is stored, before it is turned upright.
    #[must_use]
    pub fn before(&self, orientation: Orientation, upright: Size) -> Self {
        Self { crop: orientation.undo_rect(self.crop, upright), size: orientation.swap(self.size) }
    }

    /// The fewest eighths of its sides to which a JPEG may be decoded and still leave the resampler enough to do: a decoder's own
    /// reduction is crude, and shows if it has the last word.
    pub(super) fn decode_eighths(&self, reducer: Reducer) -> u32 {
        // So many times the result. Measured on photographs (bench/results/2026-11-21-jpeg-scales.md and 2026-11-22-jpeg-eighths.md):
        // with these no score falls below 94 that a full decode would keep above.
        let margins = match reducer {
            Reducer::Cutting => [(1, 2.5), (2, 2.2), (3, 1.6), (4, 1.5)],
            Reducer::Averaging => [(1, 2.5), (2, 2.5), (3, 1.6), (4, 2.0)],
        };
        let is_enough = |(eighths, margin): &(u32, f64)| {
            let needed = 8.0 / f64::from(*eighths) * margin;
            self.crop.width >= needed * f64::from(self.size.width)
                && self.crop.height >= needed * f64::from(self.size.height)
        };
        margins.into_iter().find(is_enough).map_or(8, |(eighths, _)| eighths)
    }

    /// How many pixels of the result there are for one of the source, in the direction in which there are more. A decoder that has
    /// enough for this one has it for every one that is coarser.
    pub(super) fn fineness(&self) -> f64 {
        (f64::from(self.size.width) / self.crop.width).max(f64::from(self.size.height) / self.crop.height)
    }

    /// Whether so many pixels go into one that the edges of a block of four by four, where a decoder would smooth them, are not
    /// seen.
    pub(super) fn blurs_blocks(&self) -> bool {
        self.fineness() <= 0.25
    }

    /// By how many columns and rows of what was decoded to so many eighths (or one more) a result with odd sides takes in more if it
    /// is rounded up to even ones.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the side")]
    pub(super) fn beyond_odd_sides(&self, eighths: u32) -> Size {
        let more = |crop: f64, side: u32| {
            if side.is_multiple_of(2) { 0 } else { (crop * f64::from(eighths) / f64::from(side * 8)).ceil() as u32 + 1 }
        };
        Size { width: more(self.crop.width, self.size.width), height: more(self.crop.height, self.size.height) }
    }

    /// The least size to which a decoder that reduces to any, by averages of areas, may reduce a source of this one: what is left
    /// is the resampler's. The source's own where nothing would be won.
    pub(super) fn decode_size(&self, source: Size) -> Size {
        // Measured with libwebp on five photographs (bench/results/2026-11-21-webp-scaled-decode.md): twice the result costs
        // up to 3.6 points of SSIMULACRA2 and leaves 94, thrice costs 1.4 and is hardly slower.
        const MARGIN: f64 = 3.0;
        // Where as much time goes into the reduction as is saved after it.
        const MOST: f64 = 0.4;
        // libwebp sums up an area in 32 bits, which are enough for rows of 16383 pixels, 1000 of them.
        const LEAST: f64 = 1.0 / 64.0;
        let needed = |result: u32, crop: f64| MARGIN * f64::from(result) / crop;
        let factor =
            needed(self.size.width, self.crop.width).max(needed(self.size.height, self.crop.height)).max(LEAST);
        if factor > MOST {
            return source;
        }
        Size { width: scale_up(source.width, factor), height: scale_up(source.height, factor) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(width: u32, height: u32, fit: Fit) -> Scale {
        let side = |side| (side != 0).then_some(side);
        Scale::Box { width: side(width), height: side(height), fit, position: Position::default() }
    }

    #[test]
    fn sizes() {
        let check = |source: (u32, u32), scale, expected: (u32, u32)| {
            let size = arrange(Size { width: source.0, height: source.1 }, scale).size();
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
        check((40_000_000, 1), boxed(128, 128, Fit::Inside), (128, 1));
        check((4000, 3000), boxed(400, 400, Fit::Cover), (400, 400));
        check((300, 200), boxed(400, 400, Fit::Cover), (200, 200));
        check((300, 200), boxed(600, 300, Fit::Cover), (300, 150));
        check((300, 200), boxed(100, 400, Fit::Cover), (50, 200));
        check((4000, 3000), boxed(400, 400, Fit::Contain), (400, 400));
        check((300, 200), boxed(400, 400, Fit::Contain), (300, 300));
        check((300, 200), boxed(800, 100, Fit::Contain), (800, 100));
        check((300, 201), boxed(900, 450, Fit::Contain), (402, 201));
        check((4000, 3000), boxed(400, 100, Fit::Fill), (400, 100));
        check((300, 200), boxed(600, 100, Fit::Fill), (300, 50));
        check((4000, 3000), boxed(400, 400, Fit::Outside), (533, 400));
        check((3000, 4000), boxed(400, 400, Fit::Outside), (400, 533));
        check((300, 200), boxed(100, 200, Fit::Outside), (300, 200));
        check((300, 200), boxed(900, 20, Fit::Outside), (300, 200));
        check((4001, 3001), Scale::Half, (2000, 1500));
        check((1, 7), Scale::Half, (1, 3));
        check((4001, 3001), Scale::None, (4001, 3001));
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "parts of small numbers that binary fractions have")]
    fn cover_keeps_the_point_near_the_middle() {
        let crop = |x, y| {
            let position = Position::Point { x, y };
            let scale = Scale::Box { width: Some(100), height: Some(100), fit: Fit::Cover, position };
            let Rect { x, y, width, height } = arrange(Size { width: 400, height: 200 }, scale).placement.crop;
            assert_eq!((y, width, height), (0.0, 200.0, 200.0));
            x
        };
        assert_eq!([0, 200, 250, 500, 600, 750, 1000].map(|x| crop(x, 0)), [0.0, 0.0, 0.0, 100.0, 140.0, 200.0, 200.0]);
        assert_eq!(crop(500, 1000), 100.0);
    }

    #[test]
    fn contain_lays_the_picture_in_the_middle() {
        let arranged = arrange(Size { width: 400, height: 201 }, boxed(100, 100, Fit::Contain));
        assert_eq!(arranged.placement.size, Size { width: 100, height: 50 });
        assert_eq!(arranged.ground, Some(Ground { size: Size { width: 100, height: 100 }, left: 0, top: 25 }));
        let filled = Ground { size: Size { width: 100, height: 50 }, left: 0, top: 0 };
        assert_eq!(arrange(Size { width: 400, height: 200 }, boxed(100, 50, Fit::Contain)).ground, Some(filled));
    }

    #[test]
    fn the_decoder_leaves_a_margin() {
        let check = |scale, cutting, averaging| {
            let placement = arrange(Size { width: 4000, height: 3000 }, scale).placement;
            let eighths = [Reducer::Cutting, Reducer::Averaging].map(|reducer| placement.decode_eighths(reducer));
            assert_eq!(eighths, [cutting, averaging], "{scale:?}");
        };
        let steps = [(200, 1, 1), (201, 2, 2), (400, 2, 2), (401, 2, 3), (453, 2, 3), (454, 3, 3), (937, 3, 3)];
        let larger = [(938, 4, 4), (1000, 4, 4), (1001, 4, 8), (1333, 4, 8), (1334, 8, 8), (4000, 8, 8)];
        for (width, cutting, averaging) in steps.into_iter().chain(larger) {
            check(boxed(width, 0, Fit::Inside), cutting, averaging);
        }
        check(Scale::Half, 8, 8);
        let is_coarse = |scale| arrange(Size { width: 4000, height: 3000 }, scale).placement.blurs_blocks();
        assert!(is_coarse(boxed(1000, 0, Fit::Inside)) && !is_coarse(boxed(1001, 0, Fit::Inside)));
        assert!(!is_coarse(boxed(400, 800, Fit::Fill)), "fine in one way");
    }

    #[test]
    fn a_decoder_that_reduces_freely_leaves_a_margin() {
        let check = |source: (u32, u32), scale, expected: (u32, u32)| {
            let source = Size { width: source.0, height: source.1 };
            let size = arrange(source, scale).placement.decode_size(source);
            assert_eq!((size.width, size.height), expected, "{source:?} {scale:?}");
        };
        let whole = (4000, 3000);
        check(whole, boxed(400, 0, Fit::Inside), (1200, 900));
        check(whole, boxed(401, 0, Fit::Inside), (1204, 903));
        check(whole, boxed(533, 0, Fit::Inside), (1600, 1200));
        check(whole, boxed(534, 0, Fit::Inside), whole);
        check(whole, Scale::None, whole);
        // The side that shrinks less decides, and only what is kept of a source counts.
        check(whole, boxed(400, 100, Fit::Fill), (1200, 900));
        check(whole, boxed(300, 300, Fit::Cover), (1200, 900));
        check(whole, boxed(300, 400, Fit::Cover), (1600, 1200));
        check((16383, 3000), boxed(0, 1, Fit::Inside), (256, 47));
        check((16383, 2), boxed(1, 0, Fit::Inside), (16383, 2));
    }
}
