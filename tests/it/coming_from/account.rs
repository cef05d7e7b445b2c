//! An account at the stand-in for AWS that has what a page names, and what an upload trigger leaves in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use aws_config::{Region, SdkConfig};
use serde_json::{Value, json};

use super::{Page, run, tool};
use crate::lambda::{Function, UPLOAD_TRIGGER};
use crate::triggers::event;
use crate::world::{Process, create_table, loader, look};

const REGION: &str = "us-east-1";

/// The little of boto3 that the pages use, by its own lower half.
const BOTO3: &str = "import os
import botocore.session

def client(service):
    return botocore.session.get_session().create_client(service, region_name='us-east-1', endpoint_url=os.environ['AWS_ENDPOINT_URL'])
";

/// With both buckets, the table and the queue of a page, all empty.
pub(super) struct Account {
    pub(super) process: Process,
    pub(super) s3: aws_sdk_s3::Client,
    settings: Vec<(String, String)>,
    pub(super) originals: String,
    variants: String,
    table: (aws_sdk_dynamodb::Client, String),
    queue: (aws_sdk_sqs::Client, String),
}

/// What is there of pictures, by key: the type that S3 says, the one that it is, width, height.
pub(super) type Objects = BTreeMap<String, (String, &'static str, u32, u32)>;

/// What a trigger left behind.
#[derive(Debug, PartialEq)]
pub(super) struct Left {
    pub(super) objects: Objects,
    /// Of each item its attributes' names and those that are texts.
    pub(super) items: BTreeSet<BTreeMap<String, String>>,
    /// The bodies, sorted.
    pub(super) messages: Vec<String>,
}

impl Account {
    pub(super) async fn of(page: &Page, environment: &[(&str, &str)]) -> Self {
        let process = Process::bare(environment);
        let sdk: SdkConfig = loader().region(Region::new(REGION)).endpoint_url(&process.endpoint).load().await;
        let s3 = aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build());
        let (originals, variants) =
            (page.setting("PIXFRONT_ORIGINALS_BUCKET"), page.setting("PIXFRONT_VARIANTS_BUCKET"));
        for bucket in [&originals, &variants] {
            s3.create_bucket().bucket(bucket).send().await.unwrap();
        }
        let table = (aws_sdk_dynamodb::Client::new(&sdk), page.setting("PIXFRONT_TABLE"));
        let is_of_names = page.settings().iter().any(|(_, value)| value == "names");
        create_table(&table.0, &table.1, is_of_names).await;
        let queue = aws_sdk_sqs::Client::new(&sdk);
        let url = page.setting("PIXFRONT_QUEUE_URL");
        let created = queue.create_queue().queue_name(url.rsplit('/').next().unwrap()).send().await.unwrap();
        let queue = (queue, created.queue_url.unwrap());
        Self { process, s3, settings: page.settings(), originals, variants, table, queue }
    }

    pub(super) async fn upload(&self, key: &str, body: Vec<u8>) {
        self.s3.put_object().bucket(&self.originals).key(key).body(body.into()).send().await.unwrap();
    }

    /// S3's notifications of these, one each.
    pub(super) fn events(&self, keys: &[&str]) -> Vec<Value> {
        let encoded = |key: &str| {
            let escaped = |byte: u8| match byte {
                b' ' => "+".to_owned(),
                b'/' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
                byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            };
            key.bytes().map(escaped).collect::<String>()
        };
        let of_key = |key: &&str| {
            let mut event = event("s3-put");
            event["Records"][0]["s3"]["bucket"]["name"] = json!(self.originals);
            event["Records"][0]["s3"]["object"]["key"] = json!(encoded(key));
            event
        };
        keys.iter().map(of_key).collect()
    }

    /// Has the page's own handler deal with each; what it does not survive is said to Lambda and no more.
    pub(super) fn run_old(&self, page: &Page, events: &[Value]) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("boto3.py"), BOTO3).unwrap();
        fs::write(dir.path().join("old.py"), page.block("python")).unwrap();
        let program = "import json, sys, traceback
