//! A stage on which actors wait before every call of a store, until they are told to go on. One call at a time is under way, so that
//! the order in which they are told is the whole schedule; nothing sleeps, and no clock decides anything.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use pixfront::error::Result;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::world::{Attendant, Call, Fault, meet};

/// A call that is waited before. An actor may wait before several at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) id: StepId,
    pub(super) call: Call,
    /// How many steps had been taken when it was announced, so that the last of them is what led to it.
    pub(super) announced_after: usize,
}

/// Which call of which actor: the same in every schedule that gives the actor the same answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StepId {
    pub(super) actor: usize,
    pub(super) nth: usize,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Call { place, op, touched } = &self.call;
        write!(f, "actor {}: {op:?} {place:?} {touched:?}", self.id.actor)
    }
}

/// What an actor is played on.
pub(super) type Actor = Pin<Box<dyn Future<Output = ()>>>;

#[derive(Default)]
struct State {
    waiting: Vec<(Step, oneshot::Sender<()>)>,
    /// Whether a call was let through, and has not ended.
    is_busy: bool,
    taken: usize,
    announced: Vec<usize>,
    /// What has been told of.
    rung: BTreeSet<usize>,
    /// Who waits to be told of something.
    asleep: Vec<Option<(usize, Waker)>>,
    /// The call that goes wrong.
    fault: Option<(StepId, Fault)>,
}

/// One actor's end of the stage.
#[derive(Clone)]
pub(super) struct Seat {
    actor: usize,
    state: Arc<Mutex<State>>,
}

impl Seat {
    /// Waits for its turn, for the sake of what comes next.
    pub(super) async fn wait_before(&self, call: Call) {
        self.attend(call, async { Ok(()) }).await.unwrap();
    }

    /// Tells of something.
    pub(super) fn ring(&self, bell: usize) {
        let mut state = self.state.lock().unwrap();
        state.rung.insert(bell);
        for (awaited, waker) in state.asleep.iter().flatten() {
            if *awaited == bell {
                waker.wake_by_ref();
            }
        }
    }

    /// Waits until something was told of.
    pub(super) async fn hear(&self, bell: usize) {
        poll_fn(|context| {
            let mut state = self.state.lock().unwrap();
            if state.rung.contains(&bell) {
                state.asleep[self.actor] = None;
                return Poll::Ready(());
            }
            state.asleep[self.actor] = Some((bell, context.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

impl Attendant for Seat {
    async fn attend<T: Send>(&self, call: Call, doing: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let (sender, granted) = oneshot::channel();
        let fault = {
            let mut state = self.state.lock().unwrap();
            let id = StepId { actor: self.actor, nth: state.announced[self.actor] };
            state.announced[self.actor] += 1;
            let step = Step { id, call, announced_after: state.taken };
            state.waiting.push((step, sender));
            state.fault.filter(|(at, _)| *at == id).map(|(_, fault)| fault)
        };
        granted.await.expect("the stage outlives its actors");
        let result = meet(fault, doing).await;
        self.state.lock().unwrap().is_busy = false;
        result
    }
}

/// The stage, and who is on it.
pub(super) struct Stage {
    state: Arc<Mutex<State>>,
    /// [`None`]: at the end of its part.
    actors: Vec<Option<Actor>>,
    /// What happened so far.
    pub(super) steps: Vec<Step>,
}

impl Stage {
    /// Each actor gets a seat to play from; one call may go wrong.
    pub(super) fn new(
        actors: usize,
        fault: Option<(StepId, Fault)>,
        mut play: impl FnMut(usize, Seat) -> Actor,
    ) -> Self {
        let mut state = State { announced: vec![0; actors], fault, ..State::default() };
        state.asleep.resize_with(actors, || None);
        let state = Arc::new(Mutex::new(state));
        let seat = |actor| Seat { actor, state: Arc::clone(&state) };
        let actors = (0..actors).map(|actor| Some(play(actor, seat(actor)))).collect();
        Self { state, actors, steps: Vec::new() }
    }

    /// Goes on until every actor waits before a call, or to be told of something, or is at its end. Which calls are waited before then?
    pub(super) async fn settle(&mut self) -> Vec<Step> {
        const DEADLINE: Duration = Duration::from_mins(2);
        let settling = poll_fn(|context| self.poll(context));
        let is_settled = timeout(DEADLINE, settling).await.is_ok();
        assert!(is_settled, "the actors neither end nor call a store, after\n{}", self.told());
        let mut steps: Vec<_> = self.state.lock().unwrap().waiting.iter().map(|(step, _)| step.clone()).collect();
        steps.sort_by_key(|step| step.id);
        let is_over = self.actors.iter().all(Option::is_none);
        assert!(is_over || !steps.is_empty(), "all wait to be told of something, after\n{}", self.told());
        steps
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        for slot in &mut self.actors {
            if let Some(actor) = slot
                && actor.as_mut().poll(context).is_ready()
            {
                *slot = None;
            }
        }
        let mut state = self.state.lock().unwrap();
        // Of several calls at once the rest are given up when one fails. They are reads, so whether they were made leaves no trace.
        state.waiting.retain(|(_, sender)| !sender.is_closed());
        let waits = |actor: usize| {
            state.waiting.iter().any(|(step, _)| step.id.actor == actor)
                || state.asleep[actor].as_ref().is_some_and(|(bell, _)| !state.rung.contains(bell))
        };
        let is_quiet = !state.is_busy
            && self.actors.iter().enumerate().all(|(actor, unfinished)| unfinished.is_none() || waits(actor));
        if is_quiet { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Lets this call through.
    pub(super) fn take(&mut self, id: StepId) {
        let mut state = self.state.lock().unwrap();
        let at = state.waiting.iter().position(|(step, _)| step.id == id).expect("a step that is waited before");
        let (step, sender) = state.waiting.remove(at);
        (state.is_busy, state.taken) = (true, state.taken + 1);
        sender.send(()).expect("its actor waits for it");
        self.steps.push(step);
    }

    /// The schedule, a line a step.
    pub(super) fn told(&self) -> String {
        self.steps.iter().fold(String::new(), |mut lines, step| {
            let _ = writeln!(lines, "  {step}");
            lines
        })
    }
}
