//! Answers in a Redis that several processes may share: what is where, and who may put it there.
//!
//! Of each source there are three sorts of keys, `{TAG}` being its cache tag (in braces, so that all of a source are together also
//! where keys are spread over servers):
//!
//! - `pixfront:{TAG}:token`: a word that is new after every purge. An answer begins with the token that it was begun under, and is
//!   good only while that is still the source's. So a purge is the end of the token, whatever was under way and in whichever
//!   process; and where Redis throws out a token for want of memory, answers are lost and never resurrected.
//! - `pixfront:{TAG}:1.EPOCH:/photos/cat.jpg/w=400,f=webp`: an answer, as [`value`] writes it, under the version of that form and of
//!   our pictures, so that versions beside each other do not read each other's answers. Token and index are of no version: a
//!   purge by one is a purge for all.
//! - `pixfront:{TAG}:answers`: the keys of the answers by when they expire, for a purge to delete. Without it they would be
//!   unreadable all the same, but take memory until they expire.
//!
//! A token begins with the run of its server (`run_id`): what a Redis reads from its disk after a crash, or a replica that takes over, may
//! have missed a purge, and so is not believed. Everything has a time to live.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ::redis::{Cmd, cmd};

use super::State;
use super::flights::{Flights, Landed};
use crate::image;
use crate::serve::entry::Entry;
use crate::serve::unix_ms;

pub use address::Address;
use link::{Link, Purpose, Up};

mod address;
mod link;
mod owed;
mod value;

/// How a value is written; raised when that changes.
const FORM: u32 = 1;
/// How long a token lasts at least from when an answer was begun under it: longer than any takes to be made.
const TOKEN_LASTS: Duration = Duration::from_mins(10);
/// No answer stays longer, whatever its `Cache-Control` says.
const ANSWER_LASTS_MAX: Duration = Duration::from_hours(366 * 24);
/// What is taken for the slowest line to a cache, 256 Mbit/s.
const BYTES_PER_MS: u64 = (32 << 20) / 1000;

/// Makes sure of a token of this run that lasts until the answer is made, and looks once more for the answer.
const BEGIN: &str = "-- pixfront begin
local token = redis.call('GET', KEYS[1])
if not token or string.sub(token, 1, #ARGV[1]) ~= ARGV[1] then
    local time = redis.call('TIME')
    token = ARGV[1] .. time[1] .. '.' .. time[2]
    redis.call('SET', KEYS[1], token, 'PX', ARGV[2])
elseif redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return {token, redis.call('GET', KEYS[2])}";

/// Keeps an answer, unless its source was purged since it was begun.
const PUT: &str = "-- pixfront put
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
local now = redis.call('TIME')[1] * 1000
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], now + ARGV[3], KEYS[3])
for i = 1, 2 do
    if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[3]) then
        redis.call('PEXPIRE', KEYS[i], ARGV[3])
    end
end
return 1";

/// Ends the token first, and then deletes what has become unreadable.
const PURGE: &str = "-- pixfront purge
redis.call('DEL', KEYS[1])
for _, answer in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    redis.call('UNLINK', answer)
end
redis.call('DEL', KEYS[2])
return 1";

/// A cache in Redis. How much it holds in all, and what goes first when it is full, are Redis' own settings `maxmemory` and
/// `maxmemory-policy`.
pub struct Redis {
    link: Arc<Link>,
    /// Longer answers are not put there.
    entry_bytes: u64,
    flights: Flights,
}

/// What an answer is begun with.
struct Begun {
    up: Up,
    token: Vec<u8>,
    /// Put there by another process meanwhile.
    found: Option<Entry>,
}

impl Redis {
    /// The cache at an address. If that can't be reached, it is looked for until it can. Nobody waits longer than `patience` for an
    /// answer of Redis, but for the bytes of a long one.
    pub async fn open(address: Address, entry_bytes: u64, patience: Duration) -> Self {
        Self { link: Link::open(address, patience).await, entry_bytes, flights: Flights::new() }
    }

