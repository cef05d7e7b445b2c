//! JPEG, by libjpeg-turbo's TurboJPEG interface, of which this is the one file that speaks to it, and where that is faster by us.
#![expect(unsafe_code, reason = "a C codec; each block states why it holds")]
#![expect(clippy::cast_possible_wrap, reason = "the bindings have C's small enums as u32, its functions take int")]

use std::ffi::{CStr, c_int};
use std::ptr;

use turbojpeg_sys as tj;

use super::super::geometry::{Placement, Size};
use super::super::jpeg_scans::{self, Chroma};
use super::super::jpeg_segments;
use super::super::pixels::{Layout, Pixels};
use super::super::planes::{Coded, Planes, Range, repeat_edges};
use super::super::probe::Probe;
use super::super::profile::Profile;
use super::super::reduction::{Reducer, Reduction};
use super::{Decoded, corrupt, not_encoded};
use crate::error::Result;
use scaled::Source;

mod bands;
mod baseline;
mod bits;
mod codes;
mod forward;
mod huffman;
mod idct;
mod kept;
mod plane;
mod progressive;
mod scaled;
mod sequential;
mod symbols;
mod write;

/// Decodes to as many eighths of the sides (rounded up) as the placement needs: in the DCT, which skips most of the work.
pub(super) fn decode(bytes: &[u8], probe: &Probe, placement: &Placement) -> Result<Decoded> {
    let (source, eighths) = way(bytes, probe, placement);
    let colours = jpeg_segments::colours(bytes);
    let profile = colours.profile.as_deref().and_then(Profile::icc);
    let (mut decoder, size) = open(bytes, probe, eighths)?;
    if let Some(pixels) =
        source.filter(|_| decoder.is_ycc_or_grey()).and_then(|source| scaled::pixels(&source, eighths, size))
    {
        return Ok(Decoded { pixels, reduction: Reduction::to_eighths(eighths, Reducer::Cutting), profile });
    }
    let reduced = if eighths < 8 { jpeg_scans::reduce(bytes, eighths, Chroma::Finer) } else { None };
    let coded = reduced.as_deref().unwrap_or(bytes);
    if reduced.is_some() {
        (decoder, _) = open(coded, probe, eighths)?;
    }
    let layout = decoder.layout();
    let mut pixels = Pixels::zeroed(size, layout);
    decoder.read_pixels(coded, &mut pixels).map_err(corrupt)?;
    if layout == Layout::Cmyk && colours.is_adobe {
        pixels.data.iter_mut().for_each(|light| *light = u8::MAX - *light);
    }
    Ok(Decoded { pixels, reduction: Reduction::to_eighths(eighths, Reducer::Averaging), profile })
}

/// Decodes luma and chroma as they are coded, each to as many eighths as the placement needs, with as many columns and rows more of
/// chroma as `more` says for so many eighths. [`None`] where they are not coded so.
pub(super) fn decode_planes(
    bytes: &[u8],
    probe: &Probe,
    placement: &Placement,
    more: impl FnOnce(u32) -> Size,
) -> Result<Option<Coded>> {
    let (source, eighths) = way(bytes, probe, placement);
    let (mut decoder, size) = open(bytes, probe, eighths)?;
    let Some((subsampling, sampling)) = decoder.sampling() else { return Ok(None) };
    let sizes = plane_sizes(size, subsampling).map_err(corrupt)?;
    let more = more(eighths);
    let has_room = |planes: &[Pixels; 3]| {
        planes.iter().zip(sizes).all(|(plane, held)| plane.width >= held.width && plane.height >= held.height)
    };
    let scaled = source.and_then(|source| scaled::planes(&source, eighths, more)?.try_into().ok()).filter(has_room);
    let (mut planes, reducer) = if let Some(planes) = scaled {
        (planes, Reducer::Cutting)
    } else {
        let reduced = if eighths < 8 { jpeg_scans::reduce(bytes, eighths, Chroma::AsLuma) } else { None };
        if let Some(reduced) = &reduced {
            (decoder, _) = open(reduced, probe, eighths)?;
        }
        let [luma, chroma, _] = sizes;
        let wider = Size { width: chroma.width + more.width, height: chroma.height + more.height };
        let mut planes = [luma, wider, wider].map(|size| Pixels::zeroed(size, Layout::Gray));
        decoder.read_planes(reduced.as_deref().unwrap_or(bytes), &mut planes, sizes).map_err(corrupt)?;
        (planes, Reducer::Averaging)
    };
    planes.iter_mut().zip(sizes).for_each(|(plane, held)| repeat_edges(plane, held));
    let reduction = Reduction::to_eighths(eighths, reducer);
    Ok(Some(Coded { size, planes, sampling, range: Range::Full, reduction }))
}

