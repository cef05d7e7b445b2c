//! Stores that fail for a while or for good, and the messages about what can't be made.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use pixfront::backfill::Ended;
use pixfront::error::Kind;
use pixfront::trigger::failure::read;

use super::{How, torn};
use crate::pictures;
use crate::world::{Op, Place, World};

async fn world() -> World {
    let world = World::new();
    for key in ["a.jpg", "b.jpg", "c.jpg", "d.jpg"] {
        world.put(key, pictures::jpeg(8, 8)).await;
    }
    world
}

/// Every call that an undisturbed run makes may fail once, and nobody notices.
#[tokio::test]
async fn what_fails_once_is_tried_again() {
    let how = How::new(&["w=4"]);
    let all = ["a.jpg/w=4", "resized-a.jpg"];
    let calls = {
        let world = World::new();
        world.put("a.jpg", pictures::jpeg(8, 8)).await;
        how.walk(&world, |_| Ok(())).await.1.unwrap();
        world.script.all_calls()
    };
    for (place, op, nth) in calls {
        let world = World::new();
        world.put("a.jpg", pictures::jpeg(8, 8)).await;
        world.script.fail(place, op, nth, Kind::Upstream);
        let (report, ended) = how.walk(&world, |_| Ok(())).await;
        ended.unwrap_or_else(|error| panic!("{place:?} {op:?} {nth}: {}", error.chain()));
        assert_eq!(report.up_to.as_deref(), Some("a.jpg"));
        assert_eq!((report.thumbnails, report.variants, report.current), (1, 1, 0), "{place:?} {op:?} {nth}");
        assert_eq!(world.variants().await, all, "{place:?} {op:?} {nth}");
        assert_eq!(world.rows("a.jpg").await, ["resized-a.jpg", "w=4"], "{place:?} {op:?} {nth}");
    }
}

#[tokio::test]
async fn a_store_that_stays_away_ends_the_run_before_what_is_not_done() {
    let world = world().await;
    // All tries of the third original.
    for nth in [3, 4, 5] {
        world.script.fail(Place::Variants, Op::Put, nth, Kind::Upstream);
    }
    let how = How::new(&[]);
    let (report, ended) = how.walk(&world, |_| Ok(())).await;
    assert_eq!(ended.unwrap_err().kind(), Kind::Upstream);
    assert_eq!((report.ended, report.originals, report.up_to.as_deref()), (Ended::Failed, 2, Some("b.jpg")));
    assert_eq!(report.undone["upstream"].first[0].key, "c.jpg");
    assert_eq!(world.variants().await, ["resized-a.jpg", "resized-b.jpg"], "nothing behind it is begun");
    let (report, ended) = how.walk(&world, |_| Ok(())).await;
    ended.unwrap();
    assert_eq!((report.thumbnails, report.current), (2, 2));
    // So it is with lists.
    for nth in [1, 2, 3] {
        world.script.fail(Place::Originals, Op::List, nth, Kind::Upstream);
    }
    let (report, ended) = how.walk(&world, |_| Ok(())).await;
    assert_eq!((ended.unwrap_err().kind(), report.ended, report.up_to), (Kind::Upstream, Ended::Failed, None));
}

#[tokio::test]
async fn who_keeps_going_leaves_the_mark_behind() {
    let world = world().await;
    for nth in [2, 3, 4] {
        world.script.fail(Place::Variants, Op::Put, nth, Kind::Upstream);
    }
    let how = How { keeps_going: true, ..How::new(&[]) };
    let (report, ended) = how.walk(&world, |_| Ok(())).await;
    assert_eq!(ended.unwrap_err().kind(), Kind::Upstream, "it was not all done, and says so");
    assert_eq!((report.ended, report.originals, report.up_to.as_deref()), (Ended::Failed, 3, Some("a.jpg")));
    assert_eq!(world.variants().await, ["resized-a.jpg", "resized-c.jpg", "resized-d.jpg"]);
    let (report, _) = how.walk(&world, |_| Ok(())).await;
    assert_eq!((report.ended, report.thumbnails, report.up_to.as_deref()), (Ended::Complete, 1, Some("d.jpg")));
}

/// What a store refuses for good is nobody's picture's fault: the run must not count thousands of failures and call that an end.
#[tokio::test]
async fn a_store_that_refuses_ends_the_run_at_once() {
    let world = world().await;
    world.script.fail(Place::Variants, Op::Put, 1, Kind::Forbidden);
    let (report, ended) = How::new(&[]).walk(&world, |_| Ok(())).await;
    assert_eq!((ended.unwrap_err().kind(), report.originals, report.up_to), (Kind::Forbidden, 0, None));
    // A role without s3:GetObject may not look at any: that is no end of a walk at which nothing was made.
    world.script.fail(Place::Originals, Op::Head, 1, Kind::Forbidden);
    let (report, ended) = How::new(&[]).walk(&world, |_| Ok(())).await;
    assert_eq!((ended.unwrap_err().kind(), report.originals, report.failed.len()), (Kind::Forbidden, 0, 0));
    world.script.fail(Place::Originals, Op::Head, 1, Kind::Forbidden);
    let how = How { keeps_going: true, ..How::new(&[]) };
    let (report, ended) = how.walk(&world, |_| Ok(())).await;
    assert_eq!((ended.unwrap_err().kind(), report.undone["forbidden"].count), (Kind::Forbidden, 1));
    assert_eq!((report.thumbnails, report.up_to), (3, None));
    world.stores.variants.delete(&world.variants().await).await.unwrap();
    // An original that its bucket keeps to itself is one picture's affair.
    world.script.fail(Place::Originals, Op::Get, 2, Kind::Forbidden);
    let (report, ended) = How::new(&[]).walk(&world, |_| Ok(())).await;
    ended.unwrap();
    assert_eq!((report.thumbnails, report.failed["forbidden"].first[0].key.as_str()), (3, "b.jpg"));
}

