//! Redis down means slower, never an error; and two lines in the log, whatever is asked meanwhile.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::redis_server::free_port;
use super::{RedisServer, cached_in, expect, lend, lines, with_cat};
use crate::pictures;
use crate::world::{Server, until};

const CAT: &str = "/photos/cat.jpg?w=60&f=webp";

/// Looks until the answer comes out of the cache again.
async fn until_hit(server: &Server) {
    until("hit", async || (server.get(CAT).await.header("x-cache") == "Hit").then_some(())).await;
}

fn went_and_came(server: &Server) -> (usize, usize) {
    (lines(server, "Redis is away"), lines(server, "Redis is back"))
}

async fn cache_up(server: &Server) -> bool {
    let page = server.get("/metrics").await.text();
    let line = page.lines().find(|line| line.starts_with("pixfront_cache_up "));
    line.unwrap_or_else(|| panic!("no cache_up in {page}")).ends_with('1')
}

#[tokio::test]
async fn without_redis_it_starts_and_waits_for_none() {
    let nowhere = format!("redis://127.0.0.1:{}", free_port());
    let server = with_cat(&nowhere).await;
    let answers = join_all((0..20).map(|_| server.get(CAT))).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.header("x-cache") == "Miss"));
    assert_eq!(server.health("renders").await, 2, "the thumbnail and this");
    assert!(!cache_up(&server).await);
    assert_eq!(went_and_came(&server), (1, 0), "{:?}", server.log());
    assert_eq!(lines(&server, &nowhere), 1);
}

/// Under load, with SIGKILL; and there again, on the same port.
#[tokio::test]
async fn killed_and_started_again() {
    let redis = RedisServer::start().await;
    let server = with_cat(&redis.url()).await;
    expect(&server, CAT, "Miss").await;
    expect(&server, CAT, "Hit").await;
    let ask = async |i: usize| {
        for round in 0..20 {
            let path = if i == 0 { CAT.to_owned() } else { format!("/photos/cat.jpg?w={}", 20 + i + round) };
            assert_eq!(server.get(&path).await.status, 200, "{path}");
        }
    };
    let kill = async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        redis.kill().await;
    };
    futures_util::future::join(join_all((0..8).map(ask)), kill).await;
    expect(&server, CAT, "Miss").await;
    server.wait_for_log("Redis is away");
    assert!(!cache_up(&server).await);

    let redis = redis.again().await;
    server.wait_for_log("Redis is back");
    expect(&server, CAT, "Miss").await;
    expect(&server, CAT, "Hit").await;
    assert!(cache_up(&server).await);
    assert_eq!(went_and_came(&server), (1, 1), "{:?}", server.log());
    drop(redis);
}

/// A server that waits for Redis no longer than this, with a cat in it.
async fn impatient(redis: &RedisServer, patience: Duration) -> Server {
    let patience_ms = patience.as_millis().try_into().unwrap();
    let server = Server::with(|command| lend(command, &redis.url(), patience_ms));
    server.upload("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    server
}

/// It takes connections and never answers: one request waits for it, a moment, and the others not at all.
#[tokio::test]
async fn standing_still_and_going_on() {
    // Long enough for a Redis that goes on, on a busy machine.
    let patience = Duration::from_secs(5);
    let redis = RedisServer::start().await;
    let server = impatient(&redis, patience).await;
    expect(&server, CAT, "Miss").await;
    redis.stand_still();
    let begun = Instant::now();
    for _ in 0..20 {
        expect(&server, CAT, "Miss").await;
    }
    // A purge does not wait either.
    server.upload("photos/cat.jpg", pictures::jpeg(40, 80)).await;
    assert!(begun.elapsed() < 10 * patience, "{:?}", begun.elapsed());
    server.wait_for_log("Redis is away");
    redis.go_on();
    server.wait_for_log("Redis is back");
    let answer = expect(&server, CAT, "Miss").await;
    assert_eq!(crate::world::look(&answer.body), ("webp", 40, 80), "what was purged meanwhile is gone");
    expect(&server, CAT, "Hit").await;
    assert_eq!(went_and_came(&server), (1, 1), "{:?}", server.log());
}

/// Whoever reads the log to mend it must not follow a trail that is cold.
#[tokio::test]
async fn another_reason_is_said_too() {
    let redis = RedisServer::start().await;
    let server = impatient(&redis, Duration::from_millis(250)).await;
    redis.stand_still();
    expect(&server, CAT, "Miss").await;
    server.wait_for_log("Redis is away");
    redis.kill().await;
    server.wait_for_log("Connection refused");
    let redis = redis.again().await;
    server.wait_for_log("Redis is back");
    assert_eq!(went_and_came(&server), (1, 1), "{:?}", server.log());
    assert_eq!(lines(&server, "Connection refused"), 1, "{:?}", server.log());
    drop(redis);
}

#[tokio::test]
async fn a_connection_that_was_closed_is_opened_again_without_a_word() {
    let redis = RedisServer::start().await;
    let server = with_cat(&redis.url()).await;
    expect(&server, CAT, "Miss").await;
    redis.ask::<i64>(&["CLIENT", "KILL", "TYPE", "normal"]).await;
    until_hit(&server).await;
    assert_eq!(went_and_came(&server), (0, 0), "{:?}", server.log());
}

#[tokio::test]
async fn full_it_is_read_and_not_written() {
    let redis = RedisServer::start().await;
    let server = with_cat(&redis.url()).await;
    expect(&server, CAT, "Miss").await;
    redis.ask::<String>(&["CONFIG", "SET", "maxmemory", "100kb"]).await;
    for path in ["/photos/cat.jpg?w=61", "/photos/cat.jpg?w=61", "/photos/cat.jpg?w=62"] {
        expect(&server, path, "Miss").await;
        expect(&server, CAT, "Hit").await;
    }
    assert!(cache_up(&server).await);
    assert_eq!((lines(&server, "Redis takes no answers"), lines(&server, "takes answers again")), (1, 0));
    // Purges need no memory.
    server.upload("photos/cat.jpg", pictures::jpeg(40, 80)).await;
    assert_eq!(redis.answers().await, Vec::<String>::new());
    redis.ask::<String>(&["CONFIG", "SET", "maxmemory", "0"]).await;
    for cache in ["Miss", "Hit"] {
        expect(&server, CAT, cache).await;
    }
    assert_eq!((lines(&server, "Redis takes no answers"), lines(&server, "takes answers again")), (1, 1));
    assert_eq!(went_and_came(&server), (0, 0), "{:?}", server.log());
}

#[tokio::test]
async fn a_wrong_password_is_said_and_not_shown() {
    let redis = RedisServer::with(Some("right-horse")).await;
    let wrong = redis.url().replace("right-horse", "wrong-battery");
    let server = with_cat(&wrong).await;
    for _ in 0..3 {
        expect(&server, CAT, "Miss").await;
    }
    assert_eq!(went_and_came(&server), (1, 0), "{:?}", server.log());
    assert_eq!(lines(&server, "battery"), 0);
    // Put right at Redis, it is taken up.
    redis.ask::<String>(&["CONFIG", "SET", "requirepass", "wrong-battery"]).await;
    server.wait_for_log("Redis is back");
    until_hit(&server).await;

    let right = cached_in(&wrong, |_| ());
    assert_eq!((lines(&right, "answers are cached in Redis"), lines(&right, "battery")), (1, 0), "{:?}", right.log());
}
