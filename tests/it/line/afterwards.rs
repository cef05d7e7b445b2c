//! A variant whose answer has left before it is kept.

use std::future;
use std::time::{Duration, Instant};

use pixfront::error::Kind;
use pixfront::request::Request;
use pixfront::service::{Fresh, Made};

use crate::pictures;
use crate::world::{Op, Place, World};

const CAT: &str = "photos/cat.jpg";

/// A variant that was made of a cat, and not kept yet.
async fn made() -> (World, Fresh) {
    let world = World::new();
    world.put(CAT, pictures::jpeg(120, 80)).await;
    let request = Request::parse_url("/photos/cat.jpg?w=60&f=webp", None).unwrap();
    let Made::Now(fresh) = world.service.make(&request, None).await.unwrap() else { panic!("it was not there") };
    assert_eq!(world.variants().await, Vec::<String>::new());
    (world, fresh)
}

/// The only message, as kind, stage and recipe.
async fn message(world: &World) -> (String, String, String) {
    let messages = world.messages().await;
    assert_eq!((messages.len(), &*messages[0].body), (1, CAT));
    let attribute = |name: &str| messages[0].attributes[name].clone();
    (attribute("kind"), attribute("stage"), attribute("recipe"))
}

fn words(kind: &str) -> (String, String, String) {
    (kind.to_owned(), "persist".to_owned(), "w=60,f=webp".to_owned())
}

#[tokio::test]
async fn it_is_stored_and_recorded_like_any_other() {
    let (world, fresh) = made().await;
    let picture = world.service.unkept(&fresh);
    assert!(!picture.is_stored, "so no redirect may rely on it");
    assert_eq!(picture.cache_control, world.service.config().cache_control());
    world.service.keep_afterwards(&fresh, None).await;
    assert_eq!(world.variants().await, ["photos/cat.jpg/w=60,f=webp"]);
    assert_eq!(world.rows(CAT).await, ["w=60,f=webp"]);
    assert_eq!(world.respond("/photos/cat.jpg?w=60&f=webp").await.unwrap().body, picture.body);
    assert_eq!(world.messages().await, []);
}

#[tokio::test]
async fn of_an_original_that_was_overwritten_nothing_is_kept() {
    let (world, fresh) = made().await;
    world.put(CAT, pictures::jpeg(60, 60)).await;
    world.service.keep_afterwards(&fresh, None).await;
    assert_eq!((world.variants().await, world.rows(CAT).await), (vec![], vec![]));
    assert_eq!(world.messages().await, [], "nothing failed");
}

#[tokio::test]
async fn a_put_that_fails_leaves_a_message_and_is_counted() {
    let (world, fresh) = made().await;
    world.script.fail(Place::Variants, Op::Put, 1, Kind::Forbidden);
    world.service.keep_afterwards(&fresh, None).await;
    assert_eq!(message(&world).await, words("forbidden"));
    let counters = &world.service.counters;
    assert_eq!((counters.puts_failed.get(), counters.failures_sent.get()), (1, 1));
}

#[tokio::test]
async fn a_row_that_is_not_written_leaves_a_message() {
    let (world, fresh) = made().await;
    world.script.fail(Place::Table, Op::Record, 1, Kind::Upstream);
    world.service.keep_afterwards(&fresh, None).await;
    assert_eq!(message(&world).await, words("upstream"));
    assert_eq!(world.variants().await, ["photos/cat.jpg/w=60,f=webp"], "which nobody makes again");
}

#[tokio::test]
async fn a_queue_that_fails_as_well_is_no_more_than_logged() {
    let (world, fresh) = made().await;
    world.script.fail(Place::Variants, Op::Put, 1, Kind::Upstream);
    world.script.fail(Place::Failures, Op::Send, 1, Kind::Upstream);
    world.service.keep_afterwards(&fresh, None).await;
    assert_eq!((world.messages().await.len(), world.service.counters.puts_failed.get()), (0, 1));
}

/// A bucket that does not answer must not take the message along with it.
#[tokio::test]
async fn what_is_not_stored_in_time_leaves_a_message() {
    let (world, fresh) = made().await;
    world.script.before(Place::Variants, Op::Put, 1, future::pending());
    world.service.keep_afterwards(&fresh, Some(Instant::now() + Duration::from_millis(20))).await;
    assert_eq!(message(&world).await, words("deadline"));
}

/// The same where the answer waits: it comes, and no cache may keep it, since nobody knows what the bucket has now.
#[tokio::test]
async fn what_is_not_stored_in_time_is_answered_and_not_cached() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(120, 80)).await;
    world.script.before(Place::Variants, Op::Put, 1, future::pending());
    let request = Request::parse_url("/photos/cat.jpg?w=60", None).unwrap();
    let last = Instant::now() + Duration::from_secs(2);
    let picture = world.service.respond(&request, Some(last)).await.unwrap();
    assert_eq!((picture.is_stored, &*picture.cache_control), (false, "no-store"));
}

#[tokio::test]
async fn the_last_moment_counts_where_it_comes_before_the_deadline() {
    let world = World::new();
    world.put(CAT, pictures::jpeg(120, 80)).await;
    let request = Request::parse_url("/photos/cat.jpg?w=60", None).unwrap();
    let error = world.service.respond(&request, Some(Instant::now())).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Deadline);
    assert_eq!(world.script.all_calls(), [], "nothing was begun");
    world.script.before(Place::Originals, Op::Get, 1, future::pending());
    let last = Instant::now() + Duration::from_secs(1);
    assert_eq!(world.service.respond(&request, Some(last)).await.unwrap_err().kind(), Kind::Deadline);
}
