//! The file: a header, what is told of each macroblock, and the levels (RFC 6386, 9 and 19).

use super::super::super::super::geometry::Size;
use super::choose::{Choice, Chosen, Luma};
use super::levels::{Kind, Recorder};
use super::modes::{IS_WHOLE, Large, LumaModes, Small, tell_chroma, tell_luma, tell_small};
use super::probabilities::{self, Levels, MODES};
use super::segments::{COUNT, Segments};
use super::writer::Writer;

/// What is told of a macroblock besides levels.
pub(super) struct Told {
    luma: LumaModes,
    chroma: Large,
    segment: u8,
    has_levels: bool,
    /// Of the modes of small blocks, in 256ths of a bit.
    pub(super) mode_bits: i64,
}

impl Told {
    pub(super) fn new(chosen: &Chosen, segment: u8, has_levels: bool) -> Self {
        let Choice { luma, chroma_mode: chroma, .. } = &chosen.choice;
        let luma = match luma {
            Luma::Whole { mode, .. } => LumaModes::Whole(*mode),
            Luma::Smalls { modes, .. } => LumaModes::Smalls(*modes),
        };
        Self { luma, chroma: *chroma, segment, has_levels, mode_bits: chosen.mode_bits }
    }
}

/// All that a file is written of.
pub(super) struct Frame<'a> {
    pub(super) size: Size,
    pub(super) segments: &'a Segments,
    pub(super) told: &'a [Told],
    pub(super) recorder: &'a Recorder,
}

impl Frame<'_> {
    /// What is told of the frame and of each macroblock, and then the levels.
    pub(super) fn parts(&self) -> [Vec<u8>; 2] {
        let probabilities = self.recorder.probabilities();
        [self.first_part(&probabilities), second_part(self.told, self.recorder, &probabilities)]
    }

    /// With the frame as its only chunk. [`None`]: a number is too large for its bits.
    pub(super) fn file(&self, [first, second]: [Vec<u8>; 2]) -> Option<Vec<u8>> {
        let length = u32::try_from(10 + first.len() + second.len()).ok()?;
        let padded = length.checked_next_multiple_of(2)?;
        let mut file = Vec::with_capacity(20 + padded as usize);
        file.extend_from_slice(b"RIFF");
        file.extend_from_slice(&padded.checked_add(12)?.to_le_bytes());
        file.extend_from_slice(b"WEBPVP8 ");
        file.extend_from_slice(&length.to_le_bytes());
        // A key frame of version 0 that is shown.
        let first_length = u32::try_from(first.len()).ok().filter(|length| length >> 19 == 0)?;
        file.extend_from_slice(&(first_length << 5 | 0x10).to_le_bytes()[..3]);
        file.extend_from_slice(&[0x9D, 0x01, 0x2A]);
        for side in [self.size.width, self.size.height] {
            file.extend_from_slice(&u16::try_from(side).ok().filter(|side| side >> 14 == 0)?.to_le_bytes());
        }
        file.extend(first);
        file.extend(second);
        file.resize(20 + padded as usize, 0);
        Some(file)
    }

    fn first_part(&self, probabilities: &Levels) -> Vec<u8> {
        let Self { size, segments, told, .. } = *self;
        let mut writer = Writer::new();
        // The only colour space, and samples that a decoder has to clip.
        writer.put_number(0, 2);
        let tree = put_segments(&mut writer, segments, told);
        // The filter that smooths all edges, without sharpness and without differences by mode.
        writer.put_even(false);
        let level = segments.all.iter().map(|segment| segment.smoothing).max().unwrap_or(0);
        writer.put_number(level.unsigned_abs(), 6);
        writer.put_number(0, 3 + 1);
        // One part of levels.
        writer.put_number(0, 2);
        writer.put_number(segments.all.first().map_or(0, |segment| segment.index.unsigned_abs()), 7);
        for more in [0, 0, 0, segments.chroma[0], segments.chroma[1]] {
            writer.put_signed(more, 4);
        }
        // Nothing is kept for a next frame.
        writer.put_even(false);
        put_probabilities(&mut writer, probabilities);
        let silent = told.iter().filter(|told| !told.has_levels).count();
        let spoken = u8::try_from(255 * (told.len() - silent) / told.len().max(1)).unwrap_or(255).max(1);
        let silence = (silent > 0).then_some(spoken);
        if writer.put_even(silence.is_some()) {
            writer.put_number(spoken.into(), 8);
        }
        put_macroblocks(&mut writer, size.width.div_ceil(16) as usize, told, tree, silence);
        writer.finish()
    }
}

