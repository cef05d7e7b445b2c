//! What the fuzzers begin with: the small files of the corpus. `scripts/fuzz.sh` runs this.

use std::fs;
use std::path::Path;

use super::corpus::{self, Case};

/// What the fuzzers are told is the longest input.
const BYTES_MAX: usize = 4096;
/// Cut and changed files are what a fuzzer makes by itself.
const FAMILIES: [&str; 5] = ["whole", "lying", "bomb", "profile", "stranger"];

#[test]
#[ignore = "it writes what only the fuzzers need"]
fn the_fuzzers_begin_with_these() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let [probe, render] = ["probe", "render"].map(|target| home.join(target));
    fs::create_dir_all(&probe).unwrap();
    fs::create_dir_all(&render).unwrap();
    let files = corpus::of(|family| FAMILIES.contains(&family)).filter(|case| case.bytes.len() <= BYTES_MAX);
    for (index, Case { bytes, .. }) in files.enumerate() {
        let name = format!("seed-{index:04}");
        fs::write(probe.join(&name), &bytes).unwrap();
        // The first byte chooses the recipe.
        fs::write(render.join(&name), [&[index as u8], &bytes[..]].concat()).unwrap();
    }
}
