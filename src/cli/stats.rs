//! `pixfront stats`: what the ledger says of all variants together.

use chrono::DateTime;
use clap::Args;
use indicatif::HumanBytes;

use super::failures::printable;
use super::{StoreOptions, block_on_few, print, print_json, spinner};
use crate::config::Config;
use crate::error::Result;
use crate::service::Service;
use crate::stats::{Compared, Entry, Stats, Sum};

#[derive(Args)]
pub(super) struct Options {
    /// How many recipes and variants are named.
    #[arg(long, default_value_t = 10, value_name = "N")]
    top: usize,
    /// Do not ask the originals bucket, once for every original: then neither bytes saved are known nor what is outdated.
    #[arg(long)]
    no_originals: bool,
    /// Say it as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreOptions,
}

pub(super) fn run(options: &Options, config: Config) -> Result<()> {
    let progress = spinner();
    let stats = block_on_few(config.renders, async {
        let stores = options.store.open_existing(&config).await?;
        let service = Service::new(stores, config);
        let seen = |stats: &Stats| progress.set_message(format!("{} rows", stats.variants + stats.names));
        service.stats(options.top, !options.no_originals, seen).await
    });
    progress.finish_and_clear();
    let stats = stats?;
    if options.json {
        return print_json(&stats);
    }
    print(&(sums(&stats) + &tables(&stats)))
}

fn sums(stats: &Stats) -> String {
    let mut words = format!("originals   {}\nvariants    {}\n", stats.originals, stats.variants);
    if stats.names > 0 {
        words += &format!(
            "            {} rows are names alone (PIXFRONT_TABLE_FORM=names): of those no variants are known\n",
            stats.names
        );
    }
    words += &format!("stored      {}\n", HumanBytes(stats.bytes));
    if let Some(Compared { saved_bytes, current, outdated, orphaned, .. }) = stats.compared {
        let sign = if saved_bytes < 0 { "-" } else { "" };
        let saved = HumanBytes(saved_bytes.unsigned_abs());
        words += &format!(
            "saved       {sign}{saved}, if each of {current} current variants is sent once in place of its original\n"
        );
        if outdated + orphaned > 0 {
            words += &format!("not current {outdated} of older bytes, {orphaned} whose original is gone\n");
        }
    }
    let mean = stats.render_ms.checked_div(stats.variants).unwrap_or_default();
    words += &format!("rendering   {mean} ms each, {} s in all\n", stats.render_ms / 1000);
    for (title, entry) in [("oldest", &stats.oldest), ("newest", &stats.newest)] {
        if let Some(Entry { name, variant, time_ms, .. }) = entry {
            let time = i64::try_from(time_ms / 1000).ok().and_then(|time| DateTime::from_timestamp(time, 0));
            let time = time.map(|time| time.to_string()).unwrap_or_default();
            words += &printable(&format!("{title:<11} {time}  {name} as {variant}"));
            words.push('\n');
        }
    }
    words
}

fn tables(stats: &Stats) -> String {
    let mut words = String::new();
    if !stats.formats.is_empty() {
        words += &format!("\n{:<12} {:>9} {:>12}\n", "format", "variants", "stored");
    }
    for (format, Sum { variants, bytes }) in &stats.formats {
        words += &format!("{:<12} {variants:>9} {:>12}\n", printable(format), HumanBytes(*bytes).to_string());
    }
    if !stats.recipes.is_empty() {
        words += &format!("\n{:<40} {:>9}\n", "recipe", "originals");
    }
    for (recipe, originals) in &stats.recipes {
        words += &format!("{:<40} {originals:>9}\n", printable(recipe));
    }
    if stats.recipes_too_high > 0 {
        words +=
            &format!("there are too many recipes to count each: these are up to {} too high\n", stats.recipes_too_high);
    }
    if !stats.largest.is_empty() {
        words += &format!("\n{:<40} {:>12}\n", "largest", "stored");
    }
    for Entry { name, variant, bytes, .. } in &stats.largest {
        let shown = if variant.ends_with(name.as_str()) { variant.clone() } else { format!("{name}/{variant}") };
        words += &format!("{:<40} {:>12}\n", printable(&shown), HumanBytes(*bytes).to_string());
    }
    words
}
