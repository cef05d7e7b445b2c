//! The line: what a request comes to, whatever the stores do meanwhile. [`uploads`] has what an upload comes to.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::future::pending;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pixfront::error::Kind;
use pixfront::format::Format;
use pixfront::store::{Attributes, Stores};
use tokio::sync::Notify;

use crate::pictures;
use crate::world::{Op, Place, World, look};

mod afterwards;
mod counted;
mod uploads;

const CAT: &str = "photos/cat.jpg";
const CACHED: &str = "public, max-age=86400, s-maxage=86400";

#[tokio::test]
async fn a_picture_is_made_stored_and_recorded() {
    let world = World::new();
    let source_etag = world.put(CAT, pictures::jpeg(120, 80)).await;
    let picture = world.respond("/photos/cat.jpg?f=webp&w=60").await.unwrap();
    assert_eq!(look(&picture.body), ("webp", 60, 40));
    assert_eq!((&*picture.content_type, &*picture.cache_control), ("image/webp", CACHED));
    assert!(picture.is_stored);

    let stored = world.stores.variants.get("photos/cat.jpg/w=60,f=webp", u64::MAX).await.unwrap();
    assert_eq!(stored.body, picture.body);
    assert_eq!(stored.head.etag, picture.etag);
    let attributes = stored.head.attributes;
    assert_eq!((&*attributes.content_type, attributes.cache_control.as_deref()), ("image/webp", Some(CACHED)));
    let metadata: Vec<_> = attributes.metadata.iter().map(|(name, value)| (&**name, &**value)).collect();
    // The first half of SHA-256 of `photos/cat.jpg`, by `sha256sum`.
    let tag = "9c4712116d1c1877625b387799d06180";
    assert_eq!(metadata, [("cache-tag", tag), ("epoch", "3"), ("source-etag", &source_etag)]);
    assert_eq!(picture.cache_tag, tag);

    let row = world.stores.ledger.variants_of(CAT).await.unwrap().remove(0);
    assert_eq!((&*row.name, &*row.variant, &*row.format), (CAT, "w=60,f=webp", "webp"));
    assert_eq!((row.width, row.height, row.bytes), (60, 40, picture.body.len() as u64));
    assert_eq!(row.source_etag, source_etag);
    assert!(row.time_ms > 1_700_000_000_000, "in milliseconds since 1970");
}

#[tokio::test]
async fn what_is_stored_is_not_made_again() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(120, 80)).await;
    let first = world.respond("/photos/cat.jpg?w=60").await.unwrap();
    let second = world.respond("/photos/cat.jpg?dpr=2&w=30&utm_source=x").await.unwrap();
    assert_eq!(world.service.counters.renders.get(), 1);
    assert!(second.is_stored);
    let facts = |picture: &pixfront::reply::Picture| {
        let strings = [&picture.content_type, &picture.cache_control, &picture.etag, &picture.cache_tag];
        strings.map(String::clone)
    };
    assert_eq!((first.body.clone(), facts(&first)), (second.body.clone(), facts(&second)));
}

#[tokio::test]
async fn a_variant_of_an_older_epoch_is_made_anew() {
    for metadata in [&[("epoch", "0")][..], &[]] {
        let world = World::new();
        world.put(CAT, pictures::jpeg(120, 80)).await;
        world.put_variant("photos/cat.jpg/w=60", metadata).await;
        let picture = world.respond("/photos/cat.jpg?w=60").await.unwrap();
        assert_eq!(look(&picture.body), ("jpeg", 60, 40));
        let stored = world.stores.variants.get("photos/cat.jpg/w=60", u64::MAX).await.unwrap();
        assert_eq!(stored.body, picture.body, "the old one is replaced");
    }
}

