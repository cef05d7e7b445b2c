//! A wire between a server and its Redis that can be held: what says a certain word is kept until it is let go, or cut.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_mins(1);

/// Gone with the test's runtime.
pub(super) struct Proxy {
    port: u16,
    wire: Arc<Wire>,
}

struct Wire {
    target: u16,
    /// How often it must come until it is held.
    word: Mutex<Option<(usize, &'static str)>>,
    /// How often that was.
    held: watch::Sender<usize>,
    is_let_go: watch::Sender<bool>,
    /// How often what was let go was answered.
    answered: watch::Sender<usize>,
    is_cut: watch::Sender<bool>,
    /// How many connections there are.
    carried: watch::Sender<usize>,
}

impl Proxy {
    pub(super) async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Arc::new(Wire {
            target,
            word: Mutex::default(),
            held: watch::Sender::new(0),
            is_let_go: watch::Sender::new(false),
            answered: watch::Sender::new(0),
            is_cut: watch::Sender::new(false),
            carried: watch::Sender::new(0),
        });
        let shared = Arc::clone(&wire);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // One that comes while the wire is cut is closed at once.
                if !*shared.is_cut.borrow() {
                    shared.carried.send_modify(|carried| *carried += 1);
                    let wire = Arc::clone(&shared);
                    tokio::spawn(async move {
                        wire.carry(client).await;
                        wire.carried.send_modify(|carried| *carried -= 1);
                    });
                }
            }
        });
        Self { port, wire }
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Holds what the server says from this word on, once.
    pub(super) fn hold(&self, word: &'static str) {
        self.hold_nth(1, word);
    }

    /// The same when it comes for the n-th time.
    pub(super) fn hold_nth(&self, nth: usize, word: &'static str) {
        *self.wire.word.lock().unwrap() = Some((nth, word));
    }

    /// Waits until it came.
    pub(super) async fn is_held(&self) {
        wait("the word", &self.wire.held, |held| *held > 0).await;
    }

    /// Lets go, and waits until Redis has answered.
    pub(super) async fn let_go(&self) {
        self.wire.is_let_go.send_replace(true);
        wait("the answer to what was held", &self.wire.answered, |answered| *answered > 0).await;
    }

    /// Breaks all connections, and every new one. Waits until they are broken.
    pub(super) async fn cut(&self) {
        self.wire.is_cut.send_replace(true);
        wait("the end of the connections", &self.wire.carried, |carried| *carried == 0).await;
    }

    pub(super) fn mend(&self) {
        self.wire.is_cut.send_replace(false);
    }
}

async fn wait<T>(what: &str, watched: &watch::Sender<T>, is_there: impl FnMut(&T) -> bool) {
    let mut watched = watched.subscribe();
    let waited = timeout(DEADLINE, watched.wait_for(is_there)).await;
    waited.unwrap_or_else(|_| panic!("{what} does not come")).unwrap();
}

impl Wire {
    async fn carry(&self, client: TcpStream) {
        let Ok(redis) = TcpStream::connect(("127.0.0.1", self.target)).await else { return };
        let ((from_client, to_client), (from_redis, to_redis)) = (client.into_split(), redis.into_split());
        let mut cut = self.is_cut.subscribe();
        let was_held = AtomicBool::new(false);
        // A server that has given up its connection says no more; what it has said still arrives.
        tokio::select! {
            () = self.forth(from_client, to_redis, &was_held) => {}
            () = self.back(from_redis, to_client, &was_held) => {}
            _ = cut.wait_for(|is_cut| *is_cut) => {}
        }
    }

    fn is_to_be_held(&self, said: &[u8]) -> bool {
        let mut word = self.word.lock().unwrap();
        let Some((left, text)) = word.as_mut() else { return false };
        if said.windows(text.len()).any(|part| part == text.as_bytes()) {
            *left -= 1;
        }
        word.take_if(|(left, _)| *left == 0).is_some()
    }

    async fn forth(&self, mut client: OwnedReadHalf, mut redis: OwnedWriteHalf, was_held: &AtomicBool) {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(length @ 1..) = client.read(&mut bytes).await {
            let said = &bytes[..length];
            if self.is_to_be_held(said) {
                self.held.send_modify(|held| *held += 1);
                self.is_let_go.subscribe().wait_for(|is_let_go| *is_let_go).await.unwrap();
                was_held.store(true, Ordering::SeqCst);
            }
            if redis.write_all(said).await.is_err() {
                return;
            }
        }
        // Until Redis has answered, or the test is over.
        std::future::pending::<()>().await;
    }

    async fn back(&self, mut redis: OwnedReadHalf, mut client: OwnedWriteHalf, was_held: &AtomicBool) {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(length @ 1..) = redis.read(&mut bytes).await {
            // The server may be gone.
            let _ = client.write_all(&bytes[..length]).await;
            // What was asked before is answered long since, and what comes over other connections is not meant.
            if was_held.load(Ordering::SeqCst) {
                self.answered.send_modify(|answered| *answered += 1);
            }
        }
    }
}
