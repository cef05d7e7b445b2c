//! A real Redis on a port of its own: one process for each test that needs it, gone with the test.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{Client, FromRedisValue, RedisResult};
use tempfile::TempDir;

use crate::world::until;

/// By then it has started, also on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);
/// It ends when the shell's standard input does, and so also when the test is killed.
const SCRIPT: &str = "redis-server \"$@\" >/dev/null 2>&1 & echo $!; read -r _; kill -9 $! 2>/dev/null";

/// A Redis that keeps nothing on disk unless it is told to. Killed when dropped.
pub(crate) struct RedisServer {
    shell: Child,
    _stdin: ChildStdin,
    pid: u32,
    port: u16,
    dir: Arc<TempDir>,
    arguments: Vec<String>,
    password: Option<String>,
}

impl RedisServer {
    pub(crate) async fn start() -> Self {
        Self::with(None).await
    }

    /// With a password or without.
    pub(crate) async fn with(password: Option<&str>) -> Self {
        let there = Command::new("redis-server").arg("--version").output();
        assert!(
            there.is_ok_and(|output| output.status.success()),
            "there is no redis-server: `make test` installs it (`make redis` alone)"
        );
        let mut arguments = vec!["--save".to_owned(), String::new()];
        arguments.extend(password.into_iter().flat_map(|password| ["--requirepass".to_owned(), password.to_owned()]));
        for _ in 0..5 {
            let server = Self::spawn(free_port(), Arc::new(TempDir::new().unwrap()), arguments.clone(), password);
            // Another process may have taken the port meanwhile.
            if server.is_up().await {
                return server;
            }
        }
        panic!("redis-server starts on none of five ports");
    }

    /// Another one on the same port with the same directory, after this one was killed.
    pub(crate) async fn again(self) -> Self {
        self.kill().await;
        let (port, dir) = (self.port, Arc::clone(&self.dir));
        let server = Self::spawn(port, dir, self.arguments.clone(), self.password.as_deref());
        assert!(server.is_up().await, "redis-server does not start again on port {port}");
        server
    }

    fn spawn(port: u16, dir: Arc<TempDir>, arguments: Vec<String>, password: Option<&str>) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh", "--bind", "127.0.0.1", "--port", &port.to_string(), "--dir"]).arg(dir.path());
        command.args(&arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = command.spawn().unwrap();
        let mut pid = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut pid).unwrap();
        let (stdin, pid) = (shell.stdin.take().unwrap(), pid.trim().parse().unwrap());
        Self { shell, _stdin: stdin, pid, port, dir, arguments, password: password.map(str::to_owned) }
    }

    async fn is_up(&self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < DEADLINE {
            if self.try_ask::<String>(&["PING"]).await.is_ok() {
                return true;
            }
            // It ends at once where the port is taken.
            if !self.signal("-0") {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its address, with the password if there is one.
    pub(crate) fn url(&self) -> String {
        let password = self.password.as_ref().map(|password| format!(":{password}@")).unwrap_or_default();
        format!("redis://{password}127.0.0.1:{}/0", self.port)
    }

    /// SIGKILL, and the end of it.
    pub(crate) async fn kill(&self) {
        self.signal("-KILL");
        until("end of redis-server", async || TcpListener::bind(("127.0.0.1", self.port)).ok()).await;
    }

    /// From now on it takes connections and answers nothing.
    pub(crate) fn stand_still(&self) {
        assert!(self.signal("-STOP"));
    }

    pub(crate) fn go_on(&self) {
        assert!(self.signal("-CONT"));
    }

    fn signal(&self, signal: &str) -> bool {
        Command::new("kill").args([signal, &self.pid.to_string()]).stderr(Stdio::null()).status().unwrap().success()
    }

    pub(crate) async fn connection(&self) -> RedisResult<MultiplexedConnection> {
        Client::open(self.url())?.get_multiplexed_async_connection().await
    }

    async fn try_ask<T: FromRedisValue>(&self, words: &[&str]) -> RedisResult<T> {
        let mut command = redis::Cmd::new();
        command.arg(words);
        command.query_async(&mut self.connection().await?).await
    }

    /// What it answers to a command.
    pub(crate) async fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        self.try_ask(words).await.unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// All keys, in their order.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.ask(&["KEYS", "*"]).await;
        keys.sort();
        keys
    }

    /// The keys of answers.
    pub(crate) async fn answers(&self) -> Vec<String> {
        self.keys().await.into_iter().filter(|key| !key.ends_with("}:token") && !key.ends_with("}:answers")).collect()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // Both may have ended already.
        self.signal("-KILL");
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
