//! `pixfront serve --render lambda:…`: the real program before a stand-in for Lambda's API that answers as functions do, hand-made
//! and ill ones too.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::process::Command;
use std::time::{Duration, Instant};

use crate::pictures;
use crate::world::{Server, look, program, until};

mod debug;
mod hand_made;
mod stand_in;

pub(crate) use stand_in::StandIn;

/// A server that has its pictures made there.
pub(crate) fn rendered_by(lambda: &StandIn, change: impl FnOnce(&mut Command)) -> Server {
    Server::with(|command| {
        command.args(["--render", "lambda:resize"]);
        lambda.lend(command);
        change(command);
    })
}

#[tokio::test]
async fn a_hand_made_function_is_asked_once_and_its_answer_is_kept() {
    let lambda = StandIn::start().await;
    let server = rendered_by(&lambda, |_| ());
    server.upload("photos/a%20b.jpg", pictures::jpeg(120, 80)).await;
    let thumbnails = server.health("renders").await;
    let url = "/photos/a%20b.jpg?f=webp&width=60";
    let answers = futures_util::future::join_all((0..32).map(|_| server.get(url))).await;
    for answer in &answers {
        assert_eq!((answer.status, look(&answer.body)), (200, ("jpeg", 7, 5)), "{}", answer.text());
    }
    let answer = server.get(url).await;
    for (name, value) in [
        ("x-cache", "Hit"),
        ("content-type", "image/jpeg"),
        ("x-made-by", "hand"),
        ("cache-control", "public, max-age=86400, s-maxage=86400"),
        ("etag", &*format!("\"{}\"", pixfront::key::etag(&answer.body))),
        ("x-content-type-options", "nosniff"),
        ("set-cookie", ""),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    assert!(answer.header("content-security-policy").contains("sandbox"));
    let events = lambda.events();
    assert_eq!(events.len(), 1, "32 asked, and one more");
    let event = &events[0];
    assert_eq!((&event["version"], &event["rawPath"]), (&"2.0".into(), &"/photos/a%20b.jpg".into()), "{event}");
    assert_eq!(event["rawQueryString"], "w=60&f=webp");
    assert_eq!(event["queryStringParameters"], serde_json::json!({ "w": "60", "f": "webp" }));
    assert_eq!((&event["requestContext"]["http"]["method"], &event["isBase64Encoded"]), (&"GET".into(), &false.into()));
    assert_eq!(server.health("renders").await, thumbnails);
    // Of which bytes it is nobody said, so nobody could take it back.
    let stored = server.command(&["ls", "photos/a b.jpg"]);
    assert!(!String::from_utf8(stored.stdout).unwrap().contains("w=60"));
    server.upload("photos/a%20b.jpg", pictures::jpeg(40, 80)).await;
    assert_eq!(server.get(url).await.header("x-cache"), "Miss", "an overwrite purges it like any other");
}

#[tokio::test]
async fn what_goes_wrong_in_a_function_is_an_honest_error() {
    let lambda = StandIn::start().await;
    let server = rendered_by(&lambda, |_| ());
    for (name, status, kind, words) in [
        ("throttled", 503, "busy", "too many pictures are being made; ask again in a second"),
        ("broken", 502, "upstream", "the function that makes pictures failed"),
        ("late", 504, "deadline", "the function took too long to make the picture"),
        ("long", 413, "too-large", "the picture is longer than the 6 MB that a function may answer"),
        ("no-function", 502, "upstream", "the function that makes pictures could not be asked"),
        ("no-json", 502, "upstream", "the function that makes pictures answered with no JSON"),
        ("no-base64", 502, "upstream", "no good answer: its body is not the base64 that it says it is"),
        ("no-status", 502, "upstream", "no good answer: its statusCode is no status"),
        ("no-body", 502, "upstream", "no good answer: its body is no text"),
        ("empty", 502, "upstream", "no good answer: its picture is empty"),
        ("bare", 502, "upstream", "no good answer: its statusCode is no status"),
        ("elsewhere", 502, "upstream", "too long for a function, and its bucket does not have it"),
        ("ours-corrupt", 422, "corrupt", "the JPEG is cut off"),
    ] {
        let answer = server.get(&format!("/{name}.jpg?w=60")).await;
        assert_eq!((answer.status, answer.header("x-pixfront-error")), (status, kind), "{name}: {}", answer.text());
        assert!(answer.text().contains(words), "{name}: {}", answer.text());
        assert!(
            !answer.text().contains("resize") && !answer.text().contains("ValueError"),
            "{name}: {}",
            answer.text()
        );
        assert_eq!(answer.header("retry-after"), if status == 503 { "1" } else { "" }, "{name}");
    }
    server.wait_for_log("ValueError: no picture today");
    server.wait_for_log("Invoke of resize was answered with 429");

    // Its own answers are given on: texts, and failures, which are cached only if it says so.
    let text = server.get("/text.svg?w=60").await;
    assert_eq!((text.status, text.text(), text.header("content-type")), (200, "<svg/>".into(), "image/svg+xml"));
    for (path, caches) in [("/missing.jpg?w=60", ["Miss", "Miss"]), ("/missing-for-long.jpg?w=60", ["Miss", "Hit"])] {
        for cache in caches {
            let missing = server.get(path).await;
            assert_eq!((missing.status, missing.header("x-cache")), (404, cache), "{path}");
        }
    }
}

#[tokio::test]
async fn a_function_that_never_answers_is_not_waited_for_for_ever() {
    let lambda = StandIn::start().await;
    let server = rendered_by(&lambda, |command| _ = command.env("PIXFRONT_DEADLINE_MS", "500"));
    let begun = Instant::now();
    let answer = server.get("/hanging.jpg?w=60").await;
    assert_eq!((answer.status, answer.header("x-pixfront-error")), (504, "deadline"), "{}", answer.text());
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// As what is rendered here is.
#[tokio::test]
async fn what_is_under_way_at_a_function_is_shown() {
    let lambda = StandIn::start().await;
    let server = rendered_by(&lambda, |_| ());
    let ask = async |i: usize| server.get(&format!("/hanging.jpg?w={}", 60 + i)).await;
    let asked = futures_util::future::join_all((0..33).map(ask));
    let shown = until("32 under way and one that waits", async || {
        let page = server.get("/metrics").await.text();
        let has = |line: &str| page.lines().any(|found| found == line);
        (has("pixfront_renders_in_flight 32") && has("pixfront_renders_waiting 1")).then_some(())
    });
    tokio::select! {
        () = shown => {}
        _ = asked => panic!("nobody is answered"),
    }
}

#[test]
fn what_is_no_maker_is_named() {
    for (value, words) in [
        ("magick", "--render magick: it is `here` or `lambda:NAME`"),
        ("lambda:", "--render lambda:: it is `here` or `lambda:NAME`"),
        ("lambda:resize", "no region is set for the function resize: AWS_REGION"),
    ] {
        let mut command = program(["serve", "--port", "0", "--store", "memory", "--render", value]);
        stand_in::lend_keys(&mut command);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(10) && said.contains(words), "{value}: {said}");
    }
}
