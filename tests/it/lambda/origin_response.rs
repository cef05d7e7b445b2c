//! CloudFront's origin-response event, answered by the program.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Function, ORIGIN_RESPONSE, body, torn};
use crate::pictures;
use crate::triggers::{event, noise};
use crate::world::look;

const REQUEST: &str = "/Records/0/cf/request";
const RESPONSE: &str = "/Records/0/cf/response";

async fn with_cat() -> Function {
    let function = Function::start(ORIGIN_RESPONSE).await;
    function.put("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    function
}

/// The recorded event with a field of its request changed.
fn asking(field: &str, value: impl Into<Value>) -> Value {
    let mut event = event("origin-response-403");
    event.pointer_mut(REQUEST).unwrap()[field] = value.into();
    event
}

/// The recorded event from an origin with these custom headers.
fn from_origin(kind: &str, headers: &[(&str, &str)]) -> Value {
    let headers: serde_json::Map<_, _> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), json!([{ "key": name, "value": value }]))).collect();
    asking("origin", json!({ kind: { "customHeaders": headers, "domainName": "variants.example", "path": "" } }))
}

fn header<'a>(response: &'a Value, name: &str) -> &'a str {
    response["headers"][name][0]["value"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn what_the_origin_answered_passes_through() {
    let mut function = with_cat().await;
    let event = event("origin-response-200");
    let response = function.response(&event).await;
    assert_eq!(response.to_string(), event.pointer(RESPONSE).unwrap().to_string());
    assert_eq!(function.variants().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_missing_variant_is_made() {
    let mut function = with_cat().await;
    let response = function.response(&event("origin-response-403")).await;
    assert_eq!((&response["status"], &response["bodyEncoding"]), (&json!("200"), &json!("base64")));
    let picture = body(&response);
    assert_eq!((look(&picture), header(&response, "content-type")), (("webp", 60, 40), "image/webp"));
    assert_eq!(header(&response, "via"), "1.1 9f0d1a3f0c7e4f0a8a6c1d8b2e3f4a5b.cloudfront.net (CloudFront)");
    let stored = function.stores().variants.get("photos/cat.jpg/w=60,f=webp", u64::MAX).await.unwrap();
    assert_eq!(stored.body, picture, "before the answer");
    let head = function.response(&asking("method", "HEAD")).await;
    assert_eq!((&head["status"], &head["body"]), (&json!("200"), &json!("")));
    assert_eq!(header(&head, "etag"), header(&response, "etag"));
}

#[tokio::test]
async fn failures_are_answers() {
    let mut function = with_cat().await;
    function.put("photos/torn.jpg", torn()).await;
    function.put("photos/letter.pdf", b"%PDF-1.7".to_vec()).await;
    let table = [
        ("/photos/dog.jpg/w=60", "404", "not-found"),
        ("/photos/torn.jpg/w=6", "415", "corrupt"),
        ("/photos/letter.pdf/f=png", "415", "unsupported"),
        ("/photos/cat.jpg/w=060", "400", "invalid"),
        ("/%FF", "400", "invalid"),
    ];
    for (uri, status, kind) in table {
        let response = function.response(&asking("uri", uri)).await;
        assert_eq!((&response["status"], header(&response, "x-pixfront-error")), (&json!(status), kind), "{uri}");
    }
    for line in function.log().await {
        assert_ne!(line["level"], "ERROR", "{line}");
        assert!(line["span"]["requestId"].is_string(), "{line}");
    }
}

#[tokio::test]
async fn what_is_too_long_is_stored_and_redirected_to() {
    let mut function = with_cat().await;
    function.put("photos/noise.png", noise(520)).await;
    // Just below and just above 740,000 bytes.
    for (width, status) in [(490, "200"), (505, "302")] {
        let response = function.response(&asking("uri", format!("/photos/noise.png/w={width}"))).await;
        assert_eq!(response["status"], status);
        let location = if status == "302" { "/photos/cat.jpg?w=60&f=webp" } else { "" };
        assert_eq!(header(&response, "location"), location, "as the header of the event says");
    }
    assert!(function.variants().await.contains(&"photos/noise.png/w=505".to_owned()));
}

#[tokio::test]
async fn the_origins_headers_are_heard() {
    let mut function = with_cat().await;
    for kind in ["s3", "custom"] {
        for _ in 0..2 {
            let strict = from_origin(kind, &[("x-pixfront-formats", "jpeg,png"), ("x-secret", "hush")]);
            let response = function.response(&strict).await;
            assert_eq!((&response["status"], header(&response, "x-pixfront-error")), (&json!("415"), "unsupported"));
            let response = function.response(&from_origin(kind, &[("x-pixfront-cache-control", "no-cache")])).await;
            assert_eq!(response["status"], "200");
        }
    }
    // One store behind all of them, and more sets of headers than are kept.
    for renders in 1..20_u32 {
        let response = function.response(&from_origin("s3", &[("x-pixfront-renders", &renders.to_string())])).await;
        assert_eq!((&response["status"], header(&response, "cache-control")), (&json!("200"), "no-cache"), "{renders}");
    }
}

#[tokio::test]
async fn headers_that_cannot_be_are_an_answer_that_says_nothing() {
    let mut function = with_cat().await;
    let sets: [&[(&str, &str)]; 3] = [
        &[("x-pixfront-renders", "none")],
        &[("x-pixfront-variants-bucket", "originals")],
        &[("x-pixfront-data", "/dev/null/here")],
    ];
    for headers in sets {
        let response = function.response(&from_origin("s3", headers)).await;
        assert!(matches!(response["status"].as_str(), Some("500" | "502")), "{response}");
        let words = String::from_utf8(body(&response)).unwrap();
        let (name, value) = headers[0];
        assert!(!words.contains(name) && !words.contains(value), "{words}");
    }
    assert_eq!(function.response(&event("origin-response-403")).await["status"], "200");
    let log = function.log().await;
    assert!(log.iter().any(|line| line["fields"]["error"].as_str().unwrap().contains("x-pixfront-renders=none")));
}

/// At the edge the settings may come with the headers alone.
#[tokio::test]
async fn nothing_need_be_known_before_the_first_event() {
    let mut function = Function::with(ORIGIN_RESPONSE, |command| _ = command.env_remove("PIXFRONT_DATA")).await;
    function.put("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    assert_eq!(function.response(&event("origin-response-200")).await["status"], "200");
    assert_eq!(function.response(&event("origin-response-403")).await["status"], "500");
    let data = function.data().to_str().unwrap().to_owned();
    let response = function.response(&from_origin("s3", &[("x-pixfront-data", &data)])).await;
    assert_eq!(look(&body(&response)), ("webp", 60, 40));
}

#[tokio::test]
async fn the_answer_comes_before_lambda_ends_it() {
    let mut function = with_cat().await;
    let Answer::Response(response) =
        function.invoke_for(Duration::from_millis(500), &event("origin-response-403")).await
    else {
        panic!("an answer")
    };
    assert_eq!((&response["status"], header(&response, "x-pixfront-error")), (&json!("504"), "deadline"));
    assert_eq!(function.response(&event("origin-response-403")).await["status"], "200");
}

#[tokio::test]
async fn what_is_no_event_is_an_error_to_lambda() {
    let mut function = with_cat().await;
    for no_event in [json!(null), json!({ "Records": [] }), event("s3-put")] {
        let Answer::Error(error) = function.invoke(&no_event).await else { panic!("{no_event}") };
        assert_eq!(error["errorType"], "invalid");
        assert!(error["errorMessage"].as_str().unwrap().contains("not an origin-response event"), "{error}");
    }
    let held = function.hold(Duration::from_mins(1), b"{ this is no JSON".to_vec()).await;
    assert!(matches!(held.release(), Answer::Error(_)));
    assert_eq!(function.response(&event("origin-response-403")).await["status"], "200");
}
