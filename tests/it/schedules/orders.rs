//! Which schedules are played: all of them, or one of each class whose members differ only in the order of calls that have nothing
//! to do with each other.

use std::collections::{BTreeMap, BTreeSet};

use super::stage::{Step, StepId};

/// Chooses what comes next, schedule after schedule, until all that it stands for were played.
pub(super) trait Order {
    /// The next step of these; [`None`] where this schedule would be the twin of one that was played.
    fn choose(&mut self, waiting: &[Step]) -> Option<StepId>;

    /// Whether there is another schedule; [`choose`](Self::choose) begins with its first step then.
    fn next(&mut self) -> bool;
}

/// Every schedule, or every one that leaves an actor which could go on no oftener than so.
pub(super) struct Every {
    preemptions_max: usize,
    forks: Vec<Fork>,
    depth: usize,
}

struct Fork {
    choices: Vec<StepId>,
    at: usize,
    /// So often an actor was left that could have gone on.
    preemptions: usize,
}

impl Every {
    pub(super) fn schedule() -> Self {
        Self::with_preemptions(usize::MAX)
    }

    pub(super) fn with_preemptions(preemptions_max: usize) -> Self {
        Self { preemptions_max, forks: Vec::new(), depth: 0 }
    }

    fn fork(&self, waiting: &[Step]) -> Fork {
        let ids = waiting.iter().map(|step| step.id);
        let Some(last) = self.depth.checked_sub(1).map(|before| &self.forks[before]) else {
            return Fork { choices: ids.collect(), at: 0, preemptions: 0 };
        };
        let (staying, leaving): (Vec<_>, Vec<_>) = ids.partition(|id| id.actor == last.choices[last.at].actor);
        let preemptions = last.preemptions;
        let choices = match (staying.is_empty(), preemptions < self.preemptions_max) {
            (true, _) => leaving,
            (false, true) => [staying, leaving].concat(),
            (false, false) => staying,
        };
        Fork { choices, at: 0, preemptions }
    }
}

impl Order for Every {
    fn choose(&mut self, waiting: &[Step]) -> Option<StepId> {
        if self.depth == self.forks.len() {
            self.forks.push(self.fork(waiting));
        }
        let before = self.depth.checked_sub(1).map(|before| &self.forks[before]);
        let before = before.map(|fork| (fork.choices[fork.at].actor, fork.preemptions));
        let fork = &mut self.forks[self.depth];
        let chosen = fork.choices[fork.at];
        if let Some((actor, preemptions)) = before {
            let is_left = chosen.actor != actor && waiting.iter().any(|step| step.id.actor == actor);
            fork.preemptions = preemptions + usize::from(is_left);
        }
        self.depth += 1;
        Some(chosen)
    }

    fn next(&mut self) -> bool {
        self.depth = 0;
        while let Some(fork) = self.forks.last_mut() {
            fork.at += 1;
            if fork.at < fork.choices.len() {
                return true;
            }
            self.forks.pop();
        }
        false
    }
}

/// One schedule of each Mazurkiewicz trace: dynamic partial-order reduction with source sets and sleep sets (Abdulla, Aronis, Jonsson
/// and Sagonas: Optimal Dynamic Partial Order Reduction, POPL 2014, algorithm 1).
///
/// Where two steps conflict and could have come the other way round, the node before the first of them gets another branch; what was
/// tried at a node sleeps in its later branches until a step conflicts with it.
#[derive(Default)]
pub(super) struct Reduced {
    nodes: Vec<Node>,
    played: Vec<Played>,
}

struct Node {
    waiting: Vec<Step>,
    chosen: Step,
    /// What must be tried here.
    branches: BTreeSet<StepId>,
    /// What was tried here, or elsewhere to the same end.
    sleeping: Vec<Step>,
}

struct Played {
    step: Step,
    /// What it can't come before, a bit a step.
    past: u128,
}

