//! Sources × formats × scales, held to the reference resampler.

use pixfront::format::Format;
use pixfront::image::geometry::Size;

use super::reference::{Part, Picture, distance};
use super::sources::{self, HEIGHT, Source, WIDTH, decode_jpeg};
use super::{HALF, render, sniff};
use crate::pictures::jpegs::{self, Coding};
use crate::pictures::scene;

/// A scale as a query, what it takes of a source of 123 × 91, and the size it gives.
const SCALES: [(&str, Part, Sides); 8] = [
    ("", WHOLE, (WIDTH, HEIGHT)),
    ("w=70", WHOLE, (70, 52)),
    ("w=35&dpr=2", WHOLE, (70, 52)),
    ("h=40", WHOLE, (54, 40)),
    ("w=60&h=32", WHOLE, (43, 32)),
    ("w=50&h=50&fit=cover", [16.0, 0.0, 91.0, 91.0], (50, 50)),
    ("w=100&h=25&fit=cover", [0.0, 30.125, 123.0, 30.75], (100, 25)),
    (HALF, WHOLE, (61, 45)),
];
/// Width and height.
type Sides = (u32, u32);

const WHOLE: Part = [0.0, 0.0, WIDTH as f64, HEIGHT as f64];

const FORMATS: [(&str, Option<Format>); 4] =
    [("", None), ("f=jpeg", Some(Format::Jpeg)), ("f=png", Some(Format::Png)), ("f=webp", Some(Format::Webp))];

#[test]
fn every_source_format_and_scale() {
    for source in sources::all() {
        for (scale, part, size) in SCALES {
            let expected = source.picture.resize(part, size.0 as usize, size.1 as usize);
            for (suffix, format) in FORMATS {
                let query = [scale, suffix].into_iter().filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join("&");
                check(&source, &query, format.unwrap_or(source.format), &expected);
            }
        }
    }
}

fn check(source: &Source, query: &str, format: Format, expected: &Picture) {
    let name = format!("{} {query} as {format}", source.name);
    let rendered = render(&source.bytes, query);
    assert_eq!(sniff(&rendered.bytes), Some(format), "{name}");
    assert_eq!(rendered.file_type.output().unwrap(), format, "{name}");
    let shown = sources::decode(&rendered.bytes, format);
    assert_eq!(shown.size(), (rendered.width, rendered.height), "{name}");
    assert_eq!(shown.size(), expected.size(), "{name}");

    let expected = if format == Format::Jpeg { expected.flatten([255.0; 3]) } else { expected.clone() };
    let found = distance(&shown, &expected);
    let is_close = match format {
        // Two roundings to eight bits (three with alpha); measured: 1.7 and 0.27.
        Format::Png => found.max <= 2.0 && found.mean <= 0.3,
        // What is lost is the encoder's affair, at quality 80 and with half the colour; measured: 27.4 dB.
        Format::Jpeg | Format::Webp | Format::Avif | Format::Gif => found.psnr >= 27.0,
    };
    assert!(is_close, "{name}: {found:?}");
}

/// Where the decoder scales, the result is near what a full decode would have given.
#[test]
fn scaled_decoding_is_close_to_full() {
    let codings: [(&str, Coding); 4] = [
        ("4:2:0", jpegs::BASELINE),
        ("4:4:4", jpegs::FULL_COLOUR),
        ("grey", jpegs::GRAY),
        ("progressive", jpegs::PROGRESSIVE),
    ];
    // The sides, the query, and what is decoded.
    let cases: [(Sides, &str, Sides); 11] = [
        ((640, 480), "w=240", (640, 480)),
        ((640, 480), "w=213", (320, 240)),
        ((640, 480), "w=160", (320, 240)),
        ((640, 480), "w=80", (240, 180)),
        ((640, 480), "w=72", (160, 120)),
        ((640, 480), "w=40", (160, 120)),
        ((640, 480), "w=32", (80, 60)),
        ((640, 480), "w=48&h=48&fit=cover", (160, 120)),
        ((633, 479), "w=157", (317, 240)),
        ((633, 479), "w=120", (238, 180)),
        ((633, 479), "w=31", (80, 60)),
    ];
    for (size, query, decoded) in cases {
        for (name, coding) in codings {
            let bytes = jpegs::write(&scene(size.0, size.1), coding);
            let rendered = render(&bytes, &format!("{query}&f=png"));
            assert_eq!(rendered.cost.decoded, Size { width: decoded.0, height: decoded.1 }, "{size:?} {query} {name}");
            assert_eq!(rendered.cost.source, Size { width: size.0, height: size.1 });

            let (width, height) = (f64::from(size.0), f64::from(size.1));
            let part = if query.contains("cover") {
                [(width - height) / 2.0, 0.0, height, height]
            } else {
                [0.0, 0.0, width, height]
            };
            let full = decode_jpeg(&bytes).resize(part, rendered.width as usize, rendered.height as usize);
            let found = distance(&sources::decode(&rendered.bytes, Format::Png), &full);
            // A reduced IDCT is a box filter under the Lanczos; measured: 53 dB.
            assert!(found.psnr >= 50.0, "{size:?} {query} {name}: {found:?}");
        }
    }
}
