//! Everything that can be set, in one struct, read in one place.
//!
//! [`Config::default`] is what DESIGN calls the defaults; [`Config::from_env`] changes what the environment names.
//! [`SETTINGS`] is the table from which both the reader and the README's list are made.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::image::Limits;
use crate::variant::Policy;

/// What this deployment is like.
#[derive(Clone, Debug)]
pub struct Config {
    /// What is allowed, and which thumbnails uploads get.
    pub policy: Policy,
    /// What a picture may cost.
    pub limits: Limits,
    /// The longest source that is read to be resized, and the longest upload that `serve` takes, in bytes. What passes through
    /// from the bucket untouched has no limit.
    pub source_bytes: u64,
    /// From the request to the rendered picture.
    pub deadline: Duration,
    /// Renders at one time.
    pub renders: NonZeroUsize,
    /// Requests that may wait for a render before further ones are told to come back.
    pub render_queue: usize,
    /// `Cache-Control` of variants and thumbnails.
    pub cache_control: String,
    /// The name of the originals bucket, as events give it.
    pub originals_bucket: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            limits: Limits::default(),
            source_bytes: 64 << 20,
            deadline: Duration::from_secs(10),
            renders: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            render_queue: 64,
            // A shared cache keeps it for a day only, since nothing purges it there yet.
            cache_control: "public, max-age=86400, s-maxage=86400".to_owned(),
            originals_bucket: "originals".to_owned(),
        }
    }
}

/// One environment variable.
pub struct Setting {
    /// Its name.
    pub variable: &'static str,
    /// Its values, as the documentation and the error sentence say them.
    pub values: &'static str,
    /// Its default, as the documentation says it.
    pub default: &'static str,
    /// What it sets.
    pub meaning: &'static str,
    set: fn(&mut Config, &str) -> Option<()>,
}

/// Every environment variable there is.
pub static SETTINGS: [Setting; 9] = [
    Setting {
        variable: "PIXFRONT_SOURCE_BYTES",
        values: "a number of bytes, at least 1",
        default: "67108864",
        meaning: "the longest source that is resized, and the longest upload to `serve`; over it 413",
        set: |config, value| at_least_one(value).map(|bytes| config.source_bytes = bytes),
    },
    Setting {
        variable: "PIXFRONT_SOURCE_PIXELS",
        values: "a number of pixels, at least 1",
        default: "50000000",
        meaning: "the largest source that is decoded, width times height; over it 413",
        set: |config, value| at_least_one(value).map(|pixels| config.limits.source_pixels = pixels),
    },
    Setting {
        variable: "PIXFRONT_OUTPUT_SIDE",
        values: "a number of pixels from 1 to 16383",
        default: "8192",
        meaning: "the longer side of a result; over it 413",
        set: |config, value| {
            let side = u32::try_from(at_least_one(value)?).ok().filter(|side| *side <= 16_383)?;
            config.limits.output_side = side;
            Some(())
        },
    },
    Setting {
        variable: "PIXFRONT_DEADLINE_MS",
        values: "a number of milliseconds, at least 1",
        default: "10000",
        meaning: "from the request to the rendered picture; over it 504",
        set: |config, value| at_least_one(value).map(|ms| config.deadline = Duration::from_millis(ms)),
    },
    Setting {
        variable: "PIXFRONT_RENDERS",
        values: "a number, at least 1",
        default: "one a core",
        meaning: "renders at one time",
        set: |config, value| {
            config.renders = NonZeroUsize::new(usize::try_from(at_least_one(value)?).ok()?)?;
            Some(())
        },
    },
    Setting {
        variable: "PIXFRONT_RENDER_QUEUE",
        values: "a number",
        default: "64",
        meaning: "requests that may wait for a render; over it 503 with `Retry-After`",
        set: |config, value| value.parse().ok().map(|places| config.render_queue = places),
    },
    Setting {
        variable: "PIXFRONT_FORMATS",
        values: "a list of webp, jpeg, png",
        default: "webp,jpeg,png",
        meaning: "the formats that are made; what is left out is 415",
        set: |config, value| {
            let made =
                |name: &str| crate::format::Format::from_name(name.trim()).filter(|format| format.is_made_here());
            config.policy.formats = value.split(',').map(made).collect::<Option<_>>()?;
            Some(())
        },
    },
    Setting {
        variable: "PIXFRONT_SERVE_ORIGINALS",
        values: "true or false",
        default: "true",
        meaning: "whether a URL without parameters gets the original; otherwise 403",
        set: |config, value| value.parse().ok().map(|serves| config.policy.serves_originals = serves),
    },
    Setting {
        variable: "PIXFRONT_CACHE_CONTROL",
        values: "a Cache-Control header of visible ASCII",
        default: "public, max-age=86400, s-maxage=86400",
        meaning: "what variants and thumbnails are stored and served with",
        set: |config, value| {
            let is_header = !value.is_empty() && value.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
            is_header.then(|| value.clone_into(&mut config.cache_control))
        },
    },
];

impl Config {
    /// The defaults, changed by the environment. An error names the variable, its value and what it may be.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn from_env() -> Result<Self> {
        Self::from_lookup(|variable| std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned()))
    }

    /// The same, from any source of values.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut config = Self::default();
        for setting in &SETTINGS {
            let Some(value) = lookup(setting.variable) else { continue };
            (setting.set)(&mut config, &value)
                .ok_or_else(|| Error::invalid(format!("{}={value}: must be {}", setting.variable, setting.values)))?;
        }
        Ok(config)
    }
}

/// The table of settings as Markdown, for the README.
pub fn markdown_table() -> String {
    let mut table = String::from("| variable | values | default | meaning |\n|---|---|---|---|\n");
    for Setting { variable, values, default, meaning, .. } in &SETTINGS {
        table += &format!("| `{variable}` | {values} | {default} | {meaning} |\n");
    }
    table
}

fn at_least_one(value: &str) -> Option<u64> {
    value.parse().ok().filter(|number| *number > 0)
}
