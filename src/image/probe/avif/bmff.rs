//! Boxes, which AVIF files consist of (ISO/IEC 14496-12), and the bytes in them. Every step past an end is [`None`].

/// Big-endian fields, one after the other.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// An unsigned number of so many bytes, eight at most; of none it is 0.
    pub(super) fn number(&mut self, bytes: usize) -> Option<u64> {
        Some(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(*self.take(2)?.first_chunk()?))
    }

    pub(super) fn long(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(*self.take(4)?.first_chunk()?))
    }

    pub(super) fn name(&mut self) -> Option<Name> {
        self.take(4)?.first_chunk().copied()
    }

    /// The version and flags that a "full" box begins with.
    pub(super) fn version(&mut self) -> Option<(u8, u32)> {
        let word = self.long()?;
        Some(((word >> 24) as u8, word & 0x00FF_FFFF))
    }

    /// The next box; one that reaches past the end of what it lies in is cut off.
    pub(super) fn next_box(&mut self) -> Option<(Name, Fields<'a>)> {
        let mut at = *self;
        let short = at.long()?;
        let name = at.name()?;
        let length = match short {
            0 => at.0.len(),
            1 => usize::try_from(at.number(8)?).ok()?.checked_sub(16)?,
            length => (length as usize).checked_sub(8)?,
        };
        let contents = at.take(length)?;
        *self = at;
        Some((name, Fields(contents)))
    }

    /// All boxes up to the end.
    pub(super) fn boxes(mut self) -> Option<Vec<(Name, Fields<'a>)>> {
        let mut boxes = Vec::new();
        // Less than a header's length is padding.
        while self.0.len() >= 8 {
            boxes.push(self.next_box()?);
        }
        Some(boxes)
    }
}

/// A box's, an item's or a brand's four characters.
pub(super) type Name = [u8; 4];