import old
for event in json.load(sys.stdin):
    try:
        old.handler(event, None)
    except Exception:
        traceback.print_exc()
";
        let input = dir.path().join("events.json");
        fs::write(&input, Value::from(events).to_string()).unwrap();
        let mut python = Command::new(tool("venv/bin/python"));
        self.process.lend_keys(&mut python);
        python.args(["-c", program]).current_dir(dir.path()).stdin(fs::File::open(input).unwrap());
        python.env("AWS_ENDPOINT_URL", &self.process.endpoint).env("PYTHONPATH", dir.path());
        run(&mut python);
    }

    /// One of our functions, set up as the page says, here.
    pub(super) async fn function(&self, program: &str) -> Function {
        self.function_with(program, |_| ()).await
    }

    /// With other keys, say.
    pub(super) async fn function_with(
        &self,
        program: &str,
        change: impl FnOnce(&mut tokio::process::Command),
    ) -> Function {
        Function::with(program, |command| {
            self.process.lend_keys(command.as_std_mut());
            command.env_remove("PIXFRONT_DATA").env("AWS_REGION", REGION);
            command.envs(self.settings.iter().map(|(name, value)| (name, value)));
            command.env("PIXFRONT_QUEUE_URL", &self.queue.1);
            for place in ["ORIGINALS", "VARIANTS", "TABLE", "QUEUE"] {
                command.env(format!("PIXFRONT_{place}_ENDPOINT"), &self.process.endpoint);
            }
            change(command);
        })
        .await
    }

    /// Has ours deal with each.
    pub(super) async fn run_ours(&self, events: &[Value]) {
        let mut trigger = self.function(UPLOAD_TRIGGER).await;
        for event in events {
            assert_eq!(trigger.response(event).await, json!({ "batchItemFailures": [] }), "{event}");
        }
    }

    /// What is in the bucket of thumbnails, in the table and in the queue; and takes it away.
    pub(super) async fn take(&self) -> Left {
        let mut objects = Objects::new();
        let listed = self.s3.list_objects_v2().bucket(&self.variants).send().await.unwrap();
        for object in listed.contents() {
            let key = object.key().unwrap();
            let found = self.s3.get_object().bucket(&self.variants).key(key).send().await.unwrap();
            let kind = found.content_type().unwrap_or_default().to_owned();
            let (format, width, height) = look(&found.body.collect().await.unwrap().into_bytes());
            objects.insert(key.to_owned(), (kind, format, width, height));
            self.s3.delete_object().bucket(&self.variants).key(key).send().await.unwrap();
        }
        let items = self.take_items().await;
        let mut messages = Vec::new();
        loop {
            let received = self.queue.0.receive_message().queue_url(&self.queue.1).max_number_of_messages(10);
            let received = received.send().await.unwrap().messages.unwrap_or_default();
            if received.is_empty() {
                messages.sort();
                return Left { objects, items, messages };
            }
            for message in received {
                let receipt = message.receipt_handle().unwrap();
                self.queue.0.delete_message().queue_url(&self.queue.1).receipt_handle(receipt).send().await.unwrap();
                messages.push(message.body.unwrap());
            }
        }
    }

    async fn take_items(&self) -> BTreeSet<BTreeMap<String, String>> {
        let (client, table) = &self.table;
        let mut items = BTreeSet::new();
        for item in client.scan().table_name(table).send().await.unwrap().items() {
            let keys = item.iter().filter(|(name, _)| ["name", "variant"].contains(&name.as_str()));
            let keys = keys.map(|(name, value)| (name.clone(), value.clone())).collect();
            client.delete_item().table_name(table).set_key(Some(keys)).send().await.unwrap();
            let text = |value: &aws_sdk_dynamodb::types::AttributeValue| value.as_s().cloned().unwrap_or_default();
            items.insert(item.iter().map(|(name, value)| (name.clone(), text(value))).collect());
        }
        items
    }
}
