//! Purges while the origin is asked: who asks afterwards is not given what was begun before, in whichever cache and by whichever server.

use futures_util::future::join;

use super::{PATIENCE_MS, RedisServer, beside, expect, lend};
use crate::makers::{StandIn, rendered_by};
use crate::pictures;
use crate::world::{Answer, Server, look, until};

/// The function keeps who asks first waiting until it is let go.
const HELD: &str = "/held.jpg?w=60";

/// What the function answers first, which no cache may keep after a purge.
fn assert_is_old(answer: &Answer) {
    assert_eq!((answer.status, look(&answer.body)), (200, ("jpeg", 7, 5)), "an answer of its time");
    assert_eq!((answer.header("cache-control"), answer.header("x-cache")), ("no-store", "Miss"), "and of no other");
}

fn assert_is_new(answer: &Answer) {
    assert_eq!((answer.status, look(&answer.body)), (200, ("jpeg", 9, 5)));
    assert!(answer.header("cache-control").contains("max-age=86400"), "{}", answer.header("cache-control"));
}

async fn who_asks_after_a_purge_asks_anew(server: &Server, lambda: &StandIn) {
    let (old, ()) = join(server.get(HELD), async {
        lambda.is_asked().await;
        server.upload("held.jpg", pictures::jpeg(40, 80)).await;
        assert_is_new(&expect(server, HELD, "Miss").await);
        assert_is_new(&expect(server, HELD, "Hit").await);
        lambda.let_go();
    })
    .await;
    assert_is_old(&old);
    assert_is_new(&expect(server, HELD, "Hit").await);
    assert_eq!(lambda.events().len(), 2);
}

#[tokio::test]
async fn in_memory() {
    let lambda = StandIn::start().await;
    who_asks_after_a_purge_asks_anew(&rendered_by(&lambda, |_| ()), &lambda).await;
}

#[tokio::test]
async fn in_redis() {
    let (lambda, redis) = (StandIn::start().await, RedisServer::start().await);
    let server = rendered_by(&lambda, |command| lend(command, &redis.url(), PATIENCE_MS));
    who_asks_after_a_purge_asks_anew(&server, &lambda).await;
}

/// Of another server's purge this one hears when it puts the answer; who waited with it for that is not told apart from who asked before.
#[tokio::test(flavor = "multi_thread")]
async fn where_another_server_purged() {
    let (lambda, redis) = (StandIn::start().await, RedisServer::start().await);
    let server = rendered_by(&lambda, |command| lend(command, &redis.url(), PATIENCE_MS));
    let other = beside(&server, &redis.url());
    let (old, new) = join(server.get(HELD), async {
        lambda.is_asked().await;
        other.upload("held.jpg", pictures::jpeg(40, 80)).await;
        let let_go = async {
            until("second miss", async || {
                let page = server.get("/metrics").await.text();
                page.contains("pixfront_cache_misses_total 2\n").then_some(())
            })
            .await;
            lambda.let_go();
        };
        join(server.get(HELD), let_go).await.0
    })
    .await;
    assert_is_old(&old);
    assert_is_new(&new);
    assert_is_new(&expect(&server, HELD, "Hit").await);
    assert_eq!(lambda.events().len(), 2);
}
