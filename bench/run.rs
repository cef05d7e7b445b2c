//! A run: the suites that were asked for, one after the other, and what they leave.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::peer::ENGINES;
use super::result::{Facts, Outcome, Peer, Row, Run, Suite};
use super::trial::Taken;
use super::{Failure, engine, growth, machine, programs, quality, report, root, scratch};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only prove that the harness works, in two minutes: small pictures, few rounds, times that mean nothing.
    #[arg(long)]
    quick: bool,
    /// Only these: engine, growth, quality, system, lambda.
    #[arg(long, value_delimiter = ',', value_enum)]
    suites: Vec<Suite>,
    /// Where the result goes.
    #[arg(long, default_value_os_t = root().join("bench/results"))]
    into: PathBuf,
}

/// What the suites add to.
pub(crate) struct Bench {
    pub(crate) is_quick: bool,
    pub(crate) sources: Vec<Facts>,
    rows: Vec<Row>,
    versions: BTreeMap<Peer, String>,
}

impl Bench {
    pub(crate) fn take(&mut self, taken: Taken) {
        self.rows.extend(taken.rows);
        for (peer, version) in taken.versions {
            let said = self.versions.entry(peer).or_default();
            if said.is_empty() {
                *said = version;
            } else if !said.split(" | ").any(|one| one == version) {
                // In another suite it stands on other things.
                *said += &format!(" | {version}");
            }
        }
    }
}

/// An empty folder for a suite's pictures.
pub(crate) fn folder(name: &str) -> Result<PathBuf, Failure> {
    let folder = scratch().join("bench").join(name);
    let failed = |error: std::io::Error| format!("no empty folder for pictures at {}: {error}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(failed)?;
    }
    std::fs::create_dir_all(&folder).map_err(failed)?;
    Ok(folder)
}

type Runs = fn(&mut Bench) -> Result<(), Failure>;

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut bench =
        Bench { is_quick: arguments.quick, sources: Vec::new(), rows: Vec::new(), versions: BTreeMap::new() };
    let machine = machine::machine()?;
    for peer in ENGINES {
        if let Some(why) = super::peer::missing(peer) {
            eprintln!("bench: {peer} is left out: {why}");
        }
    }
    let (date, revision) = (machine::date()?, machine::revision()?);
    let into = arguments.into.display();
    std::fs::create_dir_all(&arguments.into).map_err(|error| format!("no folder for results at {into}: {error}"))?;
    let is_asked = |suite: &Suite| arguments.suites.is_empty() || arguments.suites.contains(suite);
    let asked: Vec<_> = SUITES.into_iter().filter(|(suite, _)| is_asked(suite)).collect();
    let names = asked.iter().map(|(suite, _)| format!("{suite:?}").to_ascii_lowercase());
    let part = (asked.len() < SUITES.len()).then(|| names.collect::<Vec<_>>().join("-"));
    if revision.ends_with("-dirty") {
        eprintln!("bench: the checkout has changes that no revision has: the result will not say of what it is");
    }
    let mut failed = Vec::new();
    let mut path = PathBuf::new();
    for (suite, run) in asked {
        // What the others measure is not lost with it.
        if let Err(error) = run(&mut bench) {
            eprintln!("bench: {suite:?} failed: {error}");
            failed.push(format!("{suite:?}"));
        }
        let run = Run {
            date: date.clone(),
            revision: revision.clone(),
            part: part.clone(),
            is_quick: bench.is_quick,
            seconds: begun.elapsed().as_secs_f64(),
            machine: machine.clone(),
            versions: bench.versions.clone(),
            sources: bench.sources.clone(),
            rows: bench.rows.clone(),
        };
        path = arguments.into.join(format!("{}.json", report::stem(&run)));
        run.write(&path).map_err(|error| format!("{} can't be written: {error}", path.display()))?;
    }
    println!("{}", path.display());
    report(&path, false)?;
    failed.extend(unmeasured(&bench.rows));
    if failed.is_empty() { Ok(()) } else { Err(format!("not measured: {}", failed.join("; ")).into()) }
}

/// What Pixfront could not do, unless it takes a tool that is not there: the bench asks of it only what it can.
pub(crate) fn unmeasured(rows: &[Row]) -> Vec<String> {
    let is_broken = |row: &&Row| match &row.outcome {
        Outcome::Unable(why) => row.peer == Peer::Pixfront && !why.contains("not installed"),
        Outcome::Measured(figures) => figures.is_empty(),
    };
    rows.iter().filter(is_broken).map(|row| format!("{} in {}, {}", row.peer, row.group, row.case)).collect()
}

const SUITES: [(Suite, Runs); 5] = [
    (Suite::Engine, engine::run),
    (Suite::Growth, growth::run),
    (Suite::Quality, quality::run),
    (Suite::System, programs::system),
    (Suite::Lambda, programs::lambda),
];

pub(crate) fn report(path: &Path, is_for_readme: bool) -> Result<(), Failure> {
    let run = Run::read(path)?;
    for written in report::write(&run, path.parent().unwrap_or(root()))? {
        println!("{}", written.display());
    }
    if is_for_readme {
        let readme = root().join("README.md");
        std::fs::write(&readme, report::into_readme(&std::fs::read_to_string(&readme)?, &run)?)?;
        println!("{}", readme.display());
    }
    Ok(())
}
