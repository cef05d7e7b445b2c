//! A picture in memory: eight bits a channel, rows without gaps.

use super::geometry::Size;
use super::spare;

/// Channels of a pixel, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Gray,
    /// Alpha is never premultiplied.
    GrayAlpha,
    Rgb,
    Rgba,
    /// 0: no ink, 255: all of it. As a JPEG or TIFF had it; no encoder takes it.
    Cmyk,
}

impl Layout {
    pub(crate) const fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    /// A pixel as red, green, blue and alpha; CMYK is none of these, and must have become RGB before.
    pub(crate) fn rgba(self, pixel: &[u8]) -> [u8; 4] {
        match (self, pixel) {
            (Self::Gray, &[l]) => [l, l, l, u8::MAX],
            (Self::GrayAlpha, &[l, a]) => [l, l, l, a],
            (Self::Rgb, &[r, g, b]) => [r, g, b, u8::MAX],
            (Self::Rgba, &[r, g, b, a]) => [r, g, b, a],
            (Self::Gray | Self::GrayAlpha | Self::Rgb | Self::Rgba | Self::Cmyk, _) => [0; 4],
        }
    }
}

/// `data.len() == width * height * layout.channels()`, both sides at least 1.
#[derive(Clone, Debug)]
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) layout: Layout,
    pub(crate) data: Vec<u8>,
}

impl Pixels {
    /// Black (and transparent). The caller has checked the size against the limits.
    pub(crate) fn zeroed(size: Size, layout: Layout) -> Self {
        let Size { width, height } = size;
        let data = spare::zeroed(width as usize * height as usize * layout.channels());
        Self { width, height, layout, data }
    }

    /// They are not needed any more, but their memory may be by the next picture.
    pub(crate) fn give_back(self) {
        spare::keep(self.data);
    }

    pub(crate) const fn size(&self) -> Size {
        Size { width: self.width, height: self.height }
    }
}

/// Of sixteen bits the nearest of eight.
pub(crate) fn eight_bits(sample: u16) -> u8 {
    u8::try_from((u32::from(sample) + 128) / 257).unwrap_or(u8::MAX)
}

/// A product of two channels as a channel, rounded to the nearest.
pub(crate) fn divide_by_255(product: u32) -> u8 {
    u8::try_from((product + 127) / 255).unwrap_or(u8::MAX)
}

/// A pixel of [`Layout::rgba`] on a colour, through which nothing shows any more.
pub(crate) fn over([r, g, b, alpha]: [u8; 4], below: [u8; 3]) -> [u8; 3] {
    let mix = |above: u8, below: u8| {
        divide_by_255(u32::from(above) * u32::from(alpha) + u32::from(below) * u32::from(u8::MAX - alpha))
    };
    [mix(r, below[0]), mix(g, below[1]), mix(b, below[2])]
}

/// Takes the alpha, which comes last, out of colours that were multiplied by it.
pub(crate) fn unmultiply(data: &mut [u8], channels: usize) {
    for pixel in data.chunks_exact_mut(channels) {
        let Some((alpha, colours)) = pixel.split_last_mut() else { continue };
        let alpha = u32::from(*alpha);
        for colour in colours.iter_mut().filter(|_| alpha > 0) {
            *colour = u8::try_from((u32::from(*colour) * 255 + alpha / 2) / alpha).unwrap_or(u8::MAX);
        }
    }
}
