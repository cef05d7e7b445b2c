//! The Huffman codes that make a given file shortest: ITU-T T.81, Annex K.2.

/// How often each symbol comes.
pub(super) type Counts = [u64; 256];

/// No code may be longer.
const LONGEST: usize = 16;

/// A table as a file has it.
pub(super) struct Codes {
    /// How many codes there are of each length, from 1 on.
    pub(super) lengths: [u8; LONGEST],
    /// By their codes.
    pub(super) symbols: Vec<u8>,
}

impl Codes {
    pub(super) fn new(counts: &Counts) -> Self {
        let mut symbols: Vec<_> = (0..=u8::MAX).filter(|symbol| counts[usize::from(*symbol)] > 0).collect();
        symbols.sort_by_key(|symbol| counts[usize::from(*symbol)]);
        // The code of ones alone is no symbol's: so there is one more, rarer than all.
        let leaves: Vec<_> =
            std::iter::once(0).chain(symbols.iter().map(|symbol| counts[usize::from(*symbol)])).collect();
        let mut lengths = lengths(&leaves);
        shorten(&mut lengths);
        if let Some(longest) = lengths.iter_mut().rev().find(|count| **count > 0) {
            *longest -= 1;
        }
        symbols.reverse();
        let lengths = std::array::from_fn(|at| u8::try_from(lengths[at + 1]).unwrap_or(u8::MAX));
        Self { lengths, symbols }
    }

    /// Each symbol with its code and that code's length.
    pub(super) fn each(&self) -> impl Iterator<Item = (u8, u32, u32)> {
        let lengths = (1_u32..).zip(&self.lengths).flat_map(|(length, count)| (0..*count).map(move |_| length));
        let mut next = (0_u32, 0);
        self.symbols.iter().zip(lengths).map(move |(symbol, length)| {
            let code = next.0 << (length - next.1);
            next = (code + 1, length);
            (*symbol, code, length)
        })
    }
}

/// How many leaves of Huffman's tree are so far from its root. They come by their weights, the lightest first.
fn lengths(leaves: &[u64]) -> Vec<u32> {
    // What is joined comes by its weight too, so the lightest is always the first of one or the other.
    let mut joined: Vec<(u64, [usize; 2])> = Vec::new();
    let (mut leaf, mut branch) = (0, 0);
    for _ in 1..leaves.len() {
        let mut lightest = || match (leaves.get(leaf), joined.get(branch)) {
            (Some(weight), other) if other.is_none_or(|other| *weight <= other.0) => {
                leaf += 1;
                (*weight, leaf - 1)
            }
            (_, Some((weight, _))) => {
                branch += 1;
                (*weight, leaves.len() + branch - 1)
            }
            _ => (0, 0),
        };
        let (one, other) = (lightest(), lightest());
        joined.push((one.0 + other.0, [one.1, other.1]));
    }
    let mut counts = vec![0; leaves.len().max(LONGEST + 1)];
    let mut depths = vec![0; leaves.len() + joined.len()];
    for (place, (_, both)) in joined.iter().enumerate().rev() {
        let below = depths[leaves.len() + place] + 1;
        for child in both {
            depths[*child] = below;
        }
    }
    depths[..leaves.len()].iter().for_each(|depth: &usize| counts[*depth] += 1);
    counts
}

/// Until none is longer than may be: of two that are, one takes the place of the code that both begin with, and the other lies with a
/// shorter code below the place of that (figure K.3).
fn shorten(lengths: &mut [u32]) {
    for length in (LONGEST + 1..lengths.len()).rev() {
        while lengths[length] > 0 {
            let Some(shorter) = (1..length - 1).rev().find(|length| lengths[*length] > 0) else { return };
            lengths[length] -= 2;
            lengths[length - 1] += 1;
            lengths[shorter + 1] += 2;
            lengths[shorter] -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(from: impl IntoIterator<Item = u64>) -> Counts {
        let mut counts = [0; 256];
        counts.iter_mut().zip(from).for_each(|(to, count)| *to = count);
        counts
    }

    fn fibonacci() -> impl Iterator<Item = u64> {
        std::iter::successors(Some((1, 1)), |(one, other)| Some((*other, one + other))).map(|(one, _)| one)
    }

    /// Every symbol that was counted has a code, none begins with another one or is ones alone, and what comes oftener is no longer.
    fn check(counts: &Counts) -> Vec<(u8, u32, u32)> {
        let each: Vec<_> = Codes::new(counts).each().collect();
        assert_eq!(each.len(), counts.iter().filter(|count| **count > 0).count());
        for (place, (symbol, code, length)) in each.iter().enumerate() {
            assert!((1..=16).contains(length) && *code < (1 << length) - 1, "{code:b} of {length} bits");
            assert!(counts[usize::from(*symbol)] > 0);
            for (other_symbol, other, other_length) in &each[place + 1..] {
                assert!(other >> (other_length - length) != *code);
                assert!(counts[usize::from(*symbol)] >= counts[usize::from(*other_symbol)]);
            }
        }
        each
    }

    #[test]
    fn any_counts_have_codes() {
        for symbols in 0..=256 {
            check(&counts(std::iter::repeat_n(7, symbols)));
            check(&counts((1..).map(|place: u64| place * place).take(symbols)));
            check(&counts(fibonacci().take(symbols.min(80))));
            check(&counts(fibonacci().take(symbols.min(40)).chain(std::iter::repeat_n(1, symbols.saturating_sub(40)))));
        }
    }

    #[test]
    fn codes_are_as_short_as_can_be() {
        assert_eq!(check(&counts([5])), [(0, 0, 1)]);
        assert_eq!(check(&counts([0, 3, 0, 9])), [(3, 0, 1), (1, 0b10, 2)]);
        assert_eq!(check(&counts([1, 2, 4, 8])).iter().map(|each| each.2).collect::<Vec<_>>(), [1, 2, 3, 4]);
        let longest = check(&counts(fibonacci().take(40))).iter().map(|each| each.2).max();
        assert_eq!(longest, Some(16));
    }
}
