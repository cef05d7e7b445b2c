//! Several variants of one original: which of them are kept already, and the others, made together.

use std::time::Instant;

use super::{Fresh, Kept, Service, is_made_from, is_of_this_epoch};
use crate::error::{Kind, Result};
use crate::gate::Place;
use crate::reply::Timing;
use crate::store::{Object, Row};
use crate::variant::Variant;

/// What there is of a variant, beside the original of today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It is in the bucket, as it would come out now, and in the ledger.
    Kept,
    /// It is in the bucket, made from other bytes.
    OfOtherBytes,
    /// It is not there, or has no row, or is of a version with other pictures.
    Missing,
}

impl Service {
    /// What there is of a variant whose original has this etag and these rows.
    pub(crate) async fn presence(&self, variant: &Variant, etag: &str, rows: &[Row]) -> Result<Presence> {
        match self.stores.variants.head(variant.key().as_str()).await {
            Ok(head) if !is_made_from(&head, etag) => Ok(Presence::OfOtherBytes),
            Ok(head) => {
                let is_recorded = rows.iter().any(|row| row.is_of(&variant.row_name(), etag));
                let is_kept = is_of_this_epoch(&head) && is_recorded;
                Ok(if is_kept { Presence::Kept } else { Presence::Missing })
            }
            Err(error) if error.kind() == Kind::NotFound => Ok(Presence::Missing),
            Err(error) => Err(error),
        }
    }

    /// Makes these variants of an original, in their order, or says why one of them can't be made.
    pub(crate) async fn make_together(
        &self,
        place: Place,
        original: Object,
        variants: Vec<Variant>,
    ) -> Result<Vec<(Variant, Result<Fresh>)>> {
        // By value: others may render behind this, and there may be many that still store, so the body goes here.
        let Object { head: original, body } = original;
        let begun = Instant::now();
        let rendered = self.render_all(place, &body, &variants.iter().collect::<Vec<_>>()).await?;
        // Decoded once for all, so none of them took a time of its own.
        let each = begun.elapsed() / u32::try_from(variants.len()).unwrap_or(u32::MAX).max(1);
        let made = variants.into_iter().zip(rendered).map(|(variant, rendered)| {
            let timing = Timing { render: each, ..Timing::default() };
            let fresh = |rendered| Fresh { variant: variant.clone(), original: original.clone(), rendered, timing };
            let made = rendered.map(fresh);
            (variant, made)
        });
        Ok(made.collect())
    }

    /// Keeps what was made, with its row; false if its original is not what it was any more.
    pub(crate) async fn keep_for_good(&self, fresh: &Fresh) -> Result<bool> {
        match self.keep(fresh).await? {
            Kept::Stored { recorded } => recorded.map(|()| true),
            Kept::Outdated => Ok(false),
            Kept::Doubtful(error) => Err(error),
        }
    }
}
