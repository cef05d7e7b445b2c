//! How levels are written (RFC 6386, 13): by a tree of tokens, whose branches have probabilities for each kind of block, band of
//! positions and context.

use std::sync::LazyLock;

use wide::i16x8;

use super::probabilities::{self, Levels};
use super::quantizer::LARGEST;
use super::writer::Writer;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Luma whose means are told apart.
    Rest,
    Means,
    Chroma,
    Luma,
}

impl Kind {
    /// The position of the first level.
    pub(super) const fn first(self) -> usize {
        match self {
            Self::Rest => 1,
            Self::Means | Self::Chroma | Self::Luma => 0,
        }
    }
}

/// In the order in which they are written.
pub(super) type Block = [i16; 16];

/// The positions in the order in which they are written.
pub(super) const ZIGZAG: [usize; 16] = [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15];

/// By place in that order.
pub(super) const BANDS: [usize; 16] = [0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7];

/// The probabilities of the bits that follow a token, the highest bit first.
pub(super) const EXTRA: [&[u8]; 6] = [
    &[159],
    &[165, 145],
    &[173, 148, 140],
    &[176, 155, 140, 135],
    &[180, 157, 141, 134, 130],
    &[254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129],
];

/// The smallest level of each of those tokens.
pub(super) const LEAST: [u32; 6] = [5, 7, 11, 19, 35, 67];

/// From this one on all levels have the same token.
pub(super) const LAST: usize = LEAST[5] as usize;

/// How probable it is that a bit is 0.
#[derive(Clone, Copy)]
pub(super) enum Zero {
    /// As the frame says of this branch of the tree.
    Branch(usize),
    /// In every frame so many 256ths.
    Fixed(u8),
}

/// Goes through the bits that tell a level, but for its sign.
#[inline]
pub(super) fn tell(level: u32, mut put: impl FnMut(Zero, bool)) {
    use Zero::{Branch, Fixed};
    put(Branch(1), level > 0);
    if level == 0 {
        return;
    }
    put(Branch(2), level > 1);
    if level == 1 {
        return;
    }
    put(Branch(3), level > 4);
    if level <= 4 {
        put(Branch(4), level > 2);
        if level > 2 {
            put(Branch(5), level > 3);
        }
        return;
    }
    put(Branch(6), level > 10);
    let token = if level <= 10 {
        put(Branch(7), level > 6);
        usize::from(level > 6)
    } else {
        let is_high = level > 34;
        put(Branch(8), is_high);
        let is_upper = level >= if is_high { LEAST[5] } else { LEAST[3] };
        put(Branch(if is_high { 10 } else { 9 }), is_upper);
        2 + 2 * usize::from(is_high) + usize::from(is_upper)
    };
    let rest = level - LEAST[token];
    for (place, zero) in EXTRA[token].iter().rev().enumerate().rev() {
        put(Fixed(*zero), rest >> place & 1 != 0);
    }
}

/// Tokens: of the levels up to 4 each has its own, and of the others those that begin at [`LEAST`].
const TOKENS: usize = 5 + LEAST.len();

/// By level, the last one for all that are larger.
const TOKEN: [u8; LAST + 1] = {
    let mut tokens = [0; LAST + 1];
    let (mut level, mut token) = (0, 0);
    while level < tokens.len() {
        if level > 0 && (level <= 5 || level == LEAST[token as usize - 4] as usize) {
            token += 1;
        }
        tokens[level] = token;
        level += 1;
    }
    tokens
};

/// How often each token came in a place, and an end; and how often that was a place where no end could be.
#[derive(Clone, Copy, Default)]
struct Count {
    tokens: [u32; TOKENS],
    ends: u32,
    sure: u32,
}

/// The levels of a frame, and what they are like.
pub(super) struct Recorder {
    entries: Vec<i16>,
    counts: Box<[[[Count; 3]; 8]; 4]>,
}

impl Recorder {
    pub(super) fn new() -> Self {
        Self { entries: Vec::new(), counts: Box::default() }
    }

    /// Takes a block whose neighbours give it this context.
    pub(super) fn push(&mut self, kind: Kind, context: usize, levels: &Block) {
        let first = kind.first();
        let end = end(levels).max(first);
        self.entries.push(i16::try_from(context | end << 2).unwrap_or(0));
        // All of them, which is a copy of known length, and back to those that count.
        let length = self.entries.len() + end - first;
        self.entries.extend_from_slice(&levels[first..]);
        self.entries.truncate(length);
        let counts = &mut self.counts[kind as usize];
        let mut context = context.min(2);
        for place in first..end {
            let count = &mut counts[BANDS[place & 15]][context];
            let level = usize::from(levels[place & 15].unsigned_abs());
            count.tokens[usize::from(TOKEN[level.min(LAST)])] += 1;
            context = level.min(2);
            if level == 0 {
                counts[BANDS[(place + 1) & 15]][0].sure += 1;
            }
        }
        if end < 16 {
            counts[BANDS[end]][context].ends += 1;
        }
    }

