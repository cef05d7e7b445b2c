//! Requests to a function URL, answered by the program.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Function, HTTP_ORIGIN, body, torn};
use crate::pictures;
use crate::triggers::{event, noise};
use crate::world::look;

const VARIANT: &str = "photos/cat.jpg/w=60,f=webp";

async fn with_cat() -> Function {
    let function = Function::start(HTTP_ORIGIN).await;
    function.put("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    function
}

fn asking(method: &str, path: &str, query: &str) -> Value {
    let mut event = event("function-url-get");
    event["rawPath"] = path.into();
    event["rawQueryString"] = query.into();
    event["requestContext"]["http"]["method"] = method.into();
    event
}

fn get() -> Value {
    event("function-url-get")
}

#[tokio::test]
async fn the_answer_leaves_before_the_variant_is_kept() {
    let mut function = with_cat().await;
    let held = function.hold(Duration::from_mins(5), get().to_string().into_bytes()).await;
    // Lambda has the answer, and the function does not know yet.
    assert_eq!(function.variants().await, Vec::<String>::new());
    let Answer::Response(response) = held.release() else { panic!("an answer") };
    assert_eq!((&response["statusCode"], &response["isBase64Encoded"]), (&json!(200), &json!(true)));
    assert_eq!(look(&body(&response)), ("webp", 60, 40));
    assert_eq!(response["headers"]["content-type"], "image/webp");
    assert_eq!(response["headers"]["cache-control"], "public, max-age=86400, s-maxage=86400");
    assert_eq!(response["headers"].get("vary"), None);
    // By the time it asks for the next event, the variant is there, with its row.
    function.idle().await;
    assert_eq!(function.variants().await, [VARIANT]);
    assert_eq!(function.stores().ledger.variants_of("photos/cat.jpg").await.unwrap().len(), 1);
    let again = function.response(&get()).await;
    assert_eq!(body(&again), body(&response));
    function.idle().await;
    assert_eq!(function.messages().await, []);
}

#[tokio::test]
async fn signatures_are_not_asked_for_behind_cloudfront() {
    let keys = "a-secret-that-nobody-would-guess-1";
    let mut function = Function::with(HTTP_ORIGIN, |command| _ = command.env("PIXFRONT_SIGNING_KEYS", keys)).await;
    function.put("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    // As the viewer-request function rewrites it, without the signature that it has checked.
    for path in ["/photos/cat.jpg/w=60,f=webp", "/resized-photos/cat.jpg"] {
        let response = function.response(&asking("GET", path, "")).await;
        assert_eq!(response["statusCode"], 200, "{path}: {response}");
    }
}

#[tokio::test]
async fn where_it_is_wished_the_variant_is_kept_before_the_answer_leaves() {
    let mut function = Function::with(HTTP_ORIGIN, |command| _ = command.env("PIXFRONT_PERSIST", "before")).await;
    function.put("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    let held = function.hold(Duration::from_mins(5), get().to_string().into_bytes()).await;
    assert_eq!(function.variants().await, [VARIANT]);
    held.release();
}

#[tokio::test]
async fn a_variant_that_cannot_be_kept_leaves_a_message() {
    let mut function = with_cat().await;
    let tmp = function.data().join("tmp");
    fs::remove_dir(&tmp).unwrap();
    fs::write(&tmp, "variants can't be put").unwrap();
    let response = function.response(&get()).await;
    assert_eq!((&response["statusCode"], look(&body(&response))), (&json!(200), ("webp", 60, 40)));
    function.idle().await;
    let messages = function.messages().await;
    assert_eq!((messages.len(), &*messages[0].body), (1, "photos/cat.jpg"));
    let attributes = messages[0].attributes.iter().map(|(name, value)| (&**name, &**value)).collect::<Vec<_>>();
    let etag = pixfront::key::etag(&pictures::jpeg(120, 80));
    let (kind, recipe, stage) = (("kind", "upstream"), ("recipe", "w=60,f=webp"), ("stage", "persist"));
    assert_eq!((attributes[0], attributes[1], attributes[2]), (("bucket", "originals"), ("etag", &*etag), kind));
    assert_eq!((attributes[4], attributes[5]), (recipe, stage));
    // And nobody is held up by it.
    assert_eq!(function.response(&get()).await["statusCode"], 200);
    function.idle().await;
    let log = function.log().await;
    assert!(log.iter().any(|line| line["fields"]["message"] == "a variant was answered but not stored"));
    assert!(log.iter().all(|line| !line.to_string().contains("\\u001b")), "colours are for eyes");
}

#[tokio::test]
async fn what_is_too_long_is_kept_first_and_redirected_to() {
    let mut function = with_cat().await;
    function.put("photos/noise.png", noise(1300)).await;
    // Three bytes a pixel: just below and just above 4,700,000.
    for (width, status) in [(1240, 200), (1270, 302)] {
        let event = asking("GET", &format!("/photos/noise.png/w={width}"), "");
        let held = function.hold(Duration::from_mins(5), event.to_string().into_bytes()).await;
        let key = format!("photos/noise.png/w={width}");
        assert_eq!(function.variants().await.contains(&key), status == 302, "{width}");
        let Answer::Response(response) = held.release() else { panic!("an answer") };
        assert_eq!(response["statusCode"], status);
        assert!(response.to_string().len() < 6_291_556);
        function.idle().await;
        assert!(function.variants().await.contains(&key), "{width}");
        if status == 302 {
            assert_eq!(response["headers"]["location"], "/photos/cat.jpg?w=60&f=webp", "as the event's header says");
            assert_eq!(response["headers"]["cache-control"], "no-store");
        }
    }
    // It is stored now, and still nothing that comes back here.
    let mut event = asking("GET", "/photos/noise.png/w=1270", "");
    event["headers"]["x-pixfront-url"] = "//evil.example/".into();
    assert_eq!(function.response(&event).await["statusCode"], 502);
    event["headers"].as_object_mut().unwrap().remove("x-pixfront-url");
    assert_eq!(function.response(&event).await["statusCode"], 502);
}

#[tokio::test]
async fn what_depends_on_the_client_says_so() {
    let mut function = with_cat().await;
    let mut negotiated = asking("GET", "/photos/cat.jpg", "h=40&f=auto&utm_source=mail");
    negotiated["headers"]["accept"] = "image/webp".into();
    let response = function.response(&negotiated).await;
    assert_eq!((look(&body(&response)), &response["headers"]["vary"]), (("webp", 60, 40), &json!("accept")));
    negotiated["headers"]["accept"] = "*/*".into();
    let response = function.response(&negotiated).await;
    assert_eq!((look(&body(&response)), &response["headers"]["vary"]), (("jpeg", 60, 40), &json!("accept")));
    negotiated["rawPath"] = "/photos/dog.jpg".into();
    let response = function.response(&negotiated).await;
    assert_eq!((&response["statusCode"], &response["headers"]["vary"]), (&json!(404), &json!("accept")));
}

#[tokio::test]
async fn failures_are_answers() {
    let mut function = with_cat().await;
    function.put("photos/torn.jpg", torn()).await;
    let table = [
        (asking("GET", "/photos/dog.jpg", "w=60"), 404, "not-found"),
        (asking("GET", "/photos/torn.jpg/w=6", ""), 415, "corrupt"),
        (asking("GET", "/photos/cat.jpg", "w=many"), 400, "invalid"),
        (asking("GET", "/photos/cat.jpg", ""), 502, "upstream"),
        (asking("GET", "/%2e%2e/%zz", ""), 400, "invalid"),
        (asking("GET", "", ""), 400, "invalid"),
        (asking("POST", "/photos/cat.jpg", "w=60"), 405, "invalid"),
        (asking("<b>\r\nset-cookie: a", "/photos/cat.jpg", "w=60"), 405, "invalid"),
    ];
    for (event, status, kind) in table {
        let response = function.response(&event).await;
        assert_eq!((&response["statusCode"], &response["headers"]["x-pixfront-error"]), (&json!(status), &json!(kind)));
        assert_eq!(String::from_utf8(body(&response)).unwrap().lines().count(), 1, "{event}");
        let allow = if status == 405 { json!("GET, HEAD") } else { Value::Null };
        assert_eq!(response["headers"].get("allow").unwrap_or(&Value::Null), &allow);
    }
    let head = function.response(&asking("HEAD", "/photos/cat.jpg", "w=60")).await;
    assert_eq!((&head["statusCode"], &head["body"]), (&json!(200), &json!("")));
    let late = function.invoke_for(Duration::from_millis(500), &asking("GET", "/photos/cat.jpg", "w=61")).await;
    let Answer::Response(late) = late else { panic!("an answer") };
    assert_eq!((&late["statusCode"], &late["headers"]["x-pixfront-error"]), (&json!(504), &json!("deadline")));
    for no_event in [json!({}), event("s3-put"), event("origin-response-403")] {
        let Answer::Error(error) = function.invoke(&no_event).await else { panic!("{no_event}") };
        assert_eq!(error["errorType"], "invalid", "{error}");
    }
}

#[tokio::test]
async fn where_it_is_wished_the_answer_is_streamed() {
    let mut function = Function::with(HTTP_ORIGIN, |command| _ = command.env("PIXFRONT_STREAMS", "true")).await;
    function.put("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    function.put("photos/noise.png", noise(1300)).await;
    let held = function.hold(Duration::from_mins(5), get().to_string().into_bytes()).await;
    assert_eq!(function.variants().await, Vec::<String>::new(), "it is kept afterwards here too");
    let Answer::Stream(prelude, body) = held.release() else { panic!("a stream") };
    assert_eq!((&prelude["statusCode"], &prelude["headers"]["content-type"]), (&json!(200), &json!("image/webp")));
    assert_eq!(look(&body), ("webp", 60, 40));
    function.idle().await;
    assert_eq!(function.variants().await, [VARIANT]);

    let Answer::Stream(prelude, body) = function.invoke(&asking("GET", "/photos/noise.png/w=1270", "")).await else {
        panic!("a stream")
    };
    assert_eq!((&prelude["statusCode"], look(&body)), (&json!(200), ("png", 1270, 1270)));
    assert!(body.len() > 4_700_000, "too long for any other answer");
    for (event, status) in [(asking("HEAD", "/photos/cat.jpg", "w=60"), 200), (asking("POST", "/", ""), 405)] {
        let Answer::Stream(prelude, body) = function.invoke(&event).await else { panic!("a stream") };
        assert_eq!((&prelude["statusCode"], body == b"\n"), (&json!(status), status == 200), "never empty");
    }
    let Answer::Error(error) = function.invoke(&json!({})).await else { panic!("an error") };
    assert_eq!(error["errorType"], "invalid");
}
