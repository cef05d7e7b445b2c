//! The quality suite by settings: what each needs in bytes and time for the same score.

use super::super::result::{Figure, Peer, Row, Run, Suite};
use super::{fit, view};

/// One setting of an encoder, at several qualities.
pub(crate) struct Setting<'a> {
    pub(crate) peer: Peer,
    /// What the case says but for the quality.
    pub(crate) name: String,
    /// In the order of the score, then of the bytes.
    pub(crate) points: Vec<Point<'a>>,
}

pub(crate) struct Point<'a> {
    pub(crate) row: &'a Row,
    pub(crate) score: f64,
    pub(crate) bytes: f64,
    pub(crate) ms: Option<f64>,
}

pub(crate) fn settings<'a>(run: &'a Run, group: &str) -> Vec<Setting<'a>> {
    let rows = view::in_group(run, Suite::Quality, group);
    let mut names = view::distinct(rows.iter().map(|row| (row.peer, without_quality(&row.case))));
    names.sort_by_key(|(peer, _)| *peer);
    let is_alone = names.iter().all(|(peer, _)| *peer == names[0].0);
    let settings = names.into_iter().map(|(peer, name)| {
        let own = rows.iter().filter(|row| row.peer == peer && without_quality(&row.case) == name);
        let mut points: Vec<_> = own.filter_map(|row| point(row)).collect();
        points.sort_by(|one, other| one.score.total_cmp(&other.score).then(one.bytes.total_cmp(&other.bytes)));
        let name = match (is_alone, name.is_empty()) {
            (_, true) => peer.name().to_owned(),
            (true, false) => name,
            (false, false) => format!("{peer}, {name}"),
        };
        Setting { peer, name, points }
    });
    settings.filter(|setting| !setting.points.is_empty()).collect()
}

/// What the others are compared with: Pixfront's default, or whatever is most like it.
pub(crate) fn base<'a, 'b>(settings: &'b [Setting<'a>]) -> Option<&'b Setting<'a>> {
    let ours = || settings.iter().filter(|setting| setting.peer == Peer::Pixfront);
    ours().find(|setting| setting.default().is_some()).or_else(|| ours().next()).or_else(|| settings.first())
}

pub(crate) fn is_default(row: &Row) -> bool {
    row.note.as_deref().is_some_and(|note| note.starts_with("default"))
}

impl Setting<'_> {
    /// Which of the points the peer has by default.
    pub(crate) fn default(&self) -> Option<usize> {
        self.points.iter().position(|point| is_default(point.row))
    }

    /// How many more bytes than another setting for the same score, as a share.
    pub(crate) fn more_bytes_than(&self, other: &Self) -> Option<f64> {
        fit::more_bytes(&self.bytes_by_score(), &other.bytes_by_score())
    }

    /// The time at a score, or at the nearest score that the setting has.
    pub(crate) fn ms_at(&self, score: f64) -> Option<f64> {
        let times: Vec<_> = self.points.iter().filter_map(|point| Some((point.score, point.ms?))).collect();
        fit::between(&times, score.clamp(times.first()?.0, times.last()?.0))
    }

    fn bytes_by_score(&self) -> Vec<(f64, f64)> {
        self.points.iter().map(|point| (point.score, point.bytes)).collect()
    }
}

/// The score at which the times of settings are compared.
pub(crate) fn score_of(base: &Setting<'_>) -> Option<f64> {
    let place = base.default().unwrap_or(base.points.len() / 2);
    base.points.get(place).map(|point| point.score)
}

fn point(row: &Row) -> Option<Point<'_>> {
    let bytes = view::median(row, Figure::Bytes).filter(|bytes| view::is_positive(*bytes))?;
    let ms = view::median(row, Figure::Ms).filter(|ms| view::is_positive(*ms));
    Some(Point { row, score: view::median(row, Figure::Score)?, bytes, ms })
}

/// `effort 4` of `effort 4, q 80`.
fn without_quality(case: &str) -> String {
    let is_quality = |part: &&str| part.strip_prefix("q ").is_none_or(|rest| rest.parse::<f64>().is_err());
    case.split(", ").filter(is_quality).collect::<Vec<_>>().join(", ")
}
