//! GIF, by the `image` family's reader; what it reads is laid on the canvas here.

use std::num::NonZeroU64;

use gif::{ColorOutput, DecodeOptions, Decoder, DisposalMethod, MemoryLimit, Repeat};

use super::super::pixels::{Layout, Pixels};
use super::super::probe::Probe;
use super::super::reduction::Reduction;
use super::{Decoded, corrupt};
use crate::error::Result;

mod encode;
mod palette;
mod part;
mod write;

pub(super) use encode::{encode, encode_animation};

/// Browsers take the first two delays for a mistake, and show such a frame for this long.
const MISTAKEN_DELAYS: std::ops::RangeInclusive<u16> = 0..=1;
const DELAY_INSTEAD_MS: u32 = 100;
/// The unit of a delay.
const HUNDREDTH_MS: u32 = 10;

/// Decodes the first frame, on the canvas.
pub(super) fn decode(bytes: &[u8], probe: &Probe) -> Result<Pixels> {
    let (mut decoder, palette) = open(bytes, probe)?;
    let mut canvas = Canvas::new(probe);
    canvas.draw(next_frame(&mut decoder)?, &palette);
    Ok(canvas.pixels)
}

/// Hands over the frames as they are seen, and returns how often they are played, 0 for ever.
pub(super) fn decode_frames(
    bytes: &[u8],
    probe: &Probe,
    each: &mut dyn FnMut(Decoded, u32) -> Result<()>,
) -> Result<u16> {
    let (mut decoder, palette) = open(bytes, probe)?;
    let mut canvas = Canvas::new(probe);
    // As many as were probed, whatever else follows.
    for _ in 0..probe.frames {
        let frame = next_frame(&mut decoder)?;
        let before = (frame.dispose == DisposalMethod::Previous).then(|| canvas.copy());
        canvas.draw(frame, &palette);
        let delay_ms = match frame.delay {
            delay if MISTAKEN_DELAYS.contains(&delay) => DELAY_INSTEAD_MS,
            delay => u32::from(delay) * HUNDREDTH_MS,
        };
        each(Decoded { pixels: canvas.copy(), reduction: Reduction::NONE, profile: None }, delay_ms)?;
        match frame.dispose {
            DisposalMethod::Any | DisposalMethod::Keep => {}
            DisposalMethod::Background => canvas.clear(frame),
            DisposalMethod::Previous => canvas.pixels = before.unwrap_or(canvas.pixels),
        }
    }
    Ok(match decoder.repeat() {
        Repeat::Infinite => 0,
        // The file says how often it is played again.
        Repeat::Finite(again) => again.saturating_add(1),
    })
}

type Reader<'a> = Decoder<&'a [u8]>;

/// The reader, and the palette of the frames that have none of their own.
fn open<'a>(bytes: &'a [u8], probe: &Probe) -> Result<(Reader<'a>, Vec<u8>)> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    // As the probe and browsers do; what means nothing between two blocks ended the probe's walk.
    options.allow_unknown_blocks(true);
    // A byte a pixel: no frame has more pixels than the canvas, or the probe would have refused it. The limit also counts the
    // metadata, which is stored as it is and can't be more than the file.
    let most = probe.pixels().saturating_add(bytes.len() as u64);
    options.set_memory_limit(NonZeroU64::new(most).map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes));
    let decoder = options.read_info(bytes).map_err(corrupt)?;
    let palette = decoder.global_palette().unwrap_or_default().to_vec();
    Ok((decoder, palette))
}

fn next_frame<'a>(decoder: &'a mut Reader) -> Result<&'a gif::Frame<'static>> {
    decoder.read_next_frame().map_err(corrupt)?.ok_or_else(|| corrupt("it has fewer frames than its blocks say"))
}

/// What is seen, transparent at first. The background colour of the header is not used, as it is not by browsers.
struct Canvas {
    pixels: Pixels,
}

impl Canvas {
    fn new(probe: &Probe) -> Self {
        Self { pixels: Pixels::zeroed(probe.size, Layout::Rgba) }
    }

    fn copy(&self) -> Pixels {
        let Pixels { width, height, layout, ref data } = self.pixels;
        Pixels { width, height, layout, data: data.clone() }
    }

    /// Lays a frame over what is there. An entry that the palette does not have is transparent, as it is in browsers.
    fn draw(&mut self, frame: &gif::Frame, global_palette: &[u8]) {
        let (entries, _) = frame.palette.as_deref().unwrap_or(global_palette).as_chunks::<3>();
        for (row, indices) in self.rows(frame).zip(frame.buffer.chunks_exact(frame.width.into())) {
            // The row may be shorter, if the frame reaches over the edge.
            for (pixel, index) in row.iter_mut().zip(indices) {
                if frame.transparent != Some(*index)
                    && let Some([red, green, blue]) = entries.get(usize::from(*index))
                {
                    *pixel = [*red, *green, *blue, u8::MAX];
                }
            }
        }
    }

    /// Makes the frame's rectangle transparent, and nothing beside it.
    fn clear(&mut self, frame: &gif::Frame) {
        for row in self.rows(frame) {
            row.fill([0; 4]);
        }
    }

    /// The pixels under a frame, row by row, as far as the canvas goes.
    fn rows(&mut self, frame: &gif::Frame) -> impl Iterator<Item = &mut [[u8; 4]]> {
        let canvas_width = self.pixels.width as usize;
        let left = usize::from(frame.left).min(canvas_width);
        let right = (usize::from(frame.left) + usize::from(frame.width)).min(canvas_width);
        let (pixels, _) = self.pixels.data.as_chunks_mut::<4>();
        let rows = pixels.chunks_exact_mut(canvas_width).skip(frame.top.into()).take(frame.height.into());
        rows.map(move |row| &mut row[left..right])
    }
}
