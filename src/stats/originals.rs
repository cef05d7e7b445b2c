//! The variants of one original, until it is known what that is by now.

use super::{Compared, Sum};
use crate::store::Row;

#[derive(Debug)]
pub(super) struct Original {
    pub(super) name: String,
    /// By the etag that they were made from: one, as a rule.
    by_etag: Vec<(String, Sum)>,
}

impl Original {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), by_etag: Vec::new() }
    }

    pub(super) fn add(&mut self, row: &Row) {
        let place = self.by_etag.iter().position(|(etag, _)| *etag == row.source_etag).unwrap_or_else(|| {
            self.by_etag.push((row.source_etag.clone(), Sum::default()));
            self.by_etag.len() - 1
        });
        let (_, sum) = &mut self.by_etag[place];
        sum.add(row);
    }

    /// Beside the original's etag and length; [`None`]: it is gone.
    pub(super) fn compare(self, original: Option<&(String, u64)>, compared: &mut Compared) {
        for (etag, sum) in self.by_etag {
            match original {
                Some((current, bytes)) if *current == etag => {
                    compared.current += sum.variants;
                    compared.original_bytes = compared.original_bytes.saturating_add(*bytes);
                    let saved = difference(bytes.saturating_mul(sum.variants), sum.bytes);
                    compared.saved_bytes = compared.saved_bytes.saturating_add(saved);
                }
                Some(_) => compared.outdated += sum.variants,
                None => compared.orphaned += sum.variants,
            }
        }
    }
}

fn difference(a: u64, b: u64) -> i64 {
    let difference = i128::from(a) - i128::from(b);
    i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
}
