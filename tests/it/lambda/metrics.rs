//! What a function says of each invocation on its standard output, beside what happened in it.

#![allow(clippy::float_cmp, reason = "counts are exact")]

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use super::emf::Report;
use super::{Answer, Function, HTTP_ORIGIN, ORIGIN_RESPONSE, UPLOAD_TRIGGER, body, torn};
use crate::pictures;
use crate::triggers::{event, noise};

const CAT: &str = "photos/cat.jpg";

/// The names of all that a report counts, but for `Duration`, which is always there.
fn counted(report: &Report) -> Vec<&str> {
    assert!(report.metric("Duration") > 0.0, "{report:?}");
    report.metrics.keys().map(String::as_str).filter(|name| *name != "Duration").collect()
}

/// Checks the sizes of what was made, and that its time was taken.
fn check_render(report: &Report, source: &[u8], result: &[u8]) {
    let sizes = ["Renders", "SourceBytes", "ResultBytes", "BytesSaved"].map(|name| report.metric(name));
    let (source, result) = (source.len() as f64, result.len() as f64);
    assert_eq!(sizes, [1.0, source, result, (source - result).max(0.0)], "{report:?}");
    let (render, duration) = (report.metric("RenderTime"), report.metric("Duration"));
    assert!(render > 0.0 && render <= duration, "{report:?}");
    assert!(report.has("BytesSaved") && report.has("get_ms") && report.has("put_ms"), "{report:?}");
}

/// A PNG of next to nothing.
fn flat() -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(8, 8).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

fn at_edge(field: &str, value: impl Into<Value>) -> Value {
    let mut event = event("origin-response-403");
    event.pointer_mut("/Records/0/cf/request").unwrap()[field] = value.into();
    event
}

fn from_url(method: &str, path: &str) -> Value {
    let mut event = event("function-url-get");
    event["rawPath"] = path.into();
    event["rawQueryString"] = "".into();
    event["requestContext"]["http"]["method"] = method.into();
    event
}

fn upload(key: &str) -> Value {
    let mut event = event("s3-put");
    event["Records"][0]["s3"]["object"]["key"] = key.into();
    event
}

/// From now on nothing can be put.
fn stop_puts(function: &Function) {
    let tmp = function.data().join("tmp");
    fs::remove_dir(&tmp).unwrap();
    fs::write(&tmp, "variants can't be put").unwrap();
}

/// From now on nothing can be recorded.
fn stop_the_ledger(function: &Function) {
    let index = rusqlite::Connection::open(function.data().join("index.sqlite")).unwrap();
    index
        .execute_batch("CREATE TRIGGER stop BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'stopped'); END")
        .unwrap();
}

const RENDERED: [&str; 6] = ["BytesSaved", "RenderTime", "Renders", "Requests", "ResultBytes", "SourceBytes"];

#[tokio::test]
async fn the_edge_reports_what_it_made_and_what_was_there() {
    let mut function = Function::start(ORIGIN_RESPONSE).await;
    // A result that is shorter than its source, and one that is not.
    let (cat, dot) = (noise(300), flat());
    function.put(CAT, cat.clone()).await;
    function.put("dot.png", dot.clone()).await;
    let made = body(&function.response(&event("origin-response-403")).await);
    function.response(&event("origin-response-403")).await;
    function.response(&event("origin-response-200")).await;
    let thumbnail = body(&function.response(&at_edge("uri", "/resized-dot.png")).await);
    let longer = body(&function.response(&at_edge("uri", "/dot.png/f=jpeg")).await);
    let (reports, _) = function.reports().await;

    assert_eq!(counted(&reports[0]), RENDERED);
    check_render(&reports[0], &cat, &made);
    assert!(made.len() < cat.len() && !reports[0].has("after_ms"));
    assert_eq!((reports[0].property("key"), reports[0].property("recipe")), (CAT, "w=60,f=webp"));
    assert_eq!(counted(&reports[1]), ["Requests", "StoreHits"]);
    assert_eq!((reports[1].property("key"), reports[1].property("recipe")), (CAT, "w=60,f=webp"));
    assert!(reports[1].has("get_ms") && !reports[1].has("put_ms"));
    assert_eq!(counted(&reports[2]), ["Requests"], "it was in the bucket, and nothing was to be done");
    check_render(&reports[3], &dot, &thumbnail);
    assert_eq!((reports[3].property("key"), reports[3].property("recipe")), ("dot.png", "resized-"));
    check_render(&reports[4], &dot, &longer);
    assert!(longer.len() > dot.len() && reports[4].metric("BytesSaved") == 0.0);
    assert!(reports.iter().all(|report| report.metric("Requests") == 1.0 && !report.has("kind")));
}

