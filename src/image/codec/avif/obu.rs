//! The headers within an AV1 stream, which a decoder believes: how large its frames get, and how many there are.

use super::super::super::geometry::Size;

const SEQUENCE_HEADER: u8 = 1;
const FRAME_HEADER: u8 = 3;
const FRAME: u8 = 6;

/// A still picture is one frame; a layered one, whose first frames are coarser, has at most four, of which each costs a pass.
const FRAMES_MAX: usize = 8;

/// Whether every sequence header in the stream allows frames of exactly this size at most (no frame may be larger than that), and
/// there are few frames. A hostile stream may hold more than one header, so all of it is walked.
pub(super) fn is_modest(stream: &[u8], size: Size) -> bool {
    let mut rest = stream;
    let (mut frames, mut headers) = (0, 0);
    while let Some(first) = rest.first() {
        let Some((payload, after)) = split(rest) else { return false };
        match first >> 3 & 15 {
            SEQUENCE_HEADER if largest_frame(payload) != Some(size) => return false,
            SEQUENCE_HEADER => headers += 1,
            FRAME_HEADER | FRAME => frames += 1,
            _ => (),
        }
        rest = after;
    }
    headers > 0 && (1..=FRAMES_MAX).contains(&frames)
}

/// The level that a still picture's short header states.
pub(super) fn still_level(stream: &[u8]) -> Option<u8> {
    let mut rest = stream;
    while let Some(first) = rest.first() {
        let (payload, after) = split(rest)?;
        if first >> 3 & 15 == SEQUENCE_HEADER {
            let mut bits = Bits { bytes: payload, at: 0 };
            bits.read(4)?;
            return if bits.flag()? { u8::try_from(bits.read(5)?).ok() } else { None };
        }
        rest = after;
    }
    None
}

/// The first unit's payload, and the units after it. [`None`]: it is cut off, or does not say how long it is. A last one need not,
/// but libaom wants it said, and skips zeroes behind a frame: taken for a unit without an end, one of them would hide all that
/// follows it.
fn split(units: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, mut rest) = units.split_first()?;
    let (has_extension, has_size) = (first & 4 != 0, first & 2 != 0);
    if !has_size {
        return None;
    }
    if has_extension {
        rest = rest.get(1..)?;
    }
    // Seven bits a byte, the lowest first; eight bytes at most.
    let mut size = 0;
    for place in 0..8 {
        let (byte, after) = rest.split_first()?;
        rest = after;
        size |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return rest.split_at_checked(usize::try_from(size).ok()?);
        }
    }
    None
}

/// The largest frame that a sequence header allows: AV1's specification, 5.5.1, as far as the size.
fn largest_frame(header: &[u8]) -> Option<Size> {
    let mut bits = Bits { bytes: header, at: 0 };
    let (_profile, _still_picture) = (bits.read(3)?, bits.read(1)?);
    if bits.read(1)? == 1 {
        let _level = bits.read(5)?;
    } else {
        bits.skip_operating_points()?;
    }
    let (width_bits, height_bits) = (bits.read(4)? + 1, bits.read(4)? + 1);
    Some(Size { width: bits.read(width_bits)? + 1, height: bits.read(height_bits)? + 1 })
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next number of so many bits, 32 at most.
    fn read(&mut self, count: u32) -> Option<u32> {
        let mut number = 0;
        for _ in 0..count {
            let bit = self.bytes.get(self.at / 8)? >> (7 - self.at % 8) & 1;
            number = number << 1 | u32::from(bit);
            self.at += 1;
        }
        Some(number)
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.read(1)? == 1)
    }

    fn skip(&mut self, counts: &[u32]) -> Option<()> {
        counts.iter().try_for_each(|count| self.read(*count).map(drop))
    }

    fn skip_operating_points(&mut self) -> Option<()> {
        let delay_bits = if self.flag()? { self.skip_timing()? } else { 0 };
        let has_display_delay = self.flag()?;
        for _ in 0..=self.read(5)? {
            self.read(12)?;
            if self.read(5)? > 7 {
                self.read(1)?;
            }
            if delay_bits > 0 && self.flag()? {
                self.skip(&[delay_bits, delay_bits, 1])?;
            }
            if has_display_delay && self.flag()? {
                self.read(4)?;
            }
        }
        Some(())
    }

    /// Gives the bits of the operating points' delays, 0 without a decoder model.
    fn skip_timing(&mut self) -> Option<u32> {
        self.skip(&[32, 32])?;
        if self.flag()? {
            // As many bits follow the first 1 as zeroes stand before it.
            let mut zeroes = 0;
            while !self.flag()? {
                zeroes += 1;
            }
            (0..zeroes).try_for_each(|_| self.read(1).map(drop))?;
        }
        if !self.flag()? {
            return Some(0);
        }
        let delay_bits = self.read(5)? + 1;
        self.skip(&[32, 5, 5])?;
        Some(delay_bits)
    }
}
