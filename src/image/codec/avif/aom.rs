//! libaom: AV1 in and out, a still frame at a time and in one thread. No AVIF here, only the streams in it.
#![expect(unsafe_code, reason = "a C codec; each block states why it holds")]
#![expect(clippy::cast_possible_wrap, reason = "the bindings have C's small enums as u32, its functions take int")]

use std::ffi::{CStr, c_int};
use std::mem::MaybeUninit;
use std::{ptr, slice};

use libaom_sys as aom;

use super::super::super::geometry::Size;

/// What libaom says of itself.
type Said<T> = Result<T, String>;

/// A decoder and the frame that it holds.
pub(super) struct Frame {
    pub(super) coding: Coding,
    /// Its planes are the codec's, and stay as they are until the codec is called again or destroyed.
    image: aom::aom_image_t,
    _codec: Codec,
}

/// How the samples of a frame are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coding {
    pub(super) size: Size,
    /// 8, 10 or 12; over 8 a sample is two bytes of the machine's order.
    pub(super) bits: u32,
    /// Only the first plane counts.
    pub(super) is_gray: bool,
    /// Whether the colour planes have half the columns, and half the rows.
    pub(super) is_halved: (bool, bool),
    pub(super) is_full_range: bool,
    /// Code points of ITU-T H.273.
    pub(super) primaries: u16,
    pub(super) transfer: u16,
    pub(super) matrix: u16,
}

impl Frame {
    /// Decodes a stream, and holds the last frame that it shows: of layers, the whole. The caller has checked the sizes that the stream states.
    pub(super) fn decode(stream: &[u8]) -> Said<Self> {
        let mut codec = Codec::decoder()?;
        // SAFETY: the codec is alive; pointer and length are one live slice, which is read during the call only.
        let code = unsafe { aom::aom_codec_decode(&raw mut *codec.0, stream.as_ptr(), stream.len(), ptr::null_mut()) };
        codec.check(code)?;
        let mut iterator = ptr::null();
        // SAFETY: the codec is alive; the iterator began as null, as it must.
        let image = unsafe { aom::aom_codec_get_frame(&raw mut *codec.0, &raw mut iterator) };
        // SAFETY: null, or the codec's own and valid; the struct is copied, not what its pointers point to.
        let image = *unsafe { image.as_ref() }.ok_or("the stream holds no frame")?;
        Ok(Self { coding: Coding::of(&image)?, image, _codec: codec })
    }

    /// A row's samples as bytes.
    pub(super) fn row(&self, plane: usize, y: u32) -> &[u8] {
        let Size { width, height } = self.coding.size;
        let half = |side: u32, is_halved: bool| if plane > 0 && is_halved { side.div_ceil(2) } else { side };
        let (columns, rows) = (half(width, self.coding.is_halved.0), half(height, self.coding.is_halved.1));
        assert!(y < rows && plane < if self.coding.is_gray { 1 } else { 3 }, "a row that the frame does not have");
        let bytes = columns as usize * if self.coding.bits > 8 { 2 } else { 1 };
        // SAFETY: the planes are of the size, depth and subsampling that `coding` read from this very image; a row in them begins
        // each `stride` bytes, and the codec wrote every sample of it. They stay as they are while `self` lives, because nothing
        // calls the codec in it.
        unsafe {
            let at = self.image.stride[plane] as isize * y as isize;
            slice::from_raw_parts(self.image.planes[plane].offset(at), bytes)
        }
    }
}

impl Coding {
    fn of(image: &aom::aom_image_t) -> Said<Self> {
        let is_wide = image.fmt & aom::AOM_IMG_FMT_HIGHBITDEPTH != 0;
        let sides = (image.x_chroma_shift, image.y_chroma_shift);
        let is_halved = match (image.fmt & !aom::AOM_IMG_FMT_HIGHBITDEPTH, sides) {
            (aom::AOM_IMG_FMT_I420, (1, 1)) => (true, true),
            (aom::AOM_IMG_FMT_I422, (1, 0)) => (true, false),
            (aom::AOM_IMG_FMT_I444, (0, 0)) => (false, false),
            _ => return Err("the frame is of an unknown layout".to_owned()),
        };
        let bits = image.bit_depth;
        if !matches!((bits, is_wide), (8, false) | (10 | 12, true)) {
            return Err(format!("the frame has {bits} bits a sample"));
        }
        let point = |code: u32| u16::try_from(code).unwrap_or(0);
        Ok(Self {
            size: Size { width: image.d_w, height: image.d_h },
            bits,
            is_gray: image.monochrome != 0,
            is_halved,
            is_full_range: image.range == aom::AOM_CR_FULL_RANGE,
            primaries: point(image.cp),
            transfer: point(image.tc),
            matrix: point(image.mc),
        })
    }
}

/// Planes of eight bits without gaps, in full range: only luma, or also both chromas at half the sides, rounded up.
pub(super) struct Planes<'a> {
    pub(super) size: Size,
    pub(super) luma: &'a [u8],
    pub(super) chroma: Option<[&'a [u8]; 2]>,
}

