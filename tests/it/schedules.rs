//! No stale variant survives: requests, overwrites, deletions, their events and purges, interleaved at every call of a store, in every
//! order that can make a difference.
//!
//! What is asked after each schedule is in [`scenario`]. What is not promised is counted: a variant without its row (a purge, which goes
//! by listing, finds it all the same; the statistics lack it), and a row without its variant (the next event of the original takes it
//! along, and the variant is made again when it is asked for). Thumbnails have both, always, but after a purge.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]
#![allow(clippy::print_stderr, reason = "the counts are for whoever runs it by hand")]

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::time::Duration;

use pixfront::config::Config;
use pixfront::variant::{Recipe, Thumbnail};

use crate::world::Fault;
use orders::{Every, Order, Reduced, trace};
use scenario::{Act, Scenario, Tally};
use stage::{Stage, StepId};

mod orders;
mod scenario;
mod snapshot;
mod stage;

use Act::{Delete, Hear, Ingest, Purge, Put, Redrive, Ring, View, ViewThenKeep};

const VARIANT: Act = View("/a.png?w=1");
const THUMBNAIL: Act = View("/resized-a.png");
/// An upload, and all that comes of it.
const UPLOADED: [Act; 2] = [Put(0), Ingest];
const OVERWRITE: [Act; 2] = [Put(1), Ingest];
/// A late duplicate of some event.
const DUPLICATE: [Act; 1] = [Ingest];
/// Two overwrites, whose events arrive when they like.
const OVERWRITES: [Act; 4] = [Put(1), Ring(1), Put(2), Ring(2)];
const RECREATION: [Act; 4] = [Delete, Ring(1), Put(1), Ring(2)];
const FIRST_EVENT: [Act; 2] = [Hear(1), Ingest];
const SECOND_EVENT: [Act; 2] = [Hear(2), Ingest];

/// Nothing but the order decides anything.
fn config() -> Config {
    Config { deadline: Duration::from_mins(5), renders: NonZeroUsize::MIN, ..Config::default() }
}

fn three_thumbnails() -> Config {
    let thumbnail = |(prefix, width)| {
        let recipe = Recipe::parse(&format!("w={width}")).unwrap().unwrap();
        Thumbnail { prefix: String::from(prefix), recipe }
    };
    let mut config = config();
    config.policy.thumbnails = [("small-", 1), ("medium-", 2), ("large-", 3)].map(thumbnail).into();
    config
}

async fn play(order: &mut impl Order, config: Config, before: &[Act], cast: &[&[Act]]) -> Tally {
    let tally = Scenario::new(config, before, cast).await.play(order, |_, _| ()).await;
    eprintln!("{cast:?} after {before:?}: {tally:?}");
    tally
}

/// Plays all that can differ. How many schedules that is says how much was looked at: it changes with the calls that are made, and is
/// written anew then; a scheduler that overlooks some would change it too.
async fn all(before: &[Act], cast: &[&[Act]], schedules: usize) -> Tally {
    let tally = play(&mut Reduced::default(), config(), before, cast).await;
    assert_eq!(tally.schedules, schedules, "{tally:?}");
    tally
}

/// One of each class stands for its class: both ways of going through the schedules come to the same ends, and the short one comes to
/// each class once.
#[tokio::test]
async fn one_schedule_stands_for_all_that_differ_in_nothing() {
    let mut config = config();
    config.policy.thumbnails.clear();
    let casts: [&[&[Act]]; 2] = [&[&OVERWRITE, &[VARIANT]], &[&[Put(1)], &[Put(2)], &DUPLICATE]];
    for (cast, counts) in casts.into_iter().zip([(2800, 35), (56, 6)]) {
        let before = if cast.len() == 2 { &[Put(0)][..] } else { &UPLOADED };
        let scenario = Scenario::new(config.clone(), before, cast).await;
        let (mut all, mut few) = (BTreeSet::new(), BTreeSet::new());
        let (mut all_ends, mut few_ends) = (BTreeSet::new(), BTreeSet::new());
        let every = scenario
            .play(&mut Every::schedule(), |stage, end| {
                all.insert(trace(&stage.steps));
                all_ends.insert(end.facts());
            })
            .await;
        let reduced = scenario
            .play(&mut Reduced::default(), |stage, end| {
                assert!(few.insert(trace(&stage.steps)), "a second of its class");
                few_ends.insert(end.facts());
            })
            .await;
        assert_eq!((all, all_ends), (few, few_ends));
        assert_eq!((every.schedules, reduced.schedules), counts);
    }
}

