//! The segments of a JPEG: markers, and what some of them say of its colours.

use crate::error::{Error, Kind, Result};

pub(super) const SOI: u8 = 0xD8;
pub(super) const EOI: u8 = 0xD9;
pub(super) const SOS: u8 = 0xDA;
pub(super) const APP1: u8 = 0xE1;
pub(super) const APP2: u8 = 0xE2;
pub(super) const APP14: u8 = 0xEE;

/// Steps from marker to marker.
pub(super) struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    /// Begins behind the start marker.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 2 }
    }

    /// Behind what was read last.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// The next marker's code, past entropy-coded data (where `FF 00` is a byte) and stray bytes.
    pub(super) fn marker(&mut self) -> Result<u8> {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let found = memchr::memchr(0xFF, rest).and_then(|offset| Some((offset, *rest.get(offset + 1)?)));
            match found {
                // The second FF may itself begin a marker.
                Some((offset, 0xFF)) => self.at += offset + 1,
                Some((offset, 0x00)) => self.at += offset + 2,
                Some((offset, code)) => {
                    self.at += offset + 2;
                    return Ok(code);
                }
                None => return Err(cut_off("it has no end marker")),
            }
        }
    }

    /// The contents of the segment that follows a marker.
    pub(super) fn segment(&mut self) -> Result<&'a [u8]> {
        let torn = || cut_off("it ends within a segment");
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.first_chunk::<2>().map(|length| usize::from(u16::from_be_bytes(*length))).ok_or_else(torn)?;
        let contents = rest.get(2..length).ok_or_else(torn)?;
        self.at += length;
        Ok(contents)
    }
}

fn cut_off(why: &str) -> Error {
    Error::new(Kind::Corrupt, format!("the JPEG is cut off: {why}"))
}

/// What a JPEG says of its colours.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Colours {
    /// ICC, unchecked.
    pub(super) profile: Option<Vec<u8>>,
    /// Adobe's programs write the opposite of ink, and mark it.
    pub(super) is_adobe: bool,
}

/// Looks up to the first scan, where all of it stands.
pub(super) fn colours(bytes: &[u8]) -> Colours {
    let mut walk = Walk::new(bytes);
    let mut pieces = Vec::new();
    let mut is_adobe = false;
    while let Ok(code) = walk.marker() {
        if matches!(code, SOS | EOI) {
            break;
        }
        if matches!(code, SOI | 0x01..=0xBF | 0xD0..=0xD7) {
            continue;
        }
        let Ok(segment) = walk.segment() else { break };
        match code {
            APP2 => pieces.extend(segment.strip_prefix(b"ICC_PROFILE\0").and_then(<[u8]>::split_first_chunk::<2>)),
            APP14 => is_adobe |= segment.starts_with(b"Adobe") && segment.len() >= 12,
            _ => {}
        }
    }
    Colours { profile: join(pieces), is_adobe }
}

/// Pieces begin with their number, from 1, and the number of all; they may stand in any order. One that is missing or there
/// twice leaves no profile.
fn join(mut pieces: Vec<(&[u8; 2], &[u8])>) -> Option<Vec<u8>> {
    pieces.sort_by_key(|(numbers, _)| numbers[0]);
    let count = pieces.len();
    let is_whole =
        (1..).zip(&pieces).all(|(number, ([own, all], _))| usize::from(*own) == number && usize::from(*all) == count);
    (count > 0 && is_whole).then(|| pieces.into_iter().flat_map(|(_, piece)| piece).copied().collect())
}
