//! `pos=entropy` and `pos=attention`: which part of a picture `cover` keeps.
//!
//! A crop of `cover` is as wide or as high as its source, so it can move along one axis only. It is found on a small copy.

use super::codec::Decoded;
use super::colour::Converter;
use super::geometry::{self, Focus, Placement, Rect, Size};
use super::pixels::Pixels;
use super::resize;
use crate::error::Result;

/// The longer side of the copy that is looked at.
const LOOKED_AT: u32 = 128;

/// Moves the placement's crop along the axis on which it can move. The picture is as it is stored, before it is turned upright.
pub(super) fn place(
    decoded: &Decoded,
    converter: &Converter,
    placement: Placement,
    source: Size,
    focus: Focus,
) -> Result<Placement> {
    let crop = placement.crop;
    let (free_x, free_y) = (f64::from(source.width) - crop.width, f64::from(source.height) - crop.height);
    if free_x.max(free_y) <= 0.0 {
        return Ok(placement);
    }
    let is_horizontal = free_x >= free_y;
    let small = Lines::of(decoded, converter, source, is_horizontal)?;
    let part =
        if is_horizontal { crop.width / f64::from(source.width) } else { crop.height / f64::from(source.height) };
    let best = small.best_window(part, focus);
    let crop = if is_horizontal { Rect { x: best * free_x, ..crop } } else { Rect { y: best * free_y, ..crop } };
    Ok(Placement { crop, ..placement })
}

/// A small picture as lines across the axis along which the crop moves; red, green, blue and alpha from 0 to 1.
struct Lines(Vec<Vec<[f64; 4]>>);

impl Lines {
    fn of(decoded: &Decoded, converter: &Converter, source: Size, is_horizontal: bool) -> Result<Self> {
        let pixels = converter.apply(shrink(decoded, source)?);
        let (width, height) = (pixels.width as usize, pixels.height as usize);
        let channels = pixels.layout.channels();
        let at = |x: usize, y: usize| {
            let pixel = pixels.layout.rgba(&pixels.data[(y * width + x) * channels..][..channels]);
            pixel.map(|channel| f64::from(channel) / 255.0)
        };
        Ok(Self(if is_horizontal {
            (0..width).map(|x| (0..height).map(|y| at(x, y)).collect()).collect()
        } else {
            (0..height).map(|y| (0..width).map(|x| at(x, y)).collect()).collect()
        }))
    }

    /// Where the best window of this part of the length begins: 0 at the first line, 1 as late as can be.
    fn best_window(&self, part: f64, focus: Focus) -> f64 {
        let count = self.0.len();
        let length = part_of(part, count).max(1);
        let free = count - length;
        if free == 0 {
            return 0.5;
        }
        let scores: Vec<f64> = match focus {
            Focus::Entropy => (0..=free).map(|start| entropy(&self.0[start..start + length])).collect(),
            Focus::Attention => {
                let salience = self.salience();
                (0..=free).map(|start| centred_sum(&salience[start..start + length])).collect()
            }
        };
        most_central_best(&scores) / free as f64
    }

    /// How much each line draws the eye.
    fn salience(&self) -> Vec<f64> {
        let luma = |line: usize, at: usize| self.0.get(line).and_then(|line| line.get(at)).map(|pixel| luma(*pixel));
        let of_pixel = |line: usize, at: usize| {
            let here = self.0[line][at];
            let own = luma(line, at).unwrap_or_default();
            let neighbours = [
                luma(line.wrapping_sub(1), at),
                luma(line + 1, at),
                luma(line, at.wrapping_sub(1)),
                luma(line, at + 1),
            ];
            let edge: f64 = neighbours.into_iter().flatten().map(|neighbour| (own - neighbour).abs()).sum();
            (edge + saturation(here) * 0.3 + skin(here) * 1.5) * here[3]
        };
        (0..self.0.len()).map(|line| (0..self.0[line].len()).map(|at| of_pixel(line, at)).sum()).collect()
    }
}

