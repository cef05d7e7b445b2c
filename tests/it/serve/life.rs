//! From the start to the end of the process, gentle or not.

use std::net::TcpListener;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use pixfront::store::{Attributes, local};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::with_cat;
use crate::pictures;
use crate::world::{Server, look, program};

#[tokio::test]
async fn a_stop_lets_what_is_under_way_end_well() {
    let mut server = Server::start();
    let picture = pictures::jpeg(120, 80);
    let mut upload = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "PUT /upload/originals/cat.jpg HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        picture.len()
    );
    upload.write_all(head.as_bytes()).await.unwrap();
    // Word that the body is being read: the request is under way.
    let mut word = [0; 25];
    upload.read_exact(&mut word).await.unwrap();
    assert_eq!(word, *b"HTTP/1.1 100 Continue\r\n\r\n");

    server.terminate();
    server.wait_for_log("stopping");
    upload.write_all(&picture).await.unwrap();
    let mut answer = String::new();
    upload.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("/resized-cat.jpg"), "{answer}");
    assert_eq!(server.wait().code(), Some(0));
}

#[tokio::test]
async fn a_stop_at_once_is_no_failure() {
    for _ in 0..8 {
        let mut server = Server::start();
        server.terminate();
        assert_eq!(server.wait().code(), Some(0), "{:?}", server.log());
    }
}

#[tokio::test]
async fn what_was_acknowledged_before_a_kill_is_there_afterwards() {
    for kill_after in [1, 4, 9] {
        let server = Server::start();
        let mut uploads: FuturesUnordered<_> = (0..12_u32)
            .map(|i| {
                let server = &server;
                async move { (i, server.try_put(i).await) }
            })
            .collect();
        let mut acknowledged = Vec::new();
        while acknowledged.len() < kill_after {
            let (i, variant) = uploads.next().await.unwrap();
            acknowledged.push((i, variant.expect("it is alive")));
        }
        server.kill();
        // Those that were answered before the kill, but not looked at yet, count too.
        while let Some((i, variant)) = uploads.next().await {
            acknowledged.extend(variant.map(|variant| (i, variant)));
        }
        drop(uploads);
        let server = server.kill_and_restart();
        // Those that were stored and not answered have been taken up by now.
        let taken_up = server.health("renders").await;
        for (i, variant) in &acknowledged {
            let original = server.get(&format!("/cat-{i}.png")).await;
            assert!(original.body == pictures::png(60 + i, 40), "cat-{i}");
            assert_eq!(
                look(&server.get(&format!("/resized-cat-{i}.png")).await.body),
                ("png", 30 + i / 2, 20),
                "cat-{i}"
            );
            assert!(server.get(&format!("/cat-{i}.png?w=20&f=webp")).await.body == *variant, "cat-{i}");
            let rows = server.command(&["ls", &format!("cat-{i}.png"), "--json"]);
            assert_eq!(serde_json::from_slice::<Value>(&rows.stdout).unwrap().as_array().unwrap().len(), 2, "cat-{i}");
        }
        assert_eq!(server.health("renders").await, taken_up, "nothing was made again");
        // What was not acknowledged is there whole or not at all, and can be had.
        for i in 0..12 {
            let answer = server.get(&format!("/cat-{i}.png")).await;
            assert!(answer.status == 404 || answer.body == pictures::png(60 + i, 40), "cat-{i}");
            server.upload(&format!("cat-{i}.png"), pictures::png(60 + i, 40)).await;
            assert_eq!(look(&server.get(&format!("/resized-cat-{i}.png")).await.body).1, 30 + i / 2, "cat-{i}");
        }
    }
}

