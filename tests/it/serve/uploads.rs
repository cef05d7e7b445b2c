//! `PUT /upload/originals/…`: stored, told, and never a stale picture afterwards.

use pixfront::store::local;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{check_failure, with_cat};
use crate::pictures;
use crate::world::{Server, look};

#[tokio::test]
async fn an_overwritten_original_is_seen_everywhere() {
    let server = with_cat().await;
    let urls = ["/photos/cat.jpg?w=30", "/photos/cat.jpg?h=30&w=30&fit=cover&f=png", "/resized-photos/cat.jpg"];
    let sizes_before = [("jpeg", 30, 20), ("png", 30, 30), ("jpeg", 60, 40)];
    let sizes_after = [("jpeg", 30, 60), ("png", 30, 30), ("jpeg", 20, 40)];
    let mut before = Vec::new();
    for (url, size) in urls.iter().zip(sizes_before) {
        assert_eq!(look(&server.get(url).await.body), size, "{url}");
        let cached = server.get(url).await;
        assert_eq!(cached.header("x-cache"), "Hit", "{url}");
        before.push(cached.body);
    }
    server.upload("photos/cat.jpg", pictures::jpeg(40, 80)).await;
    for restarted in [false, true] {
        let server = if restarted { return after_restart(server, &urls, &sizes_after).await } else { &server };
        for ((url, size), old) in urls.iter().zip(sizes_after).zip(&before) {
            let answer = server.get(url).await;
            assert_eq!((look(&answer.body), answer.body == *old), (size, false), "{url}");
        }
    }
}

