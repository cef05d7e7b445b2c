//! Reads a key frame of VP8 to half of its sides, without what smooths the edges of blocks: where that is all that is needed, in less
//! time than libwebp takes.
//!
//! Anything odd leaves the frame to libwebp, and so all judgements.

use super::super::super::super::geometry::Size;
use super::super::super::super::pixels::{Layout, Pixels};
use super::super::super::super::planes::{Planes, repeat_edges};
use super::modes::{LumaModes, Small};
use halve::halve;
use header::Header;
use levels::Table;
use modes::Told;
use residuals::{Known, Residuals};
use samples::{Strip, There};

mod bits;
mod halve;
mod header;
mod levels;
mod modes;
mod residuals;
mod rows;
mod samples;

/// The planes of a picture of this size, with half of their sides, rounded up, and so many columns and rows more of chroma.
pub(in super::super) fn halves(frame: &[u8], size: Size, more: Size) -> Option<[Pixels; 3]> {
    let header = Header::read(frame).filter(|header| header.size == size)?;
    Decoder::new(header, more).run()
}

struct Decoder<'a> {
    header: Header<'a>,
    table: Table,
    /// What is known of the macroblocks above.
    above: Vec<Side>,
    residuals: Residuals,
    luma: Strip<16>,
    chroma: [Strip<8>; 2],
    halves: [Pixels; 3],
    /// What of the halves of chroma is not more.
    held: Size,
}

/// What a macroblock tells those that it touches, besides samples.
#[derive(Clone, Copy)]
struct Side {
    modes: modes::Edge,
    known: Known,
}

impl Side {
    const OUTSIDE: Self = Self { modes: [Small::Mean; 4], known: [0; 9] };
}

impl<'a> Decoder<'a> {
    fn new(header: Header<'a>, more: Size) -> Self {
        let half = Planes::chroma_size(header.size);
        let held = Planes::chroma_size(half);
        let wider = Size { width: held.width + more.width, height: held.height + more.height };
        let across = header.size.width.div_ceil(16) as usize;
        Self {
            table: Table::new(&header.probabilities),
            header,
            above: vec![Side::OUTSIDE; across],
            residuals: Residuals::new(),
            luma: Strip::new(across),
            chroma: [Strip::new(across), Strip::new(across)],
            halves: [half, wider, wider].map(|size| Pixels::zeroed(size, Layout::Gray)),
            held,
        }
    }

    fn run(mut self) -> Option<[Pixels; 3]> {
        for y in 0..self.header.size.height.div_ceil(16) as usize {
            self.decode_row(y)?;
            self.halve(y);
        }
        self.halves[1..].iter_mut().for_each(|plane| repeat_edges(plane, self.held));
        Some(self.halves)
    }

    /// A row of macroblocks. [`None`]: it is not whole.
    fn decode_row(&mut self, y: usize) -> Option<()> {
        self.luma.begin(y == 0);
        self.chroma.iter_mut().for_each(|strip| strip.begin(y == 0));
        let parts = self.header.levels.len();
        let mut left = Side::OUTSIDE;
        for x in 0..self.above.len() {
            let (header, above) = (&mut self.header, &mut self.above[x]);
            let told = header.telling.read(&mut header.modes, &mut above.modes, &mut left.modes);
            let is_whole = matches!(told.luma, LumaModes::Whole(_));
            let (above, left) = (&mut above.known, &mut left.known);
            if told.is_silent {
                self.residuals.clear(is_whole, above, left);
            } else {
                let (bits, steps) = (&mut header.levels[y % parts], &header.steps[usize::from(told.segment)]);
                self.residuals.read(&self.table, bits, steps, is_whole, above, left);
            }
            self.predict(&told, x, y);
        }
        let is_over = self.header.modes.is_over() || self.header.levels[y % parts].is_over();
        (!is_over).then_some(())
    }

    fn predict(&mut self, told: &Told, x: usize, y: usize) {
        let there = There { above: y > 0, left: x > 0 };
        match &told.luma {
            LumaModes::Whole(mode) => self.luma.predict(x, *mode, there, &self.residuals, 0),
            LumaModes::Smalls(modes) => self.luma.predict_smalls(x, modes, &self.residuals),
        }
        for (strip, first_block) in self.chroma.iter_mut().zip([16, 20]) {
            strip.predict(x, told.chroma, there, &self.residuals, first_block);
        }
    }

    /// Keeps half of a row's samples.
    fn halve(&mut self, y: usize) {
        let Size { width, height } = self.header.size;
        let held = (width as usize, height as usize - 16 * y);
        let [luma, chroma @ ..] = &mut self.halves;
        halve(&self.luma, held, luma, 8 * y);
        let held = (held.0.div_ceil(2), held.1.div_ceil(2));
        for (strip, plane) in self.chroma.iter().zip(chroma) {
            halve(strip, held, plane, 4 * y);
        }
    }
}

#[cfg(test)]
mod tests {
    use webp::WebPConfig;

    use super::super::super::super::super::riff;
    use super::super::super::super::painted::planes;
    use super::super::super::still;
    use super::super::tests::{LEVELS, decoded};
    use super::super::{FIRST_PART, encode_within};
    use super::*;

