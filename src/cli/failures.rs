//! `pixfront failures`: the uploads that failed, without taking them off the queue.

use clap::Args;

use super::{StoreOptions, block_on, print, print_json};
use crate::config::Config;
use crate::error::Result;

#[derive(Args)]
pub(super) struct Options {
    /// At most so many, oldest first.
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// Say it as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreOptions,
}

pub(super) fn run(options: &Options, config: &Config) -> Result<()> {
    let limit = options.limit.saturating_add(1);
    let mut messages = block_on(async { options.store.open_existing(config).await?.failures.peek(limit).await })?;
    let has_more = messages.len() > options.limit;
    messages.truncate(options.limit);
    if options.json {
        return print_json(&messages);
    }
    if messages.is_empty() {
        return print("no failures\n");
    }
    let mut lines = String::new();
    for message in messages {
        let attribute = |name: &str| message.attributes.get(name).map_or("-", String::as_str);
        let (kind, words, bucket) = (attribute("kind"), attribute("message"), attribute("bucket"));
        // Of an upload nothing was made; of a variant that was answered already it should be said which.
        let variant =
            if attribute("stage") == "persist" { format!(" as {}", attribute("recipe")) } else { String::new() };
        lines += &printable(&format!("{bucket}/{}{variant}  {kind}: {words}", message.body));
        lines.push('\n');
    }
    if has_more {
        lines += &format!("... and more: --limit {}\n", options.limit.saturating_mul(10));
    }
    print(&lines)
}

/// Keys are what uploaders say, and must not command the terminal.
pub(super) fn printable(line: &str) -> String {
    let escaped = |c: char| if c.is_control() { c.escape_default().collect() } else { c.to_string() };
    line.chars().map(escaped).collect()
}
