//! Where a peer is better than Pixfront, as the rows have it; the encoders' settings of the quality suite are for its plots to weigh.

use super::super::super::result::{Figure, Peer, Row, Run, Suite};
use super::super::super::stats::Spread;
use super::super::{number, view};

const COMPARED: [Figure; 9] = [
    Figure::Ms,
    Figure::PeakMb,
    Figure::RequestsPerSecond,
    Figure::P95Ms,
    Figure::FirstMs,
    Figure::WarmMs,
    Figure::ReadyMs,
    Figure::Dollars,
    Figure::Bytes,
];

pub(crate) fn section(run: &Run) -> String {
    let mut text = String::new();
    for (suite, name) in
        [(Suite::Engine, "Engine"), (Suite::Growth, "Growth"), (Suite::System, "Servers"), (Suite::Lambda, "Lambda")]
    {
        for (peer, figure) in view::peers(run, suite).into_iter().flat_map(|peer| COMPARED.map(|figure| (peer, figure)))
        {
            let mut losses = of(run, suite, peer, figure);
            if losses.is_empty() {
                continue;
            }
            losses.sort_by(|(_, one), (_, other)| other.median.ln().abs().total_cmp(&one.median.ln().abs()));
            let places = losses.iter().map(|(row, ratio)| place(row, *ratio, figure)).collect::<Vec<_>>().join("; ");
            let what = if figure == Figure::Bytes { "size, without a better score" } else { number::title(figure) };
            text.push_str(&format!("- {name}, {what}, to {peer}: {places}\n"));
        }
    }
    text.push_str(&failed(run));
    text.push_str(&unable(run));
    if text.is_empty() {
        let is_compared =
            run.rows.iter().any(|row| COMPARED.iter().any(|figure| view::ours_to(run, row, *figure).is_some()));
        return if is_compared { "\n## Where we lose\n\nNowhere in this run.\n".to_owned() } else { text };
    }
    let head = "The worst first; (≈) where the percentiles of the ratio are on both sides of 1.";
    format!("\n## Where we lose\n\n{head}\n\n{text}")
}

/// Where more of our requests failed than of a peer's: of none there is no ratio.
fn failed(run: &Run) -> String {
    let count = |row: &Row| view::median(row, Figure::Failed);
    let lines = run.rows.iter().filter(|row| !matches!(row.peer, Peer::Pixfront | Peer::Node)).filter_map(|row| {
        let ours = count(run.row(row.place(), Peer::Pixfront)?)?;
        let theirs = count(row).filter(|theirs| ours > *theirs)?;
        Some(format!("- {}: {}: {ours:.0} requests failed, {theirs:.0} of {}\n", row.group, row.case, row.peer))
    });
    lines.collect::<Vec<_>>().concat()
}

/// What somebody can and Pixfront can't.
fn unable(run: &Run) -> String {
    let ours = run.rows.iter().filter(|row| row.peer == Peer::Pixfront);
    let unable = ours.filter_map(|row| Some((row, view::unable(row)?))).filter(|(ours, _)| {
        let others = run.rows.iter().filter(|row| row.place() == ours.place() && row.peer != Peer::Node);
        others.into_iter().any(|row| view::unable(row).is_none())
    });
    let lines = unable.map(|(row, reason)| format!("- Pixfront can't: {}: {}: {reason}\n", row.group, row.case));
    lines.collect::<Vec<_>>().concat()
}

fn of(run: &Run, suite: Suite, peer: Peer, figure: Figure) -> Vec<(&Row, Spread)> {
    let rows = view::rows(run, suite).filter(|row| row.peer == peer);
    let compared = rows.filter_map(|row| Some((row, view::ours_to(run, row, figure)?)));
    compared
        .filter(|(row, ratio)| number::is_loss(*ratio, figure) && (figure != Figure::Bytes || is_dominated(run, row)))
        .collect()
}

/// More bytes are no loss where they buy a better score.
fn is_dominated(run: &Run, row: &Row) -> bool {
    let ours = run.row(row.place(), Peer::Pixfront).and_then(|ours| view::median(ours, Figure::Score));
    match (ours, view::median(row, Figure::Score)) {
        (Some(ours), Some(theirs)) => ours <= theirs,
        _ => false,
    }
}

fn place(row: &Row, ratio: Spread, figure: Figure) -> String {
    let is_close = figure.is_noisy() && (ratio.p10 < 1.0) != (ratio.p90 < 1.0);
    let place = match row.suite {
        Suite::Engine => format!("{} → {}", row.group, row.case),
        Suite::Growth => row.case.clone(),
        Suite::Quality | Suite::System | Suite::Lambda => format!("{}: {}", row.group, row.case),
    };
    format!("{place} {:.2}{}", ratio.median, if is_close { " (≈)" } else { "" })
}
