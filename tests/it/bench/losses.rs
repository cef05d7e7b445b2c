//! "Where we lose", which every result's tables begin with.

use super::harness::report::table;
use super::harness::result::{Figure, Outcome, Peer, Row, Suite};
use super::{row, run_of};

type Figures<'a> = &'a [(Figure, &'a [f64])];

/// The section's lines; [`None`] if there is no such section.
fn losses(rows: Vec<Row>) -> Option<Vec<String>> {
    let document = table::document(&run_of(rows));
    let (_, section) = document.split_once("\n## Where we lose\n")?;
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let lines = section.lines().filter(|line| !line.is_empty() && !line.starts_with("The worst first;"));
    Some(lines.map(str::to_owned).collect())
}

/// Ours and another's in a case.
fn pair(suite: Suite, peer: Peer, case: &str, ours: Figures<'_>, theirs: Figures<'_>) -> [Row; 2] {
    [(Peer::Pixfront, ours), (peer, theirs)].map(|(peer, figures)| Row { suite, ..row(peer, case, figures) })
}

fn times(case: &str, ours: &[f64], theirs: &[f64]) -> [Row; 2] {
    pair(Suite::Engine, Peer::Sharp, case, &[(Figure::Ms, ours)], &[(Figure::Ms, theirs)])
}

fn unable(row: Row) -> Row {
    Row { outcome: Outcome::Unable("no such format".to_owned()), ..row }
}

const NOWHERE: [&str; 1] = ["Nowhere in this run."];

#[test]
fn nothing_is_lost_where_nothing_is_compared() {
    assert_eq!(losses(Vec::new()), None);
    assert_eq!(losses(vec![row(Peer::Pixfront, "400 WebP", &[(Figure::Ms, &[1.0])])]), None);
    assert_eq!(losses(times("400 WebP", &[1.0], &[2.0]).to_vec()).unwrap(), NOWHERE);
    assert_eq!(losses(times("400 WebP", &[2.0, 3.0], &[2.0, 3.0]).to_vec()).unwrap(), NOWHERE, "a tie is no loss");
    // A handler that does nothing is no peer, and settings are for the plots to weigh.
    let floor = pair(Suite::Lambda, Peer::Node, "start", &[(Figure::FirstMs, &[9.0])], &[(Figure::FirstMs, &[1.0])]);
    assert_eq!(losses(floor.to_vec()), None);
    let setting = times("q 80", &[9.0], &[1.0]).map(|row| Row { suite: Suite::Quality, ..row });
    assert_eq!(losses([setting, times("400 WebP", &[1.0], &[2.0])].concat()).unwrap(), NOWHERE);
}

/// By the pairs of each round: once theirs took longer, but the median is ours. Where the spread reaches over 1 it is said.
#[test]
fn the_worst_is_first() {
    let rows = [
        times("slow", &[2.0, 4.0, 2.0], &[1.0, 2.0, 1.0]),
        times("close", &[90.0, 110.0, 120.0], &[100.0, 100.0, 100.0]),
        times("won", &[1.0, 1.0, 1.0], &[2.0, 2.0, 2.0]),
        times("slowest", &[3.0], &[1.0]),
    ];
    assert_eq!(
        losses(rows.concat()).unwrap(),
        ["- Engine, ms, to sharp: photo.jpg → slowest 3.00; photo.jpg → slow 2.00; photo.jpg → close 1.10 (≈)"]
    );
}

/// Of the requests in a second more is better; each peer and figure has a line, in the order of the suites.
#[test]
fn each_figure_has_its_own_better() {
    let both = |ours, theirs| {
        [(Figure::RequestsPerSecond, ours), (Figure::P95Ms, theirs)]
            .map(|(figure, value): (_, f64)| (figure, vec![value]))
    };
    let row = |peer, figures: [(Figure, Vec<f64>); 2]| {
        let figures: Vec<_> = figures.iter().map(|(figure, samples)| (*figure, samples.as_slice())).collect();
        Row { suite: Suite::System, ..row(peer, "32 clients", &figures) }
    };
    let rows = [
        row(Peer::Pixfront, both(50.0, 20.0)),
        row(Peer::Ipx, both(100.0, 40.0)),
        row(Peer::Thumbor, both(25.0, 10.0)),
    ];
    let rows = [&rows[..], &times("400 PNG", &[2.0], &[1.0])].concat();
    assert_eq!(
        losses(rows).unwrap(),
        [
            "- Engine, ms, to sharp: photo.jpg → 400 PNG 2.00",
            "- Servers, requests/s, to ipx: photo.jpg: 32 clients 0.50",
            "- Servers, p95 ms, to thumbor: photo.jpg: 32 clients 2.00",
        ]
    );
}

/// More bytes are a loss only where they don't buy a better score.
#[test]
fn larger_is_lost_without_a_better_score() {
    let sizes = |ours: Option<f64>, theirs: Option<f64>| {
        let figures = |bytes: f64, score: Option<f64>| {
            let score = score.map(|score| (Figure::Score, vec![score]));
            [(Figure::Bytes, vec![bytes])].into_iter().chain(score).collect()
        };
        let row = |peer, bytes, score| Row {
            outcome: Outcome::Measured(figures(bytes, score)),
            ..row(peer, "400 WebP", &[])
        };
        losses(vec![row(Peer::Pixfront, 1100.0, ours), row(Peer::Sharp, 1000.0, theirs)]).unwrap()
    };
    let lost = ["- Engine, size, without a better score, to sharp: photo.jpg → 400 WebP 1.10"];
    assert_eq!(sizes(Some(80.0), Some(70.0)), NOWHERE);
    assert_eq!(sizes(Some(70.0), Some(70.0)), lost);
    assert_eq!(sizes(Some(60.0), Some(70.0)), lost);
    assert_eq!(sizes(None, None), NOWHERE);
    assert_eq!(sizes(Some(70.0), None), NOWHERE);
}

/// Who can't is not beaten, and what we can't is lost to who can.
#[test]
fn what_somebody_cannot() {
    let [ours, theirs] = times("400 AVIF", &[9.0], &[1.0]);
    assert_eq!(losses(vec![ours.clone(), unable(theirs.clone())]), None);
    assert_eq!(losses(vec![unable(ours.clone()), unable(theirs.clone())]), None);
    assert_eq!(
        losses(vec![unable(ours.clone()), unable(theirs.clone()), Row { peer: Peer::Pillow, ..theirs }]).unwrap(),
        ["- Pixfront can't: photo.jpg: 400 AVIF: no such format"]
    );
    let node = row(Peer::Node, "400 AVIF", &[(Figure::FirstMs, &[1.0])]);
    assert_eq!(losses(vec![unable(ours), node]), None);
}

/// Of no failures there is no ratio; what fails here and not there is a loss all the same.
#[test]
fn failed_requests_are_lost() {
    let failed = |ours: f64, theirs: f64| {
        let figures = |failed| [(Figure::Failed, vec![failed]), (Figure::P95Ms, vec![1.0])].into();
        let row = |peer, failed| Row {
            suite: Suite::System,
            outcome: Outcome::Measured(figures(failed)),
            ..row(peer, "32 clients", &[])
        };
        losses(vec![row(Peer::Pixfront, ours), row(Peer::Ipx, theirs)]).unwrap()
    };
    assert_eq!(failed(3.0, 0.0), ["- photo.jpg: 32 clients: 3 requests failed, 0 of ipx"]);
    assert_eq!(failed(3.0, 2.0), ["- photo.jpg: 32 clients: 3 requests failed, 2 of ipx"]);
    assert_eq!(failed(3.0, 3.0), NOWHERE);
    assert_eq!(failed(0.0, 3.0), NOWHERE);
}
