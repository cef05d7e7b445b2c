//! The steps from a source's bytes to a result's.

use bytes::Bytes;

use super::codec::{self, Decoded, Target};
use super::colour::Converter;
use super::geometry::{self, Arrangement, Placement, Size};
use super::pixels::Pixels;
use super::probe::{Probe, probe};
use super::{Cancel, Cost, Limits, Options, Rendered};
use super::{animation, colour, focus, ground, orient, resize, sniff, untouched};
use crate::error::{Error, Kind, Result};
use crate::format::{FileType, Format};
use crate::variant::{Recipe, Scale};

pub(super) fn run(bytes: &[u8], recipe: &Recipe, options: &Options, cancel: &Cancel) -> Result<Rendered> {
    let file_type = sniff::sniff(bytes)
        .ok_or_else(|| Error::new(Kind::Unsupported, "this is not a picture of a format known here"))?;
    let Some(own_format) = file_type.output() else { return pass_through(bytes, file_type, recipe) };
    if options.undecoded.contains(&file_type) {
        return Err(Error::new(Kind::Unsupported, format!("{file_type} is switched off here")));
    }
    let probe = probe(bytes, file_type)?;
    let format = recipe.format.unwrap_or(own_format);
    let is_animated = probe.frames > 1 && format.is_animated();
    probe.check(&options.limits, if is_animated { probe.frames } else { 1 })?;
    let arrangement = geometry::arrange(probe.oriented_size(), recipe.scale);
    check_output(arrangement.size(), &options.limits)?;
    let job = Job { bytes, probe, recipe, format, arrangement, options, cancel };
    cancel.check()?;
    if is_animated { animation::run(&job) } else { job.still() }
}

/// What is no raster picture is not decoded, and so neither scaled nor turned into anything else.
fn pass_through(bytes: &[u8], file_type: FileType, recipe: &Recipe) -> Result<Rendered> {
    let refusal = match (recipe.format, recipe.scale) {
        (Some(format), _) => format!("{file_type} can't be turned into {format}"),
        (None, Scale::Half) => format!("{file_type} can't be made into a thumbnail"),
        (None, Scale::None | Scale::Box { .. }) => {
            let nothing = Size { width: 0, height: 0 };
            let cost = Cost { source: nothing, decoded: nothing, frames: 0 };
            return Ok(Rendered { bytes: Bytes::copy_from_slice(bytes), file_type, width: 0, height: 0, cost });
        }
    };
    Err(Error::new(Kind::Unsupported, refusal))
}

/// Everything that is settled before a pixel is decoded.
pub(super) struct Job<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) probe: Probe,
    pub(super) recipe: &'a Recipe,
    pub(super) format: Format,
    arrangement: Arrangement,
    pub(super) options: &'a Options,
    pub(super) cancel: &'a Cancel,
}

impl Job<'_> {
    fn still(&self) -> Result<Rendered> {
        let placement = self.arrangement.placement.before(self.probe.orientation, self.probe.oriented_size());
        let decoded = codec::decode(self.bytes, &self.probe, &placement)?;
        let cost = Cost { source: self.probe.size, decoded: decoded.pixels.size(), frames: 1 };
        self.cancel.check()?;
        let converter = decoded.converter();
        let placement = self.focus(&decoded, &converter)?;
        let pixels = self.transform(decoded, &placement, &converter)?;
        let pixels = colour::fit_format(pixels, self.format, self.recipe.background);
        self.cancel.check()?;
        let encoded = codec::encode(&pixels, &self.target())?;
        Ok(self.rendered(encoded, pixels.size(), cost))
    }

    /// Where the picture is taken from, before it is turned upright. All frames of an animation are cropped as the first.
    pub(super) fn focus(&self, decoded: &Decoded, converter: &Converter) -> Result<Placement> {
        let placement = self.arrangement.placement.before(self.probe.orientation, self.probe.oriented_size());
        match self.arrangement.focus {
            Some(focus) => focus::place(decoded, converter, placement, self.probe.size, focus),
            None => Ok(placement),
        }
    }

    /// What is done to every frame between its decoder and its encoder.
    pub(super) fn transform(&self, decoded: Decoded, placement: &Placement, converter: &Converter) -> Result<Pixels> {
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
        self.recipe.format.is_none() && placement.size == self.probe.oriented_size() && ground.is_none()
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

fn check_output(size: Size, limits: &Limits) -> Result<()> {
    if size.width.max(size.height) > limits.output_side {
        let (Size { width, height }, limit) = (size, limits.output_side);
        let words = format!("the result would be {width} × {height} pixels, over the limit of {limit} a side");
        return Err(Error::new(Kind::TooLarge, words));
    }
    Ok(())
}
