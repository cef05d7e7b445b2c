//! The bench's arithmetic, and what the README shows of its last run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use harness::alone::Alone;
use harness::compare::{changes_of, moves_of};
use harness::lambda::price::{EDGE, REGIONAL, dollars, memory_mb};
use harness::result::{Figure, Machine, Outcome, Peer, Row, Run, Suite};
use harness::{report, run, stats};

mod losses;
mod nearest;
mod settings;

/// The whole program: its parts know each other.
#[path = "../../bench/main.rs"]
#[allow(
    dead_code,
    clippy::duplicate_mod,
    reason = "only parts of it are called from here, and it has our own reference too"
)]
mod harness;

fn row(peer: Peer, case: &str, figures: &[(Figure, &[f64])]) -> Row {
    let figures = figures.iter().map(|(figure, samples)| (*figure, samples.to_vec())).collect();
    let (group, case) = ("photo.jpg".to_owned(), case.to_owned());
    let outcome = Outcome::Measured(figures);
    Row { suite: Suite::Engine, group, case, axes: BTreeMap::new(), peer, note: None, outcome }
}

fn run_of(rows: Vec<Row>) -> Run {
    let (cpu, system) = ("a CPU".to_owned(), "a system".to_owned());
    Run {
        date: "2026-11-21".to_owned(),
        revision: "abc1234".to_owned(),
        part: None,
        is_quick: false,
        seconds: 1.0,
        machine: Machine { cpu, cores: 2, memory_gb: 24.0, system, load: 0.0 },
        versions: BTreeMap::new(),
        sources: Vec::new(),
        rows,
    }
}

#[test]
fn medians_and_ratios() {
    let spread = stats::spread(&[5.0, 1.0, 4.0, 2.0, 3.0]).unwrap();
    assert_eq!((spread.median, spread.p10, spread.p90), (3.0, 1.4, 4.6));
    assert_eq!(stats::median(&[1.0, 2.0]), Some(1.5));
    assert_eq!(stats::spread(&[]), None);
    // By pairs: the second round was slow for both.
    let ratio = stats::ratio(&[10.0, 40.0, 12.0], &[20.0, 80.0, 20.0]).unwrap();
    assert_eq!((ratio.median, ratio.p10), (0.5, 0.5));
    assert!((stats::geometric_mean(&[0.5, 2.0, 4.0]).unwrap() - 4f64.cbrt()).abs() < 1e-9);
    assert_eq!(stats::geometric_mean(&[]), None);
}

/// What the peers say of the machine is taken out; what lies within a spread has not moved; bytes and scores have none.
#[test]
fn only_what_moved_is_said_to_have() {
    let before = run_of(vec![
        row(Peer::Pixfront, "same", &[(Figure::Ms, &[10.0, 11.0, 12.0]), (Figure::Bytes, &[100.0])]),
        row(Peer::Pixfront, "faster", &[(Figure::Ms, &[10.0, 11.0, 12.0]), (Figure::Score, &[80.0])]),
        row(Peer::Pixfront, "lost", &[(Figure::Ms, &[1.0])]),
        row(Peer::Sharp, "same", &[(Figure::Ms, &[20.0, 20.0, 20.0])]),
    ]);
    // The machine is half as fast.
    let after = run_of(vec![
        row(Peer::Pixfront, "same", &[(Figure::Ms, &[21.0, 22.5, 24.0]), (Figure::Bytes, &[90.0])]),
        row(Peer::Pixfront, "faster", &[(Figure::Ms, &[10.0, 11.0, 12.0]), (Figure::Score, &[70.0])]),
        row(Peer::Pixfront, "new", &[(Figure::Ms, &[1.0])]),
        row(Peer::Sharp, "same", &[(Figure::Ms, &[40.0, 40.0, 40.0])]),
    ]);
    let found = moves_of(&before, &after);
    let moved: Vec<_> = found.iter().map(|one| (one.row.case.as_str(), one.figure, one.is_better())).collect();
    assert_eq!(
        moved,
        [("faster", Figure::Ms, true), ("faster", Figure::Score, false), ("same", Figure::Bytes, true)],
        "the largest change first"
    );
    assert!((found[0].change - 0.5).abs() < 1e-9);
    assert!(moves_of(&before, &before).is_empty());
}

/// A figure that is noisy must move further where it was measured once; what fails or can't be done is said in words.
#[test]
fn few_samples_and_failures() {
    let one = |ms: f64, failed: f64| {
        run_of(vec![
            row(Peer::Pixfront, "served", &[(Figure::P95Ms, &[ms]), (Figure::Failed, &[failed])]),
            row(Peer::Sharp, "served", &[(Figure::P95Ms, &[10.0])]),
        ])
    };
    assert_eq!(moves_of(&one(10.0, 0.0), &one(10.8, 0.0)).len(), 0);
    assert_eq!(moves_of(&one(10.0, 0.0), &one(11.2, 0.0)).len(), 1);
    assert!(changes_of(&one(10.0, 3.0), &one(10.0, 3.0)).is_empty());
    assert_eq!(
        changes_of(&one(10.0, 0.0), &one(10.0, 3.0)),
        ["Pixfront in photo.jpg, served: 3 requests failed, 0 before"]
    );
    let mut broken = one(10.0, 0.0);
    broken.rows[1].outcome = Outcome::Unable("it is gone".to_owned());
    assert_eq!(changes_of(&one(10.0, 0.0), &broken), ["sharp in photo.jpg, served: can't any more: it is gone"]);
    assert_eq!(changes_of(&broken, &one(10.0, 0.0)), ["sharp in photo.jpg, served: now can"]);
}

