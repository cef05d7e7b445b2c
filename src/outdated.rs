//! What goes when an original is overwritten or deleted: its variants, what CloudFront keeps of them, and their rows.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::error::{Error, Kind, Result};
use crate::key::{SourceKey, VariantKey};
use crate::params::Params;
use crate::service::{Service, is_made_from, is_made_of};
use crate::store::Row;

/// What was there to be forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Objects of the variants bucket.
    pub objects: usize,
    /// Rows of the ledger that were there.
    pub rows: usize,
}

impl Service {
    /// Forgets every variant of a source, whatever it was made from. An original that is there gets new ones when asked for.
    pub async fn forget(&self, source: &SourceKey) -> Result<Forgotten> {
        self.forget_outdated(source, None).await
    }

    /// Forgets the variants of a source but those made from the bytes with this etag. By listing, not by the ledger: a row may be
    /// missing, an object can't hide.
    ///
    /// Objects first and rows last. Whoever comes again after a failure in the middle finds the rows, and so knows that
    /// CloudFront may not have been told.
    pub(crate) async fn forget_outdated(&self, source: &SourceKey, current_etag: Option<&str>) -> Result<Forgotten> {
        let mut objects = self.outdated_objects(source, current_etag).await?;
        let (prefix, recorded) = (source.variants_prefix(), self.stores.ledger.variants_of(source.as_str()).await?);
        // Also those whose object is gone, because it was withdrawn or expired.
        let mut rows: BTreeSet<String> =
            recorded.iter().filter(|row| row.is_outdated(current_etag)).map(|row| row.variant.clone()).collect();
        let former = self.former_thumbnails(source, rows.iter().map(String::as_str)).await?;
        // That of a table of names says only that there was something of this name.
        let is_news = current_etag.is_none() || !rows.is_empty() || recorded.iter().any(Row::is_of_all);
        let unrecorded: Vec<String> = objects
            .iter()
            .map(|key| key.strip_prefix(&prefix).unwrap_or(key).to_owned())
            .filter(|name| !rows.contains(name))
            .collect();
        objects.extend(former.iter().map(|prefix| VariantKey::thumbnail(prefix, source).as_str().to_owned()));
        let forgotten = Forgotten { objects: objects.len(), rows: rows.len() };
        let is_news = is_news || !unrecorded.is_empty();
        if self.stores.distribution.is_some() {
            for name in &unrecorded {
                self.stores.ledger.record(Row::outdated(source.as_str(), name)).await?;
            }
            // A table of names has the one row of all by now, which goes with a deleted original.
            if !unrecorded.is_empty() && recorded.is_empty() {
                let now = self.stores.ledger.variants_of(source.as_str()).await?;
                rows.extend(now.into_iter().filter(|row| row.is_outdated(current_etag)).map(|row| row.variant));
            }
        }
        rows.extend(unrecorded);
        self.stores.variants.delete(&objects).await?;
        if is_news {
            self.tell_of(source, &former).await?;
        }
        self.stores.ledger.forget(source.as_str(), &rows.iter().cloned().collect::<Vec<_>>()).await?;
        Ok(forgotten)
    }

    /// Tells the distribution, where there is one, to ask again for the original and all that is made of it.
    pub(crate) async fn invalidate(&self, source: &SourceKey) -> Result<()> {
        self.tell_of(source, &[]).await
    }

    /// The same, with thumbnails of these prefixes as well.
    async fn tell_of(&self, source: &SourceKey, former: &[String]) -> Result<()> {
        let Some(distribution) = &self.stores.distribution else { return Ok(()) };
        let prefixes = self.config.policy.thumbnails.iter().map(|thumbnail| &*thumbnail.prefix);
        // Boxed: within all the others it would be too deep a type for the compiler.
        Box::pin(distribution.invalidate(source, prefixes.chain(former.iter().map(String::as_str)))).await
    }

    /// The prefixes of thumbnails that are stored, and that none but these rows know of any more: the list of prefixes was changed since.
    /// A row may be another system's and say anything, so it is the object that says of which original it is.
    pub(crate) async fn former_thumbnails(
        &self,
        source: &SourceKey,
        rows: impl Iterator<Item = &str>,
    ) -> Result<Vec<String>> {
        let mut former = Vec::new();
        for name in rows {
            let prefix = name.strip_suffix(source.as_str()).filter(|prefix| !prefix.is_empty());
            let Some(prefix) = prefix.filter(|_| Params::parse_recipe(name).is_none()) else { continue };
            if self.config.policy.thumbnails.iter().any(|thumbnail| thumbnail.prefix == prefix) {
                continue;
            }
            match self.stores.variants.head(name).await {
                Ok(head) if is_made_of(&head, source) => former.push(prefix.to_owned()),
                Ok(_) => {}
                Err(error) if error.kind() == Kind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(former)
    }

    pub(crate) async fn outdated_objects(&self, source: &SourceKey, current_etag: Option<&str>) -> Result<Vec<String>> {
        // Each is a round trip, and a source may have hundreds of variants.
        const AT_ONCE: usize = 16;
        let thumbnails = self.config.policy.thumbnails.iter();
        let mut doubtful: Vec<String> =
            thumbnails.map(|thumbnail| VariantKey::thumbnail(&thumbnail.prefix, source).as_str().to_owned()).collect();
        let mut outdated = self.listed(source).await?;
        if current_etag.is_some() {
            doubtful.append(&mut outdated);
        }
        let looked_at = doubtful.into_iter().map(async |key| {
            let is_outdated = self.is_outdated(&key, current_etag).await?;
            Ok::<_, Error>(is_outdated.then_some(key))
        });
        let looked_at: Vec<_> = stream::iter(looked_at).buffered(AT_ONCE).try_collect().await?;
        outdated.extend(looked_at.into_iter().flatten());
        Ok(outdated)
    }

    /// The keys of a source's variants, but for its thumbnails, whose names are known.
    async fn listed(&self, source: &SourceKey) -> Result<Vec<String>> {
        const PAGE: usize = 1000;
        let prefix = source.variants_prefix();
        let (mut keys, mut after) = (Vec::new(), None);
        loop {
            let page = self.stores.variants.list(&prefix, after.as_deref(), PAGE).await?;
            let is_last = page.len() < PAGE;
            after = page.last().cloned();
            keys.extend(page.into_iter().filter(|key| source.is_variant_of(key)));
            if is_last {
                return Ok(keys);
            }
        }
    }

    /// Whether it is stored, of other bytes than those.
    async fn is_outdated(&self, variant: &str, current_etag: Option<&str>) -> Result<bool> {
        match self.stores.variants.head(variant).await {
            Ok(head) => Ok(!current_etag.is_some_and(|etag| is_made_from(&head, etag))),
            Err(error) if error.kind() == Kind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}
