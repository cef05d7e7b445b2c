//! Originals that change while they are dealt with, and ends in another order than beginnings.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::sync::Arc;
use std::time::Duration;

use pixfront::backfill::{Ended, Walk};
use pixfront::key;
use pixfront::store::Row;
use tokio::sync::Notify;

use super::How;
use crate::pictures;
use crate::world::{Op, Place, World};

/// All that is stored is of the bytes that the original has.
async fn assert_current(world: &World, name: &str, body: &[u8]) {
    for variant in world.variants().await {
        let head = world.stores.variants.head(&variant).await.unwrap();
        assert_eq!(head.attributes.metadata["source-etag"], key::etag(body), "{variant}");
    }
    for row in world.stores.ledger.variants_of(name).await.unwrap() {
        assert_eq!(row.source_etag, key::etag(body), "{}", row.variant);
    }
}

#[tokio::test]
async fn an_original_overwritten_meanwhile_leaves_nothing_stale() {
    let (old, new) = (pictures::jpeg(60, 40), pictures::jpeg(80, 40));
    let how = How::new(&["w=10", "w=12&f=webp"]);
    // One undisturbed run says which calls there are.
    let calls = {
        let world = World::new();
        world.put("cat.jpg", old.clone()).await;
        how.walk(&world, |_| Ok(())).await.1.unwrap();
        world.script.all_calls()
    };
    assert!(calls.len() > 12, "{calls:?}");
    for (place, op, nth) in calls {
        let world = World::new();
        world.put("cat.jpg", old.clone()).await;
        let (stores, body) = (world.stores.clone(), new.clone());
        world.script.after(place, op, nth, async move {
            super::put(&stores, "cat.jpg", body).await;
        });
        let (report, ended) = how.walk(&world, |_| Ok(())).await;
        ended.unwrap();
        assert_eq!(report.ended, Ended::Complete);
        let is_looked_at_once_more = world.variants().await.len() == 3;
        assert!(is_looked_at_once_more, "{place:?} {op:?} {nth}: {:?}", world.variants().await);
        // Behind the last look at the original, only the overwrite's own event can do anything.
        let heads = world.script.calls(Place::Originals, Op::Head);
        if (place, op, nth) != (Place::Originals, Op::Head, heads) {
            assert_current(&world, "cat.jpg", &new).await;
        }
        world.ingest("cat.jpg").await.unwrap();
        assert_current(&world, "cat.jpg", &new).await;
    }
}

#[tokio::test]
async fn what_is_of_older_bytes_goes_and_what_nobody_wants_stays() {
    let world = World::new();
    world.put("cat.jpg", pictures::jpeg(60, 40)).await;
    world.respond("/cat.jpg?w=10").await.unwrap();
    world.respond("/cat.jpg?w=30").await.unwrap();
    // Another system's thumbnail, which says nothing of its original.
    world.put_variant("resized-cat.jpg", &[]).await;
    let body = pictures::jpeg(80, 40);
    world.put("cat.jpg", body.clone()).await;
    let (report, ended) = How::new(&["w=20"]).walk(&world, |_| Ok(())).await;
    ended.unwrap();
    assert_eq!((report.thumbnails, report.variants, report.current), (1, 1, 0));
    assert_eq!(world.variants().await, ["cat.jpg/w=20", "resized-cat.jpg"], "what was of the older bytes is gone");
    assert_current(&world, "cat.jpg", &body).await;

    // A current one that is not asked for stays, and no list of variants is made where nothing is outdated.
    world.respond("/cat.jpg?w=30").await.unwrap();
    world.script.forget_calls();
    let (report, _) = How::new(&["w=20"]).walk(&world, |_| Ok(())).await;
    assert_eq!((report.thumbnails, report.variants, report.current), (0, 0, 2));
    assert_eq!(world.variants().await.len(), 3);
    assert_eq!(world.script.calls(Place::Variants, Op::List) + world.script.calls(Place::Originals, Op::Get), 0);
}

#[tokio::test]
async fn a_variant_of_an_older_version_or_without_a_row_is_made_again() {
    let world = World::new();
    let etag = world.put("cat.jpg", pictures::jpeg(60, 40)).await;
    world.put_variant("cat.jpg/w=20", &[("source-etag", etag.as_str()), ("epoch", "0")]).await;
    let row = Row { source_etag: etag, ..Row::outdated("cat.jpg", "w=20") };
    world.stores.ledger.record(row).await.unwrap();
    let how = How::new(&["w=20"]);
    let (report, _) = how.walk(&world, |_| Ok(())).await;
    assert_eq!((report.thumbnails, report.variants), (1, 1));
    world.stores.ledger.forget("cat.jpg", &["w=20".to_owned()]).await.unwrap();
    let (report, _) = how.walk(&world, |_| Ok(())).await;
    assert_eq!((report.thumbnails, report.variants, report.current), (0, 1, 1));
    assert_eq!(world.rows("cat.jpg").await, ["resized-cat.jpg", "w=20"]);
}

#[tokio::test]
async fn the_mark_waits_for_the_slowest() {
    let world = World::new();
    for key in ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"] {
        world.put(key, pictures::jpeg(8, 8)).await;
    }
    let others_done = Arc::new(Notify::new());
    let wait = Arc::clone(&others_done);
    // The first look at an original is at a.jpg.
    world.script.before(Place::Originals, Op::Head, 1, async move { wait.notified().await });
    let mut marks = Vec::new();
    let how = How { at_once: 2, ..How::new(&[]) };
    let walk = how.walk(&world, |report| {
        marks.push(report.up_to.clone());
        if report.originals == 4 {
            others_done.notify_one();
        }
        Ok(())
    });
    let (report, ended) = tokio::time::timeout(Duration::from_mins(2), walk).await.expect("the first is let go");
    ended.unwrap();
    assert_eq!(marks, [None, None, None, None, Some("e.jpg".to_owned())]);
    assert_eq!(report.up_to.as_deref(), Some("e.jpg"));
}

/// Of names that nothing is to be done for, so that there can be many.
#[tokio::test]
async fn pages_are_walked_over_and_counted() {
    let world = World::new();
    for i in 0..2_003 {
        world.put(&format!("a//{i:04}"), Vec::new()).await;
    }
    world.put("b//", Vec::new()).await;
    let how = How::new(&[]);
    let walk = |prefix, after, limit| Walk { prefix, after, limit, ..how.on(&world) };
    for (prefix, after, limit, count) in [
        ("", None, usize::MAX, 2_004),
        ("a/", None, usize::MAX, 2_003),
        ("a//", Some("a//0002"), usize::MAX, 2_000),
        ("", Some("a//1999"), usize::MAX, 4),
        ("", None, 1_500, 1_500),
        ("none", None, usize::MAX, 0),
    ] {
        let walk = walk(prefix, after, limit);
        let (report, ended) = walk.run(std::future::pending(), |_| Ok(())).await;
        ended.unwrap();
        assert_eq!((walk.count().await.unwrap(), report.originals), (count, count), "{prefix} {after:?} {limit}");
        assert_eq!(report.skipped.get("unsayable-name").copied().unwrap_or_default(), count);
    }
    assert_eq!(walk("a//", None, 2_003).run(std::future::pending(), |_| Ok(())).await.0.up_to.unwrap(), "a//2002");
}
