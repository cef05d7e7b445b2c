//! Runs that are killed, or asked to stop, and others that go on behind them.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use pixfront::service::Service;
use serde_json::Value;
use tempfile::TempDir;

use super::{backfill, keys, report, store};
use crate::pictures;
use crate::world::{program, until};

const PICTURES: usize = 240;
const AT_ONCE: usize = 6;
/// One that takes longer than many others together, so that those are done before it.
const SLOW: usize = 20;

async fn many() -> (TempDir, Service, PathBuf) {
    let names: Vec<_> = (0..PICTURES).map(|i| format!("{i:03}.jpg")).collect();
    let jpeg = pictures::jpeg(8, 8);
    let mut originals: Vec<_> = names.iter().map(|name| (name.as_str(), jpeg.clone())).collect();
    originals[SLOW].1 = pictures::jpeg(1_200, 900);
    let (dir, service) = store(&originals).await;
    let checkpoint = dir.path().join("checkpoint.json");
    (dir, service, checkpoint)
}

/// The key up to which all is done, if the file says so.
fn up_to(checkpoint: &Path) -> Option<String> {
    let content: Value = serde_json::from_slice(&std::fs::read(checkpoint).ok()?).unwrap();
    content["up_to"].as_str().map(ToOwned::to_owned)
}

/// Everything up to there has its thumbnail and its variant.
async fn assert_true(service: &Service, up_to: &str) {
    let made: BTreeSet<_> = keys(service.stores()).await.into_iter().collect();
    for name in (0..PICTURES).map(|i| format!("{i:03}.jpg")).filter(|name| name.as_str() <= up_to) {
        for variant in [format!("resized-{name}"), format!("{name}/f=avif")] {
            assert!(made.contains(&variant), "{variant} is missing, up to {up_to}");
        }
    }
}

async fn thumbnails(service: &Service) -> usize {
    keys(service.stores()).await.iter().filter(|key| key.starts_with("resized-")).count()
}

/// Runs it slowly until its checkpoint says something, and sends the signal.
async fn interrupted(dir: &Path, checkpoint: &Path, signal: &str) -> Output {
    let mut command = program(["backfill", "--rate", "60", "--variants", "f=avif", "--json", "--data"]);
    command.arg(dir).arg("--checkpoint").arg(checkpoint).args(["--concurrency", &AT_ONCE.to_string()]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id().to_string();
    until("checkpoint", async || {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it was to");
        up_to(checkpoint)
    })
    .await;
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap()
}

fn go_on(dir: &Path, checkpoint: &Path) -> Output {
    backfill(dir, &["--variants", "f=avif", "--json", "--checkpoint", checkpoint.to_str().unwrap()])
}

#[tokio::test]
async fn after_a_kill_nothing_is_skipped() {
    let (dir, service, checkpoint) = many().await;
    let killed = interrupted(dir.path(), &checkpoint, "-KILL").await;
    assert_eq!((killed.status.code(), killed.stdout.len()), (None, 0));
    let mark = up_to(&checkpoint).unwrap();
    assert_true(&service, &mark).await;
    let made = thumbnails(&service).await;
    assert!((1..PICTURES).contains(&made), "{made}");

    let said = report(&go_on(dir.path(), &checkpoint), 0);
    assert_eq!((said["after"].as_str(), said["ended"].as_str()), (Some(&*mark), Some("complete")));
    let left = PICTURES - 1 - mark.strip_suffix(".jpg").unwrap().parse::<usize>().unwrap();
    assert_eq!(said["originals"], left, "what was done is not looked at again");
    // What was killed between its object and its row is made again.
    let again = usize::try_from(said["thumbnails"].as_u64().unwrap()).unwrap() + made - PICTURES;
    assert!(again <= AT_ONCE, "{again} that were made are made again");
    assert_true(&service, "999").await;
    assert_eq!(up_to(&checkpoint).as_deref(), Some("239.jpg"));
}

#[tokio::test]
async fn asked_to_stop_it_ends_what_is_under_way() {
    let (dir, service, checkpoint) = many().await;
    let stopped = interrupted(dir.path(), &checkpoint, "-TERM").await;
    let said = report(&stopped, 18);
    assert_eq!(said["ended"], "stopped");
    let mark = up_to(&checkpoint).unwrap();
    assert_eq!(said["up_to"], mark);
    let made = thumbnails(&service).await;
    // All that was begun was ended, and so the mark stands at the last of it.
    assert_eq!((&said["thumbnails"], &said["originals"]), (&Value::from(made), &Value::from(made)));
    assert_eq!(mark, format!("{:03}.jpg", made - 1));
    let said = report(&go_on(dir.path(), &checkpoint), 0);
    assert_eq!((&said["thumbnails"], &said["current"]), (&Value::from(PICTURES - made), &Value::from(0)));
    assert_true(&service, "999").await;
}

#[tokio::test]
async fn a_checkpoint_is_good_for_its_own_run_alone() {
    let (dir, _service) = store(&[("a/1.jpg", pictures::jpeg(8, 8)), ("a/2.jpg", pictures::jpeg(8, 8))]).await;
    let other = TempDir::new().unwrap();
    pixfront::store::local::open(other.path()).unwrap();
    let file = dir.path().join("checkpoint.json");
    let run = |data: &Path, arguments: &[&str]| {
        let mut command = program(["backfill", "--data"]);
        command.arg(data).arg("--checkpoint").arg(&file).args(arguments);
        command.output().unwrap()
    };
    assert_eq!(run(dir.path(), &["a/", "--variants", "w=4"]).status.code(), Some(0));
    let written = std::fs::read(&file).unwrap();
    let refused = |data: &Path, arguments: &[&str], words: &str| {
        let output = run(data, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(10), "{arguments:?}: {said}");
        assert!(said.contains(words) && said.lines().count() == 1, "{arguments:?}: {said}");
        assert_eq!(std::fs::read(&file).unwrap(), written, "{arguments:?}: it is left as it was");
    };
    refused(dir.path(), &["b/", "--variants", "w=4"], "its prefix is `a/`, here it is `b/`");
    refused(dir.path(), &["--variants", "w=4"], "its prefix is `a/`, here it is ``");
    refused(dir.path(), &["a/"], "its making is `resized-:half w=4`, here it is `resized-:half`");
    refused(dir.path(), &["a/", "--variants", "w=5"], "here it is `resized-:half w=5`");
    refused(dir.path(), &["a/", "--variants", "w=4", "--no-thumbnails"], "here it is `w=4`");
    refused(other.path(), &["a/", "--variants", "w=4"], "its originals is");
    // Another spelling is the same run, and there is nothing left of it.
    let again = run(dir.path(), &["a/", "--variants", "dpr=2&w=2"]);
    let said = String::from_utf8(again.stdout).unwrap();
    assert!(said.starts_with("went on behind a/2.jpg\n0 originals: "), "{said}");

    std::fs::write(&file, "{\"run\"").unwrap();
    let torn = run(dir.path(), &["a/", "--variants", "w=4"]);
    assert_eq!(torn.status.code(), Some(10));
    assert!(String::from_utf8_lossy(&torn.stderr).contains("checkpoint.json is no checkpoint"));
}
