//! What we promise about the code itself, and documents that are generated from it.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]
#![allow(clippy::disallowed_methods, reason = "UPDATE=1 is for these tests alone")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below these folders, with its path from the root.
fn rust_files(folders: &[&str]) -> Vec<(String, String)> {
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(files.len() > 5, "found only {files:?}");
    files
}

/// Asserts that none of the words stands in code (comments aside) of the files that `is_fenced` names.
fn fence(words: &[&str], is_fenced: impl Fn(&str) -> bool, why: &str) {
    let mut fenced = 0;
    let mut found = Vec::new();
    for (name, text) in rust_files(&["src"]) {
        if !is_fenced(&name) {
            continue;
        }
        fenced += 1;
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            found.extend(
                words.iter().filter(|word| code.contains(**word)).map(|word| (name.clone(), number + 1, *word)),
            );
        }
    }
    assert!(fenced > 0, "the fence stands around nothing: {why}");
    assert!(found.is_empty(), "{why}: {found:?}");
}

#[test]
fn the_core_is_pure() {
    const PURE: [&str; 9] = ["request", "signature", "params", "format", "variant", "key", "reply", "door", "error"];
    let is_pure = |name: &str| {
        name.starts_with("src/image/")
            || PURE.iter().any(|pure| name == format!("src/{pure}.rs") || name.starts_with(&format!("src/{pure}/")))
    };
    let impure = ["tokio", "aws_", "std::fs", "std::env", "std::net", "Instant", "SystemTime", "async ", ".await"];
    fence(&impure, is_pure, "the core does no I/O, has no clock and is not async");
}

#[test]
fn one_place_for_each_thing() {
    let outside = |homes: &'static [&'static str]| move |name: &str| !homes.contains(&name);
    fence(&["std::env"], outside(&["src/config/mod.rs"]), "only config reads the environment");
    // What holds a secret may be said outside of the command line, which every list of processes shows.
    let secrets = outside(&["src/cli/serve.rs", "src/cli/doctor/mod.rs"]);
    fence(&["env = \""], secrets, "only config reads the environment, but for options that are secrets");
    // A notification's key is no URL, but encoded like a form's value, and so are a list's keys; SQS's messages are only escaped.
    let decoders = outside(&["src/request.rs", "src/trigger/upload/shapes.rs", "src/store/s3.rs", "src/store/sqs.rs"]);
    fence(&["percent_decode"], decoders, "only request.rs parses URLs");
    fence(&["percent_encode"], outside(&["src/key.rs", "src/store/sqs.rs"]), "only key.rs writes URIs");
    for service in ["s3", "dynamodb", "sqs", "cloudfront", "lambda"] {
        let home = format!("src/store/{service}.rs");
        let sdk = format!("aws_sdk_{service}");
        fence(&[sdk.as_str()], |name| name != home, "one file knows a service's SDK");
    }
    let opens = |name: &str| !name.starts_with("src/store/");
    fence(&["aws_config"], opens, "only stores know AWS's SDKs");
    fence(&["rusqlite"], |name| !name.starts_with("src/store/local/"), "SQLite is the local store's alone");
    fence(
        &["lambda_runtime"],
        |name: &str| !name.starts_with("src/lambda/"),
        "only functions know of Lambda's runtime",
    );
    fence(&["aws_lambda_events"], |name: &str| !name.starts_with("src/trigger/"), "events are read by the doors alone");
    let counts = |name: &str| !name.starts_with("src/telemetry/") && name != "src/serve/metrics.rs";
    fence(&["prometheus::"], counts, "counters are made where they are shown");
    fence(&["indicatif"], |name: &str| !name.starts_with("src/cli/"), "progress is the command's to show");
    let caches = |name: &str| !name.starts_with("src/serve/cache/");
    fence(&["moka::", "redis::"], caches, "only caches know what they are kept in");
    let c_code = |name: &str| !name.starts_with("src/image/codec/");
    fence(&["unsafe ", "turbojpeg_sys", "libaom_sys", "libwebp_sys"], c_code, "unsafe stands around C codecs only");
    fence(&["catch_unwind("], outside(&["src/image/mod.rs"]), "panics are caught once");
}

#[test]
fn files_are_small_and_say_what_they_are() {
    const LINES_MAX: usize = 400;
    for (name, text) in rust_files(&["src", "tests", "bench"]) {
        let lines = text.lines().count();
        assert!(
            lines <= LINES_MAX,
            "{name} has {lines} lines, over {LINES_MAX}: which noun deserves a file of its own?"
        );
        assert!(text.starts_with("//!"), "{name} does not begin by saying what it is");
        assert!(!name.contains("util"), "{name}: no utils");
    }
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(architecture.lines().count() <= 120);
}

#[test]
fn panics_can_be_caught() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let settings = manifest.lines().filter(|line| !line.trim_start().starts_with('#'));
    assert!(!settings.into_iter().any(|line| line.contains("abort")), "a decoder's panic must not end the process");
}

/// `UPDATE=1 make test` writes the tables anew.
#[test]
fn the_readmes_tables_are_fresh() {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let tables = [
        ("parameters", pixfront::params::markdown_table()),
        ("errors", pixfront::reply::markdown_table()),
        ("settings", pixfront::config::markdown_table()),
    ];
    let fresh = tables.iter().fold(readme.clone(), |text, (name, table)| {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("README.md has no {begin}"));
        let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("README.md has no {end}"));
        format!("{before}{begin}{table}{end}{after}")
    });
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &fresh).unwrap();
    }
    assert!(readme == fresh, "README.md is out of date: UPDATE=1 make test, then look at the difference");
}
