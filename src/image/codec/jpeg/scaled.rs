//! A JPEG, decoded to a few eighths of its sides: only the coefficients that its smaller blocks are made of are decoded, and the
//! others passed over, or not kept.
//!
//! libjpeg decodes every coefficient at every scale, which is most of its time. What is not plainly coded (arithmetic,
//! lossless, torn, …) is left to it, and so are all judgements.

use super::super::super::geometry::Size;
use super::super::super::jpeg_scans::Chroma;
use super::super::super::pixels::{Layout, Pixels};
use super::baseline::{Baseline, Component};
use super::plane::Plane;
use super::progressive::Progressive;
use super::{idct, sequential};

const NONE: Size = Size { width: 0, height: 0 };

/// A file whose headers are read.
pub(super) enum Source<'a> {
    Baseline(Baseline<'a>),
    Progressive(Box<Progressive<'a>>),
}

impl<'a> Source<'a> {
    /// [`None`] if there is anything in it that is not read here.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let progressive = || Progressive::read(bytes).map(|file| Self::Progressive(Box::new(file)));
        Baseline::read(bytes).map(Self::Baseline).or_else(progressive)
    }

    pub(super) const fn size(&self) -> Size {
        match self {
            Self::Baseline(file) => file.size,
            Self::Progressive(file) => file.size,
        }
    }

    fn components(&self) -> &[Component] {
        match self {
            Self::Baseline(file) => &file.components,
            Self::Progressive(file) => &file.components,
        }
    }

    /// Blocks of a unit, across and down, of the component that has the most.
    fn most_blocks(&self) -> (u32, u32) {
        let most = |side: fn(&Component) -> u32| self.components().iter().map(side).max().unwrap_or(1);
        (most(|component| component.blocks.0), most(|component| component.blocks.1))
    }
}

/// Its components as they are coded, in whole blocks; chromas with so many columns and rows more, black.
pub(super) fn planes(source: &Source, eighths: u32, more: Size) -> Option<Vec<Pixels>> {
    decode(source, (eighths, Chroma::AsLuma), more, 1.0, |_| Some((eighths, eighths)))
}

/// The picture, grey or in colours that are coded as luma and chroma, of this size, which is its own to so many eighths.
pub(super) fn pixels(source: &Source, eighths: u32, size: Size) -> Option<Pixels> {
    let most = source.most_blocks();
    // Of a chroma with fewer samples more coefficients are used, and no sample needs to stand for two pixels.
    let times = |most: u32, own: u32| most.is_multiple_of(own).then_some(eighths * most / own);
    // Beside a luma of means it looks best if it is one of halves' means: 94.5 points for 94.1 (12 megapixels to 200 pixels).
    let softness = if eighths == 1 { idct::MEAN_OF_HALF } else { 1.0 };
    let planes = decode(source, (eighths, Chroma::Finer), NONE, softness, |component| {
        Some((times(most.0, component.blocks.0)?, times(most.1, component.blocks.1)?))
    })?;
    let width = size.width as usize;
    match &planes[..] {
        [luma] => {
            let mut pixels = Pixels::zeroed(size, Layout::Gray);
            let rows = pixels.data.chunks_exact_mut(width).zip(rows(luma));
            rows.for_each(|(to, luma)| to.copy_from_slice(&luma[..width]));
            Some(pixels)
        }
        [luma, blue, red] => {
            let mut pixels = Pixels::zeroed(size, Layout::Rgb);
            let samples = rows(luma).zip(rows(blue)).zip(rows(red));
            for (to, ((luma, blue), red)) in pixels.data.chunks_exact_mut(3 * width).zip(samples) {
                let samples = luma.iter().zip(blue).zip(red);
                let to = to.as_chunks_mut().0.iter_mut();
                to.zip(samples).for_each(|(to, ((luma, blue), red))| *to = rgb(*luma, *blue, *red));
            }
            Some(pixels)
        }
        _ => None,
    }
}

fn rows(plane: &Pixels) -> impl Iterator<Item = &[u8]> {
    plane.data.chunks_exact(plane.width as usize)
}

/// By BT.601 in full range (JFIF).
#[inline]
#[expect(clippy::cast_sign_loss, reason = "within 0 to 255")]
fn rgb(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    let (luma, blue, red) = (i32::from(luma), i32::from(blue) - 128, i32::from(red) - 128);
    // In 65536ths, rounded.
    let part = |sum: i32| (luma + ((sum + 32_768) >> 16)).clamp(0, 255) as u8;
    [part(91_881 * red), part(-22_554 * blue - 46_802 * red), part(116_130 * blue)]
}

