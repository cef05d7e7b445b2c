//! From samples to rows.

use std::collections::BTreeMap;

use super::super::result::{Figure, Outcome, Peer, Row, Suite};
use super::super::stats;
use super::package;
use super::price::{self, EDGE, Price, REGIONAL};
use super::source::Source;
use super::store::Place;
use super::subject::{Sample, Subject, Warm};
use super::work::Work;

/// The newest that Lambda has: what sharp's regional function runs on.
const NEWEST_NODE: u8 = 24;

type Figures = BTreeMap<Figure, Vec<f64>>;

/// A row of each source, for each of the cases that these samples are of, or that there can be none of.
pub(super) fn rows(subject: &Subject, sources: &[Source]) -> Vec<Row> {
    let rows = measured(subject, sources);
    let Some(why) = package::missing(subject.peer) else { return rows };
    rows.into_iter().map(|row| Row { note: None, outcome: Outcome::Unable(why.clone()), ..row }).collect()
}

fn measured(subject: &Subject, sources: &[Source]) -> Vec<Row> {
    if subject.work == Work::Nothing {
        return vec![row(subject, format!("{}{}", subject.work.name(), on(subject.node)), start(&subject.samples))];
    }
    let mut rows = Vec::new();
    for (i, source) in sources.iter().enumerate() {
        for (case_node, price) in cases(subject) {
            let case = format!("{}, {} → {}{}", subject.work.name(), source.name, subject.work.result(), on(case_node));
            let warm: Vec<_> = subject.samples.iter().filter_map(|sample| sample.warm.get(i)).collect();
            let mut figures = figures(&warm);
            // A start is cold on the first source, and what is asked on paper is asked of the largest.
            let mut notes = vec![format!("calls an event: {}", calls(&warm))];
            if i == 0 {
                figures.extend(start(&subject.samples));
            }
            if i + 1 == sources.len() {
                notes.push(priced(&warm, price, &mut figures));
            }
            let mut row = row(subject, case, figures);
            row.axes.insert("megapixels".to_owned(), source.megapixels());
            if subject.place == Place::Directory {
                notes.remove(0);
            }
            if case_node.is_none() {
                notes.extend(subject.node.map(|node| format!("on Node.js {node}")));
            }
            row.note = Some(notes.join("; ")).filter(|note| !note.is_empty());
            rows.push(row);
        }
    }
    rows
}

/// Which Node.js the case names, and at which price: see the suite's own description.
fn cases(subject: &Subject) -> Vec<(Option<u8>, Price)> {
    let regional = (None, REGIONAL);
    let is_newest = subject.node == Some(NEWEST_NODE);
    match (subject.work, subject.peer) {
        (Work::OriginResponse, Peer::Sharp) if is_newest => vec![(subject.node, EDGE), regional],
        (Work::OriginResponse, _) if subject.node.is_some() => vec![(subject.node, EDGE)],
        (Work::Upload, Peer::Sharp) if !is_newest => vec![(subject.node, REGIONAL)],
        _ => vec![regional],
    }
}

fn on(node: Option<u8>) -> String {
    node.map(|node| format!(", Node.js {node}")).unwrap_or_default()
}

fn row(subject: &Subject, case: String, figures: Figures) -> Row {
    Row {
        suite: Suite::Lambda,
        group: subject.place.name().to_owned(),
        case,
        axes: BTreeMap::new(),
        peer: subject.peer,
        note: None,
        outcome: Outcome::Measured(figures),
    }
}

fn start(samples: &[Sample]) -> Figures {
    BTreeMap::from([
        (Figure::ReadyMs, samples.iter().map(|sample| sample.ready_ms).collect()),
        (Figure::FirstMs, samples.iter().map(|sample| sample.first_ms).collect()),
        (Figure::IdleMb, samples.iter().map(|sample| sample.idle_mb).collect()),
    ])
}

fn figures(warm: &[&Warm]) -> Figures {
    BTreeMap::from([
        (Figure::WarmMs, warm.iter().flat_map(|warm| &warm.ms).copied().collect()),
        (Figure::PeakMb, warm.iter().map(|warm| warm.peak_mb).collect()),
    ])
}

/// The price by each round's median, and what it is made of.
fn priced(warm: &[&Warm], price: Price, figures: &mut Figures) -> String {
    let peak_mb = warm.iter().map(|warm| warm.peak_mb).fold(0.0, f64::max);
    let memory_mb = price::memory_mb(peak_mb);
    let medians = warm.iter().filter_map(|warm| stats::median(&warm.billed_ms));
    figures.insert(Figure::Dollars, medians.map(|ms| price::dollars(ms, memory_mb, price)).collect());
    format!("priced as {} with {memory_mb} MB", price.name)
}

/// `S3 GET 1, S3 PUT 1`, for one event.
fn calls(warm: &[&Warm]) -> String {
    let events: usize = warm.iter().map(|warm| warm.ms.len()).sum();
    let mut sums = BTreeMap::<&str, usize>::new();
    for (name, count) in warm.iter().flat_map(|warm| &warm.calls) {
        *sums.entry(name).or_default() += count;
    }
    let shares = sums.into_iter().map(|(name, sum)| {
        let share = sum as f64 / events.max(1) as f64;
        if share.fract() == 0.0 { format!("{name} {share}") } else { format!("{name} {share:.1}") }
    });
    shares.collect::<Vec<_>>().join(", ")
}
