//! What the fuzzers begin with: the small files of the corpus. `scripts/fuzz.sh` takes them from where this leaves them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::corpus::{self, Case};

/// What the fuzzers are told is the longest input.
const BYTES_MAX: usize = 4096;
/// Cut and changed files are what a fuzzer makes by itself.
const FAMILIES: [&str; 5] = ["whole", "lying", "bomb", "profile", "stranger"];

#[test]
fn the_fuzzers_begin_with_every_format() {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("seeds");
    let mut formats = BTreeSet::new();
    let [probe, render] = ["probe", "render"].map(|target| home.join(target));
    fs::create_dir_all(&probe).unwrap();
    fs::create_dir_all(&render).unwrap();
    let files = corpus::of(|family| FAMILIES.contains(&family)).filter(|case| case.bytes.len() <= BYTES_MAX);
    for (index, Case { bytes, format, .. }) in files.enumerate() {
        formats.insert(format);
        let name = format!("seed-{index:04}");
        fs::write(probe.join(&name), &bytes).unwrap();
        // The first byte chooses the recipe.
        fs::write(render.join(&name), [&[index as u8], &bytes[..]].concat()).unwrap();
    }
    for format in ["AVIF", "BMP", "GIF", "JPEG", "PNG", "TIFF", "WebP"] {
        assert!(formats.contains(format), "no {format} is short enough for a seed: {formats:?}");
    }
}
