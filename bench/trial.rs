//! Cases put to every peer in turn: what comes out is looked at once, then timed in rounds, then weighed in new processes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use pixfront::format::Format;

use super::Failure;
use super::machine;
use super::peer::{Cores, ENGINES, Worker, missing};
use super::progress::Progress;
use super::result::{Peer, Row, Suite};
use super::score::Scores;
use super::sources::Source;
use super::task::Task;

mod lane;

use lane::Lane;

/// One case: what everybody is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) group: String,
    pub(crate) case: String,
    pub(crate) axes: BTreeMap<String, f64>,
    pub(crate) cores: Cores,
    pub(crate) peers: Vec<Peer>,
    pub(crate) quality: u8,
    pub(crate) effort: Option<u8>,
    /// Whether the peers' quality is such that their results look as good as ours: for encoders whose scales differ.
    pub(crate) is_matched: bool,
    /// Whether results are looked at, which takes longer than making them.
    pub(crate) is_scored: bool,
    /// Whether one render in a new process is weighed.
    pub(crate) is_weighed: bool,
    pub(crate) rounds: Option<usize>,
    pub(crate) note: Option<String>,
    task: Task,
}

impl Cell {
    pub(crate) fn new(
        source: &Source,
        group: &str,
        case: &str,
        width: u32,
        format: &str,
        cores: Cores,
    ) -> Result<Self, Failure> {
        let (all_width, all_height) = (f64::from(source.facts.width), f64::from(source.facts.height));
        let height = (f64::from(width) * all_height / all_width).round().max(1.0) as u32;
        let copies = if cores == Cores::All { 2 * machine::cores() as u32 } else { 1 };
        let quality = default_quality(format)?;
        let task = Task {
            source: source.path.clone(),
            width,
            height,
            format: format.to_owned(),
            quality,
            effort: None,
            copies,
            keep: None,
        };
        Ok(Self {
            group: group.to_owned(),
            case: case.to_owned(),
            axes: BTreeMap::new(),
            cores,
            peers: ENGINES.to_vec(),
            quality,
            effort: None,
            is_matched: false,
            is_scored: true,
            is_weighed: cores == Cores::One,
            rounds: None,
            note: None,
            task,
        })
    }

    fn task(&self) -> Task {
        Task { quality: self.quality, effort: self.effort, ..self.task.clone() }
    }
}

/// The one that is in use here where a URL says none; 100 for PNG, which has none.
fn default_quality(name: &str) -> Result<u8, Failure> {
    let format = Format::ALL.into_iter().find(|format| format.name() == name);
    Ok(format.ok_or_else(|| format!("{name} is not a format"))?.default_quality().unwrap_or(100))
}

/// The running peers.
pub(crate) type Workers = BTreeMap<(Peer, Cores), Worker>;

/// What a suite found, and of whom.
pub(crate) struct Taken {
    pub(crate) rows: Vec<Row>,
    pub(crate) versions: Vec<(Peer, String)>,
}

pub(crate) struct Trial {
    suite: Suite,
    is_quick: bool,
    cells: Vec<Cell>,
}

impl Trial {
    pub(crate) fn new(suite: Suite, is_quick: bool) -> Self {
        Self { suite, is_quick, cells: Vec::new() }
    }

    pub(crate) fn add(&mut self, cell: Cell) {
        self.cells.push(cell);
    }

    pub(crate) fn run(self, title: &'static str) -> Result<Taken, Failure> {
        let mut progress = Progress::new(title);
        let mut workers = self.workers()?;
        let versions = workers.values().map(|worker| (worker.peer, worker.version.clone())).collect();
        let mut lanes = self.look(&mut workers, &mut progress)?;
        self.time(&mut lanes, &mut workers, &mut progress)?;
        drop(workers);
        self.weigh(&mut lanes, &mut progress)?;
        progress.done();
        let row = |(cell, lane): (&Cell, Lane)| lane.row(self.suite, cell);
        let rows =
            self.cells.iter().zip(lanes).flat_map(|(cell, lanes)| lanes.into_iter().map(move |lane| (cell, lane)));
        Ok(Taken { rows: rows.map(row).collect(), versions })
    }

