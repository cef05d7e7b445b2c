//! Who does what at the same time, and what must have come of it whatever the order.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use pixfront::config::Config;
use pixfront::error::{Kind, Result};
use pixfront::ingest::Upload;
use pixfront::key::SourceKey;
use pixfront::redrive::Task;
use pixfront::reply::Picture;
use pixfront::request::Request;
use pixfront::service::{Made, Service};
use pixfront::store::{Attributes, ObjectStore, Stores, memory};
use pixfront::trigger::failure::read;

use super::orders::Order;
use super::snapshot::Snapshot;
use super::stage::{Actor, Seat, Stage, StepId};
use crate::pictures;
use crate::world::{Call, Fault, Op, Place, attended};

/// The original that everything is about.
pub(super) const KEY: &str = "a.png";

/// What an actor does, one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// Asks for a picture, whose answer waits until it is stored.
    View(&'static str),
    /// Asks for a picture that is stored after its answer.
    ViewThenKeep(&'static str),
    /// Puts this version of the original.
    Put(usize),
    Delete,
    /// From now on this event may arrive.
    Ring(usize),
    /// Waits until this event may arrive.
    Hear(usize),
    /// Deals with an event of the original.
    Ingest,
    /// What `pixfront purge` does.
    Purge,
    /// What `pixfront redrive` does with a message about the variant of this URL, which has this recipe.
    Redrive(&'static str, &'static str),
}

/// Each in another size, so that none is taken for another.
const VERSIONS: [(u32, u32); 3] = [(4, 2), (2, 4), (2, 6)];

fn version(nth: usize) -> Vec<u8> {
    let (width, height) = VERSIONS[nth];
    pictures::png(width, height)
}

pub(super) struct Scenario {
    config: Config,
    cast: Vec<Vec<Act>>,
    before: Snapshot,
    /// Every picture that may come up, by its URL and the etag of the original, and by its key.
    pictures: BTreeMap<(String, String), Bytes>,
    stored: BTreeMap<(String, String), Bytes>,
    /// Thumbnails that are gone come back when they are asked for, not by themselves.
    purges: bool,
    /// The call that goes wrong in every schedule.
    pub(super) fault: Option<(StepId, Fault)>,
}

/// How often what came to pass.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Schedules that were played to their end.
    pub(super) schedules: usize,
    /// Schedules that were left, as twins of others.
    pub(super) twins: usize,
    /// At the end, a variant was there and its row was not.
    pub(super) without_row: usize,
    /// At the end, a row was there and its variant was not.
    pub(super) without_object: usize,
}

impl Scenario {
    /// At the beginning the first version is there with its thumbnails, if `before` says so after these acts.
    pub(super) async fn new(config: Config, before: &[Act], cast: &[&[Act]]) -> Self {
        let cast: Vec<Vec<Act>> = cast.iter().map(|acts| acts.to_vec()).collect();
        let acts = || before.iter().chain(cast.iter().flatten());
        let urls: Vec<_> = acts().filter_map(Act::url).collect();
        let (mut pictures, mut stored) = (BTreeMap::new(), BTreeMap::new());
        for nth in 0..VERSIONS.len() {
            let service = Service::new(memory::open(), config.clone());
            let etag = put(service.stores(), nth).await;
            service.ingest(&upload()).await.unwrap();
            for url in &urls {
                let picture = service.respond(&Request::parse_url(url, None).unwrap(), None).await.unwrap();
                pictures.insert(((*url).to_owned(), etag.clone()), picture.body);
            }
            for key in keys(&service.stores().variants).await {
                let body = service.stores().variants.get(&key, u64::MAX).await.unwrap().body;
                stored.insert((key, etag.clone()), body);
            }
        }
        let purges = acts().any(|act| matches!(act, Act::Purge));
        let before = Self::after(before, &config).await;
        Self { config, cast, before, pictures, stored, purges, fault: None }
    }

    /// What there is when one actor has done all this.
    async fn after(acts: &[Act], config: &Config) -> Snapshot {
        let stores = memory::open();
        let mut stage = Stage::new(1, None, |_, seat| play(acts, &stores, config, seat, &Rc::default()));
        while let [step, ..] = &*stage.settle().await {
            stage.take(step.id);
        }
        Snapshot::of(&stores).await
    }

