//! The rows of a run as tables and plots ask for them: in the order in which they came, without the samples that are no numbers.

use super::super::result::{Figure, Outcome, Peer, Row, Run, Suite};
use super::super::stats::{self, Spread};

/// A suite's groups.
pub(crate) fn groups(run: &Run, suite: Suite) -> Vec<&str> {
    distinct(rows(run, suite).map(|row| row.group.as_str()))
}

/// The cases of a group.
pub(crate) fn cases<'a>(run: &'a Run, suite: Suite, group: &str) -> Vec<&'a str> {
    distinct(rows(run, suite).filter(|row| row.group == group).map(|row| row.case.as_str()))
}

/// Who has a row in a suite, Pixfront first.
pub(crate) fn peers(run: &Run, suite: Suite) -> Vec<Peer> {
    let mut peers = distinct(rows(run, suite).map(|row| row.peer));
    peers.sort_unstable();
    peers
}

pub(crate) fn rows(run: &Run, suite: Suite) -> impl Iterator<Item = &Row> {
    run.rows.iter().filter(move |row| row.suite == suite)
}

pub(crate) fn in_group<'a>(run: &'a Run, suite: Suite, group: &str) -> Vec<&'a Row> {
    rows(run, suite).filter(|row| row.group == group).collect()
}

/// What is there of a figure.
pub(crate) fn spread(row: &Row, figure: Figure) -> Option<Spread> {
    let samples: Vec<_> = row.samples(figure).iter().copied().filter(|sample| is_number(*sample)).collect();
    stats::spread(&samples)
}

pub(crate) fn median(row: &Row, figure: Figure) -> Option<f64> {
    spread(row, figure).map(|spread| spread.median)
}

/// Round by round, of the rounds in which both have a number.
pub(crate) fn ratio(one: &Row, other: &Row, figure: Figure) -> Option<Spread> {
    let both = one.samples(figure).iter().zip(other.samples(figure));
    let (ones, others): (Vec<_>, Vec<_>) =
        both.map(|(one, other)| (*one, *other)).filter(|(one, other)| is_positive(*one) && is_positive(*other)).unzip();
    stats::ratio(&ones, &others)
}

/// Pixfront to this row's peer, in its place. Node.js with a handler that does nothing is a floor, and not compared.
pub(crate) fn ours_to(run: &Run, row: &Row, figure: Figure) -> Option<Spread> {
    if matches!(row.peer, Peer::Pixfront | Peer::Node) {
        return None;
    }
    ratio(run.row(row.place(), Peer::Pixfront)?, row, figure)
}

pub(crate) fn is_measured(row: &Row, figure: Figure) -> bool {
    spread(row, figure).is_some()
}

pub(crate) fn unable(row: &Row) -> Option<&str> {
    match &row.outcome {
        Outcome::Unable(reason) => Some(reason),
        Outcome::Measured(_) => None,
    }
}

pub(crate) fn axis(row: &Row, name: &str) -> Option<f64> {
    row.axes.get(name).copied().filter(|value| is_number(*value))
}

/// Nothing that anybody measures is larger; and two of them still have a ratio.
const MOST: f64 = 1e15;

pub(crate) fn is_number(value: f64) -> bool {
    value.abs() <= MOST
}

pub(crate) fn is_positive(value: f64) -> bool {
    is_number(value) && value >= MOST.recip()
}

/// Each once, in the order of the first.
pub(crate) fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}
