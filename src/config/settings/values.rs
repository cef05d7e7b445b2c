//! How the values of settings are read; [`None`] for one that it can't be.

use crate::config::Place;
use crate::params::{Params, preset_name};
use crate::variant::{Thumbnail, parse_preset};

pub(super) const REGION: &str = "a region, e.g. `eu-west-1`";
pub(super) const URL: &str = "a URL that begins with http:// or https://";

impl Place {
    /// Of a bucket or a table: the letters that either service takes.
    pub(super) fn set_name(&mut self, value: &str) -> Option<()> {
        let is_name =
            (3..=255).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        is_name.then(|| self.name = Some(value.to_owned()))
    }

    pub(super) fn set_region(&mut self, value: &str) -> Option<()> {
        let is_region =
            !value.is_empty() && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        is_region.then(|| self.region = Some(value.to_owned()))
    }

    pub(super) fn set_endpoint(&mut self, value: &str) -> Option<()> {
        is_url(value).then(|| self.endpoint = Some(value.to_owned()))
    }
}

/// The members of a list that may be empty, without the spaces around them.
pub(super) fn members(value: &str, separator: char) -> impl Iterator<Item = &str> {
    let members = (!value.trim().is_empty()).then(|| value.split(separator).map(str::trim));
    members.into_iter().flatten()
}

/// Reads a preset and its name, e.g. `small:w=400&f=auto`.
pub(super) fn read_preset(text: &str) -> Option<(String, Params)> {
    let (name, query) = text.split_once(':')?;
    Some((preset_name(name)?.to_owned(), parse_preset(query).ok()?))
}

/// Reads what every URL says, e.g. `f=auto&fit=cover`. A size would make a variant of what asks for none.
pub(super) fn read_defaults(value: &str) -> Option<Params> {
    if value.trim().is_empty() {
        return Some(Params::default());
    }
    let params = parse_preset(value).ok()?;
    (params.width.is_none() && params.height.is_none() && params.dpr.is_none()).then_some(params)
}

/// Reads a list of thumbnails, e.g. `resized-:half;small-:w=368`.
pub(super) fn read_thumbnails(value: &str) -> Option<Vec<Thumbnail>> {
    let thumbnails = members(value, ';').map(|text| Thumbnail::parse(text).ok()).collect::<Option<Vec<_>>>()?;
    let begins = |a: &Thumbnail, b: &Thumbnail| a.prefix.starts_with(&b.prefix) || b.prefix.starts_with(&a.prefix);
    let mut pairs = thumbnails.iter().enumerate().flat_map(|(i, a)| thumbnails[..i].iter().map(move |b| (a, b)));
    // Of two that begin alike, a name would not say which is meant.
    (!pairs.any(|(a, b)| begins(a, b))).then_some(thumbnails)
}

pub(super) fn is_url(value: &str) -> bool {
    let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic()))
}

pub(super) fn at_least_one(value: &str) -> Option<u64> {
    value.parse().ok().filter(|number| *number > 0)
}

/// From 0 to `most`.
pub(super) fn within(value: &str, most: u8) -> Option<u8> {
    value.parse().ok().filter(|number| *number <= most)
}

/// What the word stands for.
pub(super) fn one_of<T, const N: usize>(value: &str, words: [(&str, T); N]) -> Option<T> {
    words.into_iter().find_map(|(word, meaning)| (word == value).then_some(meaning))
}
