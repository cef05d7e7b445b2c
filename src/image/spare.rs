//! Memory of large pictures, kept for the thread's next one: the system would take it back, and give it anew a page at a time. For a JPEG of
//! 12 megapixels that becomes a PNG of 1440 pixels' width that is an eighth of the time.

use std::cell::RefCell;

/// What is smaller the allocator keeps itself (glibc's up to 32 MB).
const LARGE: usize = 8 << 20;
/// So many bytes are kept at most, a picture of 20 megapixels. A thread that renders for nobody ends, and then they are gone.
const MOST: usize = 64 << 20;

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Zeros: nobody sees what was there before.
pub(super) fn zeroed(length: usize) -> Vec<u8> {
    let fits = |room: usize| (length..=2 * length).contains(&room);
    let spare = if length < LARGE { None } else { SPARE.with_borrow_mut(|all| take(all, fits)) };
    let Some(mut bytes) = spare else { return vec![0; length] };
    bytes.clear();
    bytes.resize(length, 0);
    bytes
}

fn take(all: &mut Vec<Vec<u8>>, fits: impl Fn(usize) -> bool) -> Option<Vec<u8>> {
    let place = all.iter().position(|bytes| fits(bytes.capacity()))?;
    Some(all.swap_remove(place))
}

/// Keeps the newest; what is over goes.
pub(super) fn keep(bytes: Vec<u8>) {
    if bytes.capacity() < LARGE {
        return;
    }
    SPARE.with_borrow_mut(|all| {
        all.insert(0, bytes);
        let mut sum = 0;
        all.retain(|bytes| {
            sum += bytes.capacity();
            sum <= MOST
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_back_is_used_again_and_empty() {
        let mut bytes = zeroed(LARGE + 5);
        bytes.fill(7);
        let address = bytes.as_ptr();
        keep(bytes);
        assert_eq!(zeroed(5).len(), 5);
        let again = zeroed(LARGE);
        assert_eq!((again.as_ptr(), again.len()), (address, LARGE));
        assert!(again.iter().all(|byte| *byte == 0));
        let other = zeroed(LARGE);
        assert_ne!(other.as_ptr(), address, "it is somebody's");
    }

    #[test]
    fn no_more_is_kept_than_may_be() {
        let kept = || SPARE.with_borrow(|all| all.iter().map(Vec::capacity).collect::<Vec<_>>());
        for bytes in [LARGE - 1, MOST + 1] {
            keep(Vec::with_capacity(bytes));
        }
        assert!(kept().is_empty());
        for _ in 0..10 {
            keep(Vec::with_capacity(MOST / 4));
        }
        assert_eq!(kept(), [MOST / 4; 4]);
        assert_eq!(zeroed(MOST / 5).capacity(), MOST / 4);
        // Too small, and not large at all.
        for length in [MOST / 2, LARGE - 1] {
            assert_eq!(zeroed(length).len(), length);
        }
        assert_eq!(kept().len(), 3);
    }
}
