//! JPEG, by libjpeg-turbo's TurboJPEG interface. The one file that speaks to it.
#![expect(unsafe_code, reason = "a C codec; each block states why it holds")]
#![expect(clippy::cast_possible_wrap, reason = "the bindings have C's small enums as u32, its functions take int")]

use std::ffi::{CStr, c_int};
use std::ptr;

use turbojpeg_sys as tj;

use super::super::geometry::Size;
use super::super::pixels::{Layout, Pixels};
use super::super::probe::Probe;
use super::super::profile::Profile;
use super::super::{jpeg_scans, jpeg_segments};
use super::{corrupt, not_encoded};
use crate::error::Result;

/// Decodes with the sides divided by `divisor` (1, 2, 4 or 8, rounded up) in the DCT, which skips most of the work.
pub(super) fn decode(bytes: &[u8], probe: &Probe, divisor: u32) -> Result<(Pixels, Option<Profile>)> {
    let mut decoder = Handle::new(tj::TJINIT_TJINIT_DECOMPRESS).map_err(corrupt)?;
    let reduced = if divisor > 1 { jpeg_scans::reduce(bytes, divisor) } else { None };
    let coded = reduced.as_deref().unwrap_or(bytes);
    decoder.read_header(coded).map_err(corrupt)?;
    let stated = Size { width: probe.size.width, height: probe.size.height };
    if decoder.header_size() != Some(stated) {
        return Err(corrupt("its frame is not of the size that its header says"));
    }
    decoder.set_divisor(divisor).map_err(corrupt)?;
    let layout = decoder.layout();
    let size = Size { width: stated.width.div_ceil(divisor), height: stated.height.div_ceil(divisor) };
    let mut pixels = Pixels::zeroed(size, layout);
    decoder.read_pixels(coded, &mut pixels).map_err(corrupt)?;
    let colours = jpeg_segments::colours(bytes);
    if layout == Layout::Cmyk && colours.is_adobe {
        pixels.data.iter_mut().for_each(|light| *light = u8::MAX - *light);
    }
    Ok((pixels, colours.profile.as_deref().and_then(Profile::icc)))
}

/// Encodes 4:2:0 (grey stays grey) with optimised Huffman tables, as sharp does.
pub(super) fn encode(pixels: &Pixels, quality: u8, is_progressive: bool) -> Result<Vec<u8>> {
    let subsampling = match pixels.layout {
        Layout::Gray => tj::TJSAMP_TJSAMP_GRAY,
        Layout::Rgb => tj::TJSAMP_TJSAMP_420,
        Layout::GrayAlpha | Layout::Rgba => return Err(not_encoded("JPEG has no alpha")),
        Layout::Cmyk => return Err(not_encoded("CMYK is not written")),
    };
    let mut encoder = Handle::new(tj::TJINIT_TJINIT_COMPRESS).map_err(not_encoded)?;
    encoder.set(tj::TJPARAM_TJPARAM_QUALITY, c_int::from(quality)).map_err(not_encoded)?;
    encoder.set(tj::TJPARAM_TJPARAM_SUBSAMP, subsampling as c_int).map_err(not_encoded)?;
    encoder.set(tj::TJPARAM_TJPARAM_OPTIMIZE, 1).map_err(not_encoded)?;
    encoder.set(tj::TJPARAM_TJPARAM_PROGRESSIVE, c_int::from(is_progressive)).map_err(not_encoded)?;
    encoder.write(pixels).map_err(not_encoded)
}

/// How the warnings begin about what browsers show all the same. They are known by their words, because the library's code for
/// "warning" also stands where an error came after a warning, and nothing was decoded.
const PASSABLE: [&str; 5] = [
    "Corrupt JPEG data: ",
    "Inconsistent progression sequence ",
    "Invalid SOS parameters for sequential JPEG",
    "Unknown Adobe color transform code ",
    "Warning: unknown JFIF revision number ",
];
/// The two that are not, "premature end of data segment" (of the first sort above) and "Premature end of JPEG file".
const TORN: &str = "remature end of ";

/// What libjpeg-turbo says of itself.
type Said<T> = std::result::Result<T, String>;

/// An instance of the library, for one direction.
struct Handle(tj::tjhandle);

impl Handle {
    fn new(direction: tj::TJINIT) -> Said<Self> {
        // SAFETY: takes a number and returns null or an instance, which only this struct holds and `drop` frees.
        let handle = unsafe { tj::tj3Init(direction as c_int) };
        if handle.is_null() { Err("out of memory".to_owned()) } else { Ok(Self(handle)) }
    }

    fn set(&mut self, parameter: tj::TJPARAM, value: c_int) -> Said<()> {
        // SAFETY: the instance is alive; the library checks the parameter and its value.
        let code = unsafe { tj::tj3Set(self.0, parameter as c_int, value) };
        self.check(code)
    }

