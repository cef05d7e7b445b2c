//! What an upload comes to: thumbnails, rows, purged variants, or one message on the failures queue.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use pixfront::error::{Error, Kind};
use pixfront::ingest::{Outcome, Upload};
use pixfront::key::etag;
use pixfront::request::Request;
use pixfront::store::Attributes;
use pixfront::variant::{Recipe, Thumbnail};

use super::{CAT, delete, overwrite};
use crate::pictures;
use crate::world::{Op, Place, World, look};

/// The keys of what is ready; panics of any other outcome.
fn ready(outcome: Result<Outcome, Error>) -> Vec<String> {
    match outcome {
        Ok(Outcome::Ready(keys)) => keys.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

async fn size_of(world: &World, key: &str) -> (&'static str, u32, u32) {
    look(&world.stores.variants.get(key, u64::MAX).await.unwrap().body)
}

#[tokio::test]
async fn an_upload_gets_its_half_size_thumbnail_once() {
    let world = World::new();
    let source_etag = world.put(CAT, pictures::jpeg(121, 80)).await;
    for _ in 0..3 {
        assert_eq!(ready(world.ingest(CAT).await), ["resized-photos/cat.jpg"]);
    }
    assert_eq!(size_of(&world, "resized-photos/cat.jpg").await, ("jpeg", 60, 40));
    assert_eq!(world.script.calls(Place::Variants, Op::Put), 1, "duplicates put nothing");
    assert_eq!(world.service.counters.renders.get(), 1);
    let rows = world.stores.ledger.variants_of(CAT).await.unwrap();
    let facts: Vec<_> = rows.iter().map(|row| (&*row.variant, row.width, row.height, &*row.source_etag)).collect();
    assert_eq!(facts, [("resized-photos/cat.jpg", 60, 40, &*source_etag)]);
    assert_eq!(world.messages().await, []);
}

fn thumbnail(prefix: &str, query: &str) -> Thumbnail {
    let request = Request::parse("/x", query, None).unwrap();
    let recipe = Recipe::settle(&request.params, request.accepts, &pixfront::variant::Policy::default()).unwrap();
    Thumbnail { prefix: prefix.to_owned(), recipe }
}

/// Wherever in the list it stands; of several that can't be made the message names the first.
#[tokio::test]
async fn what_can_be_made_is_made_beside_what_can_not() {
    let world = World::with(|config| {
        config.policy.thumbnails =
            vec![thumbnail("full-", "f=webp"), thumbnail("small-", "w=200"), thumbnail("whole-", "f=webp&q=1")];
    });
    world.put(CAT, pictures::png(20_000, 4)).await;
    for messages in 1..=2 {
        let outcome = world.ingest(CAT).await.unwrap();
        assert!(matches!(outcome, Outcome::Failed { kind: Kind::TooLarge, .. }), "{outcome:?}");
        assert_eq!(world.variants().await, ["small-photos/cat.jpg"]);
        assert_eq!(world.rows(CAT).await, ["small-photos/cat.jpg"]);
        let left = world.messages().await;
        assert_eq!((left.len(), left[0].attributes["recipe"].as_str()), (messages, "full-"));
    }
    assert_eq!(world.script.calls(Place::Variants, Op::Put), 1, "and what is there is not made again");
}

#[tokio::test]
async fn the_seeds_other_lists_of_thumbnails_can_be_had() {
    let world = World::with(|config| {
        config.policy.thumbnails = vec![
            thumbnail("thumbnail-", "w=128&h=128"),
            thumbnail("small-", "w=368"),
            thumbnail("medium-", "w=720"),
            thumbnail("large-", "w=1440"),
        ];
    });
    world.put(CAT, pictures::png(900, 600)).await;
    let keys = ready(world.ingest(CAT).await);
    let mut sizes = Vec::new();
    for key in &keys {
        let (_, width, height) = size_of(&world, key).await;
        sizes.push((key.as_str(), width, height));
    }
    let wanted = [
        ("thumbnail-photos/cat.jpg", 128, 85),
        ("small-photos/cat.jpg", 368, 245),
        ("medium-photos/cat.jpg", 720, 480),
        ("large-photos/cat.jpg", 900, 600),
    ];
    assert_eq!(sizes, wanted);
    assert_eq!(world.rows(CAT).await.len(), 4);
    assert_eq!(ready(world.ingest(CAT).await).len(), 4);
    assert_eq!(world.script.calls(Place::Variants, Op::Put), 4);
    assert_eq!(world.script.calls(Place::Originals, Op::Get), 1, "one reading for all four, and none for a duplicate");

    world.remove(CAT).await;
    assert_eq!(world.ingest(CAT).await.unwrap(), Outcome::Removed);
    assert_eq!((world.variants().await, world.rows(CAT).await), (vec![], vec![]));
}

/// Two originals, one of which lies where the other's variants do, each with some variants.
async fn neighbours() -> World {
    let world = World::new();
    for key in ["cat.jpg", "cat.jpg/x.png", "cat.jpg2"] {
        world.put(key, pictures::png(40, 40)).await;
        world.ingest(key).await.unwrap();
        for query in ["w=4", "w=5&h=5&fit=cover&f=webp"] {
            world.respond(&format!("/{key}?{query}")).await.unwrap();
        }
    }
    // What is no recipe is no variant of the cat.
    world.put_variant("cat.jpg/readme", &[]).await;
    world
}

const OF_OTHERS: [&str; 7] = [
    "cat.jpg/readme",
    "cat.jpg/x.png/w=4",
    "cat.jpg/x.png/w=5,h=5,f=webp,fit=cover",
    "cat.jpg2/w=4",
    "cat.jpg2/w=5,h=5,f=webp,fit=cover",
    "resized-cat.jpg/x.png",
    "resized-cat.jpg2",
];

#[tokio::test]
async fn an_overwritten_original_takes_its_own_variants_along() {
    let world = neighbours().await;
    world.put("cat.jpg", pictures::png(60, 60)).await;
    // As an older version may have written it; still a variant.
    world.put_variant("cat.jpg/f=gif,w=9999", &[("source-etag", "of other bytes")]).await;
    world.put_variant("cat.jpg/w=6", &[]).await;
    assert_eq!(ready(world.ingest("cat.jpg").await), ["resized-cat.jpg"]);

    let mut wanted = [&OF_OTHERS[..], &["resized-cat.jpg"]].concat();
    wanted.sort_unstable();
    assert_eq!(world.variants().await, wanted);
    assert_eq!(size_of(&world, "resized-cat.jpg").await, ("png", 30, 30));
    assert_eq!(world.rows("cat.jpg").await, ["resized-cat.jpg"]);
    assert_eq!(world.rows("cat.jpg/x.png").await.len(), 3);
}

#[tokio::test]
async fn what_is_of_the_current_bytes_is_spared() {
    let world = neighbours().await;
    let before = world.variants().await;
    ready(world.ingest("cat.jpg").await);
    assert_eq!(world.variants().await, before);
    assert_eq!(world.rows("cat.jpg").await.len(), 3);
}

#[tokio::test]
async fn a_removed_original_takes_everything_along() {
    let world = neighbours().await;
    world.remove("cat.jpg").await;
    assert_eq!(world.ingest("cat.jpg").await.unwrap(), Outcome::Removed);
    assert_eq!(world.variants().await, OF_OTHERS);
    assert_eq!(world.rows("cat.jpg").await, Vec::<String>::new());
    assert_eq!(world.ingest("cat.jpg").await.unwrap(), Outcome::Removed, "a duplicate does no harm");
    assert_eq!(world.messages().await, []);
}

#[tokio::test]
async fn events_that_come_late_find_what_is_there_now() {
    let world = World::new();
    // The event of a creation comes after the deletion, and that of the deletion after the next creation.
    world.put(CAT, pictures::jpeg(80, 80)).await;
    world.remove(CAT).await;
    assert_eq!(world.ingest(CAT).await.unwrap(), Outcome::Removed);
    world.put(CAT, pictures::jpeg(40, 40)).await;
    assert_eq!(ready(world.ingest(CAT).await), ["resized-photos/cat.jpg"]);
    assert_eq!(ready(world.ingest(CAT).await), ["resized-photos/cat.jpg"]);
    assert_eq!(size_of(&world, "resized-photos/cat.jpg").await, ("jpeg", 20, 20));
}

#[tokio::test]
async fn more_variants_than_a_page_of_the_listing_are_purged() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(8, 8)).await;
    for side in 1..=2_100 {
        world.put_variant(&format!("photos/cat.jpg/w={side}"), &[("source-etag", "of other bytes")]).await;
    }
    ready(world.ingest(CAT).await);
    assert_eq!(world.variants().await, ["resized-photos/cat.jpg"]);
}

