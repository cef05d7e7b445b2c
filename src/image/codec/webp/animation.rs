//! Animated WebP, by libwebp's own animation decoder and encoder: the `webp` crate decodes all frames at once, and loses the last
//! frame's time. It and `still` speak to libwebp directly.
#![expect(unsafe_code, reason = "a C codec; each block states why it holds")]

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::slice;

use libwebp_sys as sys;

use super::super::super::geometry::Size;
use super::super::super::pixels::{Layout, Pixels};
use super::picture::{Picture, Samples};
use super::{Said, sides, version_differs};

/// Reads an animation frame by frame. It holds two canvases, whatever the number of frames.
pub(super) struct Decoder<'a> {
    instance: NonNull<sys::WebPAnimDecoder>,
    info: sys::WebPAnimInfo,
    /// The end of the last frame that was read.
    clock_ms: c_int,
    /// libwebp reads from it until the end.
    bytes: PhantomData<&'a [u8]>,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Said<Self> {
        let mut options = MaybeUninit::uninit();
        // SAFETY: the pointer is to room for the options, which the call fills if it returns other than 0.
        if unsafe { sys::WebPAnimDecoderOptionsInit(options.as_mut_ptr()) } == 0 {
            return Err(version_differs(()));
        }
        let data = sys::WebPData { bytes: bytes.as_ptr(), size: bytes.len() };
        // SAFETY: the options are filled. `data` is one live slice, read and not written; `Self` can't outlive it.
        let decoder = unsafe { sys::WebPAnimDecoderNew(&raw const data, options.as_ptr()) };
        let instance = NonNull::new(decoder).ok_or_else(|| "libwebp refused it".to_owned())?;
        let info = sys::WebPAnimInfo::default();
        let mut decoder = Self { instance, info, clock_ms: 0, bytes: PhantomData };
        // SAFETY: the instance is alive, and the pointer is to a struct of ours, which the call fills.
        unsafe { sys::WebPAnimDecoderGetInfo(decoder.instance.as_ptr(), &raw mut decoder.info) };
        Ok(decoder)
    }

    pub(super) const fn size(&self) -> Size {
        Size { width: self.info.canvas_width, height: self.info.canvas_height }
    }

    pub(super) const fn frames(&self) -> u32 {
        self.info.frame_count
    }

    /// How often it is played; 0: for ever.
    pub(super) fn loops(&self) -> u16 {
        // The field has 16 bits in the file.
        u16::try_from(self.info.loop_count).unwrap_or(u16::MAX)
    }

    /// The next frame, laid on what was there before, and its time in milliseconds. An error after the last.
    pub(super) fn next(&mut self) -> Said<(Pixels, u32)> {
        let mut rgba = ptr::null_mut();
        let mut end_ms = 0;
        // SAFETY: the instance is alive, and so is the slice that it was made from; both pointers are to variables of ours.
        let code = unsafe { sys::WebPAnimDecoderGetNext(self.instance.as_ptr(), &raw mut rgba, &raw mut end_ms) };
        if code == 0 || rgba.is_null() {
            return Err("libwebp could not decode a frame".to_owned());
        }
        let Size { width, height } = self.size();
        let length = width as usize * height as usize * Layout::Rgba.channels();
        // SAFETY: after success the pointer is to the canvas, which is the instance's own, has four bytes a pixel (the options'
        // default), and stays as it is until the next call; it is copied here.
        let data = unsafe { slice::from_raw_parts(rgba, length) }.to_vec();
        // The sum of the times wraps in C, but no single one does, which has 24 bits.
        let delay_ms = u32::try_from(end_ms.wrapping_sub(self.clock_ms)).unwrap_or(0);
        self.clock_ms = end_ms;
        Ok((Pixels { width, height, layout: Layout::Rgba, data }, delay_ms))
    }
}

impl Drop for Decoder<'_> {
    fn drop(&mut self) {
        // SAFETY: alive until here, and never used after this.
        unsafe { sys::WebPAnimDecoderDelete(self.instance.as_ptr()) };
    }
}

