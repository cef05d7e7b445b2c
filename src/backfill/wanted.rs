//! What every original shall have, as the command is told it.

use crate::error::{Error, Result};
use crate::format::Accepts;
use crate::key::SourceKey;
use crate::params::{Params, shorten, write_recipe};
use crate::request::Request;
use crate::variant::{Policy, Recipe, Scale, Thumbnail, Variant};

/// Every client that `f=auto` tells apart.
const CLIENTS: [Accepts; 3] =
    [Accepts { avif: true, webp: false }, Accepts { avif: false, webp: true }, Accepts { avif: false, webp: false }];

/// What every original shall have.
#[derive(Clone, Debug)]
pub struct Wanted {
    thumbnails: Vec<Thumbnail>,
    recipes: Vec<Recipe>,
}

impl Wanted {
    /// The deployment's thumbnails, and variants as URLs ask for them, such as `w=400&f=webp`; `f=auto` is all that it may come
    /// to. A name that is no parameter is an error here, since no tracker adds any.
    pub fn new(queries: &[String], has_thumbnails: bool, policy: &Policy) -> Result<Self> {
        let mut recipes = Vec::new();
        for query in queries {
            let of_query = recipes_of(query, policy)?;
            recipes.extend(of_query.into_iter().filter(|recipe| !recipes.contains(recipe)).collect::<Vec<_>>());
        }
        let thumbnails = if has_thumbnails { policy.thumbnails.clone() } else { Vec::new() };
        if thumbnails.is_empty() && recipes.is_empty() {
            return Err(Error::invalid("there is nothing to make: neither thumbnails nor --variants"));
        }
        Ok(Self { thumbnails, recipes })
    }

    /// The same of one original.
    pub(super) fn of(&self, source: &SourceKey) -> Vec<Variant> {
        let thumbnails = self.thumbnails.iter().map(|thumbnail| Variant::thumbnail(source.clone(), thumbnail));
        let recipes = self.recipes.iter();
        let variants =
            recipes.map(|recipe| Variant { source: source.clone(), recipe: recipe.clone(), thumbnail_prefix: None });
        thumbnails.chain(variants).collect()
    }

    /// In words, for a checkpoint.
    pub fn names(&self) -> Vec<String> {
        let word = |recipe: &Recipe| match recipe.scale {
            Scale::Half => "half".to_owned(),
            Scale::None | Scale::Box { .. } => write_recipe(recipe),
        };
        let thumbnails =
            self.thumbnails.iter().map(|thumbnail| format!("{}:{}", thumbnail.prefix, word(&thumbnail.recipe)));
        let mut names: Vec<_> = thumbnails.chain(self.recipes.iter().map(write_recipe)).collect();
        names.sort();
        names
    }
}

fn recipes_of(query: &str, policy: &Policy) -> Result<Vec<Recipe>> {
    let bad = |error: &Error| Error::new(error.kind(), format!("--variants {}: {}", shorten(query), error.context()));
    let names = query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name));
    if let Some(name) = names.into_iter().find(|name| !Params::is_for_presets(name) && !["p", "preset"].contains(name))
    {
        return Err(bad(&Error::invalid(format!("`{}` is no parameter of a variant", shorten(name)))));
    }
    // As someone asks who knows all formats: for another the same may be nothing to be made.
    let asked =
        Request::parse("/file", query, Some("image/avif, image/webp")).and_then(|asked| policy.complete(&asked));
    let params = asked.map_err(|error| bad(&error))?.params;
    let mut recipes = Vec::new();
    for accepts in CLIENTS {
        let recipe = Recipe::settle(&params, accepts, policy).map_err(|error| bad(&error))?;
        // That is the original itself, for a client that knows none of the newer formats.
        if !recipe.is_empty() && !recipes.contains(&recipe) {
            recipes.push(recipe);
        }
    }
    if recipes.is_empty() {
        return Err(bad(&Error::invalid("has no effect")));
    }
    Ok(recipes)
}
