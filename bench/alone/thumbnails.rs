//! Several thumbnails of one upload: out of one decode, and each by a render of its own. Ours beside ours, so no peer is asked.

use std::fmt::Write as _;
use std::time::Instant;

use pixfront::image::{Cancel, Options, render, render_all};
use pixfront::variant::Recipe;
use serde_json::json;

use super::engine::LARGE;
use super::machine::{date, revision};
use super::ours::recipe_of;
use super::sources::{Coding, Photograph, painted};
use super::stats::{ratio, spread};
use super::{Failure, root};

const WIDTHS: [u32; 3] = [368, 720, 1440];
const CODINGS: [(Coding, &str); 4] =
    [(Coding::Jpeg, "JPEG"), (Coding::Progressive, "progressive JPEG"), (Coding::Png, "PNG"), (Coding::Webp, "WebP")];
const ROUNDS: usize = 15;

/// Alternately, for so many rounds, each way beginning every other round; leaves a table and every sample in bench/results.
pub(crate) fn run(is_quick: bool) -> Result<(), Failure> {
    let photograph = if is_quick { painted(640, 480) } else { Photograph::open(LARGE)? };
    let size = if is_quick { (640, 480) } else { (4000, 3000) };
    let picture = photograph.cut(size.0, size.1);
    let recipes = WIDTHS.map(|width| recipe_of(&format!("w={width}")));
    let recipes = recipes.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut rows = String::new();
    let mut samples = serde_json::Map::new();
    for (coding, name) in CODINGS {
        let source = coding.write(&picture)?;
        let [together, apart] = measure(&source, &recipes, if is_quick { 2 } else { ROUNDS })?;
        rows += &row(name, &together, &apart).ok_or("no samples")?;
        samples.insert(name.to_owned(), json!({ "together_ms": together, "apart_ms": apart }));
    }
    let table = format!(
        "# Three thumbnails: one decode, and three\n\n{}, revision {}, one thread. {} × {} of `{LARGE}` to {WIDTHS:?} pixels in its own \
         format; {ROUNDS} interleaved rounds, medians with p10–p90. `cargo bench --bench bench --locked -- thumbnails` repeats it.\n\n\
         | source | together, ms | one by one, ms | ratio |\n|---|--:|--:|--:|\n{rows}",
        date()?,
        revision()?,
        size.0,
        size.1,
    );
    println!("{table}");
    if is_quick {
        return Ok(());
    }
    let stem = root().join("bench/results").join(format!("{}-{}-thumbnails", date()?, revision()?));
    std::fs::write(stem.with_extension("md"), table)?;
    Ok(std::fs::write(stem.with_extension("json"), serde_json::to_string_pretty(&samples)? + "\n")?)
}

fn measure(source: &[u8], recipes: &[Recipe], rounds: usize) -> Result<[Vec<f64>; 2], Failure> {
    let (options, cancel) = (Options::default(), Cancel::default());
    let together = || render_all(source, recipes, &options, &cancel).into_iter().collect::<Result<Vec<_>, _>>();
    let apart =
        || recipes.iter().map(|recipe| render(source, recipe, &options, &cancel)).collect::<Result<Vec<_>, _>>();
    let mut samples = [Vec::new(), Vec::new()];
    for round in 0..=rounds {
        for way in [round % 2, 1 - round % 2] {
            let begun = Instant::now();
            let made = if way == 0 { together()? } else { apart()? };
            let ms = begun.elapsed().as_secs_f64() * 1000.0;
            assert_eq!(made.len(), recipes.len());
            // The first round warms up.
            if round > 0 {
                samples[way].push(ms);
            }
        }
    }
    Ok(samples)
}

fn row(name: &str, together: &[f64], apart: &[f64]) -> Option<String> {
    let mut row = format!("| {name} |");
    for samples in [together, apart] {
        let spread = spread(samples)?;
        write!(row, " {:.0} ({:.0}–{:.0}) |", spread.median, spread.p10, spread.p90).ok()?;
    }
    let ratio = ratio(together, apart)?;
    writeln!(row, " {:.2} ({:.2}–{:.2}) |", ratio.median, ratio.p10, ratio.p90).ok()?;
    Some(row)
}
