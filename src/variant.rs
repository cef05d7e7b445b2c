//! From what was asked to what will exist: [`plan`] leaves nothing open, so that a [`Variant`] can be named.

use std::collections::BTreeMap;

use crate::error::{Error, Kind, Result};
use crate::format::{Accepts, Format, FormatSet};
use crate::key::{Name, SourceKey, VariantKey};
use crate::params::{AskedFormat, Dpr, Fit, Params, Position, Rgb, SIDE_MAX, shorten, write_recipe};
use crate::request::Request;

/// What is done to a source, with nothing in it that has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// The size of the result.
    pub scale: Scale,
    /// The format of the result; [`None`]: the source's own.
    pub format: Option<Format>,
    /// 1 to 100; [`None`]: the format's default.
    pub quality: Option<u8>,
    /// Only where it can show; [`None`]: white in JPEG, else transparent.
    pub background: Option<Rgb>,
}

/// The size of a result, seen from a source of any size. Nothing is ever enlarged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// As it is.
    None,
    /// Each side divided by two and rounded down: the default thumbnail.
    Half,
    /// A box in device pixels, at least one side given.
    Box {
        /// 1 to [`SIDE_MAX`].
        width: Option<u32>,
        /// 1 to [`SIDE_MAX`].
        height: Option<u32>,
        /// [`Fit::Inside`] unless both sides are given.
        fit: Fit,
        /// The middle unless `fit` is [`Fit::Cover`].
        position: Position,
    },
}

impl Recipe {
    /// Half size in the source's format: what uploads get by default.
    pub const HALF: Self = Self { scale: Scale::Half, format: None, quality: None, background: None };

    /// Settles what was typed: presets are looked up, `auto` is decided, `dpr` multiplied in, and what has no effect is dropped.
    /// [`Kind::Unsupported`] for a format that is not made, [`Kind::Invalid`] for a side over [`SIDE_MAX`] after `dpr` and an
    /// unknown preset.
    pub fn settle(params: &Params, accepts: Accepts, policy: &Policy) -> Result<Self> {
        let params = &policy.expand(params)?;
        let formats = policy.formats;
        let format = match params.format {
            None => None,
            Some(AskedFormat::Auto) => accepts.best(formats),
            Some(AskedFormat::Exactly(format)) if formats.contains(format) => Some(format),
            Some(AskedFormat::Exactly(format)) => {
                return Err(Error::new(Kind::Unsupported, format!("f={format}: not made here; can be {formats}")));
            }
        };
        let quality = params.quality.filter(|quality| match format {
            None => true,
            Some(format) => format.default_quality().is_some_and(|default| default != *quality),
        });
        let scale = settle_scale(params)?;
        let background = params.background.filter(|colour| match (format, scale) {
            (Some(Format::Jpeg), _) => *colour != Rgb::WHITE,
            (_, Scale::Box { fit: Fit::Contain, .. }) => true,
            (_, Scale::None | Scale::Half | Scale::Box { .. }) => false,
        });
        Ok(Self { scale, format, quality, background })
    }

    /// Reads the canonical text of a recipe; [`None`] if it is not of a recipe's shape at all.
    pub fn parse(text: &str) -> Option<Result<Self>> {
        let params = Params::parse_recipe(text)?;
        Some(params.and_then(|params| {
            let recipe = Self::settle(&params, Accepts::default(), &Policy::default())?;
            match write_recipe(&recipe) {
                canonical if canonical == text => Ok(recipe),
                canonical if canonical.is_empty() => Err(Error::invalid(format!("{text}: has no effect"))),
                canonical => Err(Error::invalid(format!("{text}: not the canonical form, which is {canonical}"))),
            }
        }))
    }

    /// Whether the source itself is the answer.
    pub fn is_empty(&self) -> bool {
        *self == Self { scale: Scale::None, format: None, quality: None, background: None }
    }

    /// The parameters that settle into this recipe; [`None`] for [`Scale::Half`], which no URL can say.
    pub fn to_params(&self) -> Option<Params> {
        let mut params = Params {
            format: self.format.map(AskedFormat::Exactly),
            quality: self.quality,
            background: self.background,
            ..Params::default()
        };
        match self.scale {
            Scale::None => {}
            Scale::Half => return None,
            Scale::Box { width, height, fit, position } => {
                (params.width, params.height) = (width, height);
                (params.fit, params.position) = (Some(fit), Some(position));
            }
        }
        Some(params)
    }
}

