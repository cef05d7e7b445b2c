//! GIF: no comments, and no applications' blocks but the one that says how often it is played.

const EXTENSION: u8 = 0x21;
const PICTURE: u8 = 0x2C;
const TRAILER: u8 = 0x3B;
const GRAPHIC_CONTROL: u8 = 0xF9;
const APPLICATION: u8 = 0xFF;

pub(super) fn strip(bytes: &[u8]) -> Option<Vec<u8>> {
    const HEADER_BYTES: usize = 13;
    let mut at = HEADER_BYTES + table_bytes(*bytes.get(10)?);
    let mut stripped = bytes.get(..at)?.to_vec();
    loop {
        let begin = at;
        let is_kept = match *bytes.get(at)? {
            TRAILER => {
                stripped.push(TRAILER);
                return Some(stripped);
            }
            PICTURE => {
                // Place and size, flags, colours, the code size; then the data.
                at = past_blocks(bytes, at + 10 + table_bytes(*bytes.get(at + 9)?) + 1)?;
                true
            }
            EXTENSION => {
                let label = *bytes.get(at + 1)?;
                at = past_blocks(bytes, at + 2)?;
                let name = bytes.get(begin + 3..begin + 14);
                label == GRAPHIC_CONTROL
                    || (label == APPLICATION && matches!(name, Some(b"NETSCAPE2.0" | b"ANIMEXTS1.0")))
            }
            _ => return None,
        };
        if is_kept {
            stripped.extend(bytes.get(begin..at)?);
        }
    }
}

/// Length of the colour table that these flags announce.
const fn table_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn past_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *bytes.get(at)? {
            0 => return Some(at + 1),
            length => at += 1 + usize::from(length),
        }
    }
}
