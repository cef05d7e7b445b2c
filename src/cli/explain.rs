//! `pixfront explain`: what a URL comes to, without fetching anything.

use clap::Args;
use serde_json::json;

use super::{print, print_json};
use crate::config::Config;
use crate::error::Result;
use crate::format::Accepts;
use crate::key::uri;
use crate::params::write_recipe;
use crate::request::Request;
use crate::signature::signed_text;
use crate::variant::{Plan, Scale, plan};

#[derive(Args)]
pub(super) struct Options {
    /// A whole URL, or its path and query.
    url: String,
    /// The `Accept` header of the client.
    #[arg(long)]
    accept: Option<String>,
    /// Say it as JSON.
    #[arg(long)]
    json: bool,
}

/// The answer, a pair a line.
struct Explained {
    source: String,
    accepts: Accepts,
    plan: &'static str,
    recipe: String,
    bucket: &'static str,
    key: String,
    cache_tag: String,
}

pub(super) fn run(options: &Options, config: &Config) -> Result<()> {
    let request = Request::parse_url(&options.url, options.accept.as_deref())?;
    let explained = explain(&request, config)?;
    let signed = signed_text(&request);
    if options.json {
        return print_json(&json!({
            "source": explained.source,
            "accepts": { "avif": explained.accepts.avif, "webp": explained.accepts.webp },
            "plan": explained.plan,
            "recipe": explained.recipe,
            "bucket": explained.bucket,
            "key": explained.key,
            "uri": uri(&explained.key),
            "cache_tag": explained.cache_tag,
            "signed": signed,
        }));
    }
    let Explained { source, accepts, plan, recipe, bucket, key, cache_tag } = explained;
    let Accepts { avif, webp } = accepts;
    let uri = uri(&key);
    print(&format!(
        "source     {source}\naccepts    avif {avif}, webp {webp}\nplan       {plan}\nrecipe     {recipe}\n\
         bucket     {bucket}\nkey        {key}\nuri        {uri}\ncache tag  {cache_tag}\nsigned     {signed}\n"
    ))
}

fn explain(request: &Request, config: &Config) -> Result<Explained> {
    let accepts = request.accepts;
    Ok(match plan(&config.policy.complete(request)?, &config.policy)? {
        Plan::Original(source) => Explained {
            source: source.as_str().to_owned(),
            accepts,
            plan: "the original, untouched",
            recipe: String::new(),
            bucket: "originals",
            key: source.as_str().to_owned(),
            cache_tag: source.cache_tag(),
        },
        Plan::Variant(variant) => Explained {
            source: variant.source.as_str().to_owned(),
            accepts,
            plan: if variant.thumbnail_prefix.is_some() {
                "a thumbnail, made if missing"
            } else {
                "a variant, made if missing"
            },
            recipe: match variant.recipe.scale {
                Scale::Half => "half size".to_owned(),
                Scale::None | Scale::Box { .. } => write_recipe(&variant.recipe),
            },
            bucket: "variants",
            key: variant.key().as_str().to_owned(),
            cache_tag: variant.source.cache_tag(),
        },
    })
}
