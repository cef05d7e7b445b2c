//! Luma and chroma to red, green and blue, and back (ITU-T H.273), in eight bits.

use super::super::super::geometry::Size;
use super::super::super::pixels::Pixels;
use super::aom::{Coding, Frame};

/// How three planes make a colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Matrix {
    /// Luma by the shares of red and blue in it.
    Luma {
        red: f32,
        blue: f32,
    },
    /// The planes are green, blue and red.
    Identity,
    YCgCo,
}

impl Matrix {
    pub(super) const BT601: Self = Self::Luma { red: 0.299, blue: 0.114 };

    /// By code points. "Unspecified" is taken for BT.601, as libavif does. [`None`]: a matrix of other mathematics.
    pub(super) fn of(matrix: u16, primaries: u16) -> Option<Self> {
        match (matrix, primaries) {
            (0, _) => Some(Self::Identity),
            (1, _) | (12, 1) => Some(Self::Luma { red: 0.2126, blue: 0.0722 }),
            (4, _) => Some(Self::Luma { red: 0.30, blue: 0.11 }),
            (2 | 5 | 6, _) => Some(Self::BT601),
            (7, _) => Some(Self::Luma { red: 0.212, blue: 0.087 }),
            (8, _) => Some(Self::YCgCo),
            (9, _) | (12, 9) => Some(Self::Luma { red: 0.2627, blue: 0.0593 }),
            _ => None,
        }
    }
}

/// What a sample stands for: luma from 0 to 1, chroma from -0.5 to 0.5.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    luma: (f32, f32),
    chroma: (f32, f32),
}

impl Scale {
    pub(super) fn of(bits: u32, is_full_range: bool, matrix: Matrix) -> Self {
        let (most, unit) = (((1 << bits) - 1) as f32, (1 << (bits - 8)) as f32);
        let luma = if is_full_range { (0.0, 1.0 / most) } else { (16.0 * unit, 1.0 / (219.0 * unit)) };
        let chroma = match (matrix, is_full_range) {
            (Matrix::Identity, _) => luma,
            (_, true) => (128.0 * unit, 1.0 / most),
            (_, false) => (128.0 * unit, 1.0 / (224.0 * unit)),
        };
        Self { luma, chroma }
    }
}

/// Fills the rows of `pixels` from `at` on (its left and top) with the frame, as far as it fits. Alpha stays as it is.
pub(super) fn draw(frame: &Frame, matrix: Matrix, is_full_range: bool, pixels: &mut Pixels, at: (u32, u32)) {
    let coding = &frame.coding;
    let scale = Scale::of(coding.bits, is_full_range, matrix);
    let width = coding.size.width as usize;
    let (mut luma, mut first, mut second) = (vec![0.0; width], vec![0.0; width], vec![0.0; width]);
    let mut blend = Vec::new();
    for y in 0..coding.size.height.min(pixels.height - at.1) {
        read_row(frame, 0, y, scale.luma, &mut luma);
        if !coding.is_gray {
            read_chroma(frame, 1, y, scale.chroma, &mut blend, &mut first);
            read_chroma(frame, 2, y, scale.chroma, &mut blend, &mut second);
        }
        let channels = pixels.layout.channels();
        let row = &mut row_mut(pixels, y + at.1)[at.0 as usize * channels..];
        let samples = luma.iter().zip(first.iter().zip(&second));
        for (pixel, (luma, (first, second))) in row.chunks_exact_mut(channels).zip(samples) {
            match pixel {
                [gray] | [gray, _] => *gray = byte(*luma),
                [red, green, blue, ..] => [*red, *green, *blue] = colour(matrix, *luma, *first, *second).map(byte),
                _ => (),
            }
        }
    }
}

/// Fills the alpha of `pixels` from `at` on with the frame's luma.
pub(super) fn draw_alpha(frame: &Frame, pixels: &mut Pixels, at: (u32, u32)) {
    let coding = &frame.coding;
    let scale = Scale::of(coding.bits, coding.is_full_range, Matrix::BT601);
    let mut luma = vec![0.0; coding.size.width as usize];
    let channels = pixels.layout.channels();
    for y in 0..coding.size.height.min(pixels.height - at.1) {
        read_row(frame, 0, y, scale.luma, &mut luma);
        let row = &mut row_mut(pixels, y + at.1)[at.0 as usize * channels..];
        for (pixel, luma) in row.chunks_exact_mut(channels).zip(&luma) {
            pixel[channels - 1] = byte(*luma);
        }
    }
}

