//! The corpus: every way to break a file that was thought of, in every format, and what must come of it.
//!
//! All of it is made here, family by family; [`report`](super::report) runs it.

use pixfront::error::Kind;

use super::mutated::Random;

mod bombs;
pub(super) mod boundaries;
mod frames;
mod lies;
pub(super) mod limits;
mod profiles;
mod samples;
mod strangers;

use samples::Sample;
pub(super) use samples::samples;

/// A file, and what must come of it.
pub(super) struct Case {
    pub(super) family: &'static str,
    pub(super) format: &'static str,
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) expected: Expected,
}

/// What may come of a file by each of [`QUERIES`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected(pub(super) [Outcome; QUERIES.len()]);

/// The recipes that every file meets: one that scales, and lets what moves move; one that takes all of a still.
pub(super) const QUERIES: [&str; 2] = ["w=8", "f=png"];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome {
    Picture,
    /// The bytes as they are.
    Passed,
    Refused(Kind),
    /// A picture, or a refusal that blames the file.
    Clean,
}

impl Expected {
    pub(super) const PICTURE: Self = Self([Outcome::Picture; 2]);
    pub(super) const CLEAN: Self = Self([Outcome::Clean; 2]);
    pub(super) const CORRUPT: Self = Self::refused(Kind::Corrupt);
    pub(super) const TOO_LARGE: Self = Self::refused(Kind::TooLarge);
    pub(super) const UNSUPPORTED: Self = Self::refused(Kind::Unsupported);
    /// What is no raster picture is not turned into one.
    pub(super) const PASSED: Self = Self([Outcome::Passed, Outcome::Refused(Kind::Unsupported)]);
    /// Of too many frames, the first alone is shown.
    pub(super) const TOO_MANY_FRAMES: Self = Self([Outcome::Refused(Kind::TooLarge), Outcome::Picture]);

    const fn refused(kind: Kind) -> Self {
        Self([Outcome::Refused(kind); 2])
    }
}

/// A family is made when its turn comes, because some of the files are large.
type Family = (&'static str, fn() -> Vec<Made>);

/// Format, name, bytes and what is expected.
type Made = (&'static str, String, Vec<u8>, Expected);

/// The one family that may take memory.
pub(super) const AT_THE_LIMIT: &str = "at the limit";

const FAMILIES: [Family; 9] = [
    ("whole", whole),
    ("cut off", cut_off),
    ("changed", changed),
    ("lying", lies::all),
    ("bomb", bombs::all),
    (AT_THE_LIMIT, limits::all),
    ("many frames", frames::all),
    ("profile", profiles::all),
    ("stranger", strangers::all),
];

/// Every file, in an order that does not change.
pub(super) fn all() -> impl Iterator<Item = Case> {
    of(|_| true)
}

/// The files of some families alone.
pub(super) fn of(is_wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = Case> {
    FAMILIES.into_iter().filter(move |(family, _)| is_wanted(family)).flat_map(|(family, make)| {
        make().into_iter().map(move |(format, name, bytes, expected)| Case { family, format, name, bytes, expected })
    })
}

/// If these are no pictures, what is made of them proves nothing.
fn whole() -> Vec<Made> {
    let made = |sample: Sample| (sample.format, sample.name.to_owned(), sample.bytes, Expected::PICTURE);
    samples().into_iter().map(made).collect()
}

/// Ends at every boundary, right behind it, at every fiftieth, and at each of the last bytes.
fn cut_off() -> Vec<Made> {
    let cuts = |sample: &Sample| {
        let length = sample.bytes.len();
        let mut cuts = boundaries::of(sample);
        cuts.extend(cuts.clone().iter().map(|at| at + 1));
        cuts.extend((0..50).map(|part| length * part / 50));
        cuts.extend(length - 14..length);
        cuts.retain(|cut| *cut < length);
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    };
    let cut = |sample: &Sample, length: usize| {
        let expected = if length < sample.recognised_bytes {
            Expected::UNSUPPORTED
        } else if sample.may_end.contains(&length) {
            Expected::PICTURE
        } else {
            Expected::CORRUPT
        };
        let name = format!("{} cut to {length} of {}", sample.name, sample.bytes.len());
        (sample.format, name, sample.bytes[..length].to_vec(), expected)
    };
    samples().iter().flat_map(|sample| cuts(sample).into_iter().map(move |length| cut(sample, length))).collect()
}

/// With a few bytes that are others, half of them in the headers, which are a small part of a file.
fn changed() -> Vec<Made> {
    const FILES_EACH: usize = 40;
    const HEADERS_BYTES: usize = 400;
    let mut random = Random::new(0x2545_F491_4F6C_DD1D);
    let mut changed = Vec::new();
    for sample in samples() {
        for _ in 0..FILES_EACH {
            let mut bytes = sample.bytes.clone();
            let mut name = sample.name.to_owned();
            for _ in 0..=random.below(5) {
                let range = if random.below(2) == 0 { bytes.len().min(HEADERS_BYTES) } else { bytes.len() };
                let (at, byte) = (random.below(range), random.below(256) as u8);
                bytes[at] = byte;
                name.push_str(&format!(" {at}={byte:02x}"));
            }
            changed.push((sample.format, name, bytes, Expected::CLEAN));
        }
    }
    changed
}
