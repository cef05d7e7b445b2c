//! The growth suite: time and memory by size, and what a unit more costs.

use super::super::super::result::{Figure, Peer, Row, Run, Suite};
use super::super::growth::{self, Kind};
use super::super::{fit, number, view};
use super::{Footnotes, peer_grid, titled};

pub(crate) fn section(run: &Run) -> String {
    let groups = view::groups(run, Suite::Growth).into_iter();
    let tables: String = groups.flat_map(|group| growth::kinds(run, group)).map(|kind| table(run, &kind)).collect();
    if tables.is_empty() {
        return tables;
    }
    format!(
        "\n## Growth\n\nms · peak MB of the whole process, and below them the ratios. The last line is fitted by least squares.\n{tables}"
    )
}

fn table(run: &Run, kind: &Kind<'_>) -> String {
    let (mut notes, peers) = (Footnotes::default(), view::peers(run, Suite::Growth));
    let mut grid = peer_grid("case", &peers);
    for (case, rows) in kind.cases() {
        let of = |peer: &Peer| rows.iter().copied().find(|row| row.peer == *peer);
        let cells: Vec<_> =
            peers.iter().map(|peer| of(peer).map_or_else(String::new, |row| cell(run, row, &mut notes))).collect();
        grid.line(std::iter::once(case.to_owned()).chain(cells));
    }
    let slopes: Vec<_> = peers.iter().map(|peer| slopes(kind, *peer)).collect();
    if slopes.iter().any(|slope| !slope.is_empty()) {
        grid.line(std::iter::once(format!("each {} more", kind.axis.unit())).chain(slopes));
    }
    titled(&format!("### {}, by {}", kind.name, kind.axis.label()), &grid) + &notes.to_string()
}

fn cell(run: &Run, row: &Row, notes: &mut Footnotes) -> String {
    if let Some(reason) = view::unable(row) {
        return format!("– {}", notes.short(reason));
    }
    let note = row.note.as_deref().map_or_else(String::new, |note| notes.number(note));
    let both = [(Figure::Ms, "ms"), (Figure::PeakMb, "MB")];
    let values: Vec<_> = both
        .iter()
        .filter_map(|(figure, unit)| Some(format!("{} {unit}", number::digits(view::median(row, *figure)?))))
        .collect();
    let ratios: Vec<_> =
        both.iter().filter_map(|(figure, _)| Some(number::ratio(view::ours_to(run, row, *figure)?, *figure))).collect();
    let ratios = if ratios.is_empty() { String::new() } else { format!("<br>{}", ratios.join(" · ")) };
    format!("{}{note}{ratios}", values.join(" · "))
}

fn slopes(kind: &Kind<'_>, peer: Peer) -> String {
    let slope = |(figure, unit): (Figure, &str)| {
        let points: Vec<_> =
            kind.points(peer, figure).into_iter().map(|(size, value)| (kind.axis.area(size), value)).collect();
        let line = fit::line(&points)?;
        Some(format!("{} {unit} (from {})", number::digits(line.slope), number::digits(line.start)))
    };
    [(Figure::Ms, "ms"), (Figure::PeakMb, "MB")].into_iter().filter_map(slope).collect::<Vec<_>>().join(" · ")
}
