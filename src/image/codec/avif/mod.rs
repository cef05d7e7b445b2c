//! AVIF: libaom's streams in and out of their files.

use super::super::geometry::Size;
use super::super::pixels::{Layout, Pixels, unmultiply};
use super::super::planes;
use super::super::probe::Probe;
use super::super::probe::avif::{Avif, Plane};
use super::super::profile::Profile;
use super::{corrupt, not_encoded};
use crate::error::{Error, Kind, Result};

mod aom;
mod file;
mod obu;
mod yuv;

use aom::{Effort, Frame, Planes};
use yuv::Matrix;

/// Decodes to eight bits, with what the colours are if they are not sRGB.
pub(super) fn decode(bytes: &[u8], probe: &Probe) -> Result<(Pixels, Option<Profile>)> {
    let avif = Avif::read(bytes)?;
    if avif.colour.size != probe.size || avif.alpha.as_ref().is_some_and(|alpha| alpha.size != probe.size) {
        return Err(corrupt("its colours and its transparency are of different sizes"));
    }
    let first = decode_tile(&avif.colour, 0)?;
    let meaning = Meaning::of(&avif, &first)?;
    let layout = match (&avif.alpha, first.coding.is_gray) {
        (Some(_), true) => Layout::GrayAlpha,
        (Some(_), false) => Layout::Rgba,
        (None, true) => Layout::Gray,
        (None, false) => Layout::Rgb,
    };
    let (is_gray, mut first) = (first.coding.is_gray, Some(first));
    let mut pixels = Pixels::zeroed(probe.size, layout);
    for index in 0..avif.colour.tiles.len() {
        let tile = first.take().map_or_else(|| decode_tile(&avif.colour, index), Ok)?;
        if tile.coding.is_gray != is_gray {
            return Err(corrupt("some of its tiles are grey and others are not"));
        }
        yuv::draw(&tile, meaning.matrix, meaning.is_full_range, &mut pixels, place(&avif.colour, index));
    }
    if let Some(alpha) = &avif.alpha {
        for index in 0..alpha.tiles.len() {
            yuv::draw_alpha(&decode_tile(alpha, index)?, &mut pixels, place(alpha, index));
        }
        if avif.is_premultiplied {
            unmultiply(&mut pixels.data, layout.channels());
        }
    }
    Ok((pixels, meaning.profile))
}

/// Checks the stream's own headers first: the decoder would allocate what they say.
fn decode_tile(plane: &Plane, index: usize) -> Result<Frame> {
    let stream = &plane.tiles[index];
    if !obu::is_modest(stream, plane.tile) {
        return Err(corrupt("its stream is not one frame of the size that its header says"));
    }
    let frame = Frame::decode(stream).map_err(corrupt)?;
    if frame.coding.size != plane.tile {
        return Err(corrupt("its frame is not of the size that its header says"));
    }
    Ok(frame)
}

/// Where a tile's left and top are.
fn place(plane: &Plane, index: usize) -> (u32, u32) {
    let side = |count: usize, tile: u32| u32::try_from(count).unwrap_or(u32::MAX).saturating_mul(tile);
    (side(index % plane.columns, plane.tile.width), side(index / plane.columns, plane.tile.height))
}

/// What the samples mean: as the file says, or else the stream.
struct Meaning {
    matrix: Matrix,
    is_full_range: bool,
    profile: Option<Profile>,
}

impl Meaning {
    fn of(avif: &Avif, frame: &Frame) -> Result<Self> {
        let coding = &frame.coding;
        let (primaries, transfer, code, is_full_range) =
            avif.nclx.map_or((coding.primaries, coding.transfer, coding.matrix, coding.is_full_range), |nclx| {
                (nclx.primaries, nclx.transfer, nclx.matrix, nclx.is_full_range)
            });
        // Grey is luma alone, whatever the matrix.
        let matrix = if coding.is_gray { Some(Matrix::BT601) } else { Matrix::of(code, primaries) };
        let is_possible = |matrix: &Matrix| *matrix != Matrix::Identity || coding.is_halved == (false, false);
        let matrix = matrix.filter(is_possible).ok_or_else(|| {
            Error::new(Kind::Unsupported, format!("an AVIF with the colour matrix {code} can't be resized here"))
        })?;
        let profile = match (avif.icc, primaries, transfer) {
            (Some(icc), ..) => Profile::icc(icc),
            // BT.709, BT.601 and BT.2020 of few bits have one curve, which stills are shown by as if it were sRGB's.
            (None, 0..=2, 0..=2 | 6 | 13..=15) => None,
            (None, ..) => {
                let point = |code: u16| u8::try_from(code).unwrap_or(2);
                Some(Profile::Cicp { primaries: point(primaries), transfer: point(transfer) })
            }
        };
        Ok(Self { matrix, is_full_range, profile })
    }
}

/// Up to here a result is encoded at [`CAREFUL_SPEED`], half a second a megapixel; beyond it nobody would wait so long.
const CAREFUL_PIXELS: u64 = 2 << 20;
const CAREFUL_SPEED: u8 = 6;
const FASTEST: u8 = 9;

/// Encodes with chroma at half the sides; grey stays grey. Alpha is of the same quality. Without a speed it follows from the size.
pub(super) fn encode(pixels: &Pixels, quality: u8, speed: Option<u8>) -> Result<Vec<u8>> {
    let size = pixels.size();
    let encode_plane = |luma: &[u8], chroma, is_seen| {
        let effort = Effort { is_seen, ..effort(size, quality, speed) };
        aom::encode(&Planes { size, luma, chroma }, &effort).map_err(not_encoded)
    };
    let encode = |luma: &[u8], chroma| encode_plane(luma, chroma, true);
    let alpha = match pixels.layout {
        Layout::Gray => return file::write(size, &encode(&pixels.data, None)?, true, None),
        Layout::Rgb => None,
        Layout::GrayAlpha | Layout::Cmyk => return Err(not_encoded("AVIF has grey without alpha, or RGB")),
        Layout::Rgba => {
            let alpha: Vec<u8> = pixels.data.iter().skip(3).step_by(4).copied().collect();
            Some(encode_plane(&alpha, None, false)?)
        }
    };
    let [luma, blue, red] = yuv::split(pixels);
    file::write(size, &encode(&luma, Some([&blue, &red]))?, false, alpha.as_deref())
}

/// The same of planes, which are encoded as they are.
pub(super) fn encode_planes(picture: &planes::Planes, quality: u8, speed: Option<u8>) -> Result<Vec<u8>> {
    let [blue, red] = &picture.chroma;
    let (size, luma, chroma) = (picture.size(), &picture.luma.data, Some([blue.data.as_slice(), &red.data]));
    let stream = aom::encode(&Planes { size, luma, chroma }, &effort(size, quality, speed)).map_err(not_encoded)?;
    file::write(size, &stream, false, None)
}

fn effort(size: Size, quality: u8, speed: Option<u8>) -> Effort {
    let is_careful = u64::from(size.width) * u64::from(size.height) <= CAREFUL_PIXELS;
    let speed = speed.unwrap_or(if is_careful { CAREFUL_SPEED } else { FASTEST });
    // As libavif and sharp map their 0 to 100 to the encoder's 63 to 0.
    let quantizer = ((100 - i32::from(quality.min(100))) * 63 + 50) / 100;
    Effort { speed: speed.into(), quantizer, is_seen: true }
}
