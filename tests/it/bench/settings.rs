//! What the quality suite makes of its rows: one for all pictures, and one setting of an encoder beside another.

use super::harness::quality::over_pictures;
use super::harness::report::frontier::{self, Setting};
use super::harness::result::{Figure, Outcome, Peer, Row, Run, Suite};
use super::{row, run_of};

fn unable(peer: Peer, case: &str) -> Row {
    Row { outcome: Outcome::Unable("no such format".to_owned()), ..row(peer, case, &[]) }
}

fn assert_near(row: &Row, figure: Figure, expected: &[f64]) {
    let samples = row.samples(figure);
    assert_eq!(samples.len(), expected.len(), "{figure:?}");
    samples.iter().zip(expected).for_each(|(found, expected)| assert!((found - expected).abs() < 1e-9, "{found}"));
}

/// Of two pictures, round by round; each counts alike, however large it is.
#[test]
fn settings_are_judged_over_all_pictures() {
    let rows = over_pictures(vec![
        row(Peer::Pixfront, "q 80", &[(Figure::Ms, &[1.0, 2.0]), (Figure::Bytes, &[100.0]), (Figure::Score, &[70.0])]),
        row(Peer::Sharp, "q 80", &[(Figure::Ms, &[3.0]), (Figure::Bytes, &[9.0]), (Figure::Score, &[1.0])]),
        row(Peer::Pixfront, "q 80", &[(Figure::Ms, &[4.0, 8.0]), (Figure::Bytes, &[400.0]), (Figure::Score, &[80.0])]),
    ]);
    assert_eq!(rows.iter().map(|row| row.peer).collect::<Vec<_>>(), [Peer::Pixfront, Peer::Sharp]);
    assert_near(&rows[0], Figure::Ms, &[2.0, 4.0]);
    assert_near(&rows[0], Figure::Bytes, &[200.0]);
    assert_near(&rows[0], Figure::Score, &[75.0]);
    // Of one picture the mean is itself.
    assert_near(&rows[1], Figure::Ms, &[3.0]);
    assert_near(&rows[1], Figure::Bytes, &[9.0]);
}

#[test]
fn only_the_same_is_put_together() {
    assert!(over_pictures(Vec::new()).is_empty());
    let ms: &[(Figure, &[f64])] = &[(Figure::Ms, &[1.0])];
    let other = Row { group: "another size".to_owned(), ..row(Peer::Pixfront, "q 80", ms) };
    let rows = over_pictures(vec![
        row(Peer::Pixfront, "q 80", ms),
        row(Peer::Pixfront, "q 50", ms),
        other,
        row(Peer::Sharp, "q 80", ms),
        row(Peer::Pixfront, "q 80", ms),
    ]);
    let places: Vec<_> = rows.iter().map(|row| (row.group.as_str(), row.case.as_str(), row.peer)).collect();
    assert_eq!(
        places,
        [
            ("photo.jpg", "q 80", Peer::Pixfront),
            ("photo.jpg", "q 50", Peer::Pixfront),
            ("another size", "q 80", Peer::Pixfront),
            ("photo.jpg", "q 80", Peer::Sharp),
        ],
        "in the order of the first"
    );
}

/// A round counts that all pictures have; what nobody has measured is not there; who can't do one picture has no mean of all.
#[test]
fn pictures_that_lack_something() {
    let both = |ones: &[f64], others: &[f64]| {
        over_pictures(vec![
            row(Peer::Sharp, "q 80", &[(Figure::Ms, ones)]),
            row(Peer::Sharp, "q 80", &[(Figure::Ms, others)]),
        ])
    };
    assert_near(&both(&[1.0, 5.0, 6.0], &[4.0])[0], Figure::Ms, &[2.0]);
    let Outcome::Measured(figures) = &both(&[1.0], &[4.0])[0].outcome else { panic!("nothing was measured") };
    assert_eq!(figures.keys().collect::<Vec<_>>(), [&Figure::Ms]);
    let can = || row(Peer::Sharp, "q 80", &[(Figure::Ms, &[1.0])]);
    let cannot = || unable(Peer::Sharp, "q 80");
    for rows in [vec![cannot(), can()], vec![can(), cannot()], vec![cannot(), cannot()]] {
        let rows = over_pictures(rows);
        assert_eq!(rows.len(), 1);
        assert!(matches!(&rows[0].outcome, Outcome::Unable(why) if why == "no such format"), "{:?}", rows[0].outcome);
    }
}

/// Score, bytes and ms of a quality.
fn point(peer: Peer, case: &str, (score, bytes, ms): (f64, f64, f64)) -> Row {
    let figures: &[(Figure, &[f64])] = &[(Figure::Score, &[score]), (Figure::Bytes, &[bytes]), (Figure::Ms, &[ms])];
    Row { suite: Suite::Quality, ..row(peer, case, figures) }
}

fn default(row: Row) -> Row {
    Row { note: Some("default".to_owned()), ..row }
}

fn settings(run: &Run) -> Vec<Setting<'_>> {
    frontier::settings(run, "photo.jpg")
}

