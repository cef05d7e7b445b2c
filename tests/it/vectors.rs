//! What URLs come to, as data: tests/vectors/*.json, to which the CloudFront Function is held as well. The head of
//! parameters.json tells their scheme.

#![expect(clippy::unwrap_used, reason = "also in what the tests share, where a panic is the failure")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pixfront::config::Config;
use pixfront::error::Result;
use pixfront::params::PARAMS;
use pixfront::request::Request;
use pixfront::serve::viewer_request::{Origin, Rewritten, rewrite};
use pixfront::signature::{SigningKeys, signed_text};
use pixfront::variant::{Plan, Policy, parse_preset, plan};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: Vec<String>,
    #[serde(default)]
    presets: BTreeMap<String, String>,
    signing_keys: Option<String>,
    /// The time, in Unix seconds.
    #[serde(default)]
    now: u64,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    #[serde(default)]
    pub(crate) name: String,
    url: String,
    accept: Option<String>,
    #[serde(default)]
    repeat: BTreeMap<String, (String, usize)>,
    key: Option<String>,
    original: Option<String>,
    uri: Option<String>,
    status: Option<u16>,
    error: Option<String>,
    signed: Option<String>,
    /// Its file's, and the next two.
    #[serde(skip)]
    pub(crate) config: Config,
    /// As the setting has them.
    #[serde(skip)]
    pub(crate) presets: String,
    #[serde(skip)]
    pub(crate) signing_keys: Option<String>,
    #[serde(skip)]
    pub(crate) now: u64,
}

impl File {
    fn into_vectors(self) -> Vec<Vector> {
        let presets_setting: Vec<_> = self.presets.iter().map(|(name, query)| format!("{name}:{query}")).collect();
        let preset = |(name, query): (String, String)| (name, parse_preset(&query).unwrap());
        let policy = Policy { presets: self.presets.into_iter().map(preset).collect(), ..Policy::default() };
        let signing_keys = self.signing_keys.as_deref().map(|keys| SigningKeys::parse(keys).unwrap());
        let config = Config { policy, signing_keys, ..Config::default() };
        let of_this_file = |vector| Vector {
            config: config.clone(),
            presets: presets_setting.join(";"),
            signing_keys: self.signing_keys.clone(),
            now: self.now,
            ..vector
        };
        self.vectors.into_iter().map(of_this_file).collect()
    }
}

/// What a URL comes to, in the words of the files.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Variant { key: String, uri: String },
    Original { key: String, uri: String },
    Refused { status: u16, error: String },
}

impl Vector {
    pub(crate) fn url(&self) -> String {
        self.expand(&self.url)
    }

    fn expand(&self, text: &str) -> String {
        let longer = |text: String, (token, (unit, times)): (&String, &(String, usize))| {
            text.replace(token.as_str(), &unit.repeat(*times))
        };
        self.repeat.iter().fold(text.to_owned(), longer)
    }

    pub(crate) fn expected(&self) -> Outcome {
        let expand = |text: &String| self.expand(text);
        match (&self.key, &self.original, &self.uri, self.status, &self.error) {
            (Some(key), None, Some(uri), None, None) => Outcome::Variant { key: expand(key), uri: expand(uri) },
            (None, Some(key), Some(uri), None, None) => Outcome::Original { key: expand(key), uri: expand(uri) },
            (None, None, None, Some(status), Some(error)) => Outcome::Refused { status, error: expand(error) },
            _ => panic!("{} ({}) is none of the three kinds of vector", self.url, self.name),
        }
    }

    pub(crate) fn accept(&self) -> Option<&str> {
        self.accept.as_deref()
    }
}

pub(crate) fn vectors() -> Vec<Vector> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let paths: BTreeSet<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    let read = |path: PathBuf| -> Vec<Vector> {
        let text = fs::read_to_string(&path).unwrap();
        let file = serde_json::from_str::<File>(&text);
        file.unwrap_or_else(|error| panic!("{}: {error}", path.display())).into_vectors()
    };
    paths.into_iter().flat_map(read).collect()
}

/// Either of the two doors' ways to read a URL.
type Parse = fn(&str, &str, Option<&str>) -> Result<Request>;

impl Vector {
    /// What its URL comes to, or another in its stead.
    fn planned(&self, parse: Parse) -> Result<Plan> {
        self.planned_as(parse, &self.url(), self.accept())
    }

    fn planned_as(&self, parse: Parse, url: &str, accept: Option<&str>) -> Result<Plan> {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        plan(&parse(path, query, accept)?, &self.config.policy)
    }

