//! From `aws s3 cp` to the thumbnail: the bucket's own notification starts the real function in the stand-in's Lambda.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::pictures;
use crate::world::{Ministack, look, rows, until};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Runs a program to its good end, and returns what it said.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {said} {complained}");
    said.into_owned()
}

/// AWS's own command line, where the originals bucket is.
fn aws(ministack: &Ministack, arguments: &[&str]) -> String {
    let mut command = Command::new(Path::new(ROOT).join(".tools/venv/bin/aws"));
    ministack.lend(&mut command);
    let place = &ministack.config.originals;
    command.args(["--region", place.region.as_ref().unwrap(), "--endpoint-url", place.endpoint.as_ref().unwrap()]);
    run(command.args(arguments))
}

/// What Lambda is given: the program as `bootstrap` in a zip, without the symbols that only a debugger reads.
fn zip(dir: &Path, program: &str) -> String {
    let (bootstrap, zip) = (dir.join("bootstrap"), dir.join("function.zip"));
    run(Command::new("strip").arg("-o").arg(&bootstrap).arg(program));
    let entry = format!("bootstrap={}", bootstrap.display());
    run(Command::new(Path::new(ROOT).join(".tools/venv/bin/python"))
        .arg(Path::new(ROOT).join("scripts/zip.py"))
        .arg(&zip)
        .arg(entry));
    format!("fileb://{}", zip.display())
}

/// The settings that the test's own programs get, as Lambda's environment.
fn environment(ministack: &Ministack) -> String {
    let mut lent = Command::new("env");
    ministack.lend(&mut lent);
    let variables = lent.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)));
    let variables: serde_json::Map<String, Value> =
        variables.filter(|(name, _)| *name != "HOME").map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({ "Variables": variables }).to_string()
}

/// Makes a function of one of our programs, where the originals bucket is.
pub(super) fn create_function(ministack: &Ministack, name: &str, program: &str) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let function = aws(
        ministack,
        &[
            "lambda",
            "create-function",
            "--function-name",
            name,
            "--runtime=provided.al2023",
            "--handler=bootstrap",
            "--role=arn:aws:iam::000000000000:role/upload",
            "--timeout=60",
            "--environment",
            &environment(ministack),
            "--zip-file",
            &zip(dir.path(), program),
        ],
    );
    serde_json::from_str(&function).unwrap()
}

/// Makes the function and has the originals bucket tell it of what is created and removed.
fn deploy(ministack: &Ministack) {
    let function = create_function(ministack, "upload", env!("CARGO_BIN_EXE_upload-trigger"));
    let configuration = json!({ "LambdaFunctionConfigurations": [{
        "LambdaFunctionArn": function["FunctionArn"],
        "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
    }] });
    let configuration = configuration.to_string();
    let set = ["s3api", "put-bucket-notification-configuration", "--bucket=originals", "--notification-configuration"];
    aws(ministack, &[&set[..], &[&configuration]].concat());
}

fn copy(ministack: &Ministack, key: &str, body: &[u8]) {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), body).unwrap();
    aws(ministack, &["s3", "cp", file.path().to_str().unwrap(), &format!("s3://originals/{key}")]);
}

#[tokio::test]
async fn what_is_copied_to_the_bucket_gets_its_thumbnail() {
    let ministack = Ministack::start().await;
    let stores = ministack.stores().await;
    deploy(&ministack);
    for key in ["photos/cat.jpg", "a b+c.jpg", "사진/고양이.jpg"] {
        copy(&ministack, key, &pictures::jpeg(120, 80));
        let thumbnail = format!("resized-{key}");
        let object = until(&thumbnail, async || stores.variants.get(&thumbnail, u64::MAX).await.ok()).await;
        assert_eq!(look(&object.body), ("jpeg", 60, 40), "{key}");
        until("row", async || (rows(&stores, key).await == [thumbnail.as_str()]).then_some(())).await;
    }
    assert_eq!(stores.failures.peek(10).await.unwrap(), []);

    let mut torn = pictures::jpeg(64, 64);
    torn.truncate(torn.len() / 2);
    copy(&ministack, "photos/torn.jpg", &torn);
    let messages = until("message", async || {
        Some(stores.failures.peek(10).await.unwrap()).filter(|messages| !messages.is_empty())
    });
    let messages = messages.await;
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!((&*messages[0].body, &*messages[0].attributes["kind"]), ("photos/torn.jpg", "corrupt"));
    assert_eq!(rows(&stores, "photos/torn.jpg").await, Vec::<String>::new());

    aws(&ministack, &["s3", "rm", "s3://originals/photos/cat.jpg"]);
    until("purge", async || stores.variants.head("resized-photos/cat.jpg").await.err()).await;
    until("row's end", async || rows(&stores, "photos/cat.jpg").await.is_empty().then_some(())).await;
}