/// The place of the highest score, among equals the one nearest to the middle; between two that are equally near, where these
/// are neighbours, so that a picture which is the same everywhere is cut in the very middle.
fn most_central_best(scores: &[f64]) -> f64 {
    let last = scores.len() - 1;
    let best = scores.iter().copied().fold(f64::MIN, f64::max);
    let is_best = |at: &usize| scores[*at] >= best - best.abs() * 1e-9;
    let from_middle = |at: &usize| (2 * at).abs_diff(last);
    let early = (0..=last).filter(is_best).min_by_key(from_middle).unwrap_or_default();
    let late = (0..=last).rev().filter(is_best).min_by_key(from_middle).unwrap_or_default();
    if late == early + 1 { early as f64 + 0.5 } else { early as f64 }
}

fn shrink(decoded: &Decoded, source: Size) -> Result<Pixels> {
    let size = geometry::inside(decoded.pixels.size(), Size { width: LOOKED_AT, height: LOOKED_AT });
    let whole = Rect { x: 0.0, y: 0.0, width: f64::from(source.width), height: f64::from(source.height) };
    resize::resample(decoded, &Placement { crop: whole, size })
}

/// Brightness from 0 to 1.
fn luma([r, g, b, a]: [f64; 4]) -> f64 {
    // What is transparent is taken for grey, on which black drawings are seen as well as white ones.
    (0.299 * r + 0.587 * g + 0.114 * b) * a + 0.5 * (1.0 - a)
}

fn saturation([r, g, b, _]: [f64; 4]) -> f64 {
    r.max(g).max(b) - r.min(g).min(b)
}

/// 1 near the hue of skin of any shade, to 0 a fifth away; nothing where it is too dark to tell.
fn skin([r, g, b, _]: [f64; 4]) -> f64 {
    // Of length 1.
    const HUE: [f64; 3] = [0.735, 0.537, 0.414];
    let length = (r * r + g * g + b * b).sqrt();
    if length < 0.25 {
        return 0.0;
    }
    let away: f64 = [r, g, b].iter().zip(HUE).map(|(channel, hue)| (channel / length - hue).powi(2)).sum();
    (1.0 - away.sqrt() * 5.0).max(0.0)
}

/// Bits a pixel, of the brightness in 64 steps.
fn entropy(lines: &[Vec<[f64; 4]>]) -> f64 {
    let mut counts = [0_u32; 64];
    for pixel in lines.iter().flatten() {
        counts[part_of(luma(*pixel), 63)] += 1;
    }
    let total: u32 = counts.iter().sum();
    let share = |count: &u32| f64::from(*count) / f64::from(total.max(1));
    counts.iter().map(share).filter(|share| *share > 0.0).map(|share| -share * share.log2()).sum()
}

/// A part from 0 to 1 of a number, rounded.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the number")]
fn part_of(part: f64, number: usize) -> usize {
    (part.clamp(0.0, 1.0) * number as f64).round() as usize
}

/// The sum, in which the middle counts most: what draws the eye shall not end at an edge.
fn centred_sum(window: &[f64]) -> f64 {
    let half = window.len() as f64 / 2.0;
    let weight = |at: usize| 1.0 - ((at as f64 + 0.5 - half) / half).abs() * 0.8;
    window.iter().enumerate().map(|(at, salience)| salience * weight(at)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equals_the_middle_one() {
        let best = most_central_best;
        assert!((best(&[0.0, 1.0, 3.0, 1.0]) - 2.0).abs() < f64::EPSILON);
        assert!((best(&[1.0]) - 0.0).abs() < f64::EPSILON);
        assert!((best(&[0.0; 5]) - 2.0).abs() < f64::EPSILON);
        // Between the two lines that are in the middle, but not between two that are far apart.
        assert!((best(&[-0.0; 4]) - 1.5).abs() < f64::EPSILON);
        assert!((best(&[7.0, 0.0, 0.0, 7.0]) - 0.0).abs() < f64::EPSILON);
        assert!((best(&[7.0, 7.0, 7.0, 0.0, 0.0, 0.0]) - 2.0).abs() < f64::EPSILON);
    }
}
