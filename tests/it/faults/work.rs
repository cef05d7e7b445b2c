//! What is done while a store fails, and what must have come of it once it is well again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use pixfront::config::Config;
use pixfront::error::{Kind, Result};
use pixfront::key::SourceKey;
use pixfront::reply::Picture;
use pixfront::request::Request;
use pixfront::service::{Made, Service};
use pixfront::store::{Attributes, Message, Received, Stores};
use pixfront::trigger::failure::read;
use pixfront::trigger::upload::handle;
use pixfront::variant::{Recipe, Thumbnail};
use serde_json::json;

use super::fault::{Faults, Plan, is_look, was_told};
use crate::pictures;
use crate::world::{Call, Fault, attended, look, rows};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Work {
    Upload,
    Upload3,
    Overwrite,
    Deletion,
    Torn,
    TornOverwrite,
    Request,
    RequestAfterwards,
    RequestStored,
    RequestThumbnail,
    Redrive,
    Forget,
}

/// What came of it, for the table.
pub(super) type Outcome = String;

/// One run: stores with one original of a name of its own, and a service on them that meets the faults.
pub(super) struct Run {
    work: Work,
    key: String,
    stores: Stores,
    faults: Arc<Faults>,
    service: Service,
    plan: Plan,
}

/// The sides of the first original and of the one that overwrites it.
const FIRST: (u32, u32) = (8, 6);
const SECOND: (u32, u32) = (6, 8);

impl Run {
    pub(super) fn new(work: Work, key: String, stores: &Stores, plan: &Plan) -> Self {
        let faults = Arc::new(Faults::default());
        let mut config = Config { deadline: Duration::from_mins(5), ..Config::default() };
        if work == Work::Upload3 {
            config.policy.thumbnails = [("small-", 2), ("medium-", 4), ("large-", 6)].map(thumbnail).into();
        }
        let service = Service::new(attended(stores, &faults), config);
        Self { work, key, stores: stores.clone(), faults, service, plan: plan.clone() }
    }

    /// Does it, and looks at what was answered. How many calls there were, and what came of it; an error says which promise was broken.
    pub(super) async fn play(&self) -> Result<(usize, Outcome), String> {
        self.prepare().await;
        self.faults.begin(&self.plan);
        let answer = self.act().await;
        let calls = self.faults.end();
        let told = || calls.iter().map(|(call, fault)| format!("\n  {:?} {:?} {fault:?}", call.op, call.place));
        let outcome = self.look_at(answer, &calls).await;
        outcome
            .map(|outcome| (calls.len(), outcome))
            .map_err(|wrong| format!("{:?} {:?}: {wrong}, after{}", self.work, self.plan, told().collect::<String>()))
    }

    async fn prepare(&self) {
        let mut torn = pictures::png(SECOND.0, SECOND.1);
        torn.truncate(torn.len() / 2);
        if self.work == Work::Torn {
            return self.put(torn).await;
        }
        self.put(pictures::png(FIRST.0, FIRST.1)).await;
        if matches!(self.work, Work::Upload | Work::Upload3 | Work::RequestThumbnail) {
            return;
        }
        self.deliver(None).await.unwrap();
        if matches!(self.work, Work::Request | Work::RequestAfterwards) {
            return;
        }
        self.respond(None).await.unwrap();
        match self.work {
            Work::Overwrite => self.put(pictures::png(SECOND.0, SECOND.1)).await,
            Work::TornOverwrite => self.put(torn).await,
            Work::Deletion => self.stores.originals.delete(std::slice::from_ref(&self.key)).await.unwrap(),
            Work::Redrive => self.leave_messages().await,
            _ => {}
        }
    }

    /// A variant that was not stored and an upload that was not dealt with, each with its message.
    async fn leave_messages(&self) {
        self.remove_all().await;
        for attributes in [vec![("stage", "upload")], vec![("stage", "persist"), ("recipe", "w=4")]] {
            let attributes = [&attributes[..], &[("bucket", "originals"), ("kind", "upstream")]].concat();
            let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            self.stores.failures.send(Message { body: self.key.clone(), attributes }).await.unwrap();
        }
    }

    async fn remove_all(&self) {
        self.stores.variants.delete(&self.variants().await).await.unwrap();
        self.stores.ledger.forget(&self.key, &self.rows().await).await.unwrap();
    }

    /// What hangs must end by then; nothing else takes as long.
    fn last(&self) -> Instant {
        let hangs = self.faults.are_on() && self.plan.iter().any(|(_, fault)| *fault == Fault::Hangs);
        Instant::now() + if hangs { Duration::from_secs(2) } else { Duration::from_mins(5) }
    }

