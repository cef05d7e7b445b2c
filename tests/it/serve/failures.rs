//! Every kind of failure that can be met over HTTP, and what it does to the next request.

use std::time::Duration;

use futures_util::future::join_all;

use super::{check_failure, with_cat};
use crate::pictures;
use crate::world::{Server, look};

#[tokio::test]
async fn a_bad_question_is_answered_in_a_sentence() {
    let server = with_cat().await;
    server.upload("letter.txt", b"Dear Sir or Madam".to_vec()).await;
    let mut torn = pictures::jpeg(64, 64);
    torn.truncate(torn.len() / 2);
    server.upload("torn.jpg", torn).await;
    let table = [
        ("/photos/cat.jpg?w=abc", 400, "invalid", "w=abc"),
        ("/photos/cat.jpg?w=0", 400, "invalid", "from 1 to 8192"),
        ("/photos/cat.jpg?w=5&width=6", 400, "invalid", "more than once"),
        ("/photos/cat.jpg?f=tiff", 400, "invalid", "f=tiff"),
        ("/photos/cat.jpg?q=101", 400, "invalid", "q=101"),
        ("/photos/cat.jpg?pos=face&w=5", 400, "invalid", "pos=face"),
        ("/resized-photos/cat.jpg?w=5", 400, "invalid", "resized-"),
        ("/nothing.jpg", 404, "not-found", "nothing.jpg"),
        ("/nothing.jpg?w=5", 404, "not-found", "nothing.jpg"),
        ("/resized-nothing.jpg", 404, "not-found", "nothing.jpg"),
        ("/letter.txt?w=5", 415, "unsupported", ""),
        ("/resized-letter.txt", 415, "unsupported", ""),
        ("/photos/cat.jpg?p=small", 400, "invalid", "no presets"),
        ("/torn.jpg?w=5", 422, "corrupt", ""),
    ];
    for (path, status, kind, words) in table {
        let answer = server.get(path).await;
        check_failure(&answer, status, kind, path);
        assert!(answer.text().contains(words), "{path}: {}", answer.text());
        let cached = if status == 404 { "public, max-age=5" } else { "public, max-age=10" };
        assert_eq!(answer.header("cache-control"), cached, "{path}");
        assert!(!answer.text().contains(server.data().to_str().unwrap()), "no internals: {}", answer.text());
    }
}

#[tokio::test]
async fn limits_are_kept() {
    let server = Server::with(|command| {
        command.env("PIXFRONT_SOURCE_PIXELS", "9999").env("PIXFRONT_SOURCE_BYTES", "30000");
        command.env("PIXFRONT_OUTPUT_SIDE", "90").env("PIXFRONT_FORMATS", "png");
    });
    server.upload("fits.png", pictures::png(99, 101)).await;
    server.upload("large.png", pictures::png(100, 100)).await;
    assert_eq!(server.get("/fits.png?w=5").await.status, 200);
    check_failure(&server.get("/large.png?w=5").await, 413, "too-large", "pixels");
    check_failure(&server.get("/fits.png?h=100").await, 413, "too-large", "output");
    check_failure(&server.get("/fits.png?w=5&f=webp").await, 415, "unsupported", "formats");
    // By its stated length, and by its real one.
    check_failure(&server.put("long.bin", vec![7; 30_001]).await, 413, "too-large", "upload");
    let parts = futures_util::stream::iter((0..40).map(|_| Ok::<_, std::io::Error>(vec![7_u8; 1000])));
    let request = server.ask("PUT", "/upload/originals/long.bin").body(reqwest::Body::wrap_stream(parts));
    assert_eq!(request.send().await.unwrap().status(), 413);
    check_failure(&server.get("/long.bin").await, 404, "not-found", "it was not stored");
    server.upload("longest.bin", vec![7; 30_000]).await;
}

#[tokio::test]
async fn originals_can_be_withheld() {
    let server = Server::with(|command| _ = command.env("PIXFRONT_SERVE_ORIGINALS", "false"));
    server.upload("cat.jpg", pictures::jpeg(20, 20)).await;
    check_failure(&server.get("/cat.jpg").await, 403, "forbidden", "the original");
    check_failure(&server.get("/nothing.jpg").await, 403, "forbidden", "nor does it say what is there");
    assert_eq!(server.get("/cat.jpg?w=5").await.status, 200);
    assert_eq!(server.get("/resized-cat.jpg").await.status, 200);
}

#[tokio::test]
async fn what_takes_too_long_is_504() {
    let server = Server::with(|command| _ = command.env("PIXFRONT_DEADLINE_MS", "1"));
    // The upload has no deadline, only the viewer's request.
    server.upload("cat.png", pictures::png(900, 900)).await;
    let late = server.get("/cat.png?w=800").await;
    check_failure(&late, 504, "deadline", "a render");
    assert_eq!(late.header("cache-control"), "no-store");
    assert_eq!(server.get("/resized-cat.png").await.status, 200, "the server goes on");
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_502_and_no_news_to_the_client() {
    let server = with_cat().await;
    let damage = |dir: std::path::PathBuf| {
        let mut folders = vec![dir];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    std::fs::write(path, "damaged").unwrap();
                }
            }
        }
    };
    damage(server.data().join("objects"));
    for path in ["/photos/cat.jpg", "/photos/cat.jpg?w=5", "/resized-photos/cat.jpg"] {
        let answer = server.get(path).await;
        check_failure(&answer, 502, "upstream", path);
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(!answer.text().contains("objects"), "no internals: {}", answer.text());
    }
    server.wait_for_log("objects");
    server.upload("photos/cat.jpg", pictures::jpeg(20, 20)).await;
    assert_eq!(server.get("/photos/cat.jpg?w=5").await.status, 200, "a new upload heals it");
}

#[tokio::test]
async fn those_who_come_too_many_are_told_to_come_again() {
    let server = Server::with(|command| {
        command.env("PIXFRONT_RENDERS", "1").env("PIXFRONT_RENDER_QUEUE", "0");
    });
    server.upload("cat.png", pictures::png(500, 400)).await;
    let (mut made, mut refused) = (0, 0);
    // Each side once; what was refused is asked for again until it is there.
    let mut sides: Vec<u32> = (300..324).collect();
    let ask = async {
        while !sides.is_empty() {
            let urls: Vec<_> = sides.iter().map(|side| format!("/cat.png?w={side}&f=webp")).collect();
            let answers = join_all(urls.iter().map(|url| server.get(url))).await;
            let mut again = Vec::new();
            for (side, answer) in sides.into_iter().zip(answers) {
                if answer.status == 200 {
                    assert_eq!(look(&answer.body), ("webp", side, side * 4 / 5 + u32::from(side * 4 % 5 >= 3)));
                    made += 1;
                } else {
                    check_failure(&answer, 503, "busy", "w");
                    assert_eq!((answer.header("retry-after"), answer.header("cache-control")), ("1", "no-store"));
                    refused += 1;
                    again.push(side);
                }
            }
            sides = again;
        }
    };
    tokio::time::timeout(Duration::from_mins(2), ask).await.unwrap();
    assert_eq!(made, 24);
    assert!(refused > 0, "24 at once and one place");
    assert_eq!(server.health("renders").await, 25, "with the thumbnail; none was made twice");
}
