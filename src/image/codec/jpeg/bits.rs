//! The coded data of a JPEG's scan, bit by bit.

use memchr::memchr;

const RST: u8 = 0xD0;

/// How many bytes are held at a time: several times what a unit of blocks can take, so that its end is not passed over unseen.
const ROOM: usize = 1 << 14;

/// Behind the end of the data, which is any marker, come zeros.
pub(super) struct Bits<'a> {
    source: &'a [u8],
    /// A part of the source, without the zeros that are stuffed in behind each `FF`.
    buffer: Box<[u8; ROOM]>,
    /// The first byte of the buffer of which not all is in the window.
    at: usize,
    /// How much of the buffer came from the source: all, but for the last part.
    end: usize,
    /// The next bits, the first one on top.
    window: u64,
    count: u32,
    /// Whether something was read that is not there, before the buffer was last filled.
    was_over: bool,
}

impl<'a> Bits<'a> {
    pub(super) fn new(source: &'a [u8]) -> Self {
        Self { source, buffer: Box::new([0; ROOM]), at: ROOM, end: ROOM, window: 0, count: 0, was_over: false }
    }

    /// At least 56 bits.
    #[inline]
    pub(super) fn fill(&mut self) {
        if self.at > ROOM - 8 {
            self.refill();
        }
        let Some(next) = self.buffer.get(self.at..).and_then(<[u8]>::first_chunk) else { return };
        // What goes beyond the whole bytes is written a second time with them.
        self.window |= u64::from_be_bytes(*next) >> self.count;
        self.at += ((63 - self.count) >> 3) as usize;
        self.count |= 0b11_1000;
    }

    #[cold]
    fn refill(&mut self) {
        self.was_over |= self.is_over();
        let is_last = self.end < ROOM;
        self.buffer.copy_within(self.at.., 0);
        self.end = self.end.saturating_sub(self.at);
        self.at = 0;
        while !is_last && self.end < ROOM {
            let next = &self.source[..self.source.len().min(ROOM - self.end)];
            let plain = memchr(0xFF, next).unwrap_or(next.len());
            self.buffer[self.end..][..plain].copy_from_slice(&next[..plain]);
            (self.end, self.source) = (self.end + plain, &self.source[plain..]);
            match self.source {
                [0xFF, 0, rest @ ..] if self.end < ROOM => {
                    self.buffer[self.end] = 0xFF;
                    (self.end, self.source) = (self.end + 1, rest);
                }
                [0xFF, ..] | [] => break,
                _ => {}
            }
        }
        self.buffer[self.end..].fill(0);
    }

    /// The next so many bits, at least one.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "at most 16 bits")]
    pub(super) const fn peek(&self, bits: u32) -> usize {
        (self.window >> (64 - bits)) as usize
    }

    #[inline]
    pub(super) const fn pass(&mut self, bits: u32) {
        self.window <<= bits;
        self.count -= bits;
    }

    /// Whether something was read that is not there.
    pub(super) const fn is_over(&self) -> bool {
        self.was_over || (self.end < ROOM && 8 * self.at > 8 * self.end + self.count as usize)
    }

    /// Goes on behind a marker, which must come right behind what was read, but for the rest of its last byte.
    pub(super) fn pass_marker(&mut self, code: u8) -> Option<()> {
        let source = self.rest()?.strip_prefix(&[0xFF, code])?;
        (self.source, self.at, self.end, self.window, self.count) = (source, ROOM, ROOM, 0, 0);
        Some(())
    }

    /// What comes behind the coded data; [`None`] if not all of that was read, but for the rest of its last byte.
    pub(super) fn rest(&mut self) -> Option<&'a [u8]> {
        if self.end == ROOM {
            self.refill();
        }
        let left = (8 * self.end + self.count as usize).checked_sub(8 * self.at)?;
        (self.end < ROOM && left < 8 && !self.was_over).then_some(self.source)
    }
}

/// Where the coding begins anew: each so many units, behind markers that count to eight.
pub(super) struct Restarts {
    /// 0: never.
    interval: usize,
    since: usize,
    next: u8,
}

impl Restarts {
    pub(super) const fn new(interval: usize) -> Self {
        Self { interval, since: 0, next: 0 }
    }

    /// Counts a unit that is about to be read. Whether the coding begins anew with it; [`None`]: it should, and there is no marker.
    #[inline]
    pub(super) fn begins_anew(&mut self, bits: &mut Bits) -> Option<bool> {
        if self.interval == 0 {
            return Some(false);
        }
        self.since += 1;
        if self.since <= self.interval {
            return Some(false);
        }
        self.since = 1;
        bits.pass_marker(RST + self.next)?;
        self.next = (self.next + 1) % 8;
        Some(true)
    }
}