    async fn act(&self) -> Answer {
        match self.work {
            Work::Upload | Work::Upload3 | Work::Overwrite | Work::Deletion | Work::Torn | Work::TornOverwrite => {
                Answer::Event(self.deliver(Some(self.last())).await)
            }
            Work::Request | Work::RequestStored | Work::RequestThumbnail => {
                Answer::Picture(self.respond(Some(self.last())).await)
            }
            Work::RequestAfterwards => {
                let last = Some(self.last());
                Answer::Picture(match self.service.make(&self.request(), last).await {
                    Ok(Made::Before(picture)) => Ok(picture),
                    Ok(Made::Now(fresh)) => {
                        self.service.keep_afterwards(&fresh, last).await;
                        Ok(self.service.unkept(&fresh))
                    }
                    Err(error) => Err(error),
                })
            }
            Work::Redrive => Answer::Event(self.redrive().await),
            Work::Forget => Answer::Event(self.service.forget(&SourceKey::new(&*self.key).unwrap()).await.map(drop)),
        }
    }

    /// What was answered, against what may be; events come again until they are taken.
    async fn look_at(&self, answer: Answer, calls: &[(Call, Option<Fault>)]) -> Result<Outcome, String> {
        match answer {
            Answer::Event(Ok(())) => Ok("done".to_owned()),
            Answer::Event(Err(error)) => {
                if !error.kind().is_transient() {
                    return Err(format!("it would not be tried again: {}", error.chain()));
                }
                match self.act().await {
                    Answer::Event(Ok(())) => Ok("done when it came again".to_owned()),
                    _ => Err("it is not done even when it comes again".to_owned()),
                }
            }
            Answer::Picture(Ok(picture)) => {
                if look(&picture.body) != ("png", 4, 3) {
                    return Err(format!("the wrong picture: {:?}", look(&picture.body)));
                }
                let is_sure =
                    calls.iter().rev().find(|(call, _)| is_look(call)).is_some_and(|(_, fault)| was_told(*fault));
                let is_cached = picture.cache_control != "no-store";
                if is_cached && !is_sure && self.work != Work::RequestAfterwards {
                    return Err("it may be cached, and nobody knows whether it is outdated".to_owned());
                }
                Ok(if is_cached { "picture" } else { "picture for once" }.to_owned())
            }
            // What can't be stored or recorded changes no answer.
            Answer::Picture(Err(_)) if !calls.iter().any(|(call, fault)| call.op.is_read() && fault.is_some()) => {
                Err("no read went wrong, and there is no picture".to_owned())
            }
            Answer::Picture(Err(error)) => match error.kind() {
                Kind::Upstream | Kind::Deadline | Kind::Busy => Ok(format!("error {}", error.kind().name())),
                kind => Err(format!("answered with {}: {}", kind.name(), error.chain())),
            },
        }
    }

    /// What is left behind once all is well again, these messages among it.
    pub(super) async fn at_the_end(&self, answer: &str, messages: &[Message]) -> Result<Outcome, String> {
        let ended = match self.nothing_stale().await {
            Ok(()) => self.as_promised(answer, messages).await,
            Err(wrong) => Err(wrong),
        };
        ended.map_err(|wrong| format!("{:?} {:?}: {wrong}", self.work, self.plan))
    }

    async fn as_promised(&self, answer: &str, messages: &[Message]) -> Result<Outcome, String> {
        let nothing_is_left = || async { (self.variants().await, self.rows().await) == (vec![], vec![]) };
        match (self.work, messages.len()) {
            (Work::Upload | Work::Upload3 | Work::Overwrite, 0) => self.all_made().await,
            // One message was about the upload, the other about the variant.
            (Work::Redrive, 0) if self.found().await == (true, true) => self.all_made().await,
            (Work::Deletion | Work::Forget, 0) if nothing_is_left().await => Ok("nothing left".to_owned()),
            (Work::Torn | Work::TornOverwrite, 1) if nothing_is_left().await => Ok("one message".to_owned()),
            // Sent, and then said to have failed, it is sent again.
            (Work::Torn | Work::TornOverwrite, 2..) if nothing_is_left().await => {
                let excused = self.plan.iter().filter(|(_, fault)| *fault == Fault::FailsAfterwards).count();
                if messages.len() > 1 + excused {
                    return Err("too many messages".to_owned());
                }
                Ok("doubled message".to_owned())
            }
            (Work::RequestStored, 0) if self.found().await == (true, true) => Ok("stored".to_owned()),
            (Work::Request | Work::RequestAfterwards | Work::RequestThumbnail, _) => self.made(answer, messages).await,
            (_, count) => {
                let (variants, rows) = (self.variants().await, self.rows().await);
                Err(format!("{count} messages, and there are {variants:?} and rows of {rows:?}"))
            }
        }
    }

    async fn all_made(&self) -> Result<Outcome, String> {
        let thumbnails = &self.service.config().policy.thumbnails;
        let wanted: Vec<_> = thumbnails.iter().map(|thumbnail| format!("{}{}", thumbnail.prefix, self.key)).collect();
        let (variants, rows) = (self.variants().await, self.rows().await);
        if wanted.iter().all(|thumbnail| variants.contains(thumbnail) && rows.contains(thumbnail)) {
            return Ok("thumbnails and rows".to_owned());
        }
        Err(format!("there are {variants:?} and rows of {rows:?}, and no message"))
    }

