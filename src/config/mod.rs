//! Everything that can be set, in one struct, read in one place.
//!
//! [`Config::default`] holds the defaults; the file beside the program, the environment and, at the edge, the origin's custom
//! headers change them, in this order. [`SETTINGS`] is the table from which the readers and the README's list are made.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use crate::door::{DebugSecret, Launcher};
use crate::error::{Error, Kind, Result};
use crate::format::Accepts;
use crate::image;
use crate::params::Params;
use crate::signature::SigningKeys;
use crate::variant::{Policy, Recipe, Thumbnail};

mod settings;

pub use settings::{SETTINGS, Setting};

/// What this deployment is like.
#[derive(Clone, Debug)]
pub struct Config {
    /// What is allowed, and which thumbnails uploads get.
    pub policy: Policy,
    /// What viewers' URLs must be signed with; [`None`]: they need no signature. Of the doors, only `serve` asks.
    pub signing_keys: Option<SigningKeys>,
    /// What a request must carry to be told which door answered it; [`None`]: nobody is told.
    pub debug_secret: Option<DebugSecret>,
    /// How pictures are made, and what they may cost.
    pub image: image::Options,
    /// The longest source that is read to be resized, and the longest upload that `serve` takes, in bytes. What is asked for
    /// without parameters has no limit.
    pub source_bytes: u64,
    /// From the request to the rendered picture.
    pub deadline: Duration,
    /// Renders at one time.
    pub renders: NonZeroUsize,
    /// Requests that may wait for a render before further ones are told to come back.
    pub render_queue: usize,
    /// `Cache-Control` of variants and thumbnails; [`None`]: see [`Config::cache_control`].
    pub cache_control: Option<String>,
    /// When `http-origin` stores what it made.
    pub persist: Persist,
    /// Whether `http-origin` streams its answers, as its function URL must then expect.
    pub streams: bool,
    /// The directory of the embedded store, for functions that are tried on one machine; [`None`]: AWS.
    pub data: Option<PathBuf>,
    /// The originals bucket.
    pub originals: Place,
    /// The variants bucket.
    pub variants: Place,
    /// The ledger's table.
    pub table: Place,
    /// What the table holds.
    pub table_form: TableForm,
    /// After how many days DynamoDB may remove a row; [`None`]: never by itself.
    pub row_days: Option<u32>,
    /// The failures queue; its name is its URL.
    pub queue: Place,
    /// The distribution that is told what is outdated; its name is its ID. Without one nobody is told.
    pub distribution: Place,
    /// By what it is told.
    pub invalidate: Invalidate,
}

/// When a new variant is stored, seen from its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persist {
    /// The answer waits for it, and can say that the variant is stored.
    Before,
    /// The answer leaves first.
    After,
}

/// What the ledger's table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableForm {
    /// A row a variant; the keys are `name` and `variant`.
    Rows,
    /// Only that there is something of a name; the key is `name` alone.
    Names,
}

/// How a distribution is told what is outdated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalidate {
    /// By the cache tag of the original, and the original by its path.
    Tags,
    /// By paths, one of them with a wildcard, of which CloudFront takes 15 at a time.
    Paths,
}

/// Where something of AWS is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub name: Option<String>,
    /// Its region; [`None`]: the SDK's own default.
    pub region: Option<String>,
    /// What to ask instead of AWS; [`None`]: AWS, or what the SDK's environment says.
    pub endpoint: Option<String>,
}

/// What is looked for beside the program.
const FILE_NAME: &str = "pixfront.toml";

impl Default for Config {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            signing_keys: None,
            debug_secret: None,
            image: image::Options::default(),
            source_bytes: 64 << 20,
            deadline: Duration::from_secs(10),
            renders: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            render_queue: 64,
            cache_control: None,
            persist: Persist::After,
            streams: false,
            data: None,
            originals: Place::default(),
            variants: Place::default(),
            table: Place::default(),
            table_form: TableForm::Rows,
            row_days: None,
            queue: Place::default(),
            distribution: Place::default(),
            invalidate: Invalidate::Tags,
        }
    }
}