    pub(super) async fn get(&self, tag: &str, uri: &str) -> Option<Entry> {
        let up = self.link.up()?;
        let mut command = cmd("MGET");
        command.arg(token_key(tag)).arg(answer_key(tag, uri));
        let (token, value) =
            self.link.ask::<Found>(&up, &command, self.patience(self.entry_bytes), Purpose::Need).await?;
        value::decode(value?, &token.filter(|token| up.is_of_its_run(token))?, tag)
    }

    pub(super) async fn fetch(&self, tag: &str, uri: &str, origin: impl Future<Output = Entry>) -> Entry {
        let flight = async {
            let purges = self.flights.purges(tag).await;
            // Begun before the origin is asked: a purge from now on is one that the answer may have missed.
            let mut begun = self.begin(tag, uri).await;
            if let Some(found) = begun.as_mut().and_then(|begun| begun.found.take()) {
                return Landed::current(found);
            }
            let entry = origin.await;
            let is_purged_there = match &begun {
                Some(begun) => self.put(begun, tag, uri, &entry).await,
                None => false,
            };
            if is_purged_there || self.flights.keep(tag, purges).await.is_none() {
                return Landed::outdated(entry);
            }
            Landed::current(entry)
        };
        self.flights.share(tag, uri, flight).await
    }

    async fn begin(&self, tag: &str, uri: &str) -> Option<Begun> {
        let up = self.link.up()?;
        let lasts_ms = ms(TOKEN_LASTS);
        let command = script(BEGIN, &[token_key(tag), answer_key(tag, uri)], |command| {
            command.arg(up.run()).arg(lasts_ms);
        });
        let (token, value) =
            self.link.ask::<Found>(&up, &command, self.patience(self.entry_bytes), Purpose::Begin).await?;
        let token = token?;
        let found = value.and_then(|value| value::decode(value, &token, tag));
        Some(Begun { up, token, found })
    }

    /// Keeps an answer, if it may be kept at all. True if its source was purged meanwhile, kept or not.
    async fn put(&self, Begun { up, token, .. }: &Begun, tag: &str, uri: &str, entry: &Entry) -> bool {
        let lasts = entry.fresh_for().min(ANSWER_LASTS_MAX);
        if lasts.is_zero() || entry.body.len() as u64 > self.entry_bytes {
            let command = cmd("GET").arg(token_key(tag)).take();
            let now = self.link.ask::<Option<Vec<u8>>>(up, &command, self.patience(0), Purpose::Need).await;
            return now.is_some_and(|now| now.as_ref() != Some(token));
        }
        let value = value::encode(entry, token, unix_ms());
        let patience = self.patience(value.len() as u64);
        let keys = [token_key(tag), index_key(tag), answer_key(tag, uri)];
        let command = script(PUT, &keys, |command| {
            command.arg(token).arg(value).arg(ms(lasts));
        });
        self.link.ask::<i64>(up, &command, patience, Purpose::Put).await == Some(0)
    }

    /// How long is waited where so many bytes may come.
    fn patience(&self, bytes: u64) -> Duration {
        self.link.patience().saturating_add(Duration::from_millis(bytes / BYTES_PER_MS))
    }

    pub(super) async fn purge(&self, tag: &str) {
        drop(self.flights.purge(tag).await);
        self.link.purge(tag).await;
    }

    pub(super) fn state(&self) -> State {
        State::Elsewhere { is_up: self.link.up().is_some() }
    }
}

/// A token and an answer, in the order in which both scripts and `MGET` say them.
type Found = (Option<Vec<u8>>, Option<Vec<u8>>);

fn token_key(tag: &str) -> String {
    format!("pixfront:{{{tag}}}:token")
}

fn index_key(tag: &str) -> String {
    format!("pixfront:{{{tag}}}:answers")
}

fn answer_key(tag: &str, uri: &str) -> String {
    format!("pixfront:{{{tag}}}:{FORM}.{}:{uri}", image::EPOCH)
}

fn purge_command(tag: &str) -> Cmd {
    script(PURGE, &[token_key(tag), index_key(tag)], |_| ())
}

/// The script travels each time: it is nothing beside a picture, and needs nobody to have loaded it.
fn script(text: &str, keys: &[String], arguments: impl FnOnce(&mut Cmd)) -> Cmd {
    let mut command = cmd("EVAL");
    command.arg(text).arg(keys.len()).arg(keys);
    arguments(&mut command);
    command
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
