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
    begin: usize,
    has_frame: bool,
    has_scan: bool,
}

/// What a JPEG consists of.
pub(super) enum Part<'a> {
    /// The code and contents of a frame's header, of which there is one at most.
    Frame(u8, &'a [u8]),
    /// The header of a scan, which comes behind the frame; its coded data follow.
    Scan(&'a [u8]),
    /// Tables, metadata and what is unknown: a code and contents.
    Other(u8, &'a [u8]),
    End,
}

impl<'a> Walk<'a> {
    /// Begins behind the start marker.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 2, begin: 2, has_frame: false, has_scan: false }
    }

    /// Behind what was read last.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Where the last part's marker stands.
    pub(super) const fn begin(&self) -> usize {
        self.begin
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

    /// The next part, of a file that every decoder reads alike: where they step differently, one of them finds frames and scans
    /// that were not counted.
    pub(super) fn part(&mut self) -> Result<Part<'a>> {
        loop {
            let before = self.at;
            let code = self.marker()?;
            self.begin = self.at - 2;
            // Before the first scan these two bytes mean nothing, and zune-jpeg takes the next for a marker's code.
            let passed = self.bytes.get(before..self.begin).unwrap_or_default();
            if !self.has_scan && passed.array_windows().any(|pair| pair == b"\xff\0") {
                return Err(corrupt("has coded data before its first scan"));
            }
            return Ok(match code {
                EOI => Part::End,
                // libjpeg takes some of these for markers without a length, and zune-jpeg for segments. Looking for a restart
                // marker, libjpeg would also go on inside what follows one.
                0x01..=0xBF => return Err(corrupt("has a marker that means nothing")),
                SOI => return Err(corrupt("begins a second time")),
                0xD0..=0xD7 if self.has_scan => continue,
                0xD0..=0xD7 => return Err(corrupt("has a restart marker before its first scan")),
                SOS if !self.has_frame => return Err(corrupt("has a scan before its frame")),
                SOS => {
                    let header = self.segment()?;
                    self.has_scan = true;
                    Part::Scan(header)
                }
                // Every other code in this row starts a frame: 0xC4, 0xC8 and 0xCC are tables and reserved.
                0xC0..=0xCF if !matches!(code, 0xC4 | 0xC8 | 0xCC) => {
                    if self.has_frame {
                        return Err(corrupt("has two frames"));
                    }
                    self.has_frame = true;
                    Part::Frame(code, self.segment()?)
                }
                _ => Part::Other(code, self.segment()?),
            });
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

fn corrupt(what: &str) -> Error {
    Error::new(Kind::Corrupt, format!("the JPEG {what}"))
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
