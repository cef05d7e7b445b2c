//! The quality suite: every setting, and what the settings come to beside the default.

use super::super::super::result::{Figure, Run, Suite};
use super::super::frontier::{self, Setting};
use super::super::{number, view};
use super::{Footnotes, Grid, titled};

pub(crate) fn section(run: &Run) -> String {
    let tables: String = view::groups(run, Suite::Quality).into_iter().map(|group| tables(run, group)).collect();
    if tables.is_empty() {
        return tables;
    }
    format!(
        "\n## Quality\n\nBytes for the same score are compared like Bjøntegaard does: the mean difference of their logarithms over the \
         scores that both settings reach.\n{tables}"
    )
}

fn tables(run: &Run, group: &str) -> String {
    let settings = frontier::settings(run, group);
    titled(&format!("### {group}"), &summary(&settings)) + &all(run, group)
}

fn summary(settings: &[Setting<'_>]) -> Grid {
    let base = frontier::base(settings);
    let score = base.and_then(frontier::score_of);
    let name = base.map_or("", |base| base.name.as_str());
    let ms = score.map_or_else(|| "ms".to_owned(), |score| format!("ms at score {score:.1}"));
    let mut grid = Grid::new(&["setting", "", &ms, &format!("bytes for the same score, to {name}")], 2);
    for setting in settings {
        let time = score.and_then(|score| setting.ms_at(score)).map_or_else(String::new, number::digits);
        let more = base.and_then(|base| setting.more_bytes_than(base));
        let more = more.map_or_else(String::new, |more| format!("{:+.1} %", more * 100.0).replace('-', "−"));
        let is_default = if setting.default().is_some() { "default" } else { "" };
        grid.line([setting.name.clone(), is_default.to_owned(), time, more]);
    }
    grid
}

fn all(run: &Run, group: &str) -> String {
    let mut notes = Footnotes::default();
    let mut grid = Grid::new(&["peer", "setting", "note", "ms", "size", "score"], 3);
    for row in view::in_group(run, Suite::Quality, group) {
        let note = view::unable(row).or(row.note.as_deref()).map_or_else(String::new, |note| notes.short(note));
        let figures = [Figure::Ms, Figure::Bytes, Figure::Score];
        let cells = figures
            .map(|figure| view::spread(row, figure).map_or_else(String::new, |value| number::cell(figure, value)));
        grid.line([row.peer.name().to_owned(), row.case.clone(), note].into_iter().chain(cells));
    }
    if grid.lines.is_empty() {
        return String::new();
    }
    format!("\n<details><summary>{group}: every quality</summary>\n\n{grid}{notes}\n</details>\n")
}
