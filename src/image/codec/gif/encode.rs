//! Writing GIF: what changed from frame to frame, in colours that a palette has.

use gif::DisposalMethod;

use super::super::super::Cancel;
use super::super::super::animation::{Animation, Frame};
use super::super::super::geometry::Size;
use super::super::super::pixels::{Layout, Pixels};
use super::super::not_encoded;
use super::palette::{self, CLEAR, COLOURS, Palette, Pixel};
use super::part::Part;
use super::write::{Image, Writer};
use super::{DELAY_INSTEAD_MS, HUNDREDTH_MS};
use crate::error::Result;

/// Alpha is all or nothing in a GIF.
const OPAQUE_FROM: u8 = 128;

/// Encodes a picture that does not move.
pub(in super::super) fn encode(pixels: &Pixels) -> Result<Vec<u8>> {
    let shown = threshold(pixels)?;
    let indexed = palette::index(&shown, pixels.width as usize, shown.contains(&CLEAR))?;
    let mut writer = Writer::new(pixels.size(), &indexed.table)?;
    writer.write(Image { indexed, part: Part::whole(pixels.size()), hundredths: 0, dispose: DisposalMethod::Keep })?;
    writer.finish()
}

/// Encodes the frames as what changes between them. Colours are exact if all frames together have few enough; else every frame
/// has a palette of its own, for what it changes.
pub(in super::super) fn encode_animation(animation: &Animation, cancel: &Cancel) -> Result<Vec<u8>> {
    let frames = &animation.frames;
    let first = frames.first().ok_or_else(|| not_encoded("an animation without frames"))?;
    let size = first.pixels.size();
    let shared = shared_palette(frames)?;
    let mut writer = Writer::new(size, &shared.as_ref().map(Palette::table).unwrap_or_default())?;
    writer.repeat(animation.loops)?;

    let mut delays = Delays::default();
    let mut canvas = vec![CLEAR; size.width as usize * size.height as usize];
    let mut shown = threshold(&first.pixels)?;
    for (index, frame) in frames.iter().enumerate() {
        cancel.check()?;
        let next = frames.get(index + 1).map(|next| threshold(&next.pixels)).transpose()?;
        let (part, dispose) = change(&canvas, &shown, next.as_deref(), size);
        // Not every reader takes what the first frame leaves out for clear.
        let part = if index == 0 { Part::whole(size) } else { part };
        let drawn = part.cut(&canvas, &shown, size);
        // Nor does every reader clear to anything but the background colour, if the frame does not say what is clear.
        let names_clear = dispose == DisposalMethod::Background || drawn.contains(&CLEAR);
        let indexed = match &shared {
            Some(palette) => palette.index(&drawn, names_clear),
            None => palette::index(&drawn, part.size.width as usize, names_clear)?,
        };
        writer.write(Image { indexed, part, hundredths: delays.next(frame.delay_ms), dispose })?;
        canvas = shown;
        if dispose == DisposalMethod::Background {
            part.clear(&mut canvas, size);
        }
        shown = next.unwrap_or_default();
    }
    writer.finish()
}

fn shared_palette(frames: &[Frame]) -> Result<Option<Palette>> {
    let mut palette = Palette::default();
    for frame in frames {
        if !palette.extend(&threshold(&frame.pixels)?, COLOURS) {
            return Ok(None);
        }
    }
    Ok(Some(palette))
}

/// What of a frame is drawn on what is there, and whether that goes away again: nothing that was drawn turns clear otherwise.
fn change(canvas: &[Pixel], shown: &[Pixel], next: Option<&[Pixel]>, size: Size) -> (Part, DisposalMethod) {
    let changed = Part::around(size, |at| shown[at] != canvas[at]);
    let vanishing = next.and_then(|next| Part::around(size, |at| next[at] == CLEAR && shown[at] != CLEAR));
    match (changed, vanishing) {
        (Some(changed), Some(vanishing)) => (changed.union(vanishing), DisposalMethod::Background),
        (None, Some(vanishing)) => (vanishing, DisposalMethod::Background),
        (Some(changed), None) => (changed, DisposalMethod::Keep),
        // A frame that changes nothing still has its time, and a frame has at least one pixel.
        (None, None) => (Part::corner(), DisposalMethod::Keep),
    }
}

/// Every pixel either opaque or clear.
fn threshold(pixels: &Pixels) -> Result<Vec<Pixel>> {
    let opaque_or_clear = |[red, green, blue, alpha]: Pixel| match alpha {
        OPAQUE_FROM.. => [red, green, blue, u8::MAX],
        0..OPAQUE_FROM => CLEAR,
    };
    match pixels.layout {
        layout @ (Layout::Gray | Layout::GrayAlpha | Layout::Rgb | Layout::Rgba) => {
            let channels = pixels.data.chunks_exact(layout.channels());
            Ok(channels.map(|pixel| opaque_or_clear(layout.rgba(pixel))).collect())
        }
        Layout::Cmyk => Err(not_encoded("CMYK is not written")),
    }
}

/// The ends of the frames, rounded to hundredths, so that roundings don't add up.
#[derive(Default)]
struct Delays {
    clock_ms: u64,
    written: u64,
}

impl Delays {
    /// Browsers show a frame of any format that is as short as this for longer.
    const MISTAKEN_MS: u32 = 10;
    const LEAST: u64 = 2;

    fn next(&mut self, delay_ms: u32) -> u16 {
        let delay_ms = if delay_ms <= Self::MISTAKEN_MS { DELAY_INSTEAD_MS } else { delay_ms };
        self.clock_ms += u64::from(delay_ms);
        let end = (self.clock_ms + u64::from(HUNDREDTH_MS / 2)) / u64::from(HUNDREDTH_MS);
        let hundredths = end.saturating_sub(self.written).max(Self::LEAST);
        self.written += hundredths;
        u16::try_from(hundredths).unwrap_or(u16::MAX)
    }
}
