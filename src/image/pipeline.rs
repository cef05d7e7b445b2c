//! The steps from a source's bytes to a result's.

use std::borrow::Cow;

use bytes::Bytes;

use super::codec::{self, Decoded, Target};
use super::colour::Converter;
use super::geometry::{self, Arrangement, Ground, Placement, Size};
use super::pixels::Pixels;
use super::probe::{Probe, probe};
use super::{Cancel, Cost, Limits, Options, Rendered, Strangers};
use super::{animation, focus, ground, orient, resize, sniff, still, untouched};
use crate::error::{Error, Kind, Result};
use crate::format::{FileType, Format};
use crate::variant::{Recipe, Scale};

/// What becomes of each recipe. Stills share what is decoded.
pub(super) fn run(bytes: &[u8], recipes: &[Recipe], options: &Options, cancel: &Cancel) -> Vec<Result<Rendered>> {
    let mut results = Vec::new();
    let mut jobs = Vec::new();
    for (place, recipe) in recipes.iter().enumerate() {
        results.push(match plan(bytes, recipe, options, cancel) {
            Ok(Plan::Passed(rendered)) => Ok(rendered),
            Ok(Plan::Moving(job)) => animation::run(&job),
            Ok(Plan::Still(job)) => {
                jobs.push((place, job));
                continue;
            }
            Err(error) => Err(error),
        });
    }
    let (places, jobs): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
    for (place, result) in places.into_iter().zip(still::run(&jobs)) {
        results.insert(place, result);
    }
    results
}

/// What is to be done for a recipe.
enum Plan<'a> {
    Passed(Rendered),
    Moving(Job<'a>),
    Still(Job<'a>),
}

fn plan<'a>(bytes: &'a [u8], recipe: &'a Recipe, options: &'a Options, cancel: &'a Cancel) -> Result<Plan<'a>> {
    let file_type = sniff::sniff(bytes)
        .ok_or_else(|| Error::new(Kind::Unsupported, "this is not a picture of a format known here"))?;
    let Some(own_format) = file_type.output() else {
        return pass_through(bytes, file_type, recipe, options).map(Plan::Passed);
    };
    if options.undecoded.contains(&file_type) {
        return Err(Error::new(Kind::Unsupported, format!("{file_type} is switched off here")));
    }
    let probe = probe(bytes, file_type)?;
    let format = match recipe.format.unwrap_or(own_format) {
        // What `f=auto` becomes is settled before anyone has seen the source, and a picture that moves should not stop at that.
        Format::Avif if probe.frames > 1 && options.formats.contains(Format::Webp) => Format::Webp,
        format @ (Format::Webp | Format::Avif | Format::Jpeg | Format::Png | Format::Gif) => format,
    };
    let frames = if format.is_animated() { probe.frames } else { 1 };
    probe.check(&options.limits, frames)?;
    let arrangement = geometry::arrange(probe.oriented_size(), recipe.scale);
    check_output(arrangement.size(), frames, &options.limits)?;
    cancel.check()?;
    let job = Job { bytes, probe, recipe, format, arrangement, options, cancel };
    Ok(if frames > 1 { Plan::Moving(job) } else { Plan::Still(job) })
}

/// What is no raster picture is not decoded, and so neither scaled nor turned into anything else.
fn pass_through(bytes: &[u8], file_type: FileType, recipe: &Recipe, options: &Options) -> Result<Rendered> {
    let unsupported = |what: String| Err(Error::new(Kind::Unsupported, format!("{file_type} {what}")));
    match (options.strangers, recipe.format, recipe.scale) {
        (Strangers::Forbidden, ..) => {
            Err(Error::new(Kind::Forbidden, format!("{file_type} is not resized, and originals are not served here")))
        }
        (_, Some(format), _) => unsupported(format!("can't be turned into {format}")),
        (Strangers::NoThumbnails, None, _) | (_, None, Scale::Half) => {
            unsupported("can't be made into a thumbnail".to_owned())
        }
        (Strangers::Pass, None, Scale::None | Scale::Box { .. }) => {
            let nothing = Size { width: 0, height: 0 };
            let cost = Cost { source: nothing, decoded: nothing, frames: 0 };
            Ok(Rendered { bytes: Bytes::copy_from_slice(bytes), file_type, width: 0, height: 0, cost })
        }
    }
}

/// Everything that is settled before a pixel is decoded.
pub(super) struct Job<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) probe: Probe,
    pub(super) recipe: &'a Recipe,
    pub(super) format: Format,
    pub(super) arrangement: Arrangement,
    pub(super) options: &'a Options,
    pub(super) cancel: &'a Cancel,
}

