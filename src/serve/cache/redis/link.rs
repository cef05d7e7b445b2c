//! The connection to Redis: up, or away and looked for. While it is away nobody waits for it, and one line says so.

use std::collections::BTreeSet;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Cmd, ErrorKind, FromRedisValue, RedisError, cmd};
use tokio::time::{sleep, timeout};

use super::{Address, PATIENCE, purge_command};

/// For a connection, with its greetings.
const CONNECTING: Duration = Duration::from_secs(1);
/// How long Redis is left alone before it is looked for again.
const PAUSE: Duration = Duration::from_secs(2);
/// More purges than that are not remembered one by one while Redis is away.
const OWED_MAX: usize = 1000;
/// Deleting everything goes over all keys there are.
const DELETING_ALL: Duration = Duration::from_mins(1);

/// The way to one Redis.
pub(super) struct Link {
    address: Address,
    state: Mutex<State>,
    connections: AtomicU64,
    /// Whether the last answer was not taken, by a Redis that can be read.
    is_refusing: AtomicBool,
}

enum State {
    Up(Up),
    /// Nobody asks; a task looks for it, and has these purges made before anyone reads again.
    Away(Owed),
}

/// What was purged while Redis was away.
#[derive(Default)]
struct Owed {
    tags: BTreeSet<String>,
    everything: bool,
}

/// A connection. Cheap to clone.
#[derive(Clone)]
pub(super) struct Up {
    connection: MultiplexedConnection,
    run: Arc<str>,
    number: u64,
}

impl Up {
    /// With what the tokens of this server begin, for as long as it runs.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    pub(super) fn is_of_its_run(&self, token: &[u8]) -> bool {
        token.starts_with(self.run.as_bytes())
    }
}

/// What a command is for, and so what is lost where Redis refuses it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// All is: a Redis that can't be read, or not be purged, is away.
    Need,
    /// Only what was to be kept: it may be full, and good for reading. This prepares for it, and may go well all the same.
    Begin,
    /// The same, and this is it.
    Put,
}

/// Why a connection was given up.
enum Lost {
    Late,
    Broken(RedisError),
}

impl Link {
    /// A link that is up, or looks for its Redis.
    pub(super) async fn open(address: Address) -> Arc<Self> {
        let link = Arc::new(Self {
            address,
            state: Mutex::new(State::Away(Owed::default())),
            connections: AtomicU64::new(0),
            is_refusing: AtomicBool::new(false),
        });
        match link.connect().await {
            Ok(()) => tracing::info!(cache = %link.address, "answers are cached in Redis"),
            Err(error) => {
                link.say_away(&error);
                tokio::spawn(Arc::clone(&link).come_back());
            }
        }
        link
    }

    /// The connection, unless Redis is away.
    pub(super) fn up(&self) -> Option<Up> {
        match &*self.lock() {
            State::Up(up) => Some(up.clone()),
            State::Away(_) => None,
        }
    }

    /// What Redis answers; nothing if it does not, or not in time.
    pub(super) async fn ask<T: FromRedisValue>(
        self: &Arc<Self>,
        up: &Up,
        command: &Cmd,
        patience: Duration,
        purpose: Purpose,
    ) -> Option<T> {
        let mut connection = up.connection.clone();
        let lost = match timeout(patience, command.query_async(&mut connection)).await {
            Ok(Ok(answer)) => {
                if purpose == Purpose::Put && self.is_refusing.swap(false, Ordering::SeqCst) {
                    tracing::info!(cache = %self.address, "Redis takes answers again");
                }
                return Some(answer);
            }
            Ok(Err(error)) if purpose != Purpose::Need && is_refusal(&error) => {
                if !self.is_refusing.swap(true, Ordering::SeqCst) {
                    tracing::warn!(cache = %self.address, %error, "Redis takes no answers; what it has is still good");
                }
                return None;
            }
            Ok(Err(error)) => Lost::Broken(error),
            Err(_) => Lost::Late,
        };
        self.give_up(up, lost);
        None
    }

    /// Purges now, or before anyone reads again.
    pub(super) async fn purge(self: &Arc<Self>, tag: &str) {
        let command = purge_command(tag);
        // What fails makes an end of this connection; so there is a new one each time, or none.
        while let Some(up) = self.up_or_owe(tag) {
            if self.ask::<i64>(&up, &command, PATIENCE, Purpose::Need).await.is_some() {
                return;
            }
        }
    }

