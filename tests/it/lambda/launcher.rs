//! The launcher of Lambda@Edge under Lambda's own runtime interface client, on each Node.js that Lambda@Edge may start.

#![allow(clippy::float_cmp, reason = "counts are exact")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;

use super::{Function, ORIGIN_RESPONSE, body};
use crate::pictures;
use crate::triggers::event;
use crate::world::look;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SECRET: &str = "a-debug-secret-of-this-deployment-1";
const VERSIONS: [&str; 2] = ["node-22", "node-24"];

/// Node.js as it was before it could hand its process over.
const WITHOUT_EXECVE: &str = "--import=data:text/javascript,delete process.execve";

/// What edge.zip holds, unpacked.
fn task_root() -> TempDir {
    let task = TempDir::new().unwrap();
    fs::copy(Path::new(ROOT).join("cloudfront/edge/index.mjs"), task.path().join("index.mjs")).unwrap();
    fs::copy(ORIGIN_RESPONSE, task.path().join("bootstrap")).unwrap();
    task
}

async fn launch(version: &str, task: &TempDir, change: impl FnOnce(&mut Command)) -> Function {
    let tools = Path::new(ROOT).join(".tools/node/node_modules");
    let node = tools.join(version).join("bin/node");
    assert!(node.exists(), "there is no {}, which `make test` installs", node.display());
    Function::with(node.to_str().unwrap(), |command| {
        change(command);
        command.arg(tools.join("aws-lambda-ric/index.mjs")).arg("index.handler");
        command.env("LAMBDA_TASK_ROOT", task.path()).env("_HANDLER", "index.handler");
    })
    .await
}

#[tokio::test]
async fn the_launcher_hands_over_to_the_program() {
    let task = task_root();
    for version in VERSIONS {
        for is_handed_over in [true, false] {
            let mut function = launch(version, &task, |command| {
                command.env("PIXFRONT_DEBUG_SECRET", SECRET);
                if !is_handed_over {
                    command.arg(WITHOUT_EXECVE);
                }
            })
            .await;
            function.put("photos/cat.jpg", pictures::jpeg(120, 80)).await;
            let mut event = event("origin-response-403");
            let headers = &mut event.pointer_mut("/Records/0/cf/request").unwrap()["headers"];
            headers["x-pixfront-debug"] = json!([{ "key": "x-pixfront-debug", "value": SECRET }]);
            let response = function.response(&event).await;
            assert_eq!(response["status"], json!("200"), "{version}");
            assert_eq!(look(&body(&response)), ("webp", 60, 40), "{version}");
            let door = if is_handed_over { "edge; execve" } else { "edge; spawn" };
            assert_eq!(response["headers"]["x-pixfront-door"][0]["value"], door, "{version}");
            let report = function.first_report().await;
            assert_eq!((report.metric("Renders"), report.property("recipe")), (1.0, "w=60,f=webp"), "{version}");
            let program = fs::read_link(format!("/proc/{}/exe", function.pid())).unwrap();
            assert_eq!(program == task.path().join("bootstrap"), is_handed_over, "{version}: {}", program.display());
        }
    }
}

#[tokio::test]
async fn the_launcher_ends_as_the_program_ends() {
    let task = task_root();
    for version in VERSIONS {
        for options in [&[][..], &[WITHOUT_EXECVE]] {
            let function =
                launch(version, &task, |command| _ = command.args(options).env("PIXFRONT_RENDERS", "0")).await;
            let (status, log) = function.end().await;
            assert_eq!(status.code(), Some(10), "{version} {options:?}: {log:?}");
            assert!(log.iter().any(|line| line.contains("PIXFRONT_RENDERS=0")), "{version} {options:?}: {log:?}");
        }
    }
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_said() {
    let task = task_root();
    fs::set_permissions(task.path().join("bootstrap"), Permissions::from_mode(0o644)).unwrap();
    for version in VERSIONS {
        let function = launch(version, &task, |_| ()).await;
        let polls = function.polls();
        let (status, log) = function.end().await;
        assert!(!status.success(), "{version}");
        assert!(log.iter().any(|line| line.contains("EACCES") && line.contains("bootstrap")), "{version}: {log:?}");
        assert_eq!(*polls.borrow(), 0, "{version} took an event that nobody answers");
    }
}
