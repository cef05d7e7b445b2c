//! `pixfront serve` in this process, before a store that fails.

use std::sync::Arc;

use pixfront::error::Kind;
use pixfront::serve::cache::{Cache, Memory};
use pixfront::serve::maker::Maker;
use pixfront::serve::{bind, serve, url_of};

use super::check_failure;
use crate::pictures;
use crate::world::{Answer, Op, Place, World, look};

/// As where the answer to it was lost: S3 has the new bytes, and we were told nothing.
#[tokio::test]
async fn a_put_that_failed_may_have_come_through_all_the_same() {
    let world = World::new();
    world.put("cat.jpg", pictures::jpeg(120, 80)).await;
    let listener = bind("127.0.0.1", 0).await.unwrap();
    let url = url_of(listener.local_addr().unwrap());
    let (service, cache) = (Arc::clone(&world.service), Cache::Memory(Memory::new(1 << 20)));
    tokio::spawn(serve(listener, service, cache, Maker::Here, std::future::pending()));
    let get = async || Answer::of(reqwest::get(format!("{url}/cat.jpg?w=60&f=webp")).await.unwrap()).await;
    for cache in ["Miss", "Hit"] {
        let answer = get().await;
        assert_eq!((answer.header("x-cache"), look(&answer.body)), (cache, ("webp", 60, 40)));
    }
    let new = pictures::jpeg(40, 80);
    world.put("cat.jpg", new.clone()).await;
    world.script.fail(Place::Originals, Op::Put, 1, Kind::Upstream);
    let put = reqwest::Client::new().put(format!("{url}/upload/originals/cat.jpg")).body(new);
    check_failure(&Answer::of(put.send().await.unwrap()).await, 502, "upstream", "the upload");
    let answer = get().await;
    assert_eq!((answer.header("x-cache"), look(&answer.body)), ("Miss", ("webp", 40, 80)));
}
