//! What a walk came to, as far as it came.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Filled, Refusal};
use crate::error::Error;

/// So many of each kind of failure are named; the log has them all.
const NAMED_MAX: usize = 10;

/// Counts of a walk.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// How it ended.
    pub ended: Ended,
    /// The key up to which everything is done.
    pub up_to: Option<String>,
    /// Objects of the originals bucket that are dealt with, skipped ones too.
    pub originals: u64,
    /// Thumbnails that were made; in a dry run, that would be.
    pub thumbnails: u64,
    /// Other variants that were made; in a dry run, that would be.
    pub variants: u64,
    /// The length of all that was made.
    pub bytes: u64,
    /// What was there.
    pub current: u64,
    /// Originals that get nothing, by [`Skipped::name`](super::Skipped::name).
    pub skipped: BTreeMap<&'static str, u64>,
    /// What can't be made, by the kind of failure.
    pub failed: BTreeMap<&'static str, Unmade>,
    /// Originals whose stores failed however often they were asked, by the kind of failure: they are not done.
    pub undone: BTreeMap<&'static str, Unmade>,
}

/// How a walk ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// At the end of the bucket, or of the prefix.
    Complete,
    /// At the number of originals that was asked for.
    Limit,
    /// Someone asked it to stop.
    Stopped,
    /// A store failed.
    #[default]
    Failed,
}

/// Failures of one kind.
#[derive(Debug, Default, Serialize)]
pub struct Unmade {
    /// How many.
    pub count: u64,
    /// The first few.
    pub first: Vec<Named>,
}

/// A failure.
#[derive(Debug, Serialize)]
pub struct Named {
    /// The original.
    pub key: String,
    /// [`Variant::recipe_name`](crate::variant::Variant::recipe_name); [`None`] if it did not come to one.
    pub recipe: Option<String>,
    /// The sentence.
    pub message: String,
}

impl Report {
    pub(super) fn add(&mut self, key: &str, filled: Filled) {
        self.thumbnails += filled.thumbnails as u64;
        self.variants += (filled.made.len() - filled.thumbnails) as u64;
        self.bytes += filled.made.values().sum::<u64>();
        self.current += filled.current as u64;
        if let Some(skipped) = filled.skipped {
            *self.skipped.entry(skipped.name()).or_default() += 1;
        }
        for Refusal { variant, kind, context } in filled.unmade {
            let (kind, recipe) = (kind.name(), variant.recipe_name());
            tracing::warn!(key, recipe, kind, error = context, "a variant can't be made");
            self.failed.entry(kind).or_default().add(key, Some(recipe), &context);
        }
    }

    pub(super) fn add_undone(&mut self, key: &str, error: &Error) {
        let kind = error.kind().name();
        tracing::warn!(key, kind, error = error.chain(), "an original is not done");
        self.undone.entry(kind).or_default().add(key, None, error.context());
    }
}

impl Unmade {
    fn add(&mut self, key: &str, recipe: Option<String>, message: &str) {
        self.count += 1;
        if self.first.len() < NAMED_MAX {
            self.first.push(Named { key: key.to_owned(), recipe, message: message.to_owned() });
        }
    }
}
