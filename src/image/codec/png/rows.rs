//! The pixels of a common PNG, which has eight bits a sample, no palette and its rows in order: inflated by `fdeflate`, unfiltered by us.
//!
//! The `png` crate has read the header. What is odd in any way (damaged, too short, too long, …) is left to it, and so are all judgements.

use fdeflate::Decompressor;
use png::{BitDepth, ColorType, Info};

use super::unfilter::{Filtered, chains, plain};

const SIGNATURE_BYTES: usize = 8;
/// What deflate looks back to.
const LOOKBACK_BYTES: usize = 32 << 10;
/// What is inflated at a time.
const AHEAD_BYTES: usize = 64 << 10;

/// [`None`]: let the `png` crate try.
pub(super) fn decode(file: &[u8], info: &Info) -> Option<Vec<u8>> {
    let is_common = info.bit_depth == BitDepth::Eight
        && !info.interlaced
        && info.trns.is_none()
        && info.animation_control.is_none()
        && info.frame_control.is_none();
    if !is_common {
        return None;
    }
    match info.color_type {
        ColorType::Grayscale => Rows::<1>::decode(file, info),
        ColorType::GrayscaleAlpha => Rows::<2>::decode(file, info),
        ColorType::Rgb => Rows::<3>::decode(file, info),
        ColorType::Rgba => Rows::<4>::decode(file, info),
        ColorType::Indexed => None,
    }
}

/// Hands over what each chunk of pixels holds; they stand one behind another. [`None`]: one of them is damaged, or nothing follows them.
fn each_image_chunk(file: &[u8], mut each: impl FnMut(&[u8]) -> Option<()>) -> Option<()> {
    let mut rest = file.get(SIGNATURE_BYTES..)?;
    let mut has_begun = false;
    loop {
        let ([l3, l2, l1, l0, name @ ..], behind) = rest.split_first_chunk::<8>()?;
        let is_image = name == b"IDAT";
        if has_begun && !is_image {
            return Some(());
        }
        let length = u32::from_be_bytes([*l3, *l2, *l1, *l0]) as usize;
        let (contents, behind) = behind.split_at_checked(length)?;
        let (checksum, behind) = behind.split_first_chunk::<4>()?;
        if is_image {
            has_begun = true;
            let mut hasher = crc32fast::Hasher::new();
            hasher.update(name);
            hasher.update(contents);
            if hasher.finalize().to_be_bytes() != *checksum {
                return None;
            }
            each(contents)?;
        }
        rest = behind;
    }
}

/// Rows of pixels of `N` bytes.
struct Rows<const N: usize> {
    /// Bytes of a row, without the one of its filter.
    stride: usize,
    /// The last bytes that were inflated, `filled` of them, of which those from `begin` on are not unfiltered.
    window: Vec<u8>,
    begin: usize,
    filled: usize,
    /// What is above the first row.
    nothing: Vec<u8>,
    /// Where a row comes to that is unfiltered for want of a pair.
    spare: Vec<u8>,
    pixels: Vec<u8>,
    /// Bytes of `pixels` that are there.
    done: usize,
}

impl<const N: usize> Rows<N> {
    fn decode(file: &[u8], info: &Info) -> Option<Vec<u8>> {
        let stride = N.checked_mul(info.width as usize)?;
        let length = stride.checked_mul(info.height as usize)?;
        let mut rows = Self {
            stride,
            // Two rows may wait, or be nearly there.
            window: vec![0; LOOKBACK_BYTES + AHEAD_BYTES + 2 * (1 + stride)],
            begin: 0,
            filled: 0,
            nothing: vec![0; stride],
            spare: vec![0; stride],
            pixels: vec![0; length],
            done: 0,
        };
        let mut inflater = Decompressor::new();
        // As the `png` crate and libpng.
        inflater.ignore_adler32();
        each_image_chunk(file, |bytes| rows.take(&mut inflater, bytes))?;
        while !inflater.is_done() {
            rows.inflate(&mut inflater, &[], true)?;
        }
        (rows.done == length && rows.begin == rows.filled).then_some(rows.pixels)
    }

    fn take(&mut self, inflater: &mut Decompressor, mut bytes: &[u8]) -> Option<()> {
        while !bytes.is_empty() {
            if inflater.is_done() {
                return None;
            }
            let consumed = self.inflate(inflater, bytes, false)?;
            bytes = bytes.get(consumed..)?;
        }
        Some(())
    }

