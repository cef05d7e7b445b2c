//! The README's share of a run: the headline cases in one short table, and three plots.

use super::super::Failure;
use super::super::result::{Figure, Peer, Row, Run, Suite};
use super::super::stats;
use super::headline::{self, Cell};
use super::table::Grid;
use super::{number, plots, stem, view};

/// The plots that the README has room for.
const PLOTS: [&str; 3] = ["engine", "growth-source-jpeg", "system-cold"];

const BEGIN: &str = "<!-- bench -->\n";
const END: &str = "<!-- /bench -->";

/// The README with the run's share in its place.
pub(crate) fn into_readme(readme: &str, run: &Run) -> Result<String, Failure> {
    let missing = || format!("README.md has no {} and {END}", BEGIN.trim_end());
    let (before, rest) = readme.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    if run.is_quick {
        return Err(
            format!("{} is of a quick run, whose times mean nothing: README.md shows none of it", stem(run)).into()
        );
    }
    let section = section(run).ok_or_else(|| {
        format!("{} has no case of the engine suite that README.md shows: it stays as it was", stem(run))
    })?;
    Ok(format!("{before}{BEGIN}{section}{END}{after}"))
}

/// [`None`] where the run has none of the headline cases.
fn section(run: &Run) -> Option<String> {
    let cells = headline::cells(run);
    let ours = |cell: &Cell<'_>| run.row((Suite::Engine, cell.group, cell.case), Peer::Pixfront).cloned();
    let rows: Vec<Row> = cells.iter().filter_map(ours).filter(|row| view::is_measured(row, Figure::Ms)).collect();
    if rows.is_empty() {
        return None;
    }
    let peers: Vec<_> = view::peers(run, Suite::Engine).into_iter().filter(|peer| *peer != Peer::Pixfront).collect();
    let titles = ["source → result", "ms", "size", "score", "MB"].map(str::to_owned);
    let head: Vec<_> = titles.into_iter().chain(peers.iter().map(|peer| format!("to {peer}"))).collect();
    let mut grid = Grid::new(&head.iter().map(String::as_str).collect::<Vec<_>>(), 1);
    for row in &rows {
        let value = |figure| view::median(row, figure);
        let words = [
            format!("{} → {}", row.group, row.case),
            value(Figure::Ms).map_or_else(String::new, number::digits),
            value(Figure::Bytes).map_or_else(String::new, number::bytes),
            value(Figure::Score).map_or_else(String::new, |score| format!("{score:.0}")),
            value(Figure::PeakMb).map_or_else(String::new, number::digits),
        ];
        let ratios = peers.iter().map(|peer| ratio(run, row, *peer).map_or_else(|| "–".to_owned(), shown));
        grid.line(words.into_iter().chain(ratios));
    }
    let means = peers.iter().map(|peer| {
        let alike = rows.iter().filter(|row| headline::is_alike(&row.case));
        let ratios: Vec<_> = alike.filter_map(|row| ratio(run, row, *peer)).collect();
        stats::geometric_mean(&ratios).map_or_else(String::new, shown)
    });
    grid.line(std::iter::once("geometric mean without AVIF".to_owned()).chain(vec![String::new(); 4]).chain(means));
    let machine = &run.machine;
    let stem = stem(run);
    let table = format!(
        "{grid}\nPixfront's medians, and its time as a ratio to each peer's, round by round: below 1 it is faster, **bold where it is \
         slower**. AVIF encoders have scales of their own: the peers' quality is what scores like ours, at their default effort. {}, {} cores, {}, revision {}; all of it, with spreads, memory and versions: \
         [bench/results/{stem}.md](bench/results/{stem}.md).\n",
        machine.cpu.trim(),
        machine.cores,
        run.date,
        run.revision
    );
    let shown = plots::all(run).into_iter().filter(|plot| PLOTS.contains(&plot.name.as_str()));
    let plots = shown.map(|plot| format!("\n![{}](bench/results/{stem}-{}.svg)\n", plot.title, plot.name));
    Some(table + &plots.collect::<String>())
}

fn ratio(run: &Run, ours: &Row, peer: Peer) -> Option<f64> {
    Some(view::ratio(ours, run.row(ours.place(), peer)?, Figure::Ms)?.median)
}

fn shown(ratio: f64) -> String {
    let mark = if ratio > 1.0 { "**" } else { "" };
    format!("{mark}{ratio:.2}{mark}")
}
