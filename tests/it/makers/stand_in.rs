//! A stand-in for Lambda's API: what a function answers is chosen by the path in its event; or a program answers.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::pictures;
use crate::world::until;

#[derive(Default)]
struct Function {
    events: Mutex<Vec<Value>>,
    /// Whether who was held is let go.
    is_let_go: watch::Sender<bool>,
    /// With its arguments; it reads the event and writes the answer.
    program: Option<Vec<OsString>>,
}

/// Gone with the test's runtime.
pub(crate) struct StandIn {
    endpoint: String,
    function: Arc<Function>,
}

impl StandIn {
    pub(crate) async fn start() -> Self {
        Self::of(Function::default()).await
    }

    /// With this program, run for each event, as the function.
    pub(super) async fn running(program: Vec<OsString>) -> Self {
        Self::of(Function { program: Some(program), ..Function::default() }).await
    }

    async fn of(function: Function) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let function = Arc::new(function);
        let invocations = post(invoke).with_state(Arc::clone(&function));
        let app = Router::new().route("/2015-03-31/functions/{name}/invocations", invocations);
        tokio::spawn(axum::serve(listener, app).into_future());
        Self { endpoint, function }
    }

    /// The events so far.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.function.events.lock().unwrap().clone()
    }

    /// Waits until somebody is held.
    pub(crate) async fn is_asked(&self) {
        until("event", async || (!self.events().is_empty()).then_some(())).await;
    }

    /// Lets who asked first for `held` have an answer.
    pub(crate) fn let_go(&self) {
        self.function.is_let_go.send_replace(true);
    }

    pub(super) fn lend(&self, command: &mut Command) {
        lend_keys(command);
        command.env("AWS_REGION", "eu-west-1").env("AWS_ENDPOINT_URL_LAMBDA", &self.endpoint);
    }
}

/// Keys that nobody checks, and nothing of this machine's own AWS.
pub(super) fn lend_keys(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.envs([
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ]);
}

async fn invoke(State(function): State<Arc<Function>>, Path(name): Path<String>, body: Bytes) -> Response {
    assert_eq!(name, "resize");
    let event: Value = serde_json::from_slice(&body).unwrap();
    if let Some(program) = &function.program {
        function.events.lock().unwrap().push(event);
        return run(program, &body).await.into_response();
    }
    let path = event["rawPath"].as_str().unwrap().trim_start_matches('/').to_owned();
    let is_first = {
        let mut events = function.events.lock().unwrap();
        events.push(event.clone());
        events.len() == 1
    };
    let refused = |status: StatusCode, name: &str| {
        (status, [("x-amzn-errortype", name.to_owned())], json!({ "Message": "no" }).to_string()).into_response()
    };
    let failed = |name: &str, words: &str| {
        let said = json!({ "errorType": name, "errorMessage": words }).to_string();
        ([("x-amz-function-error", "Unhandled")], said).into_response()
    };
    match path.split('.').next().unwrap() {
        "throttled" => refused(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
        "no-function" => refused(StatusCode::NOT_FOUND, "ResourceNotFoundException"),
        "broken" => failed("ValueError", "no picture today"),
        "late" => failed("", "2026-11-22T12:00:00.000Z 1b0 Task timed out after 3.00 seconds"),
        "long" => {
            failed("Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size")
        }
        "no-json" => "<html>".into_response(),
        "hanging" => std::future::pending().await,
        "held" => held(&function, is_first, &event).await.to_string().into_response(),
        other => {
            // So long that all who ask at the same time do.
            tokio::time::sleep(Duration::from_millis(100)).await;
            answer(other).to_string().into_response()
        }
    }
}

/// The first is kept waiting, and gets a picture of its own; who knows the secret is told the door, as by ours.
async fn held(function: &Function, is_first: bool, event: &Value) -> Value {
    if is_first {
        function.is_let_go.subscribe().wait_for(|is_let_go| *is_let_go).await.unwrap();
    }
    let picture = BASE64.encode(pictures::jpeg(if is_first { 7 } else { 9 }, 5));
    let headers = match event["headers"].get("x-pixfront-debug") {
        Some(_) => json!({ "cache-control": "no-store", "x-pixfront-door": "regional" }),
        None => json!({}),
    };
    json!({ "statusCode": 200, "headers": headers, "body": picture, "isBase64Encoded": true })
}

async fn run(program: &[OsString], event: &[u8]) -> Vec<u8> {
    let mut command = tokio::process::Command::new(&program[0]);
    command.args(&program[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    // What is written is small, and closed when dropped.
    child.stdin.take().unwrap().write_all(event).await.unwrap();
    child.wait_with_output().await.unwrap().stdout
}

fn answer(name: &str) -> Value {
    let picture = BASE64.encode(pictures::jpeg(7, 5));
    match name {
        "no-base64" => json!({ "statusCode": 200, "body": "GIF89a!", "isBase64Encoded": true }),
        "no-status" => json!({ "statusCode": "fine", "body": picture, "isBase64Encoded": true }),
        "no-body" => json!({ "statusCode": 200, "body": { "picture": picture } }),
        "empty" => json!({ "statusCode": 200, "body": "", "isBase64Encoded": true }),
        "bare" => picture.into(),
        "elsewhere" => json!({ "statusCode": 302, "headers": { "location": "/elsewhere.jpg?w=60" } }),
        "text" => json!({ "statusCode": "200", "headers": { "content-type": "image/svg+xml" }, "body": "<svg/>" }),
        "missing" => json!({ "statusCode": 404, "body": "no such picture" }),
        "missing-for-long" => json!({ "statusCode": 404, "headers": { "Cache-Control": "max-age=60" } }),
        "ours-corrupt" => json!({
            "statusCode": 415,
            "headers": { "x-pixfront-error": "corrupt", "cache-control": "public, max-age=10" },
            "body": BASE64.encode("the JPEG is cut off\n"),
            "isBase64Encoded": true,
        }),
        _ => json!({
            "statusCode": 200,
            "headers": { "Content-Type": "image/jpeg", "X-Made-By": "hand", "Set-Cookie": "a=b", "Content-Length": 1 },
            "body": picture,
            "isBase64Encoded": true,
        }),
    }
}
