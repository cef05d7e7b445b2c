//! Eight numbers of sixteen bits that are worked on at once: four, as many as a pixel has channels at most, for each of two rows.

use bytemuck::cast;
use wide::{i16x8, u8x16, u64x2};

/// Each operation is one of SSE2 or NEON, which all processors have that we are built for. Left to the compiler (plain arrays) the same code
/// takes three times as long.
#[derive(Clone, Copy)]
pub(super) struct Lanes(i16x8);

impl Lanes {
    pub(super) const ZERO: Self = Self(i16x8::ZERO);

    /// All ones for the rows for which it is true.
    pub(super) fn mask(rows: [bool; 2]) -> Self {
        let [upper, lower] = rows.map(|is_set| if is_set { -1 } else { 0 });
        Self(i16x8::new([upper, upper, upper, upper, lower, lower, lower, lower]))
    }

    /// From the bytes of a pixel of each row, the first one lowest.
    #[inline]
    pub(super) fn load([upper, lower]: [u32; 2]) -> Self {
        let both = u64::from(upper) | u64::from(lower) << 32;
        Self(i16x8::from_u8x16_low(cast(u64x2::new([both, 0]))))
    }

    /// The way back, of numbers that fit into a byte.
    #[inline]
    pub(super) fn store(self) -> [u32; 2] {
        let [upper, lower, ..]: [u32; 4] = cast(u8x16::narrow_i16x8(self.0, self.0));
        [upper, lower]
    }

    #[inline]
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[inline]
    pub(super) fn without(self, mask: Self) -> Self {
        Self(self.0 & !mask.0)
    }

    /// Of two where this is a mask: its ones take the first.
    #[inline]
    pub(super) fn choose(self, one: Self, other: Self) -> Self {
        Self(one.and(self).0 | other.without(self).0)
    }

    #[inline]
    pub(super) fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    #[inline]
    pub(super) fn subtract(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }

    /// Of numbers that fit into a byte, as that byte: what is over is lost.
    #[inline]
    pub(super) fn add_bytes(self, other: Self) -> Self {
        let (one, other): (u8x16, u8x16) = (cast(self.0), cast(other.0));
        Self(cast(one + other))
    }

    /// Likewise.
    #[inline]
    pub(super) fn subtract_bytes(self, other: Self) -> Self {
        let (one, other): (u8x16, u8x16) = (cast(self.0), cast(other.0));
        Self(cast(one - other))
    }

    #[inline]
    pub(super) fn half(self) -> Self {
        Self(self.0 >> 1)
    }

    #[inline]
    pub(super) fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    #[inline]
    pub(super) fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }

    /// A mask of where it is less.
    #[inline]
    pub(super) fn less(self, other: Self) -> Self {
        Self(self.0.simd_lt(other.0))
    }
}