#[tokio::test]
async fn every_url_has_its_key_and_its_size() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(120, 81)).await;
    world.put("a b+c/그림 (1).png", pictures::see_through_png(50, 40)).await;
    let table = [
        ("/photos/cat.jpg?w=60", "photos/cat.jpg/w=60", ("jpeg", 60, 41)),
        ("/photos/cat.jpg?h=27&f=png", "photos/cat.jpg/h=27,f=png", ("png", 40, 27)),
        ("/photos/cat.jpg?h=20&w=20", "photos/cat.jpg/w=20,h=20", ("jpeg", 20, 14)),
        ("/photos/cat.jpg?fit=cover&w=20&h=20", "photos/cat.jpg/w=20,h=20,fit=cover", ("jpeg", 20, 20)),
        ("/photos/cat.jpg?width=10&dpr=1.5", "photos/cat.jpg/w=15", ("jpeg", 15, 10)),
        ("/photos/cat.jpg?w=8000", "photos/cat.jpg/w=8000", ("jpeg", 120, 81)),
        ("/photos/cat.jpg?q=30", "photos/cat.jpg/q=30", ("jpeg", 120, 81)),
        ("/photos%2Fcat.jpg?f=webp&q=80", "photos/cat.jpg/f=webp", ("webp", 120, 81)),
        ("/resized-photos/cat.jpg", "resized-photos/cat.jpg", ("jpeg", 60, 40)),
        ("/a%20b+c/%EA%B7%B8%EB%A6%BC%20(1).png?w=25", "a b+c/그림 (1).png/w=25", ("png", 25, 20)),
    ];
    for (url, key, facts) in table {
        let picture = world.respond(url).await.unwrap();
        assert_eq!(look(&picture.body), facts, "{url}");
        assert_eq!(world.stores.variants.get(key, u64::MAX).await.unwrap().body, picture.body, "{url}");
    }
    assert_eq!(world.variants().await.len(), table.len());
    assert!(
        world.rows(CAT).await.contains(&"resized-photos/cat.jpg".to_owned()),
        "a thumbnail's row has its whole key"
    );
}

#[tokio::test]
async fn what_cannot_be_made_is_said_by_its_kind() {
    let world = World::with(|config| {
        config.source_bytes = 20_000;
        config.image.limits.source_pixels = 1_000_000;
        config.policy.formats = [Format::Jpeg, Format::Png].into_iter().collect();
    });
    let mut torn = pictures::jpeg(64, 64);
    torn.truncate(torn.len() / 2);
    for (key, body) in [
        ("cat.jpg", pictures::jpeg(64, 64)),
        ("long.png", pictures::png(400, 400)),
        ("bomb.png", pictures::png_bomb(60_000, 60_000)),
        ("bomb.jpg", pictures::jpeg_bomb(60_000, 60_000)),
        ("letter.pdf", b"%PDF-1.7 and so on".to_vec()),
        ("empty.jpg", Vec::new()),
        ("torn.jpg", torn),
    ] {
        world.put(key, body).await;
    }
    let table = [
        ("/nothing.jpg?w=10", Kind::NotFound),
        ("/nothing.jpg", Kind::NotFound),
        ("/resized-nothing.jpg", Kind::NotFound),
        ("/long.png?w=10", Kind::TooLarge),
        ("/bomb.png?w=10", Kind::TooLarge),
        ("/bomb.jpg?w=10", Kind::TooLarge),
        ("/letter.pdf?f=png", Kind::Unsupported),
        ("/empty.jpg?w=10", Kind::Unsupported),
        ("/torn.jpg?w=10", Kind::Corrupt),
        ("/cat.jpg?f=avif", Kind::Unsupported),
        ("/cat.jpg?w=0", Kind::Invalid),
        ("/cat.jpg?w=8000&dpr=2", Kind::Invalid),
        ("/resized-cat.jpg?w=10", Kind::Invalid),
        ("/resized-resized-cat.jpg", Kind::Invalid),
        // Its bucket has it, so it must have been the bucket that failed.
        ("/cat.jpg", Kind::Upstream),
    ];
    for (url, kind) in table {
        let error = world.respond(url).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{url}: {}", error.chain());
    }
    assert_eq!(world.variants().await, Vec::<String>::new());
    assert_eq!(world.messages().await, [], "a viewer's mistakes are no failures of uploads");
}