#[tokio::test]
async fn overwrite_and_request() {
    let tally = all(&UPLOADED, &[&[VARIANT], &OVERWRITE], 35).await;
    assert_eq!((tally.without_row, tally.without_object), (0, 0));
    // It is stored already, of the old bytes.
    let tally = all(&[Put(0), Ingest, VARIANT], &[&[VARIANT], &OVERWRITE], 37).await;
    assert_eq!((tally.without_row, tally.without_object), (8, 4));
}

#[tokio::test]
async fn overwrite_and_answer_that_leaves_first() {
    all(&UPLOADED, &[&[ViewThenKeep("/a.png?w=1")], &OVERWRITE], 35).await;
    all(&[Put(0)], &[&[ViewThenKeep("/resized-a.png")], &OVERWRITE], 316).await;
}

#[tokio::test]
async fn overwrite_and_request_for_the_thumbnail() {
    all(&UPLOADED, &[&[THUMBNAIL], &OVERWRITE], 55).await;
    // Its first event has not come yet.
    all(&[Put(0)], &[&[THUMBNAIL], &OVERWRITE], 316).await;
}

#[tokio::test]
async fn overwrite_and_duplicate() {
    all(&[Put(0)], &[&OVERWRITE, &DUPLICATE], 943).await;
}

#[tokio::test]
async fn overwrites_whose_events_come_in_any_order() {
    all(&UPLOADED, &[&OVERWRITES, &FIRST_EVENT, &SECOND_EVENT], 1924).await;
}

#[tokio::test]
async fn overwrite_back_to_the_same_bytes_and_request() {
    all(&UPLOADED, &[&[VARIANT], &[Put(1), Ingest, Put(0), Ingest]], 243).await;
}

#[tokio::test]
async fn deletion_and_request() {
    all(&UPLOADED, &[&[VARIANT], &[Delete, Ingest]], 17).await;
    all(&UPLOADED, &[&[THUMBNAIL], &[Delete, Ingest]], 5).await;
    all(&[Put(0)], &[&[THUMBNAIL], &[Delete, Ingest]], 17).await;
}

#[tokio::test]
async fn deletion_and_recreation_whose_events_come_in_any_order() {
    all(&UPLOADED, &[&RECREATION, &FIRST_EVENT, &SECOND_EVENT], 772).await;
}

#[tokio::test]
async fn purge_and_request() {
    all(&UPLOADED, &[&[VARIANT], &[Purge]], 5).await;
}

#[tokio::test]
async fn purge_and_overwrite() {
    all(&UPLOADED, &[&OVERWRITE, &[Purge]], 35).await;
}

#[tokio::test]
async fn redrive_and_overwrite() {
    all(&[Put(0)], &[&[Redrive("/a.png?w=1", "w=1")], &OVERWRITE], 184).await;
    all(&[Put(0)], &[&[Redrive("/resized-a.png", "resized-")], &OVERWRITE], 795).await;
    all(&UPLOADED, &[&[Redrive("/a.png?w=1", "w=1")], &[Delete, Ingest]], 116).await;
}