/// To how many eighths a source is to be decoded, and its header where that is not libjpeg's work.
fn way<'a>(bytes: &'a [u8], probe: &Probe, placement: &Placement) -> (Option<Source<'a>>, u32) {
    let by_libjpeg = (None, placement.decode_eighths(Reducer::Averaging));
    let eighths = placement.decode_eighths(Reducer::Cutting);
    if eighths == 8 {
        return by_libjpeg;
    }
    Source::read(bytes)
        .filter(|source| source.size() == probe.size)
        .map_or(by_libjpeg, |source| (Some(source), eighths))
}

pub(super) fn profile(bytes: &[u8]) -> Option<Profile> {
    jpeg_segments::colours(bytes).profile.as_deref().and_then(Profile::icc)
}

/// Reads a header that must be that of the probe, and returns also the size to which the picture will be decoded.
fn open(coded: &[u8], probe: &Probe, eighths: u32) -> Result<(Handle, Size)> {
    let mut decoder = Handle::new(tj::TJINIT_TJINIT_DECOMPRESS).map_err(corrupt)?;
    decoder.read_header(coded).map_err(corrupt)?;
    if decoder.header_size() != Some(probe.size) {
        return Err(corrupt("its frame is not of the size that its header says"));
    }
    decoder.set_eighths(eighths).map_err(corrupt)?;
    let side = |whole: u32| u32::try_from((u64::from(whole) * u64::from(eighths)).div_ceil(8)).map_err(corrupt);
    Ok((decoder, Size { width: side(probe.size.width)?, height: side(probe.size.height)? }))
}

/// Encodes 4:2:0 (grey stays grey) with optimised Huffman tables, as sharp does.
pub(super) fn encode(pixels: &Pixels, quality: u8, is_progressive: bool) -> Result<Vec<u8>> {
    let subsampling = match pixels.layout {
        Layout::Gray if !is_progressive => return encode_baseline(&[pixels], quality),
        Layout::Gray => tj::TJSAMP_TJSAMP_GRAY,
        Layout::Rgb => tj::TJSAMP_TJSAMP_420,
        Layout::GrayAlpha | Layout::Rgba => return Err(not_encoded("JPEG has no alpha")),
        Layout::Cmyk => return Err(not_encoded("CMYK is not written")),
    };
    let mut encoder = Handle::encoder(subsampling, quality, is_progressive).map_err(not_encoded)?;
    encoder.write(pixels).map_err(not_encoded)
}

/// The same of planes, which are written as they are.
pub(super) fn encode_planes(planes: &Planes, quality: u8, is_progressive: bool) -> Result<Vec<u8>> {
    if !is_progressive {
        return encode_baseline(&[&planes.luma, &planes.chroma[0], &planes.chroma[1]], quality);
    }
    let mut encoder = Handle::encoder(tj::TJSAMP_TJSAMP_420, quality, is_progressive).map_err(not_encoded)?;
    let Size { width, height } = planes.size();
    if width % 2 == 0 && height % 2 == 0 {
        return encoder.write_planes(planes.size(), &planes.luma, &planes.chroma).map_err(not_encoded);
    }
    // The library wants two samples of luma for each of chroma, also at the edges.
    let even = Size { width: width.next_multiple_of(2), height: height.next_multiple_of(2) };
    let mut luma = Pixels::zeroed(even, Layout::Gray);
    let rows = planes.luma.data.chunks_exact(width as usize);
    luma.data
        .chunks_exact_mut(even.width as usize)
        .zip(rows)
        .for_each(|(to, from)| to[..from.len()].copy_from_slice(from));
    repeat_edges(&mut luma, planes.size());
    encoder.write_planes(planes.size(), &luma, &planes.chroma).map_err(not_encoded)
}

