//! Lossy WebP: a key frame of VP8 (RFC 6386), from luma and chroma in limited range, in less time than libwebp takes for as many bytes
//! of as good a picture.
//!
//! Eight blocks are transformed and quantized at once, and what is lost is counted among coefficients: so of the modes of a block only
//! the best one is decoded, but where quantizers are so fine that it matters how pixels are rounded.

use choose::{Choice, Chooser, Chosen};
use cost::Costs;
use frame::{Frame, Told};
use levels::Recorder;
use neighbours::{Above, Left, Neighbours};
use segments::Segments;
use source::Source;

use super::super::super::planes::Planes;

pub(super) use decode::halves;

mod choose;
mod chroma;
mod clusters;
mod cost;
mod decode;
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

/// No frame's first part is longer: it has nineteen bits for its length.
const FIRST_PART: usize = (1 << 19) - 1;

/// No side is longer.
const LONGEST_SIDE: u32 = (1 << 14) - 1;

/// The file. [`None`]: a side that the format has no number for, or so many macroblocks that their modes do not fit.
pub(super) fn encode(planes: &Planes, quality: u8) -> Option<Vec<u8>> {
    encode_within(planes, quality, FIRST_PART)
}

/// With a first part of so many bytes at most.
fn encode_within(planes: &Planes, quality: u8, longest: usize) -> Option<Vec<u8>> {
    const TRIES: usize = 4;
    planes.assert_whole();
    let size = planes.size();
    if size.width.max(size.height) > LONGEST_SIDE {
        return None;
    }
    let source = Source::new(planes);
    let analysed = Segments::new(&source, quality);
    let mut most = i64::MAX;
    for tries_left in (0..TRIES).rev() {
        let mut segments = analysed.clone();
        let mut recorder = Recorder::new();
        let told = tell(&source, &mut segments, &mut recorder, most, |_| {});
        let frame = Frame { size, segments: &segments, told: &told, recorder: &recorder };
        let parts = frame.parts();
        let Some(over) = parts[0].len().checked_sub(longest + 1) else { return frame.file(parts) };
        most = if tries_left > 1 { affordable(&told, over + 1) } else { 0 };
    }
    None
}

/// How many 256ths of a bit the modes of a macroblock's small blocks may take, so that the first part is so many bytes shorter: the
/// most expensive ones become luma as a whole, wherever they are.
fn affordable(told: &[Told], bytes: usize) -> i64 {
    /// What luma as a whole is told by, about.
    const WHOLE: i64 = 3 * 256;
    let mut all: Vec<i64> = told.iter().map(|told| told.mode_bits).collect();
    all.sort_unstable_by_key(|bits| std::cmp::Reverse(*bits));
    // With a tenth more, as others become dearer.
    let mut left = i64::try_from(bytes).unwrap_or(i64::MAX / 4096) * 8 * 256 * 11 / 10;
    for bits in all {
        if left <= 0 {
            return (bits - 1).max(0);
        }
        left -= bits - WHOLE;
    }
    0
}

/// Chooses how each macroblock is told, and hands it over; the modes of small blocks may take so many 256ths of a bit in each.
fn tell(
    source: &Source,
    segments: &mut Segments,
    recorder: &mut Recorder,
    most: i64,
    mut see: impl FnMut(&Chosen),
) -> Vec<Told> {
    let count = source.across * source.down;
    let turn = (count / 8).max(LEAST_TURN);
    let mut above = vec![Above::OUTSIDE; source.across];
    let mut costs = Costs::new(&probabilities::LEVELS);
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
            let macroblock = source.macroblock(x, y);
            let chooser = Chooser::new(&macroblock, segment, &costs, &neighbours, most, segments.spreads_errors);
            let mut chosen = chooser.choose(&neighbours);
            see(&chosen);
            segment.smooth(chosen.edges);
            let has_levels = record(&chosen.choice, recorder, &mut chosen.above, &mut chosen.left);
            told.push(Told::new(&chosen, place, has_levels));
            (above[x], left) = (chosen.above, chosen.left);
        }
    }
    told
}

/// Takes the levels of a macroblock, and returns whether there are any.
fn record(choice: &Choice, recorder: &mut Recorder, above: &mut Above, left: &mut Left) -> bool {
    let is_told = choice.has_levels();
    choice.each_block(|place, levels| {
        let context = place.pass(levels, &mut above.side, &mut left.side);
        if is_told {
            recorder.push(place.kind(), context, levels);
        }
    });
    is_told
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]
mod tests {
    use webp::WebPConfig;

    use super::super::super::super::geometry::Size;
    use super::super::super::super::pixels::{Layout, Pixels};
    use super::super::super::painted::{Level, planes};
    use super::super::still;
    use super::*;

