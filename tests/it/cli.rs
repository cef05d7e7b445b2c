//! The command line: files in, files out, and exit codes by kind.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};

use pixfront::store::{Message, Row};
use serde_json::{Value, json};

use crate::pictures;
use crate::world::{look, program};

mod sign;

fn pixfront(arguments: &[&str], dir: &Path) -> Output {
    program(arguments).current_dir(dir).output().unwrap()
}

#[test]
fn exit_codes_say_who_must_act() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("cat.jpg"), pictures::jpeg(80, 60)).unwrap();
    fs::write(dir.path().join("torn.jpg"), &pictures::jpeg(80, 60)[..600]).unwrap();
    fs::write(dir.path().join("bomb.png"), pictures::png_bomb(60_000, 60_000)).unwrap();
    fs::write(dir.path().join("text.txt"), "no picture").unwrap();
    let check = |arguments: &[&str], code: i32, words: &str| {
        let output = pixfront(arguments, dir.path());
        let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    };
    check(&["render", "cat.jpg", "w=40&f=webp", "-o", "cat.webp"], 0, "webp, 40 × 30");
    check(&["render", "cat.jpg", "w=abc", "-o", "out"], 10, "w=abc: must be a whole number from 1 to 8192");
    check(&["render", "none.jpg", "w=40", "-o", "out"], 12, "none.jpg can't be read");
    check(&["render", "bomb.png", "w=40", "-o", "out"], 13, "60000 × 60000");
    check(&["render", "text.txt", "w=40", "-o", "out"], 14, "not a picture");
    check(&["render", "cat.jpg", "p=small", "-o", "out"], 10, "p=small: no presets are configured here");
    check(&["render", "torn.jpg", "w=40", "-o", "out"], 15, "cut off");
    check(&["render", "cat.jpg"], 2, "Usage");
    check(&["explain", "https://cdn.example.com/a/../b.jpg?w=4"], 10, "the path has a segment that is ..");
    check(&["ls", "cat.jpg", "--data", "nowhere"], 12, "nowhere");
    check(&["--help"], 0, "Examples:");
    assert!(!dir.path().join("out").exists(), "nothing is written on failure");
}

#[test]
fn settings_say_what_is_made() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("cat.jpg"), pictures::jpeg(80, 60)).unwrap();
    let pixfront = |arguments: &[&str]| {
        let mut command = program(arguments);
        command.env("PIXFRONT_FORMATS", "jpeg,webp").env("PIXFRONT_JPEG_PROGRESSIVE", "true");
        command.env("PIXFRONT_PRESETS", "small:w=20&f=auto; square:w=30&h=30&fit=cover");
        command.current_dir(dir.path()).output().unwrap()
    };
    let refused = pixfront(&["render", "cat.jpg", "f=avif", "-o", "out"]);
    assert_eq!(refused.status.code(), Some(14));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("f=avif: not made here; can be webp, jpeg"));

    let arguments =
        ["render", "cat.jpg", "p=small&dpr=2", "--accept", "image/avif,image/webp", "-o", "small", "--json"];
    let said: Value = serde_json::from_slice(&pixfront(&arguments).stdout).unwrap();
    assert_eq!(said["recipe"], "w=40,f=webp");
    assert_eq!(look(&fs::read(dir.path().join("small")).unwrap()), ("webp", 40, 30));
    let explained = pixfront(&["explain", "/cat.jpg?preset=square&pos=top", "--json"]);
    let explained: Value = serde_json::from_slice(&explained.stdout).unwrap();
    assert_eq!(explained["key"], "cat.jpg/w=30,h=30,fit=cover,pos=north");

    assert!(pixfront(&["render", "cat.jpg", "p=square", "-o", "square"]).status.success());
    let square = fs::read(dir.path().join("square")).unwrap();
    assert!(pictures::jpegs::markers(&square).iter().any(|(code, _)| *code == 0xC2), "progressive");
    let unknown = pixfront(&["explain", "/cat.jpg?p=large"]);
    assert_eq!(unknown.status.code(), Some(10));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("p=large: no such preset; can be small, square"));
}