#[tokio::test]
async fn the_edge_reports_failures_by_kind() {
    let mut function = Function::start(ORIGIN_RESPONSE).await;
    function.put("torn.jpg", torn()).await;
    function.put(CAT, pictures::jpeg(120, 80)).await;
    let badly_set_up = json!({ "s3": { "customHeaders": { "x-pixfront-renders": [{ "value": "none" }] } } });
    let table = [
        (at_edge("uri", "/photos/dog.jpg/w=6"), "not-found", "photos/dog.jpg", "w=6"),
        (at_edge("uri", "/torn.jpg/w=6"), "corrupt", "torn.jpg", "w=6"),
        (at_edge("uri", "/photos/cat.jpg/w=060"), "invalid", "", ""),
        (at_edge("uri", "/photos/cat.jpg"), "upstream", CAT, ""),
        (at_edge("origin", badly_set_up), "bug", CAT, "w=60,f=webp"),
        (json!({}), "invalid", "", ""),
    ];
    for (event, ..) in &table {
        function.invoke(event).await;
    }
    // No event has come of this, so Lambda counts the error and nobody else.
    function.hold(Duration::from_mins(1), b"{ this is no JSON".to_vec()).await.release();
    let (reports, log) = function.reports().await;
    for (report, (event, kind, key, recipe)) in reports.iter().zip(&table) {
        let request: &[&str] = if *event == json!({}) { &["Errors"] } else { &["Errors", "Requests"] };
        assert_eq!((counted(report), report.metric("Errors")), (request.to_vec(), 1.0), "{event}");
        let properties = ["kind", "key", "recipe"].map(|name| report.property(name));
        assert_eq!(properties, [*kind, *key, *recipe], "{event}");
    }
    assert_eq!(counted(&reports[table.len()]), [""; 0]);
    assert_eq!(log.iter().filter(|line| line.contains("\"kind\":\"not-found\"")).count(), 1, "each is logged once");
}

/// Each set of an origin's headers has a service of its own; what they count is one sum.
#[tokio::test]
async fn services_at_the_edge_count_together() {
    let mut function = Function::start(ORIGIN_RESPONSE).await;
    function.put(CAT, pictures::jpeg(120, 80)).await;
    for renders in 1..12_u32 {
        let headers = json!({ "x-pixfront-renders": [{ "value": renders.to_string() }] });
        let mut event = at_edge("origin", json!({ "s3": { "customHeaders": headers } }));
        event.pointer_mut("/Records/0/cf/request").unwrap()["uri"] = format!("/photos/cat.jpg/w={renders}").into();
        assert_eq!(function.response(&event).await["status"], "200");
    }
    for report in function.reports().await.0 {
        assert_eq!((counted(&report), report.metric("Renders")), (RENDERED.to_vec(), 1.0));
    }
}