/// How a picture is encoded.
pub(super) struct Effort {
    /// 0 to 9, the fastest.
    pub(super) speed: c_int,
    /// 0 to 63, the coarsest.
    pub(super) quantizer: c_int,
    /// Whether it is looked at, as alpha is not.
    pub(super) is_seen: bool,
}

/// What gives the fewest bytes for what a photograph shows (bench/results/2026-11-22-avif-settings.md): fine detail is quantized more
/// coarsely, by matrices whose effect the search knows, and what is lost by leaving these tools out is less than what they take.
const SEEN: [(aom::aome_enc_control_id, c_int); 7] = [
    (aom::AV1E_SET_ENABLE_QM, 1),
    (aom::AV1E_SET_QM_MIN, 2),
    (aom::AV1E_SET_QM_MAX, 10),
    (aom::AV1E_SET_ENABLE_CHROMA_DELTAQ, 1),
    (aom::AV1E_SET_ENABLE_FLIP_IDTX, 0),
    (aom::AV1E_SET_ENABLE_FILTER_INTRA, 0),
    (aom::AV1E_SET_MIN_PARTITION_SIZE, 8),
];

/// From this speed on also these tools are left out: over a quarter of the time, for 1 to 4 % more bytes.
const HASTY_SPEED: c_int = 6;
const HASTY: [(aom::aome_enc_control_id, c_int); 2] =
    [(aom::AV1E_SET_ENABLE_RECT_PARTITIONS, 0), (aom::AV1E_SET_INTRA_DCT_ONLY, 1)];

/// Encodes one frame that says that it is sRGB, in BT.601's matrix.
pub(super) fn encode(planes: &Planes, effort: &Effort) -> Said<Vec<u8>> {
    let Size { width, height } = planes.size;
    let half = width.div_ceil(2);
    let (luma_bytes, chroma_bytes) = (width as usize * height as usize, half as usize * height.div_ceil(2) as usize);
    let is_whole = planes.luma.len() == luma_bytes
        && planes.chroma.is_none_or(|chroma| chroma.iter().all(|plane| plane.len() == chroma_bytes));
    assert!(is_whole && width > 0 && height > 0, "planes of another size");

    let mut codec = Codec::encoder(planes)?;
    codec.set(aom::AOME_SET_CPUUSED, effort.speed)?;
    codec.set(aom::AOME_SET_CQ_LEVEL, effort.quantizer)?;
    codec.set(aom::AOME_SET_TUNING, aom::AOM_TUNE_SSIM as c_int)?;
    // A quantizer of 0 loses nothing, unless the chroma had another.
    if effort.is_seen && effort.quantizer > 0 {
        let hasty = if effort.speed < HASTY_SPEED { &[][..] } else { &HASTY };
        for (setting, value) in SEEN.iter().chain(hasty) {
            codec.set(*setting, *value)?;
        }
        codec.set_named(c"dist-metric", c"qm-psnr")?;
    }
    codec.set(aom::AV1E_SET_COLOR_RANGE, aom::AOM_CR_FULL_RANGE as c_int)?;
    codec.set(aom::AV1E_SET_COLOR_PRIMARIES, aom::AOM_CICP_CP_BT_709 as c_int)?;
    codec.set(aom::AV1E_SET_TRANSFER_CHARACTERISTICS, aom::AOM_CICP_TC_SRGB as c_int)?;
    codec.set(aom::AV1E_SET_MATRIX_COEFFICIENTS, aom::AOM_CICP_MC_BT_601 as c_int)?;

    // SAFETY: a C struct of numbers and pointers, for which zero is a value, and what libavif fills the rest with.
    let mut image: aom::aom_image_t = unsafe { MaybeUninit::zeroed().assume_init() };
    image.fmt = aom::AOM_IMG_FMT_I420;
    (image.bit_depth, image.bps) = (8, 12);
    (image.w, image.h, image.d_w, image.d_h) = (width, height, width, height);
    (image.x_chroma_shift, image.y_chroma_shift) = (1, 1);
    image.range = aom::AOM_CR_FULL_RANGE;
    image.monochrome = planes.chroma.is_none().into();
    let plane = |plane: &[u8]| plane.as_ptr().cast_mut();
    let stride = |columns: u32| c_int::try_from(columns).map_err(|error| error.to_string());
    image.planes = [plane(planes.luma), ptr::null_mut(), ptr::null_mut()];
    image.stride = [stride(width)?, stride(half)?, stride(half)?];
    if let Some([blue, red]) = planes.chroma {
        image.planes = [plane(planes.luma), plane(blue), plane(red)];
    }
    // SAFETY: the codec is alive and was made for this size and, if there is no chroma, for none. The planes hold what the image
    // says, which was asserted above; they are live slices, copied during the call and never written to.
    let code = unsafe { aom::aom_codec_encode(&raw mut *codec.0, &raw const image, 0, 1, 0) };
    codec.check(code)?;
    // Without frames to look ahead to, the stream is complete after its only one.
    codec.packets()
}

/// An instance of the library, for one direction. In a box, because the library is told its address.
struct Codec(Box<aom::aom_codec_ctx_t>);

