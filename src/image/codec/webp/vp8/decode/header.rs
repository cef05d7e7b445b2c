//! What a key frame says of itself (RFC 6386, 9 and 19.2).

use super::super::super::super::super::geometry::Size;
use super::super::probabilities::{self, Levels};
use super::super::quantizer::{Quantizer, Sort};
use super::super::segments::COUNT;
use super::bits::Bits;
use super::modes::Telling;

/// What holds for a whole frame.
pub(super) struct Header<'a> {
    pub(super) size: Size,
    /// Of what is told of each macroblock besides levels, from where that begins.
    pub(super) modes: Bits<'a>,
    /// Of the levels of the macroblocks' rows, in turn.
    pub(super) levels: Vec<Bits<'a>>,
    pub(super) telling: Telling,
    pub(super) steps: [Steps; COUNT],
    pub(super) probabilities: Levels,
}

/// What the levels of a segment are multiplied with: of the first coefficient, and of all others.
#[derive(Clone, Copy)]
pub(super) struct Steps {
    pub(super) luma: [i16; 2],
    pub(super) means: [i16; 2],
    pub(super) chroma: [i16; 2],
}

const FRAME_HEAD: usize = 10;

impl<'a> Header<'a> {
    /// [`None`]: it is not one that we know, or not whole.
    pub(super) fn read(frame: &'a [u8]) -> Option<Self> {
        let (head, rest) = frame.split_first_chunk::<FRAME_HEAD>()?;
        let [t0, t1, t2, 0x9D, 0x01, 0x2A, w0, w1, h0, h1] = *head else { return None };
        let tag = u32::from_le_bytes([t0, t1, t2, 0]);
        // A key frame that is shown, of a version that differs in what filters its blocks' edges at most.
        let (is_no_key, version, is_shown) = (tag & 1 != 0, tag >> 1 & 7, tag >> 4 & 1 != 0);
        if is_no_key || version > 3 || !is_shown {
            return None;
        }
        let size = Size { width: u16::from_le_bytes([w0, w1]).into(), height: u16::from_le_bytes([h0, h1]).into() };
        let (first, rest) = rest.split_at_checked((tag >> 5) as usize)?;
        let mut bits = Bits::new(first)?;
        // A colour space that is not used, and whether samples need no clipping, which all get.
        bits.number(2);
        let (tree, indices) = read_segments(&mut bits)?;
        pass_filter(&mut bits);
        let levels = split_parts(rest, 1 << bits.number(2))?;
        let steps = read_steps(&mut bits, &indices);
        // Whether probabilities are kept for a next frame.
        bits.read_even();
        let probabilities = read_probabilities(&mut bits);
        let spoken = bits.read_even().then(|| bits.byte());
        Some(Self { size, modes: bits, levels, telling: Telling { tree, spoken }, steps, probabilities })
    }
}

/// The quantizer indices of segments.
enum Indices {
    /// Instead of the frame's.
    Own([i32; COUNT]),
    /// What is added to the frame's.
    More([i32; COUNT]),
}

/// [`None`]: there are segments of which nothing is said.
fn read_segments(bits: &mut Bits) -> Option<(Option<[u8; 3]>, Indices)> {
    if !bits.read_even() {
        return Some((None, Indices::More([0; COUNT])));
    }
    let (has_map, has_values) = (bits.read_even(), bits.read_even());
    if !has_values {
        return None;
    }
    let kind = if bits.read_even() { Indices::Own } else { Indices::More };
    let indices = kind(std::array::from_fn(|_| bits.signed(7)));
    // How much their edges are filtered.
    (0..COUNT).for_each(|_| _ = bits.signed(6));
    let tree = has_map.then(|| std::array::from_fn(|_| if bits.read_even() { bits.byte() } else { 255 }));
    Some((tree, indices))
}

/// What is said of the filter of blocks' edges.
fn pass_filter(bits: &mut Bits) {
    bits.number(1 + 6 + 3);
    if bits.read_even() && bits.read_even() {
        (0..8).for_each(|_| _ = bits.signed(6));
    }
}

/// The parts that levels are in. The last one goes to the end; of the others three bytes each stand before the first one.
fn split_parts(rest: &[u8], count: usize) -> Option<Vec<Bits<'_>>> {
    let (lengths, mut rest) = rest.split_at_checked(3 * (count - 1))?;
    let mut parts = Vec::with_capacity(count);
    for length in lengths.as_chunks::<3>().0 {
        let part;
        let [l0, l1, l2] = *length;
        (part, rest) = rest.split_at_checked(u32::from_le_bytes([l0, l1, l2, 0]) as usize)?;
        parts.push(Bits::new(part)?);
    }
    parts.push(Bits::new(rest)?);
    (!rest.is_empty()).then_some(parts)
}

fn read_steps(bits: &mut Bits, indices: &Indices) -> [Steps; COUNT] {
    let frame = bits.number(7).cast_signed();
    let [luma, means, means_rest, chroma, chroma_rest] = std::array::from_fn(|_| bits.signed(4));
    let indices = match indices {
        Indices::Own(own) => *own,
        Indices::More(more) => more.map(|more| frame + more),
    };
    indices.map(|index| {
        let steps = |sort, more| Quantizer::new(sort, index, more).steps;
        Steps {
            luma: steps(Sort::Luma, [luma, 0]),
            means: steps(Sort::Means, [means, means_rest]),
            chroma: steps(Sort::Chroma, [chroma, chroma_rest]),
        }
    })
}

fn read_probabilities(bits: &mut Bits) -> Levels {
    let mut levels = probabilities::LEVELS;
    let all = levels.iter_mut().flatten().flatten().flatten();
    let kept = probabilities::KEPT.iter().flatten().flatten().flatten();
    for (level, kept) in all.zip(kept) {
        if bits.read(*kept) {
            *level = bits.byte();
        }
    }
    levels
}