#[test]
fn explain_names_the_variant() {
    let dir = tempfile::tempdir().unwrap();
    let url = "https://cdn.example.com/a%20b.jpg?f=auto&w=200&dpr=2";
    let output = pixfront(&["explain", url, "--accept", "image/webp", "--json"], dir.path());
    let explained: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(explained["key"], "a b.jpg/w=400,f=webp");
    assert_eq!(explained["uri"], "/a%20b.jpg/w=400,f=webp");
    assert_eq!(explained["bucket"], "variants");
}

#[test]
fn render_says_what_it_did() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a b 그림.jpg"), pictures::jpeg(80, 60)).unwrap();
    let arguments =
        ["render", "a b 그림.jpg", "f=auto&w=20&dpr=2", "--accept", "image/webp", "-o", "out.webp", "--json"];
    let output = pixfront(&arguments, dir.path());
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let written = fs::read(dir.path().join("out.webp")).unwrap();
    assert_eq!(look(&written), ("webp", 40, 30));
    for (name, value) in [
        ("output", json!("out.webp")),
        ("recipe", json!("w=40,f=webp")),
        ("format", json!("webp")),
        ("width", json!(40)),
        ("height", json!(30)),
        ("bytes", json!(written.len())),
        ("source", json!({ "width": 80, "height": 60, "bytes": pictures::jpeg(80, 60).len() })),
    ] {
        assert_eq!(said[name], value, "{name}");
    }
    assert!(said["ms"].as_f64().unwrap() > 0.0 && said["decoded"]["width"].as_u64().unwrap() >= 40, "{said}");
    // Without parameters, size and format stay.
    assert!(pixfront(&["render", "out.webp", "", "-o", "same"], dir.path()).status.success());
    assert_eq!(look(&fs::read(dir.path().join("same")).unwrap()), ("webp", 40, 30));
}

#[test]
fn explain_is_read_by_people_too() {
    let dir = tempfile::tempdir().unwrap();
    let table = [
        ("/cat.jpg", ["the original", "bucket     originals", "key        cat.jpg"]),
        ("/cat.jpg?w=5&f=auto", ["a variant", "bucket     variants", "key        cat.jpg/w=5"]),
        ("/resized-a+b.jpg", ["a thumbnail", "key        resized-a+b.jpg", "uri        /resized-a%2Bb.jpg"]),
        ("/cat.jpg?utm_source=x#top", ["the original", "recipe", "cache tag  "]),
    ];
    for (url, words) in table {
        let output = pixfront(&["explain", url], dir.path());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && words.iter().all(|words| text.contains(words)), "{url}: {text}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "it opens no store");
}

#[test]
fn bad_usage_is_2_and_the_environment_is_10() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [
        &[][..],
        &["--colour"],
        &["shrink", "cat.jpg"],
        &["render", "cat.jpg", "w=5"],
        &["serve", "--port", "65536"],
        &["serve", "--store", "floppy"],
        &["ls"],
        &["explain", "/cat.jpg", "--log", "xml"],
    ] {
        let output = pixfront(arguments, dir.path());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
    assert_eq!(pixfront(&["explain", "/x", "--log-filter", "pixfront=loud=er"], dir.path()).status.code(), Some(10));
    let output = program(["explain", "/x"]).env("PIXFRONT_RENDERS", "none").output().unwrap();
    assert_eq!(output.status.code(), Some(10));
    assert_eq!(pixfront(&["--version"], dir.path()).stdout, b"pixfront 0.1.0\n");
}

#[test]
fn limits_and_files_have_their_codes() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("cat.jpg"), pictures::jpeg(80, 60)).unwrap();
    let code = |variable: &str, value: &str, output: &str| {
        let mut command = program(["render", "cat.jpg", "w=40", "-o", output]);
        command.current_dir(dir.path()).env(variable, value).output().unwrap().status.code()
    };
    assert_eq!(code("PIXFRONT_SOURCE_PIXELS", "4799", "out"), Some(13));
    assert_eq!(code("PIXFRONT_SOURCE_PIXELS", "4800", "out"), Some(0));
    assert_eq!(code("PIXFRONT_SOURCE_BYTES", "100", "out"), Some(13));
    assert_eq!(code("PIXFRONT_OUTPUT_SIDE", "39", "out"), Some(13));
    assert_eq!(code("PIXFRONT_FORMATS", "png", "nowhere/out"), Some(17));
}

