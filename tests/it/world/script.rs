//! Stores that do as a test says: fail at the n-th call of an operation, or do something just before or after it.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use pixfront::error::{Error, Kind, Result};

use super::attended::{Attendant, Call, Op, Place};

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
}

impl Attendant for Script {
    async fn attend<T: Send>(&self, call: Call, doing: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let Call { place, op, .. } = call;
        match self.act(place, op) {
            None => doing.await,
            Some(Act::Fail(kind)) => Err(Error::new(kind, format!("{op:?} of {place:?} fails, as the test wants"))),
            Some(Act::Before(deed)) => {
                deed.await;
                doing.await
            }
            Some(Act::After(deed)) => {
                let result = doing.await;
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
