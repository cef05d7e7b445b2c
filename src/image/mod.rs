//! Pixels: bytes in, bytes out. Pure and synchronous; nothing here knows a store, a clock or a thread.
//!
//! [`render`] runs the pipeline, a file a step. Limits are checked from the header, before anything is decoded.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use crate::error::{Error, Kind, Result};
use crate::format::{FileType, FormatSet};
use crate::variant::Recipe;

mod animation;
mod codec;
mod colour;
mod focus;
pub mod geometry;
mod ground;
mod jpeg_scans;
mod jpeg_segments;
pub mod orient;
mod pipeline;
mod pixels;
mod planar;
mod planes;
pub mod probe;
mod profile;
mod reduction;
mod resize;
mod riff;
pub mod sniff;
mod spare;
mod still;
mod untouched;

use geometry::Size;
pub use probe::Probe;

/// Raised when the same recipe begins to give other bytes worth having: variants of an older epoch are made anew
/// wherever we are asked; what S3 or CloudFront answers by itself we do not see.
pub const EPOCH: u32 = 3;

/// How this deployment renders, whatever the recipe.
#[derive(Clone, Debug)]
pub struct Options {
    /// What a picture may cost.
    pub limits: Limits,
    /// How results are written.
    pub encoding: Encoding,
    /// Types that are not decoded here, though they could be.
    pub undecoded: BTreeSet<FileType>,
    /// The formats that are made, for where the source decides between them.
    pub formats: FormatSet,
    /// What becomes of what is no raster picture.
    pub strangers: Strangers,
}

/// What becomes of what is no raster picture (SVG, PDF, video), where no other format is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strangers {
    /// It is answered as it is.
    Pass,
    /// It is an original, and those are not served: [`Kind::Forbidden`].
    Forbidden,
    /// It has no thumbnail: [`Kind::Unsupported`].
    NoThumbnails,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            encoding: Encoding::default(),
            undecoded: BTreeSet::new(),
            formats: FormatSet::all(),
            strangers: Strangers::Pass,
        }
    }
}

/// What a source and a result may be; checked before the spending.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Width times height of the source, summed over the frames that are decoded (a still asks for one); and of the result,
    /// summed likewise.
    pub source_pixels: u64,
    /// The longer side of the source: the resampler's tables grow with it. No JPEG or GIF can be larger.
    pub source_side: u32,
    /// Frames of an animation.
    pub frames: u32,
    /// The longer side of the result.
    pub output_side: u32,
    /// Scans of a progressive JPEG, each of which costs a pass over the whole picture. libjpeg writes 10.
    pub jpeg_scans: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { source_pixels: 50_000_000, source_side: 65_535, frames: 256, output_side: 8192, jpeg_scans: 100 }
    }
}

/// What an encoder is told beside the quality.
#[derive(Clone, Copy, Debug)]
pub struct Encoding {
    /// JPEG that shows the whole picture early: a few per cent smaller, and slower to write and to show.
    pub jpeg_progressive: bool,
    /// 4: what is opaque is encoded by us. Else, and for what is not, how long libwebp looks for the shortest file, 0 to 6.
    pub webp_effort: u8,
    /// How much libaom leaves untried, 0 to 9. [`None`]: 6 for a result of up to 2 megapixels, 9 for a larger one.
    pub avif_speed: Option<u8>,
}

impl Default for Encoding {
    /// Effort 4 is libwebp's own default, and sharp's: our encoder takes six tenths of its time for as good a picture in no more bytes
    /// (bench/results/2026-11-23-webp-encoder.md). AVIF's speed 6 is the slowest that takes about a tenth of sharp's time; for what is
    /// seen its bytes are sharp's at 1440 pixels' width and a tenth more at 400, those of 9 a sixth and a third more
    /// (bench/results/2026-11-22-avif-settings.md).
    fn default() -> Self {
        Self { jpeg_progressive: false, webp_effort: 4, avif_speed: None }
    }
}

/// Tells a running render to stop; looked at between the steps.
#[derive(Debug, Default)]
pub struct Cancel(AtomicBool);

impl Cancel {
    /// Asks for the end.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Relaxed) {
            return Err(Error::new(Kind::Deadline, "the picture took too long to make"));
        }
        Ok(())
    }
}

/// A finished picture.
#[derive(Debug)]
pub struct Rendered {
    /// The encoded file.
    pub bytes: Bytes,
    /// What it is.
    pub file_type: FileType,
    /// Pixels; 0 for what passed through, since nobody looked.
    pub width: u32,
    /// Pixels; 0 for what passed through.
    pub height: u32,
    /// What it took.
    pub cost: Cost,
}

/// What a render had to do, in sizes; durations are for those who have a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The source, as stored (before orientation); one frame of it.
    pub source: Size,
    /// What was decoded of it: smaller than the source where the decoder scales.
    pub decoded: Size,
    /// Frames that were decoded.
    pub frames: u32,
}

/// Makes a picture from a source's bytes. What is no raster picture (SVG, PDF, HEIC, video) passes through as it is, unless another
/// format is asked for.
///
/// [`Kind::Unsupported`]: not a picture, or of a format not read here. [`Kind::TooLarge`]: over the limits, found before any
/// allocation. [`Kind::Corrupt`]: torn, or lying about itself, also when a decoder panics. [`Kind::Deadline`]: cancelled.
pub fn render(bytes: &[u8], recipe: &Recipe, options: &Options, cancel: &Cancel) -> Result<Rendered> {
    let mut rendered = render_all(bytes, std::slice::from_ref(recipe), options, cancel);
    rendered.pop().unwrap_or_else(|| Err(damaged()))
}

/// Makes several pictures from one source, in the order of their recipes; each may fail as [`render`] does. The source is decoded
/// once for all that stand still, as finely as one of them needs it (twice, if only some of them can do without red, green and blue).
pub fn render_all(bytes: &[u8], recipes: &[Recipe], options: &Options, cancel: &Cancel) -> Vec<Result<Rendered>> {
    // The one place where a panic is caught: decoders of hostile input, and the encoders behind them, are not ours.
    // Nothing that could be left half-changed crosses the boundary.
    let results = catch_unwind(AssertUnwindSafe(|| pipeline::run(bytes, recipes, options, cancel)));
    results.unwrap_or_else(|_| recipes.iter().map(|_| Err(damaged())).collect())
}

fn damaged() -> Error {
    Error::new(Kind::Corrupt, "the picture could not be decoded")
}