/// What becomes of a picture whose store fails: kept there, how cached, and what is counted.
#[tokio::test]
async fn a_failing_store_never_takes_the_picture_away() {
    let table = [
        // (place, op, which call, is_stored, rows, Cache-Control, puts_failed, records_failed)
        (Place::Variants, Op::Put, 1, false, 0, CACHED, 1, 0),
        (Place::Table, Op::Record, 1, true, 0, CACHED, 0, 1),
        // Whether the original is still the same is not known.
        (Place::Originals, Op::Head, 1, false, 0, "no-store", 1, 0),
    ];
    for (place, op, nth, is_stored, rows, cache_control, puts_failed, records_failed) in table {
        let world = World::new();
        world.put(CAT, pictures::jpeg(120, 80)).await;
        world.script.fail(place, op, nth, Kind::Upstream);
        let picture = world.respond("/photos/cat.jpg?w=60").await.unwrap();
        assert_eq!(look(&picture.body), ("jpeg", 60, 40), "{place:?} {op:?}");
        assert_eq!((picture.is_stored, &*picture.cache_control), (is_stored, cache_control), "{place:?} {op:?}");
        assert_eq!(world.variants().await.len(), usize::from(is_stored), "{place:?} {op:?}");
        assert_eq!(world.rows(CAT).await.len(), rows, "{place:?} {op:?}");
        let counters = &world.service.counters;
        let counted = (counters.puts_failed.get(), counters.records_failed.get());
        assert_eq!(counted, (puts_failed, records_failed), "{place:?} {op:?}");
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_said() {
    let table =
        [(Place::Originals, Kind::Upstream), (Place::Originals, Kind::Forbidden), (Place::Variants, Kind::Upstream)];
    for (place, kind) in table {
        let world = World::new();
        world.put(CAT, pictures::jpeg(120, 80)).await;
        world.script.fail(place, Op::Get, 1, kind);
        assert_eq!(world.respond("/photos/cat.jpg?w=60").await.unwrap_err().kind(), kind, "{place:?}");
        assert!(world.respond("/photos/cat.jpg?w=60").await.is_ok(), "it was that one call");
    }
}

/// As S3 says of a missing key to a role that may not list the bucket.
#[tokio::test]
async fn a_forbidden_variant_counts_as_missing() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(120, 80)).await;
    world.script.fail(Place::Variants, Op::Get, 1, Kind::Forbidden);
    assert!(world.respond("/photos/cat.jpg?w=60").await.unwrap().is_stored);
}

async fn overwrite(stores: Stores, body: Vec<u8>) {
    stores.originals.put(CAT, Bytes::from(body), Attributes::default()).await.unwrap();
}

async fn delete(stores: Stores) {
    stores.originals.delete(&[CAT.to_owned()]).await.unwrap();
}

/// A world whose cat changes at some moment of the next request.
async fn changing(moment: usize, is_deleted: bool) -> World {
    let world = World::new();
    world.put(CAT, pictures::jpeg(120, 80)).await;
    let stores = world.stores.clone();
    let change =
        async move { if is_deleted { delete(stores).await } else { overwrite(stores, pictures::jpeg(90, 90)).await } };
    match moment {
        0 => world.script.after(Place::Originals, Op::Get, 1, change),
        1 => world.script.before(Place::Variants, Op::Put, 1, change),
        _ => world.script.after(Place::Variants, Op::Put, 1, change),
    }
    world
}

#[tokio::test]
async fn a_picture_of_replaced_bytes_is_not_kept_anywhere() {
    for moment in 0..3 {
        for is_deleted in [false, true] {
            let world = changing(moment, is_deleted).await;
            let picture = world.respond("/photos/cat.jpg?w=60").await.unwrap();
            assert_eq!(look(&picture.body), ("jpeg", 60, 40), "the answer is of the bytes that were read");
            assert_eq!((picture.is_stored, &*picture.cache_control), (false, "no-store"), "moment {moment}");
            assert_eq!(world.variants().await, Vec::<String>::new(), "moment {moment}");
            assert_eq!(world.rows(CAT).await, Vec::<String>::new(), "moment {moment}");
            match world.respond("/photos/cat.jpg?w=60").await {
                Ok(next) => assert_eq!(look(&next.body), ("jpeg", 60, 60), "moment {moment}"),
                Err(error) => assert_eq!((is_deleted, error.kind()), (true, Kind::NotFound), "moment {moment}"),
            }
        }
    }
}

#[tokio::test]
async fn a_picture_of_replaced_bytes_is_not_cached_even_where_it_cannot_be_deleted() {
    let world = changing(0, false).await;
    world.script.fail(Place::Variants, Op::Delete, 1, Kind::Upstream);
    let picture = world.respond("/photos/cat.jpg?w=60").await.unwrap();
    assert_eq!((picture.is_stored, &*picture.cache_control), (false, "no-store"));
    // The event of the overwrite finds it.
    world.ingest(CAT).await.unwrap();
    assert_eq!(world.variants().await, ["resized-photos/cat.jpg"]);
}

