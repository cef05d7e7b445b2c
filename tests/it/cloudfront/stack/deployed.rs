//! A stack on the stand-in, deployed by the script that users run, with the real functions in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use pixfront::config::{Config, Place};
use pixfront::store::Stores;
use pixfront::store::aws::{self, Terms};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::json;
use tempfile::TempDir;

use super::signed::{Keys, sign};
use crate::world::{Process, loader};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Where the seeds live; the edge's function is in another region.
pub(super) const REGION: &str = "ap-northeast-2";
const STACK: &str = "pix";
/// By then what was to happen has happened, also on a busy machine.
const DEADLINE: Duration = Duration::from_mins(2);

/// What is in the zips.
pub(super) enum Functions {
    /// The programs, with settings that say where the stand-in is.
    Real,
    /// Nothing that runs, for what calls none.
    Empty,
}

/// A stand-in and what `make package` would have written.
pub(super) struct Deployed {
    process: Process,
    package: TempDir,
    client: Client,
    /// What the script said at last.
    pub(super) said: String,
    pub(super) outputs: BTreeMap<String, String>,
}

impl Deployed {
    pub(super) async fn deploy(functions: &Functions, environment: &[(&str, &str)]) -> Self {
        let lint = fs::canonicalize(Path::new(ROOT).join(".tools/lint/sam/lib"));
        let lint = lint.expect("SAM's translator is in .tools/lint: `make lint-tools` installs it");
        let packages = fs::read_dir(lint).unwrap().next().unwrap().unwrap().path().join("site-packages");
        let program = format!("{ROOT}/tests/it/cloudfront/stand_in.py");
        // Functions of CloudFront run in Node.js.
        let path = format!("{ROOT}/.tools/node/node_modules/node-22/bin:/usr/bin:/bin");
        let process = Process::start(&[&program, packages.to_str().unwrap()], &[("PATH", &path), ("AUTH", "true")]);
        let package = package(functions, &process.endpoint);
        let client = Client::builder().timeout(DEADLINE).redirect(Policy::none()).build().unwrap();
        let mut deployed = Self { process, package, client, said: String::new(), outputs: BTreeMap::new() };
        deployed.again(environment).await;
        deployed
    }