fn settle_scale(params: &Params) -> Result<Scale> {
    let side = |name: &str, side: Option<u32>| {
        let Some(css) = side else { return Ok(None) };
        match params.dpr.unwrap_or(Dpr(10)).scale(css) {
            side @ ..=SIDE_MAX => Ok(Some(side)),
            side => Err(Error::invalid(format!("{name}={css}: {side} with dpr, over the limit of {SIDE_MAX}"))),
        }
    };
    Ok(match (side("w", params.width)?, side("h", params.height)?) {
        (None, None) => Scale::None,
        (width @ Some(_), height @ Some(_)) => {
            let fit = params.fit.unwrap_or_default();
            let position = params.position.filter(|_| fit == Fit::Cover).unwrap_or_default();
            Scale::Box { width, height, fit, position }
        }
        // Without two sides there is no box to fill.
        (width, height) => Scale::Box { width, height, fit: Fit::Inside, position: Position::default() },
    })
}

/// A thumbnail that every upload gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// What its key begins with, e.g. `resized-`.
    pub prefix: String,
    /// How it is made.
    pub recipe: Recipe,
}

impl Thumbnail {
    /// Reads one as it is configured, such as `resized-:half` or `small-:w=368&f=webp`. A prefix is ASCII letters, digits and
    /// `-_./`, and ends in none of the letters and digits, so that it can't run into the name behind it.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = |what: &str| Error::invalid(format!("{}: {what}", shorten(text)));
        let (prefix, recipe) = text.split_once(':').ok_or_else(|| bad("has no : between prefix and recipe"))?;
        let is_prefix = prefix.len() <= 64
            && prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b))
            && prefix.ends_with(['-', '_', '.', '/'])
            && Name::new(format!("{prefix}x")).is_ok();
        if !is_prefix {
            return Err(bad("the prefix must be up to 64 letters, digits and -_./ and end in one of -_./"));
        }
        let recipe = match recipe {
            "half" => Recipe::HALF,
            query => Self::settle(&parse_preset(query)?)
                .ok_or_else(|| bad("the recipe must do something to every upload"))?,
        };
        Ok(Self { prefix: prefix.to_owned(), recipe })
    }

    /// [`None`] for what depends on who asks, which nobody does, and for what leaves the original as it is.
    fn settle(params: &Params) -> Option<Recipe> {
        let recipe = Recipe::settle(params, Accepts::default(), &Policy::default()).ok()?;
        (params.format != Some(AskedFormat::Auto) && !recipe.is_empty()).then_some(recipe)
    }
}

/// What this deployment allows.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The formats that are made.
    pub formats: FormatSet,
    /// The thumbnails that uploads get; their prefixes are reserved names.
    pub thumbnails: Vec<Thumbnail>,
    /// Whether a URL without parameters gets the original.
    pub serves_originals: bool,
    /// What `p` may name, as [`parse_preset`] reads it.
    pub presets: BTreeMap<String, Params>,
    /// What a viewer's URL that asks for something says besides, unless it says otherwise.
    pub defaults: Params,
}

impl Default for Policy {
    fn default() -> Self {
        let half = Thumbnail { prefix: "resized-".to_owned(), recipe: Recipe::HALF };
        Self {
            formats: FormatSet::all(),
            thumbnails: vec![half],
            serves_originals: true,
            presets: BTreeMap::new(),
            defaults: Params::default(),
        }
    }
}

impl Policy {
    /// The parameters with those of the preset that they name.
    fn expand(&self, params: &Params) -> Result<Params> {
        let Some(name) = &params.preset else { return Ok(params.clone()) };
        match self.presets.get(name) {
            Some(preset) => Ok(params.clone().over(preset)),
            None if self.presets.is_empty() => {
                Err(Error::invalid(format!("p={}: no presets are configured here", shorten(name))))
            }
            None => {
                let names: Vec<_> = self.presets.keys().map(String::as_str).collect();
                Err(Error::invalid(format!("p={}: no such preset; can be {}", shorten(name), names.join(", "))))
            }
        }
    }

    /// A viewer's request with all that this deployment's URLs say besides. Not for keys, which leave nothing open: `inside`, which
    /// they do not write, would become another default.
    pub fn complete(&self, request: &Request) -> Result<Request> {
        match plan(request, self)? {
            Plan::Variant(Variant { thumbnail_prefix: None, .. }) => {
                let params = self.expand(&request.params)?.over(&self.defaults);
                Ok(Request { params, ..request.clone() })
            }
            Plan::Variant(_) | Plan::Original(_) => Ok(request.clone()),
        }
    }

