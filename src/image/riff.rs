//! The chunks of a WebP.

/// `RIFF`, the length and `WEBP`.
const HEADER_BYTES: usize = 12;
/// Where a frame of an animation lies and how long it is shown: what its `ANMF` holds before the chunks of its picture.
pub(super) const ANMF_HEAD_BYTES: usize = 16;
/// `RIFF` and the length itself are not counted in the length.
const FRAME_BYTES: usize = 8;

/// What stands in the first chunk of this name.
pub(super) fn chunk(webp: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    chunks(webp).find(|(found, _)| *found == name)?.1
}

/// Names and contents, up to the end that the file states or has; [`None`] for the contents of a last chunk that is cut off.
pub(super) fn chunks(webp: &[u8]) -> impl Iterator<Item = ([u8; 4], Option<&[u8]>)> {
    let stated =
        webp.get(4..).and_then(|rest| rest.first_chunk()).map_or(0, |length| u32::from_le_bytes(*length) as usize);
    let end = webp.len().min(stated.saturating_add(FRAME_BYTES));
    chunks_of(webp.get(HEADER_BYTES..end).unwrap_or_default())
}

/// The same of what stands within a chunk.
pub(super) fn chunks_of(mut rest: &[u8]) -> impl Iterator<Item = ([u8; 4], Option<&[u8]>)> {
    std::iter::from_fn(move || {
        let (head, contents) = rest.split_first_chunk::<8>()?;
        let [n0, n1, n2, n3, length @ ..] = *head;
        let length = u32::from_le_bytes(length) as usize;
        // An odd chunk is followed by a byte of padding, which the last may lack.
        rest = contents.get(length.saturating_add(length % 2)..).unwrap_or_default();
        Some(([n0, n1, n2, n3], contents.get(..length)))
    })
}
