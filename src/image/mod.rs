//! Pixels: bytes in, bytes out. Pure and synchronous; nothing here knows a store, a clock or a thread.
//!
//! [`render`] is the pipeline, a file a step. Limits are checked from the header, before anything is decoded.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use crate::error::{Error, Kind, Result};
use crate::format::Format;
use crate::variant::Recipe;

mod codec;
pub mod colour;
pub mod geometry;
pub mod orient;
mod pixels;
pub mod probe;
mod resize;

use geometry::Size;
pub use probe::{Probe, probe};

/// Raised when the same recipe begins to give other bytes worth having: variants of an older epoch are made anew
/// wherever we are asked; what S3 or CloudFront answers by itself we do not see.
pub const EPOCH: u32 = 1;

/// What a source and a result may be; checked before the spending.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Width times height of the source.
    pub source_pixels: u64,
    /// The longer side of the result.
    pub output_side: u32,
    /// Scans of a progressive JPEG, each of which costs a pass over the whole picture. libjpeg writes 10.
    pub jpeg_scans: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { source_pixels: 50_000_000, output_side: 8192, jpeg_scans: 100 }
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
    /// What it is encoded as.
    pub format: Format,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// What it took.
    pub cost: Cost,
}

/// What a render had to do, in sizes; durations are for those who have a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The source, as stored (before orientation).
    pub source: Size,
    /// What was decoded of it: smaller than the source where the decoder scales.
    pub decoded: Size,
}

/// Makes a picture from a source's bytes.
///
/// [`Kind::Unsupported`]: not a picture, or of a format not read here. [`Kind::TooLarge`]: over `limits`, found before any
/// allocation. [`Kind::Corrupt`]: torn, or lying about itself, also when a decoder panics. [`Kind::Deadline`]: cancelled.
pub fn render(bytes: &[u8], recipe: &Recipe, limits: &Limits, cancel: &Cancel) -> Result<Rendered> {
    // The one place where a panic is caught: decoders of hostile input are the only code here that is not ours.
    // Nothing that could be left half-changed crosses the boundary.
    match catch_unwind(AssertUnwindSafe(|| pipeline(bytes, recipe, limits, cancel))) {
        Ok(result) => result,
        Err(_) => Err(Error::new(Kind::Corrupt, "the picture could not be decoded")),
    }
}

fn pipeline(bytes: &[u8], recipe: &Recipe, limits: &Limits, cancel: &Cancel) -> Result<Rendered> {
    let probe = probe(bytes)?;
    probe.check(limits)?;
    let format = recipe.format.unwrap_or(probe.format);
    let placement = geometry::place(probe.oriented_size(), recipe.scale);
    check_output(placement.size, limits)?;
    let stored = placement.before(probe.orientation, probe.oriented_size());

    cancel.check()?;
    let decoded = codec::decode(bytes, &probe, &stored)?;
    let cost = Cost { source: probe.size, decoded: decoded.pixels.size() };
    cancel.check()?;
    let resized = resize::resize(decoded, &stored)?;
    cancel.check()?;
    let upright = orient::orient(resized, probe.orientation);
    let pixels = colour::fit_format(upright, format, recipe.background);
    cancel.check()?;
    let bytes = Bytes::from(codec::encode(&pixels, format, recipe.quality)?);
    Ok(Rendered { bytes, format, width: pixels.width, height: pixels.height, cost })
}

fn check_output(size: Size, limits: &Limits) -> Result<()> {
    if size.width.max(size.height) > limits.output_side {
        let (Size { width, height }, limit) = (size, limits.output_side);
        let words = format!("the result would be {width} × {height} pixels, over the limit of {limit} a side");
        return Err(Error::new(Kind::TooLarge, words));
    }
    Ok(())
}
