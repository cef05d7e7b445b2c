//! libwebp's own copy of a picture, which goes with all that libwebp allocated for it.
#![expect(unsafe_code, reason = "a C codec; each block states why it holds")]

use std::ffi::c_int;
use std::slice;

use libwebp_sys as sys;

use super::super::super::geometry::Size;
use super::super::super::pixels::{Layout, Pixels};
use super::super::super::planes::Planes;
use super::{Said, sides, version_differs};

pub(super) struct Picture(pub(super) sys::WebPPicture);

/// What the samples are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Samples {
    Colours,
    /// In limited range. Of chroma libwebp takes the mean of light, not of levels.
    Planes,
}

/// Copies pixels, with the bytes of a row, into a picture.
type Import = unsafe extern "C" fn(*mut sys::WebPPicture, *const u8, c_int) -> c_int;

impl Picture {
    /// Without samples.
    pub(super) fn new(size: Size, samples: Samples) -> Said<Self> {
        let mut picture = Self(sys::WebPPicture::new().map_err(version_differs)?);
        (picture.0.width, picture.0.height) = sides(size)?;
        picture.0.use_argb = (samples == Samples::Colours).into();
        Ok(picture)
    }

    pub(super) fn copy(pixels: &Pixels, samples: Samples) -> Said<Self> {
        let mut picture = Self::new(pixels.size(), samples)?;
        let (import, channels): (Import, _) = match pixels.layout {
            Layout::Rgba => (sys::WebPPictureImportRGBA, 4),
            Layout::Rgb => (sys::WebPPictureImportRGB, 3),
            Layout::Gray | Layout::GrayAlpha | Layout::Cmyk => return Err("WebP has only RGB".to_owned()),
        };
        let (data, target, stride) = (pixels.data.as_ptr(), &raw mut picture.0, picture.0.width * channels);
        // SAFETY: `data` has height rows of width pixels, of as many channels as the function reads and without gaps, which the
        // last argument says in bytes. The library allocates the picture's memory; `drop` frees it.
        let code = unsafe { import(target, data, stride) };
        if code == 0 { Err("out of memory".to_owned()) } else { Ok(picture) }
    }

    /// Of opaque colours.
    pub(super) fn planes(pixels: &Pixels) -> Said<Planes> {
        let picture = Self::copy(pixels, Samples::Planes)?;
        let raw = &picture.0;
        let half = Planes::chroma_size(pixels.size());
        let all = [(raw.y, raw.y_stride, pixels.size()), (raw.u, raw.uv_stride, half), (raw.v, raw.uv_stride, half)];
        // SAFETY: with luma and chroma asked for, the copy has these planes: as many rows as the picture, and half of them rounded up, each
        // of its stride, which is no shorter than the row. They live as long as `picture`.
        let [luma, blue, red] = all.map(|(from, stride, size)| unsafe { copy_plane(from, stride, size) });
        Ok(Planes { luma, chroma: [blue, red] })
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: initialised by libwebp, with memory of its own or none.
        unsafe { sys::WebPPictureFree(&raw mut self.0) };
    }
}

/// # Safety
///
/// There are so many rows of so many bytes, each so many bytes behind the one before.
unsafe fn copy_plane(from: *const u8, stride: c_int, size: Size) -> Pixels {
    let mut plane = Pixels::zeroed(size, Layout::Gray);
    let width = size.width as usize;
    let mut row = from;
    for to in plane.data.chunks_exact_mut(width) {
        // SAFETY: there is another row, as the caller has promised.
        to.copy_from_slice(unsafe { slice::from_raw_parts(row, width) });
        row = row.wrapping_offset(stride as isize);
    }
    plane
}