#[tokio::test]
async fn what_is_done_after_the_answer_is_reported_as_well() {
    let mut function = Function::start(HTTP_ORIGIN).await;
    let cat = noise(300);
    function.put(CAT, cat.clone()).await;
    let held = function.hold(Duration::from_mins(5), event("function-url-get").to_string().into_bytes()).await;
    assert_eq!(function.said(), [""; 0], "the work is not over");
    let Answer::Response(made) = held.release() else { panic!("an answer") };
    function.idle().await;
    stop_the_ledger(&function);
    function.response(&from_url("GET", "/photos/cat.jpg/w=7")).await;
    function.idle().await;
    stop_puts(&function);
    function.response(&from_url("GET", "/photos/cat.jpg/w=8")).await;
    function.idle().await;
    function.stop_the_queue();
    function.response(&from_url("GET", "/photos/cat.jpg/w=9")).await;
    let (reports, _) = function.reports().await;

    check_render(&reports[0], &cat, &body(&made));
    assert!(reports[0].has("after_ms"));
    let failures = ["RecordsFailed", "PutsFailed", "FailureMessages", "Errors"];
    let failed = |report: &Report| failures.map(|name| report.metric(name));
    assert_eq!(failed(&reports[0]), [0.0; 4]);
    assert_eq!(failed(&reports[1]), [1.0, 0.0, 1.0, 0.0], "who asked has an answer");
    assert_eq!(failed(&reports[2]), [0.0, 1.0, 1.0, 0.0]);
    assert_eq!(failed(&reports[3]), [0.0, 1.0, 0.0, 0.0], "and nothing else knows of it");
    let recipes: Vec<_> = reports.iter().map(|report| report.property("recipe")).collect();
    assert_eq!(recipes, ["w=60,f=webp", "w=7", "w=8", "w=9"]);
    assert!(reports.iter().all(|report| report.metric("Renders") == 1.0 && report.property("key") == CAT));
}

#[tokio::test]
async fn a_function_url_reports_requests_hits_and_refusals() {
    let mut function = Function::with(HTTP_ORIGIN, |command| _ = command.env("PIXFRONT_PERSIST", "before")).await;
    function.put(CAT, pictures::jpeg(120, 80)).await;
    let variant = "/photos/cat.jpg/w=60";
    for event in [
        from_url("GET", variant),
        from_url("HEAD", variant),
        from_url("POST", variant),
        from_url("GET", "/%zz"),
        event("s3-put"),
    ] {
        function.invoke(&event).await;
    }
    stop_puts(&function);
    function.invoke(&from_url("GET", "/photos/cat.jpg/w=7")).await;
    let (reports, _) = function.reports().await;
    assert_eq!(counted(&reports[0]), RENDERED);
    assert_eq!(counted(&reports[1]), ["Requests", "StoreHits"]);
    let refused = |report: &Report| (report.metric("Errors"), report.metric("Requests"), report.has("key"));
    assert_eq!(refused(&reports[2]), (1.0, 1.0, true), "405");
    assert_eq!(refused(&reports[3]), (1.0, 1.0, false), "400");
    assert_eq!(refused(&reports[4]), (1.0, 0.0, false), "no request at all");
    assert!(reports[2..5].iter().all(|report| report.property("kind") == "invalid"));
    assert!(reports.iter().all(|report| !report.has("after_ms")), "all was done before the answer left");
    assert_eq!((reports[5].metric("PutsFailed"), reports[5].metric("FailureMessages")), (1.0, 0.0));
}

