//! Failures that are tried again, by the command and behind it.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use pixfront::error::{Kind, Result};
use pixfront::store::{Attributes, Message, Stores, local};
use pixfront::trigger::failure::read;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::pictures;
use crate::triggers::event;
use crate::world::{Op, Place, World, look, program};

fn message(body: &str, attributes: &[(&str, &str)]) -> Message {
    let attributes: BTreeMap<_, _> =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Message { body: body.to_owned(), attributes }
}

/// As the upload trigger leaves it.
fn of_upload(key: &str) -> Message {
    message(key, &[("bucket", "originals"), ("kind", "corrupt"), ("message", "torn"), ("stage", "upload")])
}

/// As a function URL leaves it.
fn of_variant(key: &str, recipe: &str) -> Message {
    message(key, &[("bucket", "originals"), ("kind", "upstream"), ("stage", "persist"), ("recipe", recipe)])
}

/// As Lambda leaves it, of an event that failed thrice.
fn of_lambda(event: &Value) -> Message {
    let record = json!({
        "version": "1.0",
        "timestamp": "2026-11-22T09:00:00.000Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:pixfront-upload-trigger:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": { "errorMessage": "S3 is away" },
    });
    message(&record.to_string(), &[])
}

fn torn() -> Vec<u8> {
    let mut jpeg = pictures::jpeg(64, 64);
    jpeg.truncate(jpeg.len() / 2);
    jpeg
}

async fn redriven(world: &World, message: &Message) -> Result<()> {
    world.service.redrive(&read(message, "originals")?).await
}

#[tokio::test]
async fn every_shape_of_a_failure_is_tried_again() {
    // The event's own key, and one that a hand-made system left alone.
    let key = "photos/a b+c 그림 (1).jpg";
    let world = World::new();
    world.put(key, pictures::jpeg(120, 80)).await;
    let resized = format!("resized-{key}");
    let shapes = [
        (of_upload(key), resized.as_str(), resized.clone()),
        (of_lambda(&event("s3-put")), &resized, resized.clone()),
        (of_lambda(&event("eventbridge-created")), "", String::new()),
        (message(key, &[]), &resized, resized.clone()),
        (of_variant(key, "w=40,f=webp"), "w=40,f=webp", format!("{key}/w=40,f=webp")),
        (of_variant(key, "resized-"), &resized, resized.clone()),
    ];
    for (message, row, stored) in shapes {
        redriven(&world, &message).await.unwrap_or_else(|error| panic!("{message:?}: {}", error.chain()));
        if !stored.is_empty() {
            assert_eq!(
                (world.variants().await, world.rows(key).await),
                (vec![stored.clone()], vec![row.to_owned()]),
                "{message:?}"
            );
            world.stores.variants.delete(&[stored]).await.unwrap();
            world.stores.ledger.forget(key, &[row.to_owned()]).await.unwrap();
        }
    }
    assert_eq!(world.messages().await, [], "nothing leaves a second message");
}

#[tokio::test]
async fn what_fails_again_is_an_error_and_no_second_message() {
    let world = World::new();
    world.put("torn.jpg", torn()).await;
    let mut no_bucket = of_upload("x");
    no_bucket.attributes.remove("bucket");
    for (message, kind) in [
        (of_upload("torn.jpg"), Kind::Corrupt),
        (of_variant("torn.jpg", "w=4"), Kind::Corrupt),
        (message("torn.jpg", &[("bucket", "another")]), Kind::Invalid),
        (of_upload("torn.jpg/w=4"), Kind::Invalid),
        (of_variant("torn.jpg", "w=9999"), Kind::Invalid),
        (of_variant("a//b", "w=4"), Kind::Invalid),
        (message("torn.jpg", &[("stage", "dreaming"), ("bucket", "originals")]), Kind::Invalid),
        // What could not be read when it came can't be now.
        (no_bucket, Kind::Invalid),
        (of_lambda(&json!({ "Records": [{}] })), Kind::Invalid),
    ] {
        let error = redriven(&world, &message).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{message:?}: {}", error.chain());
    }
    // Where the original is gone there is nothing to be done, and what is reserved never was.
    for message in [of_upload("gone.jpg"), of_variant("gone.jpg", "w=4"), of_upload("resized-cat.jpg")] {
        redriven(&world, &message).await.unwrap();
    }
    assert_eq!(world.messages().await, []);
}

#[tokio::test]
async fn a_variant_that_is_not_stored_again_is_not_done() {
    let world = World::new();
    world.put("cat.jpg", pictures::jpeg(60, 40)).await;
    world.script.fail(Place::Variants, Op::Put, 1, Kind::Upstream);
    let error = redriven(&world, &of_variant("cat.jpg", "w=4")).await.unwrap_err();
    assert_eq!((error.kind(), error.context()), (Kind::Upstream, "the picture was made and could not be stored"));
    redriven(&world, &of_variant("cat.jpg", "w=4")).await.unwrap();
    redriven(&world, &of_variant("cat.jpg", "w=4")).await.unwrap();
    assert_eq!(world.service.counters.renders.get(), 2, "what is stored is not made again");
}