#[tokio::test]
async fn a_change_meanwhile_is_followed_at_once() {
    for (place, op) in [(Place::Originals, Op::Head), (Place::Originals, Op::Get), (Place::Variants, Op::Put)] {
        let world = World::new();
        world.put(CAT, pictures::jpeg(120, 80)).await;
        world.script.after(place, op, 1, overwrite(world.stores.clone(), pictures::jpeg(60, 60)));
        assert_eq!(ready(world.ingest(CAT).await), ["resized-photos/cat.jpg"], "{place:?} {op:?}");
        assert_eq!(size_of(&world, "resized-photos/cat.jpg").await, ("jpeg", 30, 30), "{place:?} {op:?}");
        assert_eq!(world.rows(CAT).await, ["resized-photos/cat.jpg"], "{place:?} {op:?}");
        assert_eq!(world.messages().await, [], "{place:?} {op:?}");
    }
}

#[tokio::test]
async fn a_deletion_meanwhile_is_no_failure() {
    for (place, op) in [(Place::Originals, Op::Head), (Place::Originals, Op::Get), (Place::Variants, Op::Put)] {
        let world = World::new();
        world.put(CAT, pictures::jpeg(120, 80)).await;
        world.script.after(place, op, 1, delete(world.stores.clone()));
        assert_eq!(world.ingest(CAT).await.unwrap(), Outcome::Removed, "{place:?} {op:?}");
        assert_eq!((world.variants().await, world.rows(CAT).await), (vec![], vec![]), "{place:?} {op:?}");
        assert_eq!(world.messages().await, [], "{place:?} {op:?}");
    }
}