/// What a process leaves that dies between storing an original and dealing with it.
#[tokio::test]
async fn an_upload_that_was_stored_and_no_more_is_taken_up() {
    let mut server = Server::start();
    server.upload("cat.jpg", pictures::jpeg(120, 80)).await;
    assert_eq!(look(&server.get("/cat.jpg?w=60").await.body), ("jpeg", 60, 40));
    server.terminate();
    server.wait();
    let stores = local::open(&server.data()).unwrap();
    let journal = stores.journal.clone().unwrap();
    assert_eq!(journal.pending().await.unwrap(), [], "what was answered is dealt with");
    let mut torn = pictures::jpeg(64, 64);
    torn.truncate(torn.len() / 2);
    for (key, body) in [("cat.jpg", Some(pictures::jpeg(90, 90))), ("torn.jpg", Some(torn)), ("never-stored.jpg", None)]
    {
        journal.begin("originals", key).await.unwrap();
        if let Some(body) = body {
            stores.originals.put(key, body.into(), Attributes::default()).await.unwrap();
        }
    }

    let server = server.beside();
    assert_eq!(look(&server.get("/cat.jpg?w=60").await.body), ("jpeg", 60, 60));
    let rows = stores.ledger.variants_of("cat.jpg").await.unwrap();
    let names: Vec<_> = rows.iter().map(|row| &*row.variant).collect();
    assert_eq!(names, ["resized-cat.jpg", "w=60"], "the thumbnail was made without being asked for");
    assert_eq!((rows[0].width, rows[0].height), (45, 45));
    let failures = stores.failures.peek(10).await.unwrap();
    assert_eq!(failures.iter().map(|message| &*message.body).collect::<Vec<_>>(), ["torn.jpg"]);
    assert_eq!(journal.pending().await.unwrap(), []);
}

/// A variant of replaced bytes, as a process leaves it that dies just after it stored one.
#[tokio::test]
async fn a_stale_variant_in_the_store_is_not_given_out() {
    let server = with_cat().await;
    let url = "/photos/cat.jpg?w=30";
    let before = look(&server.get(url).await.body);
    let originals = local::open(&server.data()).unwrap().originals;
    originals.put("photos/cat.jpg", pictures::jpeg(90, 90).into(), Attributes::default()).await.unwrap();
    let server = server.kill_and_restart();
    assert_ne!(before, ("jpeg", 30, 30));
    assert_eq!(look(&server.get(url).await.body), ("jpeg", 30, 30));
    originals.delete(&["photos/cat.jpg".to_owned()]).await.unwrap();
    assert_eq!(server.kill_and_restart().get(url).await.status, 404);
}

impl Server {
    /// An upload and a variant of it; [`None`] if the server is gone.
    async fn try_put(&self, i: u32) -> Option<Vec<u8>> {
        let (upload, variant) = (format!("/upload/originals/cat-{i}.png"), format!("/cat-{i}.png?w=20&f=webp"));
        let put = self.ask("PUT", &upload).body(pictures::png(60 + i, 40)).send().await.ok()?;
        assert_eq!(put.status(), 200);
        let got = self.ask("GET", &variant).send().await.ok()?;
        assert_eq!(got.status(), 200);
        Some(got.bytes().await.ok()?.to_vec())
    }
}

#[tokio::test]
async fn log_lines_are_json_where_asked_for() {
    let server = Server::with(|command| _ = command.args(["--log", "json", "--log-filter", "debug"]));
    server.upload("cat \n\".jpg".replace('\n', "").as_str(), pictures::jpeg(20, 20)).await;
    server.upload("letter.pdf", b"%PDF-1.7".to_vec()).await;
    for path in ["/cat%20%22.jpg?w=5", "/letter.pdf?f=png", "/nothing"] {
        server.get(path).await;
    }
    server.wait_for_log("/nothing");
    let lines = server.log();
    assert!(lines.len() > 5, "{lines:?}");
    let mut requests = Vec::new();
    for line in lines {
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["level"].is_string() && line["timestamp"].is_string(), "{line}");
        if line["fields"]["message"] == "request" {
            requests.push(line["fields"]["status"].as_u64().unwrap());
        }
    }
    assert_eq!(requests, [200, 200, 200, 415, 404]);
}

#[tokio::test]
async fn memory_stores_keep_nothing() {
    let server = Server::with(|command| _ = command.args(["--store", "memory", "--cache", "none"]));
    server.upload("cat.jpg", pictures::jpeg(20, 20)).await;
    for _ in 0..2 {
        let answer = server.get("/cat.jpg?w=5").await;
        assert_eq!((answer.status, answer.header("x-cache")), (200, "Miss"));
    }
    assert_eq!(server.health("renders").await, 2);
    assert_eq!(std::fs::read_dir(server.data()).unwrap().count(), 0);
    assert_eq!(server.kill_and_restart().get("/cat.jpg").await.status, 404);
}

