//! `GET /metrics`: the numbers of what happened, in Prometheus' text format 0.0.4, and the lines in the log beside them.

#![allow(clippy::float_cmp, reason = "counts are exact")]

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join;
use serde_json::Value;

use super::with_cat;
use crate::pictures;
use crate::triggers::noise;
use crate::world::{Server, look};

/// A page of metrics, each line of it checked as the format's description has it.
struct Page {
    /// Type by family.
    types: BTreeMap<String, String>,
    /// Value by name and labels, as they are written.
    samples: BTreeMap<String, f64>,
}

impl Page {
    async fn of(server: &Server) -> Self {
        let answer = server.get("/metrics").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; version=0.0.4"));
        assert_eq!(answer.header("cache-control"), "no-store");
        Self::read(&answer.text())
    }

    fn read(text: &str) -> Self {
        assert!(text.ends_with('\n') && !text.contains('\r'), "lines end with a line feed, the last one too");
        let (mut types, mut samples) = (BTreeMap::new(), BTreeMap::new());
        // A family is its HELP, its TYPE and its samples, and comes once.
        let (mut helped, mut family) = ("", "");
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, words) = help.split_once(' ').expect("words of help");
                assert!(is_name(name) && words.ends_with('.') && !types.contains_key(name), "{line}");
                helped = name;
            } else if let Some(typed) = line.strip_prefix("# TYPE ") {
                let (name, kind) = typed.split_once(' ').expect("a type");
                assert_eq!(name, helped, "each has its help before it");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                assert!(name.starts_with("pixfront_"), "{line}");
                types.insert(name.to_owned(), kind.to_owned());
                family = name;
            } else {
                let (sample, value) = line.rsplit_once(' ').expect("a value");
                let name = check_sample(sample);
                let is_histogram = types[family] == "histogram";
                let suffixes: &[&str] = if is_histogram { &["_bucket", "_sum", "_count"] } else { &[""] };
                assert!(suffixes.iter().any(|suffix| *name == format!("{family}{suffix}")), "{line} in {family}");
                let value: f64 = value.parse().unwrap();
                assert!(value.is_finite() && value >= 0.0, "{line}");
                assert!(samples.insert(sample.to_owned(), value).is_none(), "twice: {line}");
            }
        }
        let page = Self { types, samples };
        page.check_histograms();
        page
    }

    fn get(&self, sample: &str) -> f64 {
        *self.samples.get(&format!("pixfront_{sample}")).unwrap_or_else(|| panic!("no {sample} in {:?}", self.samples))
    }

    /// Buckets grow, and the last has all.
    fn check_histograms(&self) {
        let histograms = self.types.iter().filter(|(_, kind)| *kind == "histogram");
        for (name, _) in histograms {
            let bucket = |sample: &str| {
                Some(sample.strip_prefix(&format!("{name}_bucket{{le=\""))?.split_once('"')?.0.to_owned())
            };
            let bound = |bound: &str| if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() };
            let mut buckets: Vec<(f64, f64)> =
                self.samples.iter().filter_map(|(sample, count)| Some((bound(&bucket(sample)?), *count))).collect();
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(buckets.len() > 5 && buckets.is_sorted_by_key(|(_, count)| *count), "{name}: {buckets:?}");
            assert_eq!(*buckets.last().unwrap(), (f64::INFINITY, self.samples[&format!("{name}_count")]), "{name}");
            assert!(self.samples.contains_key(&format!("{name}_sum")));
        }
    }
}

/// A name, and labels if any: returns the name.
fn check_sample(sample: &str) -> &str {
    let Some((name, labels)) = sample.split_once('{') else {
        assert!(is_name(sample), "{sample}");
        return sample;
    };
    let labels = labels.strip_suffix('}').expect("the end of the labels");
    for label in labels.split(',') {
        let (label, value) = label.split_once('=').expect("a label's value");
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).expect("quotes");
        assert!(is_name(label) && !label.contains(':'), "{sample}");
        // What no label of ours has: names, paths, whatever else has no end of values.
        assert!(["kind", "le", "status", "version"].contains(&label) && value.len() < 16, "{sample}");
        assert!(!value.contains(['"', '\\', '\n']), "{sample}");
    }
    assert!(is_name(name), "{sample}");
    name
}