    fn get(&mut self, parameter: tj::TJPARAM) -> c_int {
        // SAFETY: the instance is alive; an unknown parameter returns -1.
        unsafe { tj::tj3Get(self.0, parameter as c_int) }
    }

    fn read_header(&mut self, bytes: &[u8]) -> Said<()> {
        // SAFETY: pointer and length are one live slice, which the library only reads and does not keep.
        let code = unsafe { tj::tj3DecompressHeader(self.0, bytes.as_ptr(), bytes.len() as u64) };
        self.check(code)
    }

    fn header_size(&mut self) -> Option<Size> {
        let width = u32::try_from(self.get(tj::TJPARAM_TJPARAM_JPEGWIDTH)).ok()?;
        let height = u32::try_from(self.get(tj::TJPARAM_TJPARAM_JPEGHEIGHT)).ok()?;
        Some(Size { width, height })
    }

    /// Of what is decoded: the library turns YCbCr into RGB, and YCCK into CMYK.
    fn layout(&mut self) -> Layout {
        match u32::try_from(self.get(tj::TJPARAM_TJPARAM_COLORSPACE)) {
            Ok(tj::TJCS_TJCS_GRAY) => Layout::Gray,
            Ok(tj::TJCS_TJCS_CMYK | tj::TJCS_TJCS_YCCK) => Layout::Cmyk,
            _ => Layout::Rgb,
        }
    }

    fn set_divisor(&mut self, divisor: u32) -> Said<()> {
        let denom = c_int::try_from(divisor).map_err(|error| error.to_string())?;
        // SAFETY: the instance is alive and the factor is passed by value; one it does not know is an error.
        let code = unsafe { tj::tj3SetScalingFactor(self.0, tj::tjscalingfactor { num: 1, denom }) };
        self.check(code)
    }

    /// Fills `pixels`, whose size must be the header's, divided as set and rounded up.
    fn read_pixels(&mut self, bytes: &[u8], pixels: &mut Pixels) -> Said<()> {
        let format = pixel_format(pixels.layout);
        // SAFETY: `bytes` is one live slice. The library writes as many rows and columns as its own header says, divided
        // and rounded up; `decode` compared that header with the size for which `pixels` was allocated, on this very
        // instance, and a pitch of 0 means rows without gaps, as `Pixels` has them.
        let code = unsafe {
            tj::tj3Decompress8(self.0, bytes.as_ptr(), bytes.len() as u64, pixels.data.as_mut_ptr(), 0, format)
        };
        self.check(code)
    }

    fn write(&mut self, pixels: &Pixels) -> Said<Vec<u8>> {
        let format = pixel_format(pixels.layout);
        let width = c_int::try_from(pixels.width).map_err(|error| error.to_string())?;
        let height = c_int::try_from(pixels.height).map_err(|error| error.to_string())?;
        let mut buffer = ptr::null_mut();
        let mut length = 0;
        // SAFETY: `pixels.data` holds height rows of width pixels without gaps (a pitch of 0), which is all that is read.
        // The library allocates into `buffer`, since it is null, and tells the `length`.
        let code = unsafe {
            tj::tj3Compress8(self.0, pixels.data.as_ptr(), width, 0, height, format, &raw mut buffer, &raw mut length)
        };
        let result = self.check(code).map(|()| {
            // SAFETY: after success `buffer` points to `length` written bytes.
            unsafe { std::slice::from_raw_parts(buffer, usize::try_from(length).unwrap_or(0)) }.to_vec()
        });
        // SAFETY: `buffer` is null or what the library allocated, copied above and not used again.
        unsafe { tj::tj3Free(buffer.cast()) };
        result
    }

    /// Turns the last call's code into a result. A picture with a wart (extra bytes, an odd Huffman code) is still shown, as
    /// browsers do; one that ends too early is not.
    fn check(&mut self, code: c_int) -> Said<()> {
        if code == 0 {
            return Ok(());
        }
        // SAFETY: the instance is alive; the string is its own, terminated, and copied before the next call.
        let words = unsafe { CStr::from_ptr(tj::tj3GetErrorStr(self.0)) }.to_string_lossy().into_owned();
        // SAFETY: the instance is alive.
        let is_warning = unsafe { tj::tj3GetErrorCode(self.0) } == tj::TJERR_TJERR_WARNING as c_int;
        let is_passable =
            is_warning && PASSABLE.iter().any(|beginning| words.starts_with(beginning)) && !words.contains(TORN);
        if is_passable { Ok(()) } else { Err(words) }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: not null, and never used after this.
        unsafe { tj::tj3Destroy(self.0) };
    }
}

fn pixel_format(layout: Layout) -> c_int {
    match layout {
        Layout::Gray => tj::TJPF_TJPF_GRAY,
        Layout::Rgb => tj::TJPF_TJPF_RGB,
        // Never read into; the encoder refuses alpha before it asks.
        Layout::GrayAlpha | Layout::Rgba => tj::TJPF_TJPF_RGBA,
        Layout::Cmyk => tj::TJPF_TJPF_CMYK,
    }
}
