//! What both caches promise alike.

use super::{RedisServer, cached_in, expect};
use crate::pictures;
use crate::world::{Server, look};

/// All of it, one after the other.
async fn keeps_its_promises(server: &Server) {
    server.upload("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    server.upload("dog.png", pictures::png(60, 40)).await;
    answers_are_kept_as_they_were(server).await;
    failures_are_kept_too(server).await;
    all_who_ask_at_the_same_time_are_one(server).await;
    an_overwrite_takes_what_was_made_of_it_and_no_more(server).await;
}

async fn answers_are_kept_as_they_were(server: &Server) {
    let made = expect(server, "/photos/cat.jpg?w=60&f=webp", "Miss").await;
    assert_eq!((look(&made.body), made.header("age")), (("webp", 60, 40), ""));
    assert!(made.header("server-timing").contains("render;dur="));
    for same in ["/photos/cat.jpg?w=60&f=webp", "/photos/cat.jpg?fm=webp&width=30&dpr=2"] {
        let kept = expect(server, same, "Hit").await;
        assert!(kept.body == made.body && kept.header("age").parse::<u64>().unwrap() < 60);
        for name in ["content-type", "etag", "cache-control", "content-security-policy", "x-content-type-options"] {
            assert_eq!(kept.header(name), made.header(name), "{name}");
        }
        assert_eq!(kept.header("server-timing"), "", "nobody waited for that");
    }
    let head = server.get_with("HEAD", "/photos/cat.jpg?w=60&f=webp", &[]).await;
    assert_eq!((head.status, head.header("x-cache"), head.body.len()), (200, "Hit", 0));
    assert_eq!(head.header("content-length"), made.body.len().to_string());
    let etag = [("if-none-match", made.header("etag"))];
    assert_eq!(server.get_with("GET", "/photos/cat.jpg?w=60&f=webp", &etag).await.status, 304);
    let part = server.get_with("GET", "/photos/cat.jpg?w=60&f=webp", &[("range", "bytes=4-9")]).await;
    assert_eq!((part.status, &*part.body), (206, &made.body[4..10]));
    for _ in 0..2 {
        expect(server, "/photos/cat.jpg", "Miss").await;
    }
}

async fn failures_are_kept_too(server: &Server) {
    server.upload("torn.jpg", pictures::jpeg(64, 64)[..400].to_vec()).await;
    for cache in ["Miss", "Hit"] {
        let answer = server.get("/torn.jpg?w=6").await;
        assert_eq!((answer.status, answer.header("x-cache")), (422, cache));
        assert_eq!(answer.header("x-pixfront-error"), "corrupt");
        assert_eq!(answer.header("cache-control"), "public, max-age=10");
    }
}

async fn all_who_ask_at_the_same_time_are_one(server: &Server) {
    server.upload("large.png", pictures::png(600, 400)).await;
    let before = server.health("renders").await;
    let answers = futures_util::future::join_all((0..32).map(|_| server.get("/large.png?w=500&f=webp"))).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (200, &answers[0].body));
    }
    assert_eq!(look(&answers[0].body), ("webp", 500, 333));
    assert_eq!(server.health("renders").await, before + 1);
}

async fn an_overwrite_takes_what_was_made_of_it_and_no_more(server: &Server) {
    expect(server, "/dog.png?w=30", "Miss").await;
    expect(server, "/photos/cat.jpg?w=60&f=webp", "Hit").await;
    server.upload("photos/cat.jpg", pictures::jpeg(40, 80)).await;
    let made = expect(server, "/photos/cat.jpg?w=60&f=webp", "Miss").await;
    assert_eq!(look(&made.body), ("webp", 40, 80), "it is of the new bytes");
    expect(server, "/photos/cat.jpg?w=60&f=webp", "Hit").await;
    expect(server, "/dog.png?w=30", "Hit").await;
}

#[tokio::test]
async fn memory_keeps_its_promises() {
    keeps_its_promises(&Server::start()).await;
}

#[tokio::test]
async fn redis_keeps_its_promises() {
    let redis = RedisServer::start().await;
    keeps_its_promises(&cached_in(&redis.url(), |_| ())).await;
}
