//! PNG: the chunks that say what the pixels are, and no others; of an APNG the still picture.

use super::exif;
use crate::image::orient::Orientation;
use crate::image::probe::png;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Not gAMA and cHRM, which every other variant ignores too.
const KEPT: [&[u8; 4]; 7] = [b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"sRGB", b"iCCP", b"cICP"];

pub(super) fn strip(bytes: &[u8], mut orientation: Option<Orientation>) -> Option<Vec<u8>> {
    let mut stripped = SIGNATURE.to_vec();
    let is_whole = png::walk(bytes, |name, contents| {
        if name == b"IDAT"
            && let Some(orientation) = orientation.take()
        {
            write(*b"eXIf", &exif(orientation), &mut stripped);
        }
        if KEPT.contains(&name) {
            write(*name, contents, &mut stripped);
        }
    });
    write(*b"IEND", &[], &mut stripped);
    is_whole.then_some(stripped)
}

fn write(name: [u8; 4], contents: &[u8], to: &mut Vec<u8>) {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&name);
    checksum.update(contents);
    // As long as a chunk that was read, whose length has 32 bits.
    to.extend(u32::try_from(contents.len()).unwrap_or(u32::MAX).to_be_bytes());
    to.extend(name);
    to.extend(contents);
    to.extend(checksum.finalize().to_be_bytes());
}