#[test]
fn what_is_not_there_is_12_and_what_is_empty_is_said() {
    let dir = tempfile::tempdir().unwrap();
    for data in [".", "nowhere"] {
        let nothing = pixfront(&["failures", "--data", data], dir.path());
        assert_eq!(nothing.status.code(), Some(12), "{data}");
        assert!(String::from_utf8_lossy(&nothing.stderr).contains(&format!("there is no store in {data}")), "{data}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "looking makes nothing");

    pixfront::store::local::open(dir.path()).unwrap();
    let ls = pixfront(&["ls", "cat.jpg", "--data", "."], dir.path());
    assert_eq!(ls.status.code(), Some(12));
    assert!(String::from_utf8_lossy(&ls.stderr).contains("cat.jpg has no variants"));
    assert_eq!(pixfront(&["ls", "cat.jpg", "--data", ".", "--json"], dir.path()).stdout, b"[]\n");
    assert_eq!(pixfront(&["failures", "--data", "."], dir.path()).stdout, b"no failures\n");
}

#[tokio::test]
async fn failures_beyond_the_limit_are_hinted_at() {
    let dir = tempfile::tempdir().unwrap();
    let failures = pixfront::store::local::open(dir.path()).unwrap().failures;
    for body in ["a.jpg", "b.jpg", "c.jpg"] {
        failures.send(Message { body: body.into(), ..Message::default() }).await.unwrap();
    }
    let said = |limit: &str| {
        String::from_utf8(pixfront(&["failures", "--data", ".", "--limit", limit], dir.path()).stdout).unwrap()
    };
    assert_eq!(said("2"), "-/a.jpg  -: -\n-/b.jpg  -: -\n... and more: --limit 20\n");
    assert_eq!(said("3"), "-/a.jpg  -: -\n-/b.jpg  -: -\n-/c.jpg  -: -\n");
    let attributes =
        [("bucket", "originals"), ("kind", "upstream"), ("message", "away"), ("stage", "persist"), ("recipe", "w=4")];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    failures.send(Message { body: "d.jpg".into(), attributes }).await.unwrap();
    assert!(said("4").ends_with("originals/d.jpg as w=4  upstream: away\n"), "{}", said("4"));
    failures.send(Message { body: "\u{1b}[2Je\n.jpg".into(), ..Message::default() }).await.unwrap();
    assert!(said("5").ends_with("-/\\u{1b}[2Je\\n.jpg  -: -\n"), "it commands no terminal: {}", said("5"));
}

#[tokio::test]
async fn a_reader_that_has_enough_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = pixfront::store::local::open(dir.path()).unwrap().ledger;
    // More than a pipe holds.
    for side in 1..=1_000 {
        ledger.record(row(side)).await.unwrap();
    }
    let data = dir.path().to_str().unwrap();
    for arguments in [&["ls", "cat.jpg", "--data", data][..], &["ls", "cat.jpg", "--data", data, "--json"]] {
        let mut command = program(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]), "{arguments:?}");
    }
    for arguments in [&["--help"][..], &["explain", "/cat.jpg"], &["failures", "--data", data]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = program(arguments).stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output();
        let output = output.unwrap();
        assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]), "{arguments:?}");
    }
}

fn row(side: u32) -> Row {
    Row {
        name: "cat.jpg".into(),
        variant: format!("w={side}"),
        bytes: 1,
        width: side,
        height: side,
        format: "jpeg".into(),
        source_etag: "etag".into(),
        render_ms: 1,
        time_ms: 1,
    }
}