/// With the columns and rows of pixels that a block of a component becomes, and what is left of a detail in each direction that is not
/// a mean's.
pub(super) fn decode(
    source: &Source,
    reduced: (u32, Chroma),
    more: Size,
    softness: f32,
    sides: impl Fn(&Component) -> Option<(u32, u32)>,
) -> Option<Vec<Pixels>> {
    let (size, most) = (source.size(), source.most_blocks());
    let units = (size.width.div_ceil(8 * most.0), size.height.div_ceil(8 * most.1));
    let mut planes = Vec::new();
    for (place, component) in source.components().iter().enumerate() {
        let more = if place == 0 { NONE } else { more };
        planes.push(Plane::new(component, sides(component)?, units, more, softness)?);
    }
    match source {
        Source::Baseline(file) => sequential::fill(file, &mut planes, units)?,
        Source::Progressive(file) => file.fill(&mut planes, units, reduced)?,
    }
    Some(planes.into_iter().map(|plane| plane.pixels).collect())
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]
mod tests {
    use std::f64::consts::PI;

    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
    use turbojpeg::{
        Compressor, DecompressHeader as TurboHeader, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp, YuvImage,
    };

    use super::*;

    const SIDES: (u16, u16) = (203, 117);

    /// Waves and edges of every colour.
    fn picture((width, height): (u16, u16)) -> Vec<u8> {
        let level = |place: usize| {
            let (x, y) = (place / 3 % usize::from(width), place / 3 / usize::from(width));
            let wave = 128.0 + 70.0 * (x as f64 / 9.0).sin() + 40.0 * ((x * y) as f64 / 300.0).cos();
            wave as u8 ^ if (x / 20 + y / 15) % 3 == place % 3 { 90 } else { 0 }
        };
        (0..usize::from(width) * usize::from(height) * 3).map(level).collect()
    }

