//! One thing wrong at a time, and the one check that finds it.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use super::sick::{Asked, HEALTHY, Illness, Told};
use super::{examined, serve};

/// An answer that is changed where the URL has these words.
macro_rules! where_url {
    ($words:literal, $change:expr) => {
        Illness {
            after: |asked, told| {
                let change: fn(&mut Told) = $change;
                if asked.url.contains($words) {
                    change(told);
                }
            },
            ..HEALTHY
        }
    };
}

/// An answer that is changed where its body is of such a length.
macro_rules! where_long {
    ($lengths:expr, $change:expr) => {
        Illness {
            after: |asked, told| {
                let change: fn(&Asked, &mut Told) = $change;
                if $lengths.contains(&told.body.len()) {
                    change(asked, told);
                }
            },
            ..HEALTHY
        }
    };
}

/// What is wrong, and what must be broken then.
type Case = (&'static str, Illness);

const JUST_MADE: &str = "get;dur=1.0, render;dur=5.0, put;dur=0.0";

/// Each ends the examination.
const FATAL: [Case; 2] = [
    ("upload", Illness { after: |asked, told| told.status = if asked.method == "PUT" { 403 } else { 200 }, ..HEALTHY }),
    (
        "reachable",
        Illness { after: |asked, told| told.status = if asked.method == "PUT" { 200 } else { 503 }, ..HEALTHY },
    ),
];

/// Several at a time, to be quick: what is broken must be these and nothing else.
const GROUPS: [&[Case]; 2] = [
    &[
        ("rewriting", where_url!("utm_source", |told| told.set("x-cache", "Miss from cloudfront"))),
        ("f=auto", where_url!("f=auto", |told| drop(told.headers.remove("vary")))),
        ("door", where_url!("f=png", |told| drop(told.headers.remove("x-pixfront-door")))),
        ("over 1 MB", where_long!(1_600_000.., |_, told| told.status = 502)),
        ("raw keys", where_url!("/w=77", |told| told.status = 200)),
        ("not found", where_url!("nothing.jpg", |told| told.status = 403)),
        ("thumbnail", where_url!("/resized-", |told| told.set("server-timing", JUST_MADE))),
    ],
    &[
        ("f=auto", NOBODY_ACCEPTS),
        ("headers", where_url!("f=webp", |told| drop(told.headers.remove("x-content-type-options")))),
        ("kept", ALWAYS_MADE_ANEW),
        ("over 1 MB", where_long!(1_600_000.., |asked, told| sent_back(asked, told))),
        ("under 1 MB", where_long!((600_000..740_000), |_, told| told.status = 502)),
        ("bad values", where_url!("w=400abc", |told| told.status = 200)),
        ("not found", where_url!("nothing.jpg", |told| told.set("cache-control", "public, max-age=86400"))),
        ("signatures", where_url!("AAAAAAAA", |told| told.status = 200)),
        ("torn picture", where_url!("torn.jpg?", |told| told.status = 200)),
        ("uploaders", where_url!("elsewhere", |told| told.status = 200)),
    ],
];

const NOBODY_ACCEPTS: Illness = Illness {
    before: |mut asked| {
        asked.headers.remove("accept");
        Some(asked)
    },
    ..HEALTHY
};

const ALWAYS_MADE_ANEW: Illness = Illness {
    after: |asked, told| {
        if asked.headers.contains_key("x-pixfront-debug") && asked.url.contains("f=png") {
            told.set("server-timing", JUST_MADE);
            told.set("x-cache", "Miss from cloudfront");
        }
    },
    ..HEALTHY
};

fn sent_back(asked: &Asked, told: &mut Told) {
    told.status = 302;
    told.set("location", &asked.url);
}

#[tokio::test]
async fn each_illness_is_found_by_its_own_check() {
    let server = serve();
    let alone = FATAL.iter().map(std::slice::from_ref);
    for cases in alone.chain(GROUPS) {
        let illnesses: Vec<_> = cases.iter().map(|(_, illness)| *illness).collect();
        let mut checks: Vec<_> = cases.iter().map(|(check, _)| *check).collect();
        checks.sort_unstable();
        let (findings, output) = examined(&server, &illnesses).await;
        assert_eq!(findings.with("broken"), checks, "{:?}", findings.0);
        assert_eq!(output.status.code(), Some(17), "{checks:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        let said = format!("{} of {} checks found something broken", checks.len(), findings.0.len());
        assert!(stderr.contains(&said), "{stderr}");
    }
}

/// The second upload under a key is said to be done and is not.
#[tokio::test]
async fn what_is_stale_is_found() {
    let lost = Illness { before: |asked| (asked.method != "PUT" || asked.times == 0).then_some(asked), ..HEALTHY };
    let (findings, _) = examined(&serve(), &[lost]).await;
    assert_eq!(findings.with("broken"), ["overwrite"], "{:?}", findings.0);
}

/// A cache in front that is not told of overwrites is no fault of the store's.
#[tokio::test]
async fn a_cache_that_forgets_late_is_told_apart() {
    let server = serve();
    let frozen = Illness {
        after: |asked, told| {
            if asked.url.contains("w=59") {
                told.body = axum::body::Bytes::from_static(b"as it was");
            }
        },
        ..HEALTHY
    };
    let (findings, output) = examined(&server, &[frozen]).await;
    assert_eq!((findings.with("broken").len(), output.status.code()), (0, Some(0)), "{:?}", findings.0);
    assert!(findings.with("unseen").contains(&"caches"), "{:?}", findings.0);
}

/// A cache in front that was given the old variant just before it was purged: as CloudFront does, where the upload trigger takes its time.
#[tokio::test]
async fn what_a_cache_kept_is_not_taken_for_the_stores() {
    let late = Illness {
        after: |asked, told| {
            let is_first_look = asked.url.contains("w=60&f=webp");
            if is_first_look && asked.times > 0 {
                told.body = crate::pictures::jpeg(60, 45).into();
            }
        },
        ..HEALTHY
    };
    let (findings, output) = examined(&serve(), &[late]).await;
    assert_eq!((findings.with("broken").len(), output.status.code()), (0, Some(0)), "{:?}", findings.0);
    assert_eq!(findings.0["overwrite"].0, "works", "{:?}", findings.0);
}

/// Whatever was found until then is told, also to programs.
#[tokio::test]
async fn a_deployment_that_falls_silent_loses_no_findings() {
    let silent = Illness {
        before: |asked| {
            assert!(!asked.url.contains("w=400abc"), "this connection is cut");
            Some(asked)
        },
        ..HEALTHY
    };
    let (findings, output) = examined(&serve(), &[silent]).await;
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(17), "{stderr}");
    assert!(stderr.contains("the deployment does not answer"), "{stderr}");
    assert!(findings.0.contains_key("under 1 MB") && !findings.0.contains_key("bad values"), "{:?}", findings.0);
}
