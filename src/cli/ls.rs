//! `pixfront ls`: the variants of an original, from the ledger.

use clap::Args;

use super::{StoreOptions, block_on, print, print_json};
use crate::config::Config;
use crate::error::{Error, Kind, Result};

#[derive(Args)]
pub(super) struct Options {
    /// The original's key, e.g. photos/cat.jpg.
    key: String,
    /// Say it as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreOptions,
}

pub(super) fn run(options: &Options, config: &Config) -> Result<()> {
    let mut rows =
        block_on(async { options.store.open_existing(config).await?.ledger.variants_of(&options.key).await })?;
    // That is no variant.
    rows.retain(|row| !row.is_of_original());
    if options.json {
        return print_json(&rows);
    }
    if rows.is_empty() {
        return Err(Error::new(Kind::NotFound, format!("{} has no variants", options.key)));
    }
    let mut table = format!("{:<40} {:>11} {:>6} {:>9} {:>7}\n", "variant", "size", "format", "bytes", "ms");
    for row in rows {
        let size = format!("{}×{}", row.width, row.height);
        table += &format!("{:<40} {size:>11} {:>6} {:>9} {:>7}\n", row.variant, row.format, row.bytes, row.render_ms);
    }
    print(&table)
}
