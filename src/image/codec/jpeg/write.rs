//! Baseline JPEG as libjpeg writes it with optimised tables, and in less time: the first pass does not only count the symbols, but
//! keeps them, two bytes each, so that the second one only looks up their codes.

use super::super::super::geometry::Size;
use super::super::super::jpeg_scans::ZIGZAG;
use super::super::super::pixels::Pixels;
use super::codes::Codes;
use super::forward::{Forward, Quantizers, Samples, quantizers};
use super::symbols::{Entry, MOST, Tally, Words};

/// The format could say 65,535, but libjpeg writes no more, and shows no more.
const LONGEST_SIDE: u32 = 65_500;

/// Grey, or luma and two chromas in 4:2:0, of which these have half of luma's sides, rounded up. [`None`]: no JPEG can be so large.
pub(super) fn encode(planes: &[&Pixels], quality: u8) -> Option<Vec<u8>> {
    let (luma, chroma) = planes.split_first()?;
    let mut writer = Writer::new(luma.size(), !chroma.is_empty(), quality)?;
    for row in 0..(luma.height as usize).div_ceil(writer.side()) {
        writer.take_row(planes, row);
    }
    Some(writer.finish())
}

struct Writer {
    size: Size,
    quantizers: [Quantizers; 2],
    components: Vec<Component>,
    /// Of luma and of chroma.
    tallies: [Tally; 2],
    rows: Vec<Row>,
    /// For the entries of a row of units.
    room: Vec<Entry>,
}

struct Component {
    /// 0: luma, 1: chroma.
    tables: usize,
    forward: Forward,
    /// Blocks of a unit, across as well as down.
    blocks: usize,
    /// Of the block before.
    mean: i16,
    /// The lines of a row of units, in whole units: so they come from memory as they lie there, and are at hand for the blocks.
    strip: Vec<u8>,
}

/// A row of units.
struct Row {
    entries: Box<[Entry]>,
    /// How many of them each component of each unit has.
    lengths: Vec<u16>,
}

impl Writer {
    fn new(size: Size, has_chroma: bool, quality: u8) -> Option<Self> {
        let quantizers = quantizers(quality);
        let component = |tables: usize, blocks| Component {
            tables,
            forward: Forward::new(&quantizers[tables]),
            blocks,
            mean: 0,
            strip: Vec::new(),
        };
        let components: Vec<_> =
            if has_chroma { vec![component(0, 2), component(1, 1), component(1, 1)] } else { vec![component(0, 1)] };
        let is_possible = size.width.max(size.height) <= LONGEST_SIDE;
        is_possible.then(|| {
            let blocks: usize = components.iter().map(|component| component.blocks.pow(2)).sum();
            let units = (size.width as usize).div_ceil(8 * components[0].blocks);
            let room = vec![0; units * blocks * MOST];
            Self { size, quantizers, components, tallies: [Tally::new(), Tally::new()], rows: Vec::new(), room }
        })
    }

    /// Of a unit, in pixels.
    fn side(&self) -> usize {
        8 * self.components.first().map_or(1, |luma| luma.blocks)
    }

    fn take_row(&mut self, planes: &[&Pixels], row: usize) {
        let units = (self.size.width as usize).div_ceil(self.side());
        let mut lengths = Vec::with_capacity(units * self.components.len());
        let mut end = 0;
        for (component, plane) in self.components.iter_mut().zip(planes) {
            component.fill(plane, row, units);
        }
        for unit in 0..units {
            for (component, plane) in self.components.iter_mut().zip(planes) {
                let begin = end;
                let tally = &mut self.tallies[component.tables];
                for place in 0..component.blocks * component.blocks {
                    let (x, y) = (unit * component.blocks + place % component.blocks, place / component.blocks);
                    let Some(to) = self.room[end..].first_chunk_mut() else { continue };
                    let is_seen =
                        8 * x < plane.width as usize && 8 * (row * component.blocks + y) < plane.height as usize;
                    end += if is_seen { component.block(x, y, units, tally, to) } else { tally.unseen(to) };
                }
                lengths.push(u16::try_from(end - begin).unwrap_or(u16::MAX));
            }
        }
        self.rows.push(Row { entries: self.room[..end].into(), lengths });
    }

