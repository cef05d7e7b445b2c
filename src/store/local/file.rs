//! The format of an object's file: magic, header length, header as JSON, body to the end.
//!
//! The header says which object it is, so that the index can be rebuilt from the files alone.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::failed;
use crate::error::{Error, Kind, Result};
use crate::store::Head;

/// Its last byte is the version of the format.
const MAGIC: [u8; 8] = *b"pixobj\0\x01";
const PRELUDE_BYTES: usize = MAGIC.len() + size_of::<u32>();

/// Far more than a key and its metadata need; what a torn length field says must not be allocated.
const HEADER_LIMIT_BYTES: usize = 1 << 20;

/// What the names of files begin with that wait for their rename.
pub(super) const TEMPORARY_PREFIX: &str = "put-";

/// What stands before the body.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) head: Head,
}

/// Writes the object into a temporary file that is safe on disk and waits for its rename.
pub(super) fn write(tmp: &Path, header: &Header, body: &[u8]) -> Result<NamedTempFile> {
    let json = serde_json::to_vec(header)
        .map_err(|cause| Error::with_source(Kind::Bug, "an object's attributes could not be written", cause))?;
    let length = match u32::try_from(json.len()) {
        Ok(length) if json.len() <= HEADER_LIMIT_BYTES => length,
        _ => return Err(Error::invalid(format!("the attributes of an object have over {HEADER_LIMIT_BYTES} bytes"))),
    };
    let prelude = [&MAGIC, length.to_le_bytes().as_slice(), &json].concat();
    let written = NamedTempFile::with_prefix_in(TEMPORARY_PREFIX, tmp).and_then(|mut file| {
        file.write_all(&prelude)?;
        file.write_all(body)?;
        // The rename could otherwise reach the disk before the bytes, and a power cut would leave an empty object.
        file.as_file().sync_data()?;
        Ok(file)
    });
    written.map_err(|cause| failed("could not write an object", tmp, &cause))
}

/// An object's file, its header read and its length checked.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) header: Header,
    path: PathBuf,
    /// Stands at the first byte of the body.
    file: File,
    body_start: u64,
}

impl Opened {
    /// `None` if there is no such file.
    pub(super) fn open(path: PathBuf) -> Result<Option<Self>> {
        let Some(opened) = Self::open_unchecked(path)? else { return Ok(None) };
        let promised = opened.body_start.saturating_add(opened.header.head.bytes);
        match opened.file.metadata() {
            Ok(metadata) if metadata.len() == promised => Ok(Some(opened)),
            Ok(metadata) => {
                let problem = format!("{} bytes, where the header makes it {promised}", metadata.len());
                Err(opened.torn(&problem))
            }
            Err(cause) => Err(failed("could not read an object", &opened.path, &cause)),
        }
    }

    /// The same for a file that may lack a part of its body: it can still be listed, and deleted.
    pub(super) fn open_unchecked(path: PathBuf) -> Result<Option<Self>> {
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(failed("could not open an object", &path, &cause)),
        };
        match read_header(&mut file) {
            Ok((header, body_start)) => Ok(Some(Self { header, path, file, body_start })),
            Err(cause) => Err(failed("could not read an object", &path, &cause)),
        }
    }

    /// The whole body.
    pub(super) fn body(self) -> Result<Bytes> {
        match usize::try_from(self.header.head.bytes) {
            Ok(bytes) => self.read(bytes),
            Err(_) => Err(self.torn("it is longer than memory can be")),
        }
    }

    /// A part of the body.
    pub(super) fn range(mut self, range: Range<usize>) -> Result<Bytes> {
        match self.file.seek(SeekFrom::Start(self.body_start + range.start as u64)) {
            Ok(_) => self.read(range.len()),
            Err(cause) => Err(failed("could not read an object", &self.path, &cause)),
        }
    }

    fn read(mut self, bytes: usize) -> Result<Bytes> {
        let mut body = vec![0; bytes];
        match self.file.read_exact(&mut body) {
            Ok(()) => Ok(body.into()),
            Err(cause) => Err(failed("could not read an object", &self.path, &cause)),
        }
    }

    /// For a file that is not what it should be.
    pub(super) fn torn(&self, problem: &str) -> Error {
        failed("could not read an object", &self.path, &invalid(problem))
    }
}

fn read_header(file: &mut File) -> io::Result<(Header, u64)> {
    let mut prelude = [0; PRELUDE_BYTES];
    file.read_exact(&mut prelude)?;
    let (magic, length) = prelude.split_at(MAGIC.len());
    if magic != MAGIC {
        return Err(invalid("not an object's file"));
    }
    let length = length.iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte));
    if length > HEADER_LIMIT_BYTES {
        return Err(invalid(&format!("a header of {length} bytes")));
    }
    let mut json = vec![0; length];
    file.read_exact(&mut json)?;
    Ok((serde_json::from_slice(&json)?, (PRELUDE_BYTES + length) as u64))
}

fn invalid(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}
