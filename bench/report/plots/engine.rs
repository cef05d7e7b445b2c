//! The headline cases: everybody's time beside sharp's.

use super::super::super::result::{Figure, Peer, Row, Run, Suite};
use super::super::bars::{Bar, Bars, Group};
use super::super::{Plot, headline, number, view};

/// What takes longer than this many times sharp's time would make all else unreadably short.
const MOST: f64 = 4.0;

pub(crate) fn plot(run: &Run) -> Option<Plot> {
    let groups = headline::cells(run).into_iter().filter_map(|cell| {
        let sharp = run.row((Suite::Engine, cell.group, cell.case), Peer::Sharp)?;
        let peers = view::peers(run, Suite::Engine).into_iter();
        let rows = peers.filter_map(|peer| run.row(sharp.place(), peer));
        let bars = rows.filter_map(|row| bar(row, sharp).or_else(|| super::unable(row))).collect();
        Some(Group { name: format!("{} → {}", cell.group, cell.case), bars })
    });
    let bars = Bars {
        title: "Time for one picture, sharp's = 1; shorter is better".to_owned(),
        axis: "median of the rounds' ratios; the whiskers hold 80 % of them".to_owned(),
        rule: Some(1.0),
        most: Some(MOST),
        groups: groups.collect(),
    };
    let blocks: Vec<_> = bars.draw().into_iter().collect();
    let description =
        "Bars, a group a case and one a peer: the time from a source's bytes to the result's, as a ratio to sharp's.";
    super::plot(run, "engine", "Resizing in one process", description, &blocks)
}

fn bar(row: &Row, sharp: &Row) -> Option<Bar> {
    let ratio = view::ratio(row, sharp, Figure::Ms)?;
    let ms = number::digits(view::median(row, Figure::Ms)?);
    let is_sharp = row.peer == Peer::Sharp;
    Some(Bar {
        name: row.peer.name().to_owned(),
        class: super::class(row.peer),
        length: ratio.median,
        solid: ratio.median,
        spread: (!is_sharp).then_some((ratio.p10, ratio.p90)),
        text: if is_sharp { format!("{ms} ms") } else { format!("{:.2} · {ms} ms", ratio.median) },
    })
}
