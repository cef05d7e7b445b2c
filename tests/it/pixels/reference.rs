//! An independent resampler in doubles, and how far two pictures are apart.

use std::f64::consts::PI;

/// Red, green, blue and alpha, 0 to 255, not premultiplied.
pub(super) type Pixel = [f64; 4];

#[derive(Clone)]
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<Pixel>,
}

/// A part of a picture: left, top, width, height.
pub(super) type Part = [f64; 4];

impl Picture {
    pub(super) fn from_fn(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 4]) -> Self {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let pixels = pixels.map(|(x, y)| pixel(x, y).map(f64::from)).collect();
        Self { width: width as usize, height: height as usize, pixels }
    }

    pub(super) fn size(&self) -> (u32, u32) {
        (u32::try_from(self.width).unwrap(), u32::try_from(self.height).unwrap())
    }

    pub(super) fn at(&self, x: usize, y: usize) -> Pixel {
        self.pixels[y * self.width + x]
    }

    /// The part at another size: separable Lanczos with three lobes, alpha premultiplied, the kernel clipped at the
    /// picture's edge and renormalised. Like the real one it holds values within 0 and 255 between the passes.
    pub(super) fn resize(&self, part: Part, width: usize, height: usize) -> Self {
        let mut pixels = self.map(premultiply);
        pixels = pixels.transpose().resize_rows(part[1], part[3], height).transpose();
        pixels = pixels.resize_rows(part[0], part[2], width);
        pixels.map(unpremultiply)
    }

    /// The picture on a colour.
    pub(super) fn flatten(&self, background: [f64; 3]) -> Self {
        self.map(|[r, g, b, a]| {
            let lay = |channel: f64, under: f64| (channel * a + under * (255.0 - a)) / 255.0;
            [lay(r, background[0]), lay(g, background[1]), lay(b, background[2]), 255.0]
        })
    }

    fn map(&self, map: impl Fn(Pixel) -> Pixel) -> Self {
        Self { pixels: self.pixels.iter().map(|pixel| map(*pixel)).collect(), ..*self }
    }

    fn transpose(&self) -> Self {
        let pixels = (0..self.width).flat_map(|x| (0..self.height).map(move |y| self.at(x, y))).collect();
        Self { width: self.height, height: self.width, pixels }
    }

    fn resize_rows(&self, start: f64, length: f64, width: usize) -> Self {
        let kernels: Vec<_> = (0..width).map(|x| kernel(x, start, length / width as f64, self.width)).collect();
        let rows = self.pixels.chunks_exact(self.width);
        let pixels =
            rows.flat_map(|row| kernels.iter().map(|(first, weights)| weigh(&row[*first..], weights))).collect();
        Self { width, height: self.height, pixels }
    }
}

/// The first pixel that has a weight, and the weights.
fn kernel(x: usize, start: f64, scale: f64, length: usize) -> (usize, Vec<f64>) {
    let stretch = scale.max(1.0);
    let centre = start + (x as f64 + 0.5) * scale;
    let weight = |x: usize| lanczos((x as f64 + 0.5 - centre) / stretch);
    let first = (0..length).find(|x| weight(*x) != 0.0).unwrap();
    let last = (0..length).rfind(|x| weight(*x) != 0.0).unwrap();
    let weights: Vec<_> = (first..=last).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    (first, weights.iter().map(|weight| weight / sum).collect())
}

fn lanczos(x: f64) -> f64 {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) };
    if x.abs() < 3.0 { sinc(x) * sinc(x / 3.0) } else { 0.0 }
}

fn weigh(row: &[Pixel], weights: &[f64]) -> Pixel {
    std::array::from_fn(|channel| {
        row.iter().zip(weights).map(|(pixel, weight)| pixel[channel] * weight).sum::<f64>().clamp(0.0, 255.0)
    })
}

fn premultiply([r, g, b, a]: Pixel) -> Pixel {
    [r * a / 255.0, g * a / 255.0, b * a / 255.0, a]
}

fn unpremultiply([r, g, b, a]: Pixel) -> Pixel {
    if a == 0.0 {
        return [0.0; 4];
    }
    let restore = |channel: f64| (channel * 255.0 / a).min(255.0);
    [restore(r), restore(g), restore(b), a]
}

/// How far two pictures of one size are apart. Colours count as much as they are opaque.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Distance {
    pub(super) max: f64,
    pub(super) mean: f64,
    pub(super) psnr: f64,
}

pub(super) fn distance(one: &Picture, other: &Picture) -> Distance {
    assert_eq!(one.size(), other.size());
    let (one, other) = (one.map(premultiply), other.map(premultiply));
    let pixels = one.pixels.iter().zip(&other.pixels);
    let errors: Vec<f64> = pixels.flat_map(|(a, b)| (0..4).map(|channel| (a[channel] - b[channel]).abs())).collect();
    let count = errors.len() as f64;
    let square = errors.iter().map(|error| error * error).sum::<f64>() / count;
    Distance {
        max: errors.iter().copied().fold(0.0, f64::max),
        mean: errors.iter().sum::<f64>() / count,
        psnr: 10.0 * (255.0 * 255.0 / square.max(1e-9)).log10(),
    }
}

/// How alike two pictures look to people: 100 is the same, 90 can't be told apart, 70 is good. The worse of what is seen on
/// black and on white.
pub(super) fn ssimulacra2(reference: &Picture, other: &Picture) -> f64 {
    let is_opaque = |picture: &Picture| picture.pixels.iter().all(|pixel| pixel[3] >= 255.0);
    // No ground is seen through them.
    let grounds: &[f64] = if is_opaque(reference) && is_opaque(other) { &[0.0] } else { &[0.0, 255.0] };
    grounds.iter().map(|ground| seen_on(*ground, reference, other)).fold(f64::INFINITY, f64::min)
}

fn seen_on(ground: f64, reference: &Picture, other: &Picture) -> f64 {
    use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic};
    let convert = |picture: &Picture| {
        let pixels = picture.flatten([ground; 3]).pixels;
        let data = pixels.iter().map(|[r, g, b, _]| [r, g, b].map(|channel| (channel / 255.0) as f32)).collect();
        let (transfer, primaries) = (TransferCharacteristic::SRGB, ColorPrimaries::BT709);
        Rgb::new(data, picture.width, picture.height, transfer, primaries).unwrap()
    };
    ssimulacra2::compute_frame_ssimulacra2(convert(reference), convert(other)).unwrap()
}
