//! The growth suite: what more pixels cost, of the source and of the result.

use std::path::Path;

use super::Failure;
use super::engine::{LARGE, shown};
use super::peer::Cores;
use super::result::Suite;
use super::run::{Bench, folder};
use super::sources::{Coding, Photograph, Source, painted};
use super::trial::{Cell, Trial};

/// Sides of 1, 3, 6, 12, 25 and 50 megapixels, of a telephone's shape.
const SIZES: [(u32, u32); 6] = [(1156, 867), (2000, 1500), (2828, 2121), (4000, 3000), (5772, 4329), (8160, 6120)];
const WIDTHS: [u32; 6] = [100, 200, 400, 800, 1600, 3200];
const CODINGS: [(Coding, &str); 3] =
    [(Coding::Jpeg, "JPEG"), (Coding::Progressive, "progressive JPEG"), (Coding::Png, "PNG")];
/// A slope needs fewer samples than a ratio.
const ROUNDS: usize = 5;

pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let folder = folder("growth")?;
    let mut trial = Trial::new(Suite::Growth, bench.is_quick);
    let photograph = if bench.is_quick { painted(320, 240) } else { Photograph::open(LARGE)? };
    let sizes = if bench.is_quick { &[(320, 240), (640, 480)] } else { &SIZES[..] };
    for (coding, name) in CODINGS {
        for (width, height) in sizes {
            let source = save(&photograph, *width, *height, coding, &folder)?;
            let megapixels = f64::from(*width) * f64::from(*height) / 1e6;
            let case = format!("{megapixels:.1} MP {name} → 400 {}", shown("webp"));
            bench.sources.push(source.facts.clone());
            trial.add(cell(
                &source,
                &format!("source, {name}"),
                &case,
                400.min(width / 2),
                ("megapixels", megapixels),
            )?);
        }
    }
    let source = if bench.is_quick { (320, 240) } else { (4000, 3000) };
    let source = save(&photograph, source.0, source.1, Coding::Jpeg, &folder)?;
    for width in WIDTHS.into_iter().filter(|width| *width <= source.facts.width) {
        let case = format!("{:.1} MP JPEG → {width} WebP", f64::from(source.facts.width * source.facts.height) / 1e6);
        trial.add(cell(&source, "target", &case, width, ("width", f64::from(width)))?);
    }
    bench.take(trial.run("growth")?);
    Ok(())
}

fn save(photograph: &Photograph, width: u32, height: u32, coding: Coding, folder: &Path) -> Result<Source, Failure> {
    photograph.save(&photograph.cut(width, height), &format!("growth-{width}"), coding, folder)
}

fn cell(source: &Source, group: &str, case: &str, width: u32, (axis, place): (&str, f64)) -> Result<Cell, Failure> {
    let mut cell = Cell::new(source, group, case, width, "webp", Cores::One)?;
    cell.axes.insert(axis.to_owned(), place);
    cell.effort = Some(4);
    cell.is_scored = false;
    cell.rounds = Some(ROUNDS);
    Ok(cell)
}
