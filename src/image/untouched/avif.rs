//! AVIF: a file whose places are stated all over it stays as long as it is; what is said about the picture is blanked.

use crate::image::probe::avif::{Avif, Metadata, metadata};

/// A block of EXIF that says nothing, behind the four bytes that say where it begins.
const NO_EXIF: &[u8] = b"\0\0\0\0MM\0\x2a\0\0\0\x08\0\0\0\0\0\0";

pub(super) fn strip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut stripped = bytes.to_vec();
    for metadata in metadata(bytes)? {
        match metadata {
            Metadata::Exif(place) => {
                let block = stripped.get_mut(place)?;
                block.fill(0);
                if let Some(start) = block.get_mut(..NO_EXIF.len()) {
                    start.copy_from_slice(NO_EXIF);
                }
            }
            // Spaces are nothing to XML.
            Metadata::Text(place) => stripped.get_mut(place)?.fill(b' '),
            Metadata::Other(place) => stripped.get_mut(place)?.fill(0),
        }
    }
    // A text may be said to lie where the picture does.
    let is_same = Avif::read(bytes).ok()?.streams().eq(Avif::read(&stripped).ok()?.streams());
    is_same.then_some(stripped)
}
