//! What moved between two results, beyond the noise.

use std::path::Path;

use super::Failure;
use super::result::{Figure, Peer, Row, Run};
use super::stats::{Spread, geometric_mean, spread};

/// A change smaller than this is none, however quiet the machine was.
const LEAST: f64 = 0.03;

pub(crate) fn compare(before: &Path, after: &Path) -> Result<(), Failure> {
    let (before, after) = (Run::read(before)?, Run::read(after)?);
    if before.is_quick || after.is_quick {
        eprintln!("bench: one of them is a quick run, whose times mean nothing");
    }
    let name = |run: &Run| format!("{} of {} on {}", run.revision, run.date, run.machine.cpu);
    println!("before: {}\nafter:  {}", name(&before), name(&after));
    println!(
        "The peers took {:.2} times as long as before: that is the machine's, and is taken out of the times below.\n",
        drift(&before, &after)
    );
    let moves = moves_of(&before, &after);
    println!("| | what | figure | before | after | change |\n|---|---|---|--:|--:|--:|");
    moves.iter().for_each(Move::print);
    let both = before.rows.iter().filter(|row| after.row(row.place(), row.peer).is_some()).count();
    let (lost, new) = (before.rows.len() - both, after.rows.len() - both);
    println!(
        "\n{both} rows are in both, {lost} only in the first, {new} only in the second; {} figures moved.",
        moves.len()
    );
    Ok(())
}

/// The largest change first.
pub(crate) fn moves_of<'a>(before: &'a Run, after: &Run) -> Vec<Move<'a>> {
    let drift = drift(before, after);
    let pairs = before.rows.iter().filter_map(|row| Some((row, after.row(row.place(), row.peer)?)));
    let mut moves: Vec<_> = pairs.flat_map(|(before, after)| moves(before, after, drift)).collect();
    moves.sort_by(|one, other| one.change.ln().abs().total_cmp(&other.change.ln().abs()).reverse());
    moves
}

/// How much slower the machine was, as those say who did not change: the geometric mean of the peers' times.
fn drift(before: &Run, after: &Run) -> f64 {
    let peers = before.rows.iter().filter(|row| row.peer != Peer::Pixfront);
    let ratio = |row: &Row| {
        let other = after.row(row.place(), row.peer)?;
        Some(spread(other.samples(Figure::Ms))?.median / spread(row.samples(Figure::Ms))?.median)
    };
    geometric_mean(&peers.filter_map(ratio).collect::<Vec<_>>()).unwrap_or(1.0)
}

/// A figure of a row that is not what it was.
pub(crate) struct Move<'a> {
    pub(crate) row: &'a Row,
    pub(crate) figure: Figure,
    before: Spread,
    after: Spread,
    /// 1.1: a tenth more.
    pub(crate) change: f64,
}

/// The figures of a row that moved.
fn moves<'a>(before: &'a Row, after: &Row, drift: f64) -> Vec<Move<'a>> {
    let figures = Figure::ALL.into_iter().filter_map(|figure| {
        let (was, mut is) = (spread(before.samples(figure))?, spread(after.samples(figure))?);
        if figure.is_time() {
            is = Spread { median: is.median / drift, p10: is.p10 / drift, p90: is.p90 / drift };
        } else if figure == Figure::RequestsPerSecond {
            is = Spread { median: is.median * drift, p10: is.p10 * drift, p90: is.p90 * drift };
        }
        let change = is.median / was.median;
        let is_apart =
            is.median < was.p10.min(was.median * (1.0 - LEAST)) || is.median > was.p90.max(was.median * (1.0 + LEAST));
        let is_apart_too = was.median < is.p10 || was.median > is.p90;
        (is_apart && is_apart_too && change.is_finite() && change > 0.0).then_some(Move {
            row: before,
            figure,
            before: was,
            after: is,
            change,
        })
    });
    figures.collect()
}

impl Move<'_> {
    pub(crate) fn is_better(&self) -> bool {
        (self.change > 1.0) == self.figure.grows_better()
    }

    fn print(&self) {
        let (suite, group, case) = self.row.place();
        println!(
            "| {} | {suite:?}: {group}, {case}, {} | {:?} | {:.1} [{:.1}–{:.1}] | {:.1} [{:.1}–{:.1}] | {:+.1} % |",
            if self.is_better() { "better" } else { "worse" },
            self.row.peer,
            self.figure,
            self.before.median,
            self.before.p10,
            self.before.p90,
            self.after.median,
            self.after.p10,
            self.after.p90,
            (self.change - 1.0) * 100.0
        );
    }
}
