//! Lossy WebP: a key frame of VP8 (RFC 6386), from luma and chroma in limited range, in less time than libwebp takes for as many bytes of as good a
//! picture.
//!
//! Eight blocks are transformed and quantized at once, what is lost is counted among coefficients instead of pixels, and only the best
//! of a macroblock's modes is decoded.

use choose::{Choice, Chooser, twice};
use cost::Costs;
use frame::{LENGTH_BITS, Told};
use levels::{Recorder, has_levels};
use neighbours::{Above, Left, Neighbours};
use segments::Segments;
use source::Source;

use super::super::super::planes::Planes;

mod choose;
mod chroma;
mod clusters;
mod cost;
mod frame;
mod lanes;
mod levels;
mod means;
mod modes;
mod neighbours;
mod predict;
mod probabilities;
mod quantizer;
mod segments;
mod small;
mod source;
mod whole;
mod writer;

/// After so many macroblocks at least the probabilities are taken anew.
const LEAST_TURN: usize = 96;

/// 256ths of a bit for the modes of small blocks: nine tenths of what the first part of a frame has room for.
const MODE_BITS: i64 = (1 << LENGTH_BITS) * 8 * 256 / 10 * 9;
/// What a macroblock is told by besides them, about the most.
const OTHER_BITS: i64 = 12 * 256;

/// The file. [`None`]: more macroblocks than what is told of them has room for.
pub(super) fn encode(planes: &Planes, quality: u8) -> Option<Vec<u8>> {
    let source = Source::new(planes);
    let mut segments = Segments::new(&source, quality);
    let mut recorder = Recorder::new();
    let told = tell(&source, &mut segments, &mut recorder, MODE_BITS);
    frame::write(source.size(), &segments, &told, &recorder)
}

/// Chooses how each macroblock is told, where modes may take so many 256ths of a bit.
fn tell(source: &Source, segments: &mut Segments, recorder: &mut Recorder, room: i64) -> Vec<Told> {
    let count = source.across * source.down;
    let turn = (count / 8).max(LEAST_TURN);
    let mut above = vec![Above::OUTSIDE; source.across];
    let mut costs = Costs::new(&probabilities::LEVELS);
    let mut mode_bits = room - OTHER_BITS * i64::try_from(count).unwrap_or(i64::MAX / OTHER_BITS);
    let mut told = Vec::with_capacity(count);
    for y in 0..source.down {
        let mut left = Left::outside(y == 0);
        for x in 0..source.across {
            if !told.is_empty() && told.len() % turn == 0 {
                costs = Costs::new(&recorder.probabilities());
            }
            let place = segments.map[told.len()];
            let segment = &mut segments.all[usize::from(place)];
            let beyond = above.get(x + 1).map_or([above[x].luma[15]; 4], |next| [0, 1, 2, 3].map(|x| next.luma[x]));
            let neighbours = Neighbours { above: &above[x], left: &left, has_above: y > 0, has_left: x > 0, beyond };
            // Some may take more than their share, as most take less.
            let most = 4 * mode_bits / i64::try_from(count - told.len()).unwrap_or(i64::MAX);
            let macroblock = source.macroblock(x, y);
            let chooser = Chooser::new(&macroblock, segment, &costs, &neighbours, most, segments.spreads_errors);
            let mut chosen = chooser.choose(&neighbours);
            mode_bits -= chosen.mode_bits;
            segment.smooth(chosen.edges);
            let has_levels = record(&chosen.choice, recorder, &mut chosen.above, &mut chosen.left);
            told.push(Told::new(&chosen.choice, place, has_levels));
            (above[x], left) = (chosen.above, chosen.left);
        }
    }
    told
}

/// Takes the levels of a macroblock, and returns whether there are any.
fn record(choice: &Choice, recorder: &mut Recorder, above: &mut Above, left: &mut Left) -> bool {
    let is_told = choice.blocks().any(|(_, levels)| has_levels(levels));
    for (place, levels) in choice.blocks() {
        let (above, left, kind) = place.flags(&mut above.side, &mut left.side);
        if is_told {
            recorder.push(kind, usize::from(*above) + usize::from(*left), levels);
        }
        (*above, *left) = twice(has_levels(levels));
    }
    is_told
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]
mod tests {
    use webp::WebPConfig;

    use super::super::super::super::geometry::Size;
    use super::super::super::super::pixels::{Layout, Pixels};
    use super::super::still;
    use super::*;

    type Level = fn(usize, usize, usize) -> u8;

    /// By component, column and row.
    const LEVELS: [Level; 7] = [
        |component, x, y| {
            (128.0 + 60.0 * ((x + 9 * component) as f64 / 9.0).sin() + 40.0 * ((x * y) as f64 / 300.0).cos()) as u8
        },
        |component, x, y| (((x * 7919 + y * 104_729 + component * 31 + x * y * 613) * 2_654_435_761) >> 13) as u8,
        |component, _, _| [0, 255, 128][component],
        |component, _, _| [255, 0, 255][component],
        |_, x, y| if (x + y) % 2 == 0 { 0 } else { 255 },
        |_, x, y| if (x / 4 + y / 4) % 2 == 0 { 0 } else { 255 },
        |component, x, y| (60 + x / 3 + y / 2 + 20 * component) as u8,
    ];
    const SIZES: [(u32, u32); 10] =
        [(1, 1), (2, 1), (1, 40), (15, 17), (16, 16), (17, 16), (33, 31), (48, 48), (131, 77), (200, 9)];
    const QUALITIES: [u8; 9] = [0, 10, 30, 50, 70, 80, 90, 98, 100];