    /// Plays every schedule that the order names, and looks at what came of each.
    pub(super) async fn play(&self, order: &mut impl Order, mut look: impl FnMut(&Stage, &Snapshot)) -> Tally {
        let mut tally = Tally::default();
        loop {
            let stores = self.before.restored().await;
            let log = Rc::new(RefCell::new(Log { history: vec![self.before.original()], ..Log::default() }));
            let part = |actor: usize, seat| play(&self.cast[actor], &stores, &self.config, seat, &log);
            let mut stage = Stage::new(self.cast.len(), self.fault, part);
            let is_whole = loop {
                let waiting = stage.settle().await;
                if waiting.is_empty() {
                    break true;
                }
                let Some(step) = order.choose(&waiting) else { break false };
                stage.take(step);
            };
            if is_whole {
                tally.schedules += 1;
                if self.fault.is_some() {
                    let failed = log.borrow_mut().errors.split_off(0).len();
                    self.recover(&stores, failed).await;
                }
                let end = Snapshot::of(&stores).await;
                if let Err(wrong) = self.check(&end, &log.borrow(), &mut tally) {
                    panic!("{wrong}, after\n{}and then there was {end:#?}", stage.told());
                }
                look(&stage, &end);
            } else {
                tally.twins += 1;
            }
            if !order.next() {
                return tally;
            }
        }
    }

    /// What failed comes again, once the store is well.
    async fn recover(&self, stores: &Stores, failed: usize) {
        let service = Service::new(stores.clone(), self.config.clone());
        for _ in 0..failed {
            service.ingest(&upload()).await.unwrap();
        }
        for received in stores.failures.receive(10, 300).await.unwrap() {
            service.redrive(&read(&received.message, "originals").unwrap()).await.unwrap();
            stores.failures.delete(&received.receipt).await.unwrap();
        }
    }

    fn check(&self, end: &Snapshot, log: &Log, tally: &mut Tally) -> Result<(), String> {
        let etag = end.original();
        let is_current = |made_from: &str| Some(made_from) == etag.as_deref();
        for (key, made_from, body) in end.variants() {
            if !is_current(&made_from) {
                return Err(format!("{key} is of other bytes than the original"));
            }
            if self.stored.get(&(key.clone(), made_from)) != Some(&body) {
                return Err(format!("{key} is not the picture that it should be"));
            }
        }
        if let Some(row) = end.rows.iter().find(|row| !is_current(&row.source_etag)) {
            return Err(format!("the row {} is of other bytes than the original", row.variant));
        }
        let objects: Vec<_> = end.variants.iter().map(|(key, _)| row_of(key)).collect();
        let rows: Vec<_> = end.rows.iter().map(|row| row.variant.as_str()).collect();
        let thumbnails = self.config.policy.thumbnails.iter().map(|thumbnail| format!("{}{KEY}", thumbnail.prefix));
        for thumbnail in thumbnails.filter(|_| etag.is_some() && !self.purges) {
            if !objects.contains(&&*thumbnail) || !rows.contains(&&*thumbnail) {
                return Err(format!("{thumbnail} is missing"));
            }
        }
        tally.without_row += usize::from(objects.iter().any(|object| !rows.contains(object)));
        tally.without_object += usize::from(rows.iter().any(|row| !objects.contains(row)));
        if let Some(error) = log.errors.first() {
            return Err(format!("an event failed: {error}"));
        }
        if !end.messages.is_empty() {
            return Err("a message was left".to_owned());
        }
        log.answers.iter().try_for_each(|answer| self.check_answer(answer, &log.history))
    }

    fn check_answer(&self, answer: &Answer, history: &[Option<String>]) -> Result<(), String> {
        // What the original was at some moment since the request began.
        let mut seen = history[answer.begun_at..].iter();
        match &answer.result {
            Ok(picture) => {
                let is_it = |etag: &Option<String>| {
                    let name = etag.as_ref().map(|etag| (answer.url.to_owned(), etag.clone()));
                    name.is_some_and(|name| self.pictures.get(&name) == Some(&picture.body))
                };
                if !history.iter().any(is_it) {
                    return Err(format!("{} was answered with what no original comes to", answer.url));
                }
                if picture.cache_control != "no-store" && !seen.any(is_it) {
                    return Err(format!("{} was answered with replaced bytes, and may be cached", answer.url));
                }
                Ok(())
            }
            Err(kind) if *kind == Kind::NotFound && seen.any(Option::is_none) => Ok(()),
            Err(Kind::Upstream) if self.fault.is_some() => Ok(()),
            Err(kind) => Err(format!("{} was answered with {}", answer.url, kind.name())),
        }
    }
}

