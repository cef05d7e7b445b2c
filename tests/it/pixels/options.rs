//! What a deployment may set about renders.

use pixfront::error::Kind;
use pixfront::format::{FileType, Format};
use pixfront::image::{Cancel, Options, Rendered, Strangers};

use super::recipe;
use crate::pictures::animations::counting;
use crate::pictures::{self, gray_jpeg, jpeg, jpegs, png, webp};

fn render(bytes: &[u8], query: &str, options: &Options) -> pixfront::error::Result<Rendered> {
    pixfront::image::render(bytes, &recipe(query), options, &Cancel::default())
}

#[test]
fn jpeg_is_progressive_where_that_is_set() {
    let mut progressive = Options::default();
    progressive.encoding.jpeg_progressive = true;
    for source in [jpeg(64, 48), gray_jpeg(64, 48), png(64, 48)] {
        for (options, frame, other) in [(&Options::default(), 0xC0, 0xC2), (&progressive, 0xC2, 0xC0)] {
            let rendered = render(&source, "w=40&f=jpeg", options).unwrap();
            let codes: Vec<_> = jpegs::markers(&rendered.bytes).into_iter().map(|(code, _)| code).collect();
            assert!(codes.contains(&frame) && !codes.contains(&other), "{codes:x?}");
        }
    }
}

/// More effort is spent, and it pays: on this photograph-like picture, in bytes.
#[test]
fn efforts_reach_the_encoders() {
    let source = jpegs::write(&pictures::scene(320, 240), jpegs::BASELINE);
    let bytes = |query: &str, webp_effort, avif_speed: u8| {
        let mut options = Options::default();
        (options.encoding.webp_effort, options.encoding.avif_speed) = (webp_effort, Some(avif_speed));
        render(&source, query, &options).unwrap().bytes
    };
    assert!(bytes("w=200&f=webp", 6, 9).len() < bytes("w=200&f=webp", 0, 9).len());
    assert_eq!(bytes("w=200&f=webp", 4, 9), bytes("w=200&f=webp", 4, 6));
    assert_ne!(bytes("w=200&f=avif", 4, 9), bytes("w=200&f=avif", 4, 6));
}

#[test]
fn what_is_switched_off_is_not_decoded() {
    let sources = [(FileType::Jpeg, jpeg(64, 48)), (FileType::Png, png(64, 48)), (FileType::Webp, webp(64, 48))];
    for (off, _) in &sources {
        let options = Options { undecoded: [*off].into(), ..Options::default() };
        for (file_type, bytes) in &sources {
            match render(bytes, "w=8&f=png", &options) {
                Ok(rendered) => assert!(file_type != off && rendered.width == 8, "{file_type} without {off}"),
                Err(error) => {
                    assert_eq!((file_type, error.kind()), (off, Kind::Unsupported));
                    assert_eq!(error.context(), format!("{off} is switched off here"));
                }
            }
        }
    }
}

#[test]
fn what_is_not_decoded_is_an_original() {
    let options = Options { strangers: Strangers::Forbidden, ..Options::default() };
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>";
    assert_eq!(&render(svg, "w=9", &Options::default()).unwrap().bytes[..], svg);
    assert_eq!(render(svg, "w=9", &options).unwrap_err().kind(), Kind::Forbidden);
}

/// The ground of `contain` is larger than its source, and every frame has one.
#[test]
fn a_large_ground_is_refused_before_it_is_there() {
    let moving = pictures::animations::webp(0, &counting(2000, 2, 8));
    let error = |bytes: &[u8], query| render(bytes, query, &Options::default()).unwrap_err();
    let refused = error(&moving, "w=2000&h=4000&fit=contain");
    assert_eq!(refused.kind(), Kind::TooLarge);
    let words = "the result would be 2000 × 4000 pixels × 8 frames, over the limit of 50000000 in all";
    assert_eq!(refused.context(), words);
    let still = render(&moving, "w=2000&h=4000&fit=contain&f=jpeg", &Options::default()).unwrap();
    assert_eq!((still.width, still.height), (2000, 4000));
    assert_eq!(error(&png(8192, 1), "w=8192&h=8192&fit=contain").kind(), Kind::TooLarge);
}

#[test]
fn a_side_has_a_limit_of_its_own() {
    assert!(render(&png(65_535, 1), "w=9", &Options::default()).is_ok());
    let error = render(&png(65_536, 1), "w=9", &Options::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::TooLarge);
    assert_eq!(error.context(), "the picture is 65536 × 1 pixels, over the limit of 65535 a side");
}

#[test]
fn what_moves_does_not_stop_as_avif() {
    let moving = pictures::animations::webp(0, &counting(32, 24, 3));
    let made = |options: &Options| render(&moving, "w=16&f=avif", options).unwrap();
    let rendered = made(&Options::default());
    assert_eq!((rendered.file_type, rendered.cost.frames), (FileType::Webp, 3));
    let without_webp = Options { formats: [Format::Avif].into_iter().collect(), ..Options::default() };
    assert_eq!((made(&without_webp).file_type, made(&without_webp).cost.frames), (FileType::Avif, 1));
}
