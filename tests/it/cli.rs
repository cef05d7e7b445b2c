//! The command line: files in, files out, and exit codes by kind.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::pictures;
use crate::world::program;

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
    check(&["render", "cat.jpg", "f=avif", "-o", "out"], 14, "f=avif: not made here");
    check(&["render", "torn.jpg", "w=40", "-o", "out"], 15, "cut off");
    check(&["render", "cat.jpg"], 2, "Usage");
    check(&["explain", "https://cdn.example.com/a/../b.jpg?w=4"], 10, "the path has a segment that is ..");
    check(&["ls", "cat.jpg", "--data", "nowhere"], 12, "nowhere");
    check(&["--help"], 0, "Examples:");
    assert!(!dir.path().join("out").exists(), "nothing is written on failure");
}

#[test]
fn explain_names_the_variant() {
    let dir = tempfile::tempdir().unwrap();
    let url = "https://cdn.example.com/a%20b.jpg?f=auto&w=200&dpr=2";
    let output = pixfront(&["explain", url, "--accept", "image/webp", "--json"], dir.path());
    let explained: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(explained["key"], "a b.jpg/w=400,f=webp");
    assert_eq!(explained["uri"], "/a%20b.jpg/w=400,f=webp");
    assert_eq!(explained["bucket"], "variants");
}