    /// Deploys once more, over what is there.
    pub(super) async fn again(&mut self, environment: &[(&str, &str)]) {
        let package = self.package.path().to_owned();
        let output = self.script("deploy.sh", &[package.to_str().unwrap()], environment).await;
        self.said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}{}", self.said, String::from_utf8_lossy(&output.stderr));
        let words = self.said.lines().filter_map(|line| line.split_once(' '));
        self.outputs = words.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
    }

    /// Puts another text where `make package` wrote the viewer-request function.
    pub(super) fn repack(&self, viewer_request: &str) {
        fs::write(self.package.path().join("viewer-request.js"), viewer_request).unwrap();
    }

    /// What the script says when it refuses, in its last line.
    pub(super) async fn refusal(&self, environment: &[(&str, &str)]) -> String {
        let output = self.script("deploy.sh", &[self.package.path().to_str().unwrap()], environment).await;
        assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    /// Runs one of `scripts/` for this stack to its end.
    pub(super) async fn script(&self, name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(Path::new(ROOT).join("scripts").join(name));
        self.process.lend_keys(&mut command);
        command.args(arguments).env("AWS_ENDPOINT_URL", &self.process.endpoint);
        command.env("STACK", STACK).env("REGION", REGION).envs(environment.iter().copied());
        let run = tokio::process::Command::from(command).kill_on_drop(true).output();
        tokio::time::timeout(DEADLINE, run).await.unwrap_or_else(|_| panic!("{name} does not end")).unwrap()
    }

    /// AWS's command line, with JSON as its answer.
    pub(super) async fn aws(&self, region: &str, arguments: &[&str]) -> Result<serde_json::Value, String> {
        let mut command = Command::new(Path::new(ROOT).join(".tools/venv/bin/aws"));
        self.process.lend_keys(&mut command);
        command
            .args(["--region", region, "--output", "json", "--endpoint-url", &self.process.endpoint])
            .args(arguments);
        let run = tokio::process::Command::from(command).kill_on_drop(true).output();
        let output = tokio::time::timeout(DEADLINE, run).await.expect("aws ends").unwrap();
        if output.status.success() {
            return Ok(serde_json::from_slice(&output.stdout).unwrap_or_default());
        }
        Err(String::from_utf8(output.stderr).unwrap())
    }

    pub(super) async fn here(&self, arguments: &[&str]) -> Result<serde_json::Value, String> {
        self.aws(REGION, arguments).await
    }

    pub(super) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).unwrap_or_else(|| panic!("no output {name} in {}", self.said))
    }

    /// Where the stand-in is.
    pub(super) fn endpoint(&self) -> &str {
        &self.process.endpoint
    }

    /// The upload API up to the bucket, under the name by which the stand-in knows it.
    pub(super) fn upload_url(&self) -> String {
        let api = self.output("UploadUrl").split_once("//").unwrap().1.split('.').next().unwrap();
        format!("{}/_aws/execute-api/{api}/upload/{}", self.process.endpoint, self.output("OriginalsBucketName"))
    }

    /// Tells the command where the stack keeps things, as whoever owns the account.
    pub(super) fn lend(&self, command: &mut Command) {
        self.process.lend_keys(command);
        command.env("AWS_REGION", REGION);
        for (setting, output) in [
            ("ORIGINALS_BUCKET", "OriginalsBucketName"),
            ("VARIANTS_BUCKET", "VariantsBucketName"),
            ("TABLE", "TableName"),
            ("QUEUE_URL", "FailuresQueueUrl"),
        ] {
            command.env(format!("PIXFRONT_{setting}"), self.output(output));
        }
        for place in ["ORIGINALS", "VARIANTS", "TABLE", "QUEUE"] {
            command.env(format!("PIXFRONT_{place}_ENDPOINT"), &self.process.endpoint);
        }
    }

    /// The stack's own stores.
    pub(super) async fn stores(&self) -> Stores {
        let place = |name: &str| Place {
            name: Some(name.to_owned()),
            region: Some(REGION.to_owned()),
            endpoint: Some(self.process.endpoint.clone()),
        };
        let config = Config {
            originals: place(self.output("OriginalsBucketName")),
            variants: place(self.output("VariantsBucketName")),
            table: place(self.output("TableName")),
            queue: place(self.output("FailuresQueueUrl")),
            ..Config::default()
        };
        aws::open_with(loader(), &Terms::default(), &config).await.unwrap()
    }

    /// A request to a host of the stack's, which the stand-in knows by its name.
    pub(super) async fn ask(&self, host: &str, path: &str, by: By<'_>) -> Response {
        let url = format!("{}{path}", self.process.endpoint);
        self.send(self.client.get(url).header("host", host), by, if host == S3 { "s3" } else { "lambda" }).await
    }

    /// The same by plain HTTP, as far as the stand-in knows.
    pub(super) async fn ask_plainly(&self, host: &str, path: &str, by: By<'_>) -> Response {
        let request = self.client.get(format!("{}{path}", self.process.endpoint)).header("host", host);
        self.send(request.header("x-forwarded-proto", "http"), by, if host == S3 { "s3" } else { "lambda" }).await
    }

    /// A PUT to the upload API: `path` follows the stage.
    pub(super) async fn upload(&self, path: &str, body: Vec<u8>, by: By<'_>) -> Response {
        let url = self.upload_url();
        let url = format!("{}/{path}", url.rsplit_once('/').unwrap().0);
        let host = self.process.endpoint.trim_start_matches("http://");
        let request = self.client.request(Method::PUT, url).header("host", host).header("content-type", "image/jpeg");
        self.send(request.body(body), by, "execute-api").await
    }

    async fn send(&self, request: RequestBuilder, by: By<'_>, service: &str) -> Response {
        let mut request = request.build().unwrap();
        match by {
            By::Nobody => {}
            By::Account => sign(&mut request, &Keys::of_the_account(), service, REGION),
            By::User(keys) => sign(&mut request, keys, service, REGION),
            By::Key(key) => {
                request.headers_mut().insert("x-api-key", key.parse().unwrap());
            }
        }
        self.client.execute(request).await.unwrap()
    }

    /// Makes a principal of the account's, who may do nothing yet.
    pub(super) async fn user(&self, name: &str) -> Keys {
        self.here(&["iam", "create-user", "--user-name", name]).await.unwrap();
        let key = self.here(&["iam", "create-access-key", "--user-name", name]).await.unwrap();
        let text = |field: &str| key["AccessKey"][field].as_str().unwrap().to_owned();
        Keys { id: text("AccessKeyId"), secret: text("SecretAccessKey") }
    }

    /// Lets a principal do one thing.
    pub(super) async fn allow(&self, name: &str, action: &str, resource: &str) {
        let statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        let put = ["iam", "put-user-policy", "--policy-name=p", "--user-name", name, "--policy-document", &policy];
        self.here(&put).await.unwrap();
    }
}

/// Where S3 is asked for a bucket by its path.
pub(super) const S3: &str = "localhost";

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(super) enum By<'a> {
    Nobody,
    Account,
    User(&'a Keys),
    /// Whoever knows an API key.
    Key(&'a str),
}

/// What `make package` writes, of this build.
fn package(functions: &Functions, endpoint: &str) -> TempDir {
    let dir = TempDir::new().unwrap();
    let settings = ["originals", "variants", "table", "queue", "distribution"]
        .map(|place| format!("{place}_endpoint = \"{endpoint}\"\n"));
    fs::write(dir.path().join("pixfront.toml"), settings.concat()).unwrap();
    let viewer_request = pixfront::viewer_function::deployed(&Config::default(), false).unwrap();
    fs::write(dir.path().join("viewer-request.js"), viewer_request).unwrap();
    let programs = [
        ("upload.zip", env!("CARGO_BIN_EXE_upload-trigger")),
        ("http.zip", env!("CARGO_BIN_EXE_http-origin")),
        ("edge.zip", env!("CARGO_BIN_EXE_origin-response")),
    ];
    for (name, program) in programs {
        let bootstrap = dir.path().join("bootstrap");
        match functions {
            Functions::Real => run(Command::new("strip").arg("-o").arg(&bootstrap).arg(program)),
            Functions::Empty => fs::write(&bootstrap, name).unwrap(),
        }
        zip(dir.path(), name);
    }
    dir
}

/// Not by `scripts/zip.py`, whose best compression of three debug builds takes half a minute.
fn zip(dir: &Path, name: &str) {
    const PROGRAM: &str = "import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
    for name in ['bootstrap', 'pixfront.toml']:
        archive.write(name)
";
    let python: PathBuf = Path::new(ROOT).join(".tools/venv/bin/python");
    // The permissions of `bootstrap` go with it.
    run(Command::new("chmod").arg("755").arg(dir.join("bootstrap")));
    run(Command::new(python).args(["-c", PROGRAM, name]).current_dir(dir));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
