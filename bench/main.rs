//! Pixfront beside its peers, in one interleaved run: `make bench`. Method, peers and their settings: bench/README.md.
#![allow(missing_docs, clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its table")]
#![allow(clippy::disallowed_methods, reason = "a bench reads the machine it runs on, and waits for what it measures")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes and samples, far from where either matters"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;

pub(crate) mod alone;
pub(crate) mod compare;
mod engine;
mod group;
mod growth;
pub(crate) mod lambda;
mod machine;
mod ours;
mod peer;
mod programs;
mod progress;
pub(crate) mod quality;
pub(crate) mod report;
pub(crate) mod result;
pub(crate) mod run;
mod score;
mod sources;
pub(crate) mod stats;
mod system;
mod task;
mod trial;

type Failure = Box<dyn std::error::Error>;

#[derive(clap::Parser)]
#[command(about = "Pixfront beside its peers", disable_help_subcommand = true)]
enum Command {
    /// Run the suites and leave bench/results/<date>-<revision>.json, with its tables and plots.
    Run(run::Arguments),
    /// Write a result's tables and plots anew.
    Report {
        result: PathBuf,
        /// And what README.md shows of it.
        #[arg(long)]
        readme: bool,
    },
    /// Say what moved between two results, beyond the noise.
    Compare { before: PathBuf, after: PathBuf },
    /// Measure what no peer does, and leave it in bench/results/alone.
    Alone(alone::Arguments),
    /// Be the peer that Pixfront's own engine is: tasks on standard input.
    #[command(hide = true)]
    Worker,
}

fn main() -> ExitCode {
    // cargo adds this to what it was told to hand over.
    let arguments = std::env::args_os().filter(|argument| argument != "--bench");
    let done = match Command::parse_from(arguments) {
        Command::Run(arguments) => run::run(&arguments),
        Command::Report { result, readme } => match alone::Alone::read(&result) {
            Ok(alone) => alone.write_table(&result).map(|table| println!("{}", table.display())),
            Err(_) => run::report(&result, readme),
        },
        Command::Compare { before, after } => compare::compare(&before, &after),
        Command::Alone(arguments) => alone::run(&arguments),
        Command::Worker => ours::work(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The checkout.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// For what a run needs and nobody keeps.
fn scratch() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}
