//! WebP: the chunks of the picture and its profile.

use super::exif;
use crate::image::orient::Orientation;
use crate::image::riff;

const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;

pub(super) fn strip(bytes: &[u8], orientation: Option<Orientation>) -> Option<Vec<u8>> {
    let mut stripped = b"WEBP".to_vec();
    for (name, contents) in riff::chunks(bytes) {
        let contents = contents?;
        match &name {
            b"VP8X" => {
                let (flags, rest) = contents.split_first()?;
                let has_exif = if orientation.is_some() { HAS_EXIF } else { 0 };
                let flags = flags & !(HAS_EXIF | HAS_XMP) | has_exif;
                write(name, &[&[flags], rest].concat(), &mut stripped)?;
            }
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => write(name, contents, &mut stripped)?,
            _ => {}
        }
    }
    if let Some(orientation) = orientation {
        write(*b"EXIF", &exif(orientation), &mut stripped)?;
    }
    Some([b"RIFF", &u32::try_from(stripped.len()).ok()?.to_le_bytes()[..], &stripped].concat())
}

fn write(name: [u8; 4], contents: &[u8], to: &mut Vec<u8>) -> Option<()> {
    to.extend(name);
    to.extend(u32::try_from(contents.len()).ok()?.to_le_bytes());
    to.extend(contents);
    to.extend(&[0][..contents.len() % 2]);
    Some(())
}
