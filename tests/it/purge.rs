//! `pixfront purge`: what was made goes, wherever it is known; originals and neighbours stay.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pixfront::config::Config;
use pixfront::error::Kind;
use pixfront::ingest::Upload;
use pixfront::key::SourceKey;
use pixfront::outdated::Forgotten;
use pixfront::patience::Patience;
use pixfront::purge::Purge;
use pixfront::request::Request;
use pixfront::service::Service;
use pixfront::store::{Attributes, Row, Stores, local};
use pixfront::variant::{Recipe, Thumbnail};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::backfill::{keys, put};
use crate::pictures;
use crate::world::{Op, Place, World, program};

/// A store where these sources have a thumbnail and two variants, each with a row, and are themselves there or not.
async fn store(there: &[&str], gone: &[&str]) -> (TempDir, Stores) {
    let dir = TempDir::new().unwrap();
    let stores = local::open(dir.path()).unwrap();
    for key in there {
        put(&stores, key, "an original").await;
    }
    for source in there.iter().chain(gone) {
        add(&stores, source).await;
    }
    (dir, stores)
}

async fn add(stores: &Stores, source: &str) {
    for recipe in ["f=webp", "w=4"] {
        variant(stores, &format!("{source}/{recipe}")).await;
        stores.ledger.record(Row::outdated(source, recipe)).await.unwrap();
    }
    let thumbnail = format!("resized-{source}");
    variant(stores, &thumbnail).await;
    stores.ledger.record(Row::outdated(source, &thumbnail)).await.unwrap();
}

async fn variant(stores: &Stores, key: &str) {
    stores.variants.put(key, "a variant".into(), Attributes::default()).await.unwrap();
}

fn run(data: &Path, arguments: &[&str]) -> Output {
    program(["purge", "--data"]).arg(data).args(arguments).output().unwrap()
}

