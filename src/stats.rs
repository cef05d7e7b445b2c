//! What the ledger says of all variants together: `pixfront stats`.
//!
//! Rows come by pages and none is kept: what is held are sums, the largest few, and counts of recipes that are bounded.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::params::Params;
use crate::patience::Patience;
use crate::service::Service;
use crate::store::{Row, RowKey};

mod largest;
mod originals;
mod recipes;

use largest::Largest;
use originals::Original;
use recipes::Recipes;

/// Rows that are read at a time.
const PAGE: usize = 1000;
/// Originals that are looked at at a time.
const AT_ONCE: usize = 16;
/// More formats than there are: others' rows may say anything.
const FORMATS_MAX: usize = 32;

/// What all rows say.
#[derive(Debug, Default, Serialize)]
pub struct Stats {
    /// Originals that have rows.
    pub originals: u64,
    /// Rows of variants, thumbnails too.
    pub variants: u64,
    /// Rows that say only that there is an original: a table of names has no others.
    pub names: u64,
    /// The length of all variants.
    pub bytes: u64,
    /// What the originals say of them; [`None`] if they were not asked.
    pub compared: Option<Compared>,
    /// By format.
    pub formats: BTreeMap<String, Sum>,
    /// The recipes that most originals have, and how many; thumbnails by their prefix.
    pub recipes: Vec<(String, u64)>,
    /// By how much these counts may be too high: 0 unless there are very many recipes.
    pub recipes_too_high: u64,
    /// The largest variants.
    pub largest: Vec<Entry>,
    /// How long all renders took, in milliseconds.
    pub render_ms: u64,
    /// The one that was made first.
    pub oldest: Option<Entry>,
    /// And last.
    pub newest: Option<Entry>,
}

/// Variants beside their originals.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Compared {
    /// The length of the originals that have current variants.
    pub original_bytes: u64,
    /// What is not sent if each current variant is sent once in place of its original. Below 0 if variants are longer.
    pub saved_bytes: i64,
    /// Variants of what their original is now.
    pub current: u64,
    /// Variants of what their original was.
    pub outdated: u64,
    /// Variants whose original is gone.
    pub orphaned: u64,
}

/// Some variants.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Sum {
    /// How many.
    pub variants: u64,
    /// Their length.
    pub bytes: u64,
}

/// One variant.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The original.
    pub name: String,
    /// The recipe, or the thumbnail's key.
    pub variant: String,
    /// Its length.
    pub bytes: u64,
    /// When it was made, in milliseconds since 1970.
    pub time_ms: u64,
}

impl Service {
    /// Reads the whole ledger. With `has_originals` each original that has rows is asked for its length; `top` is how many recipes
    /// and variants are named.
    pub async fn stats(&self, top: usize, has_originals: bool, mut seen: impl FnMut(&Stats)) -> Result<Stats> {
        let patience = Patience::default();
        let mut reading = Reading::new(top, has_originals);
        let mut after: Option<RowKey> = None;
        loop {
            let page = patience.again(async || self.stores.ledger.rows(after.clone(), PAGE).await).await?;
            let is_last = page.len() < PAGE;
            after = page.last().map(Row::key);
            for row in &page {
                reading.add(row);
            }
            if is_last {
                reading.end_original();
            }
            let ended = std::mem::take(&mut reading.ended);
            if let Some(compared) = &mut reading.stats.compared {
                let asked = ended.into_iter().map(async |original| {
                    let bytes = patience.again(async || self.current_bytes(&original.name).await).await?;
                    Ok::<_, Error>((original, bytes))
                });
                let mut asked = stream::iter(asked).buffer_unordered(AT_ONCE);
                while let Some((original, current)) = asked.try_next().await? {
                    original.compare(current.as_ref(), compared);
                }
            }
            seen(&reading.stats);
            if is_last {
                return Ok(reading.end());
            }
        }
    }

    /// The etag and the length of an original, if it is there.
    async fn current_bytes(&self, name: &str) -> Result<Option<(String, u64)>> {
        match self.stores.originals.head(name).await {
            Ok(head) => Ok(Some((head.etag, head.bytes))),
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The ledger while it is read.
struct Reading {
    stats: Stats,
    recipes: Recipes,
    largest: Largest,
    top: usize,
    /// The one whose rows come just now: every ledger has those of an original together.
    original: Option<Original>,
    /// Those whose rows have all come.
    ended: Vec<Original>,
}

impl Reading {
    fn new(top: usize, has_originals: bool) -> Self {
        let stats = Stats { compared: has_originals.then(Compared::default), ..Stats::default() };
        let (recipes, largest) = (Recipes::default(), Largest::new(top));
        Self { stats, recipes, largest, top, original: None, ended: Vec::new() }
    }

    fn add(&mut self, row: &Row) {
        if self.original.as_ref().is_none_or(|original| original.name != row.name) {
            self.end_original();
            self.original = Some(Original::new(&row.name));
            self.stats.originals += 1;
        }
        if row.is_of_all() {
            self.stats.names += 1;
            return;
        }
        if row.is_of_original() {
            return;
        }
        if let Some(original) = &mut self.original {
            original.add(row);
        }
        self.stats.add(row);
        self.recipes.add(recipe_of(row));
        self.largest.add(row);
    }

    fn end_original(&mut self) {
        if let Some(original) = self.original.take().filter(|_| self.stats.compared.is_some()) {
            self.ended.push(original);
        }
    }

    fn end(self) -> Stats {
        let (recipes, recipes_too_high) = self.recipes.most(self.top);
        Stats { recipes, recipes_too_high, largest: self.largest.into_entries(), ..self.stats }
    }
}

/// A thumbnail's key is a prefix and its original's: with that one taken away it is the same for all.
fn recipe_of(row: &Row) -> &str {
    match Params::parse_recipe(&row.variant) {
        Some(_) => &row.variant,
        None => row.variant.strip_suffix(&row.name).unwrap_or(&row.variant),
    }
}

impl Stats {
    fn add(&mut self, row: &Row) {
        self.variants += 1;
        // Another system's row may say any number.
        self.bytes = self.bytes.saturating_add(row.bytes);
        self.render_ms = self.render_ms.saturating_add(row.render_ms);
        let is_known = self.formats.len() < FORMATS_MAX || self.formats.contains_key(&row.format);
        let format = if is_known { row.format.as_str() } else { "other" };
        let sum = self.formats.entry(format.to_owned()).or_default();
        sum.add(row);
        // A row that another system wrote may have no time.
        if row.time_ms > 0 {
            if self.oldest.as_ref().is_none_or(|oldest| row.time_ms < oldest.time_ms) {
                self.oldest = Some(Entry::of(row));
            }
            if self.newest.as_ref().is_none_or(|newest| row.time_ms > newest.time_ms) {
                self.newest = Some(Entry::of(row));
            }
        }
    }
}

impl Sum {
    fn add(&mut self, row: &Row) {
        (self.variants, self.bytes) = (self.variants + 1, self.bytes.saturating_add(row.bytes));
    }
}

impl Entry {
    fn of(row: &Row) -> Self {
        let Row { name, variant, bytes, time_ms, .. } = row;
        Self { name: name.clone(), variant: variant.clone(), bytes: *bytes, time_ms: *time_ms }
    }
}
