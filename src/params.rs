//! The table of URL parameters: one row says how a parameter is called, parsed, written and explained.
//!
//! [`Params`] says only what was typed; [`crate::variant`] decides what it means. A row's `parse` may check
//! its value and store it, and nothing else, so that the order of parameters can't matter.

use crate::error::{Error, Result};
use crate::format::Format;
use crate::variant::{Recipe, Scale};

/// The largest side that can be asked for, in pixels, after `dpr`.
pub const SIDE_MAX: u32 = 8192;

/// What was typed, each value checked against its own range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// `w`, CSS pixels.
    pub width: Option<u32>,
    /// `h`, CSS pixels.
    pub height: Option<u32>,
    /// `f`
    pub format: Option<AskedFormat>,
    /// `q`
    pub quality: Option<u8>,
    /// `fit`
    pub fit: Option<Fit>,
    /// `dpr`
    pub dpr: Option<Dpr>,
    /// `bg`
    pub background: Option<Rgb>,
}

/// The value of `f`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedFormat {
    /// Decided by the client's `Accept`.
    Auto,
    /// This one.
    Exactly(Format),
}

/// How a picture meets a box of two sides. Neither ever enlarges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// Wholly within the box, its own aspect ratio kept.
    #[default]
    Inside,
    /// The box's aspect ratio, filled, what stands over cut off evenly.
    Cover,
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

/// An opaque colour, sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub [u8; 3]);

impl Rgb {
    /// What transparency becomes in a format that has none, unless the URL says otherwise.
    pub const WHITE: Self = Self([255; 3]);
}

/// Why a row refuses a value.
#[derive(Debug)]
pub enum Refusal {
    /// It is not one of the row's values.
    NotAValue,
    /// It will be one, in a later version.
    NotYet,
}

/// One parameter.
pub struct Param {
    /// The canonical name.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// Its values, as the documentation and the error sentence say them; empty where there are none yet.
    pub values: &'static str,
    /// What it means, in one line.
    pub meaning: &'static str,
    parse: fn(&mut Params, &str) -> Result<(), Refusal>,
    /// The value in a key; [`None`] when the recipe does without. Absent on rows that never reach a key.
    write: Option<fn(&Recipe) -> Option<String>>,
}

/// The table, in the order in which a key is written.
pub static PARAMS: [Param; 11] = [
    Param {
        name: "w",
        aliases: &["width"],
        values: "a whole number from 1 to 8192",
        meaning: "target width in CSS pixels; alone it keeps the aspect ratio",
        parse: |params, value| whole(value, 1..=SIDE_MAX).map(|side| params.width = Some(side)),
        write: Some(|recipe| match recipe.scale {
            Scale::Box { width, .. } => width.map(|side| side.to_string()),
            Scale::None | Scale::Half => None,
        }),
    },
    Param {
        name: "h",
        aliases: &["height"],
        values: "a whole number from 1 to 8192",
        meaning: "target height in CSS pixels; alone it keeps the aspect ratio",
        parse: |params, value| whole(value, 1..=SIDE_MAX).map(|side| params.height = Some(side)),
        write: Some(|recipe| match recipe.scale {
            Scale::Box { height, .. } => height.map(|side| side.to_string()),
            Scale::None | Scale::Half => None,
        }),
    },
    Param {
        name: "f",
        aliases: &["fm", "format"],
        values: "auto, webp, avif, jpeg (or jpg), png or gif",
        meaning: "output format; `auto` asks the `Accept` header; absent: the source's own. `avif` and `gif` are not made yet (415)",
        parse: |params, value| {
            let asked = match value {
                "auto" => AskedFormat::Auto,
                name => AskedFormat::Exactly(Format::from_name(name).ok_or(Refusal::NotAValue)?),
            };
            params.format = Some(asked);
            Ok(())
        },
        write: Some(|recipe| recipe.format.map(|format| format.name().to_owned())),
    },
    Param {
        name: "q",
        aliases: &["quality"],
        values: "a whole number from 1 to 100",
        meaning: "encoder quality; default 80 for JPEG and WebP, without effect on PNG",
        parse: |params, value| {
            let quality = whole(value, 1..=100)?;
            params.quality = Some(u8::try_from(quality).map_err(|_| Refusal::NotAValue)?);
            Ok(())
        },
        write: Some(|recipe| recipe.quality.map(|quality| quality.to_string())),
    },
    Param {
        name: "fit",
        aliases: &[],
        values: "inside or cover",
        meaning: "how the picture meets a box of `w` and `h`: `inside` (default) keeps all of it, `cover` keeps the box's aspect ratio and cuts the rest off evenly. `contain`, `fill` and `outside` come later",
        parse: |params, value| {
            params.fit = Some(match value {
                "inside" => Fit::Inside,
                "cover" => Fit::Cover,
                "contain" | "fill" | "outside" => return Err(Refusal::NotYet),
                _ => return Err(Refusal::NotAValue),
            });
            Ok(())
        },
        write: Some(|recipe| match recipe.scale {
            Scale::Box { fit: Fit::Cover, .. } => Some("cover".to_owned()),
            Scale::Box { fit: Fit::Inside, .. } | Scale::None | Scale::Half => None,
        }),
    },
    Param {
        name: "pos",
        aliases: &["gravity"],
        values: "",
        meaning: "where `cover` crops; comes later, until then 400",
        parse: |_, _| Err(Refusal::NotYet),
        write: Some(|_| None),
    },
    Param {
        name: "dpr",
        aliases: &[],
        values: "a number from 1 to 5 with at most one decimal",
        meaning: "device pixels per CSS pixel: multiplies `w` and `h`; never enlarges",
        parse: |params, value| decimal_tenths(value).map(|tenths| params.dpr = Some(Dpr(tenths))),
        write: None,
    },
    Param {
        name: "bg",
        aliases: &[],
        values: "six hex digits, RRGGBB",
        meaning: "what shows through transparency when the output is JPEG; default white",
        parse: |params, value| hex_colour(value).map(|colour| params.background = Some(colour)),
        write: Some(|recipe| recipe.background.map(|Rgb([r, g, b])| format!("{r:02x}{g:02x}{b:02x}"))),
    },
    Param {
        name: "p",
        aliases: &["preset"],
        values: "",
        meaning: "a configured preset; comes later, until then 400",
        parse: |_, _| Err(Refusal::NotYet),
        write: None,
    },
    Param {
        name: "s",
        aliases: &[],
        values: "a signature",
        meaning: "HMAC signature; not checked yet, and never part of a key",
        parse: |_, _| Ok(()),
        write: None,
    },
    Param {
        name: "exp",
        aliases: &[],
        values: "a time",
        meaning: "expiry of the signature; not checked yet, and never part of a key",
        parse: |_, _| Ok(()),
        write: None,
    },
];

