//! A still WebP, by libwebp's advanced calls: the `webp` crate decodes into memory of libwebp's, from which it would have to be
//! copied, and never reduced; and neither decodes nor encodes planes.
#![expect(unsafe_code, reason = "a C codec; each block states why it holds")]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::{ptr, slice};

use libwebp_sys as sys;

use super::super::super::geometry::Size;
use super::super::super::pixels::{Layout, Pixels};
use super::super::super::planes::Planes;
use super::picture::{Picture, Samples};
use super::{Said, sides, version_differs};

/// What libwebp calls the coding of a still.
const LOSSY: c_int = 1;

/// A still whose header has been read.
pub(super) struct Decoder<'a> {
    bytes: &'a [u8],
    config: sys::WebPDecoderConfig,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Said<Self> {
        let mut config = sys::WebPDecoderConfig::new().map_err(version_differs)?;
        // SAFETY: pointer and length are one live slice, which is only read; the features are ours, and the call fills them.
        let status = unsafe { sys::WebPGetFeatures(bytes.as_ptr(), bytes.len(), &raw mut config.input) };
        check(status)?;
        Ok(Self { bytes, config })
    }

    /// As the header says.
    pub(super) fn size(&self) -> Said<Size> {
        size(self.config.input.width, self.config.input.height)
    }

    /// Whether it may be reduced. Of a lossy picture with alpha libwebp averages the colours without regard to it, so that
    /// those of transparent pixels show beside them; of a lossless one it weighs them with the alpha that is coded, even where
    /// the header says that it does not count, and is no faster. And chroma that stands for an odd side and one pixel more it
    /// lays on that side, by which the colours at the far edge move.
    pub(super) fn is_reducible(&self) -> bool {
        let sides = [self.config.input.width, self.config.input.height];
        self.has_planes() && sides.iter().all(|side| side % 2 == 0)
    }

    /// Whether it is luma and chroma, and these are all.
    pub(super) fn has_planes(&self) -> bool {
        self.config.input.format == LOSSY && self.layout() == Layout::Rgb
    }

    fn layout(&self) -> Layout {
        if self.config.input.has_alpha == 0 { Layout::Rgb } else { Layout::Rgba }
    }

    /// The whole picture; where `reduced` is another size, by libwebp's rescaler, which takes the average of the area that a
    /// pixel covers, of luma and chroma before these become RGB.
    pub(super) fn decode(mut self, reduced: Size) -> Said<Pixels> {
        let layout = self.layout();
        let mut pixels = Pixels::zeroed(reduced, layout);
        let (width, height) = sides(reduced)?;
        if reduced != self.size()? {
            self.config.options.use_scaling = 1;
            (self.config.options.scaled_width, self.config.options.scaled_height) = (width, height);
        }
        let (colorspace, channels) = match layout {
            Layout::Rgb => (sys::WEBP_CSP_MODE::MODE_RGB, 3),
            Layout::Rgba => (sys::WEBP_CSP_MODE::MODE_RGBA, 4),
            Layout::Gray | Layout::GrayAlpha | Layout::Cmyk => return Err("WebP has only RGB".to_owned()),
        };
        let (rgba, size) = (pixels.data.as_mut_ptr(), pixels.data.len());
        let output = &mut self.config.output;
        output.colorspace = colorspace;
        output.is_external_memory = 1;
        output.u.RGBA = sys::WebPRGBABuffer { rgba, stride: width * channels, size };
        // SAFETY: the buffer is that of `pixels`, which lives until after the call, and its length is its own.
        unsafe { self.run(reduced) }?;
        Ok(pixels)
    }

    /// Luma and chroma as they are coded, each to the left and top of its plane, which may be larger: luma has the picture's sides, and
    /// chroma half of them, rounded up. Unfiltered is without what smooths the edges of blocks.
    pub(super) fn decode_planes(mut self, planes: &mut [Pixels; 3], is_unfiltered: bool) -> Said<()> {
        let whole = self.size()?;
        let half = Planes::chroma_size(whole);
        let is_held = |plane: &Pixels, held: Size| plane.width >= held.width && plane.height >= held.height;
        assert!(
            is_held(&planes[0], whole) && planes[1..].iter().all(|plane| is_held(plane, half)),
            "planes of another size"
        );
        let strides = planes.each_ref().map(|plane| c_int::try_from(plane.width));
        let [y_stride, u_stride, v_stride] = strides.map(|stride| stride.map_err(|error| error.to_string()));
        let [luma, blue, red] = planes.each_mut().map(|plane| &mut plane.data);
        self.config.options.bypass_filtering = is_unfiltered.into();
        let output = &mut self.config.output;
        output.colorspace = sys::WEBP_CSP_MODE::MODE_YUV;
        output.is_external_memory = 1;
        output.u.YUVA = sys::WebPYUVABuffer {
            y: luma.as_mut_ptr(),
            u: blue.as_mut_ptr(),
            v: red.as_mut_ptr(),
            a: ptr::null_mut(),
            y_stride: y_stride?,
            u_stride: u_stride?,
            v_stride: v_stride?,
            a_stride: 0,
            y_size: luma.len(),
            u_size: blue.len(),
            v_size: red.len(),
            a_size: 0,
        };
        // SAFETY: the buffers are those of the planes, which live until after the call, and their lengths are their own.
        unsafe { self.run(whole) }
    }

    /// Decodes to the output, which is to be of this size.
    ///
    /// # Safety
    ///
    /// The output's buffers are alive, nobody else's, and as long as it says.
    unsafe fn run(&mut self, size: Size) -> Said<()> {
        // SAFETY: `bytes` is one live slice, which is only read. The library writes rows of the stride to the buffers, keeps none of
        // them, and refuses one that is smaller than what it is about to write: of how long they are it is told the truth, as the
        // caller has promised.
        let status = unsafe { sys::WebPDecode(self.bytes.as_ptr(), self.bytes.len(), &raw mut self.config) };
        // Anything but a whole picture is another status: what is left of a torn file is decoded, but not said to be well.
        check(status)?;
        if size_of_output(&self.config)? != size {
            return Err("libwebp decoded another size than it was asked for".to_owned());
        }
        Ok(())
    }
}

