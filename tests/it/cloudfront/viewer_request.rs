//! The function answers tests/vectors as its twin does, and does what only it must do.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use pixfront::config::Config;
use pixfront::reply::{Audience, reply};
use pixfront::serve::viewer_request::{Origin, rewrite};
use pixfront::viewer_function::{BYTES_MAX, SOURCE, deployed, settings, table, with_block};
use serde_json::{Value, json};

use super::engines::{Call, Engine};
use crate::vectors::{Outcome, Vector, vectors};
use crate::world::program;

/// How the twin's answer looks as the function's: what is returned to CloudFront, and which origin is selected.
pub(super) fn twin(call: &Call, accept: Option<&str>, config: &Config) -> (Value, Value) {
    // What a header may be in which there is no picture's format.
    let accept = accept.filter(|accept| accept.bytes().all(|b| matches!(b, b'\t' | b' '..=b'~')));
    let (path, query) = call.url.split_once('?').unwrap_or((&call.url, ""));
    match rewrite(path, query, accept, config, call.now) {
        Ok(rewritten) => {
            let mut headers = serde_json::Map::new();
            headers
                .extend(call.headers.iter().map(|header| (header.name.to_owned(), json!({ "value": header.value }))));
            headers.insert("x-pixfront-url".to_owned(), json!({ "value": visible(path, query) }));
            let request = json!({
                "method": "GET", "uri": rewritten.uri, "querystring": {}, "headers": headers, "cookies": {},
            });
            let is_original = rewritten.origin == Origin::Originals;
            (request, if is_original { json!("originals") } else { Value::Null })
        }
        Err(error) => {
            let reply = reply(Err(&error), Audience::CloudFront);
            let headers: serde_json::Map<_, _> =
                reply.headers.into_iter().map(|(name, value)| (name.to_owned(), json!({ "value": value }))).collect();
            let body = String::from_utf8(reply.body.to_vec()).unwrap();
            (json!({ "statusCode": reply.status, "headers": headers, "body": body }), Value::Null)
        }
    }
}

/// The viewer's URL as a redirect can say it.
fn visible(path: &str, query: &str) -> String {
    const ESCAPED: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'\\')
        .add(b'"')
        .add(b'<')
        .add(b'>')
        .add(b'[')
        .add(b']')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    let separator = if query.is_empty() { "" } else { "?" };
    utf8_percent_encode(&format!("{path}{separator}{query}"), ESCAPED).to_string()
}

/// The vectors as calls, each to the function of its file's settings.
fn calls(vectors: &[Vector]) -> Vec<Call> {
    let mut texts = BTreeMap::new();
    let call = |vector: &Vector| {
        let text = texts
            .entry((settings(&vector.config, false), vector.signing_keys.clone()))
            .or_insert_with(|| deployed(&vector.config, false).unwrap());
        let call = Call::new(text.clone(), vector.url()).with_keys(vector.signing_keys.as_deref());
        Call { now: vector.now, ..call.with_header("accept", vector.accept()) }
    };
    vectors.iter().map(call).collect()
}

/// The answer in the words of the vectors.
fn outcome(answer: &Value) -> Result<(&str, String, u64), String> {
    let answered = &answer["answered"];
    if let Some(uri) = answered["uri"].as_str() {
        let bucket = if answer["origin"] == "originals" { "original" } else { "variant" };
        return Ok((bucket, uri.to_owned(), 200));
    }
    let (Some(status), Some(body)) = (answered["statusCode"].as_u64(), answered["body"].as_str()) else {
        return Err(answer.to_string());
    };
    Ok(("refused", body.strip_suffix('\n').unwrap_or_default().to_owned(), status))
}

fn expected(vector: &Vector) -> (&'static str, String, u64) {
    match vector.expected() {
        Outcome::Variant { uri, .. } => ("variant", uri, 200),
        Outcome::Original { uri, .. } => ("original", uri, 200),
        Outcome::Refused { status, error } => ("refused", error, u64::from(status)),
    }
}

