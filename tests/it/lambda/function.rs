//! A function under test, and Lambda around it: the Runtime API as its documentation has it.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::collections::HashMap;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use pixfront::store::{Stores, local};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::emf::Report;

/// By then anything that is to happen has happened, also on a busy machine.
const DEADLINE: Duration = Duration::from_mins(2);

/// What a function made of an event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Response(Value),
    /// A streamed response: status and headers, then the body.
    Stream(Value, Vec<u8>),
    /// With `errorType` and `errorMessage`.
    Error(Value),
}

/// An answer that the function does not know yet to have arrived.
pub(crate) struct Held {
    pub(crate) answer: Answer,
    release: oneshot::Sender<()>,
}

impl Held {
    pub(crate) fn release(self) -> Answer {
        self.release.send(()).unwrap();
        self.answer
    }
}

struct Invocation {
    id: String,
    deadline_ms: u128,
    event: Vec<u8>,
}

/// What the Runtime API shares with the test.
struct Api {
    events: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    /// How often the next event was asked for.
    polls: watch::Sender<usize>,
    /// Who waits for the answer to an invocation.
    waiting: Mutex<HashMap<String, oneshot::Sender<Held>>>,
}

/// A program, started as Lambda would on a store of its own. Killed when dropped.
pub(crate) struct Function {
    child: Child,
    events: mpsc::Sender<Invocation>,
    api: Arc<Api>,
    invoked: usize,
    log: JoinHandle<Vec<String>>,
    said: Arc<Mutex<Vec<String>>>,
    saying: JoinHandle<()>,
    dir: TempDir,
    stores: Stores,
}

impl Function {
    /// Ready for its first event.
    pub(crate) async fn start(program: &str) -> Self {
        let function = Self::with(program, |_| ()).await;
        function.idle().await;
        function
    }

