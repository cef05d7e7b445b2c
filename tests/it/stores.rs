//! The stores that need no network: the suite of `store::conformance`, and what only the local one promises.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use pixfront::error::Kind;
use pixfront::store::local::{LocalBucket, LocalStore};
use pixfront::store::memory::{MemoryLedger, MemoryQueue, MemoryStore};
use pixfront::store::{Attributes, Ledger, Message, ObjectStore, Stores, conformance, local, memory};
use tempfile::TempDir;

mod kill;

const LIMIT_BYTES: u64 = 1 << 24;

fn open(dir: &Path) -> LocalStore {
    LocalStore::open(dir).unwrap()
}

fn bucket(dir: &Path) -> LocalBucket {
    open(dir).bucket("originals").unwrap()
}

/// A store with the object `photos/cat.jpg` in it, and the object's file.
async fn with_cat() -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    put(&bucket(dir.path()), "photos/cat.jpg", "meow").await;
    let files = files_in(&dir.path().join("objects"));
    assert_eq!(files.len(), 1);
    (dir, files[0].clone())
}

async fn put(store: &dyn ObjectStore, key: &str, body: &'static str) {
    store.put(key, Bytes::from_static(body.as_bytes()), Attributes::default()).await.unwrap();
}

async fn list(store: &dyn ObjectStore) -> Vec<String> {
    store.list("", None, usize::MAX).await.unwrap()
}

