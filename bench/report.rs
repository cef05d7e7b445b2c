//! What shows a run: a document of tables and some plots beside its JSON, and the README's short table.

use std::fs;
use std::path::{Path, PathBuf};

use super::Failure;
use super::result::Run;

mod bars;
mod chart;
mod fit;
pub(crate) mod frontier;
mod growth;
mod headline;
mod labels;
mod number;
mod plots;
mod readme;
mod scale;
mod svg;
pub(crate) mod table;
mod view;

pub(crate) use readme::into_readme;

/// A plot, and what its file's name ends in.
struct Plot {
    name: String,
    title: String,
    svg: String,
}

/// Leaves `<date>-<revision>.md` and a `<date>-<revision>-<plot>.svg` for each plot that the run has something for.
pub(crate) fn write(run: &Run, directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let plots = plots::all(run);
    let mut document = table::document(run);
    if !plots.is_empty() {
        document.push_str("\n## Plots\n");
    }
    let mut paths = vec![directory.join(format!("{}.md", stem(run)))];
    for plot in &plots {
        let name = format!("{}-{}.svg", stem(run), plot.name);
        document.push_str(&format!("\n![{}]({name})\n", plot.title));
        paths.push(directory.join(name));
    }
    let texts = std::iter::once(&document).chain(plots.iter().map(|plot| &plot.svg));
    for (path, text) in paths.iter().zip(texts) {
        fs::write(path, text).map_err(|error| format!("{} can't be written: {error}", path.display()))?;
    }
    Ok(paths)
}

/// What the names of all files of a run begin with.
pub(crate) fn stem(run: &Run) -> String {
    let part = run.part.as_ref().map_or_else(String::new, |part| format!("-{part}"));
    format!("{}-{}{part}", run.date, run.revision)
}