fn names(run: &Run) -> Vec<String> {
    settings(run).into_iter().map(|setting| setting.name).collect()
}

/// Points are in the order of their scores, whatever the quality says; of the same score the smaller is first. What has no score or
/// can't be done is no point, and a setting without points is none.
#[test]
fn points_are_in_the_order_of_their_scores() {
    let run = run_of(vec![
        point(Peer::Pixfront, "effort 4, q 50", (60.0, 100.0, 1.0)),
        default(point(Peer::Pixfront, "effort 4, q 80", (80.0, 300.0, 2.0))),
        point(Peer::Pixfront, "effort 4, q 65", (85.0, 400.0, 3.0)),
        point(Peer::Pixfront, "effort 4, q 66", (60.0, 90.0, 4.0)),
        Row { suite: Suite::Quality, ..row(Peer::Pixfront, "effort 4, q 90", &[(Figure::Bytes, &[9.0])]) },
        Row { suite: Suite::Quality, ..unable(Peer::Pixfront, "effort 5, q 80") },
        row(Peer::Pixfront, "effort 6, q 80", &[(Figure::Bytes, &[9.0]), (Figure::Score, &[9.0])]),
    ]);
    let found = settings(&run);
    assert_eq!(names(&run), ["effort 4"]);
    let points: Vec<_> = found[0].points.iter().map(|point| (point.score, point.bytes)).collect();
    assert_eq!(points, [(60.0, 90.0), (60.0, 100.0), (80.0, 300.0), (85.0, 400.0)]);
    assert_eq!(found[0].default(), Some(2));
    assert_eq!(frontier::score_of(&found[0]), Some(80.0));
    assert!(settings(&run_of(Vec::new())).is_empty());
}

#[test]
fn the_others_are_compared_with_our_default() {
    let [theirs, fast, slow] = [(Peer::Sharp, "effort 4"), (Peer::Pixfront, "effort 0"), (Peer::Pixfront, "effort 4")]
        .map(|(peer, effort)| point(peer, &format!("{effort}, q 80"), (70.0, 100.0, 1.0)));
    let base = |rows: &[&Row]| {
        let run = run_of(rows.iter().map(|row| (*row).clone()).collect());
        frontier::base(&settings(&run)).map(|base| base.name.clone())
    };
    let [ours, theirs_too] = [&slow, &theirs].map(|row| default(row.clone()));
    assert_eq!(base(&[&theirs_too, &fast, &ours]).as_deref(), Some("Pixfront, effort 4"));
    assert_eq!(base(&[&theirs_too, &fast, &slow]).as_deref(), Some("Pixfront, effort 0"), "the first of ours");
    assert_eq!(base(&[&fast, &ours]).as_deref(), Some("effort 4"), "alone it needs no name");
    assert_eq!(base(&[&theirs]).as_deref(), Some("effort 4"));
    assert_eq!(base(&[]), None);
    assert_eq!(names(&run_of(vec![point(Peer::Sharp, "q 80", (70.0, 100.0, 1.0))])), ["sharp"]);
}

/// Twice the bytes at each score are 100 % more; over scores that only one of them has nothing can be said.
#[test]
fn bytes_and_times_for_the_same_score() {
    let run = run_of(vec![
        point(Peer::Pixfront, "effort 0, q 50", (60.0, 100.0, 1.0)),
        point(Peer::Pixfront, "effort 0, q 80", (80.0, 400.0, 3.0)),
        point(Peer::Pixfront, "effort 1, q 50", (60.0, 200.0, 5.0)),
        point(Peer::Pixfront, "effort 1, q 80", (80.0, 800.0, 5.0)),
        point(Peer::Pixfront, "effort 2, q 90", (90.0, 100.0, 1.0)),
        point(Peer::Pixfront, "effort 2, q 95", (95.0, 200.0, 1.0)),
        point(Peer::Pixfront, "effort 3, q 60", (70.0, 200.0, 9.0)),
        point(Peer::Pixfront, "effort 4, q 60", (70.0, 200.0, f64::NAN)),
    ]);
    let [zero, one, two, three, four] = &settings(&run)[..] else { panic!("five settings") };
    let near = |found: Option<f64>, expected: f64| assert!((found.unwrap() - expected).abs() < 1e-9, "{found:?}");
    near(one.more_bytes_than(zero), 1.0);
    near(zero.more_bytes_than(one), -0.5);
    near(zero.more_bytes_than(zero), 0.0);
    assert_eq!(two.more_bytes_than(zero), None, "no score that both have");
    assert_eq!(three.more_bytes_than(zero), None, "one point is no line");
    assert_eq!(three.more_bytes_than(three), None);
    // Half way between 60 and 80; beyond them what is there.
    near(zero.ms_at(70.0), 2.0);
    near(zero.ms_at(10.0), 1.0);
    near(zero.ms_at(99.0), 3.0);
    near(three.ms_at(10.0), 9.0);
    assert_eq!(four.ms_at(70.0), None);
    // Without a default the middle one says where times are compared.
    assert_eq!(frontier::score_of(zero), Some(80.0));
    assert_eq!(frontier::score_of(three), Some(70.0));
}