    /// What a message was left about is mended by it; all else when it is asked for again.
    async fn made(&self, answer: &str, messages: &[Message]) -> Result<Outcome, String> {
        let service = Service::new(self.stores.clone(), self.service.config().clone());
        let found = self.found().await;
        for message in messages {
            let task = read(message, "originals").unwrap();
            service.redrive(&task).await.map_err(|error| format!("redrive fails: {}", error.chain()))?;
        }
        if !messages.is_empty() && self.found().await != (true, true) {
            return Err("redrive does not mend what the message is about".to_owned());
        }
        let again = service.respond(&self.request(), None).await.map_err(|error| error.chain())?;
        if look(&again.body) != ("png", 4, 3) || !self.found().await.0 {
            return Err("it is not stored when it is asked for again".to_owned());
        }
        let words = match found {
            _ if !messages.is_empty() => "a message",
            (true, true) => "stored",
            (true, false) => "stored without a row",
            (false, true) => "a row alone",
            (false, false) => "nothing stored",
        };
        // After the answer nobody hears of it, so that the one fault must have left a message.
        let is_owed = self.work == Work::RequestAfterwards && self.plan.len() == 1 && answer.starts_with("picture");
        if is_owed && messages.is_empty() && found != (true, true) {
            return Err(format!("{words}, and no message"));
        }
        Ok(words.to_owned())
    }

    /// Whether the variant that was asked for is there, and its row.
    async fn found(&self) -> (bool, bool) {
        let (object, row) = match self.work {
            Work::RequestThumbnail => (format!("resized-{}", self.key), format!("resized-{}", self.key)),
            _ => (format!("{}/w=4", self.key), "w=4".to_owned()),
        };
        (self.variants().await.contains(&object), self.rows().await.contains(&row))
    }

    /// Every variant and every row is of the bytes that the original has now, and has the right size.
    async fn nothing_stale(&self) -> Result<(), String> {
        let etag = self.stores.originals.head(&self.key).await.ok().map(|head| head.etag);
        for key in self.variants().await {
            let object = self.stores.variants.get(&key, u64::MAX).await.unwrap();
            if object.head.attributes.metadata.get("source-etag") != etag.as_ref() {
                return Err(format!("{key} is outdated"));
            }
            let (_, width, height) = look(&object.body);
            let (whole_width, whole_height) = if self.work == Work::Overwrite { SECOND } else { FIRST };
            // As wide as asked for, and in the original's proportions but for the rounding.
            let is_proportionate = (width * whole_height).abs_diff(height * whole_width) <= whole_width;
            if !is_proportionate || ![2, 3, 4, 6].contains(&width) {
                return Err(format!("{key} is of {width} × {height}"));
            }
        }
        let rows = self.stores.ledger.variants_of(&self.key).await.unwrap();
        match rows.iter().find(|row| Some(&row.source_etag) != etag.as_ref()) {
            Some(row) => Err(format!("the row {} is outdated", row.variant)),
            None => Ok(()),
        }
    }

    async fn variants(&self) -> Vec<String> {
        let mut keys = self.stores.variants.list(&format!("{}/", self.key), None, 1000).await.unwrap();
        for thumbnail in &self.service.config().policy.thumbnails {
            let key = format!("{}{}", thumbnail.prefix, self.key);
            keys.extend(self.stores.variants.head(&key).await.is_ok().then_some(key));
        }
        keys
    }

    async fn rows(&self) -> Vec<String> {
        rows(&self.stores, &self.key).await
    }

    async fn put(&self, body: Vec<u8>) {
        self.stores.originals.put(&self.key, Bytes::from(body), Attributes::default()).await.unwrap();
    }

    /// Delivers the event of whatever happened to the original.
    async fn deliver(&self, last: Option<Instant>) -> Result<()> {
        let s3 = json!({ "bucket": { "name": "originals" }, "object": { "key": self.key } });
        let event = json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": s3 }] });
        handle(&self.service, event, last).await.map(drop)
    }

    fn request(&self) -> Request {
        let url = match self.work {
            Work::RequestThumbnail => format!("/resized-{}", self.key),
            _ => format!("/{}?w=4", self.key),
        };
        Request::parse_url(&url, None).unwrap()
    }

    async fn respond(&self, last: Option<Instant>) -> Result<Picture> {
        self.service.respond(&self.request(), last).await
    }

    /// What `pixfront redrive` does, with messages that are not hidden meanwhile.
    async fn redrive(&self) -> Result<()> {
        let queue = &self.service.stores().failures;
        let mut first_error = None;
        for Received { receipt, message } in queue.receive(10, 0).await? {
            match self.service.redrive(&read(&message, "originals").unwrap()).await {
                Ok(()) => queue.delete(&receipt).await?,
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }
}

enum Answer {
    Event(Result<()>),
    Picture(Result<Picture>),
}

fn thumbnail((prefix, width): (&str, u32)) -> Thumbnail {
    let recipe = Recipe::parse(&format!("w={width}")).unwrap().unwrap();
    Thumbnail { prefix: prefix.to_owned(), recipe }
}
