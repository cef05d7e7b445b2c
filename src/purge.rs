//! Everything that was made of some originals is forgotten, whoever still knows of it: `pixfront purge`.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::error::{Error, Result};
use crate::key::{SourceKey, VariantKey};
use crate::outdated::Forgotten;
use crate::params::Params;
use crate::patience::Patience;
use crate::service::Service;
use crate::store::{Row, RowKey, now_ms};

/// What is listed at a time.
const PAGE: usize = 1000;
/// Originals whose rows are dealt with at a time: each is a round trip.
const AT_ONCE: usize = 8;

/// Which originals, by what their keys begin with; the originals themselves stay.
pub struct Purge<'a> {
    /// On whose stores.
    pub service: &'a Service,
    /// Empty: all of them.
    pub prefix: &'a str,
    /// Whether only to count.
    pub is_dry_run: bool,
    /// How often a store that fails is asked again.
    pub patience: Patience,
}

impl Purge<'_> {
    /// Forgets. An original may be gone, and what was made of it be known to the variants bucket alone, or to the ledger alone: so
    /// both are walked over.
    ///
    /// All objects first, then the distribution is told of all at once (it takes few wildcards at a time, and each path may cost), and
    /// rows last. A run that failed in the middle is run again, and tells again.
    pub async fn run(&self, mut seen: impl FnMut(Forgotten)) -> Result<Forgotten> {
        let mut total = Forgotten::default();
        let mut add = |forgotten: Forgotten| {
            total = sum(total, forgotten);
            seen(total);
        };
        self.objects(self.prefix, source_of, &mut add).await?;
        let thumbnails = || self.service.config().policy.thumbnails.iter().map(|thumbnail| thumbnail.prefix.as_str());
        for prefix in thumbnails() {
            let source_of = |key: &str| SourceKey::new(key.strip_prefix(prefix)?).ok();
            self.objects(&format!("{prefix}{}", self.prefix), source_of, &mut add).await?;
        }
        let gone_ms = now_ms();
        if let Some(distribution) = self.service.stores().distribution.as_ref().filter(|_| !self.is_dry_run) {
            self.patience.again(async || distribution.invalidate_prefix(self.prefix, thumbnails()).await).await?;
        }
        self.rows(gone_ms, &mut add).await?;
        Ok(total)
    }

    /// Deletes what the variants bucket has under this prefix of such originals.
    async fn objects(
        &self,
        prefix: &str,
        source_of: impl Fn(&str) -> Option<SourceKey>,
        add: &mut impl FnMut(Forgotten),
    ) -> Result<()> {
        let bucket = &self.service.stores().variants;
        let mut after: Option<String> = None;
        loop {
            let page = self.patience.again(async || bucket.list(prefix, after.as_deref(), PAGE).await).await?;
            let (is_last, last) = (page.len() < PAGE, page.last().cloned());
            // `cat.jpg/` begins `cat.jpg/w=4` as well, which is not below it.
            let is_ours = |key: &String| source_of(key).is_some_and(|source| source.as_str().starts_with(self.prefix));
            let keys: Vec<_> = page.into_iter().filter(is_ours).collect();
            self.delete(&keys).await?;
            add(Forgotten { objects: keys.len(), rows: 0 });
            if is_last {
                return Ok(());
            }
            after = last;
        }
    }

    async fn delete(&self, keys: &[String]) -> Result<()> {
        if self.is_dry_run || keys.is_empty() {
            return Ok(());
        }
        self.patience.again(async || self.service.stores().variants.delete(keys).await).await
    }

    /// Forgets the rows, and thumbnails that only they know of. What was made since all was gone keeps its own.
    async fn rows(&self, gone_ms: u64, add: &mut impl FnMut(Forgotten)) -> Result<()> {
        let ledger = &self.service.stores().ledger;
        let mut told = BTreeSet::new();
        let mut after: Option<RowKey> = None;
        loop {
            let page = self.patience.again(async || ledger.rows(after.clone(), PAGE).await).await?;
            let (is_last, last) = (page.len() < PAGE, page.last().map(Row::key));
            // A row from the future is another system's.
            let now_ms = now_ms();
            let is_made_since = |row: &Row| row.time_ms > gone_ms && row.time_ms <= now_ms;
            let is_ours = |row: &Row| row.name.starts_with(self.prefix) && !is_made_since(row);
            let rows: Vec<_> = page.into_iter().filter(is_ours).collect();
            let former = self.former_thumbnails(&rows).await?;
            let keys: Vec<_> = former.iter().map(|(_, key)| key.as_str().to_owned()).collect();
            self.delete(&keys).await?;
            self.tell_of(former.into_iter().map(|(prefix, _)| prefix), &mut told).await?;
            self.forget(&rows).await?;
            add(Forgotten { objects: keys.len(), rows: rows.len() });
            if is_last {
                return Ok(());
            }
            after = last;
        }
    }

    /// Those that these rows alone know of, each with its prefix.
    async fn former_thumbnails(&self, rows: &[Row]) -> Result<Vec<(String, VariantKey)>> {
        let found = by_name(rows).map(async |rows| {
            let Ok(source) = SourceKey::new(&rows[0].name) else { return Ok::<_, Error>(Vec::new()) };
            let names = || rows.iter().map(|row| row.variant.as_str());
            let prefixes = self.patience.again(async || self.service.former_thumbnails(&source, names()).await).await?;
            let keyed = prefixes.into_iter().map(|prefix| {
                let key = VariantKey::thumbnail(&prefix, &source);
                (prefix, key)
            });
            Ok(keyed.collect())
        });
        let found: Vec<Vec<_>> = stream::iter(found).buffered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Tells the distribution of thumbnails of these prefixes, of each once.
    async fn tell_of(&self, former: impl Iterator<Item = String>, told: &mut BTreeSet<String>) -> Result<()> {
        let Some(distribution) = &self.service.stores().distribution else { return Ok(()) };
        // Of everything it was told already.
        if self.is_dry_run || self.prefix.is_empty() {
            return Ok(());
        }
        for thumbnail in former {
            if !told.contains(&thumbnail) {
                let prefix = format!("{thumbnail}{}", self.prefix);
                let none = std::iter::empty;
                self.patience.again(async || distribution.invalidate_prefix(&prefix, none()).await).await?;
                told.insert(thumbnail);
            }
        }
        Ok(())
    }

    async fn forget(&self, rows: &[Row]) -> Result<()> {
        if self.is_dry_run {
            return Ok(());
        }
        let ledger = &self.service.stores().ledger;
        let forgetting = by_name(rows).map(async |rows| {
            let variants: Vec<_> = rows.iter().map(|row| row.variant.clone()).collect();
            self.patience.again(async || ledger.forget(&rows[0].name, &variants).await).await
        });
        stream::iter(forgetting).buffer_unordered(AT_ONCE).try_collect().await
    }
}

impl Service {
    /// What [`forget`](Self::forget) would forget.
    pub async fn forgettable(&self, source: &SourceKey) -> Result<Forgotten> {
        let objects = self.outdated_objects(source, None).await?.len();
        let rows = self.stores.ledger.variants_of(source.as_str()).await?;
        let former = self.former_thumbnails(source, rows.iter().map(|row| row.variant.as_str())).await?;
        Ok(Forgotten { objects: objects + former.len(), rows: rows.len() })
    }
}

/// The rows of each original: they stand together.
fn by_name(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|a, b| a.name == b.name)
}

/// The original of a variant's key, which is all before its recipe.
fn source_of(key: &str) -> Option<SourceKey> {
    let (source, recipe) = key.rsplit_once('/')?;
    Params::parse_recipe(recipe).and_then(|_| SourceKey::new(source).ok())
}

fn sum(a: Forgotten, b: Forgotten) -> Forgotten {
    Forgotten { objects: a.objects + b.objects, rows: a.rows + b.rows }
}
