//! Any bytes, by a recipe that the first of them choose: a picture of the size that it says, or a refusal that is no bug.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pixfront::error::Kind;
use pixfront::image::{Cancel, Limits, Options, render};
use pixfront::variant::Recipe;

const RECIPES: [&str; 8] = [
    "w=8",
    "w=16,f=webp",
    "w=9,h=7,f=jpeg,fit=cover,pos=attention",
    "w=20,h=20,f=png,fit=contain",
    "f=gif",
    "w=8,h=3,fit=fill",
    "f=png",
    "w=12,h=5,f=webp,fit=cover,pos=entropy",
];

fuzz_target!(|bytes: &[u8]| {
    let [choice, bytes @ ..] = bytes else { return };
    let recipe = Recipe::parse(RECIPES[usize::from(*choice) % RECIPES.len()]).unwrap().unwrap();
    // Small, so that many are tried; what is larger is refused before it is decoded.
    let limits = Limits { source_pixels: 100_000, frames: 8, ..Limits::default() };
    match render(bytes, &recipe, &Options { limits, ..Options::default() }, &Cancel::default()) {
        Ok(rendered) => assert!(!rendered.bytes.is_empty()),
        Err(error) => {
            assert!(matches!(error.kind(), Kind::Unsupported | Kind::TooLarge | Kind::Corrupt), "{}", error.chain())
        }
    }
});
