//! Stores that do as a test says: fail at the n-th call of an operation, or do something just before or after it.

use std::collections::HashMap;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use pixfront::error::{Error, Kind, Result};
use pixfront::store::{Attributes, Head, Ledger, Message, Object, ObjectStore, Queue, Received, Row, Stores};

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Originals,
    Variants,
    Table,
    Failures,
}

/// Which of its operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    Get,
    GetRange,
    Head,
    Put,
    Delete,
    List,
    Record,
    VariantsOf,
    Forget,
    Send,
    Receive,
    Release,
    Peek,
}

type Deed = Pin<Box<dyn Future<Output = ()> + Send>>;

enum Act {
    Fail(Kind),
    Before(Deed),
    After(Deed),
}

struct Rule {
    at: (Place, Op),
    /// How many calls are left, this one included.
    calls_left: usize,
    act: Act,
}

/// What is to happen, and what was called. Each rule must come to pass before the script is dropped.
#[derive(Default)]
pub(crate) struct Script {
    rules: Mutex<Vec<Rule>>,
    calls: Mutex<HashMap<(Place, Op), usize>>,
}

impl Script {
    /// The n-th call from now (1 is the next) fails.
    pub(crate) fn fail(&self, place: Place, op: Op, nth: usize, kind: Kind) {
        self.add(place, op, nth, Act::Fail(kind));
    }

    /// Just before the n-th call from now, this is done.
    pub(crate) fn before(&self, place: Place, op: Op, nth: usize, deed: impl Future<Output = ()> + Send + 'static) {
        self.add(place, op, nth, Act::Before(Box::pin(deed)));
    }

    /// Just after the n-th call from now, and before its caller hears of it, this is done.
    pub(crate) fn after(&self, place: Place, op: Op, nth: usize, deed: impl Future<Output = ()> + Send + 'static) {
        self.add(place, op, nth, Act::After(Box::pin(deed)));
    }

    /// How often it was called.
    pub(crate) fn calls(&self, place: Place, op: Op) -> usize {
        self.calls.lock().unwrap().get(&(place, op)).copied().unwrap_or_default()
    }

    /// Counts from zero again.
    pub(crate) fn forget_calls(&self) {
        self.calls.lock().unwrap().clear();
    }

    /// Every call so far, as [`fail`](Self::fail) would name it.
    pub(crate) fn all_calls(&self) -> Vec<(Place, Op, usize)> {
        let calls = self.calls.lock().unwrap();
        calls.iter().flat_map(|((place, op), count)| (1..=*count).map(|nth| (*place, *op, nth))).collect()
    }

    fn add(&self, place: Place, op: Op, nth: usize, act: Act) {
        self.rules.lock().unwrap().push(Rule { at: (place, op), calls_left: nth, act });
    }

    fn act(&self, place: Place, op: Op) -> Option<Act> {
        *self.calls.lock().unwrap().entry((place, op)).or_default() += 1;
        let mut rules = self.rules.lock().unwrap();
        rules.iter_mut().filter(|rule| rule.at == (place, op)).for_each(|rule| rule.calls_left -= 1);
        let due = rules.iter().position(|rule| rule.calls_left == 0)?;
        Some(rules.remove(due).act)
    }

    async fn play<T>(&self, place: Place, op: Op, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        match self.act(place, op) {
            None => call.await,
            Some(Act::Fail(kind)) => Err(Error::new(kind, format!("{op:?} of {place:?} fails, as the test wants"))),
            Some(Act::Before(deed)) => {
                deed.await;
                call.await
            }
            Some(Act::After(deed)) => {
                let result = call.await;
                deed.await;
                result
            }
        }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        if !std::thread::panicking()
            && let Some(Rule { at: (place, op), calls_left, .. }) = self.rules.lock().unwrap().first()
        {
            panic!("{op:?} of {place:?} was to be called {calls_left} times more");
        }
    }
}

/// The same stores, following the script.
pub(super) fn scripted(stores: &Stores, script: &Arc<Script>) -> Stores {
    fn follow<T>(inner: T, place: Place, script: &Arc<Script>) -> Scripted<T> {
        Scripted { inner, place, script: Arc::clone(script) }
    }
    Stores {
        originals: Arc::new(follow(Arc::clone(&stores.originals), Place::Originals, script)),
        variants: Arc::new(follow(Arc::clone(&stores.variants), Place::Variants, script)),
        ledger: Arc::new(follow(Arc::clone(&stores.ledger), Place::Table, script)),
        failures: Arc::new(follow(Arc::clone(&stores.failures), Place::Failures, script)),
        journal: stores.journal.clone(),
    }
}

struct Scripted<T> {
    inner: T,
    place: Place,
    script: Arc<Script>,
}

#[async_trait]
impl ObjectStore for Scripted<Arc<dyn ObjectStore>> {
    async fn get(&self, key: &str, limit_bytes: u64) -> Result<Object> {
        self.script.play(self.place, Op::Get, self.inner.get(key, limit_bytes)).await
    }

    async fn get_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes> {
        self.script.play(self.place, Op::GetRange, self.inner.get_range(key, etag, range)).await
    }

    async fn head(&self, key: &str) -> Result<Head> {
        self.script.play(self.place, Op::Head, self.inner.head(key)).await
    }

    async fn put(&self, key: &str, body: Bytes, attributes: Attributes) -> Result<String> {
        self.script.play(self.place, Op::Put, self.inner.put(key, body, attributes)).await
    }

    async fn delete(&self, keys: &[String]) -> Result<()> {
        self.script.play(self.place, Op::Delete, self.inner.delete(keys)).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>> {
        self.script.play(self.place, Op::List, self.inner.list(prefix, after, limit)).await
    }
}

#[async_trait]
impl Ledger for Scripted<Arc<dyn Ledger>> {
    async fn record(&self, row: Row) -> Result<()> {
        self.script.play(self.place, Op::Record, self.inner.record(row)).await
    }

    async fn variants_of(&self, name: &str) -> Result<Vec<Row>> {
        self.script.play(self.place, Op::VariantsOf, self.inner.variants_of(name)).await
    }

    async fn forget(&self, name: &str, variants: &[String]) -> Result<()> {
        self.script.play(self.place, Op::Forget, self.inner.forget(name, variants)).await
    }
}

#[async_trait]
impl Queue for Scripted<Arc<dyn Queue>> {
    async fn send(&self, message: Message) -> Result<()> {
        self.script.play(self.place, Op::Send, self.inner.send(message)).await
    }

    async fn receive(&self, limit: usize, visibility_s: u32) -> Result<Vec<Received>> {
        self.script.play(self.place, Op::Receive, self.inner.receive(limit, visibility_s)).await
    }

    async fn delete(&self, receipt: &str) -> Result<()> {
        self.script.play(self.place, Op::Delete, self.inner.delete(receipt)).await
    }

    async fn release(&self, receipt: &str) -> Result<()> {
        self.script.play(self.place, Op::Release, self.inner.release(receipt)).await
    }

    async fn peek(&self, limit: usize) -> Result<Vec<Message>> {
        self.script.play(self.place, Op::Peek, self.inner.peek(limit)).await
    }
}
