//! Stills of WebP that the decoder reduces: what is torn is refused all the same, and nothing is held that is not needed.

use pixfront::error::Kind;
use pixfront::image::{Cancel, Options, render_all};

use super::memory::peak_of;
use super::{outcome, recipe, render};
use crate::pictures::{scene, see_through_webp, webp};

/// The file cut to this length, and every length in it made to fit, so that only the decoder can tell.
fn covered_up(webp: &[u8], length: usize) -> Vec<u8> {
    let mut cut = webp[..length - length % 2].to_vec();
    let total = u32::try_from(cut.len() - 8).unwrap();
    cut[4..8].copy_from_slice(&total.to_le_bytes());
    let chunk = picture_at(webp);
    let rest = u32::try_from(cut.len() - chunk - 8).unwrap();
    cut[chunk + 4..chunk + 8].copy_from_slice(&rest.to_le_bytes());
    cut
}

/// Where the last chunk begins, which is that of the picture.
fn picture_at(webp: &[u8]) -> usize {
    webp.windows(4).rposition(|name| name == b"VP8 " || name == b"VP8L").unwrap()
}

/// [`outcome`] compares the whole picture with one to 8 pixels, of luma and chroma where the lossy ones have no alpha, and with a PNG,
/// for which the decoder reduces those.
#[test]
fn a_cut_that_is_covered_up_is_found() {
    let scene = scene(64, 48);
    let lossless = webp::Encoder::from_rgb(&scene, 64, 48).encode_lossless().to_vec();
    let reduced = render(&webp(64, 48), "w=8&f=png").unwrap().cost.decoded;
    assert_eq!((reduced.width, reduced.height), (24, 18));
    for (name, bytes) in [("lossy", webp(64, 48)), ("alpha", see_through_webp(64, 48)), ("lossless", lossless)] {
        assert_eq!(outcome(&covered_up(&bytes, bytes.len())), None, "{name}");
        let first = picture_at(&bytes) + 10;
        for length in first..bytes.len() - 4 {
            let found = outcome(&covered_up(&bytes, length));
            assert_eq!(found, Some(Kind::Corrupt), "{name} cut to {length} of {}", bytes.len());
        }
    }
}

/// The alpha of a lossy picture stands in a chunk of its own, which may end too early.
#[test]
fn alpha_that_ends_early_is_found() {
    let bytes = see_through_webp(64, 48);
    let alpha = bytes.windows(4).position(|name| name == b"ALPH").unwrap();
    let length = u32::from_le_bytes(*bytes[alpha + 4..].first_chunk().unwrap());
    for kept in (0..length - 2).step_by(2) {
        let end = alpha + 8 + kept as usize;
        let behind = alpha + 8 + (length + length % 2) as usize;
        let mut cut = [&bytes[..end], &bytes[behind..]].concat();
        let total = u32::try_from(cut.len() - 8).unwrap();
        cut[4..8].copy_from_slice(&total.to_le_bytes());
        cut[alpha + 4..alpha + 8].copy_from_slice(&kept.to_le_bytes());
        assert_eq!(outcome(&cut), Some(Kind::Corrupt), "{kept} of {length} bytes of alpha");
    }
}

/// What C allocates is not seen here: these are our own pixels.
#[test]
fn no_more_is_held_than_needed() {
    let bytes = webp(1600, 1200);
    let of = |query: &str| peak_of(|| render(&bytes, query).unwrap()).1;
    let (reduced, whole, planes) = (600 * 450 * 3, 1600 * 1200 * 3, 1600 * 1200 * 3 / 2);
    let peak = of("w=200&f=png");
    assert!((reduced..2 * reduced).contains(&peak), "{peak} bytes");
    // Once, and what the resampler makes of it on the way.
    let peak = of("w=300&f=png");
    assert!((whole..whole * 4 / 3).contains(&peak), "{peak} bytes");
    let peak = of("w=300&f=webp");
    assert!((planes..planes * 4 / 3).contains(&peak), "{peak} bytes of planes");
}

/// What has no need of colours does not get a decode of its own beside those that have.
#[test]
fn nothing_is_decoded_twice() {
    let bytes = webp(1600, 1200);
    let held = |queries: [&str; 2]| {
        let recipes = queries.map(recipe);
        let (results, peak) = peak_of(|| render_all(&bytes, &recipes, &Options::default(), &Cancel::default()));
        assert!(results.iter().all(Result::is_ok));
        peak
    };
    let planes = 1600 * 1200 * 3 / 2;
    let of_planes = held(["w=800&f=webp", "w=300&f=webp"]);
    assert!((planes..2 * planes).contains(&of_planes), "{of_planes} bytes of planes");
    let (colours, mixed) = (held(["w=800&f=png", "w=300&f=png"]), held(["w=800&f=webp", "w=300&f=png"]));
    assert!(mixed < colours + planes / 4, "{mixed} bytes for {colours} of colours");
}