impl Order for Reduced {
    fn choose(&mut self, waiting: &[Step]) -> Option<StepId> {
        let depth = self.played.len();
        if depth == self.nodes.len() {
            let sleeping = self.nodes.last().map(Node::still_sleeping).unwrap_or_default();
            let chosen = waiting.iter().find(|step| !sleeping.iter().any(|sleeper| sleeper.id == step.id))?.clone();
            let branches = BTreeSet::from([chosen.id]);
            self.nodes.push(Node { waiting: waiting.to_vec(), chosen, branches, sleeping });
        }
        let node = &self.nodes[depth];
        let ids = |steps: &[Step]| steps.iter().map(|step| (step.id, step.call.clone())).collect::<Vec<_>>();
        assert_eq!(ids(&node.waiting), ids(waiting), "the same choices led elsewhere than the last time");
        let step = node.chosen.clone();
        self.play(step.clone());
        Some(step.id)
    }

    fn next(&mut self) -> bool {
        self.played.clear();
        while let Some(node) = self.nodes.last_mut() {
            node.sleeping.push(node.chosen.clone());
            let is_awake = |step: &&Step| {
                node.branches.contains(&step.id) && !node.sleeping.iter().any(|sleeper| sleeper.id == step.id)
            };
            if let Some(next) = node.waiting.iter().find(is_awake) {
                node.chosen = next.clone();
                return true;
            }
            self.nodes.pop();
        }
        false
    }
}

impl Node {
    fn still_sleeping(&self) -> Vec<Step> {
        let sleeping = self.sleeping.iter();
        sleeping.filter(|sleeper| !sleeper.call.conflicts_with(&self.chosen.call)).cloned().collect()
    }
}

impl Reduced {
    /// Adds the step, and the branches that its races ask for.
    fn play(&mut self, step: Step) {
        let now = self.played.len();
        assert!(now < 128, "longer than there are bits for");
        let mut past = cause(&self.played, &step);
        let mut races = Vec::new();
        for (earlier, played) in self.played.iter().enumerate().rev() {
            let is_before = past >> earlier & 1 == 1;
            if !is_before && played.step.call.conflicts_with(&step.call) {
                races.push(earlier);
                past |= played.past | 1 << earlier;
            }
        }
        self.played.push(Played { step, past });
        for earlier in races {
            self.branch(earlier, now);
        }
    }

    /// Makes sure that the node before `earlier` tries what leads to `later` first.
    fn branch(&mut self, earlier: usize, later: usize) {
        let does_not_need = |at: &usize| *at == later || self.played[*at].past >> earlier & 1 == 0;
        let between: Vec<usize> = (earlier + 1..=later).filter(does_not_need).collect();
        let all = between.iter().fold(0, |bits, at| bits | 1_u128 << at);
        let can_be_first = between.iter().filter(|at| self.played[**at].past & all == 0);
        let mut firsts = can_be_first.map(|at| self.played[*at].step.id);
        let node = &mut self.nodes[earlier];
        if !firsts.clone().any(|id| node.branches.contains(&id)) {
            let first = firsts.next().expect("the first of all needs no other");
            assert!(node.waiting.iter().any(|step| step.id == first), "{first:?} was not waited before");
            node.branches.insert(first);
        }
    }
}

/// What the step could not have been announced without: the step after which it was, and all that its actor did until then.
fn cause(played: &[Played], step: &Step) -> u128 {
    let before = &played[..step.announced_after];
    let is_cause = |at: usize| at + 1 == before.len() || before[at].step.id.actor == step.id.actor;
    (0..before.len()).filter(|at| is_cause(*at)).fold(0, |past, at| past | before[at].past | 1 << at)
}

/// What two schedules share if and only if they differ in the order of unrelated calls alone.
pub(super) fn trace(steps: &[Step]) -> BTreeMap<StepId, BTreeSet<StepId>> {
    let conflicts = |at: usize, step: &Step| {
        let earlier = steps[..at].iter().filter(|earlier| earlier.call.conflicts_with(&step.call));
        earlier.map(|earlier| earlier.id).collect()
    };
    steps.iter().enumerate().map(|(at, step)| (step.id, conflicts(at, step))).collect()
}