/// Purges; the dry run must say before what is then done.
fn purge(data: &Path, arguments: &[&str]) -> (u64, u64) {
    let said = |more: &[&str]| {
        let output = run(data, &[arguments, &["--json"], more].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        (said["objects"].as_u64().unwrap(), said["rows"].as_u64().unwrap())
    };
    let would = said(&["--dry-run"]);
    let (again, done) = (said(&["--dry-run"]), said(&[]));
    assert_eq!((would, again), (done, done), "{arguments:?}: a dry run changes nothing and is right");
    assert_eq!(said(&[]), (0, 0), "{arguments:?}: once is enough");
    done
}

/// The sources that still have objects, and those that have rows.
async fn left(stores: &Stores) -> (Vec<String>, Vec<String>) {
    let source = |key: String| {
        let variant = key.rsplit_once('/').filter(|(_, recipe)| recipe.contains('=')).map(|(source, _)| source);
        variant.or_else(|| key.strip_prefix("resized-")).unwrap_or(&key).to_owned()
    };
    let mut objects: Vec<_> = keys(stores).await.into_iter().map(source).collect();
    objects.sort();
    objects.dedup();
    let mut rows: Vec<_> = stores.ledger.rows(None, 10_000).await.unwrap().into_iter().map(|row| row.name).collect();
    rows.dedup();
    (objects, rows)
}

const NEIGHBOURS: [&str; 7] =
    ["cat.jp", "cat.jpg", "cat.jpg/x.png", "cat.jpg2", "cat*", "c?t.jpg", "photos/그림 (1).jpg"];

#[tokio::test]
async fn one_original_goes_and_its_neighbours_stay() {
    for one in NEIGHBOURS {
        let (dir, stores) = store(&NEIGHBOURS, &[]).await;
        let originals = stores.originals.list("", None, 100).await.unwrap();
        assert_eq!(purge(dir.path(), &[one]), (3, 3), "{one}");
        let mut others: Vec<_> = NEIGHBOURS.into_iter().filter(|other| *other != one).collect();
        others.sort_unstable();
        let (objects, rows) = left(&stores).await;
        assert_eq!(
            (objects, rows),
            (others.iter().map(ToString::to_string).collect(), others.iter().map(ToString::to_string).collect()),
            "{one}"
        );
        assert_eq!(stores.originals.list("", None, 100).await.unwrap(), originals);
    }
}

#[tokio::test]
async fn a_prefix_is_of_originals_and_no_pattern() {
    for (prefix, gone) in [
        ("cat.jpg", &["cat.jpg", "cat.jpg/x.png", "cat.jpg2"][..]),
        // Variants of cat.jpg begin with it too, and are of no original below it.
        ("cat.jpg/", &["cat.jpg/x.png"]),
        ("cat*", &["cat*"]),
        ("c?t", &["c?t.jpg"]),
        ("photos/", &["photos/그림 (1).jpg"]),
        ("w=4", &[]),
        ("resized-", &[]),
    ] {
        let (dir, stores) = store(&NEIGHBOURS, &[]).await;
        assert_eq!(
            purge(dir.path(), &[prefix, "--prefix"]),
            (gone.len() as u64 * 3, gone.len() as u64 * 3),
            "{prefix}"
        );
        let mut others: Vec<_> = NEIGHBOURS.into_iter().filter(|other| !gone.contains(other)).collect();
        others.sort_unstable();
        assert_eq!(left(&stores).await.0, others, "{prefix}");
        assert_eq!(left(&stores).await.1, others, "{prefix}");
    }
}

#[tokio::test]
async fn what_lost_its_original_its_objects_or_its_rows_is_found() {
    let setting = async || {
        let (dir, stores) = store(&["p/a.jpg", "q/a.jpg"], &["p/gone.jpg"]).await;
        stores.ledger.record(Row::outdated("p/row.jpg", "w=9")).await.unwrap();
        // Another system's, of a name that our URLs can't say.
        stores.ledger.record(Row::outdated("p//odd.jpg", "w=9")).await.unwrap();
        variant(&stores, "p/object.jpg/w=7").await;
        variant(&stores, "resized-p/thumb.jpg").await;
        // No variant of ours: it reads as none.
        variant(&stores, "p/readme.txt").await;
        (dir, stores)
    };
    let (dir, stores) = setting().await;
    assert_eq!(purge(dir.path(), &["p/", "--prefix"]), (8, 8));
    let left_now = left(&stores).await;
    assert_eq!(left_now, (vec!["p/readme.txt".to_owned(), "q/a.jpg".to_owned()], vec!["q/a.jpg".to_owned()]));
    let (dir, stores) = setting().await;
    assert_eq!(purge(dir.path(), &["--all"]), (11, 11));
    assert_eq!(left(&stores).await, (vec!["p/readme.txt".to_owned()], vec![]));
    // Also one by one.
    let (dir, _stores) = setting().await;
    for (key, counts) in
        [("p/row.jpg", (0, 1)), ("p/object.jpg", (1, 0)), ("p/thumb.jpg", (1, 0)), ("none.jpg", (0, 0))]
    {
        assert_eq!(purge(dir.path(), &[key]), counts, "{key}");
    }
}

/// More than a page of each, and variants of one original on both sides of a page's end.
#[tokio::test]
async fn many_pages_are_walked_over() {
    let world = World::new();
    for i in 0..700 {
        add(&world.stores, &format!("a/{i:03}.jpg")).await;
    }
    for side in 1..=1_100 {
        variant(&world.stores, &format!("b.jpg/w={side}")).await;
        world.stores.ledger.record(Row::outdated("c.jpg", &format!("w={side}"))).await.unwrap();
    }
    let run = |is_dry_run| Purge { service: &world.service, prefix: "", is_dry_run, patience: Patience::default() };
    let all = Forgotten { objects: 3_200, rows: 3_200 };
    assert_eq!(run(true).run(|_| ()).await.unwrap(), all);
    let mut seen = Vec::new();
    assert_eq!(run(false).run(|so_far| seen.push(so_far.objects)).await.unwrap(), all);
    assert!(seen.is_sorted() && seen.len() > 6, "{seen:?}");
    assert_eq!((keys(&world.stores).await.len(), world.stores.ledger.rows(None, 10).await.unwrap().len()), (0, 0));
}

#[tokio::test]
async fn a_store_that_is_away_for_a_moment_is_asked_again() {
    let calls = {
        let world = World::new();
        add(&world.stores, "a.jpg").await;
        world.stores.ledger.record(Row::outdated("b.jpg", "w=4")).await.unwrap();
        run_on(&world, Patience::default()).await.unwrap();
        world.script.all_calls()
    };
    for (place, op, nth) in calls {
        let world = World::new();
        add(&world.stores, "a.jpg").await;
        world.stores.ledger.record(Row::outdated("b.jpg", "w=4")).await.unwrap();
        world.script.fail(place, op, nth, Kind::Upstream);
        run_on(&world, Patience { tries: 2, pause: Duration::from_millis(1) }).await.unwrap();
        assert_eq!(left(&world.stores).await, (vec![], vec![]), "{place:?} {op:?} {nth}");
    }
    let world = World::new();
    world.script.fail(Place::Variants, Op::List, 1, Kind::Upstream);
    let once = Patience { tries: 1, ..Patience::default() };
    assert_eq!(run_on(&world, once).await.unwrap_err().kind(), Kind::Upstream);
}

async fn run_on(world: &World, patience: Patience) -> pixfront::error::Result<Forgotten> {
    Purge { service: &world.service, prefix: "", is_dry_run: false, patience }.run(|_| ()).await
}

/// A world whose originals have thumbnails that only a former list names, beside the present ones.
async fn with_former_thumbnails(keys: &[&str]) -> World {
    let world = World::new();
    let mut config = Config::default();
    let recipe = Recipe::parse("w=4").unwrap().unwrap();
    config.policy.thumbnails.push(Thumbnail { prefix: "old-".to_owned(), recipe });
    let before = Service::new(world.stores.clone(), config);
    for key in keys {
        put(&world.stores, key, pictures::jpeg(16, 8)).await;
        before.ingest(&Upload { bucket: "originals".into(), key: (*key).to_owned() }).await.unwrap();
    }
    world
}

/// Its row is the only trace of a thumbnail whose prefix is no longer configured: both go together.
#[tokio::test]
async fn thumbnails_of_a_former_list_go_too() {
    let world = with_former_thumbnails(&["cat.jpg", "b/cat.jpg"]).await;
    // Rows of other systems, about thumbnails of another original and about no variant at all.
    for other in ["resized-b/cat.jpg", "old-b/cat.jpg", "b/cat.jpg", "cat.jpg"] {
        world.stores.ledger.record(Row::outdated("cat.jpg", other)).await.unwrap();
    }
    variant(&world.stores, "b/cat.jpg").await;
    variant(&world.stores, "cat.jpg").await;
    put(&world.stores, "cat.jpg", pictures::jpeg(32, 8)).await;
    world.ingest("cat.jpg").await.unwrap();
    let others = ["b/cat.jpg", "cat.jpg", "old-b/cat.jpg"];
    assert_eq!(world.variants().await, [&others[..], &["resized-b/cat.jpg", "resized-cat.jpg"]].concat());
    assert_eq!(world.rows("cat.jpg").await, ["resized-cat.jpg"]);
    assert_eq!(world.rows("b/cat.jpg").await, ["old-b/cat.jpg", "resized-b/cat.jpg"]);

    let purge = |world: &World, prefix: &'static str, is_dry_run| {
        let service = Arc::clone(&world.service);
        async move { Purge { service: &service, prefix, is_dry_run, patience: Patience::default() }.run(|_| ()).await }
    };
    for prefix in ["", "b/"] {
        let world = with_former_thumbnails(&["cat.jpg", "b/cat.jpg"]).await;
        let (objects, left) =
            if prefix.is_empty() { (4, &[][..]) } else { (2, &["old-cat.jpg", "resized-cat.jpg"][..]) };
        let all = Forgotten { objects, rows: objects };
        assert_eq!(purge(&world, prefix, true).await.unwrap(), all);
        assert_eq!(purge(&world, prefix, false).await.unwrap(), all);
        assert_eq!(
            (world.variants().await, world.rows("cat.jpg").await),
            (to_strings(left), to_strings(left)),
            "{prefix}"
        );
    }
    let world = with_former_thumbnails(&["cat.jpg"]).await;
    let (source, all) = (SourceKey::new("cat.jpg").unwrap(), Forgotten { objects: 2, rows: 2 });
    assert_eq!(world.service.forgettable(&source).await.unwrap(), all);
    assert_eq!(world.service.forget(&source).await.unwrap(), all);
    assert_eq!(world.variants().await, to_strings(&[]));
}

