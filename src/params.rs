//! The table of URL parameters: one row says how a parameter is called, parsed, written and explained.
//!
//! [`Params`] says only what was typed; [`crate::variant`] decides what it means. A row's `parse` may check
//! its value and store it, and nothing else, so that the order of parameters can't matter.

use std::fmt::Display;

use crate::error::{Error, Result};
use crate::format::Format;
use crate::variant::{Recipe, Scale};

mod values;

pub(crate) use values::preset_name;
pub use values::{AskedFormat, Dpr, Fit, Position, Rgb};
use values::{decimal_tenths, hex_colour, signature, time, whole};

/// The largest side that can be asked for, in pixels, after `dpr`.
pub const SIDE_MAX: u32 = 8192;

/// The last `exp`, the end of the year 9999: until then dates have four digits of a year, and milliseconds that were meant to be
/// seconds are beyond it.
pub const EXPIRES_MAX: u64 = 253_402_300_799;

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
    /// `pos`
    pub position: Option<Position>,
    /// `dpr`
    pub dpr: Option<Dpr>,
    /// `bg`
    pub background: Option<Rgb>,
    /// `p`, a name that may or may not be configured.
    pub preset: Option<String>,
    /// `s`, which may or may not be good: [`crate::signature`] knows.
    pub signature: Option<[u8; 32]>,
    /// `exp`, in Unix seconds.
    pub expires: Option<u64>,
}

/// Why a row refuses a value: it is not one of them.
#[derive(Debug)]
pub struct NotAValue;

/// One parameter.
pub struct Param {
    /// The canonical name.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// Its values, as the documentation and the error sentence say them.
    pub values: &'static str,
    /// What it means, in one line.
    pub meaning: &'static str,
    parse: fn(&mut Params, &str) -> Result<(), NotAValue>,
    /// The value as it is signed: what was typed, in its one spelling; [`None`] when nothing was.
    spell: fn(&Params) -> Option<String>,
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
        spell: |params| spelt(params.width),
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
        spell: |params| spelt(params.height),
        write: Some(|recipe| match recipe.scale {
            Scale::Box { height, .. } => height.map(|side| side.to_string()),
            Scale::None | Scale::Half => None,
        }),
    },
    Param {
        name: "f",
        aliases: &["fm", "format"],
        values: "auto, webp, avif, jpeg (or jpg), png or gif",
        meaning: "output format; `auto` asks the `Accept` header; absent: the source's own (PNG for TIFF and BMP)",
        parse: |params, value| {
            let asked = match value {
                "auto" => AskedFormat::Auto,
                name => AskedFormat::Exactly(Format::from_name(name).ok_or(NotAValue)?),
            };
            params.format = Some(asked);
            Ok(())
        },
        spell: |params| spelt(params.format),
        write: Some(|recipe| recipe.format.map(|format| format.name().to_owned())),
    },
    Param {
        name: "q",
        aliases: &["quality"],
        values: "a whole number from 1 to 100",
        meaning: "encoder quality; default 80 for JPEG and WebP, 70 for AVIF; without effect on PNG and GIF",
        parse: |params, value| {
            let quality = whole(value, 1..=100)?;
            params.quality = Some(u8::try_from(quality).map_err(|_| NotAValue)?);
            Ok(())
        },
        spell: |params| spelt(params.quality),
        write: Some(|recipe| spelt(recipe.quality)),
    },
    Param {
        name: "fit",
        aliases: &[],
        values: "inside, cover, contain, fill or outside",
        meaning: "how the picture meets a box of `w` and `h`: `inside` (default) keeps all of it within the box; `cover` fills the box and cuts off what stands over; `contain` is `inside` on a ground of `bg`; `fill` gives up the aspect ratio; `outside` keeps all of it around the box",
        parse: |params, value| {
            params.fit = Some(Fit::from_name(value).ok_or(NotAValue)?);
            Ok(())
        },
        spell: |params| spelt(params.fit.map(Fit::name)),
        write: Some(|recipe| match recipe.scale {
            Scale::Box { fit, .. } => (fit != Fit::default()).then(|| fit.name().to_owned()),
            Scale::None | Scale::Half => None,
        }),
    },
    Param {
        name: "pos",
        aliases: &["gravity"],
        values: "center, north, northeast, east, southeast, south, southwest, west or northwest (also centre, top, right, bottom, left), x,y from 0 to 1 with at most three decimals, entropy or attention",
        meaning: "what `cover` keeps: a side or corner, a point (`0.5,0.25`) that stays as near the middle as can be, the part with the most detail (`entropy`), or with the most edges, strong colour and skin (`attention`)",
        parse: |params, value| {
            params.position = Some(Position::parse(value).ok_or(NotAValue)?);
            Ok(())
        },
        spell: |params| spelt(params.position),
        write: Some(|recipe| match recipe.scale {
            Scale::Box { position, .. } => (position != Position::default()).then(|| position.to_string()),
            Scale::None | Scale::Half => None,
        }),
    },
    Param {
        name: "dpr",
        aliases: &[],
        values: "a number from 1 to 5 with at most one decimal",
        meaning: "device pixels per CSS pixel: multiplies `w` and `h`; never enlarges",
        parse: |params, value| decimal_tenths(value).map(|tenths| params.dpr = Some(Dpr(tenths))),
        spell: |params| spelt(params.dpr),
        write: None,
    },
    Param {
        name: "bg",
        aliases: &[],
        values: "six hex digits, RRGGBB",
        meaning: "the ground of `contain`, which also shows through the picture: default transparent, white in JPEG; without `contain` what shows through when the output is JPEG",
        parse: |params, value| hex_colour(value).map(|colour| params.background = Some(colour)),
        spell: |params| spelt(params.background),
        write: Some(|recipe| spelt(recipe.background)),
    },
    Param {
        name: "p",
        aliases: &["preset"],
        values: "a preset's name, up to 64 letters, digits, - and _",
        meaning: "a configured preset: its parameters, where the URL does not say otherwise",
        parse: |params, value| {
            params.preset = Some(preset_name(value).ok_or(NotAValue)?.to_owned());
            Ok(())
        },
        spell: |params| params.preset.clone(),
        write: None,
    },
    Param {
        name: "s",
        aliases: &[],
        values: "43 characters of base64url without padding",
        meaning: "HMAC-SHA256 of the URL, by the [signing key](#signed-urls); checked where one is configured, and never part of a key",
        parse: |params, value| signature(value).map(|signature| params.signature = Some(signature)),
        // It can't sign itself.
        spell: |_| None,
        write: None,
    },
    Param {
        name: "exp",
        aliases: &[],
        values: "a time in whole seconds since 1970, before the year 10000",
        meaning: "when the signature ceases to be good; absent: never. Checked with `s`, and never part of a key",
        parse: |params, value| time(value).map(|time| params.expires = Some(time)),
        spell: |params| spelt(params.expires),
        write: None,
    },
];

