//! The text of CloudFront's viewer-request function: `cloudfront/viewer-request.js` with the settings of a deployment.
//!
//! The file is a twin of [`crate::serve::viewer_request`] in another language. What both must have from one place stands in it
//! between marks: the settings, and the table of parameters with its limits, which a test keeps fresh.

use serde_json::{Value, json};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::format::Format;
use crate::key::SOURCE_BYTES_MAX;
use crate::params::{EXPIRES_MAX, Fit, PARAMS, SIDE_MAX, write_query};

mod source;

pub use source::{Kind, Token, packed, tokens};

/// The function as it is read and changed.
pub const SOURCE: &str = include_str!("../cloudfront/viewer-request.js");

/// CloudFront's limit on a function.
pub const BYTES_MAX: usize = 10_240;

/// The function as it is deployed, with these settings; [`Kind::Invalid`](crate::error::Kind) if they make it too long. Keys are
/// not in it: it looks for them in its key-value store, if URLs must be signed, which they must as well where keys are configured.
pub fn deployed(config: &Config, must_be_signed: bool) -> Result<String> {
    let is_signed = must_be_signed || config.signing_keys.is_some();
    let text = with_block(SOURCE, "settings", &settings(config, is_signed))
        .ok_or_else(|| Error::new(crate::error::Kind::Bug, "the function has no place for its settings"))?;
    let text = format!("{}// pixfront {}\n", packed(&text), env!("CARGO_PKG_VERSION"));
    match text.len() {
        ..=BYTES_MAX => Ok(text),
        length => Err(Error::invalid(format!(
            "the viewer-request function is {length} bytes long with these settings, over CloudFront's limit of {BYTES_MAX}; \
             fewer or shorter presets, defaults and thumbnail prefixes make it shorter"
        ))),
    }
}

/// The text with another block between the marks of this name; [`None`] if it lacks them.
pub fn with_block(text: &str, name: &str, block: &str) -> Option<String> {
    let (begin, end) = (format!("// {name}\n"), format!("// end of {name}\n"));
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{block}{end}{after}"))
}

/// What differs from deployment to deployment.
pub fn settings(config: &Config, is_signed: bool) -> String {
    let policy = &config.policy;
    let formats: Vec<_> = Format::ALL.into_iter().filter(|f| policy.formats.contains(*f)).map(Format::name).collect();
    let prefixes: Vec<_> = policy.thumbnails.iter().map(|thumbnail| &thumbnail.prefix).collect();
    // Pairs and no object: a name such as `1` or `__proto__` is like any other there.
    let presets: Vec<_> = policy.presets.iter().map(|(name, params)| json!([name, write_query(params)])).collect();
    let settings = [
        ("formats", json!(formats)),
        ("presets", Value::Array(presets)),
        ("defaults", json!(write_query(&policy.defaults))),
        ("thumbnailPrefixes", json!(prefixes)),
        ("serveOriginals", json!(policy.serves_originals)),
        ("signed", json!(is_signed)),
    ];
    let lines: Vec<_> = settings.iter().map(|(name, value)| format!("  {name}: {value},\n")).collect();
    format!("const SETTINGS = {{\n{}}};\n", lines.concat())
}

/// What the twins must agree on: names, sentences and limits.
pub fn table() -> String {
    let sentences = PARAMS.iter().map(|row| format!("  {}: {},\n", row.name, json!(row.values)));
    let aliases =
        PARAMS.iter().flat_map(|row| row.aliases.iter().map(|alias| format!("  {alias}: {},\n", json!(row.name))));
    let keyed: Vec<_> = PARAMS.iter().filter(|row| row.is_in_keys()).map(|row| row.name).collect();
    let formats: Vec<_> = std::iter::once("auto").chain(Format::ALL.map(Format::name)).collect();
    let qualities = Format::ALL.into_iter().filter_map(|f| Some(format!(" {}: {},", f.name(), f.default_quality()?)));
    format!(
        "// Written by `UPDATE=1 make test`.\n\
         const PARAMS = {{\n{}}};\n\
         // In the order in which keys are written; that of an object's fields is not certain.\n\
         const NAMES = {};\n\
         const ALIASES = {{\n{}}};\n\
         const KEY_PAIR = /^({})=([0-9A-Za-z]+|[0-9.:]+)$/;\n\
         const FORMAT = /^({})$/;\n\
         const FIT = /^({})$/;\n\
         const QUALITY = {{{} }};\n\
         const SIDE_MAX = {SIDE_MAX};\n\
         const PATH_MAX = {SOURCE_BYTES_MAX};\n\
         const EXPIRES_MAX = {EXPIRES_MAX};\n",
        sentences.collect::<String>(),
        json!(PARAMS.iter().map(|row| row.name).collect::<Vec<_>>()),
        aliases.collect::<String>(),
        keyed.join("|"),
        formats.join("|"),
        Fit::ALL.map(Fit::name).join("|"),
        qualities.collect::<String>().trim_end_matches(','),
    )
}
