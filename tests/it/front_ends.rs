//! The pages of `cloudfront/front-ends` against a real server: `tests/front-ends/run.mjs` builds and starts the Next.js app, looks at each
//! page in headless Chromium and tells what it saw; what it should have seen is said here.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

use crate::pictures::{self, gifs};
use crate::world::Server;

mod browsers;
mod offers;
mod signatures;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// A little more than the script gives itself.
const DEADLINE: Duration = Duration::from_secs(290);
const KEY: &str = "a-secret-that-nobody-would-guess-1";

/// What the script tells.
#[derive(Deserialize)]
struct Seen {
    pages: Vec<Page>,
}

#[derive(Deserialize)]
struct Page {
    name: String,
    html: String,
    candidates: Vec<Candidate>,
    views: Vec<View>,
}

/// A URL of a `srcset`, and what it says of it: `480w`, `2x`, or nothing.
#[derive(Deserialize)]
struct Candidate {
    url: String,
    descriptor: String,
}

/// A page in a browser.
#[derive(Deserialize)]
struct View {
    name: String,
    width: u32,
    dpr: u32,
    /// Formats that the browser does not know.
    without: Vec<String>,
    pictures: Vec<Picture>,
    /// Errors and warnings of its console.
    complaints: Vec<String>,
    screenshot: PathBuf,
}

/// What an `<img>` came to: `shown` is in CSS pixels.
#[derive(Deserialize)]
struct Picture {
    alt: String,
    url: String,
    natural: [u32; 2],
    shown: [u32; 2],
    transfers: Vec<Transfer>,
}

/// An answer of the network; `bytes` is head and body.
#[derive(Debug, Deserialize)]
struct Transfer {
    status: u16,
    #[serde(rename = "type")]
    content_type: String,
    accept: String,
    bytes: usize,
}

/// The originals that the pages show: name, format and upright width.
const ORIGINALS: [(&str, &str, u32); 5] = [
    ("photos/sunrise.jpg", "jpeg", 1600),
    ("photos/tower.jpg", "jpeg", 900),
    ("drawings/see%20through.png", "png", 800),
    ("clips/square.gif", "gif", 480),
    ("photos/icon.jpg", "jpeg", 300),
];

async fn upload_originals(server: &Server) {
    let bodies = [
        pictures::jpeg(1600, 900),
        pictures::jpeg_turned(1200, 900, 6),
        pictures::see_through_png(800, 600),
        gifs::wandering(480, 320, 5),
        pictures::jpeg(300, 200),
    ];
    for ((name, ..), body) in ORIGINALS.into_iter().zip(bodies) {
        server.upload(name, body).await;
    }
}

/// The original of a picture's URL.
fn original(url: &str) -> (&'static str, &'static str, u32) {
    let path = url.split('?').next().unwrap_or_default();
    let found = ORIGINALS.into_iter().find(|(name, ..)| path.ends_with(name));
    found.unwrap_or_else(|| panic!("{url} is of no picture that was uploaded"))
}

/// The value of a parameter; empty if there is none.
fn value<'a>(url: &'a str, name: &str) -> &'a str {
    let mut pairs = url.split(['?', '&']).filter_map(|pair| pair.split_once('='));
    pairs.find(|pair| pair.0 == name).map_or("", |pair| pair.1)
}

/// The width that a URL asks for, in device pixels.
fn asked_width(url: &str) -> u32 {
    let width: u32 = value(url, "w").parse().unwrap_or_else(|_| panic!("{url} asks for no width"));
    width * value(url, "dpr").parse::<u32>().unwrap_or(1)
}

/// The format that a URL comes to for a client that takes these ones besides those that all know.
fn format<'a>(url: &'a str, taken: &[&'static str]) -> &'a str {
    let (_, own, _) = original(url);
    match (value(url, "f"), taken.first().copied()) {
        // What moves is no AVIF.
        ("auto", Some(_)) if own == "gif" => "webp",
        ("auto", Some(best)) => best,
        ("auto", None) => own,
        (exactly, _) => exactly,
    }
}

/// The path and query of a URL of this server's.
fn path<'a>(url: &'a str, server: &Server) -> &'a str {
    url.strip_prefix(&server.url("")).unwrap_or_else(|| panic!("{url} is not at {}", server.url("")))
}

/// Runs a script of `tests/front-ends`, and gives back what it prints. Killed if it does not end.
async fn node(script: &str, arguments: &[&OsStr]) -> Vec<u8> {
    let program = Path::new(ROOT).join(".tools/node/node_modules/node-22/bin/node");
    let script = Path::new(ROOT).join("tests/front-ends").join(script);
    let mut command = Command::new(&program);
    command.arg(&script).args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(DEADLINE, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{} does not end", script.display()));
    let output = output.unwrap_or_else(|error| panic!("{}, which `make test` installs: {error}", program.display()));
    assert!(output.status.success(), "{}: {}", script.display(), String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Has the pages looked at.
async fn look_at_pages(server: &Server, signing: &Server) -> Vec<Page> {
    let tools = Path::new(ROOT).join(".tools/front-ends");
    assert!(tools.join("installed").exists(), "there is no {}, which `make test` installs", tools.display());
    let (front_ends, shots) = (Path::new(ROOT).join("cloudfront/front-ends"), browsers::screenshots());
    let (url, signing_url) = (server.url(""), signing.url(""));
    let arguments: [&OsStr; 6] =
        [front_ends.as_ref(), tools.as_ref(), url.as_ref(), signing_url.as_ref(), KEY.as_ref(), shots.as_ref()];
    let seen: Seen = serde_json::from_slice(&node("run.mjs", &arguments).await).unwrap();
    seen.pages
}

#[tokio::test]
async fn every_browser_gets_pictures_that_suit_it() {
    // By default AVIF takes six times as long, and how long a file is to the byte is no matter here.
    let server = Server::with(|command| _ = command.env("PIXFRONT_AVIF_SPEED", "9"));
    let signing = Server::with(|command| _ = command.env("PIXFRONT_AVIF_SPEED", "9").env("PIXFRONT_SIGNING_KEYS", KEY));
    upload_originals(&server).await;
    upload_originals(&signing).await;
    let pages = look_at_pages(&server, &signing).await;
    let names: Vec<_> = pages.iter().map(|page| (&*page.name, page.views[0].pictures.len())).collect();
    assert_eq!(names, [("nextjs", 5), ("nextjs-signed", 1), ("srcset", 2), ("picture", 1)]);
    for page in &pages {
        let of = if page.name == "nextjs-signed" { &signing } else { &server };
        browsers::check(page, of).await;
        offers::check(page, of).await;
        assert!(!page.html.contains(KEY), "{} gives the secret away", page.name);
    }
    browsers::write_table(&pages);
}
