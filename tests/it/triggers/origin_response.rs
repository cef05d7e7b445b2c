//! CloudFront's origin-response event.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use pixfront::error::Kind;
use pixfront::format::Format;
use pixfront::trigger::origin_response::OriginResponse;
use serde_json::{Value, json};

use super::{Dice, event, garbage, mutated, noise};
use crate::pictures;
use crate::world::{Op, Place, World, look};

const REQUEST: &str = "/Records/0/cf/request";
const RESPONSE: &str = "/Records/0/cf/response";

/// A world with a cat in it.
async fn world() -> World {
    let world = World::new();
    world.put("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    world
}

/// The recorded event with a field of its request changed.
fn asking(field: &str, value: impl Into<Value>) -> Value {
    let mut event = event("origin-response-403");
    event.pointer_mut(REQUEST).unwrap()[field] = value.into();
    event
}

async fn handle(world: &World, event: Value) -> Value {
    let response = OriginResponse::AT_EDGE.handle(&world.service, event).await.unwrap();
    check(&response);
    response
}

/// What CloudFront demands of every generated response, or else it answers 502.
fn check(response: &Value) {
    let status = response["status"].as_str().expect("the status is a string");
    assert!((200..600).contains(&status.parse::<u16>().unwrap()), "{status}");
    assert_eq!(response["bodyEncoding"], "base64");
    assert!(BASE64.decode(response["body"].as_str().unwrap()).is_ok());
    assert!(response.to_string().len() < 1_000_000, "it has {} bytes", response.to_string().len());
    for (name, values) in response["headers"].as_object().unwrap() {
        assert_eq!(*name, name.to_lowercase());
        assert!(!["connection", "x-cache", "keep-alive", "trailer", "upgrade"].contains(&name.as_str()), "{name}");
        assert!(!name.starts_with("x-edge-") && !name.starts_with("x-amz-cf-"), "{name}");
        for value in values.as_array().unwrap() {
            assert_eq!(value["key"].as_str().unwrap().to_lowercase(), *name);
            assert!(value["value"].as_str().unwrap().bytes().all(|b| b == b' ' || b.is_ascii_graphic()));
        }
    }
}

/// A header's only value; empty if there is none.
fn header<'a>(response: &'a Value, name: &str) -> &'a str {
    let Some(values) = response["headers"].get(name) else { return "" };
    assert_eq!(values.as_array().unwrap().len(), 1, "{name}");
    values[0]["value"].as_str().unwrap()
}

fn body(response: &Value) -> Vec<u8> {
    BASE64.decode(response["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn what_the_origin_answered_passes_through_untouched() {
    let world = world().await;
    let statuses = ["200", "206", "301", "304", "400", "405", "412", "416", "500", "503"].map(Value::from);
    let mut events: Vec<_> = statuses
        .into_iter()
        .chain([200.into(), 500.into()])
        .map(|status| {
            let mut event = event("origin-response-200");
            event.pointer_mut(RESPONSE).unwrap()["status"] = status;
            event
        })
        .collect();
    events.extend(["OPTIONS", "POST", "PUT", "PATCH", "DELETE", "get"].map(|method| asking("method", method)));
    for event in events {
        let before = event.pointer(RESPONSE).unwrap().to_string();
        let after = OriginResponse::AT_EDGE.handle(&world.service, event).await.unwrap();
        assert_eq!(after.to_string(), before);
    }
    assert_eq!(world.service.counters.renders.get(), 0);
    assert_eq!(world.script.all_calls(), [], "and no store was asked");
}

#[tokio::test]
async fn a_missing_variant_is_made() {
    for status in [json!("403"), json!("404"), json!(403)] {
        let world = world().await;
        let mut event = event("origin-response-403");
        let origin = event.pointer_mut(RESPONSE).unwrap();
        origin["status"] = status;
        let origin = origin.clone();
        let response = handle(&world, event).await;
        assert_eq!((&response["status"], &response["statusDescription"]), (&json!("200"), &json!("OK")));
        let picture = body(&response);
        assert_eq!(look(&picture), ("webp", 60, 40));
        assert_eq!(world.stores.variants.get("photos/cat.jpg/w=60,f=webp", u64::MAX).await.unwrap().body, picture);

        assert_eq!(header(&response, "content-type"), "image/webp");
        assert_eq!(header(&response, "cache-control"), "public, max-age=86400, s-maxage=86400");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "x-amz-meta-cache-tag").len(), 32);
        assert_eq!(header(&response, "etag"), format!("\"{}\"", pixfront::key::etag(&picture)));
        assert!(header(&response, "server-timing").contains("render;dur="));
        assert_eq!(response["headers"].get("content-length"), None, "it was of the XML");
        assert_eq!(response["headers"].get("last-modified"), None, "it was of the XML");
        for kept in ["via", "transfer-encoding", "date", "server", "x-amz-request-id", "x-amz-id-2"] {
            assert_eq!(response["headers"][kept], origin["headers"][kept], "{kept}");
        }
    }
}

