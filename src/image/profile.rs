//! What a source's numbers mean as colours.

/// Said by the source where it is not sRGB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// An ICC profile, unchecked.
    Icc(Vec<u8>),
    /// Code points of ITU-T H.273.
    Cicp {
        /// `ColourPrimaries`
        primaries: u8,
        /// `TransferCharacteristics`
        transfer: u8,
    },
}
