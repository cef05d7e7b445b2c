//! What came of the trials, as rows.

use std::collections::BTreeMap;

use super::super::Failure;
use super::super::result::{Figure, Outcome, Row, Suite};
use super::case::{Case, Sort, WIDTH};
use super::load::Load;
use super::notes;
use super::server::Kind;

/// Of one trial.
pub(super) struct Sample {
    pub(super) idle_mb: f64,
    pub(super) peak_mb: f64,
    pub(super) load: Load,
    /// Of the server during the load, in ticks.
    pub(super) server_cpu: u64,
    /// How many pictures were made during the load, if the server says so.
    pub(super) renders: Option<u64>,
}

struct Line {
    case: Case,
    kind: Kind,
    samples: Vec<Sample>,
    /// Why there can't be any.
    reason: Option<String>,
}

pub(super) struct Tally {
    lines: Vec<Line>,
}

impl Tally {
    pub(super) fn new(cases: &[Case]) -> Self {
        let line = |case: Case, kind: Kind| Line { case, kind, samples: Vec::new(), reason: None };
        let lines = cases.iter().flat_map(|case| case.kinds().iter().map(move |kind| line(*case, *kind)));
        Self { lines: lines.collect() }
    }

    /// Where there is a reason to, a peer is not tried at all.
    pub(super) fn give_up(&mut self, reason: impl Fn(Kind) -> Option<String>) {
        for line in &mut self.lines {
            line.reason = reason(line.kind);
        }
    }

    pub(super) fn is_given_up(&self, case: Case, kind: Kind) -> bool {
        self.lines.iter().any(|line| (line.case, line.kind) == (case, kind) && line.reason.is_some())
    }

    pub(super) fn has_measured(&self, kind: Kind) -> bool {
        self.lines.iter().any(|line| line.kind == kind && !line.samples.is_empty())
    }

    /// A peer that fails once is out of this case: its rounds would no longer be those of the others.
    pub(super) fn add(&mut self, case: Case, kind: Kind, trial: Result<Sample, Failure>) {
        if let Some(line) = self.lines.iter_mut().find(|line| (line.case, line.kind) == (case, kind)) {
            match trial {
                Ok(sample) => line.samples.push(sample),
                Err(error) => line.reason = Some(error.to_string()),
            }
        }
    }

    /// `oha` is what it says that it is.
    pub(super) fn into_rows(self, oha: Option<&str>) -> Vec<Row> {
        self.lines.into_iter().map(|line| line.into_row(oha.unwrap_or("oha"))).collect()
    }
}

impl Line {
    fn into_row(self, oha: &str) -> Row {
        let note = self.note(oha);
        let axes = [("clients", f64::from(self.case.clients)), ("width", f64::from(WIDTH))];
        let outcome = match self.reason {
            Some(reason) => Outcome::Unable(reason),
            None => Outcome::Measured(figures(&self.samples)),
        };
        Row {
            suite: Suite::System,
            group: self.case.group().to_owned(),
            case: self.case.name(),
            axes: axes.map(|(name, value)| (name.to_owned(), value)).into(),
            peer: self.kind.peer(),
            note: Some(note),
            outcome,
        }
    }

    fn note(&self, oha: &str) -> String {
        let mut notes = vec![notes::note(self.kind, self.case.sort, self.case.format)];
        let sum = |count: &dyn Fn(&Sample) -> u64| self.samples.iter().map(count).sum::<u64>();
        let answered = sum(&|sample| sample.load.answered);
        if answered > 0 {
            notes.push(format!("{} answers a round", answered / self.samples.len() as u64));
            let (its, servers) = (sum(&|sample| sample.load.cpu), sum(&|sample| sample.server_cpu));
            let share = 100.0 * its as f64 / (its + servers).max(1) as f64;
            notes.push(format!(
                "the cores were shared with {oha}, which took {share:.0} % of the processor time of both"
            ));
        }
        let renders = self.samples.iter().map(|sample| sample.renders).sum::<Option<u64>>();
        if let (Sort::Cold, Some(renders @ 1..)) = (self.case.sort, renders) {
            notes.push(format!("{} of {answered} were asked for twice by chance", answered.saturating_sub(renders)));
        }
        for sample in &self.samples {
            notes.extend(sample.load.failures.iter().map(|(what, count)| format!("failed: {count} × {what}")));
        }
        notes.join("; ")
    }
}

fn figures(samples: &[Sample]) -> BTreeMap<Figure, Vec<f64>> {
    let figure = |of: fn(&Sample) -> f64| samples.iter().map(of).collect();
    BTreeMap::from([
        (Figure::RequestsPerSecond, figure(|sample| sample.load.per_second)),
        (Figure::P50Ms, figure(|sample| sample.load.p50_ms)),
        (Figure::P95Ms, figure(|sample| sample.load.p95_ms)),
        (Figure::P99Ms, figure(|sample| sample.load.p99_ms)),
        (Figure::Failed, figure(|sample| sample.load.failures.values().sum::<u64>() as f64)),
        (Figure::IdleMb, figure(|sample| sample.idle_mb)),
        (Figure::PeakMb, figure(|sample| sample.peak_mb)),
    ])
}