/// Writes an animation frame by frame.
pub(super) struct Encoder {
    instance: NonNull<sys::WebPAnimEncoder>,
    size: Size,
    /// The end of the last frame that was added.
    clock_ms: c_int,
}

impl Encoder {
    /// Four and a half hours: a time has 24 bits.
    const DELAY_MS_MAX: u32 = (1 << 24) - 1;

    /// With `is_mixed`, each frame is lossy or lossless, whichever is shorter.
    pub(super) fn new(size: Size, loops: u16, is_mixed: bool) -> Said<Self> {
        let mut options = MaybeUninit::<sys::WebPAnimEncoderOptions>::uninit();
        let version = sys::WebPGetMuxABIVersion();
        // SAFETY: the pointer is to room for the options, which the call fills if it returns other than 0.
        if unsafe { sys::WebPAnimEncoderOptionsInitInternal(options.as_mut_ptr(), version) } == 0 {
            return Err(version_differs(()));
        }
        // SAFETY: filled by the call above.
        let mut options = unsafe { options.assume_init() };
        options.allow_mixed = is_mixed.into();
        options.anim_params = sys::WebPMuxAnimParams { bgcolor: 0, loop_count: loops.into() };
        let (width, height) = sides(size)?;
        // SAFETY: takes numbers, which it checks, and options that it copies; returns null or an instance, which only this
        // struct holds and `drop` frees.
        let encoder = unsafe { sys::WebPAnimEncoderNewInternal(width, height, &raw const options, version) };
        let instance = NonNull::new(encoder).ok_or_else(|| format!("libwebp refused {width} × {height} pixels"))?;
        Ok(Self { instance, size, clock_ms: 0 })
    }

    /// Adds a frame of the animation's size; if it changes nothing, libwebp shows the one before it for longer.
    pub(super) fn add(&mut self, pixels: &Pixels, delay_ms: u32, config: &sys::WebPConfig) -> Said<()> {
        if pixels.size() != self.size {
            return Err("the frames are not of one size".to_owned());
        }
        let mut picture = Picture::copy(pixels, Samples::Colours)?;
        // SAFETY: the instance is alive; the picture and the configuration are valid and of ours, and not kept.
        let code = unsafe {
            sys::WebPAnimEncoderAdd(self.instance.as_ptr(), &raw mut picture.0, self.clock_ms, ptr::from_ref(config))
        };
        self.check(code)?;
        let delay_ms = c_int::try_from(delay_ms.min(Self::DELAY_MS_MAX)).unwrap_or(0);
        // libwebp reckons with differences that wrap.
        self.clock_ms = self.clock_ms.wrapping_add(delay_ms);
        Ok(())
    }

    pub(super) fn finish(self) -> Said<Vec<u8>> {
        let encoder = self.instance.as_ptr();
        // SAFETY: the instance is alive; no picture is how libwebp is told when the last frame ends.
        let code = unsafe { sys::WebPAnimEncoderAdd(encoder, ptr::null_mut(), self.clock_ms, ptr::null()) };
        self.check(code)?;
        let mut data = sys::WebPData::default();
        // SAFETY: the instance is alive; the library allocates into `data`, which is empty.
        let code = unsafe { sys::WebPAnimEncoderAssemble(encoder, &raw mut data) };
        let result = self.check(code).map(|()| {
            // SAFETY: after success `data` has `size` written bytes.
            unsafe { slice::from_raw_parts(data.bytes, data.size) }.to_vec()
        });
        // SAFETY: empty or what the library allocated, copied above and not used again.
        unsafe { sys::WebPDataClear(&mut data) };
        result
    }

    fn check(&self, code: c_int) -> Said<()> {
        if code != 0 {
            return Ok(());
        }
        // SAFETY: the instance is alive; the string is its own, terminated, and copied before the next call.
        let words = unsafe { CStr::from_ptr(sys::WebPAnimEncoderGetError(self.instance.as_ptr())) };
        Err(words.to_string_lossy().into_owned())
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: alive until here, and never used after this.
        unsafe { sys::WebPAnimEncoderDelete(self.instance.as_ptr()) };
    }
}
