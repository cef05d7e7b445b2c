//! Where the parts of a file begin and end: markers, chunks, boxes, blocks, directories.

use super::Sample;
use crate::pictures::jpegs;

pub(super) fn of(sample: &Sample) -> Vec<usize> {
    let bytes = &sample.bytes;
    match sample.format {
        "JPEG" => jpegs::markers(bytes).into_iter().map(|(_, range)| range.start).collect(),
        "PNG" => pngs(bytes),
        "WebP" => riff(bytes, 12),
        "GIF" => gif(bytes).0,
        "AVIF" => boxes(bytes, 0, bytes.len()),
        "TIFF" => tiff(bytes),
        "BMP" => bmp(bytes),
        other => panic!("{other} has no boundaries"),
    }
}

fn little(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(*bytes[at..].first_chunk().unwrap()) as usize
}

fn big(bytes: &[u8], at: usize) -> usize {
    u32::from_be_bytes(*bytes[at..].first_chunk().unwrap()) as usize
}

/// Length, name, contents and checksum.
fn pngs(bytes: &[u8]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 8;
    while at < bytes.len() {
        starts.extend([at, at + 4, at + 8, at + 8 + big(bytes, at)]);
        at += 12 + big(bytes, at);
    }
    starts
}

/// Also the chunks within a frame.
fn riff(bytes: &[u8], mut at: usize) -> Vec<usize> {
    /// What stands before them.
    const PLACE_BYTES: usize = 16;
    let mut starts = Vec::new();
    while at < bytes.len() {
        let end = at + 8 + little(bytes, at + 4).next_multiple_of(2);
        starts.extend([at, at + 4, at + 8]);
        if bytes[at..].starts_with(b"ANMF") {
            starts.extend(riff(&bytes[..end], at + 8 + PLACE_BYTES));
        }
        at = end;
    }
    starts
}

/// The ends of all blocks, and of those that end a frame.
pub(in crate::hostile) fn gif(bytes: &[u8]) -> (Vec<usize>, Vec<usize>) {
    let palette = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + palette(bytes[10]);
    let (mut ends, mut frame_ends) = (vec![6, 13, at], Vec::new());
    while bytes[at] != b';' {
        let is_frame = bytes[at] == b',';
        at += if is_frame { 11 + palette(bytes[at + 9]) } else { 2 };
        ends.push(at);
        while bytes[at] != 0 {
            at += 1 + usize::from(bytes[at]);
            ends.push(at);
        }
        at += 1;
        ends.push(at);
        if is_frame {
            frame_ends.push(at);
        }
    }
    (ends, frame_ends)
}

/// Also the boxes within boxes.
fn boxes(bytes: &[u8], mut at: usize, end: usize) -> Vec<usize> {
    let mut starts = Vec::new();
    while at + 8 <= end {
        let next = at + big(bytes, at);
        starts.extend([at, at + 4, at + 8]);
        match &bytes[at + 4..at + 8] {
            b"meta" | b"iref" => starts.extend(boxes(bytes, at + 12, next)),
            b"iprp" | b"ipco" => starts.extend(boxes(bytes, at + 8, next)),
            b"iinf" => starts.extend(boxes(bytes, at + 14, next)),
            _ => {}
        }
        at = next;
    }
    starts
}

/// The directory's entries, and what they point to.
fn tiff(bytes: &[u8]) -> Vec<usize> {
    let directory = little(bytes, 4);
    let count = usize::from(u16::from_le_bytes(*bytes[directory..].first_chunk().unwrap()));
    let entries = (0..=count).map(|entry| directory + 2 + entry * 12);
    let pointers = entries.clone().take(count).map(|entry| little(bytes, entry + 8));
    let mut starts: Vec<_> = entries.chain(pointers).chain([4, directory]).collect();
    starts.retain(|start| *start < bytes.len());
    starts
}

/// Both headers, and every row.
fn bmp(bytes: &[u8]) -> Vec<usize> {
    let pixels = little(bytes, 10);
    // Negative where the first row is the top one.
    let rows = i32::from_le_bytes(*bytes[22..].first_chunk().unwrap()).unsigned_abs() as usize;
    let row_bytes = (bytes.len() - pixels) / rows;
    [2, 10, 14, 14 + little(bytes, 14)].into_iter().chain((pixels..bytes.len()).step_by(row_bytes)).collect()
}