    fn up_or_owe(&self, tag: &str) -> Option<Up> {
        match &mut *self.lock() {
            State::Up(up) => Some(up.clone()),
            State::Away(owed) => {
                owed.add(tag);
                None
            }
        }
    }

    /// Nobody asks over this connection any more.
    fn give_up(self: &Arc<Self>, up: &Up, why: Lost) {
        let mut state = self.lock();
        // Others may have said so before.
        let State::Up(current) = &*state else { return };
        if current.number != up.number {
            return;
        }
        *state = State::Away(Owed::default());
        drop(state);
        let link = Arc::clone(self);
        tokio::spawn(async move {
            match why {
                Lost::Late => link.say_away("it does not answer"),
                // It may have closed a connection that nothing was asked over for long, which is no trouble worth a line.
                Lost::Broken(error) if !is_refusal(&error) => match link.connect().await {
                    Ok(()) => return,
                    Err(error) => link.say_away(&error),
                },
                Lost::Broken(error) => link.say_away(&error.to_string()),
            }
            link.come_back().await;
        });
    }

    fn say_away(&self, error: &str) {
        tracing::warn!(cache = %self.address, error, "Redis is away; pictures are answered without it");
    }

    async fn come_back(self: Arc<Self>) {
        loop {
            sleep(PAUSE).await;
            if self.connect().await.is_ok() {
                tracing::info!(cache = %self.address, "Redis is back");
                return;
            }
        }
    }

    /// Connects, makes the purges that are owed, and only then is up. The error is for the log.
    async fn connect(&self) -> Result<(), String> {
        let connecting = async {
            let terms = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
            let mut connection = self.address.client.get_multiplexed_async_connection_with_config(&terms).await?;
            let about: String = cmd("INFO").arg("server").query_async(&mut connection).await?;
            // One that still reads its disk says who it is, but gives nothing out.
            cmd("MGET").arg("pixfront:{}:token").query_async::<()>(&mut connection).await?;
            Ok::<_, RedisError>((connection, about))
        };
        let (mut connection, about) = in_time(CONNECTING, connecting).await?;
        let run = about.lines().find_map(|line| line.strip_prefix("run_id:")).ok_or("it does not say its run_id")?;
        let run = format!("{}.", run.trim().chars().take(12).collect::<String>()).into();
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        loop {
            let owed = {
                let mut state = self.lock();
                match &mut *state {
                    State::Away(owed) if !owed.is_empty() => mem::take(owed),
                    State::Away(_) | State::Up(_) => {
                        *state = State::Up(Up { connection, run, number });
                        return Ok(());
                    }
                }
            };
            if let Err(error) = owed.pay(&mut connection).await {
                if let State::Away(since) = &mut *self.lock() {
                    since.add_all(&owed);
                }
                return Err(error);
            }
        }
    }

    // A panic while it is held leaves the state as it was.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Owed {
    fn is_empty(&self) -> bool {
        self.tags.is_empty() && !self.everything
    }

    fn add(&mut self, tag: &str) {
        if !self.everything {
            self.tags.insert(tag.to_owned());
        }
        if self.tags.len() > OWED_MAX {
            *self = Self { tags: BTreeSet::new(), everything: true };
        }
    }

    fn add_all(&mut self, other: &Self) {
        self.everything |= other.everything;
        other.tags.iter().for_each(|tag| self.add(tag));
    }

    /// Makes these purges. What was made of them before a failure may be made again.
    async fn pay(&self, connection: &mut MultiplexedConnection) -> Result<(), String> {
        for tag in &self.tags {
            in_time(PATIENCE, purge_command(tag).query_async::<()>(connection)).await?;
        }
        if self.everything {
            in_time(DELETING_ALL, delete_everything(connection)).await?;
        }
        Ok(())
    }
}

/// Deletes all that is ours, and nothing else.
async fn delete_everything(connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
    let mut cursor = 0_u64;
    loop {
        let mut scan = cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg("pixfront:*").arg("COUNT").arg(1000);
        let (next, keys): (u64, Vec<Vec<u8>>) = scan.query_async(connection).await?;
        if !keys.is_empty() {
            cmd("UNLINK").arg(keys).query_async::<()>(connection).await?;
        }
        if next == 0 {
            return Ok(());
        }
        cursor = next;
    }
}

/// Whether Redis itself said no, over a connection that works.
fn is_refusal(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension)
}

async fn in_time<T>(patience: Duration, work: impl Future<Output = Result<T, RedisError>>) -> Result<T, String> {
    match timeout(patience, work).await {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(_) => Err("it does not answer".to_owned()),
    }
}
