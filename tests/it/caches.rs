//! `pixfront serve` and what it keeps answers in: the real program before a real Redis, well and ill, alone and beside another.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::process::Command;

use crate::pictures;
use crate::world::{Answer, Server};

mod addresses;
mod promises;
mod proxy;
mod purges;
mod redis_server;
mod shared;
mod trouble;
mod under_way;

pub(crate) use redis_server::RedisServer;

/// On a busy machine Redis is slow, and must not be taken for one that is away.
pub(crate) const PATIENCE_MS: u64 = 60_000;

/// Has a server keep its answers there.
pub(crate) fn lend(command: &mut Command, url: &str, patience_ms: u64) {
    command.args(["--cache", url, "--cache-patience-ms", &patience_ms.to_string()]);
}

/// A server with its cache there, beside whatever else it is told.
fn cached_in(url: &str, change: impl FnOnce(&mut Command)) -> Server {
    Server::with(|command| {
        lend(command, url, PATIENCE_MS);
        change(command);
    })
}

/// Another one on the same directory, with its cache there.
fn beside(server: &Server, url: &str) -> Server {
    server.beside_with(|command| lend(command, url, PATIENCE_MS))
}

/// The same with a cat in it.
async fn with_cat(url: &str) -> Server {
    let server = cached_in(url, |_| ());
    server.upload("photos/cat.jpg", pictures::jpeg(120, 80)).await;
    server
}

/// Asks, and checks where the answer came from.
async fn expect(server: &Server, path: &str, cache: &str) -> Answer {
    let answer = server.get(path).await;
    assert_eq!((answer.status, answer.header("x-cache")), (200, cache), "{path}: {:?}", server.log());
    answer
}

/// How many lines of the log have these words.
fn lines(server: &Server, words: &str) -> usize {
    server.log().iter().filter(|line| line.contains(words)).count()
}