/// Overwritten while it is made, a thumbnail is made of the new bytes at once: then there is nothing left to be done.
#[tokio::test]
async fn a_thumbnail_that_was_made_of_the_newer_bytes_is_done() {
    let world = World::new();
    world.put("cat.jpg", pictures::jpeg(60, 40)).await;
    let stores = world.stores.clone();
    // The last look at the original, behind that of the redrive itself.
    world.script.before(Place::Originals, Op::Head, 2, async move {
        stores.originals.put("cat.jpg", pictures::jpeg(80, 40).into(), Attributes::default()).await.unwrap();
    });
    redriven(&world, &of_variant("cat.jpg", "resized-")).await.unwrap();
    let thumbnail = world.stores.variants.get("resized-cat.jpg", u64::MAX).await.unwrap();
    assert_eq!(look(&thumbnail.body), ("jpeg", 40, 20));
    // Any other variant is taken back and not made again, and so its message stays for the next time.
    let stores = world.stores.clone();
    world.script.before(Place::Originals, Op::Head, 2, async move {
        stores.originals.put("cat.jpg", pictures::jpeg(60, 40).into(), Attributes::default()).await.unwrap();
    });
    let error = redriven(&world, &of_variant("cat.jpg", "w=4")).await.unwrap_err();
    assert_eq!(error.context(), "the original changed while the picture was made");
}

/// A local store with these messages, a whole cat and a torn dog.
async fn store(messages: impl IntoIterator<Item = Message>) -> (TempDir, Stores) {
    let dir = TempDir::new().unwrap();
    let stores = local::open(dir.path()).unwrap();
    for (key, body) in [("cat.jpg", pictures::jpeg(60, 40)), ("dog.jpg", torn())] {
        stores.originals.put(key, body.into(), Attributes::default()).await.unwrap();
    }
    for message in messages {
        stores.failures.send(message).await.unwrap();
    }
    (dir, stores)
}

fn redrive(data: &Path, arguments: &[&str]) -> Output {
    program(["redrive", "--data"]).arg(data).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

const DOG: &str = "dog.jpg  corrupt: the JPEG is cut off: it has no end marker\n";

#[tokio::test]
async fn what_works_loses_its_message_and_what_does_not_keeps_it() {
    let dog = of_upload("dog.jpg");
    let many = (0..30).map(|i| of_variant("cat.jpg", &format!("w={}", i + 4)));
    let (dir, stores) = store([of_upload("cat.jpg"), dog.clone()].into_iter().chain(many)).await;
    let looked = redrive(dir.path(), &["--dry-run"]);
    assert_eq!(said(&looked), "32 to try again, 0 that can't be read\n");
    assert_eq!(stores.failures.peek(100).await.unwrap().len(), 32);

    assert_eq!(said(&redrive(dir.path(), &[])), format!("{DOG}31 done, 1 kept\n"));
    assert_eq!(stores.failures.peek(100).await.unwrap(), std::slice::from_ref(&dog));
    assert_eq!(stores.ledger.variants_of("cat.jpg").await.unwrap().len(), 31);
    // It is not hidden meanwhile, so that twice is no different from once.
    assert_eq!(said(&redrive(dir.path(), &[])), format!("{DOG}0 done, 1 kept\n"));
    assert_eq!(stores.failures.peek(100).await.unwrap(), [dog]);

    stores.originals.put("dog.jpg", pictures::jpeg(60, 40).into(), Attributes::default()).await.unwrap();
    assert_eq!(said(&redrive(dir.path(), &[])), "1 done, 0 kept\n");
    assert_eq!(stores.failures.peek(100).await.unwrap(), []);
    assert!(stores.variants.head("resized-dog.jpg").await.is_ok());
}

/// Many uploads of one torn picture are many messages, one like the other; none is lost and none tried for ever.
#[tokio::test]
async fn twins_are_kept_alike() {
    let twins = vec![of_upload("dog.jpg"); 25];
    let (dir, stores) = store(twins.into_iter().chain([of_upload("cat.jpg")])).await;
    let report = said(&redrive(dir.path(), &[]));
    assert!(report.starts_with(DOG) && report.contains("1 done, "), "{report}");
    // None is hidden.
    assert_eq!(stores.failures.receive(100, 30).await.unwrap().len(), 25);
}

#[tokio::test]
async fn a_report_can_be_json_and_a_run_short() {
    let (dir, stores) = store([of_upload("dog.jpg"), of_upload("cat.jpg"), of_upload("cat.jpg")]).await;
    let report: Value = serde_json::from_str(&said(&redrive(dir.path(), &["--json", "--limit", "2"]))).unwrap();
    let kept = json!([{ "key": "dog.jpg", "kind": "corrupt", "message": "the JPEG is cut off: it has no end marker" }]);
    assert_eq!(report, json!({ "done": 1, "kept": kept }));
    assert_eq!(stores.failures.peek(100).await.unwrap().len(), 2);
    let unread = message("x", &[("stage", "dreaming")]);
    stores.failures.send(unread).await.unwrap();
    let looked = said(&redrive(dir.path(), &["--dry-run"]));
    assert!(
        looked.starts_with("x  invalid: a message of stage dreaming")
            && looked.ends_with("2 to try again, 1 that can't be read\n"),
        "{looked}"
    );
    let nowhere = redrive(&dir.path().join("nowhere"), &[]);
    assert_eq!(nowhere.status.code(), Some(12));
}