/// The later upload's event comes and goes while the earlier one's is under way, which then undoes its work.
#[tokio::test]
async fn a_slow_event_leaves_the_later_ones_thumbnail() {
    for (place, op) in [(Place::Originals, Op::Head), (Place::Originals, Op::Get)] {
        let world = World::new();
        world.put(CAT, pictures::jpeg(120, 80)).await;
        let (service, stores) = (Arc::clone(&world.service), world.stores.clone());
        world.script.after(place, op, 1, async move {
            overwrite(stores, pictures::jpeg(60, 60)).await;
            let later = Upload { bucket: "originals".into(), key: CAT.into() };
            assert!(matches!(service.ingest(&later).await, Ok(Outcome::Ready(_))));
        });
        ready(world.ingest(CAT).await);
        assert_eq!(size_of(&world, "resized-photos/cat.jpg").await, ("jpeg", 30, 30), "{place:?} {op:?}");
        assert_eq!(world.rows(CAT).await, ["resized-photos/cat.jpg"], "{place:?} {op:?}");
    }
}

#[tokio::test]
async fn an_original_that_never_rests_is_tried_again_later() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(20, 20)).await;
    for (change, side) in (1..=8).zip(21..) {
        let overwrite = overwrite(world.stores.clone(), pictures::jpeg(side, 20));
        world.script.after(Place::Originals, Op::Head, change, overwrite);
    }
    assert_eq!(world.ingest(CAT).await.unwrap_err().kind(), Kind::Busy);
    assert_eq!(world.messages().await, [], "it is no failure yet");
    ready(world.ingest(CAT).await);
}

#[tokio::test]
async fn rows_without_a_variant_are_forgotten() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(120, 80)).await;
    world.respond("/photos/cat.jpg?w=60").await.unwrap();
    world.stores.variants.delete(&["photos/cat.jpg/w=60".to_owned()]).await.unwrap();
    assert_eq!(world.rows(CAT).await, ["w=60"]);
    world.put(CAT, pictures::jpeg(60, 60)).await;
    ready(world.ingest(CAT).await);
    assert_eq!(world.rows(CAT).await, ["resized-photos/cat.jpg"]);
}

#[tokio::test]
async fn an_original_under_a_thumbnails_name_is_skipped() {
    let world = World::new();
    for key in ["resized-cat.jpg", "resized-", "resized-resized-cat.jpg", "resized-photos/cat.jpg"] {
        world.put(key, pictures::jpeg(20, 20)).await;
        assert!(matches!(world.ingest(key).await, Ok(Outcome::Skipped(_))), "{key}");
    }
    assert_eq!((world.variants().await, world.messages().await), (vec![], vec![]));
}

