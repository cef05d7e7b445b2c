//! Stores of which the n-th call, counted over all of them, goes wrong.

use std::future::Future;
use std::sync::Mutex;

use pixfront::error::Result;

use crate::world::{Attendant, Call, Fault, Op, Place, meet};

/// The n-th call from the first that is counted (1), and what becomes of it.
pub(super) type Plan = Vec<(usize, Fault)>;

#[derive(Default)]
struct State {
    plan: Option<Plan>,
    calls: Vec<(Call, Option<Fault>)>,
}

/// Counts the calls, and makes those go wrong that the plan names.
#[derive(Default)]
pub(super) struct Faults {
    state: Mutex<State>,
}

impl Faults {
    /// Counts from now on.
    pub(super) fn begin(&self, plan: &Plan) {
        *self.state.lock().unwrap() = State { plan: Some(plan.clone()), calls: Vec::new() };
    }

    pub(super) fn are_on(&self) -> bool {
        self.state.lock().unwrap().plan.is_some()
    }

    /// From now on nothing goes wrong; says what was called, and what went wrong of it.
    pub(super) fn end(&self) -> Vec<(Call, Option<Fault>)> {
        let mut state = self.state.lock().unwrap();
        state.plan = None;
        std::mem::take(&mut state.calls)
    }

    fn next(&self, call: &Call) -> Option<Fault> {
        let mut state = self.state.lock().unwrap();
        let nth = state.calls.len() + 1;
        let fault = state.plan.as_ref()?.iter().find(|(at, _)| *at == nth).map(|(_, fault)| *fault);
        state.calls.push((call.clone(), fault));
        fault
    }
}

/// Whether the call with this fate told its caller what it asked for.
pub(super) fn was_told(fault: Option<Fault>) -> bool {
    matches!(fault, None | Some(Fault::IsLate))
}

/// Whether it was a look at an original.
pub(super) fn is_look(call: &Call) -> bool {
    (call.place, call.op) == (Place::Originals, Op::Head)
}

impl Attendant for Faults {
    async fn attend<T: Send>(&self, call: Call, doing: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let fault = self.next(&call);
        meet(fault, doing).await
    }
}
