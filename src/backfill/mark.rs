//! Up to which key everything is done, while several are under way and end in any order.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The low-water mark of keys that are begun in order. It holds no more than those that are under way.
#[derive(Debug, Default)]
pub(super) struct Mark {
    begun: u64,
    last: Option<Arc<str>>,
    /// What is not done, each with the key before it.
    open: BTreeMap<u64, Option<Arc<str>>>,
    /// The first that will not be done in this run: nothing behind it counts any more.
    stuck: Option<u64>,
}

impl Mark {
    /// Where an earlier run came to.
    pub(super) fn new(after: Option<&str>) -> Self {
        Self { last: after.map(Into::into), ..Self::default() }
    }

    pub(super) fn begin(&mut self, key: &str) -> u64 {
        let number = self.begun;
        self.begun += 1;
        self.open.insert(number, self.last.replace(key.into()));
        number
    }

    pub(super) fn end(&mut self, number: u64) {
        self.open.remove(&number);
    }

    /// This one is left undone.
    pub(super) fn give_up(&mut self, number: u64) {
        let later = match self.stuck {
            Some(stuck) if stuck < number => Some(number),
            earlier => {
                self.stuck = Some(number);
                earlier
            }
        };
        if let Some(later) = later {
            self.open.remove(&later);
        }
    }

    /// The last key up to which everything is done.
    pub(super) fn up_to(&self) -> Option<&str> {
        match self.open.first_key_value() {
            Some((_, before)) => before.as_deref(),
            None => self.last.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_before_the_first_that_is_not_done() {
        let mut mark = Mark::new(Some("a"));
        assert_eq!(mark.up_to(), Some("a"));
        let [b, c, d] = ["b", "c", "d"].map(|key| mark.begin(key));
        mark.end(d);
        mark.end(c);
        assert_eq!(mark.up_to(), Some("a"));
        mark.end(b);
        assert_eq!(mark.up_to(), Some("d"));
    }

    #[test]
    fn what_is_given_up_holds_it_for_good() {
        let mut mark = Mark::new(None);
        let numbers = ["a", "b", "c", "d"].map(|key| mark.begin(key));
        mark.give_up(numbers[2]);
        mark.give_up(numbers[3]);
        mark.give_up(numbers[1]);
        assert_eq!((mark.up_to(), mark.open.len()), (None, 2), "only the first is kept");
        mark.end(numbers[0]);
        assert_eq!(mark.up_to(), Some("a"));
    }
}
