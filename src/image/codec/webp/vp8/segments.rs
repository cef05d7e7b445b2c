//! Which macroblocks are coded how coarse: busy ones coarser than smooth ones, where more of a loss would be seen.

use wide::i16x8;

use super::clusters::Clusters;
use super::lanes::{Lanes, forward};
use super::quantizer::{Quantizer, STEPS, Sort};
use super::source::{Macroblock, Source};

/// More of them the format does not have.
pub(super) const COUNT: usize = 4;

/// How much the coarseness differs between macroblocks, and chroma's from luma's, in hundredths.
const DIFFERENCE: i32 = 50;
/// How much the edges of blocks are smoothed, in hundredths.
const SMOOTHING: i32 = 60;
/// Over this quality, what chroma's means lose is not made up for by those beside them.
const EXACT: u8 = 98;

/// All macroblocks with about as much in them.
#[derive(Clone)]
pub(super) struct Segment {
    pub(super) index: i32,
    pub(super) luma: Quantizer,
    pub(super) means: Quantizer,
    pub(super) chroma: Quantizer,
    /// What 256ths of a bit weigh, against 256ths of a square, in each of the decisions.
    pub(super) of_small: i64,
    pub(super) of_whole: i64,
    pub(super) of_chroma: i64,
    pub(super) of_both: i64,
    /// And what a change of texture weighs, by 256.
    pub(super) of_texture: i64,
    /// From 0 to 63.
    pub(super) smoothing: i32,
}

/// Of a picture.
#[derive(Clone)]
pub(super) struct Segments {
    pub(super) all: Vec<Segment>,
    /// By macroblock.
    pub(super) map: Vec<u8>,
    /// What is added to the quantizer index for the means of chroma, and for the rest of it.
    pub(super) chroma: [i32; 2],
    pub(super) spreads_errors: bool,
}

impl Segments {
    pub(super) fn new(source: &Source, quality: u8) -> Self {
        let mut eases = Vec::with_capacity(source.across * source.down);
        let mut of_chroma = 0;
        for y in 0..source.down {
            for x in 0..source.across {
                let [luma, chroma] = business(&source.macroblock(x, y));
                of_chroma += i64::from(chroma);
                eases.push(u8::try_from((255 - (3 * luma + chroma + 2) / 4).clamp(0, 255)).unwrap_or(0));
            }
        }
        let chroma = chroma_indices(of_chroma / i64::try_from(eases.len()).unwrap_or(i64::MAX).max(1));
        let clusters = Clusters::new(&eases);
        let mut all: Vec<Segment> = Vec::new();
        let places = clusters.eases().map(|[ease, from_least]| {
            let index = index(quality, ease);
            let smoothing = smoothing(index, from_least);
            let same = all.iter().position(|other| other.index == index && other.smoothing == smoothing);
            same.unwrap_or_else(|| {
                all.push(Segment::new(index, chroma, smoothing));
                all.len() - 1
            })
        });
        let map = eases.iter().map(|ease| u8::try_from(places[clusters.nearest(*ease)]).unwrap_or(0)).collect();
        Self { all, map, chroma, spreads_errors: quality <= EXACT }
    }
}

impl Segment {
    fn new(index: i32, chroma: [i32; 2], smoothing: i32) -> Self {
        let luma = Quantizer::new(Sort::Luma, index, [0, 0]);
        let means = Quantizer::new(Sort::Means, index, [0, 0]);
        let chroma = Quantizer::new(Sort::Chroma, index, chroma);
        let square = |quantizer: &Quantizer| i64::from(quantizer.mean_step()).pow(2);
        Self {
            index,
            of_small: (square(&luma) >> 6).max(1),
            of_whole: (3 * square(&means)).max(1),
            of_chroma: (square(&chroma) >> 5).max(1),
            of_both: (square(&luma) >> 7).max(1),
            of_texture: ((70 * i64::from(luma.mean_step())) >> 5).max(1),
            luma,
            means,
            chroma,
            smoothing,
        }
    }

    /// Smooths edges at least so that such ones do not show.
    pub(super) fn smooth(&mut self, edge: i32) {
        self.smoothing = self.smoothing.max(edge * i32::from(self.means.steps[1]) / 8).min(63);
    }
}

/// What is added to luma's quantizer index for the means of chroma, in which the eye sees steps, and for the rest of it, which may be
/// coarser where chroma is busy.
fn chroma_indices(business: i64) -> [i32; 2] {
    let more = i32::try_from(business).unwrap_or(0) - 64;
    [-4 * DIFFERENCE / 100, (more / 7 * DIFFERENCE / 100).clamp(-4, 6)]
}

/// From 0 to 127, for an ease from −127 to 127. Such that files are about as long as libwebp's of the same quality.
#[expect(clippy::cast_possible_truncation, reason = "within its bounds")]
fn index(quality: u8, ease: i32) -> i32 {
    let quality = f64::from(quality) / 100.0;
    let linear = if quality < 0.75 { quality * 2.0 / 3.0 } else { 2.0 * quality - 1.0 };
    let exponent = 1.0 - 0.9 * f64::from(DIFFERENCE) / 100.0 / 128.0 * f64::from(ease);
    ((132.0 * (1.0 - linear.cbrt().powf(exponent))) as i32).min(127)
}

fn smoothing(index: i32, ease: i32) -> i32 {
    let step = i32::from(STEPS[usize::try_from(index.clamp(0, 127)).unwrap_or(0)]) / 4;
    let level = step.min(63) * 5 * SMOOTHING / (256 + ease);
    if level < 2 { 0 } else { level.min(63) }
}

/// How busy luma and chroma are: how far the coefficients reach, for how few there are of the commonest size.
fn business(macroblock: &Macroblock) -> [i32; 2] {
    let [upper, lower] = macroblock.luma.each_ref().map(|lanes| magnitudes(lanes, 8));
    let chroma = magnitudes(&macroblock.chroma, 4);
    let both = Magnitudes {
        largest: upper.largest.max(lower.largest),
        zeros: upper.zeros + lower.zeros,
        ones: upper.ones + lower.ones,
    };
    [both, chroma].map(|magnitudes| {
        let most = i32::from(magnitudes.zeros.max(magnitudes.ones));
        let reach = i32::from(magnitudes.largest.clamp(1, 31));
        if most > 1 { 510 * reach / most } else { 0 }
    })
}

/// Of coefficients, by eights.
struct Magnitudes {
    largest: i16,
    zeros: i16,
    ones: i16,
}

/// The means against that of so many blocks together.
fn magnitudes(samples: &Lanes, together: i16) -> Magnitudes {
    let mut coefficients = forward(samples);
    let mut means = coefficients[0].to_array();
    for group in means.chunks_mut(together.unsigned_abs().into()) {
        let sum: i16 = group.iter().sum();
        for mean in group {
            *mean -= sum / together;
        }
    }
    coefficients[0] = means.into();
    let (mut largest, mut zeros, mut ones) = (i16x8::ZERO, i16x8::ZERO, i16x8::ZERO);
    for coefficient in coefficients {
        let size = coefficient.abs() >> 3;
        largest = largest.max(size);
        zeros -= size.simd_eq(i16x8::ZERO);
        ones -= size.simd_eq(i16x8::ONE);
    }
    let sum = |lanes: i16x8| lanes.to_array().iter().sum();
    Magnitudes { largest: largest.reduce_max(), zeros: sum(zeros), ones: sum(ones) }
}