    /// Returns how many bytes it took. [`None`] where it took and gave nothing: it would for ever.
    fn inflate(&mut self, inflater: &mut Decompressor, bytes: &[u8], is_end: bool) -> Option<usize> {
        if self.filled == self.window.len() {
            let kept = self.begin.min(self.filled - LOOKBACK_BYTES);
            self.window.copy_within(kept.., 0);
            self.begin -= kept;
            self.filled -= kept;
        }
        let (consumed, produced) = inflater.read(bytes, &mut self.window, self.filled, is_end).ok()?;
        self.filled += produced;
        self.unfilter()?;
        (consumed > 0 || produced > 0 || inflater.is_done()).then_some(consumed)
    }

    /// All rows that are there; but one that could have a pair waits for it. [`None`]: there is no such filter, or no such row.
    fn unfilter(&mut self) -> Option<()> {
        let stride = self.stride;
        let mut rows = self.window[self.begin..self.filled].chunks_exact(1 + stride);
        while let Some(row) = rows.next() {
            let row = Filtered::new(row)?;
            let (above, below) = self.pixels.split_at_mut(self.done);
            let above = if above.is_empty() { &self.nothing } else { &above[above.len() - stride..] };
            let (out, below) = below.split_at_mut_checked(stride)?;
            let next = rows.clone().next();
            let mut taken = 1;
            if !row.is_chain() {
                plain(row, above, out);
            } else if next.is_none() && !below.is_empty() {
                break;
            } else if let (Some(next), Some(out_next)) = (next, below.get_mut(..stride))
                && let next = Filtered::new(next)?
                && next.is_chain()
            {
                chains::<N>([row, next], above, [out, out_next]);
                rows.next();
                taken = 2;
            } else {
                chains::<N>([row, row], above, [out, &mut self.spare]);
            }
            self.done += taken * stride;
            self.begin += taken * (1 + stride);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{any, open};
    use super::*;

    const COLOURS: [(u8, usize); 4] = [(0, 1), (4, 2), (2, 3), (6, 4)];

    /// A picture as it is before deflate: bytes by chance, runs among them, and filters as told.
    fn filtered(width: usize, height: usize, channels: usize, filter: impl Fn(usize) -> usize) -> Vec<u8> {
        let mut state = u32::try_from(1 + width * 31 + height * 7 + channels).unwrap();
        let mut rows = Vec::new();
        for row in 0..height {
            rows.push(u8::try_from(filter(row)).unwrap());
            for index in 0..width * channels {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let byte = u8::try_from(state >> 24).unwrap();
                rows.push(if index / 40 % 2 == 1 { 0 } else { byte });
            }
        }
        rows
    }

    fn chunk(name: [u8; 4], contents: &[u8], to: &mut Vec<u8>) {
        to.extend(u32::try_from(contents.len()).unwrap().to_be_bytes());
        to.extend(name);
        to.extend(contents);
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&name);
        hasher.update(contents);
        to.extend(hasher.finalize().to_be_bytes());
    }

    /// A file, whose pixels stand in chunks of these many bytes, and the rest in one more.
    fn file(width: usize, height: usize, colour: u8, stream: &[u8], chunks: &[usize]) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut header = Vec::new();
        header.extend(u32::try_from(width).unwrap().to_be_bytes());
        header.extend(u32::try_from(height).unwrap().to_be_bytes());
        header.extend([8, colour, 0, 0, 0]);
        chunk(*b"IHDR", &header, &mut file);
        let mut rest = stream;
        for length in chunks {
            let (contents, behind) = rest.split_at(rest.len().min(*length));
            chunk(*b"IDAT", contents, &mut file);
            rest = behind;
        }
        chunk(*b"IDAT", rest, &mut file);
        chunk(*b"IEND", &[], &mut file);
        file
    }

    /// What we make of a file, and what the `png` crate does, where it takes the header.
    fn both(file: &[u8]) -> Option<[Option<Vec<u8>>; 2]> {
        let mut reader = open(file, 64).ok()?;
        let ours = decode(file, reader.info());
        let (_, depth) = reader.output_color_type();
        Some([ours, any(&mut reader, depth).ok()])
    }

    /// What we do not leave to the `png` crate is as it has it.
    fn assert_never_other(file: &[u8], what: &str) {
        if let Some([Some(ours), theirs]) = both(file) {
            assert_eq!(Some(ours), theirs, "{what}");
        }
    }

