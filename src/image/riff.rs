//! The chunks of a WebP.

/// `RIFF`, the length and `WEBP`.
const HEADER_BYTES: usize = 12;

/// What stands in the first chunk of this name.
pub(super) fn chunk(webp: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    let mut rest = webp.get(HEADER_BYTES..)?;
    loop {
        let (head, contents) = rest.split_first_chunk::<8>()?;
        let [n0, n1, n2, n3, length @ ..] = *head;
        let length = u32::from_le_bytes(length) as usize;
        if [n0, n1, n2, n3] == name {
            return contents.get(..length);
        }
        // An odd chunk is followed by a byte of padding.
        rest = contents.get(length.checked_add(length % 2)?..)?;
    }
}