    /// The file.
    fn finish(self) -> Vec<u8> {
        let codes = self.tallies.each_ref().map(Tally::codes);
        let words = codes.each_ref().map(Words::new);
        let tables = if self.components.len() > 1 { 2 } else { 1 };
        let mut file = header(self.size, &self.components, &self.quantizers[..tables], &codes[..tables]);
        let bits: u64 = self.tallies.iter().zip(&words).map(|(tally, words)| tally.bits(words)).sum();
        // With some bytes for the zeros behind each `FF`.
        file.reserve(usize::try_from(bits / 8 + bits / 512 + 64).unwrap_or(0));
        let mut bits = Bits { last: 0, count: 0 };
        for row in self.rows {
            let mut entries = &*row.entries;
            for (length, component) in row.lengths.iter().zip(self.components.iter().cycle()) {
                let (these, rest) = entries.split_at(usize::from(*length));
                words[component.tables].write(these, |word, length| bits.put(&mut file, word, length));
                entries = rest;
            }
        }
        bits.finish(&mut file);
        file
    }
}

impl Component {
    /// Takes the lines of a row of units, and repeats the last column and row to whole units.
    fn fill(&mut self, plane: &Pixels, row: usize, units: usize) {
        let (side, width) = (8 * self.blocks, plane.width as usize);
        self.strip.resize(units * side * side, 0);
        for (y, to) in self.strip.chunks_exact_mut(units * side).enumerate() {
            let line = (row * side + y).min(plane.height as usize - 1);
            let from = &plane.data[line * width..][..width];
            let (held, beyond) = to.split_at_mut(width.min(to.len()));
            held.copy_from_slice(&from[..held.len()]);
            beyond.fill(from[width - 1]);
        }
    }

    /// A block of the strip.
    #[inline]
    fn block(&mut self, x: usize, y: usize, units: usize, tally: &mut Tally, to: &mut [Entry; MOST]) -> usize {
        let stride = 8 * units * self.blocks;
        let mut samples: Samples = [[0; 8]; 8];
        for (to, from) in samples.iter_mut().zip(self.strip[8 * (y * stride + x)..].chunks(stride)) {
            to.copy_from_slice(&from[..8]);
        }
        let coefficients = self.forward.coefficients(&samples);
        let before = std::mem::replace(&mut self.mean, coefficients[0]);
        tally.block(&coefficients, before, to)
    }
}