impl Config {
    /// The defaults, changed by `pixfront.toml` beside the program, then by the environment. An error names the source, the
    /// setting, its value and what it may be.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn read() -> Result<Self> {
        let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join(FILE_NAME)));
        let file = match beside.as_deref().map(std::fs::read_to_string) {
            Some(Ok(text)) => text,
            Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::with_source(Kind::Invalid, format!("{FILE_NAME} can't be read"), error));
            }
            Some(Err(_)) | None => String::new(),
        };
        let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self::from_sources(&file, variable)
    }

    /// The same, from the text of the file and any source of variables.
    pub fn from_sources(file: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut config = Self::default();
        config.apply_file(file)?;
        for setting in &SETTINGS {
            if let Some(value) = variable(&setting.variable()) {
                config.apply(setting, &setting.variable(), &value)?;
            }
        }
        Ok(config)
    }

    /// Changed by an origin's custom headers, the only thing that Lambda@Edge can be told. Other headers are not ours.
    pub fn with_headers<'a>(&self, headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let mut config = self.clone();
        for (name, value) in headers {
            if let Some(setting) = Setting::of_header(name) {
                config.apply(setting, &format!("the origin's header {}", setting.header()), value)?;
            }
        }
        Ok(config)
    }

    /// Those of an origin's custom headers that set something, whatever it is worth.
    pub fn own_headers(headers: &[(String, String)]) -> Vec<(String, String)> {
        headers.iter().filter(|(name, _)| Setting::of_header(name).is_some()).cloned().collect()
    }

    fn apply_file(&mut self, text: &str) -> Result<()> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            // Not the error itself, which shows the line: it may hold a secret.
            let line = 1 + text.bytes().take(error.span().unwrap_or_default().start).filter(|b| *b == b'\n').count();
            let cause = format!("line {line}: {}", error.message());
            Error::with_source(Kind::Invalid, format!("{FILE_NAME} is not TOML"), cause)
        })?;
        for (name, value) in &table {
            let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
                return Err(Error::invalid(format!("{FILE_NAME}: there is no setting {name}")));
            };
            let value = match value {
                toml::Value::String(text) => text.clone(),
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(is_so) => is_so.to_string(),
                toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
                    return Err(Error::invalid(format!("{FILE_NAME}: {name}: must be {}", setting.values)));
                }
            };
            self.apply(setting, &format!("{FILE_NAME}: {name}"), &value)?;
        }
        Ok(())
    }

    fn apply(&mut self, setting: &Setting, source: &str, value: &str) -> Result<()> {
        let shown = if setting.is_secret() { String::new() } else { format!("={value}") };
        let bad = || Error::invalid(format!("{source}{shown}: must be {}", setting.values));
        (setting.set)(self, value).ok_or_else(bad)
    }

    /// Whether it says where everything is kept. At the edge that may come later, with the origin's headers.
    pub fn says_where(&self) -> bool {
        let places = [&self.originals, &self.variants, &self.table, &self.queue];
        self.data.is_some() || places.iter().all(|place| place.name.is_some())
    }

    /// Refuses settings that are good each by itself and not together: [`Kind::Invalid`] if both buckets are one, since what is
    /// made would then be taken for an upload, and made into something again, without end; and if a preset, a thumbnail or the defaults
    /// ask for what is not made here, which would be an error at its every use.
    pub fn check(&self) -> Result<()> {
        let settles = |what: &str, params: &Params| {
            let settled = Recipe::settle(params, Accepts::default(), &self.policy);
            settled.map(drop).map_err(|error| Error::invalid(format!("{what}: {}", error.context())))
        };
        settles("PIXFRONT_DEFAULTS", &self.policy.defaults)?;
        for (name, preset) in &self.policy.presets {
            settles(&format!("PIXFRONT_PRESETS: {name}"), preset)?;
        }
        for Thumbnail { prefix, recipe } in &self.policy.thumbnails {
            if let Some(format) = recipe.format.filter(|format| !self.policy.formats.contains(*format)) {
                let made = self.policy.formats;
                return Err(Error::invalid(format!(
                    "PIXFRONT_THUMBNAILS: {prefix}: f={format} is not made here; can be {made}"
                )));
            }
        }
        match &self.variants.name {
            Some(variants) if variants == self.originals_bucket() => Err(Error::invalid(format!(
                "PIXFRONT_VARIANTS_BUCKET={variants}: must not be PIXFRONT_ORIGINALS_BUCKET: every variant would be an upload"
            ))),
            Some(_) | None => Ok(()),
        }
    }

    /// `Cache-Control` of variants and thumbnails. Where the distribution is told of what is outdated, it may keep the rest for a year;
    /// elsewhere nothing purges it there, so that a day is enough.
    pub fn cache_control(&self) -> &str {
        match (&self.cache_control, &self.distribution.name) {
            (Some(control), _) => control,
            (None, Some(_)) => "public, max-age=86400, s-maxage=31536000",
            (None, None) => "public, max-age=86400, s-maxage=86400",
        }
    }

    /// The name of the originals bucket, as events give it.
    pub fn originals_bucket(&self) -> &str {
        self.originals.name.as_deref().unwrap_or("originals")
    }
}

/// What Lambda says to every function that it starts, and without which its runtime would panic.
const LAMBDA_VARIABLES: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

/// Whether this process was started by Lambda; [`Kind::Invalid`] names what is missing for that.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn check_lambda() -> Result<()> {
    match LAMBDA_VARIABLES.iter().find(|name| std::env::var(name).is_err()) {
        Some(name) => Err(Error::invalid(format!("{name} is not set: this program is a function, started by Lambda"))),
        None => Ok(()),
    }
}

/// How the launcher at the edge says that it started this program, if one did.
pub fn launcher() -> Option<Launcher> {
    std::env::args().nth(1).and_then(|word| Launcher::from_word(&word))
}

/// The table of settings as Markdown, for the README.
pub fn markdown_table() -> String {
    let mut table = String::from("| variable | values | default | meaning |\n|---|---|---|---|\n");
    for setting in &SETTINGS {
        let Setting { values, default, meaning, .. } = setting;
        table += &format!("| `{}` | {values} | {default} | {meaning} |\n", setting.variable());
    }
    table
}
