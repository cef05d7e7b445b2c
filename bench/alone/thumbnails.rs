//! Several thumbnails of one upload: out of one decode, and each by a render of its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use pixfront::image::{Cancel, Options, render, render_all};
use pixfront::variant::Recipe;
use serde::{Deserialize, Serialize};

use super::super::Failure;
use super::super::engine::LARGE;
use super::super::ours::recipe_of;
use super::super::sources::{Coding, Photograph, painted};
use super::super::stats::{ratio, spread};

pub(super) const TITLE: &str = "Three thumbnails: one decode, and three";

const WIDTHS: [u32; 3] = [368, 720, 1440];
const CODINGS: [(Coding, &str); 4] =
    [(Coding::Jpeg, "JPEG"), (Coding::Progressive, "progressive JPEG"), (Coding::Png, "PNG"), (Coding::Webp, "WebP")];
const ROUNDS: usize = 15;

#[derive(Serialize, Deserialize)]
pub(super) struct Thumbnails {
    width: u32,
    height: u32,
    /// By the source's format.
    samples: BTreeMap<String, Samples>,
}

/// Milliseconds; the n-th of both were taken one after the other.
#[derive(Default, Serialize, Deserialize)]
struct Samples {
    together: Vec<f64>,
    apart: Vec<f64>,
}

pub(super) fn measure(is_quick: bool) -> Result<Thumbnails, Failure> {
    let (width, height) = if is_quick { (640, 480) } else { (4000, 3000) };
    let photograph = if is_quick { painted(width, height) } else { Photograph::open(LARGE)? };
    let picture = photograph.cut(width, height);
    let recipes = WIDTHS.map(|width| recipe_of(&format!("w={width}")));
    let recipes = recipes.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut samples = BTreeMap::new();
    for (coding, name) in CODINGS {
        let source = coding.write(&picture)?;
        samples.insert(name.to_owned(), alternately(&source, &recipes, if is_quick { 2 } else { ROUNDS })?);
    }
    Ok(Thumbnails { width, height, samples })
}

/// Each way begins every other round.
fn alternately(source: &[u8], recipes: &[Recipe], rounds: usize) -> Result<Samples, Failure> {
    let (options, cancel) = (Options::default(), Cancel::default());
    let together = || render_all(source, recipes, &options, &cancel).into_iter().collect::<Result<Vec<_>, _>>();
    let apart =
        || recipes.iter().map(|recipe| render(source, recipe, &options, &cancel)).collect::<Result<Vec<_>, _>>();
    let mut samples = Samples::default();
    for round in 0..=rounds {
        for is_together in [round % 2 == 0, round % 2 == 1] {
            let begun = Instant::now();
            let made = if is_together { together()? } else { apart()? };
            let ms = begun.elapsed().as_secs_f64() * 1000.0;
            assert_eq!(made.len(), recipes.len());
            // The first round warms up.
            if round > 0 {
                if is_together { &mut samples.together } else { &mut samples.apart }.push(ms);
            }
        }
    }
    Ok(samples)
}

impl Thumbnails {
    pub(super) fn words(&self) -> Result<String, Failure> {
        let Self { width, height, samples } = self;
        let rounds = samples.values().next().map_or(0, |samples| samples.together.len());
        let mut words = format!(
            "{width} × {height} pixels of `{LARGE}` to {WIDTHS:?} in the source's own format, one thread; {rounds} interleaved rounds, \
             medians with p10–p90.\n\n| source | together, ms | one by one, ms | ratio |\n|---|--:|--:|--:|\n"
        );
        for (name, Samples { together, apart }) in samples {
            write!(words, "| {name} |")?;
            for samples in [together, apart] {
                let spread = spread(samples).ok_or("no samples")?;
                write!(words, " {:.0} ({:.0}–{:.0}) |", spread.median, spread.p10, spread.p90)?;
            }
            let ratio = ratio(together, apart).ok_or("no samples")?;
            writeln!(words, " {:.2} ({:.2}–{:.2}) |", ratio.median, ratio.p10, ratio.p90)?;
        }
        Ok(words)
    }
}
