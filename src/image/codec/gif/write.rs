//! The blocks of a GIF file, by the `image` family's writer.

use std::borrow::Cow;

use gif::{DisposalMethod, Encoder, Repeat};

use super::super::super::geometry::Size;
use super::super::not_encoded;
use super::palette::Indexed;
use super::part::Part;
use crate::error::{Error, Kind, Result};

pub(super) struct Writer {
    encoder: Encoder<Vec<u8>>,
    table: Vec<u8>,
}

/// What is drawn for a frame, and for how long it stays.
pub(super) struct Image {
    pub(super) indexed: Indexed,
    pub(super) part: Part,
    pub(super) hundredths: u16,
    pub(super) dispose: DisposalMethod,
}

impl Writer {
    /// Begins a file with a global colour table, which may be empty.
    pub(super) fn new(canvas: Size, table: &[u8]) -> Result<Self> {
        let encoder =
            Encoder::new(Vec::new(), side(canvas.width)?, side(canvas.height)?, table).map_err(not_encoded)?;
        Ok(Self { encoder, table: table.to_vec() })
    }

    /// How often the animation is played; 0: for ever.
    pub(super) fn repeat(&mut self, loops: u16) -> Result<()> {
        // The file says how often it is played again; once is said by silence.
        let repeat = loops.checked_sub(1).map_or(Repeat::Infinite, Repeat::Finite);
        self.encoder.set_repeat(repeat).map_err(not_encoded)
    }

    pub(super) fn write(&mut self, image: Image) -> Result<()> {
        let Image { indexed: Indexed { indices, clear, table }, part, hundredths, dispose } = image;
        let frame = gif::Frame {
            delay: hundredths,
            dispose,
            transparent: clear,
            left: side(part.left)?,
            top: side(part.top)?,
            width: side(part.size.width)?,
            height: side(part.size.height)?,
            palette: (table != self.table).then_some(table),
            buffer: Cow::Owned(indices),
            ..gif::Frame::default()
        };
        self.encoder.write_frame(&frame).map_err(not_encoded)
    }

    pub(super) fn finish(self) -> Result<Vec<u8>> {
        self.encoder.into_inner().map_err(not_encoded)
    }
}

fn side(pixels: u32) -> Result<u16> {
    let too_large = |_| {
        let words = format!("the result would be {pixels} pixels wide or high, over a GIF's limit of {}", u16::MAX);
        Error::new(Kind::TooLarge, words)
    };
    u16::try_from(pixels).map_err(too_large)
}
