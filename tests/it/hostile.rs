//! Hostile files: every one is an [`Error`] of the right kind, without a panic and within the memory that the limits allow.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pictures made here, whose numbers are known and small"
)]

use pixfront::error::{Error, Kind, Result};
use pixfront::format::Accepts;
use pixfront::image::{Cancel, Options, Rendered};
use pixfront::request::Request;
use pixfront::variant::{Policy, Recipe};

use crate::pictures::jpegs;
use crate::pictures::tiffs::{self, Tiff};

mod animations;
mod bombs;
mod corpus;
mod jpeg;
mod memory;
pub(crate) mod mutated;
mod profiles;
mod report;
mod seeds;
mod strangers;
mod torn;
mod webp_stills;

fn recipe(query: &str) -> Recipe {
    let request = Request::parse("/x", query, None).unwrap();
    Recipe::settle(&request.params, Accepts::default(), &Policy::default()).unwrap()
}

fn render(bytes: &[u8], query: &str) -> Result<Rendered> {
    pixfront::image::render(bytes, &recipe(query), &Options::default(), &Cancel::default())
}

/// The kind of failure, in full and scaled, which must agree; [`None`]: a picture.
fn outcome(bytes: &[u8]) -> Option<Kind> {
    let of = |query| render(bytes, query).err().map(|error| error.kind());
    let full = of("f=png");
    assert_eq!(full, of("w=8"), "in full and scaled");
    assert_eq!(full, of("w=8&f=png"), "in full and scaled, in colours");
    full
}

pub(crate) fn refusal(bytes: &[u8]) -> Error {
    render(bytes, "w=8").expect_err("refused")
}

/// A file of every kind, small.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let scene = crate::pictures::scene(64, 48);
    let lossless = webp::Encoder::from_rgb(&scene, 64, 48).encode_lossless().to_vec();
    vec![
        ("jpeg", jpegs::write(&scene, jpegs::BASELINE)),
        ("jpeg 4:4:4", jpegs::write(&scene, jpegs::FULL_COLOUR)),
        ("jpeg grey", jpegs::write(&scene, jpegs::GRAY)),
        ("jpeg progressive", jpegs::write(&scene, jpegs::PROGRESSIVE)),
        ("jpeg arithmetic", jpegs::write(&scene, jpegs::ARITHMETIC)),
        ("jpeg cmyk", jpegs::of_ink(&[90; 64 * 48 * 4], (64, 48), false, true)),
        ("jpeg ycck", jpegs::of_ink(&[90; 64 * 48 * 4], (64, 48), true, true)),
        ("jpeg turned", crate::pictures::jpeg_turned(64, 48, 6)),
        ("png", crate::pictures::png(64, 48)),
        ("png alpha", crate::pictures::see_through_png(64, 48)),
        ("webp", crate::pictures::webp(64, 48)),
        ("webp alpha", crate::pictures::see_through_webp(64, 48)),
        ("webp lossless", lossless),
        ("tiff", tiffs::in_tiff(&scene).write(&scene)),
        ("tiff of strips", Tiff { rows_per_strip: 7, ..tiffs::in_tiff(&scene) }.write(&scene)),
        ("tiff lzw", tiffs::compressed(&scene, tiff::encoder::Compression::Lzw)),
        ("tiff jpeg", tiffs::around_jpeg(&jpegs::write(&scene, jpegs::FULL_COLOUR), (64, 48))),
        ("bmp", tiffs::bmp(scene.clone())),
    ]
}
