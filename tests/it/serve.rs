//! `pixfront serve`, the real program over real HTTP: what a picture's URL answers.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use crate::pictures;
use crate::world::{Answer, Server, look};

mod failed_put;
mod failures;
mod http;
mod life;
mod metrics;
mod signatures;
mod uploads;
mod vectors;

/// A server with a cat in it.
async fn with_cat() -> Server {
    let server = Server::start();
    server.upload("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    server
}

/// Checks the status and the kind of a failure, and that it comes in one sentence.
fn check_failure(answer: &Answer, status: u16, kind: &str, what: &str) {
    assert_eq!((answer.status, answer.header("x-pixfront-error")), (status, kind), "{what}: {}", answer.text());
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8", "{what}");
    assert_eq!(answer.text().trim_end().lines().count(), 1, "{what}: {}", answer.text());
}

#[tokio::test]
async fn a_variant_is_made_then_cached_then_stored() {
    let server = with_cat().await;
    let url = "/photos/cat.jpg?w=60&f=webp";
    let made = server.get(url).await;
    assert_eq!((made.status, look(&made.body)), (200, ("webp", 60, 40)));
    let etag = made.header("etag").to_owned();
    assert!(etag.len() == 34 && etag.starts_with('"'), "{etag}");
    for (name, value) in [
        ("content-type", "image/webp"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "public, max-age=86400, s-maxage=86400"),
        ("access-control-allow-origin", "*"),
        ("accept-ranges", "bytes"),
        ("x-cache", "Miss"),
        ("vary", ""),
    ] {
        assert_eq!(made.header(name), value, "{name}");
    }
    let timing = made.header("server-timing");
    assert!(["get;dur=", "render;dur=", "put;dur="].iter().all(|step| timing.contains(step)), "{timing}");

    // The same picture by other words is the same entry of the cache.
    for same in [url, "/photos/cat.jpg?f=webp&w=60", "/photos%2Fcat.jpg?v=2&dpr=2&width=30&fm=webp&q=80&fit=inside"] {
        let cached = server.get(same).await;
        assert_eq!((cached.header("x-cache"), cached.header("etag")), ("Hit", &*etag), "{same}");
        assert_eq!(cached.body, made.body, "{same}");
        assert_eq!(cached.header("content-type"), "image/webp", "{same}");
    }
    assert_eq!(server.health("renders").await, 2, "the thumbnail and this");

    let server = server.kill_and_restart();
    let stored = server.get(url).await;
    assert_eq!((stored.status, stored.header("x-cache"), stored.header("etag")), (200, "Miss", &*etag));
    assert_eq!((stored.header("content-type"), &stored.body), ("image/webp", &made.body));
    assert_eq!(look(&server.get("/resized-photos/cat.jpg").await.body), ("jpeg", 60, 40));
    assert_eq!(server.health("renders").await, 0, "all of it was stored");
}

#[tokio::test]
async fn auto_goes_by_accept_and_says_so() {
    let server = with_cat().await;
    let table = [("image/webp,image/*,*/*;q=0.8", "webp"), ("image/webp;q=0, image/*", "jpeg"), ("*/*", "jpeg")];
    for _ in 0..2 {
        for (accept, format) in table {
            let answer = server.get_with("GET", "/photos/cat.jpg?w=30&f=auto", &[("accept", accept)]).await;
            assert_eq!(look(&answer.body), (format, 30, 20), "{accept}");
            assert_eq!(answer.header("content-type"), format!("image/{format}"), "{accept}");
            assert_eq!(answer.header("vary"), "accept", "{accept}");
        }
    }
    assert_eq!(server.get("/photos/cat.jpg?w=30&f=webp").await.header("x-cache"), "Hit", "auto shares the entry");
}

#[tokio::test]
async fn a_presets_auto_says_so_too() {
    let server = Server::with(|command| _ = command.env("PIXFRONT_PRESETS", "small:w=30&f=auto;plain:w=30"));
    server.upload("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    for (query, accept, format, vary) in [
        ("p=small", "image/webp", "webp", true),
        ("p=small", "*/*", "jpeg", true),
        ("p=small&f=png", "image/webp", "png", false),
        ("p=plain", "image/webp", "jpeg", false),
        ("p=plain&f=auto", "image/webp", "webp", true),
    ] {
        let answer = server.get_with("GET", &format!("/photos/cat.jpg?{query}"), &[("accept", accept)]).await;
        assert_eq!(look(&answer.body), (format, 30, 20), "{query}");
        assert_eq!(answer.header("vary").contains("accept"), vary, "{query}");
    }
    assert_eq!(server.get("/photos/cat.jpg?w=30&f=webp").await.header("x-cache"), "Hit", "a preset shares the entry");
}

#[tokio::test]
async fn an_original_is_given_out_as_it_came() {
    let server = Server::start();
    let bodies = [
        ("cat.jpg", pictures::jpeg(50, 40), "image/jpeg"),
        ("cat.png", pictures::png(50, 40), "image/png"),
        ("cat.webp", pictures::webp(50, 40), "image/webp"),
        ("letter.txt", b"Dear Sir or Madam".to_vec(), "application/octet-stream"),
        ("empty", Vec::new(), "application/octet-stream"),
        // More than a part of the stream.
        ("noise.bin", (0..3_000_000_u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect(), ""),
    ];
    for (name, body, content_type) in bodies {
        server.upload(name, body.clone()).await;
        let answer = server.get(&format!("/{name}")).await;
        assert_eq!((answer.status, answer.header("x-content-type-options")), (200, "nosniff"), "{name}");
        assert!(answer.body == body, "{name} came back with {} bytes", answer.body.len());
        if !content_type.is_empty() {
            assert_eq!(answer.header("content-type"), content_type, "{name}");
        }
        assert_eq!(answer.header("etag"), format!("\"{}\"", pixfront::key::etag(&body)), "{name}");
        assert!(answer.header("content-security-policy").contains("sandbox"), "{name}");
    }
    server
        .upload("evil.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec())
        .await;
    for _ in ["made", "stored"] {
        let answer = server.get("/evil.svg?w=1").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "image/svg+xml"));
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "no script may run");
    }
    let request = server.ask("PUT", "/upload/originals/page").header("content-type", "text/html").body("<p>hi</p>");
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(server.get("/page").await.header("content-type"), "text/html", "as its uploader said");
}