#[tokio::test]
async fn two_servers_on_one_directory_agree() {
    let one = with_cat().await;
    let two = one.beside();
    assert_eq!(look(&two.get("/photos/cat.jpg?w=30").await.body), ("jpeg", 30, 20));
    one.upload("photos/cat.jpg", pictures::jpeg(40, 80)).await;
    assert_eq!(look(&two.get("/photos/cat.jpg?w=31").await.body), ("jpeg", 31, 62));
    assert_eq!(look(&one.get("/photos/cat.jpg?w=30").await.body), ("jpeg", 30, 60));
}

#[test]
fn a_setting_that_cannot_be_is_named() {
    let table = [
        ("PIXFRONT_SOURCE_BYTES", "0"),
        ("PIXFRONT_SOURCE_PIXELS", "50MP"),
        ("PIXFRONT_FRAMES", "0"),
        ("PIXFRONT_OUTPUT_SIDE", "16384"),
        ("PIXFRONT_DEADLINE_MS", "-1"),
        ("PIXFRONT_RENDERS", "0"),
        ("PIXFRONT_RENDER_QUEUE", "many"),
        ("PIXFRONT_FORMATS", "webp,tiff"),
        ("PIXFRONT_PRESETS", "small:w=0"),
        ("PIXFRONT_UNDECODED", "svg"),
        ("PIXFRONT_JPEG_PROGRESSIVE", "1"),
        ("PIXFRONT_WEBP_EFFORT", "7"),
        ("PIXFRONT_AVIF_SPEED", "10"),
        ("PIXFRONT_SERVE_ORIGINALS", "yes"),
        // Nothing is no key, and no way to open every door.
        ("PIXFRONT_SIGNING_KEYS", ""),
        ("PIXFRONT_DEBUG_SECRET", ""),
        ("PIXFRONT_CACHE_CONTROL", "a\nb"),
        ("PIXFRONT_PERSIST", "later"),
        ("PIXFRONT_STREAMS", "1"),
        ("PIXFRONT_DATA", ""),
        ("PIXFRONT_ORIGINALS_BUCKET", "no"),
        ("PIXFRONT_ORIGINALS_REGION", "Ireland"),
        ("PIXFRONT_ORIGINALS_ENDPOINT", "localhost:4566"),
        ("PIXFRONT_VARIANTS_BUCKET", "s3://variants"),
        ("PIXFRONT_VARIANTS_REGION", ""),
        ("PIXFRONT_VARIANTS_ENDPOINT", "ftp://localhost"),
        ("PIXFRONT_TABLE", "my table"),
        ("PIXFRONT_TABLE_FORM", "columns"),
        ("PIXFRONT_TABLE_REGION", "eu_west_1"),
        ("PIXFRONT_TABLE_ENDPOINT", "http://"),
        ("PIXFRONT_ROW_DAYS", "0"),
        ("PIXFRONT_QUEUE_URL", "failures"),
        ("PIXFRONT_QUEUE_REGION", "eu west 1"),
        ("PIXFRONT_QUEUE_ENDPOINT", "https://a b"),
        ("PIXFRONT_DISTRIBUTION_ID", "E1 2"),
        ("PIXFRONT_DISTRIBUTION_ENDPOINT", "cloudfront"),
        ("PIXFRONT_INVALIDATE", "all"),
        ("PIXFRONT_THUMBNAILS", "small"),
        ("PIXFRONT_DEFAULTS", "w=4"),
    ];
    assert_eq!(table.len(), pixfront::config::SETTINGS.len());
    for (variable, value) in table {
        let output = program(["serve", "--port", "0", "--store", "memory"]).env(variable, value).output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(10), "{variable}={value}: {words}");
        assert!(words.contains(variable) && words.contains(value), "{words}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_port_in_use_is_said() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = program(["serve", "--store", "memory", "--port", &port]).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(17), "{words}");
    assert!(words.contains(&port) && words.contains("in use"), "{words}");
}