/// Asks every vector, as a viewer's request and as the console's test event, and tells how many hold.
fn hold(engine: Engine) -> usize {
    let vectors = vectors();
    let as_sent = calls(&vectors);
    let as_tested = as_sent.iter().cloned().map(|call| Call { is_test: true, ..call });
    let calls: Vec<_> = as_sent.iter().cloned().chain(as_tested).collect();
    let answers = engine.ask(&calls);
    let mut failures = Vec::new();
    for ((vector, call), answer) in vectors.iter().chain(&vectors).zip(&calls).zip(&answers) {
        let (got, expected) = (outcome(answer), Ok(expected(vector)));
        let (returned, origin) = twin(call, vector.accept(), &vector.config);
        // The test event's query has lost its order, and so has the URL that is told of it.
        let is_twin = call.is_test || (&answer["answered"], &answer["origin"]) == (&returned, &origin);
        if got != expected || !is_twin {
            let (url, name) = (&call.url, &vector.name);
            failures.push(format!("{url} ({name})\n  expected {expected:?}, {returned}\n  but got  {answer}"));
        }
    }
    assert!(failures.is_empty(), "{} calls of {engine:?} fail:\n{}", failures.len(), failures.join("\n"));
    answers.len() / 2
}

#[test]
fn every_vector_holds_in_both_engines() {
    let counts = Engine::BOTH.map(hold);
    println!("vectors that hold in {:?}: {counts:?}", Engine::BOTH);
    assert_eq!(counts, [vectors().len(); 2]);
    assert!(counts[0] > 400);
}

#[test]
fn the_viewers_url_is_told_and_cannot_be_forged() {
    let text = deployed(&Config::default(), false).unwrap();
    let forged = |url: &str| {
        let call = Call::new(text.clone(), url).with_header("x-pixfront-url", Some("//evil.example/"));
        call.with_header("x-pixfront-url", Some("/other")).with_header("x-pixfront-debug", Some("secret"))
    };
    let told = [
        ("/a.jpg?f=webp&w=4", "/a.jpg?f=webp&w=4"),
        ("/a.jpg?", "/a.jpg"),
        ("/%61.jpg?v=1&&w=%34&v=2&x", "/%61.jpg?v=1&&w=%34&v=2&x"),
        ("/고.jpg?v=🐱&w=4", "/%EA%B3%A0.jpg?v=%F0%9F%90%B1&w=4"),
        ("/a\\b.jpg", "/a%5Cb.jpg"),
    ];
    for engine in Engine::BOTH {
        let answers = engine.ask(&told.map(|(url, _)| forged(url)));
        for ((url, expected), answer) in told.iter().zip(&answers) {
            let headers = &answer["answered"]["headers"];
            assert_eq!(headers["x-pixfront-url"], json!({ "value": expected }), "{url} in {engine:?}");
            assert_eq!(headers["x-pixfront-debug"], json!({ "value": "secret" }), "{url} in {engine:?}");
        }
    }
}

#[test]
fn originals_come_from_their_bucket_unless_they_are_not_served() {
    let mut config = Config::default();
    let urls = [
        ("/a.jpg", true),
        ("/a.jpg?v=1", true),
        ("/a.jpg?w=4", false),
        ("/resized-a.jpg", false),
        ("/a.jpg?w=0", false),
    ];
    for engine in Engine::BOTH {
        for serves in [true, false] {
            config.policy.serves_originals = serves;
            let text = deployed(&config, false).unwrap();
            let calls: Vec<_> = urls.iter().map(|(url, _)| Call::new(text.clone(), *url)).collect();
            for ((call, (_, is_original)), answer) in calls.iter().zip(urls).zip(engine.ask(&calls)) {
                let (returned, _) = twin(call, None, &config);
                let origin = if is_original && serves { json!("originals") } else { Value::Null };
                assert_eq!(
                    (&answer["answered"], &answer["origin"]),
                    (&returned, &origin),
                    "{} in {engine:?}",
                    call.url
                );
                assert_eq!(answer["handles"], 0, "without signatures no store is needed");
            }
        }
    }
}