fn is_name(name: &str) -> bool {
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    name.starts_with(starts) && name.chars().all(|c| starts(c) || c.is_ascii_digit())
}

#[tokio::test]
async fn numbers_are_there_from_the_start() {
    let server = Server::start();
    let page = Page::of(&server).await;
    for name in [
        "renders_total",
        "store_hits_total",
        "source_bytes_total",
        "result_bytes_total",
        "saved_bytes_total",
        "uploads_total",
        "thumbnails_total",
        "failure_messages_total",
        "puts_failed_total",
        "records_failed_total",
        "cache_hits_total",
        "cache_misses_total",
        "cache_entries",
        "cache_bytes",
        "renders_in_flight",
        "renders_waiting",
        "get_seconds_count",
        "render_seconds_count",
        "put_seconds_count",
        "request_seconds_count",
    ] {
        assert_eq!(page.get(name), 0.0, "{name}");
    }
    for kind in pixfront::error::Kind::ALL {
        assert_eq!(page.get(&format!("errors_total{{kind=\"{}\"}}", kind.name())), 0.0);
    }
    assert_eq!(page.get(&format!("build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))), 1.0);
    assert_eq!(Page::of(&server).await.get("requests_total{status=\"200\"}"), 1.0, "the one before");
}

#[tokio::test]
async fn what_happens_is_counted() {
    let server = Server::start();
    let cat = pictures::jpeg(120, 80);
    server.upload("photos/cat.jpg", cat.clone()).await;
    let mut torn = cat.clone();
    torn.truncate(cat.len() / 2);
    server.upload("torn.jpg", torn).await;
    let thumbnail = server.get("/resized-photos/cat.jpg").await;
    let made = server.get("/photos/cat.jpg?w=60&f=webp").await;
    for _ in 0..3 {
        assert_eq!(server.get("/photos/cat.jpg?f=webp&w=60").await.header("x-cache"), "Hit");
    }
    for (path, status) in [
        ("/photos/cat.jpg", 200),
        ("/photos/cat.jpg?w=60x", 400),
        ("/photos/dog.jpg?w=60", 404),
        ("/photos/dog.jpg?w=60", 404),
        ("/torn.jpg?w=6", 422),
    ] {
        assert_eq!(server.get(path).await.status, status, "{path}");
    }
    let page = Page::of(&server).await;
    let (source, results) = (cat.len(), [thumbnail.body.len(), made.body.len()]);
    let saved: usize = results.iter().map(|result| source.saturating_sub(*result)).sum();
    for (sample, value) in [
        ("uploads_total", 2),
        ("thumbnails_total", 1),
        ("failure_messages_total", 1),
        ("renders_total", 2),
        ("store_hits_total", 1),
        ("source_bytes_total", 2 * source),
        ("result_bytes_total", results[0] + results[1]),
        ("saved_bytes_total", saved),
        ("render_seconds_count", 2),
        ("put_seconds_count", 2),
        // The second one is answered out of the cache.
        ("errors_total{kind=\"not-found\"}", 1),
        ("errors_total{kind=\"invalid\"}", 1),
        ("errors_total{kind=\"corrupt\"}", 2),
        ("errors_total{kind=\"bug\"}", 0),
        ("cache_hits_total", 4),
        ("cache_misses_total", 4),
        // What was not found and what is torn are kept for a while too.
        ("cache_entries", 4),
        ("renders_in_flight", 0),
        ("renders_waiting", 0),
        ("requests_total{status=\"200\"}", 8),
        ("requests_total{status=\"400\"}", 1),
        ("requests_total{status=\"404\"}", 2),
        ("requests_total{status=\"422\"}", 1),
        ("request_seconds_count", 12),
    ] {
        assert_eq!(page.get(sample), value as f64, "{sample}");
    }
    assert!(page.get("cache_bytes") > (results[0] + results[1]) as f64);
    let (render, request) = (page.get("render_seconds_sum"), page.get("request_seconds_sum"));
    assert!(render > 0.0 && render < request && request < 120.0, "in seconds: {render}, {request}");
}

#[tokio::test]
async fn a_purge_empties_the_cache() {
    let server = with_cat().await;
    server.get("/photos/cat.jpg?w=60").await;
    assert_eq!(Page::of(&server).await.get("cache_entries"), 1.0);
    server.upload("photos/cat.jpg", pictures::jpeg(40, 80)).await;
    let page = Page::of(&server).await;
    assert_eq!((page.get("cache_entries"), page.get("cache_bytes")), (0.0, 0.0));
    assert_eq!(page.get("thumbnails_total"), 2.0);
}

#[tokio::test]
async fn what_is_under_way_is_shown() {
    let server = Server::with(|command| _ = command.env("PIXFRONT_RENDERS", "1"));
    server.upload("noise.png", noise(500)).await;
    // Each takes a second or so.
    let asked = join(server.get("/noise.png?w=490&f=avif"), server.get("/noise.png?w=491&f=avif"));
    let seen = async {
        loop {
            let page = Page::of(&server).await;
            if (page.get("renders_in_flight"), page.get("renders_waiting")) == (1.0, 1.0) {
                return;
            }
        }
    };
    let (answers, seen) = join(asked, tokio::time::timeout(Duration::from_mins(1), seen)).await;
    seen.expect("one is made and one waits");
    assert_eq!((answers.0.status, answers.1.status), (200, 200));
    let page = Page::of(&server).await;
    assert_eq!(
        (page.get("renders_in_flight"), page.get("renders_waiting"), page.get("renders_total")),
        (0.0, 0.0, 3.0)
    );
}

/// Like `/health` it is no picture's name to those who read, and no picture is lost by it.
#[tokio::test]
async fn it_needs_no_signature_and_hides_no_picture_but_one() {
    let keys = "a-secret-that-nobody-would-guess-1";
    let server = Server::with(|command| _ = command.env("PIXFRONT_SIGNING_KEYS", keys));
    server.upload("metrics", pictures::jpeg(40, 20)).await;
    let page = Page::of(&server).await;
    assert_eq!(page.get("thumbnails_total"), 1.0);
    assert_eq!(server.get("/metrics?w=6&anything").await.status, 200);
    let head = server.get_with("HEAD", "/metrics", &[]).await;
    assert_eq!((head.status, head.body.len(), head.header("content-type")), (200, 0, "text/plain; version=0.0.4"));
    assert_eq!(server.get_with("POST", "/metrics", &[]).await.status, 405);
    assert_eq!(server.get("/metrics/cat.jpg").await.status, 403, "a picture, which needs one");

    let server = Server::start();
    server.upload("metrics", pictures::jpeg(40, 20)).await;
    assert_eq!(look(&server.get("/resized-metrics").await.body), ("jpeg", 20, 10));
}

/// Each request has one line: which picture, what of it, how it went and how long it took.
#[tokio::test]
async fn requests_have_their_lines() {
    let server = Server::with(|command| _ = command.args(["--log", "json"]));
    server.upload("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    for path in ["/photos/cat.jpg?w=60&f=webp", "/resized-photos/cat.jpg", "/photos/cat.jpg", "/dog.jpg?h=7", "/a?w=x"]
    {
        server.get(path).await;
    }
    server.wait_for_log("/a?w=x");
    let log: Vec<Value> = server.log().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |message: &str| {
        log.iter().map(|line| &line["fields"]).filter(|fields| fields["message"] == message).collect::<Vec<_>>()
    };
    let text = |fields: &Value, name: &str| fields.get(name).map_or("", |value| value.as_str().unwrap()).to_owned();
    let requests = of("request");
    let facts: Vec<_> =
        requests.iter().map(|fields| ["key", "recipe", "kind", "cache"].map(|name| text(fields, name))).collect();
    let expected = [
        ["", "", "", "-"],
        ["photos/cat.jpg", "w=60,f=webp", "", "Miss"],
        ["photos/cat.jpg", "resized-", "", "Miss"],
        ["photos/cat.jpg", "", "", "Miss"],
        ["dog.jpg", "h=7", "not-found", "Miss"],
        ["", "", "invalid", "-"],
    ];
    assert_eq!(facts, expected);
    assert!(requests.iter().all(|fields| fields["duration_ms"].as_f64().unwrap() > 0.0), "{requests:?}");
    let uploads = of("upload");
    assert_eq!((uploads.len(), text(uploads[0], "key")), (1, "photos/cat.jpg".to_owned()));
    assert!(uploads[0]["duration_ms"].as_f64().unwrap() > 0.0);
}
