//! The tables of a run, in Markdown.

use std::fmt;

use super::super::result::{Peer, Run};
use super::number;

mod engine;
mod growth;
mod losses;
mod quality;
mod service;

/// Everything that the run measured.
pub(crate) fn document(run: &Run) -> String {
    let suites =
        [losses::section, engine::section, growth::section, quality::section, service::system, service::lambda];
    head(run) + &suites.map(|section| section(run)).concat()
}

fn head(run: &Run) -> String {
    let machine = &run.machine;
    let mut text = format!("# Pixfront {}, {}\n\n", run.revision, run.date);
    if run.is_quick {
        text.push_str("**A quick run, which only proves that the harness works: its times mean nothing.**\n\n");
    }
    text.push_str(&format!(
        "{}, {} cores, {} GB; {}; load before the run {:.2}; {:.0} minutes.\n\n",
        machine.cpu.trim(),
        machine.cores,
        number::digits(machine.memory_gb),
        machine.system.trim(),
        machine.load,
        run.seconds / 60.0
    ));
    text.push_str(
        "Medians; in parentheses the 10th and 90th percentiles. Ratios are Pixfront to the peer, round by round, of samples taken \
         one after the other: below 1 Pixfront needs less, and **bold is where it loses**. Scores are SSIMULACRA2.\n",
    );
    let mut versions = Grid::new(&["peer", "version"], 2);
    for (peer, version) in &run.versions {
        versions.line([peer.name().to_owned(), version.clone()]);
    }
    let mut sources = Grid::new(&["source", "from", "pixels", "size"], 2);
    for source in &run.sources {
        let pixels = format!("{}×{}", source.width, source.height);
        sources.line([source.name.clone(), source.from.clone(), pixels, number::bytes(source.bytes as f64)]);
    }
    text + &titled("## Peers", &versions) + &titled("## Sources", &sources)
}

/// Nothing at all for a table without lines.
fn titled(title: &str, grid: &Grid) -> String {
    if grid.lines.is_empty() { String::new() } else { format!("\n{title}\n\n{grid}") }
}

/// A head of peers behind a first column of cases.
fn peer_grid(first: &str, peers: &[Peer]) -> Grid {
    let names: Vec<_> = std::iter::once(first).chain(peers.iter().map(|peer| peer.name())).collect();
    Grid::new(&names, 1)
}

pub(crate) struct Grid {
    head: Vec<String>,
    /// So many columns are words, the rest numbers.
    words: usize,
    lines: Vec<Vec<String>>,
}

impl Grid {
    pub(crate) fn new(head: &[&str], words: usize) -> Self {
        Self { head: head.iter().map(|name| (*name).to_owned()).collect(), words, lines: Vec::new() }
    }

    pub(crate) fn line(&mut self, cells: impl IntoIterator<Item = String>) {
        self.lines.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut put = |cells: &[String]| {
            let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
            writeln!(formatter, "| {} |", cells.join(" | "))
        };
        put(&self.head)?;
        put(&(0..self.head.len())
            .map(|nth| if nth < self.words { "---" } else { "--:" }.to_owned())
            .collect::<Vec<_>>())?;
        self.lines.iter().try_for_each(|line| put(line))
    }
}

/// What is too long for a cell, once each, below the table.
#[derive(Default)]
struct Footnotes(Vec<String>);

impl Footnotes {
    /// Up to so many letters stay in the cell.
    const SHORT: usize = 24;

    /// The reason or note itself where it is short, else its number.
    fn short(&mut self, text: &str) -> String {
        if text.chars().count() <= Self::SHORT { text.to_owned() } else { self.number(text) }
    }

    fn number(&mut self, text: &str) -> String {
        let place = self.0.iter().position(|known| known == text).unwrap_or_else(|| {
            self.0.push(text.to_owned());
            self.0.len() - 1
        });
        format!("<sup>{}</sup>", place + 1)
    }
}

impl fmt::Display for Footnotes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.is_empty() {
            writeln!(formatter)?;
        }
        let mut numbered = (1..).zip(&self.0);
        numbered.try_for_each(|(number, text)| writeln!(formatter, "{number}. {}", text.replace('\n', " ")))
    }
}