    const NO_MORE: Size = Size { width: 0, height: 0 };

    fn read(file: &[u8], size: Size) -> Option<[Pixels; 3]> {
        halves(riff::chunk(file, *b"VP8 ")?, size, NO_MORE)
    }

    /// What libwebp has, halved.
    fn expected(planes: &Planes, file: &[u8]) -> [Pixels; 3] {
        decoded(planes, file).map(|plane| {
            let (width, height) = (plane.width as usize, plane.height as usize);
            let at = |x: usize, y: usize| u32::from(plane.data[y.min(height - 1) * width + x.min(width - 1)]);
            let mean = |x: usize, y: usize| (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1) + 2) >> 2;
            let rows = (0..height).step_by(2).flat_map(|y| (0..width).step_by(2).map(move |x| (x, y)));
            let data = rows.map(|(x, y)| u8::try_from(mean(x, y)).unwrap()).collect();
            Pixels { data, ..Pixels::zeroed(Planes::chroma_size(plane.size()), Layout::Gray) }
        })
    }

    fn check(planes: &Planes, file: &[u8], what: &str) {
        let ours = read(file, planes.size()).unwrap_or_else(|| panic!("{what}: left to libwebp"));
        for ((ours, expected), name) in ours.iter().zip(expected(planes, file)).zip(["luma", "blue", "red"]) {
            assert_eq!((ours.size(), &ours.data), (expected.size(), &expected.data), "{what}: {name}");
        }
    }

    /// All that libwebp may write, as far as it makes a difference to the decoder.
    fn configs() -> impl Iterator<Item = WebPConfig> {
        let config = |method, segments, partitions, filter_type| {
            let plain = WebPConfig::new().unwrap();
            WebPConfig { method, segments, partitions, filter_type, ..plain }
        };
        [config(0, 1, 0, 0), config(3, 2, 1, 1), config(4, 4, 2, 1), config(6, 4, 3, 0)].into_iter()
    }

    #[test]
    fn halves_are_those_of_what_libwebp_has() {
        for size in [(1, 1), (2, 1), (17, 16), (48, 33), (131, 77)] {
            for (number, level) in LEVELS.into_iter().enumerate() {
                let planes = planes(size, level);
                for quality in [0, 40, 80, 100] {
                    let what = format!("picture {number}, {size:?}, quality {quality}");
                    check(&planes, &encode_within(&planes, quality, FIRST_PART).unwrap(), &what);
                    for (kind, config) in configs().enumerate() {
                        let config = WebPConfig { quality: quality.into(), ..config };
                        check(&planes, &still::encode(&planes, &config).unwrap(), &format!("{what}, libwebp's {kind}"));
                    }
                }
            }
        }
    }

    #[test]
    fn chroma_goes_on_as_far_as_it_shall() {
        let planes = planes((33, 31), LEVELS[0]);
        let file = encode_within(&planes, 80, FIRST_PART).unwrap();
        let frame = riff::chunk(&file, *b"VP8 ").unwrap();
        let [luma, blue, _] = halves(frame, planes.size(), Size { width: 3, height: 2 }).unwrap();
        assert_eq!([luma.size(), blue.size()].map(|size| (size.width, size.height)), [(17, 16), (12, 10)]);
        assert!(blue.data.chunks(12).all(|row| row[8..].iter().all(|level| *level == row[8])));
        assert!(blue.data.chunks(12).skip(8).all(|row| row == &blue.data[12 * 7..][..12]));
    }

    /// Where a frame ends too early, is of another size or is not what it says, the judgement is libwebp's: whatever we read, it reads.
    #[test]
    fn nothing_is_read_that_libwebp_refuses() {
        let planes = planes((48, 48), LEVELS[0]);
        let size = planes.size();
        let config = WebPConfig { partitions: 1, ..WebPConfig::new().unwrap() };
        for file in [encode_within(&planes, 90, FIRST_PART).unwrap(), still::encode(&planes, &config).unwrap()] {
            let frame = riff::chunk(&file, *b"VP8 ").unwrap();
            for end in 0..frame.len() - 1 {
                assert!(halves(&frame[..end], size, NO_MORE).is_none(), "{end} of {} bytes", frame.len());
            }
            assert!(halves(frame, Size { width: 49, ..size }, NO_MORE).is_none());
            let (mut read_by_us, mut torn) = (0, file.clone());
            for place in 20..file.len() {
                for bit in [place % 4, 4 + place % 4] {
                    torn[place] ^= 1 << bit;
                    if read(&torn, size).is_some() {
                        read_by_us += 1;
                        let mut planes = [(48, 48), (24, 24), (24, 24)]
                            .map(|(width, height)| Pixels::zeroed(Size { width, height }, Layout::Gray));
                        let decoder =
                            still::Decoder::new(&torn).unwrap_or_else(|said| panic!("{place}, {bit}: {said}"));
                        decoder
                            .decode_planes(&mut planes, true)
                            .unwrap_or_else(|said| panic!("{place}, {bit}: {said}"));
                    }
                    torn[place] ^= 1 << bit;
                }
            }
            assert!(read_by_us > 0, "what is changed is mostly another picture");
        }
    }
}
