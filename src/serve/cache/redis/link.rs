//! The connection to Redis: up, or away and looked for. While it is away nobody waits for it, and one line says so, or one for each reason.

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Cmd, ErrorKind, FromRedisValue, RedisError, cmd};
use tokio::time::{sleep, timeout};

use super::owed::Owed;
use super::{Address, purge_command};

/// For a connection, with its greetings; or the link's patience where that is longer.
const CONNECTING: Duration = Duration::from_secs(1);
/// How long Redis is left alone before it is looked for again.
const PAUSE: Duration = Duration::from_secs(2);
/// More reasons than that are not told apart while it is away.
const REASONS_MAX: usize = 8;
const LATE: &str = "it does not answer";

/// The way to one Redis.
pub(super) struct Link {
    address: Address,
    /// Nobody waits longer, but for many bytes.
    patience: Duration,
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
    pub(super) async fn open(address: Address, patience: Duration) -> Arc<Self> {
        let link = Arc::new(Self {
            address,
            patience,
            state: Mutex::new(State::Away(Owed::default())),
            connections: AtomicU64::new(0),
            is_refusing: AtomicBool::new(false),
        });
        match link.connect().await {
            Ok(()) => tracing::info!(cache = %link.address, "answers are cached in Redis"),
            Err(error) => {
                link.say_away(&error);
                tokio::spawn(Arc::clone(&link).come_back(error));
            }
        }
        link
    }

    pub(super) const fn patience(&self) -> Duration {
        self.patience
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
            if self.ask::<i64>(&up, &command, self.patience, Purpose::Need).await.is_some() {
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
            let why = match why {
                Lost::Late => LATE.to_owned(),
                // It may have closed a connection that nothing was asked over for long, which is no trouble worth a line.
                Lost::Broken(error) if !is_refusal(&error) => match link.connect().await {
                    Ok(()) => return,
                    Err(error) => error,
                },
                Lost::Broken(error) => error.to_string(),
            };
            link.say_away(&why);
            link.come_back(why).await;
        });
    }

    fn say_away(&self, error: &str) {
        tracing::warn!(cache = %self.address, error, "Redis is away; pictures are answered without it");
    }

    /// Looks for Redis until it is there. Each reason why it is not is said once, this one already.
    async fn come_back(self: Arc<Self>, why: String) {
        let mut said = vec![why];
        loop {
            sleep(PAUSE).await;
            let Err(why) = self.connect().await else { break };
            if said.len() < REASONS_MAX && !said.contains(&why) {
                tracing::warn!(cache = %self.address, error = why, "Redis still can't be used, for another reason now");
                said.push(why);
            }
        }
        tracing::info!(cache = %self.address, "Redis is back");
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
        let (mut connection, about) = in_time(CONNECTING.max(self.patience), connecting).await?;
        let run = about.lines().find_map(|line| line.strip_prefix("run_id:")).ok_or("it does not say its run_id")?;
        let run: Arc<str> = format!("{}.", run.trim().chars().take(12).collect::<String>()).into();
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        loop {
            let mut owed = {
                let mut state = self.lock();
                match &mut *state {
                    State::Away(owed) if !owed.is_empty() => mem::take(owed),
                    State::Away(_) | State::Up(_) => {
                        *state = State::Up(Up { connection, run, number });
                        return Ok(());
                    }
                }
            };
            if let Err(error) = owed.pay(&mut connection, &run, self.patience).await {
                if let State::Away(since) = &mut *self.lock() {
                    since.add_older(owed);
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

/// Whether Redis itself said no, over a connection that works.
fn is_refusal(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension)
}

pub(super) async fn in_time<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, RedisError>>,
) -> Result<T, String> {
    match timeout(patience, work).await {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(_) => Err(LATE.to_owned()),
    }
}