/// What we can't do is no result, unless a tool is missing; what a peer can't do is one.
#[test]
fn a_run_without_us_has_failed() {
    let unable = |peer, case, why: &str| {
        let outcome = Outcome::Unable(why.to_owned());
        Row { outcome, ..row(peer, case, &[]) }
    };
    let rows = [
        row(Peer::Pixfront, "measured", &[(Figure::Ms, &[1.0])]),
        row(Peer::Pixfront, "empty", &[]),
        unable(Peer::Pixfront, "refused", "answered 503"),
        unable(Peer::Pixfront, "untold", "oha is not installed: make bench installs it"),
        unable(Peer::Sharp, "refused", "no such format"),
    ];
    assert_eq!(run::unmeasured(&rows), ["Pixfront in photo.jpg, empty", "Pixfront in photo.jpg, refused"]);
}

/// Sums that were done by hand.
#[test]
fn prices() {
    let sums = [
        ("memory for a peak of 30 MB", memory_mb(30.0), 128.0),
        ("memory for a peak of 116 MB", memory_mb(116.0), 128.0),
        ("memory for a peak of 117 MB", memory_mb(117.0), 256.0),
        // 2 GB × 0.1 s × $16.6667 a million GB-seconds + $0.20: above 1,769 MB the time is as it was measured.
        ("100 ms at 2,048 MB", dollars(100.0, 2048.0, REGIONAL), 3.533_34),
        // 0.125 GB × 1.38203 s × $16.6667 + $0.20: at 128 MB it takes 13.8 times as long.
        ("100 ms at 128 MB", dollars(100.0, 128.0, REGIONAL), 3.079_238),
        ("no time at the edge", dollars(0.0, 128.0, EDGE), 0.6),
    ];
    for (what, is, should) in sums {
        assert!((is - should).abs() < 1e-4, "the price of {what} is {should}, and came out as {is}");
    }
}

/// A result is read as it was written, and one of something else is refused by name.
#[test]
fn results_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("result.json");
    let rows = vec![row(Peer::Pixfront, "400 WebP", &[(Figure::Ms, &[1.5, 2.5])])];
    run_of(rows).write(&path).unwrap();
    let read = Run::read(&path).unwrap();
    let place = (Suite::Engine, "photo.jpg", "400 WebP");
    assert_eq!(read.row(place, Peer::Pixfront).unwrap().samples(Figure::Ms), [1.5, 2.5]);
    assert!(read.row(place, Peer::Sharp).is_none());
    fs::write(&path, "{}").unwrap();
    let error = Run::read(&path).unwrap_err().to_string();
    assert!(error.contains("result.json is no result of this bench"), "{error}");
    let error = Run::read(&folder.path().join("none.json")).unwrap_err().to_string();
    assert!(error.contains("none.json: No such file"), "{error}");
}

#[test]
fn the_readme_shows_a_result() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, shown) = readme.split_once("<!-- bench -->").unwrap();
    let (_, name) = shown.split_once("bench/results/").unwrap();
    let (stem, _) = name.split_once(".md").unwrap();
    let result = Run::read(&root().join(format!("bench/results/{stem}.json"))).unwrap();
    assert!(!result.is_quick);
    let fresh = report::into_readme(&readme, &result).unwrap();
    assert!(readme == fresh, "README.md is out of date: make bench-report RESULT=bench/results/{stem}.json README=1");
    assert!(report::into_readme("no place for it", &result).unwrap_err().to_string().contains("<!-- bench -->"));
    // What the README can't show leaves it as it was.
    let refused = |run: &Run| report::into_readme(&readme, run).unwrap_err().to_string();
    assert!(refused(&Run { is_quick: true, ..result }).contains("quick run"));
    assert!(refused(&run_of(vec![row(Peer::Pixfront, "of no table", &[])])).contains("no case of the engine suite"));
    // And its plots are there.
    let links = readme.split("](").skip(1).filter_map(|link| link.split_once(')')).map(|(link, _)| link);
    let plots: Vec<_> = links.filter(|link| link.contains(".svg")).collect();
    assert_eq!(plots.len(), 3);
    for plot in plots {
        assert!(root().join(plot).is_file(), "README.md shows {plot}, which is not there");
    }
}

/// Every result that is kept can still be read, and shows; the tables are those of its samples.
#[test]
fn kept_results_are_readable() {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    // Those of the programs before this one are in a folder of their own.
    for entry in fs::read_dir(root().join("bench/results")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let run = Run::read(&path).unwrap();
        for written in report::write(&run, folder.path()).unwrap() {
            let kept = path.with_file_name(written.file_name().unwrap());
            assert!(
                fs::read(&written).unwrap() == fs::read(&kept).unwrap_or_default(),
                "{} is out of date: make bench-report RESULT={}",
                kept.display(),
                path.display()
            );
        }
        count += 1;
    }
    assert!(count > 0);
}

/// Likewise of ours alone.
#[test]
fn kept_measurements_of_ours_alone_are_readable() {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("bench/results/alone")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let table = Alone::read(&path).unwrap().table().unwrap();
            let kept = fs::read_to_string(path.with_extension("md")).unwrap_or_default();
            assert!(table == kept, "its table is out of date: make bench-report RESULT={}", path.display());
            names.extend(path.file_stem().and_then(|stem| stem.to_str()?.rsplit('-').next()).map(ToOwned::to_owned));
        }
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["bucket", "thumbnails"]);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
