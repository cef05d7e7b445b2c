//! What `render` promises, over formats, sizes, orientations and hostile files.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use image::{DynamicImage, GenericImageView};
use pixfront::error::{Error, Kind};
use pixfront::format::FormatSet;
use pixfront::image::{Cancel, Limits, Rendered, render};
use pixfront::request::Request;
use pixfront::variant::Recipe;

use crate::pictures;

fn recipe(query: &str) -> Recipe {
    let request = Request::parse("/x", query, None).unwrap();
    Recipe::settle(&request.params, request.accepts, FormatSet::made_here()).unwrap()
}

fn make(source: &[u8], recipe: &Recipe) -> Result<Rendered, Error> {
    render(source, recipe, &Limits::default(), &Cancel::default())
}

fn look(rendered: &Rendered) -> DynamicImage {
    if rendered.bytes.starts_with(b"RIFF") {
        return webp::Decoder::new(&rendered.bytes).decode().unwrap().to_image();
    }
    image::load_from_memory(&rendered.bytes).unwrap()
}

#[test]
fn every_format_becomes_every_format_at_every_size() {
    let sources = [
        ("jpeg", pictures::jpeg(240, 180)),
        ("jpeg", pictures::gray_jpeg(240, 180)),
        ("png", pictures::png(240, 180)),
        ("png", pictures::see_through_png(240, 180)),
        ("webp", pictures::webp(240, 180)),
        ("webp", pictures::see_through_webp(240, 180)),
    ];
    let sizes = [
        ("", (240, 180)),
        ("w=60", (60, 45)),
        ("h=60", (80, 60)),
        ("w=60&h=60", (60, 45)),
        ("w=60&h=60&fit=cover", (60, 60)),
        ("w=1000", (240, 180)),
        ("w=50&dpr=3", (150, 113)),
    ];
    for (own_format, source) in &sources {
        for (size, expected) in sizes {
            for format in ["", "jpeg", "png", "webp"] {
                let query = format!("{size}&q=90{}{format}", if format.is_empty() { "" } else { "&f=" });
                let rendered = make(source, &recipe(&query)).unwrap();
                let wanted = if format.is_empty() { own_format } else { format };
                assert_eq!((rendered.format.name(), (rendered.width, rendered.height)), (wanted, expected), "{query}");
                assert_eq!(look(&rendered).dimensions(), expected, "{own_format} {query}");
            }
        }
        let half = make(source, &Recipe::HALF).unwrap();
        assert_eq!((half.width, half.height), (120, 90));
    }
}

#[test]
fn the_marked_corner_is_where_exif_says() {
    // The red corner of the stored picture, and where each orientation carries it: (right?, bottom?).
    let corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0), (1, 0), (1, 1), (0, 1)];
    for (orientation, (right, bottom)) in (1..=8).zip(corners) {
        for recipe in [recipe("f=png"), recipe("w=64&f=png"), recipe("w=40&h=40&fit=cover&f=png"), Recipe::HALF] {
            let rendered = make(&pictures::jpeg_turned(128, 96, orientation), &recipe).unwrap();
            let picture = look(&rendered).to_rgb8();
            let (width, height) = picture.dimensions();
            if recipe == Recipe::HALF {
                assert_eq!((width, height), if orientation > 4 { (48, 64) } else { (64, 48) }, "{orientation}");
            }
            let at = |side: u32, end: u32| if end == 0 { side / 20 } else { side - 1 - side / 20 };
            let pixel = picture.get_pixel(at(width, right), at(height, bottom));
            assert!(pixel[0] > 200 && pixel[1] < 90 && pixel[2] < 90, "{orientation} {recipe:?}: {pixel:?}");
            assert!(!rendered.bytes.windows(4).any(|tag| tag == b"Exif"), "metadata goes");
        }
    }
}

#[test]
fn transparency_meets_the_background() {
    let source = pictures::see_through_png(80, 60);
    for (query, expected) in [("f=jpeg&q=95", [255, 255, 255]), ("f=jpeg&q=95&bg=00FF00", [0, 255, 0])] {
        let pixel = *look(&make(&source, &recipe(query)).unwrap()).to_rgb8().get_pixel(70, 10);
        assert!(pixel.0.iter().zip(expected).all(|(ours, wanted)| ours.abs_diff(wanted) < 8), "{query}: {pixel:?}");
    }
    let kept = look(&make(&source, &recipe("w=40&f=webp")).unwrap()).to_rgba8();
    assert_eq!((kept.get_pixel(5, 5)[3], kept.get_pixel(35, 5)[3]), (255, 0));
}

#[test]
fn a_jpeg_is_decoded_at_twice_the_target_or_more() {
    let source = pictures::jpeg(800, 600);
    for (query, decoded) in [("w=100", (200, 150)), ("w=99", (200, 150)), ("w=101", (400, 300)), ("w=401", (800, 600))]
    {
        let cost = make(&source, &recipe(query)).unwrap().cost;
        assert_eq!((cost.decoded.width, cost.decoded.height), decoded, "{query}");
    }
}

#[test]
fn torn_files_are_corrupt_wherever_they_end() {
    let sources = [pictures::jpeg(64, 48), pictures::png(64, 48), pictures::webp(64, 48)];
    for source in sources {
        for cut in (0..source.len()).step_by(source.len() / 80 + 1) {
            let kind = make(&source[..cut], &recipe("w=20")).unwrap_err().kind();
            let expected = if cut < 12 { [Kind::Corrupt, Kind::Unsupported] } else { [Kind::Corrupt; 2] };
            assert!(expected.contains(&kind), "cut at {cut} of {}: {kind:?}", source.len());
        }
    }
}

#[test]
fn mutated_files_never_are_our_bug() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let sources =
        [pictures::jpeg(64, 48), pictures::png(64, 48), pictures::webp(64, 48), pictures::jpeg_turned(64, 48, 6)];
    for round in 0..2000 {
        let mut bytes = sources[round % sources.len()].clone();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            bytes[at] = u8::try_from(random(256)).unwrap();
        }
        if let Err(error) = make(&bytes, &recipe("w=20&f=webp")) {
            let kind = error.kind();
            assert!(matches!(kind, Kind::Corrupt | Kind::Unsupported | Kind::TooLarge), "{round}: {}", error.chain());
        }
    }
}

#[test]
fn bombs_and_strangers_are_refused_by_their_header() {
    let check = |source: &[u8], kind: Kind, words: &str| {
        let error = make(source, &recipe("w=20")).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.context().contains(words), "{error}");
    };
    check(&pictures::png_bomb(60_000, 60_000), Kind::TooLarge, "60000 × 60000 pixels, over the limit of 50000000");
    check(&pictures::jpeg_bomb(65_500, 65_500), Kind::TooLarge, "65500 × 65500");
    check(&pictures::png_bomb(0, 10), Kind::Corrupt, "0 pixels");
    check(&pictures::jpeg_bomb(10, 0), Kind::Corrupt, "0 pixels");
    check(b"GIF89a....", Kind::Unsupported, "gif");
    check(b"%PDF-1.7", Kind::Unsupported, "PDF");
    check(b"<svg xmlns='http://www.w3.org/2000/svg'/>", Kind::Unsupported, "SVG");
    check(b"", Kind::Unsupported, "not a picture");
    let cancelled = Cancel::default();
    cancelled.cancel();
    let late = render(&pictures::png(10, 10), &recipe("w=2"), &Limits::default(), &cancelled).unwrap_err();
    assert_eq!(late.kind(), Kind::Deadline);
}
