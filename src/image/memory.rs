//! The memory of pixels. What is large is kept for the next picture: new memory costs the system more time than a decoder needs to
//! fill it, a fault for every 4 KB.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Below it the allocator reuses memory itself.
const LEAST: usize = 1 << 20;
/// What is kept in all.
const MOST: usize = 64 << 20;

static POOL: Mutex<Pool> = Mutex::new(Pool { kept: VecDeque::new() });

/// Bytes that go back to where they came from.
#[derive(Debug)]
pub(crate) struct Memory(Vec<u8>);

impl Memory {
    pub(crate) fn zeroed(length: usize) -> Self {
        let kept = if length < LEAST { None } else { pool(|pool| pool.take(length)) };
        Self(kept.map_or_else(
            || vec![0; length],
            |mut memory| {
                memory.clear();
                memory.resize(length, 0);
                memory
            },
        ))
    }
}

impl Memory {
    /// Keeps the first so many.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }
}

impl From<Vec<u8>> for Memory {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Clone for Memory {
    fn clone(&self) -> Self {
        let mut memory = Self::zeroed(self.len());
        memory.copy_from_slice(self);
        memory
    }
}

impl Deref for Memory {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Memory {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.0.capacity() >= LEAST {
            let memory = std::mem::take(&mut self.0);
            // Whatever falls out is freed outside the lock.
            drop(pool(|pool| pool.give(memory)));
        }
    }
}

fn pool<T>(work: impl FnOnce(&mut Pool) -> T) -> T {
    work(&mut POOL.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The oldest first.
struct Pool {
    kept: VecDeque<Vec<u8>>,
}

impl Pool {
    /// The smallest that is large enough, but not twice as large. Where there is none as much is given up as must be allocated now.
    fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        let fits = |memory: &&Vec<u8>| (length..2 * length).contains(&memory.capacity());
        let best = self.kept.iter().filter(fits).map(Vec::capacity).min();
        let place = best.and_then(|best| self.kept.iter().position(|memory| memory.capacity() == best));
        if place.is_none() {
            self.shrink_to(self.total().saturating_sub(length));
        }
        self.kept.remove(place?)
    }

    /// Returns what can't be kept for it.
    fn give(&mut self, memory: Vec<u8>) -> Vec<Vec<u8>> {
        if memory.capacity() > MOST {
            return vec![memory];
        }
        self.kept.push_back(memory);
        self.shrink_to(MOST)
    }

    fn shrink_to(&mut self, most: usize) -> Vec<Vec<u8>> {
        let mut freed = Vec::new();
        while self.total() > most {
            freed.extend(self.kept.pop_front());
        }
        freed
    }

    fn total(&self) -> usize {
        self.kept.iter().map(Vec::capacity).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: usize = 1 << 20;

    fn pool_of(sizes: &[usize]) -> Pool {
        Pool { kept: sizes.iter().map(|size| Vec::with_capacity(size * MB)).collect() }
    }

    fn sizes(pool: &Pool) -> Vec<usize> {
        pool.kept.iter().map(|memory| memory.capacity() / MB).collect()
    }

    #[test]
    fn the_smallest_that_is_large_enough_is_taken() {
        let mut pool = pool_of(&[9, 5, 7, 3]);
        assert_eq!(pool.take(4 * MB).map(|memory| memory.capacity()), Some(5 * MB));
        assert_eq!(pool.take(7 * MB).map(|memory| memory.capacity()), Some(7 * MB));
        assert_eq!(sizes(&pool), [9, 3]);
    }

    #[test]
    fn what_is_allocated_is_given_up_elsewhere() {
        let mut pool = pool_of(&[9, 5, 3]);
        assert_eq!(pool.take(4 * MB + MB / 2).map(|memory| memory.capacity()), Some(5 * MB));
        // Nothing is twice as large as it need be, and the oldest go.
        assert_eq!(pool.take(MB), None);
        assert_eq!(sizes(&pool), [3]);
        assert_eq!(pool.take(20 * MB), None);
        assert_eq!(sizes(&pool), [0; 0]);
    }

    #[test]
    fn no_more_is_kept_than_may_be() {
        let mut pool = pool_of(&[]);
        for size in [30, 20, 10, 9] {
            pool.give(Vec::with_capacity(size * MB));
        }
        assert_eq!(sizes(&pool), [20, 10, 9]);
        assert_eq!(pool.give(Vec::with_capacity(MOST + 1)).len(), 1);
        assert_eq!(sizes(&pool), [20, 10, 9]);
    }

    /// Of no earlier picture.
    #[test]
    fn what_is_used_again_is_black() {
        for _ in 0..8 {
            let mut memory = Memory::zeroed(3 * MB + 1);
            assert!(memory.iter().all(|byte| *byte == 0));
            memory.fill(0xA5);
            assert_eq!(*memory.clone(), *memory);
        }
    }
}