    fn workers(&self) -> Result<Workers, Failure> {
        let mut workers = Workers::new();
        for cell in &self.cells {
            for peer in cell.peers.iter().filter(|peer| missing(**peer).is_none()) {
                let key = (*peer, cell.cores);
                if let Entry::Vacant(place) = workers.entry(key) {
                    place.insert(Worker::start(*peer, cell.cores)?);
                }
            }
        }
        Ok(workers)
    }

    /// Everything once: what can't be done, how long it takes, how large the result is and how it looks.
    fn look(&self, workers: &mut Workers, progress: &mut Progress) -> Result<Vec<Vec<Lane>>, Failure> {
        let mut scores = Scores::default();
        let mut all = Vec::new();
        for (index, cell) in self.cells.iter().enumerate() {
            progress.say(
                0.3 * index as f64 / self.cells.len() as f64,
                &format!("looking at {}, {}", cell.group, cell.case),
            );
            let mut lanes = Vec::<Lane>::new();
            for peer in &cell.peers {
                let target =
                    lanes.iter().find(|lane| lane.peer == Peer::Pixfront && cell.is_matched).and_then(Lane::score);
                lanes.push(Lane::look(*peer, cell, target, workers, &mut scores)?);
            }
            all.push(lanes);
        }
        Ok(all)
    }

    /// Round by round: of all cells, of all peers, the first one another peer each time.
    fn time(&self, lanes: &mut [Vec<Lane>], workers: &mut Workers, progress: &mut Progress) -> Result<(), Failure> {
        let rounds: Vec<usize> = self.cells.iter().zip(&*lanes).map(|(cell, lanes)| self.rounds(cell, lanes)).collect();
        let cost = |lanes: &[Lane]| lanes.iter().filter_map(|lane| lane.ms).sum::<f64>();
        let total: f64 = lanes.iter().zip(&rounds).map(|(lanes, rounds)| cost(lanes) * *rounds as f64).sum();
        let mut passed = 0.0;
        for round in 0..rounds.iter().copied().max().unwrap_or(0) {
            for ((cell, lanes), rounds) in self.cells.iter().zip(&mut *lanes).zip(&rounds) {
                if round >= *rounds {
                    continue;
                }
                progress
                    .say(0.3 + 0.5 * passed / total, &format!("round {}, {}, {}", round + 1, cell.group, cell.case));
                let count = lanes.len();
                for place in 0..count {
                    if let Some(lane) = lanes.get_mut((round + place) % count) {
                        lane.time(cell, workers)?;
                    }
                }
                passed += cost(lanes);
            }
        }
        Ok(())
    }

    /// What takes seconds is measured less often.
    fn rounds(&self, cell: &Cell, lanes: &[Lane]) -> usize {
        let slowest = lanes.iter().filter_map(|lane| lane.ms).fold(0.0, f64::max);
        match (self.is_quick, cell.rounds) {
            (true, _) => 2,
            (false, Some(rounds)) => rounds,
            (false, None) if slowest < 300.0 => 15,
            (false, None) if slowest < 1000.0 => 9,
            (false, None) => 5,
        }
    }

    /// One render, by a process that has not made any before.
    fn weigh(&self, lanes: &mut [Vec<Lane>], progress: &mut Progress) -> Result<(), Failure> {
        for (index, (cell, lanes)) in self.cells.iter().zip(&mut *lanes).enumerate() {
            progress.say(
                0.8 + 0.2 * index as f64 / self.cells.len() as f64,
                &format!("weighing {}, {}", cell.group, cell.case),
            );
            for lane in lanes.iter_mut().filter(|lane| cell.is_weighed && lane.ms.is_some()) {
                lane.weigh(cell)?;
            }
        }
        Ok(())
    }
}
