//! S3's notifications.

use pixfront::error::{Error, Kind};
use pixfront::ingest::Outcome;
use pixfront::service::Service;
use pixfront::trigger::upload::{Handled, handle as handle_by};
use serde_json::{Value, json};

use super::{Dice, event, garbage, mutated};
use crate::pictures;
use crate::world::{Op, Place, World};

/// A world with two pictures and a letter.
async fn world() -> World {
    let world = World::new();
    world.put("one.jpg", pictures::jpeg(20, 20)).await;
    world.put("letter.pdf", b"%PDF-1.7".to_vec()).await;
    world.put("two.jpg", pictures::jpeg(40, 40)).await;
    world
}

/// Without a limit to the time.
async fn handle(service: &Service, event: Value) -> Result<Handled, Error> {
    handle_by(service, event, None).await
}

/// The outcomes in a word each.
fn words(handled: Result<Handled, Error>) -> Vec<String> {
    let word = |outcome| match outcome {
        Outcome::Ready(keys) => keys[0].to_string(),
        Outcome::Removed => "removed".to_owned(),
        Outcome::Skipped(_) => "skipped".to_owned(),
        Outcome::Failed { kind, .. } => kind.name().to_owned(),
    };
    handled.unwrap().outcomes.into_iter().map(word).collect()
}

#[tokio::test]
async fn keys_are_decoded_as_s3_encodes_them() {
    let mut encoded = event("s3-put");
    let table = [
        ("photos/a+b%2Bc+%EA%B7%B8%EB%A6%BC+%281%29.jpg", "photos/a b+c 그림 (1).jpg"),
        ("100%25.jpg", "100%.jpg"),
        ("a%2526b.jpg", "a%26b.jpg"),
        ("%2E%2Ehidden/a%3Db%26c.jpg", "..hidden/a=b&c.jpg"),
        ("plain-._~.jpg", "plain-._~.jpg"),
        ("caf%C3%A9/Stra%C3%9Fe.jpg", "café/Straße.jpg"),
        ("%F0%9F%90%88.jpg", "🐈.jpg"),
    ];
    for (in_event, key) in table {
        let world = World::new();
        world.put(key, pictures::jpeg(20, 20)).await;
        encoded["Records"][0]["s3"]["object"]["key"] = in_event.into();
        assert_eq!(words(handle(&world.service, encoded.clone()).await), [format!("resized-{key}")]);
        assert_eq!(world.variants().await, [format!("resized-{key}")]);
    }
    assert_eq!(event("s3-put")["Records"][0]["s3"]["object"]["key"], table[0].0, "the recording has one of them");
}

#[tokio::test]
async fn one_bad_record_does_not_hold_up_the_others() {
    let world = world().await;
    for _ in 0..2 {
        let outcomes = words(handle(&world.service, event("s3-several")).await);
        assert_eq!(outcomes, ["resized-one.jpg", "unsupported", "resized-two.jpg"]);
    }
    assert_eq!(world.variants().await, ["resized-one.jpg", "resized-two.jpg"]);
    assert_eq!(world.script.calls(Place::Variants, Op::Put), 2, "the duplicate made nothing");
    assert!(world.messages().await.iter().all(|message| message.body == "letter.pdf"));
}

#[tokio::test]
async fn a_record_that_must_come_again_does_not_hold_up_the_others_either() {
    let world = world().await;
    world.script.fail(Place::Originals, Op::Head, 1, Kind::Upstream);
    let error = handle(&world.service, event("s3-several")).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Upstream);
    assert_eq!(world.variants().await, ["resized-two.jpg"]);
    let outcomes = words(handle(&world.service, event("s3-several")).await);
    assert_eq!(outcomes, ["resized-one.jpg", "unsupported", "resized-two.jpg"]);
}

#[tokio::test]
async fn removed_and_expired_originals_are_removed() {
    let world = world().await;
    words(handle(&world.service, event("s3-several")).await);
    world.remove("one.jpg").await;
    // The event of two.jpg is late: it is there again.
    let outcomes = words(handle(&world.service, event("s3-removed")).await);
    assert_eq!(outcomes, ["removed", "resized-two.jpg", "removed"]);
    assert_eq!(world.variants().await, ["resized-two.jpg"]);
}

#[tokio::test]
async fn what_changes_no_original_is_ignored() {
    for name in ["s3-test-event", "s3-no-change"] {
        let world = world().await;
        assert_eq!(words(handle(&world.service, event(name)).await), Vec::<String>::new(), "{name}");
        assert_eq!(world.script.all_calls(), [], "{name}");
    }
    let world = world().await;
    assert_eq!(words(handle(&world.service, json!({ "Records": [] })).await), Vec::<String>::new());
}

/// With the prefix that the console shows, and each name under which an object can appear or go.
#[tokio::test]
async fn every_name_of_a_change_is_known() {
    let names = [
        "ObjectCreated:Put",
        "ObjectCreated:Post",
        "ObjectCreated:Copy",
        "ObjectCreated:CompleteMultipartUpload",
        "s3:ObjectCreated:Put",
        "ObjectRemoved:Delete",
        "ObjectRemoved:DeleteMarkerCreated",
        "LifecycleExpiration:Delete",
        "LifecycleExpiration:DeleteMarkerCreated",
    ];
    for name in names {
        let mut event = event("s3-put");
        event["Records"][0]["eventName"] = name.into();
        assert_eq!(words(handle(&world().await.service, event).await), ["removed"], "{name}");
    }
}

#[tokio::test]
async fn what_is_no_notification_is_invalid() {
    let world = world().await;
    let mut no_events = garbage();
    no_events.push(event("origin-response-403"));
    for no_event in no_events {
        let text = no_event.to_string();
        assert_eq!(handle(&world.service, no_event).await.unwrap_err().kind(), Kind::Invalid, "{text}");
    }
    assert_eq!(world.script.all_calls(), []);
}

#[tokio::test]
async fn mutated_notifications_are_dealt_with_or_refused() {
    let world = world().await;
    let events = ["s3-put", "s3-several", "s3-removed", "s3-test-event"].map(event);
    let mut dice = Dice(1_121);
    let (mut done, mut refused) = (0, 0);
    for round in 0..2_000 {
        match handle(&world.service, mutated(&events[round % events.len()], &mut dice)).await {
            Ok(_) => done += 1,
            Err(error) => {
                assert_eq!(error.kind(), Kind::Invalid, "{}", error.chain());
                refused += 1;
            }
        }
    }
    assert!(done > 500 && refused > 100, "the dice are loaded: {done} dealt with, {refused} refused");
    assert!(world.messages().await.iter().all(|message| message.attributes.len() <= 10));
}