fn files_in(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

/// The index as any other program would open it.
fn sqlite(dir: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(dir.join("index.sqlite")).unwrap()
}

#[tokio::test]
async fn memory_conforms() {
    conformance::object_store(&MemoryStore::default()).await;
    conformance::ledger(&MemoryLedger::default()).await;
    conformance::queue_in_order(&MemoryQueue::default()).await;
    conformance::queue(&MemoryQueue::default()).await;
}

#[tokio::test]
async fn local_conforms() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    conformance::object_store(&store.bucket("originals").unwrap()).await;
    conformance::ledger(&store.ledger()).await;
    conformance::queue_in_order(&store.queue()).await;
    conformance::queue(&store.queue()).await;
    assert_eq!(files_in(&dir.path().join("tmp")), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn what_is_in_the_store_is_tolerated() {
    let dir = TempDir::new().unwrap();
    // At once, because a queue's visibility takes its time.
    tokio::join!(tolerates(memory::open()), tolerates(local::open(dir.path()).unwrap()));
}

async fn tolerates(stores: Stores) {
    put(&*stores.originals, "conformance", "not one of the suite's").await;
    put(&*stores.originals, "zebra.png", "nor this").await;
    stores.failures.send(Message { body: "zebra.png".into(), ..Message::default() }).await.unwrap();
    conformance::object_store(&*stores.originals).await;
    conformance::queue(&*stores.failures).await;
    assert_eq!(list(&*stores.originals).await, ["conformance", "zebra.png"]);
    assert_eq!(list(&*stores.variants).await, Vec::<String>::new(), "buckets are apart");
    assert_eq!(stores.failures.peek(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_last_character_is_no_end_of_a_prefix() {
    let dir = TempDir::new().unwrap();
    for stores in [memory::open(), local::open(dir.path()).unwrap()] {
        let keys = ["a\u{d7ff}", "a\u{e000}", "a\u{10ffff}", "a\u{10ffff}\u{10ffff}", "b"];
        for key in keys {
            put(&*stores.originals, key, "").await;
        }
        let list = async |prefix| stores.originals.list(prefix, None, 10).await.unwrap();
        assert_eq!(list("a\u{10ffff}").await, &keys[2..4]);
        assert_eq!(list("a\u{d7ff}").await, &keys[..1]);
        assert_eq!(list("\u{10ffff}").await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_range_outside_the_body_is_our_mistake() {
    let dir = TempDir::new().unwrap();
    for stores in [memory::open(), local::open(dir.path()).unwrap()] {
        put(&*stores.originals, "cat", "meow").await;
        let etag = stores.originals.head("cat").await.unwrap().etag;
        for range in [0..5, 4..5, 2..2, u64::MAX - 1..u64::MAX] {
            let error = stores.originals.get_range("cat", &etag, range).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Bug, "{error}");
        }
    }
}

#[test]
fn bucket_names_are_checked() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let longest = "x".repeat(63);
    for good in ["abc", "a.b-c", "0-9", &longest] {
        assert!(store.bucket(good).is_ok(), "{good}");
    }
    let too_long = "x".repeat(64);
    for bad in ["", "ab", "...", "a/b", "../x", "Abc", "a_b", "été", "-ab", "ab.", &too_long] {
        assert_eq!(store.bucket(bad).unwrap_err().kind(), Kind::Invalid, "{bad}");
    }
}

#[tokio::test]
async fn reopening_keeps_everything() {
    let dir = TempDir::new().unwrap();
    let stores = local::open(dir.path()).unwrap();
    put(&*stores.originals, "cat", "meow").await;
    put(&*stores.variants, "cat/w=1", "m").await;
    stores.ledger.record(kill::row("cat", 7)).await.unwrap();
    stores.failures.send(kill::message(7)).await.unwrap();
    let receipt = stores.failures.receive(1, 600).await.unwrap().remove(0).receipt;
    drop(stores);

    let stores = local::open(dir.path()).unwrap();
    assert_eq!(stores.originals.get("cat", LIMIT_BYTES).await.unwrap().body, "meow");
    assert_eq!(list(&*stores.variants).await, ["cat/w=1"]);
    assert_eq!(stores.ledger.variants_of("cat").await.unwrap(), [kill::row("cat", 7)]);
    assert!(stores.failures.receive(1, 600).await.unwrap().is_empty(), "it is still hidden");
    stores.failures.delete(&receipt).await.unwrap();
    assert!(stores.failures.peek(1).await.unwrap().is_empty(), "its receipt is still good");
}

#[tokio::test]
async fn a_lost_index_is_rebuilt_from_the_files() {
    let (dir, file) = with_cat().await;
    let store = open(dir.path());
    put(&store.bucket("variants").unwrap(), "photos/cat.jpg/w=400", "m").await;
    drop(store);
    fs::remove_file(dir.path().join("index.sqlite")).unwrap();
    // What is no object's file does not keep the store shut, and half an object can still be listed and deleted.
    fs::write(file.with_file_name("stray"), "stray").unwrap();
    fs::write(dir.path().join("objects/stray"), "stray").unwrap();
    truncate(&file, 3);

    let store = open(dir.path());
    assert_eq!(list(&store.bucket("originals").unwrap()).await, ["photos/cat.jpg"]);
    assert_eq!(list(&store.bucket("variants").unwrap()).await, ["photos/cat.jpg/w=400"]);
    store.bucket("originals").unwrap().delete(&["photos/cat.jpg".into()]).await.unwrap();
    assert!(!file.exists());
}

#[tokio::test]
async fn a_dropped_table_is_rebuilt_and_the_others_stay() {
    let (dir, _) = with_cat().await;
    open(dir.path()).ledger().record(kill::row("cat", 1)).await.unwrap();
    sqlite(dir.path()).execute_batch("DROP TABLE objects").unwrap();
    let store = open(dir.path());
    assert_eq!(list(&store.bucket("originals").unwrap()).await, ["photos/cat.jpg"]);
    assert_eq!(store.ledger().variants_of("cat").await.unwrap().len(), 1);
}

fn truncate(file: &Path, by: u64) {
    let opened = fs::OpenOptions::new().write(true).open(file).unwrap();
    opened.set_len(opened.metadata().unwrap().len() - by).unwrap();
}

#[tokio::test]
async fn a_torn_or_foreign_file_is_upstreams_fault() {
    let (dir, file) = with_cat().await;
    let whole = fs::read(&file).unwrap();
    put(&bucket(dir.path()), "other", "woof").await;
    let other = files_in(&dir.path().join("objects")).into_iter().find(|path| *path != file).unwrap();

    let mut wrongs: Vec<Vec<u8>> = (0..whole.len()).map(|length| whole[..length].to_vec()).collect();
    wrongs.push([&whole, b"!".as_slice()].concat());
    wrongs.push([b"GIF89a..".as_slice(), &whole[8..]].concat());
    wrongs.push([&whole[..8], &[0xff; 4], &whole[12..]].concat());
    wrongs.push(fs::read(other).unwrap());
    for wrong in wrongs {
        fs::write(&file, &wrong).unwrap();
        let error = bucket(dir.path()).get("photos/cat.jpg", LIMIT_BYTES).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Upstream, "{}", error.chain());
        assert_eq!(error.context(), "the store could not read an object", "the client learns no path");
        assert!(error.chain().contains(file.to_str().unwrap()), "the log does: {}", error.chain());
    }
}

#[tokio::test]
async fn two_instances_see_each_others_writes() {
    let dir = TempDir::new().unwrap();
    let (one, two) = (local::open(dir.path()).unwrap(), local::open(dir.path()).unwrap());
    put(&*one.originals, "cat", "meow").await;
    assert_eq!(two.originals.get("cat", LIMIT_BYTES).await.unwrap().body, "meow");
    put(&*two.originals, "cat", "purr").await;
    put(&*two.originals, "dog", "woof").await;
    assert_eq!(one.originals.get("cat", LIMIT_BYTES).await.unwrap().body, "purr");
    assert_eq!(list(&*one.originals).await, ["cat", "dog"]);
    one.originals.delete(&["cat".into()]).await.unwrap();
    assert_eq!(list(&*two.originals).await, ["dog"]);

    one.ledger.record(kill::row("cat", 1)).await.unwrap();
    assert_eq!(two.ledger.variants_of("cat").await.unwrap().len(), 1);
    one.failures.send(kill::message(1)).await.unwrap();
    assert_eq!(two.failures.receive(1, 30).await.unwrap().len(), 1);
    assert!(one.failures.receive(1, 30).await.unwrap().is_empty(), "hidden from the other receiver too");
}

#[tokio::test]
async fn two_instances_that_meet_at_one_key_agree_about_it() {
    let dir = TempDir::new().unwrap();
    let (one, two) = (bucket(dir.path()), bucket(dir.path()));
    let key = ["cat".to_owned()];
    for round in 0..200 {
        let done = Cell::new(false);
        let putting = async {
            put(&one, "cat", "meow").await;
            done.set(true);
        };
        // A delete in one round, and the cleaning up of a list in the next, at the worst of moments.
        let meddling = async {
            while !done.get() {
                if round % 2 == 0 {
                    two.delete(&key).await.unwrap();
                } else {
                    list(&two).await;
                }
            }
        };
        two.delete(&key).await.unwrap();
        tokio::join!(putting, meddling);
        let there = !files_in(&dir.path().join("objects")).is_empty();
        assert_eq!(!list(&one).await.is_empty(), there, "after round {round}, a file without a row");
    }
}

#[tokio::test]
async fn rows_without_a_file_are_never_listed() {
    let (dir, file) = with_cat().await;
    let store = bucket(dir.path());
    for key in ["a", "p", "photos/dog.jpg", "z"] {
        put(&store, key, "x").await;
    }
    fs::remove_file(file).unwrap();
    let phantoms = "INSERT INTO objects SELECT 'originals', 'phantom' || value FROM generate_series";
    let phantoms = phantoms.replace(
        "generate_series",
        "(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 2500) SELECT value FROM n)",
    );
    sqlite(dir.path()).execute_batch(&phantoms).unwrap();

    assert_eq!(
        store.list("p", None, 2).await.unwrap(),
        ["p", "photos/dog.jpg"],
        "a full page in spite of 2501 phantoms"
    );
    assert_eq!(list(&store).await, ["a", "p", "photos/dog.jpg", "z"]);
    let rows: u32 = sqlite(dir.path()).query_row("SELECT count(*) FROM objects", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 4, "and the phantoms are cleaned up");
}

#[tokio::test]
async fn leftover_temporary_files_go_when_nobody_can_own_them() {
    let (dir, _) = with_cat().await;
    let leftover = dir.path().join("tmp/put-of-the-dead");
    let strangers = dir.path().join("tmp/thesis.txt");
    fs::write(&strangers, "of someone who said --data .").unwrap();
    let running = open(dir.path());
    fs::write(&leftover, "half an obj").unwrap();
    drop(open(dir.path()));
    assert!(leftover.exists(), "it may belong to the other instance");
    drop(running);
    drop(open(dir.path()));
    assert!(!leftover.exists());
    assert!(strangers.exists());
}

#[test]
fn a_directory_that_cannot_be_used_is_said_so() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(LocalStore::open(&file).unwrap_err().kind(), Kind::Upstream);
    fs::write(dir.path().join("index.sqlite"), "not a database, but a text of some length").unwrap();
    assert_eq!(LocalStore::open(dir.path()).unwrap_err().kind(), Kind::Upstream);
}
