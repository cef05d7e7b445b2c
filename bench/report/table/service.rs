//! The suites of servers and of functions: a line for each peer in each case, columns for what was measured.

use super::super::super::result::{Figure, Peer, Row, Run, Suite};
use super::super::{number, view};
use super::{Footnotes, Grid, titled};

pub(crate) fn system(run: &Run) -> String {
    let shown = [
        Figure::RequestsPerSecond,
        Figure::P50Ms,
        Figure::P95Ms,
        Figure::P99Ms,
        Figure::Failed,
        Figure::IdleMb,
        Figure::PeakMb,
    ];
    section(run, Suite::System, "## Servers under load", &shown, &[Figure::RequestsPerSecond, Figure::P95Ms])
}

pub(crate) fn lambda(run: &Run) -> String {
    let has_floor = view::peers(run, Suite::Lambda).contains(&Peer::Node);
    let title = if has_floor {
        "## Lambda functions\n\nNode.js has a handler that does nothing: a floor, and not compared."
    } else {
        "## Lambda functions"
    };
    let shown = [
        Figure::ReadyMs,
        Figure::FirstMs,
        Figure::WarmMs,
        Figure::IdleMb,
        Figure::PeakMb,
        Figure::Bytes,
        Figure::Dollars,
    ];
    section(run, Suite::Lambda, title, &shown, &[Figure::FirstMs, Figure::WarmMs])
}

fn section(run: &Run, suite: Suite, title: &str, shown: &[Figure], compared: &[Figure]) -> String {
    let tables: String =
        view::groups(run, suite).into_iter().map(|group| table(run, suite, group, shown, compared)).collect();
    if tables.is_empty() { tables } else { format!("\n{title}\n{tables}") }
}

fn table(run: &Run, suite: Suite, group: &str, shown: &[Figure], compared: &[Figure]) -> String {
    let rows = view::in_group(run, suite, group);
    // A column that nobody has is left out.
    let shown: Vec<_> = shown.iter().filter(|figure| rows.iter().any(|row| view::is_measured(row, **figure))).collect();
    let has_ratio = |figure: &&Figure| rows.iter().any(|row| view::ours_to(run, row, **figure).is_some());
    let compared: Vec<_> = compared.iter().filter(has_ratio).collect();
    let titles = shown.iter().map(|figure| number::title(**figure).to_owned());
    let ratios = compared.iter().map(|figure| format!("{}, Pixfront to it", number::title(**figure)));
    let head: Vec<_> = ["case".to_owned(), "peer".to_owned()].into_iter().chain(titles).chain(ratios).collect();
    let mut grid = Grid::new(&head.iter().map(String::as_str).collect::<Vec<_>>(), 2);
    let mut notes = Footnotes::default();
    for case in view::cases(run, suite, group) {
        for row in view::peers(run, suite).into_iter().filter_map(|peer| run.row((suite, group, case), peer)) {
            let values = shown.iter().map(|figure| value(row, **figure));
            let ratios = compared.iter().map(|figure| {
                view::ours_to(run, row, **figure).map_or_else(String::new, |ratio| number::ratio(ratio, **figure))
            });
            let words = [case.to_owned(), peer(row, &mut notes)];
            grid.line(words.into_iter().chain(values).chain(ratios));
        }
    }
    titled(&format!("### {group}"), &grid) + &notes.to_string()
}

/// With what is to be said about it.
fn peer(row: &Row, notes: &mut Footnotes) -> String {
    let note = row.note.as_deref().map_or_else(String::new, |note| notes.number(note));
    let reason = view::unable(row).map_or_else(String::new, |reason| format!(": – {}", notes.short(reason)));
    format!("{}{note}{reason}", row.peer)
}

fn value(row: &Row, figure: Figure) -> String {
    view::spread(row, figure).map_or_else(String::new, |value| number::cell(figure, value))
}
