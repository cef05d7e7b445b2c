//! The engine suite: a table a source, and one of memory.

use super::super::super::result::{Figure, Peer, Row, Run, Suite};
use super::super::super::stats;
use super::super::{headline, number, view};
use super::{Footnotes, peer_grid, titled};

pub(crate) fn section(run: &Run) -> String {
    let groups = view::groups(run, Suite::Engine);
    let tables: String = groups.iter().map(|group| times(run, group)).collect();
    if tables.is_empty() {
        return String::new();
    }
    let head = "\n## Engine\n\nFrom the source's bytes in memory to the result's: ms (10th–90th percentile) · size · score, and below \
                them the ratio of times, Pixfront to this peer.\n";
    head.to_owned() + &means(run, &groups) + &tables + &memory(run)
}

/// The geometric means of each source's ratios.
fn means(run: &Run, groups: &[&str]) -> String {
    let peers: Vec<_> = view::peers(run, Suite::Engine).into_iter().filter(|peer| *peer != Peer::Pixfront).collect();
    let mut grid = peer_grid("source", &peers);
    let has = |cells: &[String]| cells.iter().any(|cell| !cell.is_empty());
    for group in groups {
        let cells: Vec<_> = peers.iter().map(|peer| mean(run, Some(group), *peer)).collect();
        if has(&cells) {
            grid.line(std::iter::once((*group).to_owned()).chain(cells));
        }
    }
    let all: Vec<_> = peers.iter().map(|peer| mean(run, None, *peer)).collect();
    if has(&all) {
        grid.line(std::iter::once("all".to_owned()).chain(all));
    }
    titled("### Geometric means of the ratios of times, without AVIF", &grid)
}

fn mean(run: &Run, group: Option<&str>, peer: Peer) -> String {
    let rows =
        view::rows(run, Suite::Engine).filter(|row| row.peer == peer && group.is_none_or(|group| row.group == group));
    let rows = rows.filter(|row| headline::is_alike(&row.case));
    let ratios: Vec<_> = rows.filter_map(|row| view::ours_to(run, row, Figure::Ms)).map(|ratio| ratio.median).collect();
    stats::geometric_mean(&ratios).map_or_else(String::new, |mean| {
        let mark = if mean > 1.0 { "**" } else { "" };
        format!("{mark}{mean:.2}{mark} of {}", ratios.len())
    })
}

fn times(run: &Run, group: &str) -> String {
    let (mut notes, peers) = (Footnotes::default(), view::peers(run, Suite::Engine));
    let mut grid = peer_grid("result", &peers);
    for case in view::cases(run, Suite::Engine, group) {
        let rows = peers.iter().map(|peer| run.row((Suite::Engine, group, case), *peer));
        let cells: Vec<_> = rows.map(|row| row.map_or_else(String::new, |row| cell(run, row, &mut notes))).collect();
        grid.line(std::iter::once(case.to_owned()).chain(cells));
    }
    let table = titled(&format!("### {group}"), &grid);
    table + &notes.to_string()
}

fn cell(run: &Run, row: &Row, notes: &mut Footnotes) -> String {
    if let Some(reason) = view::unable(row) {
        return format!("– {}", notes.short(reason));
    }
    let figures = [Figure::Ms, Figure::Bytes, Figure::Score].map(|figure| (figure, view::spread(row, figure)));
    let parts: Vec<_> =
        figures.iter().filter_map(|(figure, value)| value.map(|value| number::cell(*figure, value))).collect();
    let note = row.note.as_deref().map_or_else(String::new, |note| notes.number(note));
    let ratio = view::ours_to(run, row, Figure::Ms)
        .map_or_else(String::new, |ratio| format!("<br>{}", number::ratio(ratio, Figure::Ms)));
    format!("{}{note}{ratio}", parts.join(" · "))
}

fn memory(run: &Run) -> String {
    let peers = view::peers(run, Suite::Engine);
    let mut grid = peer_grid("case", &peers);
    for group in view::groups(run, Suite::Engine) {
        for case in view::cases(run, Suite::Engine, group) {
            let rows: Vec<_> = peers.iter().map(|peer| run.row((Suite::Engine, group, case), *peer)).collect();
            if rows.iter().flatten().any(|row| view::is_measured(row, Figure::PeakMb)) {
                let cells = rows.into_iter().map(|row| row.and_then(|row| peak(run, row)).unwrap_or_default());
                grid.line(std::iter::once(format!("{group} → {case}")).chain(cells));
            }
        }
    }
    titled("### Peak memory of the process, MB (of which before its first picture), and the ratio", &grid)
}

fn peak(run: &Run, row: &Row) -> Option<String> {
    let peak = number::digits(view::median(row, Figure::PeakMb)?);
    let idle =
        view::median(row, Figure::IdleMb).map_or_else(String::new, |idle| format!(" ({})", number::digits(idle)));
    let ratio = view::ours_to(run, row, Figure::PeakMb);
    Some(format!(
        "{peak}{idle}{}",
        ratio.map_or_else(String::new, |ratio| format!("<br>{}", number::ratio(ratio, Figure::PeakMb)))
    ))
}