impl Act {
    fn url(&self) -> Option<&'static str> {
        match self {
            Self::View(url) | Self::ViewThenKeep(url) | Self::Redrive(url, _) => Some(url),
            Self::Put(_) | Self::Delete | Self::Ring(_) | Self::Hear(_) | Self::Ingest | Self::Purge => None,
        }
    }
}

/// What was said and heard of a schedule.
#[derive(Default)]
struct Log {
    /// The original's etags, one after the other; [`None`]: it was gone.
    history: Vec<Option<String>>,
    answers: Vec<Answer>,
    errors: Vec<String>,
}

struct Answer {
    url: &'static str,
    /// Where in the history it was when the request began.
    begun_at: usize,
    result: Result<Picture, Kind>,
}

fn upload() -> Upload {
    Upload { bucket: "originals".into(), key: KEY.into() }
}

async fn put(stores: &Stores, nth: usize) -> String {
    stores.originals.put(KEY, Bytes::from(version(nth)), Attributes::default()).await.unwrap()
}

async fn keys(bucket: &Arc<dyn ObjectStore>) -> Vec<String> {
    bucket.list("", None, usize::MAX).await.unwrap()
}

/// The name of a variant's row.
fn row_of(key: &str) -> &str {
    key.strip_prefix(KEY).and_then(|rest| rest.strip_prefix('/')).unwrap_or(key)
}

/// An actor with a service of its own, as each function has one.
fn play(acts: &[Act], stores: &Stores, config: &Config, seat: Seat, log: &Rc<RefCell<Log>>) -> Actor {
    let service = Service::new(attended(stores, &Arc::new(seat.clone())), config.clone());
    let (acts, log) = (acts.to_vec(), Rc::clone(log));
    Box::pin(async move {
        for act in acts {
            perform(act, &service, &seat, &log).await;
        }
    })
}

async fn perform(act: Act, service: &Service, seat: &Seat, log: &RefCell<Log>) {
    match act {
        Act::View(url) => {
            let (request, begun_at) = begin(url, seat, log).await;
            let result = service.respond(&request, None).await.map_err(|error| error.kind());
            log.borrow_mut().answers.push(Answer { url, begun_at, result });
        }
        Act::ViewThenKeep(url) => {
            let (request, begun_at) = begin(url, seat, log).await;
            let made = service.make(&request, None).await;
            let result = match &made {
                Ok(Made::Before(picture)) => Ok(picture.clone()),
                Ok(Made::Now(fresh)) => Ok(service.unkept(fresh)),
                Err(error) => Err(error.kind()),
            };
            log.borrow_mut().answers.push(Answer { url, begun_at, result });
            if let Ok(Made::Now(fresh)) = made {
                service.keep_afterwards(&fresh, None).await;
            }
        }
        Act::Put(nth) => {
            let etag = put(service.stores(), nth).await;
            log.borrow_mut().history.push(Some(etag));
        }
        Act::Delete => {
            service.stores().originals.delete(&[KEY.to_owned()]).await.unwrap();
            log.borrow_mut().history.push(None);
        }
        Act::Ring(bell) => seat.ring(bell),
        Act::Hear(bell) => seat.hear(bell).await,
        Act::Ingest => {
            if let Err(error) = service.ingest(&upload()).await {
                log.borrow_mut().errors.push(error.chain());
            }
        }
        Act::Purge => drop(service.forget(&SourceKey::new(KEY).unwrap()).await.unwrap()),
        Act::Redrive(_, recipe) => {
            let task = Task::Variant { source: SourceKey::new(KEY).unwrap(), recipe: recipe.to_owned() };
            // Where it fails its message stays, and so it comes again.
            for _ in 0..VERSIONS.len() {
                if service.redrive(&task).await.is_ok() {
                    return;
                }
            }
            log.borrow_mut().errors.push("a message stays for ever".to_owned());
        }
    }
}

/// A request begins at a moment of its own, which matters to what it may be answered with.
async fn begin(url: &str, seat: &Seat, log: &RefCell<Log>) -> (Request, usize) {
    seat.wait_before(Call::of_key(Place::Originals, Op::Head, KEY)).await;
    (Request::parse_url(url, None).unwrap(), log.borrow().history.len() - 1)
}
