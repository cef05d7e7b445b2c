//! Everything that was made of some originals is forgotten, whoever still knows of it: `pixfront purge`.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::error::Result;
use crate::key::SourceKey;
use crate::outdated::Forgotten;
use crate::params::Params;
use crate::patience::Patience;
use crate::service::Service;
use crate::store::{ObjectStore, Row, RowKey};

/// What is listed at a time.
const PAGE: usize = 1000;
/// Originals that are forgotten at a time: each is a few round trips.
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
    /// both are walked over. Where a distribution is to be told, so are the originals, since it may have what no store has any more.
    pub async fn run(&self, mut seen: impl FnMut(Forgotten)) -> Result<Forgotten> {
        let mut total = Forgotten::default();
        let mut add = |forgotten: Forgotten| {
            total = sum(total, forgotten);
            seen(total);
        };
        let stores = self.service.stores();
        if stores.distribution.is_some() && !self.is_dry_run {
            self.objects(&*stores.originals, self.prefix, |key| SourceKey::new(key).ok(), &mut add).await?;
        }
        self.objects(&*stores.variants, self.prefix, source_of, &mut add).await?;
        for thumbnail in &self.service.config().policy.thumbnails {
            let prefix = &thumbnail.prefix;
            let source_of = |key: &str| SourceKey::new(key.strip_prefix(prefix.as_str())?).ok();
            self.objects(&*stores.variants, &format!("{prefix}{}", self.prefix), source_of, &mut add).await?;
        }
        self.rows(&mut add).await?;
        Ok(total)
    }

    /// Forgets what a bucket has keys of. In a dry run each key counts; else the first of an original takes the others with it.
    async fn objects(
        &self,
        bucket: &dyn ObjectStore,
        prefix: &str,
        source_of: impl Fn(&str) -> Option<SourceKey>,
        add: &mut impl FnMut(Forgotten),
    ) -> Result<()> {
        let mut after: Option<String> = None;
        loop {
            let page = self.patience.again(async || bucket.list(prefix, after.as_deref(), PAGE).await).await?;
            let sources = page.iter().filter_map(|key| source_of(key));
            // `cat.jpg/` begins `cat.jpg/w=4` as well, which is not below it.
            let sources: Vec<_> = sources.filter(|source| source.as_str().starts_with(self.prefix)).collect();
            if self.is_dry_run {
                add(Forgotten { objects: sources.len(), rows: 0 });
            } else {
                self.forget(sources, add).await?;
            }
            if page.len() < PAGE {
                return Ok(());
            }
            after = page.into_iter().last();
        }
    }

    /// Forgets what only the ledger knows.
    async fn rows(&self, add: &mut impl FnMut(Forgotten)) -> Result<()> {
        let ledger = &self.service.stores().ledger;
        let mut after: Option<RowKey> = None;
        loop {
            let page = self.patience.again(async || ledger.rows(after.clone(), PAGE).await).await?;
            let (is_last, last) = (page.len() < PAGE, page.last().map(Row::key));
            let rows: Vec<_> = page.into_iter().filter(|row| row.name.starts_with(self.prefix)).collect();
            if self.is_dry_run {
                add(Forgotten { objects: 0, rows: rows.len() });
            } else {
                // Those that another system wrote may have names that are none of ours.
                let (ours, others): (Vec<_>, Vec<_>) =
                    rows.into_iter().partition(|row| SourceKey::new(&row.name).is_ok());
                for row in others {
                    let variants = [row.variant];
                    self.patience.again(async || ledger.forget(&row.name, &variants).await).await?;
                    add(Forgotten { objects: 0, rows: 1 });
                }
                self.forget(ours.into_iter().filter_map(|row| SourceKey::new(row.name).ok()), add).await?;
            }
            if is_last {
                return Ok(());
            }
            after = last;
        }
    }

    async fn forget(
        &self,
        sources: impl IntoIterator<Item = SourceKey>,
        add: &mut impl FnMut(Forgotten),
    ) -> Result<()> {
        let names: BTreeSet<String> = sources.into_iter().map(|source| source.as_str().to_owned()).collect();
        let sources = names.into_iter().filter_map(|name| SourceKey::new(name).ok());
        let forgetting =
            sources.map(async |source| self.patience.again(async || self.service.forget(&source).await).await);
        let mut forgotten = stream::iter(forgetting).buffer_unordered(AT_ONCE);
        while let Some(forgotten) = forgotten.try_next().await? {
            add(forgotten);
        }
        Ok(())
    }
}

impl Service {
    /// What [`forget`](Self::forget) would forget.
    pub async fn forgettable(&self, source: &SourceKey) -> Result<Forgotten> {
        let objects = self.outdated_objects(source, None).await?.len();
        let rows = self.stores.ledger.variants_of(source.as_str()).await?.len();
        Ok(Forgotten { objects, rows })
    }
}

/// The original of a variant's key, which is all before its recipe.
fn source_of(key: &str) -> Option<SourceKey> {
    let (source, recipe) = key.rsplit_once('/')?;
    Params::parse_recipe(recipe).and_then(|_| SourceKey::new(source).ok())
}

fn sum(a: Forgotten, b: Forgotten) -> Forgotten {
    Forgotten { objects: a.objects + b.objects, rows: a.rows + b.rows }
}
