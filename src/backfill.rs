//! An original that was there before us gets what it lacks: the thumbnails of an upload, and variants that were asked for.
//!
//! [`Service::fill`] does it for one original, [`Walk`] for all of a bucket, [`Checkpoint`] remembers how far that came.

use std::collections::BTreeMap;

use crate::error::{Error, Kind, Result};
use crate::failure::{Failure, Stage};
use crate::image::sniff::sniff;
use crate::ingest::CHANGES_MAX;
use crate::key::SourceKey;
use crate::patience::Patience;
use crate::service::{Presence, Service};
use crate::store::Head;
use crate::variant::Variant;

mod checkpoint;
mod mark;
mod report;
mod walk;
mod wanted;

pub use checkpoint::{Checkpoint, Run};
pub use report::{Ended, Named, Report, Unmade};
pub use walk::Walk;
pub use wanted::Wanted;

/// How much of a file says what it is.
const BEGINNING_BYTES: u64 = 4096;

/// What became of one original.
#[derive(Debug, Default)]
pub struct Filled {
    /// What was made, by [`Variant::recipe_name`], with its bytes; in a dry run what would be, without.
    pub made: BTreeMap<String, u64>,
    /// Those of it that are thumbnails.
    pub thumbnails: usize,
    /// How many were there.
    pub current: usize,
    /// What can't be made, however often it is tried.
    pub unmade: Vec<Refusal>,
    /// Why there is nothing to make.
    pub skipped: Option<Skipped>,
}

/// A variant that can't be made.
#[derive(Debug)]
pub struct Refusal {
    /// Which.
    pub variant: Variant,
    /// Why.
    pub kind: Kind,
    /// The sentence.
    pub context: String,
}

/// Why an object of the originals bucket gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skipped {
    /// Its name begins as a thumbnail's does.
    Reserved,
    /// Its name is none that our URLs can say.
    Unsayable,
    /// It is no raster picture: it passes through as it is.
    NotResized,
    /// It was deleted after it had been listed.
    Gone,
}

impl Skipped {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reserved => "reserved-name",
            Self::Unsayable => "unsayable-name",
            Self::NotResized => "not-resized",
            Self::Gone => "gone",
        }
    }
}

impl Service {
    /// Makes what an original lacks. What is there of its present bytes is not made again. Unlike [`ingest`](Self::ingest) it lists
    /// no variants where neither rows nor the wanted variants say that there is anything of other bytes.
    ///
    /// An error is the stores' and not the original's: nothing is known then, and what was made stays in `filled` for the next try.
    pub async fn fill(&self, key: &str, wanted: &Wanted, is_dry_run: bool, filled: &mut Filled) -> Result<()> {
        if self.config.policy.thumbnail_of(key).is_some() {
            filled.skipped = Some(Skipped::Reserved);
            return Ok(());
        }
        let Ok(source) = SourceKey::new(key) else {
            filled.skipped = Some(Skipped::Unsayable);
            return Ok(());
        };
        for _ in 0..CHANGES_MAX {
            (filled.current, filled.unmade) = (0, Vec::new());
            let head = match self.stores.originals.head(key).await {
                Ok(head) => head,
                // Who may not look may read none either, and then a whole bucket would be of pictures that can't be made.
                Err(error) if error.kind() == Kind::Forbidden => return Err(error),
                Err(error) => return filled.refuse(error, wanted.of(&source)),
            };
            let missing = self.missing(&source, &head, wanted, is_dry_run, filled).await?;
            if is_dry_run {
                for variant in &missing {
                    filled.add(variant, 0);
                }
                return Ok(());
            }
            if missing.is_empty() || self.fill_in(&source, &head, missing, filled).await? {
                return Ok(());
            }
        }
        Err(Error::new(Kind::Busy, "the original changes faster than its variants can be made"))
    }

    /// What is wanted and not there. Anything of other bytes goes, as after an upload: what was made long ago by another system too.
    async fn missing(
        &self,
        source: &SourceKey,
        original: &Head,
        wanted: &Wanted,
        is_dry_run: bool,
        filled: &mut Filled,
    ) -> Result<Vec<Variant>> {
        let etag = original.etag.as_str();
        let rows = self.stores.ledger.variants_of(source.as_str()).await?;
        let mut has_outdated = rows.iter().any(|row| row.is_outdated(Some(etag)));
        let mut missing = Vec::new();
        for variant in wanted.of(source) {
            let presence = self.presence(&variant, etag, &rows).await?;
            has_outdated |= presence == Presence::OfOtherBytes;
            match presence {
                Presence::Kept if filled.made.contains_key(&variant.recipe_name()) => {}
                Presence::Kept => filled.current += 1,
                Presence::OfOtherBytes | Presence::Missing => missing.push(variant),
            }
        }
        if has_outdated && !is_dry_run {
            self.forget_outdated(source, Some(etag)).await?;
        }
        Ok(missing)
    }