    /// Whether the answer depends on the client, so that caches must be told. It may be a preset that says so.
    pub fn is_negotiated(&self, request: &Request) -> bool {
        self.expand(&request.params).is_ok_and(|params| params.format == Some(AskedFormat::Auto))
    }

    /// The thumbnail whose reserved prefix the key begins with, and the rest of the key.
    pub fn thumbnail_of<'a>(&self, key: &'a str) -> Option<(&Thumbnail, &'a str)> {
        self.thumbnails.iter().find_map(|thumbnail| Some((thumbnail, key.strip_prefix(&thumbnail.prefix)?)))
    }
}

/// Reads a preset as it is configured, such as `w=400&f=webp`: a query whose every name is known. No preset names another.
pub fn parse_preset(query: &str) -> Result<Params> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    if let Some((name, _)) = pairs.clone().find(|(name, _)| !Params::is_for_presets(name)) {
        return Err(Error::invalid(format!("{name}: can't stand in a preset")));
    }
    let params = Params::parse(pairs)?;
    // A side that is over the limit after `dpr` is found at the start, not by every request.
    Recipe::settle(&params, Accepts::default(), &Policy::default())?;
    Ok(params)
}

/// What a request comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The original itself, untouched.
    Original(SourceKey),
    /// A variant, stored or yet to be made.
    Variant(Variant),
}

/// A picture to be, fully named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// What it is made from.
    pub source: SourceKey,
    /// How.
    pub recipe: Recipe,
    /// Set when it is stored under a thumbnail's name.
    pub thumbnail_prefix: Option<String>,
}

impl Variant {
    /// The thumbnail of a source.
    pub fn thumbnail(source: SourceKey, thumbnail: &Thumbnail) -> Self {
        Self { source, recipe: thumbnail.recipe.clone(), thumbnail_prefix: Some(thumbnail.prefix.clone()) }
    }

    /// Its name in the variants bucket.
    pub fn key(&self) -> VariantKey {
        match &self.thumbnail_prefix {
            Some(prefix) => VariantKey::thumbnail(prefix, &self.source),
            None => VariantKey::derived(&self.source, &self.recipe),
        }
    }

    /// What is done to its source, in a word: the recipe, or the prefix of a thumbnail, whose recipe no URL can say.
    pub fn recipe_name(&self) -> String {
        self.thumbnail_prefix.clone().unwrap_or_else(|| write_recipe(&self.recipe))
    }

    /// Its name in the ledger, beside its source's: the recipe, or a thumbnail's whole key.
    pub fn row_name(&self) -> String {
        match &self.thumbnail_prefix {
            Some(_) => self.key().as_str().to_owned(),
            None => write_recipe(&self.recipe),
        }
    }
}

/// Decides what a request comes to. [`Kind::Unsupported`] for a format that is not made; [`Kind::Invalid`] for sides over the
/// limit and parameters on a thumbnail's name; [`Kind::Forbidden`] for an original where they are not served.
pub fn plan(request: &Request, policy: &Policy) -> Result<Plan> {
    if let Some((thumbnail, rest)) = policy.thumbnail_of(request.name.as_str()) {
        return plan_thumbnail(&request.params, thumbnail, rest, policy);
    }
    let source = SourceKey::new(request.name.as_str())?;
    let recipe = Recipe::settle(&request.params, request.accepts, policy)?;
    if !recipe.is_empty() {
        return Ok(Plan::Variant(Variant { source, recipe, thumbnail_prefix: None }));
    }
    if !policy.serves_originals {
        return Err(Error::new(Kind::Forbidden, "originals are not served here; ask for a size, such as ?w=400"));
    }
    Ok(Plan::Original(source))
}

fn plan_thumbnail(params: &Params, thumbnail: &Thumbnail, rest: &str, policy: &Policy) -> Result<Plan> {
    // A signature says nothing of the picture.
    let nothing = Params { signature: params.signature, expires: params.expires, ..Params::default() };
    if *params != nothing {
        let prefix = &thumbnail.prefix;
        return Err(Error::invalid(format!("a name that begins with {prefix} is a thumbnail and takes no parameters")));
    }
    let source = SourceKey::new(rest)?;
    if policy.thumbnail_of(rest).is_some() {
        return Err(Error::invalid("a thumbnail has no thumbnail of its own"));
    }
    Ok(Plan::Variant(Variant::thumbnail(source, thumbnail)))
}
