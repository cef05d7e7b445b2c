//! Which door made a picture: told to whoever knows the secret.

use serde_json::{Value, json};

use super::{Function, HTTP_ORIGIN, ORIGIN_RESPONSE};
use crate::pictures;
use crate::triggers::event;

const SECRET: &str = "a-debug-secret-of-this-deployment-1";

async fn with_secret(program: &str) -> Function {
    let function = Function::with(program, |command| _ = command.env("PIXFRONT_DEBUG_SECRET", SECRET)).await;
    function.put("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    function
}

/// The door that is told, and `Cache-Control`, of a request with this header.
async fn at_the_edge(function: &mut Function, debug: Option<&str>) -> (Value, Value) {
    let mut event = event("origin-response-403");
    if let Some(debug) = debug {
        let request = event.pointer_mut("/Records/0/cf/request").unwrap();
        request["headers"]["x-pixfront-debug"] = json!([{ "key": "X-Pixfront-Debug", "value": debug }]);
    }
    let headers = function.response(&event).await["headers"].clone();
    let value = |name: &str| headers[name][0]["value"].clone();
    (value("x-pixfront-door"), value("cache-control"))
}

async fn behind_a_url(function: &mut Function, debug: Option<&str>) -> (Value, Value) {
    let mut event = event("function-url-get");
    if let Some(debug) = debug {
        event["headers"]["x-pixfront-debug"] = debug.into();
    }
    let headers = function.response(&event).await["headers"].clone();
    (headers["x-pixfront-door"].clone(), headers["cache-control"].clone())
}

#[tokio::test]
async fn only_the_secret_opens_the_mouth() {
    let usual = || (Value::Null, json!("public, max-age=86400, s-maxage=86400"));
    let (mut edge, mut regional) = (with_secret(ORIGIN_RESPONSE).await, with_secret(HTTP_ORIGIN).await);
    for no_secret in [None, Some(""), Some("another-secret-of-this-deployment-1"), Some(&SECRET[1..])] {
        assert_eq!(at_the_edge(&mut edge, no_secret).await, usual(), "{no_secret:?}");
        assert_eq!(behind_a_url(&mut regional, no_secret).await, usual(), "{no_secret:?}");
    }
    // No cache keeps such an answer, so that the next request is a miss as well.
    assert_eq!(at_the_edge(&mut edge, Some(SECRET)).await, (json!("edge"), json!("no-store")));
    assert_eq!(behind_a_url(&mut regional, Some(SECRET)).await, (json!("regional"), json!("no-store")));
}

#[tokio::test]
async fn without_a_secret_nobody_is_told() {
    let mut edge = Function::start(ORIGIN_RESPONSE).await;
    edge.put("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    for debug in ["", SECRET] {
        assert_eq!(at_the_edge(&mut edge, Some(debug)).await.0, Value::Null, "{debug:?}");
    }
}
