//! A bucket's older pictures get what they lack: by the service, and by `pixfront backfill`.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use pixfront::backfill::{Report, Walk, Wanted};
use pixfront::config::Config;
use pixfront::error::Result;
use pixfront::patience::Patience;
use pixfront::service::Service;
use pixfront::store::{Attributes, Stores, local};
use serde_json::Value;
use tempfile::TempDir;

use crate::pictures;
use crate::world::{World, program};

mod aws;
mod command;
mod failures;
mod races;
mod resume;

pub(crate) fn torn() -> Vec<u8> {
    let mut jpeg = pictures::jpeg(64, 64);
    jpeg.truncate(jpeg.len() / 2);
    jpeg
}

pub(crate) async fn put(stores: &Stores, key: &str, body: impl Into<bytes::Bytes>) -> String {
    stores.originals.put(key, body.into(), Attributes::default()).await.unwrap()
}

/// A local store with these originals, and a service on it that nothing limits.
pub(crate) async fn store(originals: &[(&str, Vec<u8>)]) -> (TempDir, Service) {
    let dir = TempDir::new().unwrap();
    let stores = local::open(dir.path()).unwrap();
    for (key, body) in originals {
        put(&stores, key, body.clone()).await;
    }
    (dir, Service::new(stores, Config::default()))
}

pub(crate) async fn keys(stores: &Stores) -> Vec<String> {
    stores.variants.list("", None, usize::MAX).await.unwrap()
}

fn backfill(data: &Path, arguments: &[&str]) -> Output {
    program(["backfill", "--log", "json", "--data"]).arg(data).args(arguments).output().unwrap()
}

/// Its report, if it ended with this code.
fn report(output: &Output, code: i32) -> Value {
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a test of the walk itself changes of it.
struct How {
    wanted: Wanted,
    at_once: usize,
    keeps_going: bool,
    leaves_messages: bool,
}

impl How {
    /// Thumbnails, and these.
    fn new(queries: &[&str]) -> Self {
        let queries: Vec<_> = queries.iter().map(|query| (*query).to_owned()).collect();
        let wanted = Wanted::new(&queries, true, &Config::default().policy).unwrap();
        Self { wanted, at_once: 1, keeps_going: false, leaves_messages: false }
    }

    fn on<'a>(&'a self, world: &'a World) -> Walk<'a> {
        Walk {
            service: &world.service,
            wanted: &self.wanted,
            prefix: "",
            after: None,
            at_once: self.at_once,
            limit: usize::MAX,
            pause: Duration::ZERO,
            patience: Patience { tries: 3, pause: Duration::from_millis(1) },
            is_dry_run: false,
            leaves_messages: self.leaves_messages,
            keeps_going: self.keeps_going,
        }
    }

    async fn walk(&self, world: &World, seen: impl FnMut(&Report) -> Result<()>) -> (Report, Result<()>) {
        self.on(world).run(std::future::pending(), seen).await
    }
}

/// When each variant was put.
async fn times(stores: &Stores) -> BTreeMap<String, u64> {
    let mut times = BTreeMap::new();
    for key in keys(stores).await {
        let head = stores.variants.head(&key).await.unwrap();
        times.insert(key, head.modified_ms);
    }
    times
}
