//! The command: what it makes, what it leaves, and what it says.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::time::{Duration, Instant};

use pixfront::ingest::Upload;
use pixfront::store::local;
use serde_json::json;

use super::{backfill, keys, put, report, store, times, torn};
use crate::pictures;
use crate::world::{look, program, rows};

/// Pictures, and everything else that a bucket may hold.
async fn full_store() -> (tempfile::TempDir, pixfront::service::Service) {
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec();
    let (dir, service) = store(&[
        ("a b+c 그림.jpg", pictures::jpeg(60, 40)),
        ("cat.jpg", pictures::jpeg(60, 40)),
        ("deep/er/cat.jpg", pictures::jpeg(120, 80)),
        ("deep/*.png", pictures::png(40, 40)),
        ("deep/torn.jpg", torn()),
        ("doc.pdf", b"%PDF-1.7 and more".to_vec()),
        ("drawing.svg", svg),
        ("bomb.png", pictures::png_bomb(60_000, 60_000)),
        ("notes.txt", b"no picture".to_vec()),
        ("resized-cat.jpg", pictures::jpeg(8, 8)),
        ("folder/", Vec::new()),
        ("a//b.jpg", pictures::jpeg(8, 8)),
        ("album/w=400", pictures::jpeg(8, 8)),
        ("done.jpg", pictures::jpeg(60, 40)),
    ])
    .await;
    service.ingest(&Upload { bucket: "originals".into(), key: "done.jpg".into() }).await.unwrap();
    (dir, service)
}

const THUMBNAILS: [&str; 5] =
    ["resized-a b+c 그림.jpg", "resized-cat.jpg", "resized-deep/*.png", "resized-deep/er/cat.jpg", "resized-done.jpg"];

#[tokio::test]
async fn exactly_what_is_missing_is_made_and_nothing_twice() {
    let (dir, service) = full_store().await;
    let stores = service.stores();
    let done_before = stores.variants.head("resized-done.jpg").await.unwrap();
    let said = report(&backfill(dir.path(), &["--json"]), 0);
    assert_eq!(
        [&said["originals"], &said["thumbnails"], &said["variants"], &said["current"]],
        [14, 4, 0, 1].map(|count| json!(count)).each_ref()
    );
    assert_eq!(said["ended"], "complete");
    assert_eq!(said["skipped"], json!({ "not-resized": 2, "reserved-name": 1, "unsayable-name": 3 }));
    let failed = |kind: &str, key: &str| {
        let named = &said["failed"][kind];
        assert_eq!((&named["count"], &named["first"][0]["key"]), (&json!(1), &json!(key)), "{said}");
        assert_eq!(named["first"][0]["recipe"], "resized-");
    };
    failed("corrupt", "deep/torn.jpg");
    failed("too-large", "bomb.png");
    failed("unsupported", "notes.txt");
    assert_eq!(keys(stores).await, THUMBNAILS);
    assert_eq!(stores.variants.head("resized-done.jpg").await.unwrap(), done_before);
    let thumbnail = stores.variants.get("resized-deep/er/cat.jpg", u64::MAX).await.unwrap();
    assert_eq!(look(&thumbnail.body), ("jpeg", 60, 40));
    assert_eq!(rows(stores, "cat.jpg").await, ["resized-cat.jpg"]);
    assert_eq!(stores.failures.peek(10).await.unwrap(), [], "messages are asked for");

    let before = times(stores).await;
    let again = report(&backfill(dir.path(), &["--json"]), 0);
    assert_eq!((&again["thumbnails"], &again["current"], &again["bytes"]), (&json!(0), &json!(5), &json!(0)));
    assert_eq!(times(stores).await, before, "nothing is put a second time");
}

