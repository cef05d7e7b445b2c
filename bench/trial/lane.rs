//! One peer in one case.

use std::path::PathBuf;

use super::super::Failure;
use super::super::peer::{Worker, missing};
use super::super::quality::nearest::nearest;
use super::super::result::{Figure, Outcome, Peer, Row, Suite};
use super::super::score::Scores;
use super::super::scratch;
use super::super::task::{Answer, Task};
use super::{Cell, Workers};

pub(super) struct Lane {
    pub(super) peer: Peer,
    pub(super) task: Task,
    /// Of one picture, when it was first asked for; [`None`] where the peer can't do it.
    pub(super) ms: Option<f64>,
    /// In MB: before, and at the most.
    weights: Option<(f64, f64)>,
    unable: Option<String>,
    bytes: u64,
    score: Option<f64>,
    times: Vec<f64>,
}

impl Lane {
    /// Asks once, and looks at the result.
    pub(super) fn look(
        peer: Peer,
        cell: &Cell,
        target: Option<f64>,
        workers: &mut Workers,
        scores: &mut Scores,
    ) -> Result<Self, Failure> {
        let mut lane = Self {
            peer,
            task: cell.task(),
            ms: None,
            weights: None,
            unable: missing(peer),
            bytes: 0,
            score: None,
            times: Vec::new(),
        };
        if lane.unable.is_some() {
            return Ok(lane);
        }
        lane.try_once(cell, workers, scores)?;
        if let (Some(target), Some(_)) = (target, lane.ms) {
            lane.match_score(target, cell, workers, scores)?;
        }
        Ok(lane)
    }

    pub(super) fn score(&self) -> Option<f64> {
        self.score
    }

    fn try_once(&mut self, cell: &Cell, workers: &mut Workers, scores: &mut Scores) -> Result<(), Failure> {
        let worker = workers.get_mut(&(self.peer, cell.cores)).ok_or("a peer that was not started")?;
        let path = kept(self.peer);
        let task = Task { keep: cell.is_scored.then(|| path.clone()), ..self.task.clone() };
        match answered(worker, &task)? {
            Answer::Unable(why) => (self.ms, self.unable) = (None, Some(why)),
            Answer::Done(done) => {
                self.ms = Some(done.ms / f64::from(self.task.copies));
                self.bytes = done.bytes;
                if cell.is_scored {
                    self.score = Some(scores.of(&task.source, &path)?);
                }
            }
        }
        Ok(())
    }

    /// The quality by which the result looks like ours.
    fn match_score(
        &mut self,
        target: f64,
        cell: &Cell,
        workers: &mut Workers,
        scores: &mut Scores,
    ) -> Result<(), Failure> {
        let first = (self.task.quality, self.score.ok_or("a match without a score")?);
        let quality = nearest(target, first, |quality| {
            self.task.quality = quality;
            self.try_once(cell, workers, scores)?;
            Ok(self.score.filter(|_| self.ms.is_some()))
        })?;
        if self.ms.is_some() && self.task.quality != quality {
            self.task.quality = quality;
            self.try_once(cell, workers, scores)?;
        }
        Ok(())
    }

    pub(super) fn time(&mut self, cell: &Cell, workers: &mut Workers) -> Result<(), Failure> {
        if self.ms.is_none() {
            return Ok(());
        }
        let key = (self.peer, cell.cores);
        let worker = workers.get_mut(&key).ok_or("a peer that was not started")?;
        match worker.again(&self.task) {
            Ok(done) => self.times.push(done.ms / f64::from(self.task.copies)),
            Err(error) => {
                self.fail(error)?;
                workers.insert(key, Worker::start(self.peer, cell.cores)?);
            }
        }
        Ok(())
    }

    /// One render, by a process that has not made any before.
    pub(super) fn weigh(&mut self, cell: &Cell) -> Result<(), Failure> {
        let weigh = || -> Result<(f64, f64), Failure> {
            let mut worker = Worker::start(self.peer, cell.cores)?;
            let idle = worker.resident_mb()?;
            worker.again(&self.task)?;
            Ok((idle, worker.peak_mb()?))
        };
        match weigh() {
            Ok(weights) => self.weights = Some(weights),
            Err(error) => self.fail(error)?,
        }
        Ok(())
    }

    /// A peer's failure is its own row's; ours is a bug.
    fn fail(&mut self, error: Failure) -> Result<(), Failure> {
        if self.peer == Peer::Pixfront {
            return Err(error);
        }
        (self.ms, self.unable) = (None, Some(error.to_string()));
        Ok(())
    }

    pub(super) fn row(self, suite: Suite, cell: &Cell) -> Row {
        let (idle, peak) = self.weights.unzip();
        let outcome = self.unable.map_or_else(
            || {
                figures([
                    (Figure::Ms, self.times),
                    (Figure::Bytes, vec![self.bytes as f64]),
                    (Figure::Score, self.score.into_iter().collect()),
                    (Figure::IdleMb, idle.into_iter().collect()),
                    (Figure::PeakMb, peak.into_iter().collect()),
                ])
            },
            Outcome::Unable,
        );
        let effort =
            if self.peer == Peer::Pixfront { "the default" } else { "matched to Pixfront's score, default effort" };
        let matched = (cell.is_matched && self.ms.is_some()).then(|| format!("q {}, {effort}", self.task.quality));
        Row {
            suite,
            group: cell.group.clone(),
            case: cell.case.clone(),
            axes: cell.axes.clone(),
            peer: self.peer,
            note: cell.note.clone().or(matched),
            outcome,
        }
    }
}

/// Where a result is left to be looked at.
fn kept(peer: Peer) -> PathBuf {
    scratch().join(format!("{peer}.result"))
}

fn figures(pairs: [(Figure, Vec<f64>); 5]) -> Outcome {
    Outcome::Measured(pairs.into_iter().filter(|(_, samples)| !samples.is_empty()).collect())
}

fn answered(worker: &mut Worker, task: &Task) -> Result<Answer, Failure> {
    let answer = worker.ask(task)?;
    if let Answer::Done(done) = &answer {
        // Half a pixel may be rounded either way, and a box may have its own way to round.
        let is_near = |made: u32, asked: u32| made.abs_diff(asked) <= 1;
        if !is_near(done.width, task.width) || !is_near(done.height, task.height) {
            let (width, height) = (done.width, done.height);
            let words = format!("{} made {width} × {height} pixels of {} × {}", worker.peer, task.width, task.height);
            return Err(words.into());
        }
    }
    Ok(answer)
}