#[tokio::test]
async fn messages_are_left_when_asked_for_and_can_be_redriven() {
    let world = World::new();
    world.put("cat.jpg", pictures::jpeg(60, 40)).await;
    world.put("torn.jpg", torn()).await;
    let how = How { leaves_messages: true, ..How::new(&["w=10", "w=20"]) };
    // The queue may be away for a while too, in the middle of them: what it has taken by then is not sent again.
    world.script.fail(Place::Failures, Op::Send, 2, Kind::Upstream);
    let (report, ended) = how.walk(&world, |_| Ok(())).await;
    ended.unwrap();
    assert_eq!(report.failed["corrupt"].count, 3);
    let messages = world.messages().await;
    let said: Vec<_> = messages
        .iter()
        .map(|message| ["stage", "recipe", "kind"].map(|name| message.attributes[name].as_str()))
        .collect();
    assert_eq!(
        said,
        [["upload", "resized-", "corrupt"], ["persist", "w=10", "corrupt"], ["persist", "w=20", "corrupt"]]
    );
    assert!(messages.iter().all(|message| message.body == "torn.jpg"));

    world.put("torn.jpg", pictures::jpeg(60, 40)).await;
    for message in &messages {
        world.service.redrive(&read(message, "originals").unwrap()).await.unwrap();
    }
    assert_eq!(world.rows("torn.jpg").await, ["resized-torn.jpg", "w=10", "w=20"]);
    assert_eq!(how.walk(&world, |_| Ok(())).await.0.current, 6, "that is all that was wanted");
}

/// What was found and made before a store failed for good is in the report all the same.
#[tokio::test]
async fn what_came_before_a_failure_is_counted() {
    let world = World::new();
    world.put("cat.jpg", pictures::jpeg(60, 40)).await;
    // Its thumbnail is stored, its variant is not.
    for nth in [2, 3, 4] {
        world.script.fail(Place::Variants, Op::Put, nth, Kind::Upstream);
    }
    let (report, ended) = How::new(&["w=10"]).walk(&world, |_| Ok(())).await;
    assert_eq!((ended.unwrap_err().kind(), report.originals), (Kind::Upstream, 0));
    let bytes = world.stores.variants.head("resized-cat.jpg").await.unwrap().bytes;
    assert_eq!((report.thumbnails, report.variants, report.bytes), (1, 0, bytes));

    let world = World::new();
    world.put("torn.jpg", torn()).await;
    for nth in [1, 2, 3] {
        world.script.fail(Place::Failures, Op::Send, nth, Kind::Upstream);
    }
    let how = How { leaves_messages: true, ..How::new(&[]) };
    let (report, ended) = how.walk(&world, |_| Ok(())).await;
    assert_eq!((ended.unwrap_err().kind(), report.originals, report.up_to), (Kind::Upstream, 0, None));
    assert_eq!(
        (report.failed["corrupt"].count, report.undone["upstream"].count),
        (1, 1),
        "why, and that it is not done"
    );
}

/// What is too large to be read says by its beginning whether that is a loss.
#[tokio::test]
async fn what_is_too_large_and_no_picture_is_no_failure() {
    let world = World::with(|config| config.source_bytes = 500);
    world.put("film.mp4", [b"\0\0\0\x18ftypisom".as_slice(), &[0; 9_000]].concat()).await;
    world.put("large.jpg", pictures::jpeg(200, 200)).await;
    world.put("gone.jpg", pictures::jpeg(8, 8)).await;
    let stores = world.stores.clone();
    // Deleted between the list and the first look at it, which is the second at any.
    world.script.before(Place::Originals, Op::Head, 2, async move {
        stores.originals.delete(&["gone.jpg".to_owned()]).await.unwrap();
    });
    let (report, ended) = How::new(&[]).walk(&world, |_| Ok(())).await;
    ended.unwrap();
    assert_eq!(report.skipped.into_iter().collect::<Vec<_>>(), [("gone", 1), ("not-resized", 1)]);
    assert_eq!(report.failed.keys().collect::<Vec<_>>(), [&"too-large"]);
    assert_eq!(report.failed["too-large"].first[0].key, "large.jpg");
    assert_eq!(world.variants().await.len() + world.messages().await.len(), 0);

    // Deleted, or shut away, between the refusal to read all of it and the look at its beginning.
    let stores = world.stores.clone();
    world.script.before(Place::Originals, Op::GetRange, 1, async move {
        stores.originals.delete(&["film.mp4".to_owned()]).await.unwrap();
    });
    world.script.fail(Place::Originals, Op::GetRange, 2, Kind::Forbidden);
    let (report, ended) = How::new(&[]).walk(&world, |_| Ok(())).await;
    ended.unwrap();
    assert_eq!((report.ended, report.skipped.get("gone")), (Ended::Complete, Some(&1)));
    assert_eq!(report.failed["forbidden"].first[0].key, "large.jpg");
}