fn to_strings(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// What is asked for while a purge goes on is made anew, and its row is none of those that go last.
#[tokio::test]
async fn what_is_made_meanwhile_keeps_its_row() {
    let world = World::new();
    put(&world.stores, "cat.jpg", pictures::jpeg(16, 8)).await;
    world.respond("/cat.jpg?w=4").await.unwrap();
    // Clocks that are ahead, or foreign rows, are no excuse to stay for ever.
    let ahead = Row { time_ms: u64::MAX, ..Row::outdated("cat.jpg", "w=5") };
    world.stores.ledger.record(ahead).await.unwrap();
    let visitor = Service::new(world.stores.clone(), Config::default());
    world.script.before(Place::Table, Op::Rows, 1, async move {
        // Rows have milliseconds.
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(2) {
            tokio::task::yield_now().await;
        }
        visitor.respond(&Request::parse_url("/cat.jpg?w=8", None).unwrap(), None).await.unwrap();
    });
    assert_eq!(run_on(&world, Patience::default()).await.unwrap(), Forgotten { objects: 1, rows: 2 });
    assert_eq!((world.variants().await, world.rows("cat.jpg").await), (vec!["cat.jpg/w=8".into()], vec!["w=8".into()]));
}

#[tokio::test]
async fn what_might_be_a_mistake_is_refused() {
    let (dir, stores) = store(&["cat.jpg", "photos/cat.jpg"], &[]).await;
    let check = |arguments: &[&str], code: i32, words: &str| {
        let output = run(dir.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words) && output.stdout.is_empty(), "{arguments:?}: {said}");
    };
    check(&[""], 10, "the key is empty; --all purges everything");
    check(&["", "--prefix"], 10, "the key is empty; --all purges everything");
    check(&[], 2, "<KEY>");
    check(&["--prefix"], 2, "<KEY>");
    check(&["--all", "photos/"], 2, "cannot be used with");
    check(&["--all", "--prefix"], 2, "cannot be used with");
    check(&["photos/"], 10, "photos/ is no key; with --prefix it stands for all below it");
    check(&["resized-cat.jpg"], 10, "resized- is a thumbnail; its original is cat.jpg");
    check(&["cat.jpg/w=4"], 10, "cat.jpg/w=4: the path ends in w=4, which reads as a recipe");
    check(&["photos/../cat.jpg"], 10, "photos/../cat.jpg: the path has a segment that is ..");
    let nowhere = program(["purge", "cat.jpg", "--data", "nowhere"]).current_dir(dir.path()).output().unwrap();
    assert_eq!(nowhere.status.code(), Some(12));
    assert_eq!(keys(&stores).await.len(), 6, "nothing went");

    let words = |arguments: &[&str]| String::from_utf8(run(dir.path(), arguments).stdout).unwrap();
    assert_eq!(words(&["cat.jpg", "--dry-run"]), "3 objects and 3 rows to forget\n");
    assert_eq!(words(&["cat.jpg"]), "3 objects and 3 rows forgotten\n");
    let json: Value = serde_json::from_str(&words(&["--all", "--json"])).unwrap();
    assert_eq!(json, json!({ "dry_run": false, "objects": 3, "rows": 3 }));
}
