//! AVIF: a file whose places are stated all over it stays as long as it is; what is said about the picture is blanked.

use crate::image::probe::avif;

/// A block of EXIF that says nothing, behind the four bytes that say where it begins.
const NO_EXIF: &[u8] = b"\0\0\0\0MM\0\x2a\0\0\0\x08\0\0\0\0\0\0";

pub(super) fn strip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut stripped = bytes.to_vec();
    for (range, is_exif) in avif::metadata(bytes)? {
        let block = stripped.get_mut(range)?;
        // Spaces are nothing to XML.
        block.fill(if is_exif { 0 } else { b' ' });
        if is_exif && let Some(begin) = block.get_mut(..NO_EXIF.len()) {
            begin.copy_from_slice(NO_EXIF);
        }
    }
    Some(stripped)
}
