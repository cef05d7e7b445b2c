//! What refusals, silence and lies of AWS come to: the kind, what a client may read, what the log is told, and in what time.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::{join, join3};
use pixfront::error::{Error, Kind};
use pixfront::store::{Attributes, Message, ObjectStore};

use super::wire::{ATTEMPT, Reply, Wire};

const MIB: u64 = 1 << 20;

/// Asks for an object in every way there is.
async fn read(store: &dyn ObjectStore) -> [(&'static str, Error); 3] {
    [
        ("get", store.get("cat", MIB).await.unwrap_err()),
        ("get_range", store.get_range("cat", "etag", 0..4).await.unwrap_err()),
        ("head", store.head("cat").await.unwrap_err()),
    ]
}

async fn change(store: &dyn ObjectStore) -> [(&'static str, Error); 3] {
    [
        ("put", store.put("cat", Bytes::from_static(b"meow"), Attributes::default()).await.unwrap_err()),
        ("delete", store.delete(&["cat".to_owned()]).await.unwrap_err()),
        ("list", store.list("", None, 10).await.unwrap_err()),
    ]
}

/// No client learns a bucket's name, a code or an address; the log does.
fn check(what: &str, error: &Error, kind: Kind, log: &[&str]) {
    assert_eq!(error.kind(), kind, "{what}: {}", error.chain());
    for internal in ["originals", "127.0.0.1", "Slow", "Denied", "because", "NoSuch"] {
        assert!(!error.context().contains(internal), "{what}: the client reads {:?}", error.context());
    }
    for word in log {
        assert!(error.chain().contains(word), "{what}: {word:?} must be in {:?}", error.chain());
    }
}

#[tokio::test]
async fn a_busy_s3_is_asked_three_times() {
    let wire = Wire::that(&[Reply::s3("503 Slow Down", "SlowDown")]).await;
    for (i, (what, error)) in read(&*wire.stores.originals).await.iter().enumerate() {
        // The answer to HEAD has no code.
        let log: &[&str] =
            if *what == "head" { &["HeadObject in originals"] } else { &["GetObject in originals", "SlowDown"] };
        check(what, error, Kind::Upstream, log);
        assert!(wire.asked().len() >= 3 * (i + 1));
    }
    for (what, error) in change(&*wire.stores.originals).await {
        check(what, &error, Kind::Upstream, &["in originals", "SlowDown"]);
    }
    assert_eq!(wire.asked().len(), 18, "three times each: {:?}", wire.asked());
}

#[tokio::test]
async fn a_hiccup_is_nobodys_trouble() {
    let found = Reply::Says("200 OK", "etag: \"abc-2\"\r\n", "meow".into());
    let hiccups =
        [Reply::s3("503 Slow Down", "SlowDown"), Reply::s3("500 Internal Server Error", "InternalError"), found];
    let wire = Wire::that(&hiccups).await;
    let object = wire.stores.originals.get("cat", 4).await.unwrap();
    assert_eq!((object.body.as_ref(), &*object.head.etag), (b"meow".as_slice(), "abc-2"));

    let wire = Wire::that(&[Reply::Hangs, Reply::HangsUp("200 OK", ""), hiccups[2].clone()]).await;
    wire.stores.originals.get("cat", 4).await.unwrap();
}

#[tokio::test]
async fn what_may_not_be_read_is_forbidden_and_the_log_has_a_hint() {
    let wire = Wire::that(&[Reply::s3("403 Forbidden", "AccessDenied")]).await;
    for (what, error) in read(&*wire.stores.originals).await {
        check(what, &error, Kind::Forbidden, &["s3:ListBucket", "in originals"]);
        assert_eq!(error.context(), "`cat` is not given out by its bucket");
    }
    // That the role may not write is no viewer's fault, and mended by its owner while the event is tried again.
    for (what, error) in change(&*wire.stores.originals).await {
        check(what, &error, Kind::Upstream, &["AccessDenied"]);
    }
    assert_eq!(wire.asked().len(), 6, "and nothing is tried twice");

    let wire = Wire::that(&[Reply::s3("403 Forbidden", "SignatureDoesNotMatch")]).await;
    let error = wire.stores.originals.get("cat", 1).await.unwrap_err();
    check("a wrong secret", &error, Kind::Upstream, &["SignatureDoesNotMatch"]);
    let wire = Wire::that(&[Reply::s3("403 Forbidden", "InvalidObjectState")]).await;
    check("an archive", &wire.stores.originals.get("cat", 1).await.unwrap_err(), Kind::Forbidden, &[]);
}

#[tokio::test]
async fn a_missing_key_is_not_a_missing_bucket() {
    let wire = Wire::that(&[Reply::s3("404 Not Found", "NoSuchKey")]).await;
    for (what, error) in read(&*wire.stores.originals).await {
        check(what, &error, Kind::NotFound, &[]);
    }
    let wire = Wire::that(&[Reply::s3("404 Not Found", "NoSuchBucket")]).await;
    let error = wire.stores.originals.get("cat", 1).await.unwrap_err();
    check("get", &error, Kind::Upstream, &["NoSuchBucket", "in originals"]);
    for (what, error) in change(&*wire.stores.originals).await {
        check(what, &error, Kind::Upstream, &["NoSuchBucket"]);
    }
    let wire = Wire::that(&[Reply::s3("412 Precondition Failed", "PreconditionFailed")]).await;
    let error = wire.stores.originals.get_range("cat", "etag", 0..4).await.unwrap_err();
    assert_eq!((error.kind(), error.context()), (Kind::Upstream, "`cat` changed while it was read"));
}

#[tokio::test]
async fn silence_ends() {
    let begun = Instant::now();
    let wire = Wire::that(&[Reply::Hangs]).await;
    let stores = &wire.stores;
    let (got, rows, messages) =
        join3(stores.originals.get("cat", MIB), stores.ledger.variants_of("cat"), stores.failures.receive(1, 1)).await;
    check("get", &got.unwrap_err(), Kind::Upstream, &["GetObject in originals", "timed out"]);
    check("query", &rows.unwrap_err(), Kind::Upstream, &["Query in variants", "timed out"]);
    check("receive", &messages.unwrap_err(), Kind::Upstream, &["/queue", "timed out"]);
    assert_eq!(wire.asked().len(), 9, "three times each");

    let wire = Wire::that(&[Reply::Stalls("200 OK\r\ncontent-length: 4", "me")]).await;
    let bucket = &*wire.stores.originals;
    let (object, part) = join(bucket.get("cat", MIB), bucket.get_range("cat", "etag", 0..4)).await;
    check("half a body", &object.unwrap_err(), Kind::Upstream, &["GetObject in originals", "elapsed"]);
    check("half a part", &part.unwrap_err(), Kind::Upstream, &["GetObject in originals", "elapsed"]);

    let error = super::nowhere().await.originals.get("cat", 1).await.unwrap_err();
    check("nobody there", &error, Kind::Upstream, &["GetObject in originals"]);
    assert!(begun.elapsed() < Duration::from_secs(20), "it took {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_long_body_has_its_time() {
    let wire = Wire::that(&[Reply::Late(2 * ATTEMPT)]).await;
    let body = Bytes::from(vec![0; 1 << 20]);
    assert_eq!(wire.stores.variants.put("cat", body, Attributes::default()).await.unwrap(), "late");
    let error = wire.stores.variants.put("cat", Bytes::new(), Attributes::default()).await.unwrap_err();
    check("a short one", &error, Kind::Upstream, &["PutObject in variants", "timed out"]);
}

#[tokio::test]
async fn a_torn_body_is_no_object() {
    let wire = Wire::that(&[Reply::HangsUp("200 OK\r\ncontent-length: 4", "me")]).await;
    check(
        "torn",
        &wire.stores.originals.get("cat", MIB).await.unwrap_err(),
        Kind::Upstream,
        &["GetObject in originals"],
    );
}

#[tokio::test]
async fn no_body_costs_more_than_the_limit() {
    // What loopback's buffers take before anyone reads.
    const BUFFERS: u64 = 16 * MIB;
    let huge = Wire::that(&[Reply::Endless("200 OK\r\ncontent-length: 5368709120")]).await;
    let error = huge.stores.originals.get("cat", MIB).await.unwrap_err();
    assert_eq!(error.kind(), Kind::TooLarge, "{}", error.chain());
    assert!(error.context().contains("5368709120") && error.context().contains("1048576"), "{error}");

    let endless = Wire::that(&[Reply::Endless("200 OK\r\ntransfer-encoding: chunked")]).await;
    let error = endless.stores.originals.get("cat", MIB).await.unwrap_err();
    assert_eq!(error.kind(), Kind::TooLarge, "{}", error.chain());
    let part = endless.stores.originals.get_range("cat", "etag", 0..4).await.unwrap_err();
    assert_eq!(part.kind(), Kind::TooLarge, "{}", part.chain());
    for wire in [huge, endless] {
        assert!(wire.sent_bytes() < MIB + 2 * BUFFERS, "{} bytes went out", wire.sent_bytes());
    }
}

#[tokio::test]
async fn a_page_that_ends_early_is_not_the_end() {
    let page = |keys: &str, rest: &str| {
        Reply::xml(&format!("<ListBucketResult><EncodingType>url</EncodingType>{keys}{rest}</ListBucketResult>"))
    };
    let more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>";
    let end = "<IsTruncated>false</IsTruncated>";
    let key = |key: &str| format!("<Contents><Key>{key}</Key></Contents>");
    let wire = Wire::that(&[page(&key("a+b"), more), page("", more), page(&key("a%2Bb%25%01"), end)]).await;
    assert_eq!(wire.stores.originals.list("", None, 10).await.unwrap(), ["a b", "a+b%\u{1}"]);
    assert!(wire.asked()[2].contains("continuation-token=t"), "{:?}", wire.asked());

    let wire = Wire::that(&[page(&key("a"), "<IsTruncated>true</IsTruncated>")]).await;
    check("no token", &wire.stores.originals.list("", None, 10).await.unwrap_err(), Kind::Upstream, &[]);
    let wire = Wire::that(&[page(&key("%ff"), end)]).await;
    check("no text", &wire.stores.originals.list("", None, 10).await.unwrap_err(), Kind::Upstream, &[]);
}

#[tokio::test]
async fn a_key_that_was_not_deleted_is_an_error() {
    let answer = "<DeleteResult><Error><Key>cat</Key><Code>InternalError</Code></Error></DeleteResult>";
    let wire = Wire::that(&[Reply::xml(answer)]).await;
    let error = wire.stores.originals.delete(&["cat".to_owned()]).await.unwrap_err();
    check("delete", &error, Kind::Upstream, &["DeleteObjects in originals", "InternalError"]);
}

#[tokio::test]
async fn no_call_deletes_more_keys_than_s3_takes() {
    let wire = Wire::that(&[Reply::xml("<DeleteResult></DeleteResult>")]).await;
    let keys: Vec<_> = (0..2001).map(|i| format!("<{i}>")).collect();
    wire.stores.originals.delete(&keys).await.unwrap();
    let counts: Vec<_> = wire.asked().iter().map(|asked| asked.matches("<Key>&lt;").count()).collect();
    assert_eq!(counts, [1000, 1000, 1]);
}

#[tokio::test]
async fn rows_left_undone_are_tried_again() {
    let left =
        r#"{"UnprocessedItems":{"variants":[{"DeleteRequest":{"Key":{"name":{"S":"cat"},"variant":{"S":"w=1"}}}}]}}"#;
    let done = r#"{"UnprocessedItems":{}}"#;
    let wire = Wire::that(&[Reply::json(left), Reply::json(left), Reply::json(done)]).await;
    // Named twice in one batch, DynamoDB would refuse all of it.
    let variants: Vec<_> = (0..26).chain(0..26).map(|width| format!("w={width}")).collect();
    wire.stores.ledger.forget("cat", &variants).await.unwrap();
    let counts: Vec<_> = wire.asked().iter().map(|asked| asked.matches("DeleteRequest").count()).collect();
    assert_eq!(counts, [25, 1, 1, 1]);

    let wire = Wire::that(&[Reply::json(left)]).await;
    let error = wire.stores.ledger.forget("cat", &["w=1".to_owned()]).await.unwrap_err();
    check("forget", &error, Kind::Upstream, &["BatchWriteItem in variants", "1 rows"]);
}

#[tokio::test]
async fn rows_come_in_pages_and_strangers_rows_are_borne() {
    let key = r#""name":{"S":"cat"},"variant":{"S":"#;
    let first = format!(r#"{{"Items":[{{{key}"w=1"}},"bytes":{{"N":"7"}}}}],"LastEvaluatedKey":{{{key}"w=1"}}}}}}"#);
    let second = format!(r#"{{"Items":[{{{key}"w=2"}},"bytes":{{"S":"many"}},"time":{{"BOOL":true}}}}]}}"#);
    let wire = Wire::that(&[Reply::json(&first), Reply::json(&second)]).await;
    let rows = wire.stores.ledger.variants_of("cat").await.unwrap();
    let facts: Vec<_> = rows.iter().map(|row| (&*row.variant, row.bytes, &*row.source_etag)).collect();
    assert_eq!(facts, [("w=1", 7, ""), ("w=2", 0, "")]);
    assert!(wire.asked()[1].contains("ExclusiveStartKey") && wire.asked()[0].contains(r#""ConsistentRead":true"#));
}

#[tokio::test]
async fn a_missing_table_or_queue_is_upstreams_fault() {
    let missing = |name: &str| {
        let body = format!(r#"{{"__type":"com.amazonaws#{name}","message":"because"}}"#);
        Reply::Says("400 Bad Request", "content-type: application/x-amz-json-1.0\r\n", body)
    };
    let wire = Wire::that(&[missing("ResourceNotFoundException")]).await;
    let error = wire.stores.ledger.variants_of("cat").await.unwrap_err();
    check("query", &error, Kind::Upstream, &["Query in variants", "ResourceNotFoundException"]);
    let wire = Wire::that(&[missing("QueueDoesNotExist")]).await;
    let message = Message { body: "cat".into(), ..Message::default() };
    check("send", &wire.stores.failures.send(message).await.unwrap_err(), Kind::Upstream, &["QueueDoesNotExist"]);
    check("peek", &wire.stores.failures.peek(1).await.unwrap_err(), Kind::Upstream, &["QueueDoesNotExist"]);
    let wire = Wire::that(&[missing("ReceiptHandleIsInvalid")]).await;
    wire.stores.failures.delete("unknown").await.unwrap();
}
