//! What moved between two results, beyond the noise.

use std::path::Path;

use super::Failure;
use super::result::{Figure, Outcome, Peer, Row, Run};
use super::stats::{Spread, geometric_mean, median, spread};

/// A change smaller than this is none, however quiet the machine was.
const LEAST: f64 = 0.03;
/// The same of a figure that is noisy, and has too few samples to show it.
const LEAST_OF_FEW: f64 = 0.1;
const FEW: usize = 3;

pub(crate) fn compare(before: &Path, after: &Path) -> Result<(), Failure> {
    let (before, after) = (Run::read(before)?, Run::read(after)?);
    if before.is_quick || after.is_quick {
        eprintln!("bench: one of them is a quick run, whose times mean nothing");
    }
    let name = |run: &Run| format!("{} of {} on {}", run.revision, run.date, run.machine.cpu);
    println!("before: {}\nafter:  {}", name(&before), name(&after));
    match drift(&before, &after) {
        Some(drift) => println!(
            "The peers took {drift:.2} times as long as before: that is the machine's, and is taken out of the times below."
        ),
        None => println!("No peer is in both, so nothing says what the machine did to the times."),
    }
    for change in changes_of(&before, &after) {
        println!("- {change}");
    }
    let moves = moves_of(&before, &after);
    if !moves.is_empty() {
        println!("\n| | what | figure | before | after | change |\n|---|---|---|--:|--:|--:|");
        moves.iter().for_each(Move::print);
    }
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
    let drift = drift(before, after).unwrap_or(1.0);
    let pairs = before.rows.iter().filter_map(|row| Some((row, after.row(row.place(), row.peer)?)));
    let mut moves: Vec<_> = pairs.flat_map(|(before, after)| moves(before, after, drift)).collect();
    moves.sort_by(|one, other| one.change.ln().abs().total_cmp(&other.change.ln().abs()).reverse());
    moves
}

/// What can't be said as a ratio: what failed, or can't be done any more, or now can.
pub(crate) fn changes_of(before: &Run, after: &Run) -> Vec<String> {
    let failed = |row: &Row| median(row.samples(Figure::Failed)).unwrap_or(0.0);
    let said = |before: &Row| {
        let after = after.row(before.place(), before.peer)?;
        let what = match (&before.outcome, &after.outcome) {
            (Outcome::Measured(_), Outcome::Unable(why)) => format!("can't any more: {why}"),
            (Outcome::Unable(_), Outcome::Measured(_)) => "now can".to_owned(),
            _ if failed(before).total_cmp(&failed(after)).is_ne() => {
                format!("{} requests failed, {} before", failed(after), failed(before))
            }
            _ => return None,
        };
        Some(format!("{} in {}, {}: {what}", before.peer, before.group, before.case))
    };
    before.rows.iter().filter_map(said).collect()
}

/// How much slower the machine was, as those say who did not change: the geometric mean of the peers' times. Where a peer was asked for
/// something else, as its note says, it says nothing.
fn drift(before: &Run, after: &Run) -> Option<f64> {
    let peers = before.rows.iter().filter(|row| row.peer != Peer::Pixfront);
    let pairs = peers.filter_map(|row| Some((row, after.row(row.place(), row.peer)?)));
    let ratios = pairs.filter(|(before, after)| before.note == after.note).flat_map(|(before, after)| {
        let ratio = |figure| Some(median(after.samples(figure))? / median(before.samples(figure))?);
        Figure::ALL.into_iter().filter(|figure| figure.is_time()).filter_map(ratio).collect::<Vec<_>>()
    });
    geometric_mean(&ratios.collect::<Vec<_>>())
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
        let count = before.samples(figure).len().min(after.samples(figure).len());
        let least = if figure.is_noisy() && count < FEW { LEAST_OF_FEW } else { LEAST };
        let is_apart =
            is.median < was.p10.min(was.median * (1.0 - least)) || is.median > was.p90.max(was.median * (1.0 + least));
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
