//! The steps from a source's bytes to a result's.

use bytes::Bytes;

use super::codec::{self, Decoded};
use super::geometry::{self, Placement, Size};
use super::pixels::Pixels;
use super::probe::{Probe, probe};
use super::{Cancel, Cost, Limits, Options, Rendered};
use super::{animation, colour, orient, resize, sniff};
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
    let placement = geometry::place(probe.oriented_size(), recipe.scale);
    check_output(placement.size, &options.limits)?;
    let stored = placement.before(probe.orientation, probe.oriented_size());
    let job = Job { bytes, probe, recipe, format, stored, options, cancel };
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
    /// Before the picture is turned upright.
    pub(super) stored: Placement,
    pub(super) options: &'a Options,
    pub(super) cancel: &'a Cancel,
}

impl Job<'_> {
    fn still(&self) -> Result<Rendered> {
        let decoded = codec::decode(self.bytes, &self.probe, &self.stored)?;
        let cost = Cost { source: self.probe.size, decoded: decoded.pixels.size(), frames: 1 };
        self.cancel.check()?;
        let pixels = colour::fit_format(self.transform(decoded)?, self.format, self.recipe.background);
        self.cancel.check()?;
        let encoded = codec::encode(&pixels, self.format, self.recipe.quality, self.options.encoding)?;
        Ok(self.rendered(encoded, pixels.size(), cost))
    }

    /// What is done to every frame between its decoder and its encoder.
    pub(super) fn transform(&self, decoded: Decoded) -> Result<Pixels> {
        let profile = decoded.profile.clone();
        let resized = resize::resize(decoded, &self.stored)?;
        self.cancel.check()?;
        let upright = orient::orient(resized, self.probe.orientation);
        // On the few pixels that are left, not on the source's.
        Ok(colour::to_srgb(upright, profile.as_ref()))
    }

    pub(super) fn rendered(&self, encoded: Vec<u8>, size: Size, cost: Cost) -> Rendered {
        let Size { width, height } = size;
        Rendered { bytes: Bytes::from(encoded), file_type: self.format.into(), width, height, cost }
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
