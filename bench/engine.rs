//! The engine suite: buffer to buffer, one process a peer, warm.

use std::path::Path;

use super::Failure;
use super::peer::Cores;
use super::result::Suite;
use super::run::{Bench, folder};
use super::sources::{Coding, Photograph, Source, copy, painted};
use super::trial::{Cell, Trial};

/// sharp's default for WebP, and ours.
const EFFORT: u8 = 4;

pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let folder = folder("engine")?;
    let sources = if bench.is_quick { quick(&folder)? } else { full(&folder)? };
    let mut trial = Trial::new(Suite::Engine, bench.is_quick);
    for (source, works) in &sources {
        for work in *works {
            trial.add(cell(source, work)?);
        }
    }
    bench.sources.extend(sources.into_iter().map(|(source, _)| source.facts));
    bench.take(trial.run("engine")?);
    Ok(())
}

/// What is made of a source: the width, the format, and on how many cores.
type Work = (Wide, &'static str, Cores);

#[derive(Clone, Copy, Debug)]
enum Wide {
    Pixels(u32),
    /// As uploads get it.
    Half,
}

use Wide::{Half, Pixels};

/// Of the picture that most people send: everything.
const ALL: [Work; 21] = [
    (Pixels(200), "webp", Cores::One),
    (Pixels(400), "webp", Cores::One),
    (Pixels(720), "webp", Cores::One),
    (Pixels(1440), "webp", Cores::One),
    (Pixels(200), "jpeg", Cores::One),
    (Pixels(400), "jpeg", Cores::One),
    (Pixels(720), "jpeg", Cores::One),
    (Pixels(1440), "jpeg", Cores::One),
    (Half, "jpeg", Cores::One),
    (Pixels(200), "png", Cores::One),
    (Pixels(400), "png", Cores::One),
    (Pixels(720), "png", Cores::One),
    (Pixels(1440), "png", Cores::One),
    (Pixels(200), "avif", Cores::One),
    (Pixels(400), "avif", Cores::One),
    (Pixels(720), "avif", Cores::One),
    (Pixels(1440), "avif", Cores::One),
    (Pixels(400), "webp", Cores::All),
    (Pixels(1440), "webp", Cores::All),
    (Pixels(720), "jpeg", Cores::All),
    (Pixels(400), "avif", Cores::All),
];

/// Of other photographs. PNG loses nothing, so that its score is the resampler's.
const SOME: [Work; 6] = [
    (Pixels(400), "webp", Cores::One),
    (Pixels(1440), "webp", Cores::One),
    (Pixels(720), "jpeg", Cores::One),
    (Half, "jpeg", Cores::One),
    (Pixels(400), "png", Cores::One),
    (Pixels(1440), "png", Cores::One),
];

/// Of a picture that is small already.
const SMALL: [Work; 3] =
    [(Pixels(200), "webp", Cores::One), (Pixels(400), "webp", Cores::One), (Pixels(400), "jpeg", Cores::One)];

/// Of graphics.
const DRAWN: [Work; 4] = [
    (Pixels(400), "webp", Cores::One),
    (Pixels(400), "png", Cores::One),
    (Pixels(400), "avif", Cores::One),
    (Half, "png", Cores::One),
];

const QUICK: [Work; 4] = [
    (Pixels(200), "webp", Cores::One),
    (Half, "jpeg", Cores::One),
    (Pixels(100), "avif", Cores::One),
    (Pixels(200), "webp", Cores::All),
];

type Sources = Vec<(Source, &'static [Work])>;

/// The large photograph, for the bench's first and most watched cells.
pub(crate) const LARGE: &str = "Elephants_5640x3172.jpg";

fn full(folder: &Path) -> Result<Sources, Failure> {
    let elephants = Photograph::open(LARGE)?;
    let phone = elephants.cut(4000, 3000);
    let one = |photograph: &Photograph, width, height, name: &str, coding| {
        photograph.save(&photograph.cut(width, height), name, coding, folder)
    };
    Ok(vec![
        (elephants.save(&phone, "photo-12mp", Coding::Jpeg, folder)?, &ALL),
        (elephants.save(&phone, "photo-12mp", Coding::Progressive, folder)?, &SOME),
        (elephants.save(&phone, "photo-12mp", Coding::Webp, folder)?, &SOME),
        // The size that sharp's own bench has.
        (one(&elephants, 2725, 2225, "photo-6mp", Coding::Jpeg)?, &SOME),
        (one(&Photograph::open("TwoWings.jpg")?, 2048, 1536, "photo-3mp", Coding::Png)?, &SOME),
        (one(&Photograph::open("Wood.jpg")?, 2560, 1920, "photo-5mp", Coding::Jpeg)?, &SOME),
        (copy("coffee.png", "photo-small.png", folder)?, &SMALL),
        (copy("Ubuntu-Mate-Cold-no-logo.png", "graphic.png", folder)?, &DRAWN),
        (copy("Float-into-MATE.png", "graphic-alpha.png", folder)?, &DRAWN),
    ])
}

fn quick(folder: &Path) -> Result<Sources, Failure> {
    let painted = painted(640, 480);
    let picture = painted.cut(640, 480);
    Ok(vec![
        (painted.save(&picture, "painted", Coding::Jpeg, folder)?, &QUICK),
        (painted.save(&picture, "painted", Coding::Png, folder)?, &QUICK[..1]),
    ])
}

fn cell(source: &Source, (wide, format, cores): &Work) -> Result<Cell, Failure> {
    let width = match wide {
        Pixels(width) => (*width).min(source.facts.width),
        Half => source.facts.width / 2,
    };
    let name = match wide {
        Pixels(_) => format!("{width} {}", shown(format)),
        Half => format!("half {}", shown(format)),
    };
    let name = if *cores == Cores::All { format!("{name}, all cores") } else { name };
    let mut cell = Cell::new(source, &source.facts.name, &name, width, format, *cores)?;
    cell.axes.insert("width".to_owned(), width.into());
    cell.effort = (*format == "webp").then_some(EFFORT);
    cell.is_matched = *format == "avif";
    Ok(cell)
}

/// As people write it.
pub(crate) fn shown(format: &str) -> &str {
    match format {
        "webp" => "WebP",
        "jpeg" => "JPEG",
        "avif" => "AVIF",
        "png" => "PNG",
        other => other,
    }
}