#[tokio::test]
async fn without_a_rewrite_the_query_and_accept_say_the_same() {
    let world = World::with(|config| config.policy.formats = [Format::Webp, Format::Jpeg].into_iter().collect());
    world.put("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    let response = handle(&world, event("origin-response-404-custom")).await;
    assert_eq!(look(&body(&response)), ("webp", 60, 40));
    assert_eq!(world.variants().await, ["photos/cat.jpg/h=40,f=webp"]);
    assert_eq!(header(&response, "x-frame-options"), "DENY");
    assert_eq!(response["headers"].get("content-encoding"), None, "a WebP is not gzip");
    let mut event = event("origin-response-404-custom");
    event.pointer_mut(REQUEST).unwrap()["headers"]["accept"] = json!([{ "key": "Accept", "value": "*/*" }]);
    assert_eq!(look(&body(&handle(&world, event).await)), ("jpeg", 60, 40));
}

#[tokio::test]
async fn head_gets_the_headers_alone() {
    let world = world().await;
    let get = handle(&world, asking("method", "GET")).await;
    let head = handle(&world, asking("method", "HEAD")).await;
    assert_eq!((&head["status"], &head["body"]), (&json!("200"), &json!("")));
    for name in ["content-type", "etag", "cache-control"] {
        assert_eq!(header(&head, name), header(&get, name));
    }
    let missing = handle(&World::new(), asking("method", "HEAD")).await;
    assert_eq!((&missing["status"], &missing["body"]), (&json!("404"), &json!("")));
}

#[tokio::test]
async fn keys_and_queries_that_cannot_be_are_400() {
    let world = world().await;
    let uris = [
        "/photos/cat.jpg/f=webp,w=60",
        "/photos/cat.jpg/w=060",
        "/photos/cat.jpg/w=60,q=80,f=webp",
        "/photos/cat.jpg/w=60,w=60",
        "/photos/cat.jpg/w=9999",
        "/photos/cat.jpg/w=60,fit=inside",
        "/photos/cat.jpg/f=auto",
        "/photos/cat.jpg/w=4/w=60",
        "/photos//cat.jpg/w=60",
        "/photos/../cat.jpg/w=60",
        "/photos/%2e%2e/cat.jpg/w=60",
        "/photos/%zz.jpg/w=60",
        "/photos/%FF.jpg/w=60",
        "/photos/a%00.jpg/w=60",
        "photos/cat.jpg/w=60",
        "/resized-resized-cat.jpg",
        "/w=60",
        "",
    ];
    for uri in uris {
        let response = handle(&world, asking("uri", uri)).await;
        assert_eq!((&response["status"], header(&response, "x-pixfront-error")), (&json!("400"), "invalid"), "{uri}");
        assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
        assert_eq!(String::from_utf8(body(&response)).unwrap().lines().count(), 1, "{uri}");
    }
    assert_eq!(world.variants().await, Vec::<String>::new());
}

/// Each kind as CloudFront hears it: status, whether a cache may keep it, and `Retry-After`.
#[tokio::test]
async fn every_kind_has_its_status_at_cloudfront() {
    let table = [
        (Kind::Invalid, "400", "public, max-age=10", ""),
        (Kind::Forbidden, "403", "public, max-age=10", ""),
        (Kind::NotFound, "404", "public, max-age=5", ""),
        (Kind::TooLarge, "415", "public, max-age=10", ""),
        (Kind::Unsupported, "415", "public, max-age=10", ""),
        (Kind::Corrupt, "415", "public, max-age=10", ""),
        (Kind::Busy, "503", "no-store", "1"),
        (Kind::Upstream, "502", "no-store", ""),
        (Kind::Deadline, "504", "no-store", ""),
        (Kind::Bug, "500", "no-store", ""),
    ];
    assert_eq!(table.map(|(kind, ..)| kind), Kind::ALL);
    for (kind, status, cache_control, retry_after) in table {
        let world = world().await;
        world.script.fail(Place::Originals, Op::Get, 1, kind);
        let response = handle(&world, event("origin-response-403")).await;
        assert_eq!(response["status"], status, "{kind:?}");
        assert_eq!(header(&response, "x-pixfront-error"), kind.name());
        assert_eq!(header(&response, "cache-control"), cache_control, "{kind:?}");
        assert_eq!(header(&response, "retry-after"), retry_after, "{kind:?}");
        assert_eq!(
            header(&response, "via"),
            header(&event("origin-response-403").pointer(RESPONSE).unwrap().clone(), "via")
        );
    }
}

/// A door through which hardly anything fits.
const NARROW: OriginResponse = OriginResponse { body_bytes_max: Some(100), ..OriginResponse::AT_EDGE };

fn with_viewer_url(url: &str) -> Value {
    let mut event = event("origin-response-403");
    let headers = &mut event.pointer_mut(REQUEST).unwrap()["headers"];
    headers["x-pixfront-url"] = json!([{ "key": "X-Pixfront-Url", "value": url }]);
    event
}

#[tokio::test]
async fn what_is_too_long_is_stored_and_redirected_to() {
    let world = world().await;
    for url in ["/photos/cat.jpg?w=60&f=webp", "/", "/a%20b+c/%EA%B7%B8.png?x=//y", "/photos/cat.jpg?u=https://x/"] {
        let response = NARROW.handle(&world.service, with_viewer_url(url)).await.unwrap();
        check(&response);
        assert_eq!((&response["status"], &response["body"]), (&json!("302"), &json!(BASE64.encode("see Location\n"))));
        assert_eq!((header(&response, "location"), header(&response, "cache-control")), (url, "no-store"));
        assert_eq!(world.variants().await, ["photos/cat.jpg/w=60,f=webp"]);
    }
}

#[tokio::test]
async fn nobody_is_redirected_to_another_host() {
    let urls = [
        "//evil.example/x",
        "///evil.example/x",
        "https://evil.example/x",
        "http:/evil.example",
        "evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/x\r\nset-cookie: a=b",
        "/x y",
        "/그림",
        "javascript:alert(1)",
        " /x",
        "",
    ];
    for url in urls {
        let world = world().await;
        let response = NARROW.handle(&world.service, with_viewer_url(url)).await.unwrap();
        check(&response);
        assert_eq!((&response["status"], header(&response, "location")), (&json!("502"), ""), "{url}");
    }
    let mut event = event("origin-response-403");
    event.pointer_mut(REQUEST).unwrap()["headers"].as_object_mut().unwrap().remove("x-pixfront-url");
    assert_eq!(NARROW.handle(&world().await.service, event).await.unwrap()["status"], "502");
}

#[tokio::test]
async fn what_is_too_long_and_not_stored_is_not_redirected_in_circles() {
    for (place, op) in [(Place::Variants, Op::Put), (Place::Originals, Op::Head)] {
        let world = world().await;
        world.script.fail(place, op, 1, Kind::Upstream);
        let response = NARROW.handle(&world.service, event("origin-response-403")).await.unwrap();
        check(&response);
        assert_eq!((&response["status"], header(&response, "cache-control")), (&json!("502"), "no-store"));
    }
}

#[tokio::test]
async fn the_longest_reply_fits_cloudfront() {
    let world = World::new();
    world.put("photos/cat.jpg", noise(520)).await;
    // Noise takes three bytes a pixel, so these are just below and just above 740,000.
    for (side, status) in [(490, "200"), (505, "302")] {
        let response = handle(&world, asking("uri", format!("/photos/cat.jpg/w={side}"))).await;
        assert_eq!(response["status"], status, "{side}: {}", response.to_string().len());
    }
}

#[tokio::test]
async fn what_is_no_event_is_an_error_and_no_panic() {
    let world = world().await;
    let mut no_events = garbage();
    no_events.push(event("s3-put"));
    no_events.push(json!({ "Records": [] }));
    for status in [json!(null), json!("many"), json!([]), json!(-1), json!(70_000)] {
        let mut event = event("origin-response-403");
        event.pointer_mut(RESPONSE).unwrap()["status"] = status;
        no_events.push(event);
    }
    for no_event in no_events {
        let text = no_event.to_string();
        let error = OriginResponse::AT_EDGE.handle(&world.service, no_event).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{text}");
    }
}

#[tokio::test]
async fn mutated_events_are_answered_or_refused() {
    let world = world().await;
    let events = ["origin-response-403", "origin-response-404-custom", "origin-response-200"].map(event);
    let mut dice = Dice(2026);
    let (mut answered, mut refused) = (0, 0);
    for round in 0..2_000 {
        let event = mutated(&events[round % events.len()], &mut dice);
        match OriginResponse::AT_EDGE.handle(&world.service, event).await {
            Ok(_) => answered += 1,
            Err(error) => {
                assert_eq!(error.kind(), Kind::Invalid, "{}", error.chain());
                refused += 1;
            }
        }
    }
    assert!(answered > 500 && refused > 100, "the dice are loaded: {answered} answered, {refused} refused");
}
