//! Whichever call of a store goes wrong, and however: an upload ends as thumbnails and rows or as one message, a request as the right
//! picture or an honest error, and nothing stale is left.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]
#![allow(clippy::print_stderr, reason = "the counts are for whoever runs it by hand")]

use std::collections::BTreeMap;
use std::sync::Mutex;

use futures_util::future::join_all;
use pixfront::store::{Message, Stores, local, memory};
use tempfile::TempDir;

use crate::world::{Fault, Ministack};
use fault::Plan;
use work::{Run, Work};

mod fault;
mod work;

const ALL: [Work; 12] = [
    Work::Upload,
    Work::Upload3,
    Work::Overwrite,
    Work::Deletion,
    Work::Torn,
    Work::TornOverwrite,
    Work::Request,
    Work::RequestAfterwards,
    Work::RequestStored,
    Work::RequestThumbnail,
    Work::Redrive,
    Work::Forget,
];

/// How often each work came to what.
#[derive(Default)]
struct Tally(BTreeMap<(Work, String), usize>);

impl Tally {
    fn count(&mut self, work: Work, answer: &str, end: &str) {
        *self.0.entry((work, format!("{answer}; {end}"))).or_default() += 1;
    }

    fn add(&mut self, other: Self) {
        for (outcome, count) in other.0 {
            *self.0.entry(outcome).or_default() += count;
        }
    }

    fn runs(&self) -> usize {
        self.0.values().sum()
    }

    fn show(&self, what: &str) {
        for ((work, outcome), count) in &self.0 {
            eprintln!("{what} | {work:?} | {outcome} | {count}");
        }
    }
}

/// Everything that is on the queue, which is empty then.
async fn drained(stores: &Stores) -> Vec<Message> {
    let mut messages = Vec::new();
    for received in stores.failures.receive(10_000, 300).await.unwrap() {
        stores.failures.delete(&received.receipt).await.unwrap();
        messages.push(received.message);
    }
    messages
}

/// In stores of its own.
async fn play_in_memory(work: Work, plan: &Plan, tally: &mut Tally) -> usize {
    let stores = memory::open();
    let run = Run::new(work, "cat.png".to_owned(), &stores, plan);
    let (calls, answer) = run.play().await.unwrap_or_else(|wrong| panic!("{wrong}"));
    let end = run.at_the_end(&answer, &drained(&stores).await).await.unwrap_or_else(|wrong| panic!("{wrong}"));
    tally.count(work, &answer, &end);
    calls
}

/// Each kind of fault at each call, until the work has no such call.
async fn one_by_one(works: &[Work], faults: &[Fault], mut play: impl AsyncFnMut(Work, Plan) -> usize) {
    for work in works {
        for fault in faults {
            for nth in 1.. {
                if play(*work, vec![(nth, *fault)]).await < nth {
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn one_fault_in_memory() {
    let mut tally = Tally::default();
    let faults = [Fault::Fails, Fault::FailsAfterwards, Fault::IsLate];
    one_by_one(&ALL, &faults, async |work, plan| play_in_memory(work, &plan, &mut tally).await).await;
    tally.show("memory, one fault");
    assert_eq!(tally.runs(), 399);
}

#[tokio::test]
async fn two_faults_in_memory() {
    const KINDS: [Fault; 2] = [Fault::Fails, Fault::FailsAfterwards];
    let mut tally = Tally::default();
    for work in ALL {
        for (first, second) in KINDS.iter().flat_map(|first| KINDS.iter().map(move |second| (*first, *second))) {
            for n in 1.. {
                let mut reached = 0;
                for m in n + 1.. {
                    reached = play_in_memory(work, &vec![(n, first), (m, second)], &mut tally).await;
                    if reached < m {
                        break;
                    }
                }
                if reached < n {
                    break;
                }
            }
        }
    }
    tally.show("memory, two faults");
    assert_eq!(tally.runs(), 1416);
}

/// What is waited for in vain ends at the last moment that it was given, each in its own stores and all at once.
#[tokio::test]
async fn a_store_that_hangs_in_memory() {
    let mut runs = Vec::new();
    // The command line has no last moment.
    for work in ALL.into_iter().filter(|work| !matches!(work, Work::Redrive | Work::Forget)) {
        let calls = play_in_memory(work, &Vec::new(), &mut Tally::default()).await;
        runs.extend((1..=calls).map(|nth| (work, vec![(nth, Fault::Hangs)])));
    }
    let tally = Mutex::new(Tally::default());
    let played = runs.iter().map(async |(work, plan)| {
        let mut one = Tally::default();
        play_in_memory(*work, plan, &mut one).await;
        tally.lock().unwrap().add(one);
    });
    join_all(played).await;
    let tally = tally.into_inner().unwrap();
    tally.show("memory, hangs");
    assert_eq!(tally.runs(), 94);
}

/// All runs in the same stores, each with an original of its own; the queue is looked at when all are over.
async fn in_shared_stores(stores: &Stores, works: &[Work], faults: &[Fault], tally: &mut Tally) {
    let mut played = Vec::new();
    one_by_one(works, faults, async |work, plan| {
        let run = Run::new(work, format!("cat-{}.png", played.len()), stores, &plan);
        let (calls, answer) = run.play().await.unwrap_or_else(|wrong| panic!("{wrong}"));
        played.push((work, answer, run));
        calls
    })
    .await;
    let messages = drained(stores).await;
    for (work, answer, run) in played {
        let of_run: Vec<_> = messages.iter().filter(|message| message.body == run.key()).cloned().collect();
        let end = run.at_the_end(&answer, &of_run).await.unwrap_or_else(|wrong| panic!("{wrong}"));
        tally.count(work, &answer, &end);
    }
}

#[tokio::test]
async fn one_fault_in_the_local_store() {
    let dir = TempDir::new().unwrap();
    let stores = local::open(dir.path()).unwrap();
    let mut tally = Tally::default();
    // A redrive takes what others left on the queue.
    let works: Vec<_> = ALL.into_iter().filter(|work| *work != Work::Redrive).collect();
    in_shared_stores(&stores, &works, &[Fault::Fails, Fault::FailsAfterwards], &mut tally).await;
    tally.show("local, one fault");
    assert_eq!(tally.runs(), 220);
}

#[tokio::test]
async fn one_fault_at_the_stand_in_for_aws() {
    let ministack = Ministack::start().await;
    let stores = ministack.stores().await;
    let mut tally = Tally::default();
    let works = [Work::Overwrite, Work::Torn, Work::Request, Work::RequestAfterwards];
    in_shared_stores(&stores, &works, &[Fault::Fails, Fault::FailsAfterwards], &mut tally).await;
    tally.show("aws, one fault");
    assert_eq!(tally.runs(), 76);
}