impl Codec {
    fn decoder() -> Said<Self> {
        let config = aom::aom_codec_dec_cfg { threads: 1, w: 0, h: 0, allow_lowbitdepth: 1 };
        let mut context = Box::new(MaybeUninit::zeroed());
        // SAFETY: the context is memory of the right size, which the call fills; the configuration is copied during it.
        let code = unsafe {
            let version = aom::AOM_DECODER_ABI_VERSION as c_int;
            aom::aom_codec_dec_init_ver(context.as_mut_ptr(), aom::aom_codec_av1_dx(), &raw const config, 0, version)
        };
        Self::begun(code, context)
    }

    fn encoder(planes: &Planes) -> Said<Self> {
        let mut config = MaybeUninit::zeroed();
        // SAFETY: the configuration is memory of the right size, which the call fills if it succeeds.
        let mut config: aom::aom_codec_enc_cfg = unsafe {
            let interface = aom::aom_codec_av1_cx();
            let code = aom::aom_codec_enc_config_default(interface, config.as_mut_ptr(), aom::AOM_USAGE_ALL_INTRA);
            if code != aom::AOM_CODEC_OK {
                return Err(format!("code {code} before the encoding"));
            }
            config.assume_init()
        };
        (config.g_w, config.g_h) = (planes.size.width, planes.size.height);
        config.rc_end_usage = aom::AOM_Q;
        // One still picture.
        (config.g_limit, config.g_threads, config.g_lag_in_frames) = (1, 1, 0);
        (config.kf_mode, config.kf_max_dist) = (aom::AOM_KF_DISABLED, 0);
        config.monochrome = planes.chroma.is_none().into();
        let mut context = Box::new(MaybeUninit::zeroed());
        // SAFETY: the context is memory of the right size, which the call fills; the configuration is copied during it.
        let code = unsafe {
            let version = aom::AOM_ENCODER_ABI_VERSION as c_int;
            aom::aom_codec_enc_init_ver(context.as_mut_ptr(), aom::aom_codec_av1_cx(), &raw const config, 0, version)
        };
        Self::begun(code, context)
    }

    fn begun(code: aom::aom_codec_err_t, context: Box<MaybeUninit<aom::aom_codec_ctx_t>>) -> Said<Self> {
        // What a failed beginning allocated, the library has freed already.
        if code != aom::AOM_CODEC_OK {
            return Err(format!("code {code} at the beginning"));
        }
        // SAFETY: the library began to fill the context by zeroing it, and succeeded.
        Ok(Self(unsafe { context.assume_init() }))
    }

    /// Only for settings that take an `int` or an `unsigned int`, as all that are named in this file do.
    fn set(&mut self, setting: aom::aome_enc_control_id, value: c_int) -> Said<()> {
        // SAFETY: the codec is alive; the argument is of the type that the setting takes, see above, and its value is checked.
        let code = unsafe { aom::aom_codec_control(&raw mut *self.0, setting as c_int, value) };
        self.check(code)
    }

    /// For what has a name only.
    fn set_named(&mut self, name: &CStr, value: &CStr) -> Said<()> {
        // SAFETY: the codec is alive; both strings are terminated, and read during the call only.
        let code = unsafe { aom::aom_codec_set_option(&raw mut *self.0, name.as_ptr(), value.as_ptr()) };
        self.check(code)
    }

    fn packets(&mut self) -> Said<Vec<u8>> {
        let mut stream = Vec::new();
        let mut iterator = ptr::null();
        // SAFETY: the codec is alive; the iterator began as null, as it must. What is returned is null or a packet that is valid
        // until the next call.
        while let Some(packet) = unsafe { aom::aom_codec_get_cx_data(&raw mut *self.0, &raw mut iterator).as_ref() } {
            if packet.kind == aom::AOM_CODEC_CX_FRAME_PKT {
                // SAFETY: a packet of this kind has this arm of the union, which tells of so many written bytes.
                let bytes = unsafe { slice::from_raw_parts(packet.data.frame.buf.cast::<u8>(), packet.data.frame.sz) };
                stream.extend_from_slice(bytes);
            }
        }
        if stream.is_empty() { Err("libaom wrote nothing".to_owned()) } else { Ok(stream) }
    }

    fn check(&mut self, code: aom::aom_codec_err_t) -> Said<()> {
        if code == aom::AOM_CODEC_OK {
            return Ok(());
        }
        let words = |text: *const std::ffi::c_char| {
            // SAFETY: null, or a terminated string of the library's own that is copied before the next call.
            (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
        };
        // SAFETY: the codec is alive.
        let (error, detail) =
            unsafe { (aom::aom_codec_error(&raw const *self.0), aom::aom_codec_error_detail(&raw const *self.0)) };
        Err([words(error), words(detail)].into_iter().flatten().collect::<Vec<_>>().join(": "))
    }
}

impl Drop for Codec {
    fn drop(&mut self) {
        // SAFETY: alive until here, and never used after this.
        unsafe { aom::aom_codec_destroy(&raw mut *self.0) };
    }
}
