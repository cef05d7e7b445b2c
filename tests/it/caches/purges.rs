//! No stale answer survives in Redis: not what was under way during a purge, not what Redis had on its disk, not what was purged
//! while it was away.
//!
//! On threads, since the wire must carry while the test waits for a server to start.

use futures_util::StreamExt as _;

use super::proxy::Proxy;
use super::{RedisServer, beside, expect, lines, with_cat};
use crate::pictures;
use crate::world::{Server, look};

const CAT: &str = "/photos/cat.jpg?w=60&f=webp";
/// What `CAT` becomes of a picture of 40×80.
const NEW: (&str, u32, u32) = ("webp", 40, 80);

/// A Redis, a server that puts nothing there before it is let go, and one that is in nobody's way.
async fn slow_and_other() -> (RedisServer, Proxy, Server, Server) {
    let redis = RedisServer::start().await;
    let proxy = Proxy::to(redis.port()).await;
    let slow = with_cat(&proxy.url()).await;
    let other = beside(&slow, &redis.url());
    proxy.hold("pixfront put");
    (redis, proxy, slow, other)
}

/// The picture that was made before an overwrite reaches Redis only after the other server's purge.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_before_a_purge_is_not_put_after_it() {
    let (redis, proxy, slow, other) = slow_and_other().await;
    let (old, ()) = futures_util::future::join(slow.get(CAT), async {
        proxy.is_held().await;
        other.upload("photos/cat.jpg", pictures::jpeg(40, 80)).await;
        proxy.let_go().await;
    })
    .await;
    assert_eq!((old.status, look(&old.body)), (200, ("webp", 60, 40)), "an answer of its time");
    assert_eq!(old.header("cache-control"), "no-store", "and of no other");
    assert_eq!(redis.answers().await, Vec::<String>::new(), "the token that it was begun under is over");
    assert_eq!(look(&expect(&other, CAT, "Miss").await.body), NEW);
    assert_eq!(look(&expect(&other, CAT, "Hit").await.body), NEW);
}

/// The same where a new answer is there already: what comes late does not replace it.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_late_replaces_nothing() {
    let (_redis, proxy, slow, other) = slow_and_other().await;
    futures_util::future::join(slow.get(CAT), async {
        proxy.is_held().await;
        other.upload("photos/cat.jpg", pictures::jpeg(40, 80)).await;
        expect(&other, CAT, "Miss").await;
        proxy.let_go().await;
    })
    .await;
    assert_eq!(look(&expect(&other, CAT, "Hit").await.body), NEW);
}

/// A crash takes the purge with it, and the disk has what was there before.
#[tokio::test(flavor = "multi_thread")]
async fn what_redis_reads_from_its_disk_is_not_believed() {
    let redis = RedisServer::start().await;
    let server = with_cat(&redis.url()).await;
    expect(&server, CAT, "Miss").await;
    expect(&server, CAT, "Hit").await;
    redis.ask::<String>(&["SAVE"]).await;
    server.upload("photos/cat.jpg", pictures::jpeg(40, 80)).await;
    let redis = redis.again().await;
    assert_eq!(redis.answers().await.len(), 1, "it is there again");
    let other = beside(&server, &redis.url());
    for server in [&other, &server] {
        assert_eq!(look(&server.get(CAT).await.body), NEW);
    }
    assert_eq!(look(&expect(&other, CAT, "Hit").await.body), NEW);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_purged_without_redis_is_purged_when_it_is_back() {
    let redis = RedisServer::start().await;
    let proxy = Proxy::to(redis.port()).await;
    let far = with_cat(&proxy.url()).await;
    expect(&far, CAT, "Miss").await;
    proxy.cut().await;
    far.upload("photos/cat.jpg", pictures::jpeg(40, 80)).await;
    assert_eq!(look(&expect(&far, CAT, "Miss").await.body), NEW);
    assert_eq!(redis.answers().await.len(), 1, "the old one, which it can't reach");
    proxy.mend();
    far.wait_for_log("Redis is back");
    assert_eq!(redis.answers().await, Vec::<String>::new());
    assert_eq!(look(&expect(&far, CAT, "Miss").await.body), NEW);
    assert_eq!(look(&expect(&far, CAT, "Hit").await.body), NEW);
    assert_eq!((lines(&far, "Redis is away"), lines(&far, "Redis is back")), (1, 1), "{:?}", far.log());
}

/// More purges than are remembered one by one: everything goes that is ours, and nothing else. What breaks off in between is gone on with.
#[tokio::test(flavor = "multi_thread")]
async fn where_too_much_was_purged_without_redis_everything_goes() {
    let redis = RedisServer::start().await;
    let proxy = Proxy::to(redis.port()).await;
    let server = with_cat(&proxy.url()).await;
    expect(&server, CAT, "Miss").await;
    // So many that they are gone over in several steps.
    redis.ask::<()>(&["EVAL", "for i = 1, 5000 do redis.call('SET', 'theirs:' .. i, 'stays') end", "0"]).await;
    proxy.cut().await;
    let upload = async |i: usize| server.upload(&format!("{i}.txt"), b"no picture".to_vec()).await;
    futures_util::stream::iter(0..1001).map(upload).buffer_unordered(16).collect::<Vec<()>>().await;
    assert_eq!(redis.answers().await.iter().filter(|key| key.starts_with("pixfront:")).count(), 1);
    redis.ask::<()>(&["CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "10000"]).await;
    proxy.hold_nth(3, "SCAN");
    proxy.mend();
    proxy.is_held().await;
    proxy.cut().await;
    proxy.mend();
    server.wait_for_log("Redis is back");
    let keys = redis.keys().await;
    assert!(keys.len() == 5000 && keys.iter().all(|key| key.starts_with("theirs:")), "{} keys", keys.len());
    assert_eq!(cursors(&redis).await.iter().filter(|cursor| *cursor == "0").count(), 1, "it did not begin anew");
}

/// From where the keys were gone over, each time.
async fn cursors(redis: &RedisServer) -> Vec<String> {
    type Entry = (i64, i64, i64, Vec<Vec<u8>>, String, String);
    let log: Vec<Entry> = redis.ask(&["SLOWLOG", "GET", "10000"]).await;
    let scans = log.into_iter().map(|(_, _, _, words, ..)| words).filter(|words| words[0] == b"SCAN");
    let cursors: Vec<String> = scans.map(|words| String::from_utf8(words[1].clone()).unwrap()).collect();
    assert!(cursors.len() > 4, "{cursors:?}");
    cursors
}
