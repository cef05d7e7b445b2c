//! S3's notifications in every wrapping, dealt with by the program.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Function, UPLOAD_TRIGGER, torn};
use crate::pictures;
use crate::triggers::event;

/// The keys as S3 has them, and as it writes them in notifications.
const KEYS: [(&str, &str); 2] =
    [("a b+c.jpg", "a+b%2Bc.jpg"), ("사진/고양이.jpg", "%EC%82%AC%EC%A7%84/%EA%B3%A0%EC%96%91%EC%9D%B4.jpg")];

fn direct(encoded: &str) -> Value {
    let mut event = event("s3-put");
    event["Records"][0]["s3"]["object"]["key"] = encoded.into();
    event
}

fn by_event_bridge(key: &str) -> Value {
    let mut event = event("eventbridge-created");
    event["detail"]["object"]["key"] = key.into();
    event
}

/// A batch of messages with these bodies, called `message-0` and so on.
fn by_sqs(bodies: &[&Value]) -> Value {
    let mut batch = event("sqs-wrapped");
    let message = batch["Records"][0].take();
    let messages = bodies.iter().enumerate().map(|(i, body)| {
        let mut message = message.clone();
        message["messageId"] = format!("message-{i}").into();
        message["body"] = body.to_string().into();
        message
    });
    batch["Records"] = messages.collect();
    batch
}

fn by_sns(event: &Value) -> Value {
    json!({
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:uploads",
        "Subject": "Amazon S3 Notification",
        "Message": event.to_string(),
        "Timestamp": "2026-11-21T09:12:54.321Z",
    })
}

/// Every message of the batch went well, or there was no batch.
fn all_well() -> Value {
    json!({ "batchItemFailures": [] })
}

#[tokio::test]
async fn uploads_are_understood_in_every_wrapping() {
    for (key, encoded) in KEYS {
        let bridged = by_event_bridge(key);
        let events = [
            direct(encoded),
            bridged.clone(),
            by_sqs(&[&direct(encoded)]),
            by_sqs(&[&by_sns(&direct(encoded))]),
            by_sqs(&[&bridged]),
            by_sqs(&[&by_sns(&bridged)]),
        ];
        for event in events {
            let mut function = Function::start(UPLOAD_TRIGGER).await;
            function.put(key, pictures::jpeg(20, 20)).await;
            for _ in 0..2 {
                assert_eq!(function.response(&event).await, all_well(), "{event}");
                assert_eq!(function.variants().await, [format!("resized-{key}")], "{event}");
            }
            assert_eq!(function.messages().await, []);
        }
    }
}

/// What looks encoded there is not.
#[tokio::test]
async fn keys_of_event_bridge_are_taken_as_they_are() {
    let mut function = Function::start(UPLOAD_TRIGGER).await;
    for key in ["100%25.jpg", "a+b.jpg"] {
        function.put(key, pictures::jpeg(20, 20)).await;
        assert_eq!(function.response(&by_event_bridge(key)).await, all_well());
    }
    assert_eq!(function.variants().await, ["resized-100%25.jpg", "resized-a+b.jpg"]);
}

#[tokio::test]
async fn test_events_and_other_news_are_fine() {
    let mut function = Function::start(UPLOAD_TRIGGER).await;
    let mut tagged = event("eventbridge-created");
    tagged["detail-type"] = "Object Tags Added".into();
    let test = event("s3-test-event");
    let events =
        [test.clone(), by_sqs(&[&test]), by_sqs(&[&by_sns(&test)]), event("s3-no-change"), tagged, by_sqs(&[])];
    for event in events {
        assert_eq!(function.response(&event).await, all_well(), "{event}");
    }
    assert_eq!(function.messages().await, []);
}