fn encode_baseline(planes: &[&Pixels], quality: u8) -> Result<Vec<u8>> {
    write::encode(planes, quality).ok_or_else(|| not_encoded("no JPEG can be so large"))
}

/// The sizes of the planes of a picture of this size.
fn plane_sizes(size: Size, subsampling: tj::TJSAMP) -> Said<[Size; 3]> {
    let int = |side: u32| c_int::try_from(side).map_err(|error| error.to_string());
    let (width, height, subsampling) = (int(size.width)?, int(size.height)?, subsampling as c_int);
    let plane = |place: c_int| {
        // SAFETY: pure functions of three numbers.
        let (columns, rows) = unsafe {
            (tj::tj3YUVPlaneWidth(place, width, subsampling), tj::tj3YUVPlaneHeight(place, height, subsampling))
        };
        let known = |side: c_int| u32::try_from(side).ok().filter(|side| *side > 0).ok_or("planes of no known size");
        Ok::<_, &str>(Size { width: known(columns)?, height: known(rows)? })
    };
    Ok([plane(0)?, plane(1)?, plane(2)?])
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

    fn encoder(subsampling: tj::TJSAMP, quality: u8, is_progressive: bool) -> Said<Self> {
        let mut encoder = Self::new(tj::TJINIT_TJINIT_COMPRESS)?;
        encoder.set(tj::TJPARAM_TJPARAM_QUALITY, c_int::from(quality))?;
        encoder.set(tj::TJPARAM_TJPARAM_SUBSAMP, subsampling as c_int)?;
        encoder.set(tj::TJPARAM_TJPARAM_OPTIMIZE, 1)?;
        encoder.set(tj::TJPARAM_TJPARAM_PROGRESSIVE, c_int::from(is_progressive))?;
        Ok(encoder)
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

    /// Whether its colours are luma and two chromas, or luma alone.
    fn is_ycc_or_grey(&mut self) -> bool {
        let space = u32::try_from(self.get(tj::TJPARAM_TJPARAM_COLORSPACE));
        matches!(space, Ok(tj::TJCS_TJCS_YCbCr | tj::TJCS_TJCS_GRAY))
    }

    /// How often chroma is sampled, in the library's words, and for how many columns and rows of luma each time. [`None`]: there are
    /// not luma and two chromas, or they are not sampled alike.
    fn sampling(&mut self) -> Option<(tj::TJSAMP, (u32, u32))> {
        if u32::try_from(self.get(tj::TJPARAM_TJPARAM_COLORSPACE)) != Ok(tj::TJCS_TJCS_YCbCr) {
            return None;
        }
        let subsampling = tj::TJSAMP::try_from(self.get(tj::TJPARAM_TJPARAM_SUBSAMP)).ok()?;
        let sampling = match subsampling {
            tj::TJSAMP_TJSAMP_444 => (1, 1),
            tj::TJSAMP_TJSAMP_422 => (2, 1),
            tj::TJSAMP_TJSAMP_420 => (2, 2),
            tj::TJSAMP_TJSAMP_440 => (1, 2),
            tj::TJSAMP_TJSAMP_411 => (4, 1),
            tj::TJSAMP_TJSAMP_441 => (1, 4),
            _ => return None,
        };
        Some((subsampling, sampling))
    }

    fn set_eighths(&mut self, eighths: u32) -> Said<()> {
        // The library knows fractions in their lowest terms alone.
        let common = eighths.trailing_zeros().min(3);
        let num = c_int::try_from(eighths >> common).map_err(|error| error.to_string())?;
        // SAFETY: the instance is alive and the factor is passed by value; one it does not know is an error.
        let code = unsafe { tj::tj3SetScalingFactor(self.0, tj::tjscalingfactor { num, denom: 8 >> common }) };
        self.check(code)
    }

    /// Fills `pixels`, whose size must be the header's, scaled as set and rounded up.
    fn read_pixels(&mut self, bytes: &[u8], pixels: &mut Pixels) -> Said<()> {
        let format = pixel_format(pixels.layout);
        // SAFETY: `bytes` is one live slice. The library writes as many rows and columns as its own header says, scaled
        // and rounded up; `decode` compared that header with the size for which `pixels` was allocated, on this very
        // instance, and a pitch of 0 means rows without gaps, as `Pixels` has them.
        let code = unsafe {
            tj::tj3Decompress8(self.0, bytes.as_ptr(), bytes.len() as u64, pixels.data.as_mut_ptr(), 0, format)
        };
        self.check(code)
    }

    /// Fills the left and top of the planes, which are as large as `held` or larger. These must be the sizes of the planes of the header's
    /// size, scaled as set and rounded up, in the header's subsampling.
    fn read_planes(&mut self, bytes: &[u8], planes: &mut [Pixels; 3], held: [Size; 3]) -> Said<()> {
        let has_room = |(plane, held): (&Pixels, Size)| {
            plane.layout == Layout::Gray && plane.width >= held.width && plane.height >= held.height
        };
        assert!(planes.iter().zip(held).all(has_room), "planes of another size");
        let mut strides = [0; 3];
        for (stride, plane) in strides.iter_mut().zip(&*planes) {
            *stride = c_int::try_from(plane.width).map_err(|error| error.to_string())?;
        }
        let mut pointers = planes.each_mut().map(|plane| plane.data.as_mut_ptr());
        // SAFETY: `bytes` is one live slice. The library writes to each plane as many rows and columns as `held` says, which
        // `decode_planes` had from the library for the header that this very instance read, and begins a row every stride; there is
        // room for them, asserted above. Both arrays have three elements, as many as the planes of a header that says YCbCr.
        let code = unsafe {
            let (planes, strides) = (pointers.as_mut_ptr(), strides.as_mut_ptr());
            tj::tj3DecompressToYUVPlanes8(self.0, bytes.as_ptr(), bytes.len() as u64, planes, strides)
        };
        self.check(code)
    }

    fn write(&mut self, pixels: &Pixels) -> Said<Vec<u8>> {
        let format = pixel_format(pixels.layout);
        let width = c_int::try_from(pixels.width).map_err(|error| error.to_string())?;
        let height = c_int::try_from(pixels.height).map_err(|error| error.to_string())?;
        self.written(|handle, buffer, length| {
            // SAFETY: `pixels.data` holds height rows of width pixels without gaps (a pitch of 0), which is all that is read.
            unsafe { tj::tj3Compress8(handle, pixels.data.as_ptr(), width, 0, height, format, buffer, length) }
        })
    }

    /// Of planes in 4:2:0 for which the instance is set; luma's sides are even.
    fn write_planes(&mut self, size: Size, luma: &Pixels, chroma: &[Pixels; 2]) -> Said<Vec<u8>> {
        let planes = [luma, &chroma[0], &chroma[1]];
        let is_whole =
            planes.iter().zip(plane_sizes(size, tj::TJSAMP_TJSAMP_420)?).all(|(plane, size)| plane.size() == size);
        assert!(is_whole, "planes of another size");
        let width = c_int::try_from(size.width).map_err(|error| error.to_string())?;
        let height = c_int::try_from(size.height).map_err(|error| error.to_string())?;
        let pointers = planes.map(|plane| plane.data.as_ptr());
        self.written(|handle, buffer, length| {
            // SAFETY: the planes are of the sizes that the library itself states for this picture, asserted above, and have no gaps
            // (null for the strides); they are only read, and there are three of them.
            unsafe {
                tj::tj3CompressFromYUVPlanes8(handle, pointers.as_ptr(), width, ptr::null(), height, buffer, length)
            }
        })
    }

    /// What a call writes that is given a null buffer.
    fn written(&mut self, write: impl FnOnce(tj::tjhandle, *mut *mut u8, *mut tj::size_t) -> c_int) -> Said<Vec<u8>> {
        let mut buffer = ptr::null_mut();
        let mut length = 0;
        // The library allocates into `buffer`, since it is null, and tells the `length`.
        let code = write(self.0, &raw mut buffer, &raw mut length);
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