async fn after_restart(server: Server, urls: &[&str], sizes: &[(&'static str, u32, u32)]) {
    let server = server.kill_and_restart();
    for (url, size) in urls.iter().zip(sizes) {
        assert_eq!(look(&server.get(url).await.body), *size, "{url} from the store");
    }
    assert_eq!(server.health("renders").await, 0);
}

#[tokio::test]
async fn a_failure_is_forgotten_when_the_picture_comes() {
    let server = Server::start();
    for url in ["/cat.jpg?w=5", "/resized-cat.jpg", "/cat.jpg"] {
        assert_eq!(server.get(url).await.status, 404, "{url}");
    }
    server.upload("cat.jpg", b"not yet a picture".to_vec()).await;
    for url in ["/cat.jpg?w=5", "/resized-cat.jpg"] {
        assert_eq!(server.get(url).await.status, 415, "{url}");
    }
    server.upload("cat.jpg", pictures::jpeg(20, 20)).await;
    for url in ["/cat.jpg?w=5", "/resized-cat.jpg", "/cat.jpg"] {
        assert_eq!(server.get(url).await.status, 200, "{url}");
    }
}

#[tokio::test]
async fn uploads_of_the_same_key_at_the_same_time_leave_one_picture_whole() {
    let server = Server::start();
    let sides = [20, 24, 28, 32, 36, 40, 44, 48];
    let uploads = sides.map(|side| server.put("cat.png", pictures::png(side, side)));
    for answer in futures_util::future::join_all(uploads).await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let (_, side, _) = look(&server.get("/cat.png").await.body);
    assert!(sides.contains(&side));
    assert_eq!(look(&server.get("/resized-cat.png").await.body), ("png", side / 2, side / 2));
    assert_eq!(look(&server.get("/cat.png?q=50").await.body), ("png", side, side));
}

#[tokio::test]
async fn an_upload_is_told_what_came_of_it() {
    let server = Server::start();
    let good = server.put("a%20b.jpg", pictures::jpeg(20, 20)).await;
    assert_eq!(good.status, 200);
    assert!(good.text().contains("/resized-a%20b.jpg"), "{}", good.text());
    assert_eq!(good.header("etag"), server.get("/a%20b.jpg").await.header("etag"));
    assert_eq!(good.header("cache-control"), "no-store");

    let mut torn = pictures::jpeg(64, 64);
    torn.truncate(torn.len() / 2);
    let bad = server.put("torn.jpg", torn.clone()).await;
    assert_eq!(bad.status, 200, "it is stored: {}", bad.text());
    assert!(bad.text().contains("corrupt"), "{}", bad.text());
    assert_eq!(server.get("/torn.jpg").await.body, torn);

    // While it serves, the queue can be read.
    let output = server.command(&["failures", "--json"]);
    assert!(output.status.success());
    let messages: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((messages.as_array().unwrap().len(), &messages[0]["body"]), (1, &"torn.jpg".into()));
    let attributes = &messages[0]["attributes"];
    assert_eq!((&attributes["kind"], &attributes["bucket"]), (&"corrupt".into(), &"originals".into()));
    let text = String::from_utf8(server.command(&["failures"]).stdout).unwrap();
    assert!(text.contains("originals/torn.jpg") && text.contains("corrupt"), "{text}");
    assert_eq!(server.health("failures_sent").await, 1);

    let listed = String::from_utf8(server.command(&["ls", "a b.jpg"]).stdout).unwrap();
    assert!(listed.contains("resized-a b.jpg") && listed.contains("10×10"), "{listed}");
}

#[tokio::test]
async fn those_who_upload_too_much_at_once_are_told_to_come_again() {
    let server = Server::with(|command| _ = command.env("PIXFRONT_SOURCE_BYTES", "100000"));
    let slow = |key: &'static str| {
        let (address, head) =
            (server.address().to_owned(), format!("PUT /upload/originals/{key} HTTP/1.1\r\nhost: x\r\n"));
        async move {
            let mut slow = TcpStream::connect(address).await.unwrap();
            slow.write_all(format!("{head}expect: 100-continue\r\ncontent-length: 100000\r\n\r\n").as_bytes())
                .await
                .unwrap();
            // Word that there is room for it.
            let mut word = [0; 25];
            slow.read_exact(&mut word).await.unwrap();
            slow
        }
    };
    let (one, mut two) = tokio::join!(slow("one.bin"), slow("two.bin"));
    let busy = server.put("three.bin", vec![7; 50_000]).await;
    check_failure(&busy, 503, "busy", "a third");
    assert_eq!(busy.header("retry-after"), "1");
    drop(one);
    server.upload("three.bin", vec![7; 50_000]).await;
    // Whose client has gone before the answer may never have come whole; but what was stored is dealt with all the same.
    let picture = pictures::png(200, 100);
    let picture = [picture.clone(), vec![0; 100_000 - picture.len()]].concat();
    two.write_all(&picture).await.unwrap();
    drop(two);
    let mut server = server;
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    let stores = local::open(&server.data()).unwrap();
    assert_eq!(stores.journal.unwrap().pending().await.unwrap(), []);
    let is_stored = stores.originals.head("two.bin").await.is_ok();
    assert_eq!(stores.variants.head("resized-two.bin").await.is_ok(), is_stored);
}

#[tokio::test]
async fn uploads_to_the_wrong_place_are_refused() {
    let server = Server::start();
    let table = [
        ("/upload/otherbucket/x.jpg", 404, "not-found"),
        ("/upload/variants/x.jpg", 404, "not-found"),
        ("/upload/Originals/x.jpg", 404, "not-found"),
        ("/upload/originals", 404, "not-found"),
        ("/upload//upload/originals/x.jpg", 404, "not-found"),
        ("/upload/originals/", 400, "invalid"),
        ("/upload/originals//x.jpg", 400, "invalid"),
        ("/upload/originals/%2e%2e/x.jpg", 400, "invalid"),
        ("/upload/originals/resized-x.jpg", 400, "invalid"),
        ("/upload/originals/resized-photos/x.jpg", 400, "invalid"),
        ("/upload/originals/x.jpg/w=4", 400, "invalid"),
        ("/upload/originals/w=4,f=webp", 400, "invalid"),
        ("/upload/originals/a%00b.jpg", 400, "invalid"),
        ("/upload/originals/%ff.jpg", 400, "invalid"),
    ];
    for (path, status, kind) in table {
        check_failure(&server.raw("PUT", path, &pictures::jpeg(8, 8)).await, status, kind, path);
    }
    let too_long = format!("/upload/originals/{}", "x".repeat(851));
    check_failure(&server.raw("PUT", &too_long, b"x").await, 400, "invalid", "851 bytes");
    assert!(server.get("/").await.text().contains("None yet."), "nothing was stored");
    server.upload(&"x".repeat(850), pictures::jpeg(8, 8)).await;
    assert_eq!(server.get(&format!("/{}?w=4&h=4&fit=cover&f=webp", "x".repeat(850))).await.status, 200);
}

/// What a file is called and what its upload said it is have no say in what is made of it.
#[tokio::test]
async fn names_and_stated_types_are_not_believed() {
    let server = Server::start();
    let files = [
        ("a.jpg", "image/jpeg", pictures::png(40, 20), "png"),
        ("a.png", "text/html", pictures::jpeg(40, 20), "jpeg"),
        ("a.pdf", "application/pdf", pictures::webp(40, 20), "webp"),
        ("a.tar.gz", "image/svg+xml", pictures::png(40, 20), "png"),
        ("a", "nonsense", pictures::jpeg(40, 20), "jpeg"),
    ];
    for (name, stated, bytes, format) in files {
        let upload = server.ask("PUT", &format!("/upload/originals/{name}")).header("content-type", stated);
        assert_eq!(upload.body(bytes).send().await.unwrap().status(), 200, "{name}");
        for url in [format!("/{name}?w=20"), format!("/resized-{name}")] {
            let answer = server.get(&url).await;
            assert_eq!(look(&answer.body), (format, 20, 10), "{url}");
            assert_eq!(answer.header("content-type"), format!("image/{format}"), "{url}");
        }
    }
    for (name, bytes) in [("page.png", &b"<!DOCTYPE html><html></html>"[..]), ("program.jpg", b"\x7fELF\x02\x01\x01\0")]
    {
        let upload = server.ask("PUT", &format!("/upload/originals/{name}")).header("content-type", "image/png");
        assert_eq!(upload.body(bytes).send().await.unwrap().status(), 200, "{name}");
        check_failure(&server.get(&format!("/{name}?w=20")).await, 415, "unsupported", name);
    }
}