#[tokio::test]
async fn a_deleted_original_takes_its_variants_along() {
    let mut deleted = by_event_bridge("cat.jpg");
    deleted["detail-type"] = "Object Deleted".into();
    for event in [deleted, direct("cat.jpg")] {
        let mut function = Function::start(UPLOAD_TRIGGER).await;
        function.put("cat.jpg", pictures::jpeg(20, 20)).await;
        // Late, twice and out of order: the original is there again.
        for _ in 0..2 {
            function.response(&event).await;
            assert_eq!(function.variants().await, ["resized-cat.jpg"]);
        }
        function.stores().originals.delete(&["cat.jpg".to_owned()]).await.unwrap();
        function.response(&event).await;
        assert_eq!(function.variants().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_is_hopeless_leaves_one_message_and_is_fine() {
    let mut function = Function::start(UPLOAD_TRIGGER).await;
    function.put("torn.jpg", torn()).await;
    function.put("cat.jpg", pictures::jpeg(20, 20)).await;
    let mut elsewhere = direct("cat.jpg");
    elsewhere["Records"][0]["s3"]["bucket"]["name"] = "elsewhere".into();
    let no_event = json!("hello");
    let batch = by_sqs(&[&direct("torn.jpg"), &elsewhere, &no_event, &direct("cat.jpg")]);
    assert_eq!(function.response(&batch).await, all_well());
    assert_eq!(function.variants().await, ["resized-cat.jpg"]);
    let messages = function.messages().await;
    let attribute = |i: usize, name: &str| messages[i].attributes.get(name).map_or("", String::as_str);
    let bodies: Vec<_> = messages.iter().map(|message| &*message.body).collect();
    assert_eq!(bodies, ["torn.jpg", "cat.jpg", "\"hello\""]);
    assert_eq!((attribute(0, "kind"), attribute(0, "recipe")), ("corrupt", "resized-"));
    assert_eq!((attribute(1, "kind"), attribute(1, "bucket")), ("invalid", "elsewhere"));
    assert_eq!((attribute(2, "kind"), attribute(2, "bucket")), ("invalid", ""));
}

#[tokio::test]
async fn events_of_the_variants_bucket_are_refused() {
    let mut function =
        Function::with(UPLOAD_TRIGGER, |command| _ = command.env("PIXFRONT_VARIANTS_BUCKET", "variants")).await;
    function.put("cat.jpg", pictures::jpeg(20, 20)).await;
    let mut event = direct("cat.jpg");
    event["Records"][0]["s3"]["bucket"]["name"] = "variants".into();
    assert_eq!(function.response(&event).await, all_well());
    assert_eq!(function.variants().await, Vec::<String>::new());
    let messages = function.messages().await;
    assert_eq!(messages.len(), 1);
    assert!(messages[0].attributes["message"].contains("must not come here"), "{messages:?}");
}

#[tokio::test]
async fn what_may_succeed_later_comes_again_and_nothing_else() {
    let mut function = Function::start(UPLOAD_TRIGGER).await;
    for key in ["one.jpg", "two.jpg"] {
        function.put(key, pictures::jpeg(20, 20)).await;
    }
    assert_eq!(function.response(&direct("one.jpg")).await, all_well());
    let tmp = function.data().join("tmp");
    fs::remove_dir(&tmp).unwrap();
    fs::write(&tmp, "variants can't be put").unwrap();
    let batch = by_sqs(&[&direct("one.jpg"), &direct("two.jpg"), &event("s3-test-event")]);
    let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "message-1" }] });
    assert_eq!(function.response(&batch).await, failures);
    for whole in [direct("two.jpg"), by_event_bridge("two.jpg")] {
        let Answer::Error(error) = function.invoke(&whole).await else { panic!("{whole}") };
        assert_eq!(error["errorType"], "upstream");
    }
    assert_eq!(function.messages().await, [], "Lambda delivers them again");
    fs::remove_file(&tmp).unwrap();
    fs::create_dir(&tmp).unwrap();
    assert_eq!(function.response(&batch).await, all_well());
    assert_eq!(function.variants().await, ["resized-one.jpg", "resized-two.jpg"]);
}

#[tokio::test]
async fn a_message_that_cannot_be_left_is_an_error() {
    let mut function = Function::start(UPLOAD_TRIGGER).await;
    function.put("torn.jpg", torn()).await;
    function.stop_the_queue();
    let Answer::Error(error) = function.invoke(&direct("torn.jpg")).await else { panic!("it is lost") };
    assert_eq!(error["errorType"], "upstream");
    let batch = by_sqs(&[&direct("torn.jpg"), &event("s3-test-event")]);
    let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "message-0" }] });
    assert_eq!(function.response(&batch).await, failures);
    // A mapping that knows nothing of partial failures would take that answer for a success.
    let Answer::Error(error) = function.invoke(&by_sqs(&[&direct("torn.jpg")])).await else { panic!("it is lost") };
    assert_eq!(error["errorType"], "upstream");
}

#[tokio::test]
async fn what_is_not_done_in_time_comes_again() {
    let mut function = Function::start(UPLOAD_TRIGGER).await;
    function.put("cat.jpg", pictures::jpeg(20, 20)).await;
    let Answer::Error(error) = function.invoke_for(Duration::from_millis(500), &direct("cat.jpg")).await else {
        panic!("it was in time")
    };
    assert_eq!(error["errorType"], "deadline");
    assert_eq!(function.response(&direct("cat.jpg")).await, all_well());
}
