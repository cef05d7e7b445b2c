//! `pixfront render`: one file to another, without any store.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::{print, print_json};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::image::{Cancel, render};
use crate::params::write_recipe;
use crate::request::Request;
use crate::variant::Recipe;

#[derive(Args)]
pub(super) struct Options {
    /// The picture.
    src: PathBuf,
    /// The parameters as in a URL, e.g. 'w=400&f=webp'; '' keeps size and format.
    parameters: String,
    /// Where the result goes.
    #[arg(short, long)]
    output: PathBuf,
    /// What `f=auto` goes by.
    #[arg(long)]
    accept: Option<String>,
    /// Say what was done as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options, config: &Config) -> Result<()> {
    let request = Request::parse("/file", &options.parameters, options.accept.as_deref())?;
    let recipe = Recipe::settle(&request.params, request.accepts, &config.policy)?;
    let source = read(&options.src, config.source_bytes)?;
    let begun = Instant::now();
    let rendered = render(&source, &recipe, &config.image, &Cancel::default())?;
    let ms = begun.elapsed().as_secs_f64() * 1000.0;
    let output = options.output.display();
    let not_written = |error| Error::with_source(Kind::Upstream, format!("{output} can't be written"), error);
    fs::write(&options.output, &rendered.bytes).map_err(not_written)?;
    let (width, height, format) = (rendered.width, rendered.height, rendered.file_type);
    if options.json {
        let cost = rendered.cost;
        return print_json(&json!({
            "output": options.output.to_string_lossy(),
            "recipe": write_recipe(&recipe),
            "format": format.name(),
            "width": width,
            "height": height,
            "bytes": rendered.bytes.len(),
            "source": { "width": cost.source.width, "height": cost.source.height, "bytes": source.len() },
            "decoded": { "width": cost.decoded.width, "height": cost.decoded.height },
            "ms": (ms * 10.0).round() / 10.0,
        }));
    }
    print(&format!("{output}: {format}, {width} × {height}, {} bytes, {ms:.1} ms\n", rendered.bytes.len()))
}

fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>> {
    let not_read = |error: std::io::Error| {
        let kind = if error.kind() == ErrorKind::NotFound { Kind::NotFound } else { Kind::Upstream };
        Error::with_source(kind, format!("{} can't be read", path.display()), error)
    };
    let bytes = fs::metadata(path).map_err(not_read)?.len();
    if bytes > bytes_max {
        let words = format!("{} is {bytes} bytes long, over the limit of {bytes_max}", path.display());
        return Err(Error::new(Kind::TooLarge, words));
    }
    fs::read(path).map_err(not_read)
}
