//! The few engine cases that stand for all: in the README's table and in the plot.

use super::super::result::{Run, Suite};
use super::view;

/// Of the source that has most of them.
const CASES: [&str; 6] = ["200 WebP", "400 WebP", "1440 WebP", "720 JPEG", "half JPEG", "400 AVIF"];

/// Of one source of every other format.
const OF_OTHERS: &str = "400 WebP";

pub(crate) struct Cell<'a> {
    pub(crate) group: &'a str,
    pub(crate) case: &'a str,
}

pub(crate) fn cells(run: &Run) -> Vec<Cell<'_>> {
    let groups = view::groups(run, Suite::Engine);
    let here = |group: &str| CASES.into_iter().filter(|case| has(run, group, case)).collect::<Vec<_>>();
    // The first of equals: `max_by_key` would take the last.
    let Some(main) = groups.iter().copied().rev().max_by_key(|group| here(group).len()) else {
        return Vec::new();
    };
    let mut cells: Vec<_> = here(main).into_iter().map(|case| Cell { group: main, case }).collect();
    let mut formats = vec![format_of(main)];
    for group in groups {
        if !formats.contains(&format_of(group)) && has(run, group, OF_OTHERS) {
            formats.push(format_of(group));
            cells.push(Cell { group, case: OF_OTHERS });
        }
    }
    cells
}

fn has(run: &Run, group: &str, case: &str) -> bool {
    run.rows.iter().any(|row| row.place() == (Suite::Engine, group, case))
}

/// As the source's name ends.
fn format_of(group: &str) -> &str {
    group.rsplit_once('.').map_or(group, |(_, format)| format)
}

/// Whether everybody is asked for the same: AVIF's quality is matched by its score, and efforts are the peers' own.
pub(crate) fn is_alike(case: &str) -> bool {
    !case.contains("AVIF")
}