#[tokio::test]
async fn uploads_are_reported() {
    let mut function = Function::start(UPLOAD_TRIGGER).await;
    let picture = pictures::jpeg(120, 80);
    function.put("a b.jpg", picture.clone()).await;
    function.put("torn.jpg", torn()).await;
    let mut elsewhere = upload("a+b.jpg");
    elsewhere["Records"][0]["s3"]["bucket"]["name"] = "elsewhere".into();
    let news = [
        upload("a+b.jpg"),
        upload("a+b.jpg"),
        upload("torn.jpg"),
        elsewhere,
        upload("gone.jpg"),
        upload("resized-x.jpg"),
        event("s3-test-event"),
        json!("no event"),
    ];
    for event in &news {
        function.invoke(event).await;
    }
    let thumbnail = function.stores().variants.get("resized-a b.jpg", u64::MAX).await.unwrap().body;
    function.put("late.jpg", picture.clone()).await;
    stop_puts(&function);
    function.invoke(&upload("late.jpg")).await;
    let (reports, log) = function.reports().await;

    let names = ["BytesSaved", "RenderTime", "Renders", "ResultBytes", "SourceBytes", "Thumbnails", "Uploads"];
    assert_eq!((counted(&reports[0]), reports[0].property("key")), (names.to_vec(), "a b.jpg"));
    check_render(&reports[0], &picture, &thumbnail);
    assert_eq!(counted(&reports[1]), ["Uploads"], "it comes twice, and the thumbnail is there");
    let failed = ["Errors", "FailureMessages", "Uploads"];
    assert_eq!((counted(&reports[2]), reports[2].property("kind")), (failed.to_vec(), "corrupt"));
    assert_eq!((counted(&reports[3]), reports[3].property("kind")), (failed.to_vec(), "invalid"));
    assert_eq!((counted(&reports[4]), counted(&reports[5])), (vec!["Uploads"], vec!["Uploads"]));
    assert_eq!((counted(&reports[6]), counted(&reports[7])), (vec![], vec!["Errors"]));
    assert_eq!(reports[8].property("kind"), "upstream");
    let will_come_again = ["Errors", "PutsFailed", "Renders", "Uploads"].map(|name| reports[8].metric(name));
    assert_eq!(will_come_again, [1.0, 1.0, 1.0, 0.0]);

    // And each has its line in the log, under Lambda's name for the invocation.
    let log: Vec<Value> = log.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let uploads: Vec<_> = log.iter().filter(|line| line["fields"]["message"] == "upload").collect();
    let keys: Vec<_> = uploads.iter().map(|line| line["fields"]["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["a b.jpg", "a b.jpg", "torn.jpg", "a b.jpg", "gone.jpg", "resized-x.jpg", "late.jpg"]);
    for line in uploads {
        assert!(line["fields"]["duration_ms"].as_f64().unwrap() > 0.0, "{line}");
        assert!(line["span"]["requestId"].as_str().unwrap().starts_with("invocation-"), "{line}");
    }
}

#[tokio::test]
async fn a_batch_is_one_line_with_the_sum() {
    let mut function = Function::start(UPLOAD_TRIGGER).await;
    let batch = event("sqs-wrapped");
    let several = |keys: &[&str]| {
        let messages = keys.iter().enumerate().map(|(i, key)| {
            let mut message = batch["Records"][0].clone();
            message["messageId"] = format!("message-{i}").into();
            message["body"] = upload(key).to_string().into();
            message
        });
        json!({ "Records": messages.collect::<Vec<_>>() })
    };
    for key in ["1.jpg", "2.jpg"] {
        function.put(key, pictures::jpeg(20, 20)).await;
    }
    function.put("torn.jpg", torn()).await;
    function.response(&several(&["1.jpg", "torn.jpg", "2.jpg", "torn.jpg"])).await;
    function.response(&several(&["2.jpg"])).await;
    let (reports, _) = function.reports().await;
    let sums = ["Uploads", "Thumbnails", "Renders", "Errors", "FailureMessages"].map(|name| reports[0].metric(name));
    assert_eq!((sums, reports[0].has("key")), ([4.0, 2.0, 2.0, 2.0, 2.0], false));
    assert_eq!((counted(&reports[1]), reports[1].property("key")), (vec!["Uploads"], "2.jpg"));
}

/// Neither what signs URLs nor what they are signed with.
#[tokio::test]
async fn no_secret_is_said() {
    let keys = "a-secret-that-nobody-would-guess-1";
    let mut function = Function::with(HTTP_ORIGIN, |command| _ = command.env("PIXFRONT_SIGNING_KEYS", keys)).await;
    function.put(CAT, pictures::jpeg(120, 80)).await;
    let signature = "c2lnbmVkLWJ5LW5vYm9keS1hbmQtZm9yLW5vdGhpbmc";
    for (path, query) in [
        ("/photos/cat.jpg", format!("w=6&s={signature}")),
        ("/photos/dog.jpg", format!("w=6&s={signature}")),
        ("/photos/cat.jpg", format!("w=no&s={signature}")),
        ("/photos/cat.jpg", format!("w=6&s={signature}&s={signature}")),
        ("/photos/cat.jpg", format!("w=6&s={signature}x")),
    ] {
        let mut event = from_url("GET", path);
        event["rawQueryString"] = query.clone().into();
        event["headers"]["x-pixfront-url"] = format!("{path}?{query}").into();
        function.invoke(&event).await;
    }
    function.idle().await;
    let said = function.said();
    let (reports, log) = function.reports().await;
    assert_eq!((reports.len(), reports[0].metric("Renders"), reports[4].metric("Errors")), (5, 1.0, 1.0));
    let lines: Vec<_> = said.iter().chain(&log).collect();
    assert!(lines.iter().all(|line| !line.contains(keys) && !line.contains(signature)), "{lines:#?}");
}
