//! EXIF orientation: how a stored picture is turned upright.

use super::geometry::{Rect, Size};
use super::pixels::Pixels;

/// The eight values of EXIF tag 0x0112: first mirror, then turn clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Orientation {
    #[default]
    Upright,
    Mirrored,
    Turned180,
    Mirrored180,
    Mirrored270,
    Turned90,
    Mirrored90,
    Turned270,
}

impl Orientation {
    /// Every value, EXIF's 1 to 8.
    pub const ALL: [Self; 8] = [
        Self::Upright,
        Self::Mirrored,
        Self::Turned180,
        Self::Mirrored180,
        Self::Mirrored270,
        Self::Turned90,
        Self::Mirrored90,
        Self::Turned270,
    ];

    /// The orientation that an EXIF block (from its TIFF header on) states; a block that can't be read states none.
    pub fn from_exif(tiff: &[u8]) -> Self {
        let stated = image::metadata::Orientation::from_exif_chunk(tiff).map(image::metadata::Orientation::to_exif);
        stated.map_or_else(Self::default, |value| Self::from_value(value.into()))
    }

    /// The orientation of EXIF's and TIFF's values, 1 to 8; any other is none.
    pub fn from_value(value: u16) -> Self {
        Self::ALL.get(usize::from(value).wrapping_sub(1)).copied().unwrap_or_default()
    }

    /// EXIF's number of it, 1 to 8.
    pub const fn to_exif(self) -> u8 {
        self as u8 + 1
    }

    /// Whether width and height change places.
    const fn is_sideways(self) -> bool {
        match self {
            Self::Upright | Self::Mirrored | Self::Turned180 | Self::Mirrored180 => false,
            Self::Mirrored270 | Self::Turned90 | Self::Mirrored90 | Self::Turned270 => true,
        }
    }

    /// Whether what is on the left of the stored picture, and what is at its top, ends on the right or at the bottom.
    pub(super) const fn mirrors(self) -> (bool, bool) {
        match self {
            Self::Upright | Self::Mirrored270 => (false, false),
            Self::Mirrored | Self::Turned270 => (true, false),
            Self::Mirrored180 | Self::Turned90 => (false, true),
            Self::Turned180 | Self::Mirrored90 => (true, true),
        }
    }

    /// The size on the other side of the turn; its own inverse.
    #[must_use]
    pub const fn swap(self, size: Size) -> Size {
        if self.is_sideways() { Size { width: size.height, height: size.width } } else { size }
    }

    /// Where a part of the upright picture lies in the stored one.
    #[must_use]
    pub fn undo_rect(self, rect: Rect, upright: Size) -> Rect {
        let Rect { x, y, width, height } = rect;
        // What ends at an edge begins at the edge once it is mirrored, and not a rounding before it.
        let from_end = |side: u32, start: f64, length: f64| (f64::from(side) - start - length).max(0.0);
        let (from_right, from_bottom) = (from_end(upright.width, x, width), from_end(upright.height, y, height));
        let (x, y) = match self {
            Self::Upright => (x, y),
            Self::Mirrored => (from_right, y),
            Self::Turned180 => (from_right, from_bottom),
            Self::Mirrored180 => (x, from_bottom),
            Self::Mirrored270 => (y, x),
            Self::Turned90 => (y, from_right),
            Self::Mirrored90 => (from_bottom, from_right),
            Self::Turned270 => (from_bottom, x),
        };
        let (width, height) = if self.is_sideways() { (height, width) } else { (width, height) };
        Rect { x, y, width, height }
    }
}

/// Turns a stored picture upright.
pub(super) fn orient(stored: Pixels, orientation: Orientation) -> Pixels {
    if orientation == Orientation::Upright {
        return stored;
    }
    let channels = stored.layout.channels();
    let mut upright = Pixels::zeroed(orientation.swap(stored.size()), stored.layout);
    let (right, bottom) = (stored.width as usize - 1, stored.height as usize - 1);
    let row_bytes = upright.width as usize * channels;
    for (y, row) in upright.data.chunks_exact_mut(row_bytes).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
            let (from_x, from_y) = match orientation {
                Orientation::Upright => (x, y),
                Orientation::Mirrored => (right - x, y),
                Orientation::Turned180 => (right - x, bottom - y),
                Orientation::Mirrored180 => (x, bottom - y),
                Orientation::Mirrored270 => (y, x),
                Orientation::Turned90 => (y, bottom - x),
                Orientation::Mirrored90 => (right - y, bottom - x),
                Orientation::Turned270 => (right - y, x),
            };
            let from = (from_y * stored.width as usize + from_x) * channels;
            pixel.copy_from_slice(&stored.data[from..from + channels]);
        }
    }
    upright
}
