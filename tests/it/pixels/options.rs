//! What a deployment may set about renders.

use pixfront::error::Kind;
use pixfront::format::FileType;
use pixfront::image::{Cancel, Options, Rendered};

use super::recipe;
use crate::pictures::{gray_jpeg, jpeg, jpegs, png, webp};

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
