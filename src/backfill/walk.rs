//! The walk over a bucket: pages of keys in order, several originals under way, and a mark below which all is done.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::Notify;
use tokio::time::sleep_until;

use super::mark::Mark;
use super::{Ended, Filled, Report, Wanted};
use crate::error::{Error, Result};
use crate::patience::Patience;
use crate::service::Service;

/// Keys that are listed at a time; S3 gives no more.
const PAGE: usize = 1000;

/// Which originals are filled, and how.
pub struct Walk<'a> {
    /// On whose stores.
    pub service: &'a Service,
    /// What they shall have.
    pub wanted: &'a Wanted,
    /// What their keys begin with.
    pub prefix: &'a str,
    /// Where an earlier walk came to.
    pub after: Option<&'a str>,
    /// How many are under way at a time. How many of them render, the service's own gate says.
    pub at_once: usize,
    /// At most so many.
    pub limit: usize,
    /// From the beginning of one to that of the next, at least.
    pub pause: Duration,
    /// How often a store that fails is asked again.
    pub patience: Patience,
    /// Whether only to look what there is to do.
    pub is_dry_run: bool,
    /// Whether what can't be made leaves messages on the failures queue.
    pub leaves_messages: bool,
    /// Whether to go on behind an original whose stores failed too often. It stays undone, and the mark before it.
    pub keeps_going: bool,
}

/// What ends a walk before its end.
#[derive(Default)]
struct Halt {
    error: RefCell<Option<Error>>,
    is_asked: Cell<bool>,
    called: Notify,
}

impl Halt {
    /// The first is what is said in the end.
    fn note(&self, error: Error) {
        self.error.borrow_mut().get_or_insert(error);
    }

    fn fail(&self, error: Error) {
        self.note(error);
        self.called.notify_one();
    }
}

impl Walk<'_> {
    /// Walks until the end, or until `stop`; what is under way by then is ended. `seen` hears of every original that is dealt with.
    /// The report is good however it ends.
    pub async fn run(
        &self,
        stop: impl Future<Output = ()>,
        mut seen: impl FnMut(&Report) -> Result<()>,
    ) -> (Report, Result<()>) {
        let (mark, halt, is_at_end) = (RefCell::new(Mark::new(self.after)), Halt::default(), Cell::new(false));
        let stopped = async {
            let stop = std::pin::pin!(stop);
            let called = std::pin::pin!(halt.called.notified());
            if let Either::Left(_) = select(stop, called).await {
                halt.is_asked.set(true);
            }
        };
        let keys = self.keys(&halt, &is_at_end).take(self.limit).take_until(stopped);
        let ended = keys.map(|key| {
            let number = mark.borrow_mut().begin(&key);
            async move { (number, self.fill(&key).await, key) }
        });
        let mut ended = std::pin::pin!(ended.buffer_unordered(self.at_once));
        let mut report = Report::default();
        while let Some((number, (filled, result), key)) = ended.next().await {
            report.add(&key, filled);
            match result {
                Ok(()) => {
                    mark.borrow_mut().end(number);
                    report.originals += 1;
                }
                Err(error) => {
                    mark.borrow_mut().give_up(number);
                    report.add_undone(&key, &error);
                    if self.keeps_going { halt.note(error) } else { halt.fail(error) }
                }
            }
            report.up_to = mark.borrow().up_to().map(ToOwned::to_owned);
            if let Err(error) = seen(&report) {
                halt.fail(error);
            }
        }
        report.up_to = mark.borrow().up_to().map(ToOwned::to_owned);
        let error = halt.error.take();
        report.ended = match &error {
            Some(_) => Ended::Failed,
            None if is_at_end.get() => Ended::Complete,
            None if halt.is_asked.get() => Ended::Stopped,
            None => Ended::Limit,
        };
        (report, error.map_or(Ok(()), Err))
    }

    /// How many there are to walk over.
    pub async fn count(&self) -> Result<u64> {
        let mut pages = Pages::new(self);
        let mut count = 0;
        while let Some(page) = pages.next().await? {
            count += page.len() as u64;
        }
        Ok(count.min(self.limit as u64))
    }

    /// What was made and found stays, however it ended.
    async fn fill(&self, key: &str) -> (Filled, Result<()>) {
        let mut filled = Filled::default();
        let fill = async || self.service.fill(key, self.wanted, self.is_dry_run, &mut filled).await;
        let mut result = self.patience.again(fill).await;
        if result.is_ok() && self.leaves_messages && !self.is_dry_run {
            result = self.service.report_unmade(key, &filled.unmade, &self.patience).await;
        }
        (filled, result)
    }

    /// The keys in order, each not before its time.
    fn keys(&self, halt: &Halt, is_at_end: &Cell<bool>) -> impl Stream<Item = String> {
        let start = (Pages::new(self), VecDeque::new(), Instant::now());
        stream::unfold(start, move |(mut pages, mut page, mut due)| async move {
            while page.is_empty() {
                match pages.next().await {
                    Ok(Some(next)) => page = next,
                    Ok(None) => {
                        is_at_end.set(true);
                        return None;
                    }
                    Err(error) => {
                        halt.fail(error);
                        return None;
                    }
                }
            }
            let key = page.pop_front()?;
            // A timer is a millisecond late, which is longer than it takes to look at an original.
            if due > Instant::now() {
                sleep_until(due.into()).await;
            }
            // What was missed is not made up for: a rate is never exceeded.
            due = due.max(Instant::now()) + self.pause;
            Some((key, (pages, page, due)))
        })
    }
}

/// The pages of a walk.
struct Pages<'a> {
    walk: &'a Walk<'a>,
    after: Option<String>,
    is_last: bool,
}

impl<'a> Pages<'a> {
    fn new(walk: &'a Walk<'a>) -> Self {
        Self { walk, after: walk.after.map(ToOwned::to_owned), is_last: false }
    }

    /// Never an empty one.
    async fn next(&mut self) -> Result<Option<VecDeque<String>>> {
        if self.is_last {
            return Ok(None);
        }
        let (walk, after) = (self.walk, self.after.as_deref());
        let list = async || walk.service.stores().originals.list(walk.prefix, after, PAGE).await;
        let page = walk.patience.again(list).await?;
        self.is_last = page.len() < PAGE;
        self.after = page.last().cloned();
        Ok((!page.is_empty()).then(|| page.into()))
    }
}
