//! Which plots a run has.

use super::super::result::{Peer, Row, Run};
use super::bars::Bar;
use super::svg::{Block, Shape, document};
use super::{Plot, view};

mod engine;
mod growth;
mod quality;
mod service;

pub(crate) fn all(run: &Run) -> Vec<Plot> {
    let mut plots: Vec<_> = engine::plot(run).into_iter().collect();
    plots.extend(growth::plots(run));
    plots.extend(quality::plots(run));
    plots.extend(service::system(run));
    plots.extend(service::lambda(run));
    plots
}

/// [`None`] of no panels.
fn plot(run: &Run, name: &str, title: &str, description: &str, blocks: &[Block]) -> Option<Plot> {
    if blocks.is_empty() {
        return None;
    }
    let description = format!("{description} Pixfront {}, {}, {}.", run.revision, run.date, run.machine.cpu.trim());
    let svg = document(title, &description, blocks);
    Some(Plot { name: slug(name), title: title.to_owned(), svg })
}

/// What a file may be called.
fn slug(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

/// For a peer that can't, so that nobody is missing without a word; [`None`] of all others.
fn unable(row: &Row) -> Option<Bar> {
    let name = row.peer.name().to_owned();
    let text = "none; the table says why".to_owned();
    view::unable(row).map(|_| Bar { name, class: class(row.peer), length: 0.0, solid: 0.0, spread: None, text })
}

/// A server has the colour of the library that it stands on: the two are never in one plot.
fn class(peer: Peer) -> &'static str {
    match peer {
        Peer::Pixfront => "c0",
        Peer::Sharp | Peer::Ipx => "c1",
        Peer::Pillow | Peer::Thumbor => "c2",
        Peer::Libvips => "c3",
        Peer::Oximg => "c4",
        Peer::Node => "c7",
    }
}

fn shape(peer: Peer) -> Shape {
    match peer {
        Peer::Pixfront => Shape::Circle,
        Peer::Sharp | Peer::Ipx => Shape::Square,
        Peer::Pillow | Peer::Thumbor => Shape::Triangle,
        Peer::Libvips => Shape::Diamond,
        Peer::Oximg => Shape::Wedge,
        Peer::Node => Shape::Cross,
    }
}