#[tokio::test]
async fn a_picture_of_replaced_bytes_is_not_cached_even_where_it_cannot_be_stored() {
    let world = changing(0, false).await;
    world.script.fail(Place::Variants, Op::Put, 1, Kind::Upstream);
    let picture = world.respond("/photos/cat.jpg?w=60").await.unwrap();
    assert_eq!((picture.is_stored, &*picture.cache_control), (false, "no-store"));
}

#[tokio::test]
async fn a_stored_variant_of_other_bytes_is_made_anew() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(120, 80)).await;
    world.respond("/photos/cat.jpg?w=60").await.unwrap();
    // Without its event.
    overwrite(world.stores.clone(), pictures::jpeg(90, 90)).await;
    assert_eq!(look(&world.respond("/photos/cat.jpg?w=60").await.unwrap().body), ("jpeg", 60, 60));
    delete(world.stores.clone()).await;
    assert_eq!(world.respond("/photos/cat.jpg?w=60").await.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn a_stored_variant_is_given_out_where_the_originals_cannot_be_asked() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(120, 80)).await;
    let first = world.respond("/photos/cat.jpg?w=60").await.unwrap();
    world.script.fail(Place::Originals, Op::Head, 1, Kind::Upstream);
    assert_eq!(world.respond("/photos/cat.jpg?w=60").await.unwrap().body, first.body);
    assert_eq!(world.service.counters.renders.get(), 1);
}

#[tokio::test]
async fn an_original_put_again_with_the_same_bytes_is_the_same() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(120, 80)).await;
    world.script.after(Place::Originals, Op::Get, 1, overwrite(world.stores.clone(), pictures::jpeg(120, 80)));
    assert!(world.respond("/photos/cat.jpg?w=60").await.unwrap().is_stored);
}

#[tokio::test]
async fn what_takes_too_long_ends_and_gives_its_place_back() {
    let world = World::with(|config| {
        config.renders = NonZeroUsize::MIN;
        config.render_queue = 0;
        config.deadline = Duration::from_millis(500);
    });
    world.put(CAT, pictures::jpeg(12, 8)).await;
    world.script.before(Place::Originals, Op::Get, 1, pending());
    assert_eq!(world.respond("/photos/cat.jpg?w=6").await.unwrap_err().kind(), Kind::Deadline);
    assert!(world.respond("/photos/cat.jpg?w=6").await.is_ok());
}

#[tokio::test]
async fn a_render_that_takes_too_long_is_stopped() {
    let world = World::with(|config| {
        config.renders = NonZeroUsize::MIN;
        config.render_queue = 0;
        config.deadline = Duration::from_millis(1);
    });
    world.put(CAT, pictures::png(1000, 1000)).await;
    assert_eq!(world.respond("/photos/cat.jpg?w=900").await.unwrap_err().kind(), Kind::Deadline);
    assert_eq!(world.variants().await, Vec::<String>::new());
    // The place comes back when its thread has ended; until then others are told to come again.
    world.put("tiny.png", pictures::png(1, 1)).await;
    let comes_back = async {
        while world.respond("/tiny.png?f=jpeg").await.is_err_and(|error| error.kind() == Kind::Busy) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), comes_back).await.unwrap();
}

#[tokio::test]
async fn those_over_the_queue_are_told_to_come_again() {
    for queue in [0, 1, 3] {
        let world = World::with(|config| {
            config.renders = NonZeroUsize::MIN;
            config.render_queue = queue;
        });
        world.put(CAT, pictures::jpeg(120, 80)).await;
        let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (in_get, may_leave) = (Arc::clone(&entered), Arc::clone(&leave));
        world.script.before(Place::Originals, Op::Get, 1, async move {
            in_get.notify_one();
            may_leave.notified().await;
        });
        // The first is in the middle, the next ones fill the queue, in the order of this list.
        let urls: Vec<_> = (10..=10 + queue).map(|side| format!("/photos/cat.jpg?w={side}")).collect();
        let taken = futures_util::future::join_all(urls.iter().map(|url| world.respond(url)));
        let refused = async {
            entered.notified().await;
            let error = world.respond("/photos/cat.jpg?w=99").await.unwrap_err();
            leave.notify_one();
            error
        };
        let (taken, refused) = tokio::join!(taken, refused);
        assert_eq!(refused.kind(), Kind::Busy, "queue {queue}");
        assert!(taken.iter().all(Result::is_ok), "queue {queue}");
        assert!(world.respond("/photos/cat.jpg?w=99").await.is_ok(), "there is room again");
    }
}
