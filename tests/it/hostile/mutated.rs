//! Files with a few bytes changed at random: some pass, some are refused, none is our mistake.

use std::collections::BTreeMap;

use pixfront::error::Kind;

use super::{render, samples};

/// Of every sample.
const FILES: usize = 300;

#[test]
fn changed_bytes_are_never_a_bug() {
    let mut random = Random::new(0x9E37_79B9_7F4A_7C15);
    let samples = samples();
    let mut outcomes = BTreeMap::new();
    for index in 0..FILES * samples.len() {
        let (name, bytes) = &samples[index % samples.len()];
        let mut bytes = bytes.clone();
        let mut changes = Vec::new();
        for _ in 0..=random.below(6) {
            // Half of the changes hit the headers, which are a small part of the file.
            let range = if random.below(2) == 0 { bytes.len().min(700) } else { bytes.len() };
            let (at, byte) = (random.below(range), random.below(256) as u8);
            bytes[at] = byte;
            changes.push((at, byte));
        }
        let query = ["w=8", "f=png", "w=30&h=10&fit=cover&f=webp", "h=20&f=jpeg"][random.below(4)];
        let kind = render(&bytes, query).err().map(|error| error.kind());
        let is_expected = matches!(kind, None | Some(Kind::Corrupt | Kind::Unsupported | Kind::TooLarge));
        assert!(is_expected, "{name} {query} with {changes:?}: {kind:?}");
        *outcomes.entry(kind.map_or("ok", Kind::name)).or_insert(0) += 1;
    }
    // All of them are seen, or the changes are too mild or too wild to tell anything.
    assert!(
        ["ok", "corrupt", "unsupported", "too-large"].iter().all(|name| outcomes.contains_key(name)),
        "{outcomes:?}"
    );
}

/// Marsaglia's xorshift.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
