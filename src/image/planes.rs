//! A picture as luma and chroma, which a JPEG is as a rule, and a lossy WebP. Chroma has mostly a quarter of luma's samples: so there are
//! half as many to resample as of red, green and blue.

use super::geometry::{Placement, Rect, Size};
use super::pixels::Pixels;
use super::reduction::Reduction;
use super::resize;
use crate::error::Result;

/// Luma, and blue's and red's difference from it, in BT.601 and in full range (JFIF) until an encoder wants it limited, each as a grey
/// picture. Both chromas have half of luma's sides, rounded up, and lie between their luma: 4:2:0.
pub(super) struct Planes {
    pub(super) luma: Pixels,
    pub(super) chroma: [Pixels; 2],
}

/// Planes as they came out of a decoder.
pub(super) struct Coded {
    /// Of the picture; the memory of a plane may go on to the right and below, with what is repeated of its edge.
    pub(super) size: Size,
    pub(super) planes: [Pixels; 3],
    /// For how many columns and rows of luma a sample of chroma stands.
    pub(super) sampling: (u32, u32),
    pub(super) range: Range,
    pub(super) reduction: Reduction,
}

/// What the levels from 0 to 255 mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// All of them are used, as in JFIF.
    Full,
    /// Luma goes from 16 to 235 and chroma from 16 to 240, as in WebP.
    Limited,
}

impl Planes {
    pub(super) const fn size(&self) -> Size {
        self.luma.size()
    }

    /// The size of both chromas where luma has this one.
    pub(super) const fn chroma_size(luma: Size) -> Size {
        Size { width: luma.width.div_ceil(2), height: luma.height.div_ceil(2) }
    }

    /// That each plane is of its size, and has all of its rows.
    ///
    /// # Panics
    ///
    /// If not: whoever takes them counts on it.
    pub(super) fn assert_whole(&self) {
        let is_whole = |plane: &Pixels, size: Size| {
            plane.size() == size && plane.data.len() == size.width as usize * size.height as usize
        };
        let half = Self::chroma_size(self.size());
        let chroma = self.chroma.iter().all(|plane| is_whole(plane, half));
        assert!(is_whole(&self.luma, self.size()) && chroma, "planes of another size");
    }

    fn map(&mut self, luma: impl Fn(f32) -> f32, chroma: impl Fn(f32) -> f32) {
        map(&mut self.luma, luma);
        self.chroma.iter_mut().for_each(|plane| map(plane, &chroma));
    }

    /// From limited to full range. What lies in the range comes back by [`narrow`](Self::narrow), to the last bit; what is
    /// beyond is clipped, as in colours.
    fn expand(&mut self) {
        self.map(|level| (level - 16.0) * 255.0 / 219.0, |level| 128.0 + (level - 128.0) * 255.0 / 224.0);
    }

    /// From full to limited range, which only an encoder wants.
    pub(super) fn narrow(&mut self) {
        self.map(|level| 16.0 + level * 219.0 / 255.0, |level| 128.0 + (level - 128.0) * 224.0 / 255.0);
    }
}

/// Each level of a plane by the formula, rounded.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float becomes the nearest level")]
fn map(plane: &mut Pixels, formula: impl Fn(f32) -> f32) {
    let levels: [u8; 256] = std::array::from_fn(|level| formula(level as f32).round() as u8);
    plane.data.iter_mut().for_each(|level| *level = levels[usize::from(*level)]);
}

impl Coded {
    /// Resizes to a placement, which is given in pixels of the source.
    pub(super) fn resize(&self, placement: &Placement) -> Result<Planes> {
        let Size { width, height } = placement.size;
        let half = Planes::chroma_size(placement.size);
        let [luma, blue, red] = &self.planes;
        let crop = self.crop(placement);
        // The last sample of chroma stands for two of luma, also where there is only one more.
        let stretch = |half: u32, whole: u32| 2.0 * f64::from(half) / f64::from(whole);
        let wide = Rect {
            width: crop.width * stretch(half.width, width),
            height: crop.height * stretch(half.height, height),
            ..crop
        };
        let part = |plane, crop, size| resize::crop(plane, self.reduction.samples, crop, size);
        let of_chroma = self.of_chroma(wide);
        let mut planes = Planes {
            luma: part(luma, crop, placement.size)?,
            chroma: [part(blue, of_chroma, half)?, part(red, of_chroma, half)?],
        };
        match self.range {
            Range::Full => {}
            Range::Limited => planes.expand(),
        }
        Ok(planes)
    }

    /// Within the decoded picture, of which the last column may stand for less than a whole one of the source's.
    fn crop(&self, placement: &Placement) -> Rect {
        let Rect { x, y, width, height } = self.reduction.rect(placement.crop);
        let within = |start: f64, length: f64, side: u32| length.min(f64::from(side) - start);
        Rect { width: within(x, width, self.size.width), height: within(y, height, self.size.height), x, y }
    }

    fn of_chroma(&self, Rect { x, y, width, height }: Rect) -> Rect {
        let (across, down) = (f64::from(self.sampling.0), f64::from(self.sampling.1));
        Rect { x: x / across, y: y / down, width: width / across, height: height / down }
    }
}

/// Repeats the last column and row of what a grey picture holds at its left and top, to its right and bottom edge.
pub(super) fn repeat_edges(pixels: &mut Pixels, held: Size) {
    let (stride, width) = (pixels.width as usize, held.width as usize);
    if width < stride {
        for row in pixels.data.chunks_exact_mut(stride).take(held.height as usize) {
            let last = row[width - 1];
            row[width..].fill(last);
        }
    }
    let (rows, below) = pixels.data.split_at_mut(stride * held.height as usize);
    for row in below.chunks_exact_mut(stride) {
        row.copy_from_slice(&rows[rows.len() - stride..]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::pixels::Layout;
    use super::*;

    #[test]
    fn limited_levels_come_back_from_the_full_range() {
        let plane = |last: u8| Pixels {
            width: 256,
            height: 1,
            layout: Layout::Gray,
            data: (16..=last).cycle().take(256).collect(),
        };
        let mut planes = Planes { luma: plane(235), chroma: [plane(240), plane(240)] };
        planes.expand();
        let ends = |plane: &Pixels| (plane.data.iter().min().copied(), plane.data.iter().max().copied());
        assert_eq!([ends(&planes.luma), ends(&planes.chroma[0])], [(Some(0), Some(255)), (Some(1), Some(255))]);
        planes.narrow();
        assert_eq!(planes.luma.data, plane(235).data);
        assert!(planes.chroma.iter().all(|chroma| chroma.data == plane(240).data));
    }

    #[test]
    fn edges_are_repeated_to_the_right_and_below() {
        let mut pixels =
            Pixels { width: 4, height: 3, layout: Layout::Gray, data: vec![1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0] };
        repeat_edges(&mut pixels, Size { width: 2, height: 2 });
        assert_eq!(pixels.data, [1, 2, 2, 2, 3, 4, 4, 4, 3, 4, 4, 4]);
        let mut whole = Pixels { width: 2, height: 1, layout: Layout::Gray, data: vec![1, 2] };
        repeat_edges(&mut whole, Size { width: 2, height: 1 });
        assert_eq!(whole.data, [1, 2]);
    }
}
