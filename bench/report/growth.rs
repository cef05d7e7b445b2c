//! The growth suite by what grows: cases that differ in a size alone.

use super::super::result::{Figure, Peer, Row, Run, Suite};
use super::view;

/// `JPEG → 400 WebP`, of sources from small to large.
pub(crate) struct Kind<'a> {
    pub(crate) name: String,
    pub(crate) axis: Size,
    rows: Vec<&'a Row>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Megapixels,
    Width,
}

pub(crate) fn kinds<'a>(run: &'a Run, group: &str) -> Vec<Kind<'a>> {
    let axis = if group == "target" { Size::Width } else { Size::Megapixels };
    let mut rows = view::in_group(run, Suite::Growth, group);
    rows.retain(|row| axis.of(row).is_some());
    let names = view::distinct(rows.iter().map(|row| axis.without(&row.case)));
    let of = |name: String| {
        let mut rows: Vec<_> = rows.iter().copied().filter(|row| axis.without(&row.case) == name).collect();
        rows.sort_by(|one, other| axis.of(one).unwrap_or(0.0).total_cmp(&axis.of(other).unwrap_or(0.0)));
        Kind { name, axis, rows }
    };
    names.into_iter().map(of).collect()
}

impl<'a> Kind<'a> {
    /// Where a peer has a figure: (size, median), from small to large.
    pub(crate) fn points(&self, peer: Peer, figure: Figure) -> Vec<(f64, f64)> {
        let own = self.rows.iter().filter(|row| row.peer == peer);
        own.filter_map(|row| Some((self.axis.of(row)?, view::median(row, figure)?))).collect()
    }

    /// The cases, from small to large, each with its rows.
    pub(crate) fn cases(&self) -> Vec<(&'a str, Vec<&'a Row>)> {
        let cases = view::distinct(self.rows.iter().map(|row| row.case.as_str()));
        let rows_of = |case: &str| self.rows.iter().copied().filter(|row| row.case == case).collect();
        cases.into_iter().map(|case| (case, rows_of(case))).collect()
    }
}

impl Size {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Megapixels => "megapixels of the source",
            Self::Width => "width of the result, pixels",
        }
    }

    /// What a slope is told by.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Megapixels => "megapixel",
            Self::Width => "million of width²",
        }
    }

    /// What time and memory should be straight lines against: pixels, not widths.
    pub(crate) fn area(self, size: f64) -> f64 {
        match self {
            Self::Megapixels => size,
            Self::Width => size * size / 1e6,
        }
    }

    fn of(self, row: &Row) -> Option<f64> {
        match self {
            Self::Megapixels => view::axis(row, "megapixels"),
            Self::Width => view::axis(row, "width"),
        }
    }

    /// A case's name but for the size: `12 MP JPEG → 400 WebP` loses its `12 MP`, or its `400`.
    fn without(self, case: &str) -> String {
        let (source, target) = case.split_once(" → ").unwrap_or(("", case));
        let is_number = |word: &&str| word.parse::<f64>().is_ok();
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (mut source, mut target) = (words(source), words(target));
        match self {
            Self::Megapixels => {
                if let Some(unit) = source.iter().position(|word| word == "MP").filter(|unit| *unit > 0) {
                    source.drain(unit - 1..=unit);
                }
            }
            Self::Width => {
                if let Some(width) = target.iter().position(|word| is_number(&word.as_str())) {
                    target.remove(width);
                }
            }
        }
        let (source, target) = (source.join(" "), target.join(" "));
        if source.is_empty() { target } else { format!("{source} → {target}") }
    }
}