impl Params {
    /// Reads pairs of decoded names and values. Unknown names are dropped; a bad value of a known one, or a known one
    /// given twice (also by an alias), is [`Kind::Invalid`](crate::error::Kind).
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let mut params = Self::default();
        let mut seen = [false; PARAMS.len()];
        for (name, value) in pairs {
            let Some(row) = PARAMS.iter().position(|row| row.name == name || row.aliases.contains(&name)) else {
                continue;
            };
            if std::mem::replace(&mut seen[row], true) {
                return Err(Error::invalid(format!("{}: given more than once", PARAMS[row].name)));
            }
            let row = &PARAMS[row];
            (row.parse)(&mut params, value).map_err(|refusal| refusal.explain(row, name, value))?;
        }
        Ok(params)
    }

    /// Reads a recipe as keys have it, such as `w=400,f=webp`; [`None`] if the text is not of that shape, so that it may be
    /// (part of) a picture's name.
    pub fn parse_recipe(text: &str) -> Option<Result<Self>> {
        let pairs: Option<Vec<_>> = text.split(',').map(recipe_pair).collect();
        pairs.map(Self::parse)
    }
}

/// The recipe as keys have it: the rows' own order, defaults left out.
pub fn write_recipe(recipe: &Recipe) -> String {
    let written: Vec<String> = PARAMS
        .iter()
        .filter_map(|row| row.write.and_then(|write| write(recipe)).map(|value| format!("{}={value}", row.name)))
        .collect();
    written.join(",")
}

/// The table of parameters as Markdown, for the README.
pub fn markdown_table() -> String {
    let mut table = String::from("| name | aliases | values | meaning |\n|---|---|---|---|\n");
    for row in &PARAMS {
        let aliases: Vec<_> = row.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        table += &format!("| `{}` | {} | {} | {} |\n", row.name, aliases.join(" "), row.values, row.meaning);
    }
    table
}

/// The shape of one `name=value` in a key. It is by shape and not by value that names are reserved: `w=9999` reads as a
/// recipe and is refused, whereas `w=4.jpg` and `x=1` are pictures' names.
fn recipe_pair(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let is_key_row = PARAMS.iter().any(|row| row.name == name && row.write.is_some());
    let is_word = value.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_numeric = value.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b':');
    (is_key_row && !value.is_empty() && (is_word || is_numeric)).then_some((name, value))
}

impl Refusal {
    fn explain(self, row: &Param, name: &str, value: &str) -> Error {
        let shown = shorten(value);
        Error::invalid(match self {
            Self::NotAValue => format!("{name}={shown}: must be {}", row.values),
            Self::NotYet if row.values.is_empty() => format!("{name}={shown}: not available in this version"),
            Self::NotYet => format!("{name}={shown}: not available in this version; can be {}", row.values),
        })
    }
}

/// A value as an error repeats it: short, and without characters that would disturb a log.
fn shorten(value: &str) -> String {
    const SHOWN_MAX: usize = 40;
    let mut shown: String =
        value.chars().take(SHOWN_MAX).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if value.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}

fn whole(value: &str, range: std::ops::RangeInclusive<u32>) -> Result<u32, Refusal> {
    // `u32::from_str` alone would take a plus sign.
    let is_digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    match value.parse::<u32>() {
        Ok(number) if is_digits && range.contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(Refusal::NotAValue),
    }
}

fn decimal_tenths(value: &str) -> Result<u8, Refusal> {
    let (ones, tenths) = value.split_once('.').unwrap_or((value, "0"));
    let (ones, tenths) = (whole(ones, 1..=5)?, if tenths.len() == 1 { whole(tenths, 0..=9)? } else { 99 });
    match ones * 10 + tenths {
        sum @ 10..=50 => u8::try_from(sum).map_err(|_| Refusal::NotAValue),
        _ => Err(Refusal::NotAValue),
    }
}

fn hex_colour(value: &str) -> Result<Rgb, Refusal> {
    if value.len() != 6 || !value.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Refusal::NotAValue);
    }
    let [_, r, g, b] = u32::from_str_radix(value, 16).map_err(|_| Refusal::NotAValue)?.to_be_bytes();
    Ok(Rgb([r, g, b]))
}
