//! Servers under load on loopback: `pixfront serve`, ipx and thumbor, each with its own defaults but for what its rows' notes say, asked by oha.
//!
//! In each round every case is run once by every server, started afresh and one directly after the other, in an order that
//! turns from round to round. What is asked for first is looked at: a server whose answers are no pictures of the right size
//! measures nothing.

use std::path::Path;
use std::time::Duration;

use super::Failure;
use super::result::{Peer, Row};

mod case;
mod check;
mod installed;
mod load;
mod notes;
mod process;
mod server;
mod tally;
mod workshop;

use case::{Case, Sort};
use server::{Kind, Server};
use tally::{Sample, Tally};
use workshop::Workshop;

const MISSING: &str = "not installed: make bench installs it";

/// The rows, and what each peer says that it is.
pub(crate) type Measured = (Vec<Row>, Vec<(Peer, String)>);

struct Plan {
    cases: Vec<Case>,
    rounds: usize,
    load: Duration,
}

impl Plan {
    fn new(is_quick: bool) -> Self {
        if is_quick {
            Self { cases: case::few(), rounds: 1, load: Duration::from_millis(300) }
        } else {
            Self { cases: case::all(), rounds: 3, load: Duration::from_secs(6) }
        }
    }

    fn trials(&self) -> usize {
        self.rounds * self.cases.iter().map(|case| case.kinds().len()).sum::<usize>()
    }
}

/// All of it, on a runtime of its own: not to be called from within another.
pub(crate) fn run(
    pixfront: &Path,
    photograph: &Path,
    is_quick: bool,
    progress: &mut dyn FnMut(f64, &str),
) -> Result<Measured, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(pixfront, photograph, &Plan::new(is_quick), progress))
}

async fn measure(
    pixfront: &Path,
    photograph: &Path,
    plan: &Plan,
    progress: &mut dyn FnMut(f64, &str),
) -> Result<Measured, Failure> {
    let mut tally = Tally::new(&plan.cases);
    if !installed::oha().is_file() {
        tally.give_up(|_| Some(format!("oha is {MISSING}")));
        return Ok((tally.into_rows(None), Vec::new()));
    }
    tally.give_up(|kind| (!installed::is_installed(kind)).then(|| MISSING.to_owned()));
    progress(0.0, "pictures for the servers");
    let workshop = Workshop::set_up(pixfront, photograph).await?;
    let mut done = 0_usize;
    for round in 0..plan.rounds {
        for case in &plan.cases {
            let mut kinds = case.kinds().to_vec();
            let turns = round % kinds.len();
            kinds.rotate_left(turns);
            for kind in kinds {
                progress(
                    done as f64 / plan.trials() as f64,
                    &format!("{}, {}: {}", kind.peer(), case.group(), case.name()),
                );
                done += 1;
                if !tally.is_given_up(*case, kind) {
                    tally.add(*case, kind, trial(&workshop, *case, kind, plan.load).await);
                }
            }
        }
    }
    progress(1.0, "servers measured");
    let versions = installed::versions(pixfront, |kind| tally.has_measured(kind)).await?;
    Ok((tally.into_rows(Some(&installed::oha_version().await?)), versions))
}

/// One server under one load.
async fn trial(workshop: &Workshop, case: Case, kind: Kind, length: Duration) -> Result<Sample, Failure> {
    let (_data, mut server) = workshop.start(kind, case.sort).await?;
    let idle_mb = server.process.resident_mb()?;
    warm_up(workshop, &server, case).await?;
    let pictures = match case.sort {
        Sort::Hot | Sort::Warm => workshop.kept(),
        Sort::Cold => workshop.unmade(case.format),
    };
    let urls: Vec<_> = pictures.iter().map(|picture| server.url(picture)).collect();
    let (renders, cpu) = (server.renders(&workshop.client).await?, server.process.cpu()?);
    let load = load::run(&workshop.url_file(&urls)?, case.clients, length).await?;
    let server_cpu = server.process.cpu()?.saturating_sub(cpu);
    server.process.check_running()?;
    let renders = match (renders, server.renders(&workshop.client).await?) {
        (Some(before), Some(after)) => Some(after - before),
        _ => None,
    };
    if let (Sort::Hot | Sort::Warm, Some(renders @ 1..)) = (case.sort, renders) {
        return Err(format!("{renders} answers were made anew, though all were to be there already").into());
    }
    Ok(Sample { idle_mb, peak_mb: server.process.peak_mb()?, load, server_cpu, renders })
}

/// Asks for a few pictures that the load will not ask for, or, where they shall be in the cache, for all of them, and looks at
/// the answers.
async fn warm_up(workshop: &Workshop, server: &Server, case: Case) -> Result<(), Failure> {
    let keeps = server.kind == Kind::Pixfront && case.sort != Sort::Cold;
    let pictures = if keeps { workshop.kept() } else { workshop.warming(case.format) };
    check::pictures(&workshop.client, server, &pictures).await?;
    if keeps {
        let word = check::picture(&workshop.client, server, &pictures[0]).await?;
        let expected = if case.sort == Sort::Hot { "Hit" } else { "Miss" };
        if word.as_deref() != Some(expected) {
            return Err(format!("X-Cache of what was asked for twice is {word:?} and not {expected}").into());
        }
    }
    Ok(())
}
