//! `pixfront redrive`: takes the failures queue up again. What works now loses its message, what does not keeps it.

use std::collections::HashSet;

use clap::Args;
use futures_util::{StreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::{ChangeOptions, block_on_few, print, print_json, spinner};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::service::Service;
use crate::store::Received;
use crate::trigger::failure::read;

#[derive(Args)]
pub(super) struct Options {
    /// At most so many messages.
    #[arg(long, default_value_t = usize::MAX, hide_default_value = true)]
    limit: usize,
    #[command(flatten)]
    change: ChangeOptions,
}

/// For how long a message is nobody else's. Longer than a batch takes; if this process ends before, the messages come back by then.
const VISIBILITY_S: u32 = 300;

/// What is received at a time; SQS gives no more.
const BATCH: usize = 10;

#[derive(Default, Serialize)]
struct Report {
    done: usize,
    kept: Vec<Kept>,
    /// The receipts of messages that are ours for the time of the run.
    #[serde(skip)]
    held: Vec<String>,
}

/// A message that stays on the queue.
#[derive(Serialize)]
struct Kept {
    key: String,
    kind: &'static str,
    message: String,
}

pub(super) fn run(options: &Options, config: Config) -> Result<()> {
    let report = block_on_few(config.renders, async {
        let stores = options.change.store.open_existing(&config).await?;
        let service = Service::new(stores, config);
        if options.change.dry_run {
            look(&service, options.limit).await
        } else {
            redrive(&service, options.limit).await
        }
    })?;
    if options.change.json {
        return print_json(&report);
    }
    let mut words = String::new();
    for Kept { key, kind, message } in &report.kept {
        words += &super::failures::printable(&format!("{key}  {kind}: {message}"));
        words.push('\n');
    }
    let (done, kept) = (report.done, report.kept.len());
    words += &if options.change.dry_run {
        format!("{done} to try again, {kept} that can't be read\n")
    } else {
        format!("{done} done, {kept} kept\n")
    };
    print(&words)
}

/// Says what would be tried, without taking anything off the queue.
async fn look(service: &Service, limit: usize) -> Result<Report> {
    let bucket = service.config().originals_bucket();
    let mut report = Report::default();
    for message in service.stores().failures.peek(limit).await? {
        match read(&message, bucket) {
            Ok(_) => report.done += 1,
            Err(error) => report.kept.push(Kept::new(message.body, &error)),
        }
    }
    Ok(report)
}

async fn redrive(service: &Service, limit: usize) -> Result<Report> {
    let progress = progress();
    let mut report = Report::default();
    let worked = work(service, limit, &mut report, &progress).await;
    progress.finish_and_clear();
    // Also when the queue failed in the middle: what is kept shall not be hidden for longer than it must.
    for receipt in std::mem::take(&mut report.held) {
        if let Err(error) = service.stores().failures.release(&receipt).await {
            error.log();
        }
    }
    worked.map(|()| report)
}

/// Until the queue has nothing more to show; what was kept is hidden by then.
async fn work(service: &Service, limit: usize, report: &mut Report, progress: &ProgressBar) -> Result<()> {
    let queue = &service.stores().failures;
    let mut seen = HashSet::new();
    loop {
        let left = limit - report.done - report.kept.len();
        let batch = queue.receive(left.min(BATCH), VISIBILITY_S).await?;
        if batch.is_empty() {
            return Ok(());
        }
        // One that was kept is back, since the run takes longer than messages stay hidden; or its twin.
        let (again, fresh): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(|received| seen.contains(&fingerprint(received)));
        report.held.extend(again.into_iter().map(|received| received.receipt));
        let tried = fresh.into_iter().map(async |received| (try_one(service, &received).await, received));
        let mut tried = stream::iter(tried).buffer_unordered(service.config().renders.get());
        while let Some((result, received)) = tried.next().await {
            match result {
                Ok(()) => {
                    queue.delete(&received.receipt).await?;
                    report.done += 1;
                }
                Err(error) => {
                    seen.insert(fingerprint(&received));
                    report.held.push(received.receipt);
                    report.kept.push(Kept::new(received.message.body, &error));
                }
            }
            progress.set_message(format!("{} done, {} kept", report.done, report.kept.len()));
            progress.inc(1);
        }
    }
}

async fn try_one(service: &Service, received: &Received) -> Result<()> {
    service.redrive(&read(&received.message, service.config().originals_bucket())?).await
}

/// Two messages that are alike are one to us: what the first came to the second would come to as well.
fn fingerprint(received: &Received) -> String {
    format!("{:?}", received.message)
}

impl Kept {
    fn new(key: String, error: &Error) -> Self {
        Self { key, kind: error.kind().name(), message: error.context().to_owned() }
    }
}

/// On a terminal; how many messages there are no queue says for certain.
fn progress() -> ProgressBar {
    let progress = spinner();
    let style = ProgressStyle::with_template("{spinner} {pos} messages in {elapsed}, {per_sec}: {msg}");
    if let Ok(style) = style {
        progress.set_style(style);
    }
    progress
}
