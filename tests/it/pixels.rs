//! What a render promises of its pixels: every kind of source, into every format, at every scale.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "pictures made here, whose numbers are known and small"
)]

use pixfront::format::{Accepts, Format};
use pixfront::image::{Cancel, Options, Rendered};
use pixfront::request::Request;
use pixfront::variant::{Policy, Recipe};

mod animations;
mod avif;
mod channels;
mod colours;
mod fits;
mod gifs;
mod matrix;
mod options;
mod peers;
mod planes;
mod promises;
mod quality;
mod reference;
mod shared;
mod sheet;
mod sources;
mod turned;
mod untouched;
mod webps;

/// Half size, which no URL can say.
const HALF: &str = "half";

/// The recipe of a query; [`HALF`] may stand for the thumbnail's, alone or before further parameters.
fn recipe(query: &str) -> Recipe {
    let (is_half, query) = query.strip_prefix(HALF).map_or((false, query), |rest| (true, rest.trim_start_matches('&')));
    let request = Request::parse("/x", query, None).unwrap();
    let settled = Recipe::settle(&request.params, Accepts::default(), &Policy::default()).unwrap();
    if is_half { Recipe { scale: Recipe::HALF.scale, ..settled } } else { settled }
}

fn render(bytes: &[u8], query: &str) -> Rendered {
    let rendered = pixfront::image::render(bytes, &recipe(query), &Options::default(), &Cancel::default());
    rendered.unwrap_or_else(|error| panic!("{query}: {error:?}"))
}

fn sniff(bytes: &[u8]) -> Option<Format> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some(Format::Jpeg),
        [0x89, b'P', b'N', b'G', ..] => Some(Format::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Format::Webp),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Format::Gif),
        _ => None,
    }
}
