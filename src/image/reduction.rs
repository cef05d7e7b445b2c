//! What is left of a source that its decoder makes smaller while it reads it.

use super::geometry::{Rect, Size};

/// How many pixels of a source, in each direction, went into a sample that was decoded, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reduction {
    x: f64,
    y: f64,
    pub(super) samples: Samples,
}

/// What a decoded sample says of the pixels for which it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Samples {
    /// What is in their middle, without the details for which there are too few samples.
    Points,
    /// Their mean, which takes a little off the details that are left.
    Means,
}

/// How a decoder of JPEG makes less of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reducer {
    /// It leaves out what there is no room for.
    Cutting,
    /// As libjpeg-turbo: the same at three eighths, but at one, two and four it averages pixels.
    Averaging,
}

impl Reduction {
    pub(super) const NONE: Self = Self { x: 1.0, y: 1.0, samples: Samples::Points };
    /// Of two columns and two rows a sample; the last may stand for fewer.
    pub(super) const HALVES: Self = Self { x: 2.0, y: 2.0, samples: Samples::Means };

    /// Of a JPEG. The last column and row may stand for fewer pixels.
    pub(super) fn to_eighths(eighths: u32, reducer: Reducer) -> Self {
        let times = 8.0 / f64::from(eighths);
        Self { x: times, y: times, samples: reducer.samples(eighths) }
    }

    /// By averages of areas, of the whole source to the whole of what was decoded.
    pub(super) fn between(source: Size, decoded: Size) -> Self {
        let ratio = |from: u32, to: u32| f64::from(from) / f64::from(to);
        let samples = if source == decoded { Samples::Points } else { Samples::Means };
        Self { x: ratio(source.width, decoded.width), y: ratio(source.height, decoded.height), samples }
    }

    /// A part of the source in what was decoded.
    pub(super) fn rect(self, Rect { x, y, width, height }: Rect) -> Rect {
        Rect { x: x / self.x, y: y / self.y, width: width / self.x, height: height / self.y }
    }
}

impl Reducer {
    const fn samples(self, eighths: u32) -> Samples {
        match (self, eighths) {
            // The lowest coefficient of a block, which is all that there is room for, is its mean.
            (_, 1) | (Self::Averaging, 2 | 4) => Samples::Means,
            _ => Samples::Points,
        }
    }
}