#[tokio::test]
async fn three_thumbnails_and_overwrite() {
    for (before, view, schedules) in [(&UPLOADED[..], "/small-a.png", 55), (&UPLOADED, "/a.png?w=1", 35)] {
        let tally = play(&mut Reduced::default(), three_thumbnails(), before, &[&[View(view)], &OVERWRITE]).await;
        assert_eq!(tally.schedules, schedules);
    }
}

#[tokio::test]
async fn up_to_one_preemption_of_larger_casts() {
    let casts: [(&[Act], &[&[Act]]); 3] = [
        (&UPLOADED, &[&[VARIANT], &OVERWRITES, &FIRST_EVENT, &SECOND_EVENT]),
        (&UPLOADED, &[&[VARIANT], &RECREATION, &FIRST_EVENT, &SECOND_EVENT]),
        (&[Put(0)], &[&[THUMBNAIL], &OVERWRITE, &DUPLICATE]),
    ];
    let mut schedules = Vec::new();
    for (before, cast) in casts {
        schedules.push(play(&mut Every::with_preemptions(1), config(), before, cast).await.schedules);
    }
    assert_eq!(schedules, [469, 462, 160]);
}

/// One call of one of them goes wrong, at each call, in every schedule; then what failed comes again, and messages are redriven.
#[tokio::test]
async fn one_fault_in_every_schedule_of_two() {
    let casts: [&[&[Act]]; 4] = [
        &[&[VARIANT], &OVERWRITE],
        &[&[THUMBNAIL], &OVERWRITE],
        &[&[ViewThenKeep("/a.png?w=1")], &OVERWRITE],
        &[&[VARIANT], &[Delete, Ingest]],
    ];
    let mut schedules = Vec::new();
    for cast in casts {
        let mut scenario = Scenario::new(config(), &UPLOADED, cast).await;
        let mut of_cast = 0;
        for (actor, fault) in
            [(0, Fault::Fails), (0, Fault::FailsAfterwards), (1, Fault::Fails), (1, Fault::FailsAfterwards)]
        {
            // The first step of each is the test's own: a request begins, an original is put.
            for nth in 1.. {
                let step = StepId { actor, nth };
                scenario.fault = Some((step, fault));
                let mut is_met = false;
                let look = |stage: &Stage, _: &_| is_met |= stage.steps.iter().any(|taken| taken.id == step);
                of_cast += scenario.play(&mut Reduced::default(), look).await.schedules;
                if !is_met {
                    break;
                }
            }
        }
        eprintln!("{cast:?}: {of_cast}");
        schedules.push(of_cast);
    }
    assert_eq!(schedules, [1156, 1596, 1156, 416]);
}

#[tokio::test]
async fn overwrite_and_two_requests() {
    all(&UPLOADED, &[&[VARIANT], &[VARIANT], &OVERWRITE], 9994).await;
}

#[tokio::test]
async fn upload_and_request_for_its_thumbnail_and_duplicate() {
    all(&[], &[&[THUMBNAIL], &UPLOADED, &DUPLICATE], 7322).await;
}

#[tokio::test]
async fn purge_and_request_and_overwrite() {
    all(&UPLOADED, &[&[VARIANT], &OVERWRITE, &[Purge]], 6961).await;
}

/// All of it is more than half an hour did.
#[tokio::test]
async fn up_to_two_preemptions_of_overwrite_and_request_and_duplicate() {
    let cast: [&[Act]; 3] = [&[VARIANT], &OVERWRITE, &DUPLICATE];
    let tally = play(&mut Every::with_preemptions(2), config(), &UPLOADED, &cast).await;
    assert_eq!(tally.schedules, 5233);
}

#[tokio::test]
async fn up_to_one_preemption_of_three_thumbnails_and_overwrite_and_duplicate() {
    let (order, cast): (_, [&[Act]; 2]) = (&mut Every::with_preemptions(1), [&OVERWRITE, &DUPLICATE]);
    assert_eq!(play(order, three_thumbnails(), &UPLOADED, &cast).await.schedules, 3240);
}
