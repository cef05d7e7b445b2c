//! `pixfront doctor`, against `serve`, and against a `serve` with one thing wrong: each check finds what it is for.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::pictures;
use crate::world::{Server, program};

mod iam;
mod illnesses;
mod sick;

use sick::{HEALTHY, Illness, Proxy};

const SECRET: &str = "a-debug-secret-of-this-deployment-1";
const SIGNING_KEY: &str = "a-secret-that-nobody-would-guess-1";

/// A `serve` where URLs are signed and doors say who they are.
fn serve() -> Server {
    Server::with(|command| {
        command.env("PIXFRONT_DEBUG_SECRET", SECRET).env("PIXFRONT_SIGNING_KEYS", SIGNING_KEY);
    })
}

/// The doctor, who knows everything there is to know. On a thread that may wait for it.
async fn doctor(arguments: &[&str]) -> Output {
    asked(arguments, SIGNING_KEY).await
}

async fn asked(arguments: &[&str], signing_keys: &str) -> Output {
    let mut command = program(["doctor"]);
    command.args(arguments);
    if !signing_keys.is_empty() {
        command.env("PIXFRONT_SIGNING_KEYS", signing_keys);
    }
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// By the doctor's own settings, as with the signing keys.
#[tokio::test]
async fn thumbnails_are_looked_for_under_their_prefix() {
    const THUMBNAILS: (&str, &str) = ("PIXFRONT_THUMBNAILS", "thumbs/:w=40");
    let server = Server::with(|command| _ = command.env(THUMBNAILS.0, THUMBNAILS.1));
    let upload = server.url("/upload/originals");
    let mut command = program(["doctor", &server.url("/"), "--upload-url", &upload, "--json", "--wait", "2"]);
    command.env(THUMBNAILS.0, THUMBNAILS.1);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let (verdict, words) = Findings::of(&output).0["thumbnail"].clone();
    assert!(verdict == "works" && words.starts_with("40×"), "{verdict}: {words}");
}

/// Verdicts by check, of a run with an upload, the debug secret and a look inside.
struct Findings(BTreeMap<String, (String, String)>);

impl Findings {
    fn of(output: &Output) -> Self {
        let stdout = String::from_utf8_lossy(&output.stdout);
        let findings: Vec<Value> = serde_json::from_str(&stdout)
            .unwrap_or_else(|error| panic!("{error}: {stdout}{}", String::from_utf8_lossy(&output.stderr)));
        let text = |finding: &Value, field: &str| finding[field].as_str().unwrap().to_owned();
        let pair = |finding: &Value| (text(finding, "check"), (text(finding, "verdict"), text(finding, "words")));
        Self(findings.iter().map(pair).collect())
    }

    fn with(&self, verdict: &str) -> Vec<&str> {
        self.0.iter().filter(|(_, (is, _))| is == verdict).map(|(check, _)| check.as_str()).collect()
    }
}

async fn examined(server: &Server, illnesses: &[Illness]) -> (Findings, Output) {
    examined_with(server, illnesses, SECRET, &server.data()).await
}

async fn examined_with(server: &Server, illnesses: &[Illness], secret: &str, data: &Path) -> (Findings, Output) {
    let proxy = Proxy::start(server.url(""), illnesses).await;
    let upload = format!("{}/upload/originals", proxy.url);
    let mut arguments = vec![proxy.url.as_str(), "--upload-url", &upload, "--debug-secret", secret, "--json"];
    arguments.extend(["--inside", "--data", data.to_str().unwrap(), "--wait", "1"]);
    let output = doctor(&arguments).await;
    (Findings::of(&output), output)
}

/// Every check there is.
const CHECKS: [&str; 20] = [
    "bad values",
    "caches",
    "door",
    "f=auto",
    "headers",
    "kept",
    "message",
    "not found",
    "over 1 MB",
    "overwrite",
    "raw keys",
    "reachable",
    "rewriting",
    "row",
    "signatures",
    "thumbnail",
    "torn picture",
    "under 1 MB",
    "upload",
    "uploaders",
];

#[tokio::test]
async fn nothing_is_wrong_with_serve() {
    let (findings, output) = examined(&serve(), &[HEALTHY]).await;
    assert_eq!(output.status.code(), Some(0), "{:?}", findings.0);
    assert_eq!(findings.0.keys().collect::<Vec<_>>(), CHECKS);
    // Nobody is turned away there.
    assert_eq!(findings.with("unseen"), ["uploaders"], "{:?}", findings.0);
    assert_eq!(findings.with("works").len(), 19);
    assert_eq!(findings.0["door"].1, "serve made the picture");
}

#[tokio::test]
async fn what_cannot_be_seen_is_said() {
    let server = Server::start();
    server.upload("photos/cat.jpg", pictures::jpeg(300, 200)).await;
    let output = asked(&[&server.url("/photos/cat.jpg")], "").await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    for line in [
        "unseen  door                    give --debug-secret, the deployment's PIXFRONT_DEBUG_SECRET",
        "unseen  kept                    give --debug-secret, the deployment's PIXFRONT_DEBUG_SECRET",
        "unseen  over 1 MB               this picture's largest PNG has",
        "unseen  under 1 MB              no PNG of about 740000 bytes could be had of this picture",
        "unseen  signatures              no PIXFRONT_SIGNING_KEYS here; anybody can ask for any size there",
    ] {
        assert!(said.contains(line), "no {line:?} in\n{said}");
    }
    for check in ["reachable", "rewriting", "f=auto", "headers", "bad values", "raw keys", "not found"] {
        assert!(said.contains(&format!("works   {check:<12}")), "no {check} in\n{said}");
    }
    for upload in ["upload ", "thumbnail", "torn picture", "overwrite"] {
        assert!(!said.contains(upload), "{upload} in\n{said}");
    }
}

#[tokio::test]
async fn keys_on_one_side_are_found_out() {
    let open = Server::start();
    open.upload("cat.jpg", pictures::jpeg(30, 20)).await;
    let output = doctor(&[&open.url("/cat.jpg")]).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("broken  signatures              an unsigned URL is answered with 200"), "{said}");

    let signed = serve();
    signed.upload("cat.jpg", pictures::jpeg(30, 20)).await;
    let output = asked(&[&signed.url("/cat.jpg")], "").await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(17), "{said}");
    assert!(
        said.contains("broken  reachable") && said.contains("PIXFRONT_SIGNING_KEYS must be set here too"),
        "{said}"
    );
}