impl Param {
    /// Whether it may stand in a key.
    pub fn is_in_keys(&self) -> bool {
        self.write.is_some()
    }

    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

impl Params {
    /// Reads pairs of decoded names and values. Unknown names are dropped; a bad value of a known one, or a known one
    /// given twice (also by an alias), is [`Kind::Invalid`](crate::error::Kind).
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let mut params = Self::default();
        let mut seen = [false; PARAMS.len()];
        for (name, value) in pairs {
            let Some(index) = PARAMS.iter().position(|row| row.is_called(name)) else { continue };
            let row = &PARAMS[index];
            if std::mem::replace(&mut seen[index], true) {
                return Err(Error::invalid(format!("{}: given more than once", row.name)));
            }
            (row.parse)(&mut params, value)
                .map_err(|NotAValue| Error::invalid(format!("{name}={}: must be {}", shorten(value), row.values)))?;
        }
        Ok(params)
    }

    /// Whether a name is one of the table's and may stand in a preset: a signature is of one URL, and no preset names another.
    pub fn is_for_presets(name: &str) -> bool {
        PARAMS.iter().any(|row| row.is_called(name) && !["p", "s", "exp"].contains(&row.name))
    }

    /// What is said here, and what the preset says where nothing is.
    #[must_use]
    pub fn over(self, preset: &Self) -> Self {
        Self {
            width: self.width.or(preset.width),
            height: self.height.or(preset.height),
            format: self.format.or(preset.format),
            quality: self.quality.or(preset.quality),
            fit: self.fit.or(preset.fit),
            position: self.position.or(preset.position),
            dpr: self.dpr.or(preset.dpr),
            background: self.background.or(preset.background),
            preset: None,
            signature: self.signature,
            expires: self.expires,
        }
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

/// What was typed, as a query without its signature: the rows' own names and order, each value in its one spelling, which
/// needs no escapes.
pub fn write_query(params: &Params) -> String {
    let written: Vec<String> =
        PARAMS.iter().filter_map(|row| Some(format!("{}={}", row.name, (row.spell)(params)?))).collect();
    written.join("&")
}

fn spelt(value: Option<impl Display>) -> Option<String> {
    value.map(|value| value.to_string())
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

/// A value as an error repeats it: short, and without characters that would disturb a log.
pub(crate) fn shorten(value: &str) -> String {
    const SHOWN_MAX: usize = 40;
    let mut shown: String =
        value.chars().take(SHOWN_MAX).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if value.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}
