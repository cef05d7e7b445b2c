//! `pixfront backfill`: the pictures that a bucket held before us get what an upload would have got.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde_json::json;

use super::failures::printable;
use super::serve::stop_signal;
use super::{ChangeOptions, StoreKind, block_on_few, print, print_json, spinner};
use crate::backfill::{Checkpoint, Ended, Named, Report, Run, Unmade, Walk, Wanted};
use crate::config::{Config, Place};
use crate::error::{Error, Kind, Result};
use crate::patience::Patience;
use crate::service::Service;

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Options {
    /// What the originals' keys begin with; absent: all of them.
    #[arg(default_value = "", hide_default_value = true)]
    prefix: String,
    /// Also this variant, as a URL asks for it, e.g. 'w=400&f=webp' or p=small; f=auto is all it may come to. Any number of them.
    #[arg(long, value_name = "PARAMETERS")]
    variants: Vec<String>,
    /// No thumbnails.
    #[arg(long)]
    no_thumbnails: bool,
    /// Originals under way at a time; absent: as many as renders. No more than `PIXFRONT_RENDERS` render at a time.
    #[arg(long, value_name = "N")]
    concurrency: Option<NonZeroUsize>,
    /// At most so many originals a second, e.g. 0.5.
    #[arg(long, value_name = "N", value_parser = pause)]
    rate: Option<Duration>,
    /// At most so many originals.
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroUsize>,
    /// The file that holds how far it came: a run with the same one goes on behind it.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Leave messages about what can't be made on the failures queue.
    #[arg(long)]
    report_failures: bool,
    /// Go on behind originals whose stores failed too often; the checkpoint stays before the first of them.
    #[arg(long)]
    keep_going: bool,
    /// Begin without counting the keys; then there is no estimate.
    #[arg(long)]
    no_count: bool,
    #[command(flatten)]
    change: ChangeOptions,
}

/// The pause of a rate.
fn pause(text: &str) -> Result<Duration, &'static str> {
    let rate: f64 = text.parse().unwrap_or_default();
    if !(0.001..=100_000.0).contains(&rate) {
        return Err("must be a number of originals a second, from 0.001 to 100000");
    }
    Ok(Duration::from_secs_f64(rate.recip()))
}

pub(super) fn run(options: &Options, config: Config) -> Result<()> {
    let wanted = Wanted::new(&options.variants, !options.no_thumbnails, &config.policy)?;
    let begun = Instant::now();
    let (after, report, ended) = block_on_few(config.renders, async {
        let stores = options.change.store.open_existing(&config).await?;
        let mut checkpoint = match &options.checkpoint {
            Some(path) => Some(Checkpoint::open(path, run_of(options, &config, &wanted)?)?),
            None => None,
        };
        let service = Service::new(stores, config);
        let after = checkpoint.as_ref().and_then(Checkpoint::up_to).map(ToOwned::to_owned);
        let walk = walk(options, &service, &wanted, after.as_deref());
        let (report, ended) = run_walk(&walk, options, checkpoint.as_mut()).await?;
        Ok((after, report, ended))
    })?;
    say(options, after.as_deref(), &report, begun.elapsed())?;
    ended?;
    match report.ended {
        Ended::Stopped => Err(Error::new(Kind::Deadline, "stopped before the end")),
        Ended::Complete | Ended::Limit | Ended::Failed => Ok(()),
    }
}

fn walk<'a>(options: &'a Options, service: &'a Service, wanted: &'a Wanted, after: Option<&'a str>) -> Walk<'a> {
    Walk {
        service,
        wanted,
        prefix: &options.prefix,
        after,
        at_once: options.concurrency.unwrap_or(service.config().renders).get(),
        limit: options.limit.map_or(usize::MAX, NonZeroUsize::get),
        pause: options.rate.unwrap_or_default(),
        patience: Patience::default(),
        is_dry_run: options.change.dry_run,
        leaves_messages: options.report_failures,
        keeps_going: options.keep_going,
    }
}

