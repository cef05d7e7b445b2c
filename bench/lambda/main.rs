//! The Lambda functions from a cold start, as processes on a Runtime API of our own: until the first `/next`, and until the first
//! answer, a photograph of 2 megapixels as a WebP 400 pixels wide.
//!
//! `make bench-lambda` runs it. The edge function runs bare and through its launcher, under Lambda's own runtime interface client
//! on Node.js 22 and 24. Where the store is a directory, no network is in the times; "AWS" rows end at `/next`, since there is
//! none here.
#![allow(missing_docs, clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its table")]
#![allow(clippy::disallowed_methods, reason = "a bench reads the machine it runs on")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use pixfront::image::{Cancel, Options, render};
use pixfront::request::Request;
use pixfront::store::{Attributes, local};
use pixfront::variant::{Policy, Recipe};
use serde_json::{Value, json};

mod runtime_api;

use runtime_api::RuntimeApi;

type Failure = Box<dyn std::error::Error>;

const ORIGIN_RESPONSE: &str = env!("CARGO_BIN_EXE_origin-response");
const UPLOAD_TRIGGER: &str = env!("CARGO_BIN_EXE_upload-trigger");
const HTTP_ORIGIN: &str = env!("CARGO_BIN_EXE_http-origin");

struct Case {
    name: &'static str,
    /// Empty: none, but a handler that does nothing, to be compared with.
    program: &'static str,
    /// Which Node.js starts it, if any.
    launcher: Option<&'static str>,
    /// Whether its store is a directory; otherwise AWS, and only the start is measured.
    is_local: bool,
    event: fn() -> Value,
    ready_ms: Vec<f64>,
    answered_ms: Vec<f64>,
    resident_kb: Vec<f64>,
}

impl Case {
    const fn new(name: &'static str, program: &'static str, event: fn() -> Value) -> Self {
        Self {
            name,
            program,
            launcher: None,
            is_local: true,
            event,
            ready_ms: Vec::new(),
            answered_ms: Vec::new(),
            resident_kb: Vec::new(),
        }
    }
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let photograph = fs::read(arguments.next().ok_or("say which photograph: make bench-lambda does")?)?;
    let rounds: usize = arguments.next().map_or(Ok(10), |rounds| rounds.parse())?;
    let source = apply(&photograph, "w=1632&h=1224&fit=cover&f=jpeg&q=88")?;
    let mut cases = [
        Case::new("origin-response", ORIGIN_RESPONSE, origin_response_event),
        Case {
            launcher: Some("node-22"),
            ..Case::new("origin-response, launched by Node.js 22", ORIGIN_RESPONSE, origin_response_event)
        },
        Case {
            launcher: Some("node-24"),
            ..Case::new("origin-response, launched by Node.js 24", ORIGIN_RESPONSE, origin_response_event)
        },
        Case {
            launcher: Some("node-22"),
            ..Case::new("a Node.js 22 handler that does nothing", "", origin_response_event)
        },
        Case {
            launcher: Some("node-24"),
            ..Case::new("a Node.js 24 handler that does nothing", "", origin_response_event)
        },
        Case { is_local: false, ..Case::new("origin-response, AWS", ORIGIN_RESPONSE, origin_response_event) },
        Case::new("upload-trigger", UPLOAD_TRIGGER, upload_event),
        Case { is_local: false, ..Case::new("upload-trigger, AWS", UPLOAD_TRIGGER, upload_event) },
        Case::new("http-origin", HTTP_ORIGIN, http_event),
        Case { is_local: false, ..Case::new("http-origin, AWS", HTTP_ORIGIN, http_event) },
    ];
    for round in 0..=rounds {
        for case in &mut cases {
            // The first round warms the disk's cache and does not count.
            case.run(&source, round > 0)?;
        }
        eprint!("\rround {round} of {rounds}");
    }
    eprintln!();
    report(rounds, &mut cases)
}

impl Case {
    fn run(&mut self, source: &[u8], counts: bool) -> Result<(), Failure> {
        let dir = tempfile::tempdir()?;
        if self.is_local {
            let originals = local::open(dir.path())?.originals;
            let put = originals.put("cat.jpg", source.to_vec().into(), Attributes::default());
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(put)?;
        }
        let api = RuntimeApi::start(serde_json::to_vec(&(self.event)())?)?;
        let mut command = self.command(dir.path())?;
        command.env("AWS_LAMBDA_RUNTIME_API", &api.address);
        let begun = Instant::now();
        let mut child = Killed(command.spawn()?);
        let ready = api.ready()?.duration_since(begun);
        let answered = if self.is_local { Some(api.answered()?) } else { None };
        let resident = resident_kb(&mut child.0)?;
        if counts {
            self.ready_ms.push(ready.as_secs_f64() * 1000.0);
            if let Some((at, _)) = &answered {
                self.answered_ms.push(at.duration_since(begun).as_secs_f64() * 1000.0);
            }
            self.resident_kb.push(resident);
        }
        Ok(())
    }

