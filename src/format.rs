//! The formats that a URL can name, those that a file can have, and what a client's `Accept` says of them.

use std::fmt;

/// A format by its encoder. What is only ever read (TIFF, BMP) is not in this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// `image/webp`
    Webp,
    /// `image/avif`
    Avif,
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/gif`
    Gif,
}

impl Format {
    /// Every format, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::Webp, Self::Avif, Self::Jpeg, Self::Png, Self::Gif];

    /// The word in URLs, keys and rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Webp => "webp",
            Self::Avif => "avif",
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Gif => "gif",
        }
    }

    /// The format of a word; `jpg` is the only alias.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "jpg" => Some(Self::Jpeg),
            _ => Self::ALL.into_iter().find(|format| format.name() == name),
        }
    }

    /// The `Content-Type`.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Webp => "image/webp",
            Self::Avif => "image/avif",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
        }
    }

    /// The quality used where the URL says none; [`None`] where the format has no such thing.
    /// 80 is what sharp, imgproxy and weserv use for JPEG and WebP; AVIF's 70 looks like WebP's 80 (by SSIMULACRA 2).
    pub const fn default_quality(self) -> Option<u8> {
        match self {
            Self::Webp | Self::Jpeg => Some(80),
            Self::Avif => Some(70),
            Self::Png | Self::Gif => None,
        }
    }

    /// Whether transparency survives in it.
    pub const fn has_alpha(self) -> bool {
        match self {
            Self::Webp | Self::Avif | Self::Png | Self::Gif => true,
            Self::Jpeg => false,
        }
    }

    /// Whether a source that moves still moves in it.
    pub const fn is_animated(self) -> bool {
        match self {
            Self::Webp | Self::Gif => true,
            Self::Avif | Self::Jpeg | Self::Png => false,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a file is, by its first bytes: a format that is made here too, one that is only read, or one that passes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum FileType {
    Jpeg,
    Png,
    Webp,
    Gif,
    Avif,
    Tiff,
    Bmp,
    Svg,
    Pdf,
    Heic,
    Mp4,
    Quicktime,
    Webm,
}

impl FileType {
    /// Every type, what is decoded first.
    pub const ALL: [Self; 13] = [
        Self::Jpeg,
        Self::Png,
        Self::Webp,
        Self::Gif,
        Self::Avif,
        Self::Tiff,
        Self::Bmp,
        Self::Svg,
        Self::Pdf,
        Self::Heic,
        Self::Mp4,
        Self::Quicktime,
        Self::Webm,
    ];

    /// The word in rows and settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Avif => "avif",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
            Self::Svg => "svg",
            Self::Pdf => "pdf",
            Self::Heic => "heic",
            Self::Mp4 => "mp4",
            Self::Quicktime => "quicktime",
            Self::Webm => "webm",
        }
    }

    /// The `Content-Type`.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => Format::Jpeg.media_type(),
            Self::Png => Format::Png.media_type(),
            Self::Webp => Format::Webp.media_type(),
            Self::Gif => Format::Gif.media_type(),
            Self::Avif => Format::Avif.media_type(),
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
            Self::Svg => "image/svg+xml",
            Self::Pdf => "application/pdf",
            Self::Heic => "image/heic",
            Self::Mp4 => "video/mp4",
            Self::Quicktime => "video/quicktime",
            Self::Webm => "video/webm",
        }
    }

    /// What it becomes where the URL names no format: its own, or PNG if that has no encoder here; [`None`] for what is never
    /// decoded and passes through.
    pub const fn output(self) -> Option<Format> {
        match self {
            Self::Jpeg => Some(Format::Jpeg),
            Self::Png | Self::Tiff | Self::Bmp => Some(Format::Png),
            Self::Webp => Some(Format::Webp),
            Self::Gif => Some(Format::Gif),
            Self::Avif => Some(Format::Avif),
            Self::Svg | Self::Pdf | Self::Heic | Self::Mp4 | Self::Quicktime | Self::Webm => None,
        }
    }
}

impl From<Format> for FileType {
    fn from(format: Format) -> Self {
        match format {
            Format::Webp => Self::Webp,
            Format::Avif => Self::Avif,
            Format::Jpeg => Self::Jpeg,
            Format::Png => Self::Png,
            Format::Gif => Self::Gif,
        }
    }
}

impl fmt::Display for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of formats, such as those switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatSet(u8);

impl FormatSet {
    /// Every format there is a word for.
    pub fn all() -> Self {
        Format::ALL.into_iter().collect()
    }

    /// Whether the format is in the set.
    pub const fn contains(self, format: Format) -> bool {
        self.0 & (1 << format as u8) != 0
    }
}

impl FromIterator<Format> for FormatSet {
    fn from_iter<I: IntoIterator<Item = Format>>(formats: I) -> Self {
        Self(formats.into_iter().fold(0, |bits, format| bits | (1 << format as u8)))
    }
}

impl fmt::Display for FormatSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Format::ALL.into_iter().filter(|format| self.contains(*format)).map(Format::name).collect();
        f.write_str(&names.join(", "))
    }
}

/// Which of the newer formats the client takes. Only explicit types count: `image/*` and `*/*` are sent by clients
/// that can't show them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepts {
    /// `image/avif` with a weight over zero.
    pub avif: bool,
    /// `image/webp` with a weight over zero.
    pub webp: bool,
}

impl Accepts {
    /// Reads an `Accept` header as RFC 9110 §12.5.1 has it; a weight that can't be read counts as zero.
    pub fn parse(header: &str) -> Self {
        let mut accepts = Self::default();
        for range in header.split(',') {
            let mut pieces = range.split(';').map(str::trim);
            let media_type = pieces.next().unwrap_or_default();
            if pieces.any(is_zero_weight) {
                continue;
            }
            accepts.avif |= media_type.eq_ignore_ascii_case("image/avif");
            accepts.webp |= media_type.eq_ignore_ascii_case("image/webp");
        }
        accepts
    }

    /// What `f=auto` becomes among the formats that can be made; [`None`] keeps the source's own.
    pub const fn best(self, formats: FormatSet) -> Option<Format> {
        if self.avif && formats.contains(Format::Avif) {
            Some(Format::Avif)
        } else if self.webp && formats.contains(Format::Webp) {
            Some(Format::Webp)
        } else {
            None
        }
    }
}

fn is_zero_weight(parameter: &str) -> bool {
    let Some((name, weight)) = parameter.split_once('=') else { return false };
    let weight = weight.trim().as_bytes();
    // By the grammar and not as a float, so that every language reads `1e-50` and `inf` alike: as no weight.
    let is_weight = matches!(weight, [b'0' | b'1', rest @ ..] if rest.iter().all(|b| b.is_ascii_digit() || *b == b'.'));
    name.trim().eq_ignore_ascii_case("q") && !(is_weight && weight.iter().any(|b| matches!(b, b'1'..=b'9')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_is_parsed_not_searched() {
        let check = |header, avif, webp| assert_eq!(Accepts::parse(header), Accepts { avif, webp }, "{header}");
        check("", false, false);
        check("image/avif,image/webp,image/apng,image/*,*/*;q=0.8", true, true);
        check("image/*, */*", false, false);
        check("image/webp;q=0", false, false);
        check("image/webp;q=0.0, image/avif ; Q=0.001", true, false);
        check("IMAGE/WebP", false, true);
        check("image/webp;q=much, image/avif;q=7", false, false);
        check("image/webp;q=inf, image/avif;q=1e-50", false, false);
        check("image/webpx, text/image/webp", false, false);
    }

    #[test]
    fn auto_skips_what_is_not_made() {
        let both = Accepts { avif: true, webp: true };
        assert_eq!(both.best(FormatSet::all()), Some(Format::Avif));
        assert_eq!(both.best([Format::Webp].into_iter().collect()), Some(Format::Webp));
        assert_eq!(both.best([Format::Png].into_iter().collect()), None);
    }
}
