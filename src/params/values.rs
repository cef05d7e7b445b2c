//! The values of parameters: how each is typed, and how it is written in a key.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use super::{EXPIRES_MAX, NotAValue};
use crate::format::Format;

/// The value of `f`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedFormat {
    /// Decided by the client's `Accept`.
    Auto,
    /// This one.
    Exactly(Format),
}

impl fmt::Display for AskedFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Exactly(format) => f.write_str(format.name()),
        }
    }
}

/// How a picture meets a box of two sides. None ever enlarges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// Wholly within the box, its own aspect ratio kept.
    #[default]
    Inside,
    /// The box's aspect ratio, filled, what stands over cut off.
    Cover,
    /// The box's aspect ratio, the whole picture within it, the rest filled with a colour.
    Contain,
    /// The box's aspect ratio, the picture's own given up.
    Fill,
    /// Wholly around the box, its own aspect ratio kept.
    Outside,
}

impl Fit {
    /// Every fit, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::Inside, Self::Cover, Self::Contain, Self::Fill, Self::Outside];

    /// The word in URLs and keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Cover => "cover",
            Self::Contain => "contain",
            Self::Fill => "fill",
            Self::Outside => "outside",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fit| fit.name() == name)
    }
}

/// What `cover` keeps of a picture that stands over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// What is around this point, which stays as near the middle as can be: thousandths of the sides, from the top left. At 0
    /// and 1 that is an edge, so the nine points by name are points like others.
    Point {
        /// 0 to 1000, from the left.
        x: u16,
        /// 0 to 1000, from the top.
        y: u16,
    },
    /// The part with the most detail.
    Entropy,
    /// The part that draws the eye.
    Attention,
}

/// One of the nine points by its name. The first of a point's names is the one that is written.
const NAMED_POINTS: [(&str, u16, u16); 14] = [
    ("center", 500, 500),
    ("north", 500, 0),
    ("northeast", 1000, 0),
    ("east", 1000, 500),
    ("southeast", 1000, 1000),
    ("south", 500, 1000),
    ("southwest", 0, 1000),
    ("west", 0, 500),
    ("northwest", 0, 0),
    ("centre", 500, 500),
    ("top", 500, 0),
    ("right", 1000, 500),
    ("bottom", 500, 1000),
    ("left", 0, 500),
];

impl Default for Position {
    fn default() -> Self {
        Self::Point { x: 500, y: 500 }
    }
}

impl Position {
    /// Reads a name or a point. In a key the comma, which separates parameters there, is a colon.
    pub(super) fn parse(value: &str) -> Option<Self> {
        match value {
            "entropy" => return Some(Self::Entropy),
            "attention" => return Some(Self::Attention),
            _ => {}
        }
        if let Some((_, x, y)) = NAMED_POINTS.into_iter().find(|(name, ..)| *name == value) {
            return Some(Self::Point { x, y });
        }
        let (x, y) = value.split_once([',', ':'])?;
        Some(Self::Point { x: thousandths(x)?, y: thousandths(y)? })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Entropy => f.write_str("entropy"),
            Self::Attention => f.write_str("attention"),
            Self::Point { x, y } => match NAMED_POINTS.into_iter().find(|(_, px, py)| (*px, *py) == (x, y)) {
                Some((name, ..)) => f.write_str(name),
                // The shortest way to write a float that has at most three decimals is without trailing zeros.
                None => write!(f, "{}:{}", f32::from(x) / 1000.0, f32::from(y) / 1000.0),
            },
        }
    }
}

/// Device pixels per CSS pixel, in tenths: 10 to 50.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dpr(pub u8);

impl Dpr {
    /// CSS pixels to device pixels, rounded half up.
    pub const fn scale(self, side: u32) -> u32 {
        (side * self.0 as u32 + 5) / 10
    }
}

impl fmt::Display for Dpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of 20 this is `2`.
        write!(f, "{}", f32::from(self.0) / 10.0)
    }
}

/// An opaque colour, sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub [u8; 3]);

impl Rgb {
    /// What transparency becomes in a format that has none, unless the URL says otherwise.
    pub const WHITE: Self = Self([255; 3]);
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([r, g, b]) = self;
        write!(f, "{r:02x}{g:02x}{b:02x}")
    }
}

pub(super) fn whole(value: &str, range: std::ops::RangeInclusive<u32>) -> Result<u32, NotAValue> {
    // `u32::from_str` alone would take a plus sign.
    let is_digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    match value.parse::<u32>() {
        Ok(number) if is_digits && range.contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(NotAValue),
    }
}

pub(super) fn decimal_tenths(value: &str) -> Result<u8, NotAValue> {
    let (ones, tenths) = value.split_once('.').unwrap_or((value, "0"));
    let (ones, tenths) = (whole(ones, 1..=5)?, if tenths.len() == 1 { whole(tenths, 0..=9)? } else { 99 });
    match ones * 10 + tenths {
        sum @ 10..=50 => u8::try_from(sum).map_err(|_| NotAValue),
        _ => Err(NotAValue),
    }
}

/// 0 to 1, with at most three decimals, in thousandths.
fn thousandths(value: &str) -> Option<u16> {
    let (ones, decimals) = value.split_once('.').unwrap_or((value, "0"));
    let scale = match decimals.len() {
        1 => 100,
        2 => 10,
        3 => 1,
        _ => return None,
    };
    let sum = whole(ones, 0..=1).ok()? * 1000 + whole(decimals, 0..=999).ok()? * scale;
    u16::try_from(sum).ok().filter(|sum| *sum <= 1000)
}

pub(super) fn hex_colour(value: &str) -> Result<Rgb, NotAValue> {
    if value.len() != 6 || !value.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(NotAValue);
    }
    let [_, r, g, b] = u32::from_str_radix(value, 16).map_err(|_| NotAValue)?.to_be_bytes();
    Ok(Rgb([r, g, b]))
}

/// The 32 bytes of a signature. The decoder takes one spelling of them: no padding, and no bits beyond the last byte.
pub(super) fn signature(value: &str) -> Result<[u8; 32], NotAValue> {
    BASE64URL.decode(value).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(NotAValue)
}

/// Seconds since 1970.
pub(super) fn time(value: &str) -> Result<u64, NotAValue> {
    // `u64::from_str` alone would take a plus sign.
    let is_digits = value.bytes().all(|b| b.is_ascii_digit());
    value.parse().ok().filter(|time| is_digits && *time <= EXPIRES_MAX).ok_or(NotAValue)
}

/// What may be the name of a preset.
pub(crate) fn preset_name(value: &str) -> Option<&str> {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    ((1..=64).contains(&value.len()) && value.bytes().all(is_name)).then_some(value)
}
