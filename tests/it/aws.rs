//! The stores at AWS: the suite of `store::conformance` against a stand-in, and what only they do.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::collections::BTreeMap;

use bytes::Bytes;
use pixfront::config::{Config, Invalidate, Place};
use pixfront::error::Kind;
use pixfront::store::aws::{self, Terms};
use pixfront::store::{Attributes, Message, Stores, conformance, memory};

use crate::world::{Ministack, config_at, loader};

mod functions;
mod invalidation;
mod makers;
mod notification;
mod purge;
mod refusals;
mod serve;
mod wire;

#[tokio::test]
async fn s3_conforms() {
    let ministack = Ministack::start().await;
    let stores = ministack.stores().await;
    // There are two, of which each must be the one it is called.
    stores.originals.put("theirs", Bytes::new(), Attributes::default()).await.unwrap();
    conformance::object_store(&*stores.variants).await;
    assert_eq!(stores.originals.list("", None, 10).await.unwrap(), ["theirs"]);
}

#[tokio::test]
async fn dynamodb_and_sqs_conform() {
    let ministack = Ministack::start().await;
    let stores = ministack.stores().await;
    tokio::join!(conformance::ledger(&*stores.ledger), conformance::queue(&*stores.failures));
}

#[tokio::test]
async fn keys_that_xml_lacks_are_listed_and_deleted() {
    let ministack = Ministack::start().await;
    let stores = ministack.stores().await;
    let keys = ["a\u{1}b", "a\u{b}b", "a\nb", "a\u{fffe}b", "plain"].map(str::to_owned);
    for key in &keys {
        stores.originals.put(key, Bytes::from_static(b"x"), Attributes::default()).await.unwrap();
    }
    let mut listed = stores.originals.list("", None, 10).await.unwrap();
    listed.sort_unstable();
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    assert_eq!(listed, sorted);
    stores.originals.delete(&keys).await.unwrap();
    assert_eq!(stores.originals.list("", None, 10).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_s3_cannot_keep_is_refused_before_it_is_asked() {
    let stores = nowhere().await;
    for key in [String::new(), "é".repeat(513)] {
        let error = stores.originals.get(&key, 1).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{}", error.chain());
        assert!(error.context().contains(&key.len().to_string()) && error.context().contains("1024"), "{error}");
    }
    let metadata = BTreeMap::from([("name".to_owned(), "é".to_owned())]);
    let error = stores.originals.put("cat", Bytes::new(), Attributes { metadata, ..Attributes::default() }).await;
    assert_eq!(error.unwrap_err().kind(), Kind::Bug);
    assert_eq!(stores.originals.get_range("cat", "etag", 2..2).await.unwrap_err().kind(), Kind::Bug);
    // Without a question there is no answer to wait for.
    stores.originals.delete(&[]).await.unwrap();
    assert_eq!(stores.originals.list("", None, 0).await.unwrap(), Vec::<String>::new());
    stores.ledger.forget("cat", &[]).await.unwrap();
    assert_eq!(stores.failures.receive(0, 1).await.unwrap(), []);
    assert_eq!(stores.failures.peek(0).await.unwrap(), []);
}

#[tokio::test]
async fn a_range_outside_the_body_is_our_mistake() {
    let ministack = Ministack::start().await;
    let stores = ministack.stores().await;
    let etag = stores.originals.put("cat", Bytes::from_static(b"meow"), Attributes::default()).await.unwrap();
    for range in [0..5, 4..5, u64::MAX - 1..u64::MAX] {
        let error = stores.originals.get_range("cat", &etag, range).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Bug, "{}", error.chain());
    }
}

#[tokio::test]
async fn messages_are_looked_at_whole_and_left_there() {
    let ministack = Ministack::start().await;
    let stores = ministack.stores().await;
    let message = |i| Message { body: format!("photos/{i:02}.jpg"), ..Message::default() };
    for i in 0..25 {
        stores.failures.send(message(i)).await.unwrap();
    }
    for limit in [25, 3, 100] {
        let mut looked = stores.failures.peek(limit).await.unwrap();
        looked.sort_unstable_by(|one, two| one.body.cmp(&two.body));
        looked.dedup();
        assert_eq!(looked.len(), limit.min(25), "each once, and visible again after the look before");
    }
    let received = stores.failures.receive(25, 60).await.unwrap();
    assert_eq!(received.len(), 25, "more than a batch");
    assert_eq!(stores.failures.receive(1, 60).await.unwrap(), []);
}

#[tokio::test]
async fn messages_with_characters_that_sqs_refuses_are_encoded() {
    let ministack = Ministack::start().await;
    let failures = ministack.stores().await.failures;
    let attributes = BTreeMap::from([("message".to_owned(), "100% \u{1f}".to_owned())]);
    let sent = Message { body: "a\0b%41 é\u{ffff}".into(), attributes };
    failures.send(sent.clone()).await.unwrap();
    assert_eq!(failures.peek(1).await.unwrap(), [sent]);

    let url = ministack.config.queue.name.clone().unwrap();
    let raw = ministack.queue.receive_message().queue_url(url).message_attribute_names("All").send().await.unwrap();
    let raw = &raw.messages()[0];
    assert_eq!(raw.body(), Some("a%00b%2541 %C3%A9%EF%BF%BF"), "as `Message` says");
    let attribute = |name| raw.message_attributes().unwrap()[name].string_value().unwrap();
    assert_eq!((attribute("encoding"), attribute("message")), ("percent", "100%25 %1F"));
}

#[tokio::test]
async fn every_queue_keeps_the_limits_of_sqs() {
    let (memory, sqs) = (memory::open().failures, nowhere().await.failures);
    let message = |body: &str, bytes| Message { body: body.repeat(bytes), ..Message::default() };
    let reserved = BTreeMap::from([("encoding".to_owned(), "percent".to_owned())]);
    for bad in [message("x", (1 << 18) + 1), Message { attributes: reserved, ..message("x", 1) }] {
        for queue in [&memory, &sqs] {
            assert_eq!(queue.send(bad.clone()).await.unwrap_err().kind(), Kind::Bug);
        }
    }
    // Encoded, these are over the limits.
    let ten = (0..10).map(|i| (format!("name-{i}"), "value".to_owned())).collect();
    for bad in [message("\0", 1 << 17), Message { attributes: ten, ..message("\0", 1) }] {
        assert_eq!(sqs.send(bad.clone()).await.unwrap_err().kind(), Kind::Bug);
        memory.send(bad).await.unwrap();
    }
    memory.send(message("x", 1 << 18)).await.unwrap();
}

type Change = fn(&mut Config);

#[tokio::test]
async fn opening_needs_all_names_and_two_buckets() {
    let open = async |change: Change| {
        let mut config = config_at("http://127.0.0.1:1", "http://127.0.0.1:1/queue");
        change(&mut config);
        aws::open_with(loader(), &Terms::default(), &config)
            .await
            .map(drop)
            .map_err(|error| (error.kind(), error.context().to_owned()))
    };
    assert_eq!(open(|_| ()).await, Ok(()), "opening asks nobody yet");
    let table: [(Change, &str); 6] = [
        (|config| config.originals.name = None, "PIXFRONT_ORIGINALS_BUCKET"),
        (|config| config.variants.name = None, "PIXFRONT_VARIANTS_BUCKET"),
        (|config| config.table.name = None, "PIXFRONT_TABLE"),
        (|config| config.queue.name = None, "PIXFRONT_QUEUE_URL"),
        (
            |config| *config = Config::default(),
            "PIXFRONT_ORIGINALS_BUCKET, PIXFRONT_VARIANTS_BUCKET, PIXFRONT_TABLE, PIXFRONT_",
        ),
        (
            |config| config.variants = Place { region: None, ..config.originals.clone() },
            "PIXFRONT_VARIANTS_BUCKET=originals",
        ),
    ];
    for (change, names) in table {
        let (kind, words) = open(change).await.unwrap_err();
        assert!(kind == Kind::Invalid && words.contains(names), "{words} must name {names}");
    }
}

/// Stores at a port where nobody listens.
async fn nowhere() -> Stores {
    wire::stores_at("http://127.0.0.1:1", Invalidate::Tags).await
}