    fn plane(component: usize, (width, height): (u32, u32), level: Level) -> Pixels {
        let data =
            (0..height as usize).flat_map(|y| (0..width as usize).map(move |x| level(component, x, y))).collect();
        Pixels { width, height, layout: Layout::Gray, data }
    }

    fn planes((width, height): (u32, u32), level: Level) -> Planes {
        let half = (width.div_ceil(2), height.div_ceil(2));
        Planes { luma: plane(0, (width, height), level), chroma: [1, 2].map(|component| plane(component, half, level)) }
    }

    fn theirs(planes: &Planes, quality: u8) -> Vec<u8> {
        let config = WebPConfig { quality: quality.into(), method: 4, ..WebPConfig::new().unwrap() };
        still::encode(planes, &config).unwrap()
    }

    /// The sum of the squares of what each plane is off, by libwebp without its filter.
    fn squares(planes: &Planes, file: &[u8]) -> [u64; 3] {
        let Planes { luma, chroma: [blue, red] } = planes;
        let all = [luma, blue, red];
        let mut decoded = all.map(|plane| Pixels::zeroed(plane.size(), Layout::Gray));
        still::Decoder::new(file).unwrap().decode_planes(&mut decoded, true).unwrap();
        std::array::from_fn(|place| {
            let pairs = all[place].data.iter().zip(&decoded[place].data);
            pairs.map(|(one, other)| u64::from(one.abs_diff(*other)).pow(2)).sum()
        })
    }

    /// What is decoded is as near to the source as what libwebp writes, in about as many bytes. If a decoder predicted from other samples
    /// than we did, one block's error would be in all after it.
    fn check(planes: &Planes, quality: u8, what: &str) {
        let (ours, theirs) = (encode(planes, quality).unwrap(), theirs(planes, quality));
        let step = u64::from(quantizer::STEPS[127 - 127 * usize::from(quality) / 100]);
        let all = squares(planes, &ours).into_iter().zip(squares(planes, &theirs));
        for ((ours, theirs), plane) in all.zip(["luma", "blue", "red"]) {
            let slack = theirs / 3 + step * step * (4 + planes.luma.data.len() as u64 / 8);
            assert!(ours <= theirs + slack, "{what}, {plane}: {ours} and {theirs} off");
        }
        // At the end of the scale we may go on to lose less where libwebp does not.
        let more = if quality >= 98 { planes.luma.data.len() / 25 } else { 0 };
        let most = theirs.len() * 6 / 5 + 60 + more;
        assert!(ours.len() <= most, "{what}: {} and {} bytes", ours.len(), theirs.len());
    }

    #[test]
    fn a_picture_is_as_good_as_libwebps_at_every_size_and_quality() {
        for size in SIZES {
            for (number, level) in LEVELS.into_iter().enumerate() {
                for quality in QUALITIES {
                    check(&planes(size, level), quality, &format!("picture {number}, {size:?}, quality {quality}"));
                }
            }
        }
    }

    #[test]
    fn another_decoder_sees_the_same() {
        for (number, level) in LEVELS.into_iter().enumerate() {
            let file = encode(&planes((131, 77), level), 80).unwrap();
            let other = image::load_from_memory_with_format(&file, image::ImageFormat::WebP).unwrap().to_rgb8();
            let libwebps = still::Decoder::new(&file).unwrap();
            let size = Size { width: 131, height: 77 };
            assert_eq!(libwebps.size().unwrap(), size, "picture {number}");
            let pixels = libwebps.decode(size).unwrap();
            let off = pixels.data.iter().zip(other.as_raw()).map(|(one, other)| one.abs_diff(*other)).max().unwrap();
            assert!(off <= 3, "picture {number}: {off} off");
        }
    }

    #[test]
    fn modes_take_no_more_room_than_there_is() {
        let planes = planes((320, 320), LEVELS[1]);
        let source = Source::new(&planes);
        let written = |room: i64| {
            let mut segments = Segments::new(&source, 90);
            let mut recorder = Recorder::new();
            let told = tell(&source, &mut segments, &mut recorder, room);
            let file = frame::write(source.size(), &segments, &told, &recorder).unwrap();
            squares(&planes, &file);
            u32::from_le_bytes([file[20], file[21], file[22], 0]) >> 5
        };
        let (free, narrow) = (written(MODE_BITS), written(400 * 16 * 256));
        assert!(free > 2000 && narrow < 1200, "{free} and {narrow} bytes");
    }

    #[test]
    fn a_picture_that_the_format_has_no_numbers_for_is_left_to_others() {
        assert!(encode(&planes((16_384, 1), LEVELS[2]), 80).is_none());
        assert!(encode(&planes((16_383, 1), LEVELS[2]), 80).is_some());
    }
}
