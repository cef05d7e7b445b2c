//! One Redis, what is in it, and two servers that share it.

use super::{RedisServer, beside, cached_in, expect, with_cat};
use crate::pictures;
use crate::triggers::noise;
use crate::world::look;

const CAT: &str = "/photos/cat.jpg?w=60&f=webp";

#[tokio::test]
async fn what_one_server_made_another_has_and_either_purges() {
    let redis = RedisServer::start().await;
    let one = with_cat(&redis.url()).await;
    let other = beside(&one, &redis.url());
    let made = expect(&one, CAT, "Miss").await;
    let (renders, hits) = (other.health("renders").await, expect(&other, CAT, "Hit").await);
    assert_eq!((hits.body, other.health("renders").await), (made.body, renders), "nothing was made");
    for (uploader, size) in [(&other, (40, 80)), (&one, (50, 80)), (&other, (44, 88))] {
        uploader.upload("photos/cat.jpg", pictures::jpeg(size.0, size.1)).await;
        assert_eq!(redis.answers().await, Vec::<String>::new(), "deleted, not only unreadable");
        let expected = ("webp", size.0.min(60), size.1);
        assert_eq!(look(&expect(&one, CAT, "Miss").await.body), expected);
        assert_eq!(look(&expect(&other, CAT, "Hit").await.body), expected);
    }
    let page = other.get("/metrics").await.text();
    for line in ["pixfront_cache_hits_total 4", "pixfront_cache_misses_total 0", "pixfront_cache_up 1"] {
        assert!(page.lines().any(|found| found == line), "{line}: {page}");
    }
    assert!(!page.contains("pixfront_cache_entries"), "that Redis knows: {page}");
}

#[tokio::test]
async fn everything_has_its_time_and_its_name() {
    let redis = RedisServer::start().await;
    let server = with_cat(&redis.url()).await;
    expect(&server, CAT, "Miss").await;
    assert_eq!(server.get("/photos/none.jpg?w=6").await.status, 404);
    let keys = redis.keys().await;
    let (cat, none) = (tag("photos/cat.jpg"), tag("photos/none.jpg"));
    let version = format!("1.{}", pixfront::image::EPOCH);
    let mut expected = vec![
        (format!("pixfront:{{{cat}}}:token"), 86_400_000),
        (format!("pixfront:{{{cat}}}:answers"), 86_400_000),
        (format!("pixfront:{{{cat}}}:{version}:/photos/cat.jpg/w=60,f=webp"), 86_400_000),
        // The next answer about this one may come soon.
        (format!("pixfront:{{{none}}}:token"), 600_000),
        (format!("pixfront:{{{none}}}:answers"), 5000),
        (format!("pixfront:{{{none}}}:{version}:/photos/none.jpg/w=6"), 5000),
    ];
    expected.sort();
    assert_eq!(keys, expected.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>());
    for (key, lasts_ms) in expected {
        let left: i64 = redis.ask(&["PTTL", &key]).await;
        assert!(left <= lasts_ms && left > lasts_ms - 60_000 && left > 0, "{key}: {left} of {lasts_ms}");
    }
    // Of the index, what has expired goes by itself.
    redis.ask::<i64>(&["ZADD", &format!("pixfront:{{{cat}}}:answers"), "1000", "long-gone"]).await;
    expect(&server, "/photos/cat.jpg?w=61", "Miss").await;
    let index: Vec<String> = redis.ask(&["ZRANGE", &format!("pixfront:{{{cat}}}:answers"), "0", "-1"]).await;
    assert_eq!(index.len(), 2, "{index:?}");
}

fn tag(key: &str) -> String {
    pixfront::key::SourceKey::new(key).unwrap().cache_tag()
}

#[tokio::test]
async fn what_may_not_be_cached_is_not_put_there() {
    let redis = RedisServer::start().await;
    let server = cached_in(&redis.url(), |command| _ = command.env("PIXFRONT_CACHE_CONTROL", "private, max-age=60"));
    server.upload("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    let token = format!("pixfront:{{{}}}:token", tag("photos/cat.jpg"));
    expect(&server, CAT, "Miss").await;
    // One that was about to go lasts until the answer that is begun under it is made.
    assert_eq!(redis.ask::<i64>(&["PEXPIRE", &token, "50000"]).await, 1);
    expect(&server, CAT, "Miss").await;
    let left: i64 = redis.ask(&["PTTL", &token]).await;
    assert!((500_000..=600_000).contains(&left), "{left}");
    assert_eq!(redis.answers().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_too_long_is_answered_and_not_put_there() {
    let redis = RedisServer::start().await;
    let server = cached_in(&redis.url(), |command| _ = command.args(["--cache-entry-mib", "1"]));
    server.upload("noise.png", noise(800)).await;
    for cache in ["Miss", "Miss"] {
        let long = expect(&server, "/noise.png?w=700", cache).await;
        assert!(long.body.len() > 1 << 20, "{} bytes", long.body.len());
    }
    for cache in ["Miss", "Hit"] {
        assert!(expect(&server, "/noise.png?w=300", cache).await.body.len() < 1 << 20);
    }
}

#[tokio::test]
async fn what_is_no_answer_is_made_again() {
    let redis = RedisServer::start().await;
    let server = with_cat(&redis.url()).await;
    let made = expect(&server, CAT, "Miss").await;
    let [key] = &redis.answers().await[..] else { panic!("one answer") };
    let value: Vec<u8> = redis.ask(&["GET", key]).await;
    let mut connection = redis.connection().await.unwrap();
    for torn in [&b""[..], b"GIF89a", &value[..value.len() - 1], &value[30..], &[255; 5000]] {
        redis::cmd("SET").arg(key).arg(torn).query_async::<()>(&mut connection).await.unwrap();
        for cache in ["Miss", "Hit"] {
            assert!(expect(&server, CAT, cache).await.body == made.body);
        }
    }
    redis.ask::<i64>(&["DEL", key]).await;
    redis.ask::<i64>(&["RPUSH", key, "a list"]).await;
    assert!(expect(&server, CAT, "Miss").await.body == made.body);
}
