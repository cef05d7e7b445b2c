//! ministack, a stand-in for S3, DynamoDB and SQS on a port of its own, and what was asked of it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::super::Failure;

/// By then it has started, and says what it was asked, also on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// It ends when its standard input does, and so also when the bench is killed. It says each request on standard error.
const PROGRAM: &str = "import logging, os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from ministack.app import main
logging.getLogger('ministack').setLevel(logging.DEBUG)
main()";

const REGION: &str = "us-east-1";
/// What is asked for by nobody else.
const FENCE: &str = "originals/fence";

/// The buckets `originals` and `variants`, the table `variants` and the queue `failures`. Killed when dropped.
pub(super) struct StandIn {
    child: Child,
    endpoint: String,
    queue_url: String,
    said: Receiver<String>,
    runtime: Runtime,
    client: reqwest::Client,
    // Last, so that it is removed when nobody writes there any more.
    _dir: TempDir,
}

impl StandIn {
    pub(super) fn start() -> Result<Self, Failure> {
        let (dir, port) = (TempDir::new()?, TcpListener::bind("127.0.0.1:0")?.local_addr()?.port());
        let python = super::super::root().join(".tools/venv/bin/python");
        let mut command = Command::new(&python);
        command.args(["-c", PROGRAM]).env_clear();
        command.envs([("BIND_HOST", "127.0.0.1"), ("GATEWAY_PORT", &port.to_string())]);
        for folder in ["TMPDIR", "STATE_DIR", "S3_DATA_DIR", "HOME"] {
            command.env(folder, dir.path());
        }
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| {
            format!("ministack does not start: {}: {error}; `make venv` installs it", python.display())
        })?;
        let stderr = child.stderr.take().map(BufReader::new).ok_or("ministack has no standard error")?;
        let (say, said) = channel();
        // To the end, or it would stand still before a full pipe.
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).for_each(|line| drop(say.send(line))));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
        let endpoint = format!("http://127.0.0.1:{port}");
        let mut stand_in = Self { child, endpoint, queue_url: String::new(), said, runtime, client, _dir: dir };
        stand_in.wait_for("Running on http", |_| ())?;
        stand_in.ask(&Method::PUT, "originals", Vec::new())?;
        stand_in.ask(&Method::PUT, "variants", Vec::new())?;
        stand_in.create_table()?;
        let queue = stand_in.act("AmazonSQS.CreateQueue", &json!({ "QueueName": "failures" }))?;
        let url = queue["QueueUrl"].as_str().ok_or("ministack created a queue without a URL")?;
        url.clone_into(&mut stand_in.queue_url);
        Ok(stand_in)
    }

    pub(super) fn put(&self, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), Failure> {
        self.ask(&Method::PUT, &format!("{bucket}/{key}"), body).map(drop)
    }

    pub(super) fn get(&self, bucket: &str, key: &str) -> Result<Vec<u8>, Failure> {
        self.ask(&Method::GET, &format!("{bucket}/{key}"), Vec::new())
    }

    /// Removes every variant and row, and returns the variants' keys.
    pub(super) fn clear(&self) -> Result<Vec<String>, Failure> {
        let list = String::from_utf8(self.ask(&Method::GET, "variants?list-type=2", Vec::new())?)?;
        let keys = list.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
        let keys: Vec<_> = keys.map(str::to_owned).collect();
        for key in &keys {
            self.ask(&Method::DELETE, &format!("variants/{key}"), Vec::new())?;
        }
        self.act("DynamoDB_20120810.DeleteTable", &json!({ "TableName": "variants" }))?;
        self.create_table()?;
        Ok(keys)
    }

    /// How often each thing was asked for since this was called last: `S3 GET`, `DynamoDB`.
    pub(super) fn calls(&self) -> Result<BTreeMap<String, usize>, Failure> {
        self.put("originals", "fence", Vec::new())?;
        let mut calls = BTreeMap::new();
        // `… PUT /variants/cat.jpg -> service=s3 region=us-east-1`
        self.wait_for(&format!("/{FENCE} -> service=s3"), |line| {
            let Some((asked, service)) = line.split_once(" -> service=") else { return };
            let method = asked.split(' ').rev().nth(1).unwrap_or_default();
            let name = match service.split(' ').next().unwrap_or_default() {
                "s3" => format!("S3 {method}"),
                "dynamodb" => "DynamoDB".to_owned(),
                "sqs" => "SQS".to_owned(),
                other => other.to_owned(),
            };
            *calls.entry(name).or_default() += 1;
        })?;
        Ok(calls)
    }

    /// Tells a function of ours, or one with AWS's own client, where everything is.
    pub(super) fn lend(&self, command: &mut Command) {
        for thing in ["ORIGINALS", "VARIANTS", "TABLE", "QUEUE"] {
            command.env(format!("PIXFRONT_{thing}_ENDPOINT"), &self.endpoint);
            command.env(format!("PIXFRONT_{thing}_REGION"), REGION);
        }
        command.envs([("PIXFRONT_ORIGINALS_BUCKET", "originals"), ("PIXFRONT_VARIANTS_BUCKET", "variants")]);
        command.envs([("PIXFRONT_TABLE", "variants"), ("PIXFRONT_QUEUE_URL", &*self.queue_url)]);
        command.env("AWS_ENDPOINT_URL", &self.endpoint);
    }

    fn create_table(&self) -> Result<(), Failure> {
        let columns = [("name", "HASH"), ("variant", "RANGE")];
        let types = columns.map(|(name, _)| json!({ "AttributeName": name, "AttributeType": "S" }));
        let keys = columns.map(|(name, key)| json!({ "AttributeName": name, "KeyType": key }));
        let table = json!({
            "TableName": "variants", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": types, "KeySchema": keys,
        });
        self.act("DynamoDB_20120810.CreateTable", &table).map(drop)
    }

    /// A call of one of the services that take JSON.
    fn act(&self, action: &str, body: &Value) -> Result<Value, Failure> {
        let service = if action.starts_with("AmazonSQS") { "sqs" } else { "dynamodb" };
        let request = self.client.post(&self.endpoint).header("x-amz-target", action);
        let scope = format!("Credential=test/20260101/{REGION}/{service}/aws4_request");
        let signed = format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=unchecked");
        let request = request.header("authorization", signed).header("content-type", "application/x-amz-json-1.0");
        Ok(serde_json::from_slice(&self.send(action, request.body(body.to_string()))?)?)
    }

    /// A call of S3.
    fn ask(&self, method: &Method, path: &str, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let request = self.client.request(method.clone(), format!("{}/{path}", self.endpoint));
        self.send(&format!("{method} /{path}"), request.body(body))
    }

    fn send(&self, what: &str, request: reqwest::RequestBuilder) -> Result<Vec<u8>, Failure> {
        let answer = self.runtime.block_on(async {
            let answer = request.send().await?;
            Ok::<_, reqwest::Error>((answer.status(), answer.bytes().await?))
        });
        let (status, body) = answer.map_err(|error| format!("ministack does not answer {what}: {error}"))?;
        if status.is_success() {
            return Ok(body.to_vec());
        }
        Err(format!("ministack answers {what} with {status}: {}", String::from_utf8_lossy(&body)).into())
    }

    /// Until it says this; each line before goes to `see`.
    fn wait_for(&self, words: &str, mut see: impl FnMut(&str)) -> Result<(), Failure> {
        loop {
            let line = self.said.recv_timeout(PATIENCE);
            let line =
                line.map_err(|error| format!("ministack did not say `{words}`: {error}; `make venv` installs it"))?;
            if line.contains(words) {
                return Ok(());
            }
            see(&line);
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