#[tokio::test]
async fn one_render_for_all_who_ask_at_the_same_time() {
    let server = Server::start();
    server.upload("cat.png", pictures::png(600, 400)).await;
    let before = server.health("renders").await;
    let answers = futures_util::future::join_all((0..32).map(|_| server.get("/cat.png?w=500&f=webp"))).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (200, &answers[0].body));
    }
    assert_eq!(look(&answers[0].body), ("webp", 500, 333));
    assert_eq!(server.health("renders").await, before + 1);
}

#[tokio::test]
async fn any_name_goes_the_whole_way() {
    // As a path has it, and as the key.
    let names = [
        ("a%20b.jpg", "a b.jpg"),
        ("a+b%2Bc.jpg", "a+b+c.jpg"),
        ("%EA%B7%B8%EB%A6%BC.jpg", "그림.jpg"),
        ("x%2Fy%2Fz.jpg", "x/y/z.jpg"),
        ("(1)[2]!'$@:;~.jpg", "(1)[2]!'$@:;~.jpg"),
        ("100%25%3F%23%26.jpg", "100%?#&.jpg"),
        ("w=4.jpg", "w=4.jpg"),
        ("no-suffix", "no-suffix"),
        ("%F0%9F%90%88/%5C%22.jpg", "🐈/\\\".jpg"),
    ];
    let server = Server::start();
    for (path, key) in names {
        let original = pictures::jpeg(24, 16);
        server.upload(path, original.clone()).await;
        assert_eq!(server.get(&format!("/{path}")).await.body, original, "{path}");
        assert_eq!(look(&server.get(&format!("/{path}?w=6&f=png")).await.body), ("png", 6, 4), "{path}");
        assert_eq!(look(&server.get(&format!("/resized-{path}")).await.body), ("jpeg", 12, 8), "{path}");
        let listed = server.command(&["ls", key, "--json"]);
        let rows: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
        let variants: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["variant"].as_str().unwrap()).collect();
        assert_eq!(variants, [format!("resized-{key}"), "w=6,f=png".to_owned()], "{key}");
    }
    assert_eq!(server.health("renders").await, 2 * names.len() as u64, "each thumbnail was made once, at the upload");
}

#[tokio::test]
async fn the_page_lists_what_is_there_and_escapes_it() {
    let server = Server::start();
    assert!(server.get("/").await.text().contains("None yet."));
    server.upload("%3Cscript%3Ealert('x')%3C%2Fscript%3E%22%26.jpg", pictures::jpeg(8, 8)).await;
    server.upload("cat.jpg", pictures::jpeg(8, 8)).await;
    let page = server.get("/").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let text = page.text();
    assert!(text.contains("<a href=\"/cat.jpg\">cat.jpg</a>"), "{text}");
    // Its command can be pasted, whatever the port.
    assert!(text.contains(&format!("curl -T cat.jpg {}/", server.url("/upload/originals"))), "{text}");
    assert!(!text.contains("<script"), "{text}");
    assert!(text.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;.jpg"), "{text}");
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    // Its links work.
    for link in text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let link = link.replace("&amp;", "&").replace("&#39;", "'");
        assert_eq!(server.get(&link).await.status, 200, "{link}");
    }
}

#[tokio::test]
async fn a_long_list_has_pages() {
    let server = Server::start();
    let mut names: Vec<_> = (0..130).map(|i| format!("a+b&c {i:03}")).collect();
    for name in &names {
        server.upload(&pixfront::key::uri(name)[1..], b"no picture".to_vec()).await;
    }
    let (mut found, mut next) = (Vec::new(), Some("/".to_owned()));
    while let Some(link) = next {
        let text = server.get(&link).await.text();
        let item =
            |line: &str| Some(line.strip_prefix("<li><a href=\"")?.split(['>', '<']).nth(1)?.replace("&amp;", "&"));
        found.extend(text.lines().filter_map(item));
        next = text.split("href=\"/?").nth(1).map(|rest| format!("/?{}", rest.split('"').next().unwrap()));
    }
    names.sort();
    assert_eq!(found, names);
}