fn row_mut(pixels: &mut Pixels, y: u32) -> &mut [u8] {
    let bytes = pixels.width as usize * pixels.layout.channels();
    &mut pixels.data[y as usize * bytes..][..bytes]
}

fn colour(matrix: Matrix, luma: f32, first: f32, second: f32) -> [f32; 3] {
    match matrix {
        Matrix::Luma { red, blue } => {
            let (r, b) = (luma + 2.0 * (1.0 - red) * second, luma + 2.0 * (1.0 - blue) * first);
            [r, (luma - red * r - blue * b) / (1.0 - red - blue), b]
        }
        Matrix::Identity => [second, luma, first],
        Matrix::YCgCo => [luma - first + second, luma + first, luma - first - second],
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, as is wanted")]
fn byte(level: f32) -> u8 {
    (level * 255.0 + 0.5) as u8
}

fn read_row(frame: &Frame, plane: usize, y: u32, (zero, unit): (f32, f32), samples: &mut [f32]) {
    let row = frame.row(plane, y);
    if frame.coding.bits == 8 {
        for (sample, byte) in samples.iter_mut().zip(row) {
            *sample = (f32::from(*byte) - zero) * unit;
        }
    } else {
        for (sample, bytes) in samples.iter_mut().zip(row.as_chunks().0) {
            *sample = (f32::from(u16::from_ne_bytes(*bytes)) - zero) * unit;
        }
    }
}

/// A row of chroma at luma's width: where it is halved, three quarters of the nearer sample and one of the farther.
fn read_chroma(frame: &Frame, plane: usize, y: u32, unit: (f32, f32), blend: &mut Vec<f32>, samples: &mut [f32]) {
    let Coding { size, is_halved: (is_narrow, is_low), .. } = frame.coding;
    if !is_narrow {
        return read_row(frame, plane, y, unit, samples);
    }
    let half = size.width.div_ceil(2) as usize;
    blend.resize(half * 2, 0.0);
    let (near, far) = blend.split_at_mut(half);
    let near_y = if is_low { y / 2 } else { y };
    read_row(frame, plane, near_y, unit, near);
    if is_low {
        let far_y =
            if y.is_multiple_of(2) { near_y.saturating_sub(1) } else { (near_y + 1).min(size.height.div_ceil(2) - 1) };
        read_row(frame, plane, far_y, unit, far);
        near.iter_mut().zip(far).for_each(|(near, far)| *near = 0.75 * *near + 0.25 * *far);
    }
    for (x, pair) in samples.chunks_mut(2).enumerate() {
        let (left, right) = (near[x.saturating_sub(1)], near[(x + 1).min(half - 1)]);
        for (sample, far) in pair.iter_mut().zip([left, right]) {
            *sample = 0.75 * near[x] + 0.25 * far;
        }
    }
}

/// Three planes in full range by BT.601's matrix, chroma at half the sides.
pub(super) fn split(pixels: &Pixels) -> [Vec<u8>; 3] {
    let Size { width, height } = pixels.size();
    let channels = pixels.layout.channels();
    let half = (width.div_ceil(2) as usize, height.div_ceil(2) as usize);
    let mut luma = Vec::with_capacity(width as usize * height as usize);
    let [mut blue, mut red] = [(); 2].map(|()| Vec::with_capacity(half.0 * half.1));
    for pair in pixels.data.chunks(width as usize * channels * 2) {
        luma.extend(pair.chunks_exact(channels).map(|pixel| rounded(luma_of(pixel))));
        let (upper, lower) = pair.split_at(width as usize * channels);
        // The last row and column of an odd side stand for themselves twice.
        let lower = if lower.is_empty() { upper } else { lower };
        for (upper, lower) in upper.chunks(channels * 2).zip(lower.chunks(channels * 2)) {
            let corners = [
                &upper[..channels],
                &upper[upper.len() - channels..],
                &lower[..channels],
                &lower[lower.len() - channels..],
            ];
            let mean = |of: fn(&[u8]) -> f32| corners.iter().map(|pixel| of(pixel)).sum::<f32>() / 4.0;
            let luma = mean(luma_of);
            blue.push(rounded((mean(|pixel| f32::from(pixel[2])) - luma) / 1.772 + 128.0));
            red.push(rounded((mean(|pixel| f32::from(pixel[0])) - luma) / 1.402 + 128.0));
        }
    }
    [luma, blue, red]
}

fn luma_of(pixel: &[u8]) -> f32 {
    0.299 * f32::from(pixel[0]) + 0.587 * f32::from(pixel[1]) + 0.114 * f32::from(pixel[2])
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, as is wanted")]
fn rounded(level: f32) -> u8 {
    (level + 0.5) as u8
}