    /// By component, column and row.
    pub(super) const LEVELS: [Level; 8] = [
        |component, x, y| {
            (128.0 + 60.0 * ((x + 9 * component) as f64 / 9.0).sin() + 40.0 * ((x * y) as f64 / 300.0).cos()) as u8
        },
        |component, x, y| (((x * 7919 + y * 104_729 + component * 31 + x * y * 613) * 2_654_435_761) >> 13) as u8,
        |component, _, _| [0, 255, 128][component],
        |component, _, _| [255, 0, 255][component],
        |_, x, y| if (x + y) % 2 == 0 { 0 } else { 255 },
        |_, x, y| if (x / 4 + y / 4) % 2 == 0 { 0 } else { 255 },
        |component, x, y| (60 + x / 3 + y / 2 + 20 * component) as u8,
        |_, _, _| 128,
    ];
    const SIZES: [(u32, u32); 10] =
        [(1, 1), (2, 1), (1, 40), (15, 17), (16, 16), (17, 16), (33, 31), (48, 48), (131, 77), (200, 9)];
    const QUALITIES: [u8; 9] = [0, 10, 30, 50, 70, 80, 90, 98, 100];

    fn theirs(planes: &Planes, quality: u8) -> Vec<u8> {
        let config = WebPConfig { quality: quality.into(), method: 4, ..WebPConfig::new().unwrap() };
        still::encode(planes, &config).unwrap()
    }

    /// By libwebp without its filter.
    pub(super) fn decoded(planes: &Planes, file: &[u8]) -> [Pixels; 3] {
        let [blue, red] = &planes.chroma;
        let mut decoded = [&planes.luma, blue, red].map(|plane| Pixels::zeroed(plane.size(), Layout::Gray));
        still::Decoder::new(file).unwrap().decode_planes(&mut decoded, true).unwrap();
        decoded
    }

    /// The sum of the squares of what each plane is off.
    fn squares(planes: &Planes, file: &[u8]) -> [u64; 3] {
        let Planes { luma, chroma: [blue, red] } = planes;
        let decoded = decoded(planes, file);
        let all = [luma, blue, red].map(|plane| &plane.data);
        std::array::from_fn(|place| {
            let pairs = all[place].iter().zip(&decoded[place].data);
            pairs.map(|(one, other)| u64::from(one.abs_diff(*other)).pow(2)).sum()
        })
    }

    /// As near to the source as what libwebp writes, in about as many bytes.
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

    /// A decoder that predicted from other samples than we did would err more and more.
    #[test]
    fn a_decoder_has_the_samples_from_which_we_predict() {
        for (number, level) in LEVELS.into_iter().enumerate() {
            for quality in QUALITIES {
                // Whole macroblocks, and so many that the probabilities change on the way.
                let planes = planes((192, 160), level);
                let source = Source::new(&planes);
                let (mut segments, mut recorder) = (Segments::new(&source, quality), Recorder::new());
                let mut seen = Vec::new();
                let told = tell(&source, &mut segments, &mut recorder, i64::MAX, |chosen| {
                    seen.push((chosen.above.clone(), chosen.left.clone()));
                });
                let frame = Frame { size: planes.size(), segments: &segments, told: &told, recorder: &recorder };
                let file = frame.file(frame.parts()).unwrap();
                let [luma, blue, red] = decoded(&planes, &file);
                for (place, (above, left)) in seen.iter().enumerate() {
                    let (x, y) = (place % source.across, place / source.across);
                    let row = |plane: &Pixels, side: usize| {
                        let width = plane.width as usize;
                        plane.data[(side * (y + 1) - 1) * width + side * x..][..side].to_vec()
                    };
                    let column = |plane: &Pixels, side: usize| {
                        let at = |row: usize| (side * y + row) * plane.width as usize + side * (x + 1) - 1;
                        (0..side).map(|row| plane.data[at(row)]).collect::<Vec<u8>>()
                    };
                    let is_same = row(&luma, 16) == above.luma
                        && column(&luma, 16) == left.luma
                        && [&blue, &red].into_iter().zip(0..2).all(|(plane, chroma)| {
                            row(plane, 8) == above.chroma[chroma] && column(plane, 8) == left.chroma[chroma]
                        });
                    assert!(is_same, "picture {number}, quality {quality}, macroblock {x}, {y}");
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
        let first_part = |file: &[u8]| u32::from_le_bytes([file[20], file[21], file[22], 0]) >> 5;
        let free = encode(&planes, 90).unwrap();
        assert!(first_part(&free) > 2000, "{} bytes", first_part(&free));
        for longest in [2000, 1400, 1150] {
            let file = encode_within(&planes, 90, longest).unwrap();
            assert!(first_part(&file) as usize <= longest, "{} bytes of {longest}", first_part(&file));
            assert!(squares(&planes, &file)[0] < 2 * squares(&planes, &free)[0], "{longest}");
        }
        assert!(encode_within(&planes, 90, 40).is_none());
    }

    #[test]
    fn a_side_that_the_format_has_no_number_for_is_left_to_others() {
        assert!(encode(&planes((16_384, 1), LEVELS[2]), 80).is_none());
        assert!(encode(&planes((16_383, 1), LEVELS[2]), 80).is_some());
    }
}
