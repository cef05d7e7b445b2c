//! The three commands on a stand-in for AWS, where lists, scans and batches are requests.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::process::Output;

use pixfront::store::Row;
use serde_json::{Value, json};

use super::{keys, put, torn};
use crate::pictures;
use crate::world::{Ministack, program};

fn run(ministack: &Ministack, arguments: &[&str]) -> Output {
    let mut command = program(arguments);
    command.args(["--store", "aws", "--json"]);
    ministack.lend(&mut command);
    command.output().unwrap()
}

fn said(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn buckets_and_table_of_aws_are_filled_summed_up_and_purged() {
    let ministack = Ministack::start().await;
    let stores = ministack.stores().await;
    for key in ["a/cat.jpg", "a/dog +.jpg", "b/cat.jpg"] {
        put(&stores, key, pictures::jpeg(60, 40)).await;
    }
    put(&stores, "a/torn.jpg", torn()).await;
    // What only one of them knows.
    let orphan = Row { format: "jpeg".into(), ..Row::outdated("a/gone.jpg", "w=5") };
    stores.ledger.record(orphan).await.unwrap();
    stores.variants.put("a/lost.jpg/w=5", "x".into(), pixfront::store::Attributes::default()).await.unwrap();

    let checkpoint = tempfile::NamedTempFile::new().unwrap();
    std::fs::remove_file(checkpoint.path()).unwrap();
    let file = checkpoint.path().to_str().unwrap();
    let backfill = ["backfill", "a/", "--variants", "w=20&f=webp", "--report-failures", "--checkpoint", file];
    let report = said(&run(&ministack, &backfill));
    assert_eq!(
        (&report["thumbnails"], &report["variants"], &report["failed"]["corrupt"]["count"]),
        (&json!(2), &json!(2), &json!(2))
    );
    let content: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(content["up_to"], "a/torn.jpg");
    assert!(content["run"]["originals"].as_str().unwrap().starts_with("s3://originals at http://127.0.0.1:"));
    assert_eq!(stores.failures.receive(10, 30).await.unwrap().len(), 2);
    let again = said(&run(&ministack, &["backfill", "a/", "--no-thumbnails", "--variants", "w=20&f=webp"]));
    assert_eq!((&again["variants"], &again["current"]), (&json!(0), &json!(2)));

    let stats = said(&run(&ministack, &["stats"]));
    assert_eq!((&stats["originals"], &stats["variants"], &stats["names"]), (&json!(3), &json!(5), &json!(0)));
    assert_eq!((&stats["compared"]["current"], &stats["compared"]["orphaned"]), (&json!(4), &json!(1)));

    let would = said(&run(&ministack, &["purge", "a/", "--prefix", "--dry-run"]));
    assert_eq!(would, json!({ "dry_run": true, "objects": 5, "rows": 5 }));
    let purged = said(&run(&ministack, &["purge", "a/", "--prefix"]));
    assert_eq!(purged, json!({ "dry_run": false, "objects": 5, "rows": 5 }));
    assert_eq!((keys(&stores).await.len(), stores.ledger.rows(None, 10).await.unwrap().len()), (0, 0));
    assert_eq!(stores.originals.list("", None, 10).await.unwrap().len(), 4, "originals are never touched");
}