fn hopeless() -> Vec<(&'static str, &'static str, Option<Vec<u8>>, Kind)> {
    let mut torn = pictures::jpeg(64, 64);
    torn.truncate(torn.len() - 600);
    vec![
        ("originals", "letter.pdf", Some(b"%PDF-1.7".to_vec()), Kind::Unsupported),
        ("originals", "empty.jpg", Some(Vec::new()), Kind::Unsupported),
        ("originals", "torn.jpg", Some(torn), Kind::Corrupt),
        ("originals", "bomb.png", Some(pictures::png_bomb(60_000, 60_000)), Kind::TooLarge),
        ("originals", "bomb 그림.jpg", Some(pictures::jpeg_bomb(60_000, 60_000)), Kind::TooLarge),
        ("originals", "long.bin", Some(vec![0; 50_001]), Kind::TooLarge),
        ("originals", "folder/", Some(Vec::new()), Kind::Invalid),
        ("originals", "a//b.jpg", Some(pictures::jpeg(8, 8)), Kind::Invalid),
        ("originals", "cat.jpg/w=4", Some(pictures::jpeg(8, 8)), Kind::Invalid),
        ("elsewhere", "cat.jpg", None, Kind::Invalid),
    ]
}

#[tokio::test]
async fn what_is_hopeless_leaves_exactly_one_message() {
    for (bucket, key, body, kind) in hopeless() {
        let world = World::with(|config| config.source_bytes = 50_000);
        if let Some(body) = &body {
            let attributes = Attributes::default();
            world.stores.originals.put(key, Bytes::from(body.clone()), attributes).await.unwrap();
        }
        let outcome = world.service.ingest(&Upload { bucket: bucket.into(), key: key.into() }).await.unwrap();
        let Outcome::Failed { kind: found, context } = outcome else { panic!("{key}: {outcome:?}") };
        assert_eq!(found, kind, "{key}: {context}");
        assert_eq!((world.variants().await, world.rows(key).await), (vec![], vec![]), "{key}");

        let messages = world.messages().await;
        assert_eq!((messages.len(), &*messages[0].body), (1, key));
        let mut wanted = BTreeMap::from([
            ("bucket".to_owned(), bucket.to_owned()),
            ("kind".to_owned(), kind.name().to_owned()),
            ("message".to_owned(), context),
            ("stage".to_owned(), "upload".to_owned()),
        ]);
        wanted.extend(body.map(|body| ("etag".to_owned(), etag(&body))));
        // What is too long to be read, or can't be named, comes to no thumbnail.
        let came_to_one = kind != Kind::Invalid && key != "long.bin";
        wanted.extend(came_to_one.then(|| ("recipe".to_owned(), "resized-".to_owned())));
        assert_eq!(messages[0].attributes, wanted, "{key}");
        assert_eq!(world.service.counters.failures_sent.get(), 1);
    }
}

#[tokio::test]
async fn an_event_of_another_bucket_says_nothing_of_our_object() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(8, 8)).await;
    world.service.ingest(&Upload { bucket: "elsewhere".into(), key: CAT.into() }).await.unwrap();
    assert_eq!(world.messages().await[0].attributes.get("etag"), None);
    assert_eq!(world.variants().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_upload_that_turns_bad_loses_what_was_made_of_the_good_one() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(120, 80)).await;
    world.ingest(CAT).await.unwrap();
    world.respond("/photos/cat.jpg?w=10").await.unwrap();
    world.put(CAT, b"not a picture any more".to_vec()).await;
    assert!(matches!(world.ingest(CAT).await, Ok(Outcome::Failed { kind: Kind::Unsupported, .. })));
    assert_eq!((world.variants().await, world.rows(CAT).await), (vec![], vec![]));
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_keeps_the_event_alive() {
    let world = World::new();
    world.put("letter.pdf", b"%PDF-1.7".to_vec()).await;
    world.script.fail(Place::Failures, Op::Send, 1, Kind::Upstream);
    assert_eq!(world.ingest("letter.pdf").await.unwrap_err().kind(), Kind::Upstream);
    assert!(matches!(world.ingest("letter.pdf").await, Ok(Outcome::Failed { .. })));
    assert_eq!(world.messages().await.len(), 1);
}
