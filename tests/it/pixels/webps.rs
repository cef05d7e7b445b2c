//! WebP sources that the decoder reduces: the pictures are those that come of all their pixels.

use image::{RgbImage, Rgba, RgbaImage};
use pixfront::format::Format;
use webp::{Encoder, WebPConfig};

use super::quality::view;
use super::reference::{Picture, distance, ssimulacra2};
use super::render;
use super::sources::decode;
use crate::pictures::jpegs::exif;
use crate::pictures::pngs::{self, Header};
use crate::pictures::profiles::in_webp;

/// Twice primes, so that every ratio is a fraction.
const WIDTH: u32 = 1202;
const HEIGHT: u32 = 898;

fn lossy(picture: &RgbImage) -> Vec<u8> {
    Encoder::from_rgb(picture, picture.width(), picture.height()).encode(88.0).to_vec()
}

fn shown(bytes: &[u8], query: &str) -> Picture {
    decode(&render(bytes, query).bytes, Format::Png)
}

#[test]
fn reduced_pictures_look_like_the_references() {
    let bytes = lossy(&view(WIDTH, HEIGHT));
    let full = decode(&bytes, Format::Webp);
    let (width, height) = (f64::from(WIDTH), f64::from(HEIGHT));
    let whole = [0.0, 0.0, width, height];
    let square = [(width - height) / 2.0, 0.0, height, height];
    let right = [width - height / 2.0, 0.0, height / 2.0, height];
    // The query, what it takes, the result's size, what is decoded, and the least score.
    let cases = [
        ("w=40", whole, (40, 30), (121, 90), 94.0),
        ("w=97", whole, (97, 72), (291, 218), 94.0),
        ("w=159", whole, (159, 119), (478, 357), 94.0),
        ("w=90&h=90&fit=cover", square, (90, 90), (362, 270), 94.0),
        ("w=50&h=100&fit=cover&pos=1,0", right, (50, 100), (402, 300), 94.0),
        ("w=100&h=30&fit=fill", whole, (100, 30), (300, 225), 94.0),
        // A reduction by less than two and a half would take longer than it saves.
        ("w=160", whole, (160, 120), (WIDTH, HEIGHT), 94.0),
    ];
    for (query, part, (width, height), decoded, least) in cases {
        let rendered = render(&bytes, &format!("{query}&f=png"));
        let shown = decode(&rendered.bytes, Format::Png);
        let expected = full.resize(part, width, height);
        let (found, score) = (distance(&shown, &expected), ssimulacra2(&expected, &shown));
        assert_eq!((rendered.cost.decoded.width, rendered.cost.decoded.height), decoded, "{query}");
        assert!(score >= least && found.psnr >= 49.0, "{query}: {score:.1} {found:?}");
    }
}

/// libwebp would move the colours of these: see `still`.
#[test]
fn odd_sides_are_decoded_whole() {
    for (width, height) in [(601, 400), (600, 401), (601, 401)] {
        let rendered = render(&lossy(&view(width, height)), "w=50&f=png");
        assert_eq!(rendered.cost.decoded, rendered.cost.source, "{width} × {height}");
    }
}

/// Every orientation and crop, beside a PNG of the same pixels, which is decoded whole. A shift by a tenth of a result's pixel
/// would show.
#[test]
fn reduced_pictures_agree_with_whole_ones() {
    let bytes = lossy(&view(WIDTH, HEIGHT));
    let full = decode(&bytes, Format::Webp);
    let pixel = |x: u32, y: u32| full.at(x as usize, y as usize)[..3].iter().map(|channel| *channel as u16).collect();
    let queries = [
        "w=120",
        "h=100",
        "w=90&h=90&fit=cover&pos=0.1,0.3",
        "w=50&h=110&fit=cover&pos=0.77,0.9",
        "w=110&h=45&fit=cover&pos=south",
        "w=60&h=60&fit=cover&pos=entropy",
        "w=60&h=90&fit=cover&pos=attention",
        "w=100&h=40&fit=fill",
        "w=100&h=100&fit=contain",
    ];
    for orientation in 1..=8 {
        let block = exif(orientation, true);
        let reduced = in_webp(&bytes, (WIDTH, HEIGHT), None, Some(&block[6..]));
        let whole = Header::new(WIDTH, HEIGHT, 8, pngs::RGB).write(&[(*b"eXIf", block[6..].to_vec())], pixel);
        for query in queries {
            let query = format!("{query}&f=png");
            let found = distance(&shown(&reduced, &query), &shown(&whole, &query));
            assert!(found.psnr >= 47.0, "{orientation} {query}: {found:?}");
        }
    }
}

/// Opaque on the left; on the right nothing, in a colour that must not be seen.
fn hiding() -> RgbaImage {
    RgbaImage::from_fn(800, 600, |x, y| match (x, y) {
        (0..400, _) => Rgba([200, 40, (y / 4) as u8, 255]),
        (400..503, 300..) => Rgba([200, 40, 90, 255 - ((x - 400) * 255 / 103) as u8]),
        _ => Rgba([0, 255, 255, 0]),
    })
}

fn hidden(is_lossless: bool) -> Vec<u8> {
    let mut config = WebPConfig::new().unwrap();
    (config.lossless, config.exact, config.quality) = (is_lossless.into(), 1, 90.0);
    Encoder::from_rgba(&hiding(), 800, 600).encode_advanced(&config).unwrap().to_vec()
}

#[test]
fn hidden_colours_do_not_bleed() {
    for is_lossless in [false, true] {
        let bytes = hidden(is_lossless);
        let full = decode(&bytes, Format::Webp);
        assert!(full.at(799, 9)[1] > 200.0, "the encoder has kept what is hidden");
        for (width, height) in [(37, 28), (64, 48), (106, 80)] {
            let found = shown(&bytes, &format!("w={width}&f=png"));
            let expected = full.resize([0.0, 0.0, 800.0, 600.0], width, height);
            let apart = distance(&found, &expected);
            assert!(apart.max <= 3.0 && apart.psnr >= 48.0, "lossless {is_lossless}, {width}: {apart:?}");
        }
    }
}

/// A lossless picture that has alpha, and says that it does not count: it is opaque, whatever its size.
#[test]
fn alpha_that_does_not_count_does_not_dim() {
    const ALPHA_IS_USED: u8 = 1 << 4;
    let mut bytes = hidden(true);
    let stream = bytes.windows(4).position(|name| name == b"VP8L").unwrap() + 8;
    assert_eq!((bytes[stream], bytes[stream + 4] & ALPHA_IS_USED), (0x2F, ALPHA_IS_USED));
    bytes[stream + 4] &= !ALPHA_IS_USED;
    let full = decode(&bytes, Format::Webp);
    assert_eq!(full.at(799, 9), [0.0, 255.0, 255.0, 255.0]);
    let found = distance(&shown(&bytes, "w=64&f=png"), &full.resize([0.0, 0.0, 800.0, 600.0], 64, 48));
    assert!(found.max <= 6.0 && found.psnr >= 48.0, "{found:?}");
}