    fn assert_same(file: &[u8], what: &str) {
        let [ours, theirs] = both(file).unwrap();
        assert!(theirs.is_some(), "{what}: it is whole");
        assert_eq!(ours, theirs, "{what}");
    }

    #[test]
    fn pixels_are_those_of_the_png_crate() {
        for (colour, channels) in COLOURS {
            for width in 1..=20 {
                for height in [1, 2, 3, 7, 51] {
                    let what = format!("{width} x {height} x {channels}");
                    for filter in 0..=4 {
                        let rows = filtered(width, height, channels, |_| filter);
                        let file = file(width, height, colour, &fdeflate::compress_to_vec(&rows), &[]);
                        assert_same(&file, &format!("{what}, filter {filter}"));
                    }
                    // Each filter above each other one.
                    let pairs = |row: usize| [row / 10 % 5, row / 2 % 5][row % 2];
                    let rows = filtered(width, height, channels, pairs);
                    let file = file(width, height, colour, &fdeflate::compress_to_vec(&rows), &[]);
                    assert_same(&file, &format!("{what}, all filters"));
                }
            }
        }
    }

    #[test]
    fn chunks_and_windows_end_anywhere() {
        // Rows shorter and longer than the window is ahead, and more of them than it holds.
        for (width, height) in [(37, 31), (700, 200), (40_000, 5)] {
            for (colour, channels) in COLOURS {
                let rows = filtered(width, height, channels, |row| row * row % 5);
                let stream = fdeflate::compress_to_vec(&rows);
                for chunks in [&[0, 0, 1, 0, 1, 2, 3, 0, 500, 0][..], &[7; 99], &[8192; 40], &[stream.len(), 0]] {
                    assert_same(
                        &file(width, height, colour, &stream, chunks),
                        &format!("{width} x {height} x {channels}"),
                    );
                }
            }
        }
    }

    #[test]
    fn what_looks_far_back_is_found() {
        let pixels: Vec<u8> = filtered(300, 1, 3, |_| 0).into_iter().cycle().take(300 * 400 * 3).collect();
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 300, 400);
        encoder.set_color(ColorType::Rgb);
        encoder.set_compression(png::Compression::High);
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
        let [ours, theirs] = both(&file).unwrap();
        assert_eq!(ours.as_ref(), Some(&pixels));
        assert_eq!(theirs, Some(pixels));
    }

    #[test]
    fn what_is_damaged_is_never_other_than_the_png_crate_has_it() {
        let rows = filtered(5, 6, 3, |row| row % 5);
        let stream = fdeflate::compress_to_vec(&rows);
        let whole = file(5, 6, 2, &stream, &[20, 0, 30]);
        assert_same(&whole, "whole");
        for length in 0..whole.len() {
            assert_never_other(&whole[..length], &format!("cut to {length}"));
        }
        for index in 0..whole.len() {
            for change in 1..=255 {
                let mut file = whole.clone();
                file[index] ^= change;
                assert_never_other(&file, &format!("byte {index} changed by {change}"));
            }
        }
    }

    #[test]
    fn a_damaged_stream_in_good_chunks_is_never_other_either() {
        let rows = filtered(5, 6, 3, |row| row % 5);
        let stream = fdeflate::compress_to_vec(&rows);
        for length in 0..stream.len() {
            assert_never_other(&file(5, 6, 2, &stream[..length], &[length / 2]), &format!("cut to {length}"));
        }
        for index in 0..stream.len() {
            for change in 1..=255 {
                let mut stream = stream.clone();
                stream[index] ^= change;
                assert_never_other(&file(5, 6, 2, &stream, &[index]), &format!("byte {index} changed by {change}"));
            }
        }
        for more in [&b"\0"[..], &[0; 9], &[255; 100], &stream] {
            assert_never_other(&file(5, 6, 2, &[&stream, more].concat(), &[stream.len()]), "more behind");
        }
        for height in 1..12 {
            assert_never_other(&file(5, height, 2, &stream, &[]), &format!("{height} rows said"));
        }
        for filter in 0..=255 {
            let rows = filtered(5, 6, 3, |row| if row == 3 { filter } else { 4 });
            assert_never_other(&file(5, 6, 2, &fdeflate::compress_to_vec(&rows), &[]), "filter");
        }
    }
}