    fn command(&self, dir: &Path) -> Result<Command, Failure> {
        let mut command = match self.launcher {
            None => Command::new(self.program),
            Some(node) => {
                let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/node/node_modules");
                let task = package(dir, self.program)?;
                let mut command = Command::new(tools.join(node).join("bin/node"));
                command.arg(tools.join("aws-lambda-ric/index.mjs")).arg("index.handler");
                command.env("LAMBDA_TASK_ROOT", task).env("_HANDLER", "index.handler");
                command
            }
        };
        for (name, value) in [
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "none"),
            ("AWS_SECRET_ACCESS_KEY", "none"),
        ] {
            command.env(name, value);
        }
        if self.is_local {
            command.env("PIXFRONT_DATA", dir);
        } else {
            command.env("PIXFRONT_ORIGINALS_BUCKET", "originals").env("PIXFRONT_VARIANTS_BUCKET", "variants");
            command.env("PIXFRONT_TABLE", "variants");
            command.env("PIXFRONT_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/failures");
        }
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command)
    }
}

/// What edge.zip holds, unpacked; without a program the least that Node.js can do.
fn package(dir: &Path, program: &str) -> Result<PathBuf, Failure> {
    let task = dir.join("task");
    fs::create_dir(&task)?;
    if program.is_empty() {
        fs::write(task.join("index.mjs"), "export const handler = async () => ({ status: '200' });\n")?;
        return Ok(task);
    }
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("cloudfront/edge/index.mjs"), task.join("index.mjs"))?;
    fs::copy(program, task.join("bootstrap"))?;
    fs::set_permissions(task.join("bootstrap"), fs::Permissions::from_mode(0o755))?;
    Ok(task)
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn resident_kb(child: &mut Child) -> Result<f64, Failure> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("a process without memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn origin_response_event() -> Value {
    json!({ "Records": [{ "cf": {
        "config": { "eventType": "origin-response", "requestId": "bench" },
        "request": { "method": "GET", "uri": "/cat.jpg/w=400,f=webp", "querystring": "", "headers": {} },
        "response": { "status": "403", "statusDescription": "Forbidden", "headers": {} },
    } }] })
}

fn upload_event() -> Value {
    json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
        "s3": { "bucket": { "name": "originals" }, "object": { "key": "cat.jpg" } },
    }] })
}

fn http_event() -> Value {
    const PATH: &str = "/cat.jpg/w=400,f=webp";
    json!({
        "version": "2.0", "rawPath": PATH, "rawQueryString": "", "headers": {}, "isBase64Encoded": false,
        "requestContext": {
            "accountId": "anonymous", "apiId": "bench", "requestId": "bench", "stage": "$default",
            "domainName": "bench.lambda-url.us-east-1.on.aws", "domainPrefix": "bench",
            "http": { "method": "GET", "path": PATH, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.1" },
            "time": "21/Nov/2026:00:00:00 +0000", "timeEpoch": 1_795_219_200_000_u64,
        },
    })
}

fn apply(source: &[u8], parameters: &str) -> Result<Vec<u8>, Failure> {
    let request = Request::parse("/bench", parameters, None)?;
    let recipe = Recipe::settle(&request.params, request.accepts, &Policy::default())?;
    Ok(render(source, &recipe, &Options::default(), &Cancel::default())?.bytes.to_vec())
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn report(rounds: usize, cases: &mut [Case]) -> Result<(), Failure> {
    println!("| function | first /next, ms | first answer, ms | resident, MB |\n|---|--:|--:|--:|");
    let mut rows = Vec::new();
    for case in cases {
        let raw =
            json!({ "ready_ms": case.ready_ms, "answered_ms": case.answered_ms, "resident_kb": case.resident_kb });
        let cell = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"));
        let (ready, answered) = (median(&mut case.ready_ms), median(&mut case.answered_ms));
        let resident = median(&mut case.resident_kb).map(|kb| kb / 1024.0);
        println!("| {} | {} | {} | {} |", case.name, cell(ready), cell(answered), cell(resident));
        rows.push(json!({
            "function": case.name, "ready_ms": ready, "answered_ms": answered, "resident_mb": resident, "raw": raw,
        }));
    }
    let (date, revision) = (said("date", &["+%F"])?, said("git", &["describe", "--always", "--dirty"])?);
    let machine = said("uname", &["-srm"])?;
    let results = json!({ "date": date, "revision": revision, "rounds": rounds, "machine": machine, "rows": rows });
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("bench/results/{date}-{revision}-lambda.json"));
    fs::write(&path, serde_json::to_string_pretty(&results)? + "\n")?;
    println!("\nraw times: {}", path.display());
    Ok(())
}

fn said(program: &str, arguments: &[&str]) -> Result<String, Failure> {
    Ok(String::from_utf8(Command::new(program).args(arguments).output()?.stdout)?.trim().to_owned())
}