impl Job<'_> {
    /// Where the picture is taken from, before it is turned upright, while nobody has looked at it.
    pub(super) fn placement(&self) -> Placement {
        self.arrangement.placement.before(self.probe.orientation, self.probe.oriented_size())
    }

    /// Where the picture is taken from. All frames of an animation are cropped as the first.
    pub(super) fn focus(&self, decoded: &Decoded, converter: &Converter) -> Result<Placement> {
        let placement = self.placement();
        match self.arrangement.focus {
            Some(focus) => focus::place(decoded, converter, placement, self.probe.size, focus),
            None => Ok(placement),
        }
    }

    /// What is done to every frame between its decoder and its encoder.
    pub(super) fn transform(
        &self,
        decoded: Cow<Decoded>,
        placement: &Placement,
        converter: &Converter,
    ) -> Result<Pixels> {
        let resized = resize::resize(decoded, placement)?;
        self.cancel.check()?;
        let upright = orient::orient(resized, self.probe.orientation);
        // On the few pixels that are left, not on the source's.
        let pixels = converter.apply(upright);
        Ok(match self.arrangement.ground {
            Some(ground) => ground::lay(pixels, ground, self.format, self.recipe.background),
            None => pixels,
        })
    }

    pub(super) fn target(&self) -> Target {
        Target {
            format: self.format,
            quality: self.recipe.quality,
            encoding: self.options.encoding,
            is_lossless_source: codec::is_lossless(self.bytes, self.probe.file_type),
        }
    }

    /// Whether the result has the source's size and format.
    fn keeps_all(&self) -> bool {
        let Arrangement { placement, ground, .. } = self.arrangement;
        let shows_ground = |ground: Ground| ground.size != placement.size || self.recipe.background.is_some();
        self.recipe.format.is_none()
            && placement.size == self.probe.oriented_size()
            && !ground.is_some_and(shows_ground)
    }

    /// A source to which nothing is done does not grow: then it is itself the answer, without its metadata.
    pub(super) fn rendered(&self, encoded: Vec<u8>, size: Size, cost: Cost) -> Rendered {
        let Size { width, height } = size;
        let is_grown = encoded.len() > self.bytes.len() && self.keeps_all();
        let untouched = if is_grown { untouched::strip(self.bytes, &self.probe) } else { None };
        Rendered {
            bytes: Bytes::from(untouched.unwrap_or(encoded)),
            file_type: self.format.into(),
            width,
            height,
            cost,
        }
    }
}

/// What is laid on a ground may be larger than its source, and every frame of it.
fn check_output(size: Size, frames: u32, limits: &Limits) -> Result<()> {
    let Size { width, height } = size;
    let too_large = |over: String| {
        let words = format!("the result would be {width} × {height} pixels{}, over the limit of {over}", times(frames));
        Err(Error::new(Kind::TooLarge, words))
    };
    if width.max(height) > limits.output_side {
        return too_large(format!("{} a side", limits.output_side));
    }
    if u64::from(width) * u64::from(height) * u64::from(frames) > limits.source_pixels {
        return too_large(format!("{} in all", limits.source_pixels));
    }
    Ok(())
}

/// How an error says that a picture moves.
pub(super) fn times(frames: u32) -> String {
    if frames > 1 { format!(" × {frames} frames") } else { String::new() }
}