    /// What the viewer's door makes of its URL.
    fn rewritten(&self) -> Outcome {
        let url = self.url();
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        match rewrite(path, query, self.accept(), &self.config, self.now) {
            Ok(Rewritten { origin: Origin::Variants, key, uri, .. }) => Outcome::Variant { key, uri },
            Ok(Rewritten { origin: Origin::Originals, key, uri, .. }) => Outcome::Original { key, uri },
            Err(error) => Outcome::Refused { status: error.kind().status(), error: error.context().to_owned() },
        }
    }
}

#[test]
fn every_vector_holds() {
    let mut failures = Vec::new();
    for vector in vectors() {
        let (expected, actual) = (vector.expected(), vector.rewritten());
        if actual != expected {
            let (url, name) = (&vector.url, &vector.name);
            failures.push(format!("{url} ({name})\n  expected {expected:?}\n  but got  {actual:?}"));
        }
    }
    assert!(failures.is_empty(), "{} vectors fail:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn what_is_signed_is_one_text() {
    let mut count = 0;
    for vector in vectors() {
        let Some(signed) = &vector.signed else { continue };
        count += 1;
        let text = |url: &str| signed_text(&Request::parse_url(url, vector.accept()).unwrap());
        assert_eq!((text(&vector.url()), text(signed)), (signed.clone(), signed.clone()), "{}", vector.url);
    }
    assert!(count > 20);
}

#[test]
fn what_was_rewritten_comes_to_the_same_at_the_origin() {
    let mut failures = Vec::new();
    for vector in vectors() {
        let (Outcome::Variant { uri, .. } | Outcome::Original { uri, .. }) = vector.expected() else { continue };
        let at_door = vector.planned(Request::parse).ok();
        let at_origin = [
            ("rewritten", vector.planned_as(Request::parse_at_origin, &uri, None)),
            // Where no viewer-request function ran, the viewer's own URL arrives.
            ("as sent", vector.planned(Request::parse_at_origin)),
        ];
        for (how, at_origin) in at_origin {
            if at_origin.as_ref().ok() != at_door.as_ref() {
                let url = &vector.url;
                failures.push(format!("{url} {how}\n  at the door   {at_door:?}\n  at the origin {at_origin:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{} vectors fail:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn vectors_are_many_and_each_asks_something_new() {
    let vectors = vectors();
    assert!(vectors.len() >= 400, "only {} vectors", vectors.len());

    let mut asked = BTreeSet::new();
    for vector in &vectors {
        let setting = (vector.config.policy.presets.len(), vector.now);
        assert!(asked.insert((vector.url(), vector.accept(), setting)), "twice: {} ({})", vector.url, vector.name);
    }
}

#[test]
fn a_key_means_one_thing() {
    let mut named = Vec::new();
    for vector in vectors() {
        if let Outcome::Variant { key, uri } | Outcome::Original { key, uri } = vector.expected()
            && let Ok(plan) = vector.planned(Request::parse)
        {
            named.push((vector.url, key, uri, plan));
        }
    }
    for (one_url, one_key, one_uri, one_plan) in &named {
        for (url, key, uri, plan) in &named {
            let is_same = plan == one_plan;
            assert_eq!((key == one_key, uri == one_uri), (is_same, is_same), "{url} and {one_url}");
        }
    }
}

#[test]
fn every_parameter_is_taken_and_refused() {
    let vectors = vectors();
    let names = |vector: &Vector| -> Vec<String> {
        let url = vector.url();
        let query = url.split_once('?').map_or("", |(_, query)| query);
        query.split('&').map(|pair| pair.split('=').next().unwrap_or_default().to_owned()).collect()
    };
    let (mut taken, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for vector in &vectors {
        match vector.expected() {
            Outcome::Variant { .. } | Outcome::Original { .. } => taken.extend(names(vector)),
            // The sentence begins with the name, so that a vector counts only for the parameter that it is about.
            Outcome::Refused { error, .. } => {
                let is_told =
                    |name: &String| error.starts_with(&format!("{name}=")) || error.starts_with(&format!("{name}:"));
                refused.extend(names(vector).into_iter().filter(is_told));
            }
        }
    }
    for row in &PARAMS {
        assert!(refused.contains(row.name), "no vector in which {} is refused", row.name);
        for name in [row.name].iter().chain(row.aliases) {
            assert!(taken.contains(*name), "no vector in which {name} is taken");
        }
    }
}
