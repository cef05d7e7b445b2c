//! `pixfront sign`, and that no secret is ever shown.

use std::process::Output;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::world::program;

const KEY: &str = "a-secret-that-nobody-would-guess-1";

fn pixfront(arguments: &[&str], keys: &str) -> Output {
    program(arguments).env("PIXFRONT_SIGNING_KEYS", keys).output().unwrap()
}

fn signed(arguments: &[&str]) -> String {
    let output = pixfront(&[&["sign"], arguments].concat(), KEY);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_url_is_signed_as_it_is() {
    // The signatures are of tests/vectors/signatures.json.
    let s = "s=08S28O79a6Md1RbZaPXDfNfmZC71FfpEtzXrPHPOQ-U";
    let table = [
        ("/photos/cat.jpg?w=400", format!("/photos/cat.jpg?w=400&{s}")),
        (
            "https://cdn.example.com/photos/cat.jpg?width=400",
            format!("https://cdn.example.com/photos/cat.jpg?width=400&{s}"),
        ),
        ("/photos/cat.jpg?utm_source=x&w=400#top", format!("/photos/cat.jpg?utm_source=x&w=400&{s}#top")),
        // What it had makes room.
        (&format!("/photos/cat.jpg?%73={}&w=400", "A".repeat(43)), format!("/photos/cat.jpg?w=400&{s}")),
    ];
    for (url, expected) in table {
        assert_eq!(signed(&[url]), expected + "\n", "{url}");
    }
    let two = pixfront(&["sign", "/photos/cat.jpg?w=400"], &format!("{KEY} , a-secret-that-was-the-first-one-once"));
    assert_eq!(String::from_utf8(two.stdout).unwrap(), format!("/photos/cat.jpg?w=400&{s}\n"), "the first one signs");
    assert!(signed(&["/photos/cat.jpg"]).starts_with("/photos/cat.jpg?s="));
}

#[test]
fn the_readmes_example_is_true() {
    let readme = include_str!("../../../README.md");
    let said = signed(&["/photos/cat.jpg?w=400&f=auto", "--expires", "2027-01-01T00:00:00Z"]);
    let command = "    $ pixfront sign '/photos/cat.jpg?w=400&f=auto' --expires 2027-01-01T00:00:00Z\n";
    assert!(readme.contains(KEY) && readme.contains(&format!("{command}    {said}")), "{said}");
}

#[test]
fn an_expiry_is_a_date_a_span_or_a_number() {
    let expiry = |time: &str| -> u64 {
        let url = signed(&["/a.jpg?w=4&exp=5&v=1", "--expires", time]);
        let (before, rest) = url.split_once("&exp=").unwrap();
        assert_eq!(before, "/a.jpg?w=4&v=1", "the old one makes room");
        rest.split_once("&s=").unwrap().0.parse().unwrap()
    };
    for same in ["2027-01-01T00:00:00Z", "2027-01-01T09:00:00+09:00", "1798761600", "01798761600"] {
        assert_eq!(expiry(same), 1_798_761_600, "{same}");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    for (span, seconds) in [("+90s", 90), ("+5m", 300), ("+24h", 86_400), ("+30d", 2_592_000)] {
        let after = expiry(span) - seconds;
        assert!((now..now + 120).contains(&after), "{span}: {after} and {now}");
    }
    assert!(signed(&["/a.jpg?exp=5&w=4"]).starts_with("/a.jpg?exp=5&w=4&s="), "without the option it stays");
    for bad in
        ["", "+", "+d", "+30", "+30y", "++30d", "-30d", "tomorrow", "2027-01-01", "1969-12-31T23:59:59Z", "1e9", "+1고"]
    {
        let output = pixfront(&["sign", "/a.jpg", &format!("--expires={bad}")], KEY);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{bad}");
    }
    // In milliseconds.
    let output = pixfront(&["sign", "/a.jpg", "--expires", "1798761600000"], KEY);
    assert_eq!(output.status.code(), Some(10));
    assert!(String::from_utf8_lossy(&output.stderr).contains("exp=1798761600000: must be a time in whole seconds"));
}

#[test]
fn what_cannot_be_signed_is_said() {
    let without = program(["sign", "/a.jpg"]).output().unwrap();
    assert_eq!((without.status.code(), &*without.stdout), (Some(10), &b""[..]));
    let words = String::from_utf8(without.stderr).unwrap();
    assert_eq!(words, "pixfront: PIXFRONT_SIGNING_KEYS is not set: there is no key to sign with\n");
    let bad = pixfront(&["sign", "/a.jpg?w=0"], KEY);
    assert_eq!(bad.status.code(), Some(10));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("w=0: must be a whole number from 1 to 8192"));
}

#[test]
fn a_bad_key_is_refused_and_not_shown() {
    for keys in
        ["", " ", ",", "a-short-secret", &format!("{KEY},"), &format!("{KEY},a-short-secret"), &KEY.replace('-', " ")]
    {
        let output = pixfront(&["explain", "/a.jpg"], keys);
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(10), "{keys}");
        assert!(words.starts_with("pixfront: PIXFRONT_SIGNING_KEYS: must be a list of secrets"), "{words}");
        assert!(!words.contains("nobody") && !words.contains("a-short-secret"), "{words}");
    }
}

#[test]
fn explain_says_what_is_signed() {
    let url = "/photos/cat.jpg?fm=auto&width=0400&v=1&p=small";
    let mut command = program(["explain", url, "--json"]);
    let output = command.env("PIXFRONT_PRESETS", "small:w=40").output().unwrap();
    let explained: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(explained["signed"], "/photos/cat.jpg?w=400&f=auto&p=small");
    let output = program(["explain", "/cat.jpg?exp=7"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("\nsigned     /cat.jpg?exp=7\n"));
}
