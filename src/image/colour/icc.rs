//! ICC profiles, which anyone may write.

use moxcms::{ColorProfile, ParsingOptions};

use super::Space;

const HEADER_BYTES: usize = 128;
/// Signature, offset and length.
const TAG_BYTES: usize = 12;
/// What the way from a device to sRGB takes. Not the code points (`cicp`) of newer profiles: where they say PQ or HLG, the
/// profile's own curves and tables know how to fit that into sRGB, and code points do not.
const TAGS: [&[u8; 4]; 8] = [b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"A2B0"];
/// Stands in where there is no perceptual table.
const COLORIMETRIC: &[u8; 4] = b"A2B1";

/// [`None`] for what can't be read, and what does not describe this colour space.
pub(super) fn read(bytes: &[u8], space: Space) -> Option<ColorProfile> {
    // The pixels' space is looked at first, in the header: most profiles that do not fit are told without parsing.
    let stated = bytes.get(16..20)?;
    let wanted: &[u8; 4] = match space {
        Space::Gray => b"GRAY",
        Space::Cmyk => b"CMYK",
        Space::Rgb => b"RGB ",
    };
    if stated != wanted {
        return None;
    }
    // Its length was looked at before it was copied out of the source.
    let options = ParsingOptions { max_profile_size: bytes.len() + 1, ..ParsingOptions::default() };
    ColorProfile::new_from_slice_with_options(&with_few_tags(bytes)?, options).ok()
}

/// The profile with those tags alone that are needed, each once. Tags may lie over each other: a table of tags that all name
/// the same megabytes would cost their parser memory and time in proportion to its square, and a table of names likewise.
fn with_few_tags(bytes: &[u8]) -> Option<Vec<u8>> {
    let count = u32::from_be_bytes(*bytes.get(HEADER_BYTES..)?.first_chunk()?) as usize;
    let table = bytes.get(HEADER_BYTES + 4..)?;
    let tags = || table.chunks_exact(TAG_BYTES).take(count);
    let find = |signature: &[u8; 4]| tags().find(|tag| tag.starts_with(signature));
    let mut kept: Vec<[u8; TAG_BYTES]> =
        TAGS.into_iter().filter_map(find).filter_map(|tag| tag.try_into().ok()).collect();
    if find(b"A2B0").is_none()
        && let Some(tag) = find(COLORIMETRIC)
        && let Some(place) = tag.last_chunk::<8>()
    {
        let mut renamed = *b"A2B0\0\0\0\0\0\0\0\0";
        renamed[4..].copy_from_slice(place);
        kept.push(renamed);
    }
    // The rest of the table stays, as bytes that mean nothing, and so every offset stays.
    let mut few = bytes.to_vec();
    few.get_mut(HEADER_BYTES..)?.get_mut(..4)?.copy_from_slice(&u32::try_from(kept.len()).ok()?.to_be_bytes());
    few.get_mut(HEADER_BYTES + 4..)?.get_mut(..kept.len() * TAG_BYTES)?.copy_from_slice(kept.as_flattened());
    Some(few)
}
