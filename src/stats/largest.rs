//! The largest few of many.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Entry;
use crate::store::Row;

#[derive(Debug)]
pub(super) struct Largest {
    top: usize,
    /// By length, the largest first; of equal ones the first name.
    entries: BTreeMap<(Reverse<u64>, String, String), Entry>,
}

impl Largest {
    pub(super) const fn new(top: usize) -> Self {
        Self { top, entries: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, row: &Row) {
        let is_full = self.entries.len() >= self.top;
        let is_too_small = self.entries.last_key_value().is_none_or(|(_, last)| row.bytes <= last.bytes);
        if is_full && is_too_small {
            return;
        }
        let place = (Reverse(row.bytes), row.name.clone(), row.variant.clone());
        self.entries.insert(place, Entry::of(row));
        if is_full {
            self.entries.pop_last();
        }
    }

    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries.into_values().collect()
    }
}