/// All before the coded data.
fn header(size: Size, components: &[Component], quantizers: &[Quantizers], codes: &[[Codes; 2]]) -> Vec<u8> {
    let pixels = |side: u32| u16::try_from(side).unwrap_or(u16::MAX).to_be_bytes();
    let mut file = vec![0xFF, 0xD8];
    // JFIF 1.01, pixels that are square, and no thumbnail.
    segment(&mut file, 0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    for (number, table) in (0..).zip(quantizers) {
        let values = ZIGZAG.map(|(row, column)| table[usize::from(row)][usize::from(column)]);
        segment(&mut file, 0xDB, &[&[number], &values[..]].concat());
    }
    let byte = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    let count = byte(components.len());
    let mut frame = [&[8][..], &pixels(size.height), &pixels(size.width), &[count]].concat();
    let mut scan = vec![count];
    for (id, component) in (1..).zip(components) {
        let (blocks, tables) = (byte(component.blocks), byte(component.tables));
        frame.extend([id, blocks << 4 | blocks, tables]);
        scan.extend([id, tables << 4 | tables]);
    }
    segment(&mut file, 0xC0, &frame);
    for (number, codes) in (0..).zip(codes) {
        for (class, codes) in (0..).zip(codes) {
            segment(&mut file, 0xC4, &[&[class << 4 | number], &codes.lengths[..], &codes.symbols].concat());
        }
    }
    scan.extend([0, 63, 0]);
    segment(&mut file, 0xDA, &scan);
    file
}

fn segment(file: &mut Vec<u8>, marker: u8, content: &[u8]) {
    file.extend([0xFF, marker]);
    file.extend(u16::try_from(content.len() + 2).unwrap_or(u16::MAX).to_be_bytes());
    file.extend(content);
}

/// The coded data, bit by bit.
#[derive(Clone, Copy)]
struct Bits {
    /// The last bits, of which as many as counted, less than 32, are not in the file yet.
    last: u64,
    count: u32,
}

impl Bits {
    /// At most 32.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "what is above is in the file")]
    fn put(&mut self, file: &mut Vec<u8>, bits: u32, length: u32) {
        self.last = self.last << length | u64::from(bits);
        self.count += length;
        if self.count >= 32 {
            self.count -= 32;
            let next = (self.last >> self.count) as u32;
            // Whether a byte of its inverse is 0.
            if next & 0x8080_8080 & (!next).wrapping_sub(0x0101_0101) == 0 {
                file.extend_from_slice(&next.to_be_bytes());
            } else {
                stuff(file, &next.to_be_bytes());
            }
        }
    }

    /// Ones up to the end of the last byte, and the end of the file.
    fn finish(mut self, file: &mut Vec<u8>) {
        self.put(file, 0x7F, 7);
        let left = (self.last << (32 - self.count)).to_be_bytes();
        stuff(file, &left[4..][..self.count as usize / 8]);
        file.extend([0xFF, 0xD9]);
    }
}

/// No marker begins within the data: so behind what would begin one comes a 0.
#[cold]
fn stuff(file: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        file.push(*byte);
        if *byte == 0xFF {
            file.push(0);
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]
mod tests {
    use turbojpeg::{Compressor, Decompressor, Subsamp, YuvImage};

    use super::super::super::super::planes::Planes;
    use super::super::super::painted::{self, Level, plane};
    use super::*;

    /// By component, column and row.
    const LEVELS: [Level; 6] = [
        |component, x, y| {
            (128.0 + 70.0 * ((x + 9 * component) as f64 / 9.0).sin() + 40.0 * ((x * y) as f64 / 300.0).cos()) as u8
        },
        |component, x, y| (((x * 7919 + y * 104_729 + component * 31 + x * y * 613) * 2_654_435_761) >> 13) as u8,
        |component, _, _| [0, 255, 128][component],
        |_, x, y| if (x + y) % 2 == 0 { 0 } else { 255 },
        |_, x, y| if (x / 8 + y / 8) % 2 == 0 { 0 } else { 255 },
        |_, x, y| if x / 4 % 2 == y / 4 % 2 { 0 } else { 255 },
    ];
    const SIZES: [(u32, u32); 9] = [(1, 1), (2, 1), (7, 9), (8, 8), (16, 16), (17, 33), (24, 8), (25, 40), (131, 77)];

    fn planes(size: (u32, u32), level: Level) -> [Pixels; 3] {
        let Planes { luma, chroma: [blue, red] } = painted::planes(size, level);
        [luma, blue, red]
    }

    fn ours(planes: &[&Pixels], quality: u8) -> Vec<u8> {
        encode(planes, quality).unwrap()
    }

    /// Of planes whose luma is made even at its edges.
    fn theirs(planes: &[&Pixels], quality: u8) -> Vec<u8> {
        let (width, height) = (planes[0].width as usize, planes[0].height as usize);
        let subsamp = if planes.len() > 1 { Subsamp::Sub2x2 } else { Subsamp::Gray };
        let even = |side: usize| if planes.len() > 1 { side.next_multiple_of(2) } else { side };
        let mut pixels = Vec::new();
        for y in 0..even(height) {
            let row = &planes[0].data[y.min(height - 1) * width..][..width];
            pixels.extend_from_slice(row);
            pixels.extend(std::iter::repeat_n(row[width - 1], even(width) - width));
        }
        planes[1..].iter().for_each(|chroma| pixels.extend_from_slice(&chroma.data));
        let mut compressor = Compressor::new().unwrap();
        compressor.set_quality(quality.into()).unwrap();
        compressor.set_subsamp(subsamp).unwrap();
        compressor.set_optimize(true).unwrap();
        compressor.compress_yuv_to_vec(YuvImage { pixels: &pixels[..], width, align: 1, height, subsamp }).unwrap()
    }

    fn samples(bytes: &[u8]) -> Vec<u8> {
        let mut decoder = Decompressor::new().unwrap();
        let header = decoder.read_header(bytes).unwrap();
        let length = turbojpeg::yuv_pixels_len(header.width, 1, header.height, header.subsamp).unwrap();
        let (width, height, subsamp) = (header.width, header.height, header.subsamp);
        let mut image = YuvImage { pixels: vec![0; length], width, align: 1, height, subsamp };
        decoder.decompress_to_yuv(bytes, image.as_deref_mut()).unwrap();
        image.pixels
    }

    fn rgb(bytes: &[u8]) -> Vec<u8> {
        image::load_from_memory_with_format(bytes, image::ImageFormat::Jpeg).unwrap().to_rgb8().into_raw()
    }

    /// Sum of squares, and the most, of what two pictures are apart.
    fn apart(one: &[u8], other: &[u8]) -> (u64, u8) {
        assert_eq!(one.len(), other.len());
        let apart = || one.iter().zip(other).map(|(one, other)| one.abs_diff(*other));
        (apart().map(|apart| u64::from(apart).pow(2)).sum(), apart().max().unwrap())
    }

    /// By both decoders: as near to libjpeg's as a few coefficients that are rounded otherwise let it be.
    fn check(planes: &[&Pixels], quality: u8, number: usize, what: &str) {
        let (ours, theirs) = (ours(planes, quality), theirs(planes, quality));
        let tables = ours.windows(2).position(|pair| pair == b"\xff\xc4").unwrap();
        assert_eq!(ours[..tables], theirs[..tables], "{what}");
        // A coefficient that lies between two steps may become either; its square is shared by its block.
        let step = u64::from(quantizers(quality)[1][7][7]).pow(2);
        let count = samples(&ours).len() as u64;
        // In the regular pictures many lie right in the middle, all in the same way.
        let share = if number < 2 { 1000 } else { 20 };
        let most = count / 2 + count * step / share + 4 * step;
        let (squares, highest) = apart(&samples(&ours), &samples(&theirs));
        assert!(squares <= most && u64::from(highest).pow(2) <= 4 + step, "{what}: {squares} of {most}, {highest}");
        if number < 2 && (planes.len() == 1 || planes[0].data.len() == 4 * planes[1].data.len()) {
            let source: Vec<_> = planes.iter().flat_map(|plane| plane.data.iter().copied()).collect();
            let (ours, theirs) = (apart(&samples(&ours), &source).0, apart(&samples(&theirs), &source).0);
            assert!(ours <= theirs + theirs / 200 + count / 50 + 4 * step, "{what}: {ours} and {theirs}");
        }
        let (squares, _) = apart(&rgb(&ours), &rgb(&theirs));
        assert!(squares <= 12 * most, "{what}: {squares} of {most}");
        assert!(ours.len() * 100 <= theirs.len() * 101 + 400, "{what}: {} and {} bytes", ours.len(), theirs.len());
    }

    #[test]
    fn a_picture_is_libjpegs_at_every_quality() {
        for quality in 1..=100 {
            for (number, level) in LEVELS.into_iter().enumerate() {
                let [luma, blue, red] = planes((130, 78), level);
                check(&[&luma, &blue, &red], quality, number, &format!("picture {number}, quality {quality}"));
            }
        }
    }

    #[test]
    fn a_picture_is_libjpegs_at_every_size() {
        for size in SIZES {
            for (number, level) in LEVELS.into_iter().enumerate() {
                for quality in [1, 50, 80, 100] {
                    let [luma, blue, red] = planes(size, level);
                    let what = format!("picture {number}, {size:?}, quality {quality}");
                    check(&[&luma, &blue, &red], quality, number, &what);
                    check(&[&luma], quality, number, &format!("grey {what}"));
                }
            }
        }
    }

    #[test]
    fn the_longest_sides_are_written_and_longer_ones_are_not() {
        let line = plane(0, (65_500, 1), LEVELS[0]);
        check(&[&line], 80, 0, "line");
        let longer = plane(0, (1, 65_501), LEVELS[0]);
        assert!(encode(&[&longer], 80).is_none());
    }
}