async fn run_walk(
    walk: &Walk<'_>,
    options: &Options,
    checkpoint: Option<&mut Checkpoint>,
) -> Result<(Report, Result<()>)> {
    // A dry run leaves it as it is.
    let mut checkpoint = checkpoint.filter(|_| !options.change.dry_run);
    if let Some(checkpoint) = &mut checkpoint {
        // At once: that it can't be written must not come out after an hour.
        checkpoint.write(walk.after)?;
    }
    let mut stop = Box::pin(stop_signal()?);
    let progress = spinner();
    // Nobody sees an estimate where there is no terminal.
    if !options.no_count && !progress.is_hidden() {
        progress.set_message("counting");
        tokio::select! {
            counted = walk.count() => progress.set_length(counted?),
            () = &mut stop => return Ok((Report { ended: Ended::Stopped, ..Report::default() }, Ok(()))),
        }
    }
    set_style(&progress);
    let seen = |report: &Report| {
        progress.set_position(report.originals);
        progress.set_message(format!("{} made, {} failed", report.thumbnails + report.variants, failures(report)));
        checkpoint.as_mut().map_or(Ok(()), |checkpoint| checkpoint.note(report.up_to.as_deref()))
    };
    let (report, ended) = walk.run(stop, seen).await;
    progress.finish_and_clear();
    let written = checkpoint.map_or(Ok(()), |checkpoint| checkpoint.write(report.up_to.as_deref()));
    Ok((report, ended.and(written)))
}

fn set_style(progress: &ProgressBar) {
    let template = if progress.length().is_some() {
        "{bar:30} {pos} of {len} originals, {per_sec}, {eta} left: {msg}"
    } else {
        "{spinner} {pos} originals in {elapsed}, {per_sec}: {msg}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        progress.set_style(style);
    }
    // The rate is that of the work, not of the counting.
    progress.reset_elapsed();
    progress.reset_eta();
}

/// What a checkpoint of this run is good for.
fn run_of(options: &Options, config: &Config, wanted: &Wanted) -> Result<Run> {
    let bucket = |place: &Place| match (&place.name, &place.endpoint) {
        (name, None) => format!("s3://{}", name.as_deref().unwrap_or_default()),
        (name, Some(endpoint)) => format!("s3://{} at {endpoint}", name.as_deref().unwrap_or_default()),
    };
    let (originals, variants) = match options.change.store.store {
        StoreKind::Aws => (bucket(&config.originals), bucket(&config.variants)),
        StoreKind::Memory => ("memory".to_owned(), "memory".to_owned()),
        StoreKind::Local => {
            let data = &options.change.store.data;
            let unread = |cause| Error::with_source(Kind::Upstream, format!("{} can't be read", data.display()), cause);
            let data = data.canonicalize().map_err(unread)?.display().to_string();
            (data.clone(), data)
        }
    };
    Ok(Run::new(originals, variants, options.prefix.clone(), wanted.names()))
}

fn failures(report: &Report) -> u64 {
    report.failed.values().chain(report.undone.values()).map(|unmade| unmade.count).sum()
}

fn say(options: &Options, after: Option<&str>, report: &Report, took: Duration) -> Result<()> {
    if options.change.json {
        let mut said = json!(report);
        said["dry_run"] = json!(options.change.dry_run);
        said["after"] = json!(after);
        said["seconds"] = json!(took.as_millis() as f64 / 1000.0);
        return print_json(&said);
    }
    let Report { originals, thumbnails, variants, current, bytes, .. } = report;
    let mut words = after.map(|after| printable(&format!("went on behind {after}")) + "\n").unwrap_or_default();
    for (title, unmade) in [("can't be made", &report.failed), ("not done", &report.undone)] {
        for (kind, Unmade { count, first }) in unmade {
            words += &format!("{count} {title}, {kind}:\n");
            for Named { key, recipe, message } in first {
                let recipe = recipe.as_ref().map(|recipe| format!(" as {recipe}")).unwrap_or_default();
                words += &format!("  {}\n", printable(&format!("{key}{recipe}: {message}")));
            }
            if *count > first.len() as u64 {
                words += "  ...\n";
            }
        }
    }
    for (reason, count) in &report.skipped {
        words += &format!("{count} skipped, {reason}\n");
    }
    words += &if options.change.dry_run {
        format!("{originals} originals: {thumbnails} thumbnails and {variants} variants to make, {current} there\n")
    } else {
        let bytes = HumanBytes(*bytes);
        format!(
            "{originals} originals: {thumbnails} thumbnails and {variants} variants made ({bytes}), {current} were there\n"
        )
    };
    words += &match (report.ended, &report.up_to) {
        (Ended::Complete, _) | (_, None) => String::new(),
        (Ended::Limit | Ended::Stopped | Ended::Failed, Some(key)) => {
            printable(&format!("everything up to {key} is done")) + "\n"
        }
    };
    print(&words)
}