#[tokio::test]
async fn a_dry_run_counts_and_makes_nothing() {
    let (dir, service) = full_store().await;
    let before = times(service.stores()).await;
    let checkpoint = dir.path().join("checkpoint.json");
    let arguments = ["--dry-run", "--variants", "w=20&f=webp", "--checkpoint", checkpoint.to_str().unwrap()];
    let said = String::from_utf8(backfill(dir.path(), &arguments).stdout).unwrap();
    // It reads no original, and so takes a PDF for a picture.
    assert!(said.ends_with("14 originals: 9 thumbnails and 10 variants to make, 1 there\n"), "{said}");
    assert_eq!(times(service.stores()).await, before);
    assert!(!checkpoint.exists());
    assert_eq!(service.stores().ledger.rows(None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn variants_are_asked_for_as_urls_do() {
    let (dir, service) = store(&[("a/1.jpg", pictures::jpeg(60, 40)), ("b/2.jpg", pictures::jpeg(60, 40))]).await;
    let mut command = program(["backfill", "a/", "--no-thumbnails", "--json", "--data"]);
    command.arg(dir.path()).env("PIXFRONT_PRESETS", "small:w=20&f=auto").env("PIXFRONT_FORMATS", "webp,avif,jpeg");
    // The same picture in three spellings, and every one that a preset may come to.
    command.args(["--variants", "w=10&f=webp", "--variants", "f=webp&width=5&dpr=2", "--variants", "p=small"]);
    let said = report(&command.output().unwrap(), 0);
    let made = ["a/1.jpg/w=10,f=webp", "a/1.jpg/w=20", "a/1.jpg/w=20,f=avif", "a/1.jpg/w=20,f=webp"];
    assert_eq!(keys(service.stores()).await, made);
    assert_eq!((&said["originals"], &said["variants"], &said["thumbnails"]), (&json!(1), &json!(4), &json!(0)));
    let mut command = program(["backfill", "b/", "--no-thumbnails", "--variants", "w=20&h=20", "--data"]);
    let as_urls_are_completed = command.arg(dir.path()).env("PIXFRONT_DEFAULTS", "fit=cover&q=60").output().unwrap();
    assert_eq!(as_urls_are_completed.status.code(), Some(0));
    assert_eq!(keys(service.stores()).await[4..], ["b/2.jpg/w=20,h=20,q=60,fit=cover"]);
    let avif = service.stores().variants.get(made[2], u64::MAX).await.unwrap();
    assert_eq!((look(&avif.body), &*avif.head.attributes.content_type), (("avif", 20, 13), "image/avif"));
}

#[tokio::test]
async fn a_rate_is_not_exceeded_and_a_limit_is_one() {
    let names: Vec<_> = (0..30).map(|i| format!("{i:02}.jpg")).collect();
    let originals: Vec<_> = names.iter().map(|name| (name.as_str(), pictures::jpeg(8, 8))).collect();
    let (dir, service) = store(&originals).await;
    let begun = Instant::now();
    let said = report(&backfill(dir.path(), &["--rate", "12.5", "--limit", "20", "--json"]), 0);
    let took = begun.elapsed();
    // 19 pauses of 80 ms are 1.52 s.
    assert!(took > Duration::from_millis(1_520), "{took:?}");
    assert_eq!((&said["ended"], &said["thumbnails"], &said["up_to"]), (&json!("limit"), &json!(20), &json!("19.jpg")));
    assert_eq!(keys(service.stores()).await.len(), 20);
}

#[tokio::test]
async fn what_cannot_be_asked_is_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    local::open(dir.path()).unwrap();
    let data = dir.path().to_str().unwrap();
    let check = |arguments: &[&str], code: i32, words: &str| {
        let output = program(["backfill"]).args(arguments).current_dir(dir.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words) && said.lines().count() <= 5, "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    };
    let with = |arguments: &[&'static str]| [&["--data", data][..], arguments].concat();
    check(&["--data", "nowhere"], 12, "there is no store in nowhere");
    check(&with(&["--no-thumbnails"]), 10, "there is nothing to make");
    check(&with(&["--variants", "w=9999"]), 10, "--variants w=9999: w=9999: must be a whole number from 1 to 8192");
    check(&with(&["--variants", "w=4&wide=5"]), 10, "`wide` is no parameter of a variant");
    check(&with(&["--variants", ""]), 10, "`` is no parameter");
    check(&with(&["--variants", "dpr=2"]), 10, "has no effect");
    check(&with(&["--variants", "p=small"]), 10, "p=small: no presets are configured here");
    check(&with(&["--variants", "w=4&s=abc"]), 10, "`s` is no parameter of a variant");
    for bad in ["0", "-1", "much", "NaN", "inf", "1e9"] {
        check(&[&format!("--rate={bad}")], 2, "--rate");
    }
    check(&["--concurrency", "0"], 2, "--concurrency");
    check(&["--limit", "0"], 2, "--limit");
    check(&with(&["--checkpoint", "no/where.json"]), 17, "the checkpoint no/where.json can't be written");
    check(&with(&["--checkpoint", "."]), 17, ". can't be read");
}

#[tokio::test]
async fn what_it_says_is_for_people() {
    let (dir, service) =
        store(&[("cat.jpg", pictures::jpeg(60, 40)), ("dog\u{1b}.jpg", torn()), ("elk.jpg", torn())]).await;
    let output = backfill(dir.path(), &["--variants", "w=20"]);
    let bytes: u64 = {
        let mut sum = 0;
        for key in keys(service.stores()).await {
            sum += service.stores().variants.head(&key).await.unwrap().bytes;
        }
        sum
    };
    let said = String::from_utf8(output.stdout).unwrap();
    let expected = format!(
        "2 can't be made, corrupt:\n  elk.jpg as resized-: the JPEG is cut off: it has no end marker\n  elk.jpg as w=20: the \
         JPEG is cut off: it has no end marker\n1 skipped, unsayable-name\n3 originals: 1 thumbnails and 1 variants made \
         ({}), 0 were there\n",
        indicatif_bytes(bytes)
    );
    assert_eq!(said, expected);
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(log.matches("a variant can't be made").count(), 2, "the log has them all: {log}");

    put(service.stores(), "fox.jpg", pictures::jpeg(8, 8)).await;
    let made = ["fox.jpg/w=20", "resized-fox.jpg"];
    let said = String::from_utf8(backfill(dir.path(), &["f", "--variants", "w=20"]).stdout).unwrap();
    let mut bytes = 0;
    for key in made {
        bytes += service.stores().variants.head(key).await.unwrap().bytes;
    }
    let bytes = indicatif_bytes(bytes);
    assert_eq!(said, format!("1 originals: 1 thumbnails and 1 variants made ({bytes}), 0 were there\n"));
    let said = String::from_utf8(backfill(dir.path(), &["f", "--variants", "w=20"]).stdout).unwrap();
    assert_eq!(said, "1 originals: 0 thumbnails and 0 variants made (0 B), 2 were there\n");
}

/// As people read them.
fn indicatif_bytes(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        _ => format!("{:.2} KiB", bytes as f64 / 1024.0),
    }
}