/// Of a picture with a good signature, unless the function can't know it.
#[test]
fn without_readable_keys_there_is_no_picture() {
    const KEY: &str = "a-secret-that-nobody-would-guess-1";
    const URL: &str = "/photos/cat.jpg?w=400&s=08S28O79a6Md1RbZaPXDfNfmZC71FfpEtzXrPHPOQ-U";
    let text = deployed(&Config::default(), true).unwrap();
    let both = format!("{KEY}, too-short");
    let spaced = format!("{KEY} {KEY}");
    let stores = [
        None,
        Some(""),
        Some("short"),
        Some(","),
        Some(&both),
        Some(&spaced),
        Some("고고고고고고고고고고고고고고고고고고고고고고고고고고고고고고고고고고"),
    ];
    for engine in Engine::BOTH {
        let with = |keys| Call::new(text.clone(), URL).with_keys(keys);
        let without_key = Call { store: Some(json!({ "signing-key": KEY })), ..with(None) };
        let unreadable: Vec<_> = stores.into_iter().map(with).chain([without_key]).collect();
        for (call, answer) in unreadable.iter().zip(engine.ask(&unreadable)) {
            assert_eq!(
                outcome(&answer),
                Ok(("refused", "the signing keys could not be read".to_owned(), 502)),
                "{call:?}"
            );
            assert_eq!(answer["answered"]["headers"]["cache-control"]["value"], "no-store");
            assert_eq!(answer["answered"]["headers"]["x-pixfront-error"]["value"], "upstream");
        }
        let padded = format!(" {KEY} , {KEY}x");
        let answers = engine.ask(&[KEY, &padded].map(|keys| with(Some(keys))));
        for answer in answers {
            assert_eq!(outcome(&answer), Ok(("variant", "/photos/cat.jpg/w=400".to_owned(), 200)), "{engine:?}");
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "UPDATE=1 is for these tests alone")]
fn the_functions_table_and_settings_are_fresh() {
    let fresh = with_block(SOURCE, "settings", &settings(&Config::default(), false)).unwrap();
    let fresh = with_block(&fresh, "table", &table()).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("cloudfront/viewer-request.js"), &fresh).unwrap();
    }
    assert!(
        SOURCE == fresh,
        "cloudfront/viewer-request.js is out of date: UPDATE=1 make test, then look at the difference"
    );
}

fn viewer_request(arguments: &[&str], settings: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let mut command = program([&["viewer-request"], arguments].concat());
    let output = command.envs(settings.iter().copied()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_command_prints_the_function_of_a_deployment() {
    let settings = [
        ("PIXFRONT_PRESETS", "small:width=0400&fm=jpg&gravity=0.5,0.25;1:h=3"),
        ("PIXFRONT_FORMATS", "png,jpeg"),
        ("PIXFRONT_SERVE_ORIGINALS", "false"),
        ("PIXFRONT_SIGNING_KEYS", "a-secret-that-nobody-would-guess-1"),
    ];
    let (code, text, words) = viewer_request(&[], &settings);
    assert_eq!(code, Some(0), "{words}");
    assert!(text.len() <= BYTES_MAX && text.starts_with("import cf from 'cloudfront';\n"), "{text}");
    let printed = [
        r#"formats:["jpeg","png"],"#,
        r#"presets:[["1","h=3"],["small","w=400&f=jpeg&pos=0.5:0.25"]],"#,
        "serveOriginals:false,",
        "signed:true,",
    ];
    for line in printed {
        assert!(text.contains(&format!("\n{line}\n")), "{line}: {text}");
    }
    assert!(!text.contains("a-secret"));

    let (_, unsigned, _) = viewer_request(&[], &[]);
    let (_, signed, _) = viewer_request(&["--signed"], &[]);
    assert_eq!(unsigned, deployed(&Config::default(), false).unwrap());
    assert_eq!(signed, unsigned.replace("signed:false", "signed:true"));
    assert_ne!(signed, unsigned);
}

#[test]
fn too_many_presets_are_an_error_before_cloudfront_says_so() {
    let presets = |count: usize| {
        let preset = |number| format!("preset-{number:03}:w={}&h=400&fit=cover&f=auto", 1000 + number);
        (0..count).map(preset).collect::<Vec<_>>().join(";")
    };
    let print = |count| viewer_request(&["--signed"], &[("PIXFRONT_PRESETS", &presets(count))]);
    let (code, text, words) = print(15);
    assert_eq!(code, Some(0), "{words}");
    assert!(text.contains("preset-014"));
    let (code, text, words) = print(200);
    assert_eq!((code, text.as_str()), (Some(10), ""));
    assert!(words.contains("bytes long with these settings, over CloudFront's limit of 10240"), "{words}");
}
