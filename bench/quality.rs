//! The quality suite: bytes, looks and time of every setting of every encoder. A default has to be a point that no other beats.
//!
//! The source is the picture itself at the result's size, without compression, so that the time is nearly the encoder's alone.

use std::collections::BTreeMap;
use std::path::Path;

use super::Failure;
use super::engine::{LARGE, shown};
use super::peer::Cores;
use super::result::{Figure, Outcome, Peer, Row, Suite};
use super::run::{Bench, folder};
use super::sources::{Coding, Photograph, Source, painted};
use super::stats::geometric_mean;
use super::trial::{Cell, Taken, Trial};

pub(crate) mod nearest;

const PHOTOGRAPHS: [&str; 3] = [LARGE, "TwoWings.jpg", "Wood.jpg"];
const WIDTHS: [u32; 2] = [400, 1440];
const ROUNDS: usize = 3;

/// One encoder's settings.
struct Sweep {
    peer: Peer,
    format: &'static str,
    /// What it has where nobody says.
    default_quality: u8,
    /// How the effort is called there.
    effort: &'static str,
    efforts: &'static [u8],
    default: u8,
    qualities: &'static [u8],
}

const SWEEPS: [Sweep; 6] = [
    Sweep {
        peer: Peer::Pixfront,
        format: "webp",
        default_quality: 80,
        effort: "effort",
        efforts: &[0, 1, 2, 3, 4, 5, 6],
        default: 4,
        qualities: &[50, 65, 80, 90],
    },
    Sweep {
        peer: Peer::Sharp,
        format: "webp",
        default_quality: 80,
        effort: "effort",
        efforts: &[4],
        default: 4,
        qualities: &[50, 65, 80, 90],
    },
    Sweep {
        peer: Peer::Pixfront,
        format: "avif",
        default_quality: 70,
        effort: "speed",
        efforts: &[6, 7, 8, 9],
        default: 6,
        qualities: &[45, 57, 70, 82],
    },
    Sweep {
        peer: Peer::Sharp,
        format: "avif",
        default_quality: 50,
        effort: "effort",
        efforts: &[0, 4],
        default: 4,
        qualities: &[35, 50, 65, 80],
    },
    Sweep {
        peer: Peer::Pixfront,
        format: "jpeg",
        default_quality: 80,
        effort: "progressive",
        efforts: &[0, 1],
        default: 0,
        qualities: &[60, 70, 80, 90],
    },
    Sweep {
        peer: Peer::Sharp,
        format: "jpeg",
        default_quality: 80,
        effort: "mozjpeg",
        efforts: &[0, 1],
        default: 0,
        qualities: &[60, 70, 80, 90],
    },
];

pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let folder = folder("quality")?;
    let mut trial = Trial::new(Suite::Quality, bench.is_quick);
    for source in sources(&folder, bench.is_quick)? {
        for sweep in &SWEEPS {
            add(&mut trial, sweep, &source, bench.is_quick)?;
        }
    }
    let Taken { rows, versions } = trial.run("quality")?;
    bench.take(Taken { rows: over_pictures(rows), versions });
    Ok(())
}

fn sources(folder: &Path, is_quick: bool) -> Result<Vec<Source>, Failure> {
    if is_quick {
        let painted = painted(120, 90);
        return Ok(vec![painted.save(&painted.cut(120, 90), "painted", Coding::Tiff, folder)?]);
    }
    let mut sources = Vec::new();
    for name in PHOTOGRAPHS {
        let photograph = Photograph::open(name)?;
        for width in WIDTHS {
            let name = format!("{}-{width}", name.trim_end_matches(".jpg"));
            sources.push(photograph.save(&photograph.shrunk(width), &name, Coding::Tiff, folder)?);
        }
    }
    Ok(sources)
}

fn add(trial: &mut Trial, sweep: &Sweep, source: &Source, is_quick: bool) -> Result<(), Failure> {
    let width = source.facts.width;
    let efforts = if is_quick { std::slice::from_ref(&sweep.default) } else { sweep.efforts };
    let qualities = if is_quick { &sweep.qualities[1..3] } else { sweep.qualities };
    for effort in efforts {
        for quality in qualities {
            let group = format!("{}, {width} px", shown(sweep.format));
            let case = format!("{} {effort}, q {quality}", sweep.effort);
            let mut cell = Cell::new(source, &group, &case, width, sweep.format, Cores::One)?;
            cell.peers = vec![sweep.peer];
            (cell.quality, cell.effort) = (*quality, Some(*effort));
            cell.axes =
                [("quality", *quality), ("effort", *effort)].map(|(name, at)| (name.to_owned(), at.into())).into();
            (cell.rounds, cell.is_weighed) = (Some(ROUNDS), false);
            let is_default = (*effort, *quality) == (sweep.default, sweep.default_quality);
            cell.note = is_default.then(|| "default".to_owned());
            trial.add(cell);
        }
    }
    Ok(())
}

/// One row for all pictures of a size: bytes and times by their geometric mean, so that each picture counts alike.
pub(crate) fn over_pictures(rows: Vec<Row>) -> Vec<Row> {
    let mut cases = BTreeMap::<(String, String, Peer), Vec<Row>>::new();
    let mut order = Vec::new();
    for row in rows {
        let key = (row.group.clone(), row.case.clone(), row.peer);
        if !cases.contains_key(&key) {
            order.push(key.clone());
        }
        cases.entry(key).or_default().push(row);
    }
    order.iter().filter_map(|key| cases.remove(key)).filter_map(mean).collect()
}

/// Round by round. What can't be done of one of the pictures has no mean over all of them.
fn mean(rows: Vec<Row>) -> Option<Row> {
    let over = |figure, mean: fn(&[f64]) -> Option<f64>| {
        let samples: Vec<_> = rows.iter().map(|row| row.samples(figure)).collect();
        let rounds = samples.iter().map(|samples| samples.len()).min().unwrap_or(0);
        let means = (0..rounds)
            .filter_map(|round| mean(&samples.iter().filter_map(|of| of.get(round).copied()).collect::<Vec<_>>()));
        (figure, means.collect::<Vec<_>>())
    };
    let plain = |scores: &[f64]| Some(scores.iter().sum::<f64>() / scores.len() as f64);
    let figures = [over(Figure::Ms, geometric_mean), over(Figure::Bytes, geometric_mean), over(Figure::Score, plain)];
    let measured = figures.into_iter().filter(|(_, samples)| !samples.is_empty()).collect();
    let unable = rows.iter().find(|row| matches!(row.outcome, Outcome::Unable(_))).map(|row| row.outcome.clone());
    let outcome = unable.unwrap_or(Outcome::Measured(measured));
    Some(Row { outcome, ..rows.into_iter().next()? })
}