#[tokio::test]
async fn another_secret_and_another_store_are_found_out() {
    let (server, other) = (serve(), Server::start());
    other.upload("photos/cat.jpg", pictures::jpeg(30, 20)).await;
    let secret = "another-secret-of-this-deployment-2";
    let (findings, output) = examined_with(&server, &[HEALTHY], secret, &other.data()).await;
    assert_eq!(output.status.code(), Some(17));
    assert_eq!(findings.with("broken"), ["door", "message", "row"], "{:?}", findings.0);
}

#[tokio::test]
async fn wrong_input_is_one_sentence() {
    let server = serve();
    let url = server.url("/");
    let missing = server.url("/photos/none.jpg");
    let table: [(&[&str], i32, &str); 9] = [
        (&["example.com"], 10, "example.com: must be a URL that begins with https:// or http://"),
        (&["ftp://example.com/cat.jpg"], 10, "must be a URL that begins with"),
        (&[&url], 10, "there is no picture to ask for: give the URL of one that is there, or --upload-url"),
        (&["http://127.0.0.1:9/cat.jpg"], 17, "the deployment does not answer"),
        (&[&missing], 17, "1 of 1 checks found something broken"),
        (&[&url, "--upload-url", "nowhere"], 10, "nowhere: must be a URL that begins with"),
        (&[&url, "--upload-url", &url, "--upload-auth", "api-key"], 10, "--upload-api-key or PIXFRONT_UPLOAD_API_KEY"),
        (&[&url, "--inside", "--data", "/nowhere"], 12, "there is no store in /nowhere"),
        (&[&url, "--wait", "long"], 2, "invalid value 'long' for '--wait <SECONDS>'"),
    ];
    for (arguments, code, words) in table {
        let output = doctor(arguments).await;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.contains(words), "{arguments:?}: {stderr}");
        assert!(!stderr.contains(SIGNING_KEY) && !stderr.contains("s="), "{stderr}");
    }
}
