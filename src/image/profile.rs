//! What a source's numbers mean as colours.

use std::sync::Arc;

/// Press profiles are of half a megabyte to three.
const ICC_BYTES_MAX: usize = 4 << 20;

/// Said by the source where it is not sRGB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// An ICC profile, unchecked but for its length. Shared, since every frame of an animation has it.
    Icc(Arc<[u8]>),
    /// Code points of ITU-T H.273.
    Cicp {
        /// `ColourPrimaries`
        primaries: u8,
        /// `TransferCharacteristics`
        transfer: u8,
    },
}

impl Profile {
    /// [`None`] for one that is too large to be read, which so is not even copied.
    pub(crate) fn icc(bytes: &[u8]) -> Option<Self> {
        (bytes.len() <= ICC_BYTES_MAX).then(|| Self::Icc(Arc::from(bytes)))
    }
}