    /// Makes all of these; false if the original is not what it was.
    async fn fill_in(
        &self,
        source: &SourceKey,
        head: &Head,
        missing: Vec<Variant>,
        filled: &mut Filled,
    ) -> Result<bool> {
        let place = self.gate.enter_patiently().await?;
        let original = match self.original(source).await {
            Ok(original) if original.head.etag == head.etag => original,
            Ok(_) => return Ok(false),
            Err(error) => {
                let is_too_large = error.kind() == Kind::TooLarge;
                let error = if is_too_large { self.refusal_of_large(source, head, error).await } else { Some(error) };
                match error {
                    Some(error) => filled.refuse(error, missing)?,
                    None => filled.skipped = Some(Skipped::NotResized),
                }
                return Ok(true);
            }
        };
        if is_passed_through(&original.body) {
            filled.skipped = Some(Skipped::NotResized);
            return Ok(true);
        }
        for (variant, made) in self.make_together(place, original, missing).await? {
            match made {
                Ok(fresh) => {
                    if !self.keep_for_good(&fresh).await? {
                        return Ok(false);
                    }
                    filled.add(&variant, fresh.bytes() as u64);
                }
                Err(error) if error.kind().is_transient() => return Err(error),
                Err(error) => filled.unmade.push(Refusal::new(variant, &error)),
            }
        }
        Ok(true)
    }

    /// What is to be said of an original that is too large to be read; [`None`] if by its beginning it is nothing to be resized.
    async fn refusal_of_large(&self, source: &SourceKey, head: &Head, too_large: Error) -> Option<Error> {
        let beginning = 0..head.bytes.min(BEGINNING_BYTES);
        match self.stores.originals.get_range(source.as_str(), &head.etag, beginning).await {
            Ok(beginning) if is_passed_through(&beginning) => None,
            Ok(_) => Some(too_large),
            Err(error) => Some(error),
        }
    }

    /// Leaves the messages by which [`redrive`](Self::redrive) tries again what can't be made: one for all the thumbnails, as an upload
    /// leaves it, and one for each variant.
    ///
    /// Each is sent with patience of its own, so that one which the queue does not take at once doubles none of the others.
    pub async fn report_unmade(&self, key: &str, unmade: &[Refusal], patience: &Patience) -> Result<()> {
        let of_upload = unmade.iter().find(|refusal| refusal.variant.thumbnail_prefix.is_some());
        let of_variants = unmade.iter().filter(|refusal| refusal.variant.thumbnail_prefix.is_none());
        for refusal in of_upload.into_iter().chain(of_variants) {
            let Refusal { variant, kind, context } = refusal;
            let stage = if variant.thumbnail_prefix.is_some() { Stage::Upload } else { Stage::Persist };
            let (bucket, recipe) = (self.config.originals_bucket(), Some(variant.recipe_name()));
            let error = &Error::new(*kind, context);
            let failure = Failure { bucket, key, stage, recipe, etag: None, error };
            patience.again(async || self.leave_message(&failure).await).await?;
        }
        Ok(())
    }
}

fn is_passed_through(body: &[u8]) -> bool {
    sniff(body).is_some_and(|file_type| file_type.output().is_none())
}

impl Filled {
    fn add(&mut self, variant: &Variant, bytes: u64) {
        let is_new = self.made.insert(variant.recipe_name(), bytes).is_none();
        self.thumbnails += usize::from(is_new && variant.thumbnail_prefix.is_some());
    }

    /// The original is gone, or its bucket does not give it out.
    fn refuse(&mut self, error: Error, missing: Vec<Variant>) -> Result<()> {
        match error.kind() {
            Kind::NotFound => self.skipped = Some(Skipped::Gone),
            Kind::Busy | Kind::Upstream | Kind::Deadline => return Err(error),
            Kind::Invalid | Kind::Forbidden | Kind::TooLarge | Kind::Unsupported | Kind::Corrupt | Kind::Bug => {
                self.unmade = missing.into_iter().map(|variant| Refusal::new(variant, &error)).collect();
            }
        }
        Ok(())
    }
}

impl Refusal {
    fn new(variant: Variant, error: &Error) -> Self {
        Self { variant, kind: error.kind(), context: error.context().to_owned() }
    }
}