/// Encodes planes lossy, which are in limited range, as a WebP has them.
pub(super) fn encode(planes: &Planes, config: &sys::WebPConfig) -> Said<Vec<u8>> {
    let Planes { luma, chroma: [blue, red] } = planes;
    planes.assert_whole();
    let mut picture = Picture::new(luma.size(), Samples::Planes)?;
    let raw = &mut picture.0;
    (raw.y, raw.y_stride) = (luma.data.as_ptr().cast_mut(), raw.width);
    (raw.u, raw.v) = (blue.data.as_ptr().cast_mut(), red.data.as_ptr().cast_mut());
    raw.uv_stride = c_int::try_from(blue.width).map_err(|error| error.to_string())?;
    let mut written = Written::new();
    raw.writer = Some(sys::WebPMemoryWrite);
    raw.custom_ptr = (&raw mut written.0).cast();
    // SAFETY: the planes hold what the picture says, asserted above, in rows without gaps; they live until after the call, and
    // libwebp writes to a picture only for the sake of alpha, which this has not. The writer is the one for which `custom_ptr` is made.
    let is_done = unsafe { sys::WebPEncode(config, raw) } != 0;
    if is_done { Ok(written.bytes().to_vec()) } else { Err(format!("libwebp: {:?}", raw.error_code)) }
}

/// What libwebp writes to, and frees.
struct Written(sys::WebPMemoryWriter);

impl Written {
    fn new() -> Self {
        let mut writer = MaybeUninit::uninit();
        // SAFETY: the call fills all of the memory for a writer.
        Self(unsafe {
            sys::WebPMemoryWriterInit(writer.as_mut_ptr());
            writer.assume_init()
        })
    }

    fn bytes(&self) -> &[u8] {
        if self.0.mem.is_null() {
            return &[];
        }
        // SAFETY: not null, and then so many bytes of it are written; they live and stay as they are while `self` does.
        unsafe { slice::from_raw_parts(self.0.mem, self.0.size) }
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        // SAFETY: initialised, and never used after this.
        unsafe { sys::WebPMemoryWriterClear(&raw mut self.0) };
    }
}

fn size_of_output(config: &sys::WebPDecoderConfig) -> Said<Size> {
    size(config.output.width, config.output.height)
}

fn size(width: i32, height: i32) -> Said<Size> {
    let side = |side: i32| u32::try_from(side).map_err(|error| error.to_string());
    Ok(Size { width: side(width)?, height: side(height)? })
}

fn check(status: sys::VP8StatusCode) -> Said<()> {
    match status {
        sys::VP8StatusCode::VP8_STATUS_OK => Ok(()),
        sys::VP8StatusCode::VP8_STATUS_OUT_OF_MEMORY => Err("libwebp is out of memory".to_owned()),
        sys::VP8StatusCode::VP8_STATUS_INVALID_PARAM
        | sys::VP8StatusCode::VP8_STATUS_BITSTREAM_ERROR
        | sys::VP8StatusCode::VP8_STATUS_UNSUPPORTED_FEATURE
        | sys::VP8StatusCode::VP8_STATUS_SUSPENDED
        | sys::VP8StatusCode::VP8_STATUS_USER_ABORT
        | sys::VP8StatusCode::VP8_STATUS_NOT_ENOUGH_DATA => Err(format!("libwebp refused it: {status:?}")),
    }
}
