//! GIF: no comments, no texts, and no applications' blocks but the one that says how often it is played.

use crate::image::probe::gif::{EXTENSION, IMAGE, Walk};

const TRAILER: u8 = 0x3B;
const GRAPHIC_CONTROL: u8 = 0xF9;
const APPLICATION: u8 = 0xFF;
/// An application's block up to the number of plays: its name, and a block of three bytes.
const LOOP_BYTES: usize = 1 + 11 + 1 + 3;

pub(super) fn strip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut walk = Walk::new(bytes);
    walk.screen().ok()?;
    let mut stripped = bytes.get(..walk.at(bytes))?.to_vec();
    while let Some(introducer) = walk.introducer() {
        let start = walk.at(bytes) - 1;
        match introducer {
            IMAGE => {
                walk.image().ok()?;
                stripped.extend(bytes.get(start..walk.at(bytes))?);
            }
            EXTENSION => {
                let label = walk.take(1, "an extension").ok()?[0];
                walk.sub_blocks("an extension").ok()?;
                stripped.extend(kept(label, bytes.get(start..walk.at(bytes))?));
            }
            // Browsers stop here, as at the trailer.
            _ => break,
        }
    }
    stripped.push(TRAILER);
    Some(stripped)
}

/// What stays of an extension.
fn kept(label: u8, extension: &[u8]) -> Vec<u8> {
    let blocks = &extension[2..];
    match label {
        GRAPHIC_CONTROL => extension.to_vec(),
        APPLICATION if is_loop(blocks) => [&extension[..2], &blocks[..LOOP_BYTES], &[0]].concat(),
        _ => Vec::new(),
    }
}

fn is_loop(blocks: &[u8]) -> bool {
    let is_named = [b"\x0BNETSCAPE2.0", b"\x0BANIMEXTS1.0"].iter().any(|name| blocks.starts_with(*name));
    is_named && blocks.get(12..LOOP_BYTES).is_some_and(|plays| plays.starts_with(&[3, 1]))
}
