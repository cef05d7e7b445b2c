//! WebP: the chunks of the picture and its profile.

use super::exif;
use crate::image::orient::Orientation;
use crate::image::riff;

/// Flags of the extended header: profile, alpha and animation, which stay as they are, and EXIF.
const HAS_PICTURE_PARTS: u8 = 0x32;
const HAS_EXIF: u8 = 0x08;

pub(super) fn strip(bytes: &[u8], orientation: Option<Orientation>) -> Option<Vec<u8>> {
    let mut stripped = b"WEBP".to_vec();
    // Without the extended header viewers look for no EXIF.
    let mut is_extended = false;
    for (name, contents) in riff::chunks(bytes) {
        let contents = contents?;
        match &name {
            b"VP8X" => {
                let (flags, rest) = contents.split_first()?;
                let has_exif = if orientation.is_some() { HAS_EXIF } else { 0 };
                write(name, &[&[flags & HAS_PICTURE_PARTS | has_exif], rest].concat(), &mut stripped)?;
                is_extended = true;
            }
            b"ANMF" => write(name, &frame(contents)?, &mut stripped)?,
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ICCP" => write(name, contents, &mut stripped)?,
            _ => {}
        }
    }
    match orientation {
        Some(orientation) if is_extended => write(*b"EXIF", &exif(orientation), &mut stripped)?,
        Some(_) => return None,
        None => {}
    }
    Some([b"RIFF", &u32::try_from(stripped.len()).ok()?.to_le_bytes()[..], &stripped].concat())
}

/// A frame's place and time, and the chunks of its picture.
fn frame(contents: &[u8]) -> Option<Vec<u8>> {
    let (head, chunks) = contents.split_at_checked(riff::ANMF_HEAD_BYTES)?;
    let mut frame = head.to_vec();
    for (name, contents) in riff::chunks_of(chunks) {
        if matches!(&name, b"VP8 " | b"VP8L" | b"ALPH") {
            write(name, contents?, &mut frame)?;
        }
    }
    Some(frame)
}

fn write(name: [u8; 4], contents: &[u8], to: &mut Vec<u8>) -> Option<()> {
    to.extend(name);
    to.extend(u32::try_from(contents.len()).ok()?.to_le_bytes());
    to.extend(contents);
    to.extend(&[0][..contents.len() % 2]);
    Some(())
}
