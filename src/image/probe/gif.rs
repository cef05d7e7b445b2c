//! GIF: a walk from block to block, to the trailer or what stands for it.
//!
//! Nothing is unpacked, so that a file of a hundred thousand frames is counted as fast as it is read.

use super::{Probe, corrupt};
use crate::error::{Error, Kind, Result};
use crate::format::FileType;
use crate::image::geometry::Size;
use crate::image::orient::Orientation;

const SIGNATURE_BYTES: usize = 6;
pub(in crate::image) const EXTENSION: u8 = 0x21;
pub(in crate::image) const IMAGE: u8 = 0x2C;

pub(super) fn probe(bytes: &[u8]) -> Result<Probe> {
    let mut walk = Walk::new(bytes);
    let mut canvas = walk.screen()?;
    let mut frames = 0;
    // Whether an extension stands there that belongs to a frame which has not come yet.
    let mut is_awaiting = false;
    while let Some(introducer) = walk.introducer() {
        match introducer {
            EXTENSION => {
                walk.take(1, "an extension")?;
                walk.sub_blocks("an extension")?;
                is_awaiting = true;
            }
            IMAGE => {
                let frame = walk.image()?;
                canvas = if frames == 0 { frame.enlarge(canvas) } else { canvas };
                frame.check(canvas)?;
                frames += 1;
                is_awaiting = false;
            }
            // The trailer; or bytes that mean nothing, where browsers stop as if it were the trailer.
            _ => return finish(canvas, frames),
        }
    }
    // Many writers forget the trailer, and browsers don't miss it. Without it a file that was cut off exactly between two frames
    // looks whole, but no frame of it is half.
    if is_awaiting || frames == 0 {
        return Err(corrupt("the GIF is cut off: it ends before a frame"));
    }
    finish(canvas, frames)
}

fn finish(size: Size, frames: u32) -> Result<Probe> {
    if frames == 0 {
        return Err(corrupt("the GIF has no frame"));
    }
    Ok(Probe { file_type: FileType::Gif, size, orientation: Orientation::default(), frames, scans: 1 })
}

/// Where a frame lies on the canvas.
pub(in crate::image) struct Rectangle {
    left: u32,
    top: u32,
    size: Size,
}

impl Rectangle {
    /// The canvas with room for this frame: browsers give it to the first, since writers exist that get the canvas wrong. Later
    /// frames are clipped.
    fn enlarge(&self, canvas: Size) -> Size {
        let width = canvas.width.max(self.left + self.size.width);
        Size { width, height: canvas.height.max(self.top + self.size.height) }
    }

    /// A frame may reach over the edge, but what is decoded of it must not be more than what the limits were told.
    fn check(&self, canvas: Size) -> Result<()> {
        let pixels = |size: Size| u64::from(size.width) * u64::from(size.height);
        let Size { width, height } = self.size;
        if pixels(self.size) == 0 {
            return Err(corrupt("the GIF has a frame that is 0 pixels wide or high"));
        }
        if pixels(self.size) > pixels(canvas) {
            let Size { width: canvas_width, height: canvas_height } = canvas;
            let words = format!(
                "the GIF has a frame of {width} × {height} pixels, more than its canvas of {canvas_width} × {canvas_height}"
            );
            return Err(Error::new(Kind::Corrupt, words));
        }
        Ok(())
    }
}

/// Steps from block to block; every step is an error where the file ends within one.
pub(in crate::image) struct Walk<'a> {
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    pub(in crate::image) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes.get(SIGNATURE_BYTES..).unwrap_or_default() }
    }

    /// How far into these bytes, which it began with, the walk has come.
    pub(in crate::image) const fn at(&self, bytes: &[u8]) -> usize {
        bytes.len() - self.rest.len()
    }

    /// The logical screen descriptor and the global palette.
    pub(in crate::image) fn screen(&mut self) -> Result<Size> {
        let descriptor = self.take(7, "the header")?;
        let size = size_at(descriptor, 0);
        if size.width == 0 || size.height == 0 {
            return Err(corrupt("the GIF says that it is 0 pixels wide or high"));
        }
        self.palette(descriptor[4])?;
        Ok(size)
    }

    /// The byte that says what block follows; [`None`] at the end of the file.
    pub(in crate::image) fn introducer(&mut self) -> Option<u8> {
        let (introducer, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*introducer)
    }

    pub(in crate::image) fn image(&mut self) -> Result<Rectangle> {
        let descriptor = self.take(9, "a frame")?;
        let Size { width: left, height: top } = size_at(descriptor, 0);
        let size = size_at(descriptor, 4);
        self.palette(descriptor[8])?;
        // The size of the first codes.
        self.take(1, "a frame")?;
        self.sub_blocks("a frame")?;
        Ok(Rectangle { left, top, size })
    }

    /// Every descriptor's flags say in one bit whether a palette follows, and in three of how many entries.
    fn palette(&mut self, flags: u8) -> Result<()> {
        if flags & 0x80 != 0 {
            self.take(3 << ((flags & 7) + 1), "a palette")?;
        }
        Ok(())
    }

    /// Blocks of up to 255 bytes, to the empty one.
    pub(in crate::image) fn sub_blocks(&mut self, within: &str) -> Result<()> {
        loop {
            let length = self.take(1, within)?[0];
            if length == 0 {
                return Ok(());
            }
            self.take(length.into(), within)?;
        }
    }

    pub(in crate::image) fn take(&mut self, length: usize, within: &str) -> Result<&'a [u8]> {
        let cut_off = || Error::new(Kind::Corrupt, format!("the GIF is cut off: it ends within {within}"));
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// Two little-endian numbers of a descriptor.
fn size_at(descriptor: &[u8], at: usize) -> Size {
    let number = |at: usize| u32::from(u16::from_le_bytes([descriptor[at], descriptor[at + 1]]));
    Size { width: number(at), height: number(at + 2) }
}