    /// With the standard's tables, and restart markers each so many units.
    fn plain(size: (u16, u16), quality: u8, sampling: SamplingFactor, interval: u16) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, quality);
        encoder.set_sampling_factor(sampling);
        if interval > 0 {
            encoder.set_restart_interval(interval);
        }
        encoder.encode(&picture(size), size.0, size.1, ColorType::Rgb).unwrap();
        bytes
    }

    /// With tables of its own.
    fn optimized(quality: i32, subsampling: Subsamp) -> Vec<u8> {
        let mut compressor = Compressor::new().unwrap();
        compressor.set_quality(quality).unwrap();
        compressor.set_subsamp(subsampling).unwrap();
        compressor.set_optimize(true).unwrap();
        let (width, height, format) = (SIDES.0.into(), SIDES.1.into(), PixelFormat::RGB);
        let image = Image { pixels: &picture(SIDES)[..], width, height, pitch: 3 * width, format };
        compressor.compress_to_vec(image).unwrap()
    }

    fn every_coding() -> Vec<Vec<u8>> {
        use SamplingFactor as Plain;
        let mut codings = Vec::new();
        for quality in [5, 50, 88, 100] {
            for sampling in [Plain::R_4_2_0, Plain::R_4_4_4, Plain::R_4_2_2, Plain::R_4_4_0] {
                codings.extend([0, 1, 7].map(|interval| plain(SIDES, quality, sampling, interval)));
            }
            for sampling in [Subsamp::Sub2x2, Subsamp::None, Subsamp::Sub2x1, Subsamp::Sub1x2, Subsamp::Sub4x1] {
                codings.push(optimized(quality.into(), sampling));
            }
        }
        codings
    }

    fn fraction(eighths: u32) -> ScalingFactor {
        let common = eighths.trailing_zeros();
        ScalingFactor::new(eighths as usize >> common, 8 >> common)
    }

    /// libjpeg's planes, each with its columns and rows that are filled.
    fn theirs(bytes: &[u8], eighths: u32) -> [(Pixels, usize, usize); 3] {
        let mut decoder = Decompressor::new().unwrap();
        decoder.set_scaling_factor(fraction(eighths)).unwrap();
        let TurboHeader { width, height, subsamp, .. } = decoder.read_header(bytes).unwrap().scaled(fraction(eighths));
        let length = turbojpeg::yuv_pixels_len(width, 1, height, subsamp).unwrap();
        let mut image = YuvImage { pixels: vec![0; length], width, align: 1, height, subsamp };
        decoder.decompress_to_yuv(bytes, image.as_deref_mut()).unwrap();
        let (luma, chroma) = image.pixels.split_at(image.y_width() * image.y_height());
        let (blue, red) = chroma.split_at(image.uv_width() * image.uv_height());
        let plane = |samples: &[u8], columns: usize, rows: usize| Pixels {
            width: columns as u32,
            height: rows as u32,
            layout: Layout::Gray,
            data: samples.to_vec(),
        };
        let (across, down) = (image.y_width(), image.y_height());
        let [blue, red] = [blue, red]
            .map(|samples| (plane(samples, image.uv_width(), image.uv_height()), image.uv_width(), image.uv_height()));
        [(plane(luma, across, down), width, height), blue, red]
    }

    fn ours(bytes: &[u8], eighths: u32) -> Vec<Pixels> {
        planes(&Source::read(bytes).expect("nothing odd"), eighths, NONE).expect("nothing odd")
    }

    /// Each sample of libjpeg's planes with ours.
    fn pairs(bytes: &[u8], eighths: u32) -> Vec<(u8, u8)> {
        let pairs =
            ours(bytes, eighths).into_iter().zip(theirs(bytes, eighths)).flat_map(|(ours, (theirs, columns, rows))| {
                let lines =
                    theirs.data.chunks_exact(theirs.width as usize).zip(ours.data.chunks_exact(ours.width as usize));
                let samples = |(theirs, ours): (&[u8], &[u8])| {
                    theirs.iter().copied().zip(ours.iter().copied()).take(columns).collect::<Vec<_>>()
                };
                lines.take(rows).flat_map(samples).collect::<Vec<_>>()
            });
        pairs.collect()
    }

    /// At an eighth libjpeg too uses the means alone, which come out only if every bit between them was passed over rightly.
    #[test]
    fn an_eighth_is_libjpegs_to_the_last_bit() {
        for (number, bytes) in every_coding().iter().enumerate() {
            let pairs = pairs(bytes, 1);
            assert_eq!(pairs.iter().position(|(theirs, ours)| theirs != ours), None, "coding {number}");
            assert!(pairs.len() >= 26 * 15, "coding {number}: {} samples", pairs.len());
        }
    }

    /// There it uses the same coefficients, and nothing that is higher.
    #[test]
    fn three_eighths_are_libjpegs_but_for_rounding() {
        for (number, bytes) in every_coding().iter().enumerate() {
            let most = pairs(bytes, 3).iter().map(|(theirs, ours)| theirs.abs_diff(*ours)).max();
            assert!(most <= Some(1), "coding {number}: {most:?}");
        }
    }

    /// What the whole blocks of a full decode have of the lowest frequencies, in doubles.
    fn cut(plane: &Pixels, side: usize, column: usize, row: usize) -> Vec<f64> {
        let cosine = |frequency: usize, place: usize, of: usize| {
            let scale = if frequency == 0 { 1.0 } else { 2_f64.sqrt() };
            scale * ((2 * place + 1) as f64 * frequency as f64 * PI / (2 * of) as f64).cos()
        };
        let sample = |x: usize, y: usize| f64::from(plane.data[(8 * row + y) * plane.width as usize + 8 * column + x]);
        let mut cut = vec![0.0; side * side];
        for (u, v) in (0..side * side).map(|place| (place % side, place / side)) {
            let terms = (0..64).map(|place| (place % 8, place / 8));
            let sum: f64 = terms.map(|(x, y)| sample(x, y) * cosine(u, x, 8) * cosine(v, y, 8) / 64.0).sum();
            for (place, level) in cut.iter_mut().enumerate() {
                *level += sum * cosine(u, place % side, side) * cosine(v, place / side, side);
            }
        }
        cut
    }

    #[test]
    fn quarters_and_halves_are_what_their_frequencies_make() {
        for (number, bytes) in every_coding().iter().enumerate() {
            for eighths in [2, 3, 4] {
                let side = eighths as usize;
                let (mut off, mut count) = (0.0, 0.0);
                for ((full, ..), ours) in theirs(bytes, 8).iter().zip(ours(bytes, eighths)) {
                    for (column, row) in [(0, 0), (3, 2), (5, 1), (1, 4), (4, 3)] {
                        if 8 * column + 8 > full.width as usize || 8 * row + 8 > full.height as usize {
                            continue;
                        }
                        for (place, level) in cut(full, side, column, row).into_iter().enumerate() {
                            let at = (row * side + place / side) * ours.width as usize + column * side + place % side;
                            off += (level.clamp(0.0, 255.0) - f64::from(ours.data[at])).abs();
                            count += 1.0;
                        }
                    }
                }
                // The coarsest coding is clipped in the full decode, and not before it.
                let most = if number < 17 { 2.0 } else { 0.6 };
                assert!(count >= 40.0 && off / count < most, "coding {number}, {eighths}/8: {}", off / count);
            }
        }
    }

    #[test]
    fn what_is_odd_is_left_to_libjpeg() {
        let read = |bytes: &[u8]| planes(&Source::read(bytes)?, 2, NONE);
        let bytes = plain((43, 35), 80, SamplingFactor::R_4_2_0, 3);
        assert!(read(&bytes).is_some());
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length]).is_none(), "cut to {length}");
        }
        let scan = bytes.windows(2).position(|pair| pair == b"\xff\xda").unwrap();
        // Restart markers out of order, and one that is missing.
        let marker = scan + bytes[scan..].windows(2).position(|pair| pair == b"\xff\xd0").unwrap();
        let mut wrong = bytes.clone();
        wrong[marker + 1] = 0xD1;
        assert!(read(&wrong).is_none());
        wrong.drain(marker..marker + 2);
        assert!(read(&wrong).is_none());
        // More behind the picture than its end.
        let end = bytes.len() - 2;
        assert!(read(&[&bytes[..end], &[0x12; 9], &bytes[end..]].concat()).is_none());
        // Anything else that is changed is refused or read, and never panics.
        for place in 2..bytes.len() {
            for bit in [0, 3, 7] {
                let mut changed = bytes.clone();
                changed[place] ^= 1 << bit;
                let _ = read(&changed);
            }
        }
    }
}
