//! `pixfront purge`: forgets what was made of an original, or of many.

use clap::Args;
use serde_json::json;

use super::{ChangeOptions, block_on_few, print, print_json, spinner};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::key::SourceKey;
use crate::outdated::Forgotten;
use crate::params::shorten;
use crate::patience::Patience;
use crate::purge::Purge;
use crate::service::Service;

#[derive(Args)]
pub(super) struct Options {
    /// The original's key, e.g. photos/cat.jpg; it may be gone itself.
    #[arg(required_unless_present = "all")]
    key: Option<String>,
    /// KEY is what the originals' keys begin with, e.g. photos/.
    #[arg(long, requires = "key")]
    prefix: bool,
    /// Of all originals.
    #[arg(long, conflicts_with_all = ["key", "prefix"])]
    all: bool,
    #[command(flatten)]
    change: ChangeOptions,
}

/// Whose variants.
enum Target {
    One(SourceKey),
    Prefix(String),
}

pub(super) fn run(options: &Options, config: Config) -> Result<()> {
    let target = target(options, &config)?;
    let Forgotten { objects, rows } = block_on_few(config.renders, async {
        let stores = options.change.store.open_existing(&config).await?;
        let service = Service::new(stores, config);
        match &target {
            Target::One(source) => {
                let is_dry_run = options.change.dry_run;
                let forget = async || {
                    if is_dry_run { service.forgettable(source).await } else { service.forget(source).await }
                };
                Patience::default().again(forget).await
            }
            Target::Prefix(prefix) => purge(&service, prefix, options.change.dry_run).await,
        }
    })?;
    if options.change.json {
        return print_json(&json!({ "dry_run": options.change.dry_run, "objects": objects, "rows": rows }));
    }
    let forgotten = if options.change.dry_run { "to forget" } else { "forgotten" };
    print(&format!("{objects} objects and {rows} rows {forgotten}\n"))
}

async fn purge(service: &Service, prefix: &str, is_dry_run: bool) -> Result<Forgotten> {
    let progress = spinner();
    let purge = Purge { service, prefix, is_dry_run, patience: Patience::default() };
    let seen = |Forgotten { objects, rows }| progress.set_message(format!("{objects} objects and {rows} rows"));
    let purged = purge.run(seen).await;
    progress.finish_and_clear();
    purged
}

fn target(options: &Options, config: &Config) -> Result<Target> {
    let key = options.key.as_deref().unwrap_or_default();
    if options.all {
        return Ok(Target::Prefix(String::new()));
    }
    if key.is_empty() {
        return Err(Error::invalid("the key is empty; --all purges everything"));
    }
    if options.prefix {
        return Ok(Target::Prefix(key.to_owned()));
    }
    if key.ends_with('/') {
        return Err(Error::invalid(format!("{} is no key; with --prefix it stands for all below it", shorten(key))));
    }
    if let Some((thumbnail, source)) = config.policy.thumbnail_of(key) {
        let prefix = &thumbnail.prefix;
        return Err(Error::invalid(format!(
            "a name that begins with {prefix} is a thumbnail; its original is {}",
            shorten(source)
        )));
    }
    let bad = |error: Error| Error::invalid(format!("{}: {}", shorten(key), error.context()));
    SourceKey::new(key).map(Target::One).map_err(bad)
}