/// Returns the probabilities by which a macroblock's segment is told.
fn put_segments(writer: &mut Writer, segments: &Segments, told: &[Told]) -> Option<[u8; 3]> {
    if !writer.put_even(segments.all.len() > 1) {
        return None;
    }
    let mut counts = [0; COUNT];
    for told in told {
        counts[usize::from(told.segment)] += 1;
    }
    let zero = |zeros: usize, ones: usize| {
        let share = (255 * zeros).checked_div(zeros + ones).unwrap_or(255);
        u8::try_from(share).unwrap_or(255).max(1)
    };
    let [a, b, c, d] = counts;
    let tree = [zero(a + b, c + d), zero(a, b), zero(c, d)];
    // The map, and what its segments are: not by how much they differ from the frame, but as they are.
    writer.put_number(0b111, 3);
    let of = |place: usize| segments.all.get(place).or(segments.all.first());
    for place in 0..COUNT {
        writer.put_signed(of(place).map_or(0, |segment| segment.index), 7);
    }
    for place in 0..COUNT {
        writer.put_signed(of(place).map_or(0, |segment| segment.smoothing), 6);
    }
    for zero in tree {
        if writer.put_even(zero != 255) {
            writer.put_number(zero.into(), 8);
        }
    }
    Some(tree)
}

fn put_probabilities(writer: &mut Writer, probabilities: &Levels) {
    let all = |levels: &Levels| levels.iter().flatten().flatten().flatten().copied().collect::<Vec<u8>>();
    let (olds, kept) = (all(&probabilities::LEVELS), all(&probabilities::KEPT));
    for ((new, old), kept) in all(probabilities).into_iter().zip(olds).zip(kept) {
        if writer.put(new != old, kept) {
            writer.put_number(new.into(), 8);
        }
    }
}

fn put_macroblocks(writer: &mut Writer, across: usize, told: &[Told], tree: Option<[u8; 3]>, silence: Option<u8>) {
    let mut above = vec![[Small::Mean; 4]; across];
    for row in told.chunks(across) {
        let mut left = [Small::Mean; 4];
        for (told, above) in row.iter().zip(&mut above) {
            if let Some([root, low, high]) = tree {
                let upper = writer.put(told.segment >= 2, root);
                writer.put(told.segment % 2 == 1, if upper { high } else { low });
            }
            if let Some(spoken) = silence {
                writer.put(!told.has_levels, spoken);
            }
            put_modes(writer, &told.luma, above, &mut left);
            tell_chroma(told.chroma, |bit, zero| {
                writer.put(bit, zero);
            });
        }
    }
}

fn put_modes(writer: &mut Writer, modes: &LumaModes, above: &mut [Small; 4], left: &mut [Small; 4]) {
    match modes {
        LumaModes::Whole(mode) => {
            writer.put(true, IS_WHOLE);
            tell_luma(*mode, |bit, zero| {
                writer.put(bit, zero);
            });
            (*above, *left) = ([mode.small(); 4], [mode.small(); 4]);
        }
        LumaModes::Smalls(modes) => {
            writer.put(false, IS_WHOLE);
            for (block, mode) in modes.iter().enumerate() {
                let (above, left) = (&mut above[block % 4], &mut left[block / 4]);
                let zeros = &MODES[*above as usize][*left as usize];
                tell_small(*mode, |branch, bit| {
                    writer.put(bit, zeros[branch]);
                });
                (*above, *left) = (*mode, *mode);
            }
        }
    }
}

fn second_part(told: &[Told], recorder: &Recorder, probabilities: &Levels) -> Vec<u8> {
    let mut writer = Writer::new();
    let mut blocks = recorder.blocks();
    for told in told.iter().filter(|told| told.has_levels) {
        let luma = match told.luma {
            LumaModes::Whole(_) => {
                blocks.write_next(Kind::Means, probabilities, &mut writer);
                Kind::Rest
            }
            LumaModes::Smalls(_) => Kind::Luma,
        };
        for kind in [luma; 16].into_iter().chain([Kind::Chroma; 8]) {
            blocks.write_next(kind, probabilities, &mut writer);
        }
    }
    writer.finish()
}