    /// With another environment, and perhaps not to be started in it.
    pub(crate) async fn with(program: &str, change: impl FnOnce(&mut Command)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (events, received) = mpsc::channel(1);
        let api = Arc::new(Api {
            events: tokio::sync::Mutex::new(received),
            polls: watch::Sender::new(0),
            waiting: Mutex::default(),
        });
        tokio::spawn(axum::serve(listener, routes(Arc::clone(&api))).into_future());

        let dir = TempDir::new().unwrap();
        let stores = local::open(dir.path()).unwrap();
        let mut command = lambda(program, &address);
        command.env("PIXFRONT_DATA", dir.path());
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = tokio::spawn(async move {
            let mut log = Vec::new();
            while let Ok(Some(line)) = lines.next_line().await {
                log.push(line);
            }
            log
        });
        let said = Arc::<Mutex<Vec<String>>>::default();
        let (mut lines, heard) = (BufReader::new(child.stdout.take().unwrap()).lines(), Arc::clone(&said));
        let saying = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                heard.lock().unwrap().push(line);
            }
        });
        Self { child, events, api, invoked: 0, log, said, saying, dir, stores }
    }

    /// The same stores as the function's.
    pub(crate) fn stores(&self) -> &Stores {
        &self.stores
    }

    pub(crate) fn data(&self) -> &Path {
        self.dir.path()
    }

    /// The process that was started.
    pub(super) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// From now on nothing can be put on the failures queue.
    pub(crate) fn stop_the_queue(&self) {
        let index = rusqlite::Connection::open(self.dir.path().join("index.sqlite")).unwrap();
        index.execute_batch("ALTER TABLE queue RENAME TO stopped").unwrap();
    }

    pub(crate) async fn invoke(&mut self, event: &Value) -> Answer {
        self.invoke_for(DEADLINE * 2, event).await
    }

    /// With so much time until Lambda would end the invocation.
    pub(crate) async fn invoke_for(&mut self, time: Duration, event: &Value) -> Answer {
        self.hold(time, event.to_string().into_bytes()).await.release()
    }

    /// The response, which must be one.
    pub(crate) async fn response(&mut self, event: &Value) -> Value {
        match self.invoke(event).await {
            Answer::Response(response) => response,
            other @ (Answer::Stream(..) | Answer::Error(_)) => panic!("{other:?}"),
        }
    }

    /// An event of any bytes, whose answer the function does not know to have arrived until it is released.
    pub(crate) async fn hold(&mut self, time: Duration, event: Vec<u8>) -> Held {
        self.invoked += 1;
        let id = format!("invocation-{}", self.invoked);
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let (answer, answered) = oneshot::channel();
        self.api.waiting.lock().unwrap().insert(id.clone(), answer);
        self.events.send(Invocation { id, deadline_ms: (since_1970 + time).as_millis(), event }).await.unwrap();
        tokio::select! {
            held = answered => held.unwrap(),
            status = self.child.wait() => panic!("it ended: {status:?}"),
            () = tokio::time::sleep(DEADLINE) => panic!("no answer"),
        }
    }

    /// Waits until the function has asked for an event once more than it was given one: it is done with all of them.
    pub(crate) async fn idle(&self) {
        let mut polls = self.api.polls.subscribe();
        timeout(DEADLINE, polls.wait_for(|polls| *polls > self.invoked)).await.expect("it is busy").unwrap();
    }

    /// How often it has asked for an event.
    pub(crate) fn polls(&self) -> watch::Receiver<usize> {
        self.api.polls.subscribe()
    }

    /// Waits for the end of the process, and returns its log as well.
    pub(crate) async fn end(mut self) -> (ExitStatus, Vec<String>) {
        let status = timeout(DEADLINE, self.child.wait()).await.expect("it does not end").unwrap();
        timeout(DEADLINE, self.saying).await.expect("its output does not end").unwrap();
        (status, self.log.await.unwrap())
    }

    /// The lines on standard output so far.
    pub(super) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    /// Waits for the first line on standard output.
    pub(super) async fn first_report(&self) -> Report {
        let line = async {
            loop {
                match self.said().first() {
                    Some(line) => return Report::read(line),
                    None => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        };
        timeout(DEADLINE, line).await.expect("it reports nothing")
    }

    /// Waits until it is done with every event, ends it, and returns what it reported of each, and its log.
    pub(super) async fn reports(mut self) -> (Vec<Report>, Vec<String>) {
        self.idle().await;
        self.child.start_kill().unwrap();
        let (invoked, said) = (self.invoked, Arc::clone(&self.said));
        let (_, log) = self.end().await;
        let reports: Vec<_> = said.lock().unwrap().iter().map(|line| Report::read(line)).collect();
        let ids: Vec<_> = reports.iter().map(|report| report.property("request_id").to_owned()).collect();
        assert_eq!(ids, (1..=invoked).map(|i| format!("invocation-{i}")).collect::<Vec<_>>(), "one line each");
        (reports, log)
    }

    /// Ends it, and returns its log, each line of which must be JSON; so must be its reports.
    pub(crate) async fn log(mut self) -> Vec<Value> {
        self.child.start_kill().unwrap();
        let said = Arc::clone(&self.said);
        let lines = self.end().await.1;
        said.lock().unwrap().iter().for_each(|line| drop(Report::read(line)));
        lines.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
    }
}

/// The program with nothing in its environment but what Lambda says.
fn lambda(program: &str, address: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "pixfront")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        // Nothing but a test of it may meet the deadline.
        .env("PIXFRONT_DEADLINE_MS", "300000")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

fn routes(api: Arc<Api>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/{outcome}", post(answered))
        .layer(DefaultBodyLimit::disable())
        .with_state(api)
}

async fn next(State(api): State<Arc<Api>>) -> Response {
    api.polls.send_modify(|polls| *polls += 1);
    let Some(Invocation { id, deadline_ms, event }) = api.events.lock().await.recv().await else {
        // The test is over.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        ("Lambda-Runtime-Aws-Request-Id", id),
        ("Lambda-Runtime-Deadline-Ms", deadline_ms.to_string()),
        ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:pixfront".to_owned()),
        ("Content-Type", "application/json".to_owned()),
    ];
    (headers, event).into_response()
}

async fn answered(
    State(api): State<Arc<Api>>,
    UrlPath((id, outcome)): UrlPath<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let is_stream = headers.get("lambda-runtime-function-response-mode").is_some_and(|mode| mode == "streaming");
    let answer = match &*outcome {
        "response" if is_stream => {
            assert_eq!(headers["content-type"], "application/vnd.awslambda.http-integration-response");
            let end = body.windows(8).position(|end| end == [0; 8]).expect("the end of the prelude");
            Answer::Stream(serde_json::from_slice(&body[..end]).unwrap(), body[end + 8..].to_vec())
        }
        "response" => Answer::Response(serde_json::from_slice(&body).unwrap()),
        "error" => Answer::Error(serde_json::from_slice(&body).unwrap()),
        _ => return StatusCode::NOT_FOUND,
    };
    let waiting = api.waiting.lock().unwrap().remove(&id).expect("an answer to what was asked");
    let (release, released) = oneshot::channel();
    waiting.send(Held { answer, release }).unwrap_or_else(|_| panic!("nobody waits for {id}"));
    // The test may have ended.
    let _ = released.await;
    StatusCode::ACCEPTED
}
