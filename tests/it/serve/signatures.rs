//! Where URLs must be signed: who is let in at the viewer's door, and that nothing else is asked for a signature.

use std::process::Output;
use std::time::{SystemTime, UNIX_EPOCH};

use super::check_failure;
use crate::pictures;
use crate::world::{Server, look, program};

const NEW: &str = "a-secret-that-nobody-would-guess-1";
const OLD: &str = "a-secret-that-was-the-first-one-once";

/// A server that asks for signatures, with a cat in it.
async fn with_cat() -> Server {
    let server = Server::with(|command| _ = command.env("PIXFRONT_SIGNING_KEYS", format!("{NEW},{OLD}")));
    server.upload("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    server
}

fn sign(key: &str, arguments: &[&str]) -> Output {
    program(["sign"]).args(arguments).env("PIXFRONT_SIGNING_KEYS", key).output().unwrap()
}

/// What `pixfront sign` says.
fn signed(key: &str, arguments: &[&str]) -> String {
    let output = sign(key, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

#[tokio::test]
async fn every_picture_needs_a_signature() {
    let server = with_cat().await;
    for (url, format, width, height) in [
        ("/photos/cat.jpg?w=60&f=webp", "webp", 60, 40),
        ("/photos/cat.jpg?w=60&f=auto&utm_source=x", "jpeg", 60, 40),
        ("/photos/cat.jpg", "jpeg", 120, 80),
        ("/resized-photos/cat.jpg", "jpeg", 60, 40),
    ] {
        for key in [NEW, OLD] {
            for (method, body) in [("GET", true), ("HEAD", false)] {
                let answer = server.get_with(method, &signed(key, &[url, "--expires", "+1h"]), &[]).await;
                assert_eq!((answer.status, answer.body.is_empty()), (200, !body), "{url}: {}", answer.text());
                assert!(!body || look(&answer.body) == (format, width, height), "{url}");
            }
        }
        // The cache has it by now, and is behind the door.
        check_failure(&server.get(url).await, 403, "forbidden", url);
        check_failure(&server.get(&signed(&NEW.replace('1', "2"), &[url])).await, 403, "forbidden", url);
    }
    let answer = server.get("/photos/cat.jpg?w=60&f=webp").await;
    assert_eq!(answer.text(), "s: missing; only signed URLs are answered here\n");
    let other = signed(NEW, &["/photos/cat.jpg?w=60"]).replace("w=60", "w=61");
    let answer = server.get(&other).await;
    assert_eq!(answer.text(), "s: does not match; it is the signature of another URL, or by another key\n");
    check_failure(&server.get("/photos/cat.jpg?w=60&s=0123").await, 400, "invalid", "a signature that can't be");
    check_failure(&server.get("/nothing.jpg?w=60").await, 403, "forbidden", "what is there is not told");
    check_failure(&server.get(&signed(NEW, &["/nothing.jpg?w=60"])).await, 404, "not-found", "but to who may ask");
    assert!(server.log().iter().all(|line| !line.contains(NEW) && !line.contains(OLD)), "no secret is logged");
}

#[tokio::test]
async fn a_signature_ends_with_its_time() {
    let server = with_cat().await;
    let url = signed(NEW, &["/photos/cat.jpg?w=60", "--expires", "2026-01-01T09:00:00+09:00"]);
    let answer = server.get(&url).await;
    assert_eq!(answer.text(), "exp=1767225600: expired at Thu, 01 Jan 2026 00:00:00 GMT\n");
    check_failure(&answer, 403, "forbidden", &url);

    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let later = signed(NEW, &["/photos/cat.jpg?w=60", "--expires", &(now + 600).to_string()]);
    let answer = server.get(&later).await;
    assert_eq!(answer.status, 200);
    let control = answer.header("cache-control");
    let times: Vec<u64> =
        control.split('=').skip(1).map(|rest| rest.split(',').next().unwrap().parse().unwrap()).collect();
    assert!(times.len() == 2 && times.iter().all(|time| (500..=600).contains(time)), "{control}");
    let longer = later.replace(&(now + 600).to_string(), &(now + 6000).to_string());
    check_failure(&server.get(&longer).await, 403, "forbidden", "an expiry of one's own");
}

/// Without `exp` a signature is good for ever, for whoever reads it.
#[tokio::test]
async fn no_signature_is_logged() {
    let server = with_cat().await;
    let url = signed(NEW, &["/photos/cat.jpg?w=60&utm_source=x"]);
    let (rest, signature) = url.split_once("&s=").unwrap();
    for url in [url.clone(), url.replace("&s=", "&%73="), format!("/photos/cat.jpg?s={signature}&w=60&&utm_source=x")] {
        assert_eq!(server.get(&url).await.status, 200, "{url}");
    }
    let alone = signed(NEW, &["/photos/cat.jpg"]);
    assert_eq!(server.get(&alone).await.status, 200);
    server.wait_for_log(rest);
    let secrets = [signature, alone.split_once("?s=").unwrap().1];
    let log = server.log();
    assert!(log.iter().all(|line| secrets.iter().all(|secret| !line.contains(secret))), "{log:?}");
}

#[tokio::test]
async fn the_page_and_uploads_need_none_and_its_links_work() {
    let server = with_cat().await;
    server.upload("a+b%26c%20%22.jpg", pictures::jpeg(8, 8)).await;
    assert_eq!(server.get("/health").await.status, 200);
    assert_eq!(server.get_with("OPTIONS", "/photos/cat.jpg", &[]).await.status, 204);
    let page = server.get("/").await;
    assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
    let text = page.text();
    let links: Vec<_> = text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(links.len(), 6, "{text}");
    for link in links {
        let link = link.replace("&amp;", "&").replace("&#39;", "'");
        assert!(link.contains("exp=") && link.contains("&s="), "{link}");
        assert_eq!(server.get(&link).await.status, 200, "{link}");
    }
}

#[tokio::test]
async fn without_keys_signatures_are_let_be() {
    let server = super::with_cat().await;
    let over = signed(NEW, &["/photos/cat.jpg?w=60", "--expires", "1"]);
    assert_eq!(server.get(&over).await.status, 200);
    assert_eq!(server.get("/photos/cat.jpg?w=60").await.header("x-cache"), "Hit", "it is no part of the key");
}
