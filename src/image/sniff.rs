//! What a file is, by its first bytes. Its name and its `Content-Type` have no say.

use crate::format::FileType;

/// The type of a file, if it is one that is known here.
pub fn sniff(bytes: &[u8]) -> Option<FileType> {
    let at = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    Some(if at(0, b"\xff\xd8\xff") {
        FileType::Jpeg
    } else if at(0, b"\x89PNG\r\n\x1a\n") {
        FileType::Png
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        FileType::Webp
    } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
        FileType::Gif
    } else if at(4, b"ftyp") {
        sniff_brands(bytes)?
    } else if at(0, b"II*\0") || at(0, b"MM\0*") || at(0, b"II+\0\x08\0\0\0") || at(0, b"MM\0+\0\x08\0\0") {
        FileType::Tiff
    } else if is_bmp(bytes) {
        FileType::Bmp
    } else if at(0, b"%PDF-") {
        FileType::Pdf
    } else if at(0, b"\x1a\x45\xdf\xa3") {
        FileType::Webm
    } else if is_svg(bytes) {
        FileType::Svg
    } else {
        return None;
    })
}

/// The media type of a file, for uploads that come without one.
pub fn media_type(bytes: &[u8]) -> &'static str {
    sniff(bytes).map_or("application/octet-stream", FileType::media_type)
}

/// The first box of the ISO formats lists brands; what is also an AVIF is read as one, whatever else it says it is.
fn sniff_brands(bytes: &[u8]) -> Option<FileType> {
    let length = bytes.first_chunk::<4>().map_or(0, |length| u32::from_be_bytes(*length) as usize);
    let end = length.clamp(12, 256).min(bytes.len());
    let major = bytes.get(8..12)?;
    let compatible = bytes.get(16..end).unwrap_or_default().chunks_exact(4);
    let brands = || std::iter::once(major).chain(compatible.clone());
    Some(if brands().any(|brand| matches!(brand, b"avif" | b"avis")) {
        FileType::Avif
    } else if matches!(major, [b'h', b'e', b'i' | b'v', _] | b"mif1" | b"msf1") {
        FileType::Heic
    } else if major == b"qt  " {
        FileType::Quicktime
    } else {
        FileType::Mp4
    })
}

/// Two letters alone would take many a text for one: the length of the second header says which version it is of.
fn is_bmp(bytes: &[u8]) -> bool {
    let length = bytes.get(14..).and_then(<[u8]>::first_chunk).map(|length| u32::from_le_bytes(*length));
    bytes.starts_with(b"BM") && matches!(length, Some(12 | 40 | 52 | 56 | 64 | 108 | 124))
}

/// Text that begins with an `svg` element, past a byte order mark, declarations and comments.
fn is_svg(bytes: &[u8]) -> bool {
    const LOOKED_AT: usize = 4096;
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(LOOKED_AT)]);
    let mut rest = head.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<!") && rest.find('[').is_some_and(|open| Some(open) < rest.find('>')) {
            // Illustrator declares its entities in a document type of this form.
            "]>"
        } else if rest.starts_with("<?") || rest.starts_with("<!") {
            ">"
        } else {
            break;
        };
        match rest.split_once(end) {
            Some((_, after)) => rest = after.trim_start(),
            None => return false,
        }
    }
    rest.strip_prefix("<svg").is_some_and(|rest| rest.starts_with(|c: char| c == '>' || c == '/' || c.is_whitespace()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        let check = |bytes: &[u8], expected| assert_eq!(sniff(bytes), expected, "{}", String::from_utf8_lossy(bytes));
        check(b"", None);
        check(b"ftyp", None);
        check(b"\0\0\0\x08ftyp", None);
        check(b"hello", None);
        check(b"BMW builds motorcycles", None);
        check(b"BM", None);
        check(b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", Some(FileType::Bmp));
        check(b"\0\0\0\x1cftypavif\0\0\0\0", Some(FileType::Avif));
        check(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", Some(FileType::Avif));
        check(b"\0\0\0\x14ftypmif1\0\0\0\0mif1avif", Some(FileType::Heic));
        check(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Some(FileType::Heic));
        check(b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Some(FileType::Quicktime));
        check(b"\0\0\0\x14ftypisom\0\0\0\0mp42", Some(FileType::Mp4));
        check(b"<svg xmlns=", Some(FileType::Svg));
        check(b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- > --><!DOCTYPE svg>\n<svg>", Some(FileType::Svg));
        check(b"<!DOCTYPE svg PUBLIC \"\" \"\" [ <!ENTITY a \"b\"> ]>\n<svg>", Some(FileType::Svg));
        check(b"<!DOCTYPE svg [ <!ENTITY a \"b\"> <svg>", None);
        check(b"<?xml version='1.0'?><html>", None);
        check(b"<!--", None);
        check(b"<svgish>", None);
    }
}
