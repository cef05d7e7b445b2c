//! The real program, as a server on a free port and as a command.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::RecvTimeoutError::Timeout;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// By then anything that is to happen has happened, also on a busy machine.
const DEADLINE: Duration = Duration::from_mins(2);

/// The command, with nothing of this process's environment that would set it up otherwise.
pub(crate) fn program(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pixfront"));
    command.args(arguments).stdin(Stdio::null());
    for setting in &pixfront::config::SETTINGS {
        command.env_remove(setting.variable());
    }
    command
}

/// `pixfront serve` on a directory of its own. Killed when dropped.
pub(crate) struct Server {
    child: Child,
    url: String,
    client: Client,
    dir: Arc<TempDir>,
    log: Arc<Mutex<Vec<String>>>,
    log_grew: Receiver<()>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(|_| ())
    }

    /// With other arguments or another environment.
    pub(crate) fn with(change: impl FnOnce(&mut Command)) -> Self {
        Self::on(Arc::new(TempDir::new().unwrap()), change)
    }

    fn on(dir: Arc<TempDir>, change: impl FnOnce(&mut Command)) -> Self {
        let mut command = program(["serve", "--port", "0", "--data"]);
        command.arg(dir.path());
        // Nothing but a test of it may meet the deadline.
        command.env("PIXFRONT_DEADLINE_MS", "300000");
        change(&mut command);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();

        let (log, (grew, log_grew)) = (Arc::<Mutex<Vec<String>>>::default(), channel());
        let (stderr, lines) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&log));
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                lines.lock().unwrap().push(line);
                // Nobody may be waiting any more.
                let _ = grew.send(());
            }
        });
        let (say, said) = channel();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = stdout.read_line(&mut line);
            let _ = say.send(line);
        });
        let line = said.recv_timeout(DEADLINE).unwrap();
        let Some(url) = line.trim_end().strip_prefix("Pixfront is at ") else {
            panic!("the first line is {line:?}; {:?}: {:?}", child.wait(), log.lock().unwrap());
        };
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { child, url: url.to_owned(), client, dir, log, log_grew }
    }

    /// SIGKILL, and the same again on the same directory.
    pub(crate) fn kill_and_restart(mut self) -> Self {
        // It may have been killed already.
        let _ = self.child.kill();
        self.child.wait().unwrap();
        self.beside()
    }

    /// Another one on the same directory.
    pub(crate) fn beside(&self) -> Self {
        self.beside_with(|_| ())
    }

    /// The same, with other arguments or another environment.
    pub(crate) fn beside_with(&self, change: impl FnOnce(&mut Command)) -> Self {
        Self::on(Arc::clone(&self.dir), change)
    }

    /// SIGKILL.
    pub(crate) fn kill(&self) {
        self.signal("-KILL");
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end of the process.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        // Its log ends when it does.
        while self
            .log_grew
            .recv_timeout(DEADLINE)
            .inspect_err(|late| assert_ne!(*late, Timeout, "it does not end"))
            .is_ok()
        {}
        self.child.wait().unwrap()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub(crate) fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), self.url(path)).timeout(DEADLINE)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.ask("GET", path).send().await.unwrap()).await
    }

    /// A request with these headers.
    pub(crate) async fn get_with(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let asked = headers.iter().fold(self.ask(method, path), |asked, (name, value)| asked.header(*name, *value));
        Answer::of(asked.send().await.unwrap()).await
    }

    /// Uploads; `name` is the key as a path has it.
    pub(crate) async fn put(&self, name: &str, body: Vec<u8>) -> Answer {
        let asked = self.ask("PUT", &format!("/upload/originals/{name}")).body(body);
        Answer::of(asked.send().await.unwrap()).await
    }

    /// Uploads what must be taken.
    pub(crate) async fn upload(&self, name: &str, body: Vec<u8>) {
        let answer = self.put(name, body).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }

    /// A request whose path goes out exactly as it is, which no URL library would do.
    pub(crate) async fn raw(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        self.raw_with(method, path, "", body).await
    }

    /// The same, with header lines.
    pub(crate) async fn raw_with(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let mut socket = TcpStream::connect(self.address()).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        socket.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
        let mut answer = Vec::new();
        tokio::time::timeout(DEADLINE, socket.read_to_end(&mut answer)).await.unwrap().unwrap();
        let end = answer.windows(4).position(|end| end == b"\r\n\r\n").expect("the end of the headers");
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let pair = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap())
        };
        Answer { status, headers: lines.map(pair).collect(), body: answer[end + 4..].to_vec() }
    }

    pub(crate) async fn get_raw(&self, path: &str) -> Answer {
        self.raw("GET", path, b"").await
    }

    /// A number of `/health`.
    pub(crate) async fn health(&self, name: &str) -> u64 {
        let health: Value = serde_json::from_slice(&self.get("/health").await.body).unwrap();
        health[name].as_u64().unwrap_or_else(|| panic!("{name} in {health}"))
    }

    /// The log so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Waits for a log line with these words.
    pub(crate) fn wait_for_log(&self, words: &str) {
        while !self.log().iter().any(|line| line.contains(words)) {
            let waited = self.log_grew.recv_timeout(DEADLINE);
            waited.unwrap_or_else(|_| panic!("no {words:?} in {:?}", self.log()));
        }
    }

    /// A command on the server's own data, while it serves.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        let data: &Path = self.dir.path();
        program(arguments).arg("--data").arg(data).output().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    /// A header; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