    /// Those by which all blocks so far become shortest, with the changes themselves.
    pub(super) fn probabilities(&self) -> Box<Levels> {
        let mut best = Box::new(probabilities::LEVELS);
        for (kind, bands) in self.counts.iter().enumerate() {
            for (band, contexts) in bands.iter().enumerate() {
                for (context, count) in contexts.iter().enumerate() {
                    for (branch, bits) in count.branches().into_iter().enumerate() {
                        let kept = probabilities::KEPT[kind][band][context][branch];
                        let place = &mut best[kind][band][context][branch];
                        *place = better(bits, *place, kept);
                    }
                }
            }
        }
        best
    }

    /// Gives back the blocks one after the other.
    pub(super) fn blocks(&self) -> Blocks<'_> {
        Blocks { entries: &self.entries, paths: &PATHS }
    }
}

impl Count {
    /// How often each branch was 0 and 1.
    fn branches(&self) -> [[u32; 2]; 11] {
        let all: u32 = self.tokens.iter().sum();
        let mut branches = [[0; 2]; 11];
        branches[0] = [self.ends, all - self.sure.min(all)];
        for (level, count) in (0..=4).chain(LEAST).zip(self.tokens) {
            tell(level, |zero, bit| match zero {
                Zero::Branch(branch) => branches[branch][usize::from(bit)] += count,
                Zero::Fixed(_) => {}
            });
        }
        branches
    }
}

/// The place behind the last level that is not 0.
#[inline]
pub(super) fn end(levels: &Block) -> usize {
    let [low, high]: [i16x8; 2] = bytemuck::cast(*levels);
    let mask = |half: i16x8| !half.simd_eq(i16x8::ZERO).to_bitmask() & 0xFF;
    32 - (mask(low) | mask(high) << 8).leading_zeros() as usize
}

/// Whether there is any that is not 0.
pub(super) fn has_levels(levels: &Block) -> bool {
    end(levels) > 0
}

/// The probability for bits that came so often, if it is worth to be told instead of an old one.
fn better([zeros, ones]: [u32; 2], old: u8, kept: u8) -> u8 {
    let all = u64::from(zeros) + u64::from(ones);
    if all == 0 {
        return old;
    }
    let new = u8::try_from(u64::from(zeros) * 255 / all).unwrap_or(u8::MAX).max(1);
    let cost = |zero: u8| {
        u64::from(zeros) * u64::from(super::cost::of(false, zero))
            + u64::from(ones) * u64::from(super::cost::of(true, zero))
    };
    let told = u64::from(super::cost::of(true, kept)) + 8 * 256;
    if cost(new) + told < cost(old) + u64::from(super::cost::of(false, kept)) { new } else { old }
}

/// By level, the bits that tell it: of each the branch, or what is no branch's number, how many 256ths it is 0 with.
static PATHS: LazyLock<Vec<Vec<(u8, bool)>>> = LazyLock::new(|| {
    let path = |level| {
        let mut path = Vec::new();
        tell(level, |zero, bit| {
            let zero = match zero {
                Zero::Branch(branch) => u8::try_from(branch).unwrap_or(0),
                Zero::Fixed(zero) => zero,
            };
            path.push((zero, bit));
        });
        path
    };
    (0..=LARGEST).map(|level| path(level.into())).collect()
});

pub(super) struct Blocks<'a> {
    entries: &'a [i16],
    paths: &'static [Vec<(u8, bool)>],
}

impl Blocks<'_> {
    /// Writes the next block.
    #[inline]
    pub(super) fn write_next(&mut self, kind: Kind, probabilities: &Levels, writer: &mut Writer) {
        let Some((head, rest)) = self.entries.split_first() else { return };
        let head = usize::from(head.unsigned_abs());
        let (mut context, end) = (head & 3, head >> 2);
        let (levels, rest) = rest.split_at(end - kind.first());
        self.entries = rest;
        let bands = &probabilities[kind as usize];
        let mut may_end = true;
        // In variables of this function, which are registers.
        let (mut state, bytes) = writer.begin();
        for (place, level) in (kind.first()..).zip(levels) {
            let branches = &bands[BANDS[place & 15]][context.min(2)];
            if may_end {
                state = state.put(bytes, true, branches[0]);
            }
            let magnitude = usize::from(level.unsigned_abs());
            for (code, bit) in &self.paths[magnitude] {
                let zero = branches.get(usize::from(*code)).unwrap_or(code);
                state = state.put(bytes, *bit, *zero);
            }
            if magnitude > 0 {
                state = state.put(bytes, *level < 0, 128);
            }
            may_end = magnitude > 0;
            context = magnitude.min(2);
        }
        if end < 16 {
            state = state.put(bytes, false, bands[BANDS[end]][context.min(2)][0]);
        }
        writer.put_back(state);
    }
}
