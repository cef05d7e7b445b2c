//! Pictures that move: every frame goes through the steps of a still, one at a time.

use std::borrow::Cow;

use super::codec::{self, Decoded};
use super::colour;
use super::pipeline::Job;
use super::pixels::Pixels;
use super::{Cost, Rendered};
use crate::error::Result;

/// One picture of an animation, as it is seen: laid on what was there before, of the whole canvas.
pub(super) struct Frame {
    /// With alpha.
    pub(super) pixels: Pixels,
    /// Milliseconds until the next.
    pub(super) delay_ms: u32,
}

/// A picture that moves.
pub(super) struct Animation {
    pub(super) frames: Vec<Frame>,
    /// How often it is played; 0: for ever.
    pub(super) loops: u16,
}

pub(super) fn run(job: &Job) -> Result<Rendered> {
    let mut frames = Vec::new();
    let mut settled = None;
    let loops = codec::decode_frames(job.bytes, &job.probe, &mut |decoded: Decoded, delay_ms| {
        job.cancel.check()?;
        // The first frame settles both for all of them, which have one profile and come in one layout.
        let (placement, converter) = if let Some(settled) = &mut settled {
            settled
        } else {
            let converter = decoded.converter();
            settled.insert((job.focus(&decoded, &converter)?, converter))
        };
        let pixels = colour::with_alpha(job.transform(Cow::Owned(decoded), placement, converter)?);
        frames.push(Frame { pixels, delay_ms });
        Ok(())
    })?;
    job.cancel.check()?;
    let cost = Cost { source: job.probe.size, decoded: job.probe.size, frames: job.probe.frames };
    let animation = Animation { frames, loops };
    let size = animation.frames.first().map_or(job.probe.size, |frame| frame.pixels.size());
    let encoded = codec::encode_animation(&animation, &job.target(), job.cancel)?;
    Ok(job.rendered(encoded, size, cost))
}
