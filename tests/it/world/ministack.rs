//! A stand-in for AWS on a port of its own: one process for each test that needs it, gone with the test.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use aws_config::{ConfigLoader, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use pixfront::config::{Config, Place};
use pixfront::store::Stores;
use pixfront::store::aws::{self, Terms};
use tempfile::TempDir;

/// By then it has started, also on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);
/// It ends when its standard input does, and so also when the test is killed.
const PROGRAM: &str = "import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from ministack.app import main
main()";
/// Each thing is in a region of its own, so that whoever mixes them up finds nothing.
const REGIONS: [&str; 4] = ["eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1"];

/// Two empty buckets `originals` and `variants`, an empty table `variants` and an empty queue `failures`.
pub(crate) struct Ministack {
    process: Process,
    pub(crate) config: Config,
    pub(crate) variants: aws_sdk_s3::Client,
    pub(crate) table: aws_sdk_dynamodb::Client,
    pub(crate) queue: aws_sdk_sqs::Client,
}

impl Ministack {
    pub(crate) async fn start() -> Self {
        let process = Process::bare(&[]);
        let endpoint = process.endpoint.clone();
        let sdk = async |region| sdk(region, &endpoint).await;
        for (bucket, region) in [("originals", REGIONS[0]), ("variants", REGIONS[1])] {
            create_bucket(&s3(&sdk(region).await), bucket, region).await;
        }
        let mut ministack = Self {
            process,
            config: Config::default(),
            variants: s3(&sdk(REGIONS[1]).await),
            table: aws_sdk_dynamodb::Client::new(&sdk(REGIONS[2]).await),
            queue: aws_sdk_sqs::Client::new(&sdk(REGIONS[3]).await),
        };
        create_table(&ministack.table, "variants", false).await;
        let queue = ministack.queue.create_queue().queue_name("failures").send().await.unwrap();
        ministack.config = config_at(&endpoint, queue.queue_url().unwrap());
        ministack
    }

    /// The stores as the program opens them.
    pub(crate) async fn stores(&self) -> Stores {
        aws::open_with(loader(), &Terms::default(), &self.config).await.unwrap()
    }

    /// Tells the command where everything is, and nothing of this machine's own AWS.
    pub(crate) fn lend(&self, command: &mut Command) {
        self.process.lend_keys(command);
        let Config { originals, variants, table, queue, .. } = &self.config;
        for (thing, place) in [("ORIGINALS", originals), ("VARIANTS", variants), ("TABLE", table), ("QUEUE", queue)] {
            let name = match thing {
                "TABLE" => "PIXFRONT_TABLE".to_owned(),
                "QUEUE" => "PIXFRONT_QUEUE_URL".to_owned(),
                bucket => format!("PIXFRONT_{bucket}_BUCKET"),
            };
            command.env(name, place.name.as_ref().unwrap());
            command.env(format!("PIXFRONT_{thing}_REGION"), place.region.as_ref().unwrap());
            command.env(format!("PIXFRONT_{thing}_ENDPOINT"), place.endpoint.as_ref().unwrap());
        }
    }
}

/// The stand-in itself, with nothing in it.
pub(crate) struct Process {
    child: Child,
    /// Its home, which goes with it.
    pub(crate) dir: TempDir,
    pub(crate) endpoint: String,
}

impl Process {
    /// All of AWS that the stand-in knows, empty, with this in its environment.
    pub(crate) fn bare(environment: &[(&str, &str)]) -> Self {
        Self::start(&["-c", PROGRAM], environment)
    }

    /// Runs Python with these arguments and this environment beside what says where to listen and to keep things.
    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut said = String::new();
        for _ in 0..5 {
            match spawn(arguments, environment) {
                Ok(process) => return process,
                Err(words) => said = words,
            }
        }
        panic!("ministack starts on none of five ports; it says: {said}")
    }

    /// Gives the command keys that the stand-in takes, and nothing of this machine's own AWS.
    pub(crate) fn lend_keys(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command.env("HOME", self.dir.path());
        command.envs([
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// With keys that nobody checks; and with all that the SDK would go looking for otherwise, on the network at last.
pub(crate) fn loader() -> ConfigLoader {
    let credentials = Credentials::new("test", "test", None, None, "test");
    aws::loader().credentials_provider(credentials).region(Region::new("nowhere"))
}

/// Everything at one endpoint.
pub(crate) fn config_at(endpoint: &str, queue_url: &str) -> Config {
    let place = |name: &str, region: &str| Place {
        name: Some(name.to_owned()),
        region: Some(region.to_owned()),
        endpoint: Some(endpoint.to_owned()),
    };
    Config {
        originals: place("originals", REGIONS[0]),
        variants: place("variants", REGIONS[1]),
        table: place("variants", REGIONS[2]),
        queue: place(queue_url, REGIONS[3]),
        ..Config::default()
    }
}

async fn sdk(region: &'static str, endpoint: &str) -> SdkConfig {
    let loader = loader().region(Region::new(region));
    loader.endpoint_url(endpoint).load().await
}

/// Starts it on a free port; or says its last words, if another process took the port meanwhile.
fn spawn(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Process, String> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/venv/bin/python");
    assert!(
        python.exists(),
        "there is no .tools/venv with the stand-in for AWS: `make test` installs it (`make venv` alone)"
    );
    let dir = TempDir::new().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(python);
    command
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .envs([("BIND_HOST", "127.0.0.1"), ("GATEWAY_PORT", &port.to_string())]);
    for folder in ["TMPDIR", "STATE_DIR", "S3_DATA_DIR", "HOME"] {
        command.env(folder, dir.path());
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let (say, said) = channel();
    // To the end, or it would stand still before a full pipe.
    std::thread::spawn(move || stderr.lines().map_while(Result::ok).for_each(|line| drop(say.send(line))));
    let mut last = String::new();
    let mut lines = std::iter::from_fn(|| said.recv_timeout(DEADLINE).ok()).inspect(|line| last.clone_from(line));
    if lines.any(|line| line.contains("Running on http")) {
        return Ok(Process { child, dir, endpoint: format!("http://127.0.0.1:{port}") });
    }
    let _ = child.kill();
    child.wait().unwrap();
    Err(last)
}

fn s3(sdk: &SdkConfig) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(sdk).force_path_style(true).build())
}

async fn create_bucket(client: &aws_sdk_s3::Client, name: &str, region: &str) {
    let place =
        CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(region)).build();
    client.create_bucket().bucket(name).create_bucket_configuration(place).send().await.unwrap();
}

/// With the keys of one that has a row for each variant, or of one of names alone.
pub(crate) async fn create_table(client: &aws_sdk_dynamodb::Client, table: &str, is_of_names: bool) {
    use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
    let mut request = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    let keys = [("name", KeyType::Hash), ("variant", KeyType::Range)];
    for (name, key) in keys.into_iter().take(if is_of_names { 1 } else { 2 }) {
        let column = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        let element = KeySchemaElement::builder().attribute_name(name).key_type(key);
        request = request.attribute_definitions(column.build().unwrap()).key_schema(element.build().unwrap());
    }
    request.send().await.unwrap();
}
