//! The recipes that most originals have, in bounded memory: whoever may ask for any size can make thousands of recipes.

use std::cmp::Reverse;
use std::collections::HashMap;

/// So many are counted at a time, some megabytes.
const RECIPES_MAX: usize = 20_000;

/// Lossy counting: when there are too many, the rarest are dropped, and whoever comes later may have been among them.
#[derive(Debug, Default)]
pub(super) struct Recipes {
    counts: HashMap<String, u64>,
    /// The most that anyone may have been dropped with.
    dropped: u64,
}

impl Recipes {
    pub(super) fn add(&mut self, recipe: &str) {
        if let Some(count) = self.counts.get_mut(recipe) {
            *count += 1;
            return;
        }
        while self.counts.len() >= RECIPES_MAX {
            self.dropped += 1;
            let dropped = self.dropped;
            self.counts.retain(|_, count| *count > dropped);
        }
        self.counts.insert(recipe.to_owned(), self.dropped + 1);
    }

    /// The most frequent ones, and by how much their counts may be too high.
    pub(super) fn most(self, top: usize) -> (Vec<(String, u64)>, u64) {
        let mut recipes: Vec<_> = self.counts.into_iter().collect();
        recipes.sort_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
        recipes.truncate(top);
        (recipes, self.dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_frequent_is_found_among_very_many() {
        let mut recipes = Recipes::default();
        for number in 0..RECIPES_MAX * 5 {
            recipes.add(&format!("w={number}"));
            if number % 4 == 0 {
                recipes.add("hot");
            }
        }
        assert!(recipes.counts.len() <= RECIPES_MAX);
        let (most, too_high) = recipes.most(1);
        let true_count = RECIPES_MAX as u64 * 5 / 4;
        assert!(most[0].0 == "hot" && (true_count..=true_count + too_high).contains(&most[0].1), "{most:?} {too_high}");
        assert!(too_high > 0 && too_high < 10, "{too_high}");
    }

    #[test]
    fn few_are_counted_exactly() {
        let mut recipes = Recipes::default();
        for recipe in ["b", "a", "c", "b", "a", "d"] {
            recipes.add(recipe);
        }
        let counted = [("a", 2), ("b", 2), ("c", 1)].map(|(recipe, count)| (recipe.to_owned(), count));
        assert_eq!(recipes.most(3), (counted.to_vec(), 0));
    }
}
