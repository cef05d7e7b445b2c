//! What the counters say after things that no door shows by itself.

use std::future::pending;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use pixfront::error::Kind;
use pixfront::gate::Gate;
use pixfront::request::Request;
use pixfront::variant::{Recipe, Thumbnail};

use super::CAT;
use crate::pictures;
use crate::world::{Op, Place, World};

#[tokio::test]
async fn several_thumbnails_are_of_one_source_and_take_its_time_once() {
    let prefixes = ["a-", "b-", "c-"].map(str::to_owned);
    let world = World::with(|config| {
        config.policy.thumbnails = prefixes.map(|prefix| Thumbnail { prefix, recipe: Recipe::HALF }).into();
    });
    let source = pictures::jpeg(120, 80);
    world.put(CAT, source.clone()).await;
    world.ingest(CAT).await.unwrap();
    let result = world.stores.variants.head("a-photos/cat.jpg").await.unwrap().bytes;
    let counters = &world.service.counters;
    assert_eq!((counters.uploads.get(), counters.thumbnails.get(), counters.renders.get()), (1, 3, 3));
    assert_eq!((counters.source_bytes.get(), counters.result_bytes.get()), (source.len() as u64, 3 * result));
    assert_eq!(counters.bytes_saved.get(), 3 * (source.len() as u64 - result));
}

#[tokio::test]
async fn an_upload_that_will_come_again_is_no_upload_yet() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(120, 80)).await;
    world.script.fail(Place::Table, Op::Record, 1, Kind::Upstream);
    world.ingest(CAT).await.unwrap_err();
    let counters = &world.service.counters;
    let counted = || (counters.uploads.get(), counters.records_failed.get(), counters.puts_failed.get());
    assert_eq!(counted(), (0, 1, 0));
    world.ingest(CAT).await.unwrap();
    assert_eq!(counted(), (1, 1, 0));
}

#[tokio::test]
async fn a_put_that_does_not_end_counts_as_failed() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(120, 80)).await;
    world.script.before(Place::Variants, Op::Put, 1, pending());
    let request = Request::parse_url("/photos/cat.jpg?w=60", None).unwrap();
    world.service.respond(&request, Some(Instant::now() + Duration::from_secs(2))).await.unwrap();
    assert_eq!(world.service.counters.puts_failed.get(), 1);
}

#[tokio::test]
async fn a_gate_knows_who_is_in_and_who_waits() {
    let gate = Gate::new(NonZeroUsize::MIN, 8);
    let now = || (gate.rendering(), gate.waiting());
    assert_eq!(now(), (0, 0));
    let place = gate.enter(Duration::ZERO).await.unwrap();
    assert_eq!(now(), (1, 0));
    let mut request = Box::pin(gate.enter(Duration::from_mins(1)));
    let mut upload = Box::pin(gate.enter_patiently());
    assert!(request.as_mut().now_or_never().is_none() && upload.as_mut().now_or_never().is_none());
    assert_eq!(now(), (1, 2));
    drop(upload);
    assert_eq!(now(), (1, 1), "it went away");
    drop(place);
    let place = request.await.unwrap();
    assert_eq!(now(), (1, 0));
    drop(place);
    assert_eq!(now(), (0, 0));
}
