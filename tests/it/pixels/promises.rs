//! What holds for every picture, a test a promise.

use image::{Rgba, RgbaImage};
use pixfront::error::Kind;
use pixfront::format::Format;
use pixfront::image::geometry::Size;
use pixfront::image::{Cancel, Options};

use super::sources::{self, decode};
use super::{HALF, recipe, render};
use crate::pictures::jpegs::{self, with_segment};
use crate::pictures::pngs::{self, Header};
use crate::pictures::see_through_png;

#[test]
fn nothing_is_enlarged() {
    let sources = [crate::pictures::jpeg(40, 30), crate::pictures::png(40, 30), crate::pictures::webp(40, 30)];
    let cases = [
        ("w=41", (40, 30)),
        ("w=8192", (40, 30)),
        ("h=31", (40, 30)),
        ("w=8192&h=8192", (40, 30)),
        ("w=20&dpr=2", (40, 30)),
        ("w=30&dpr=5", (40, 30)),
        ("w=8192&h=15", (20, 15)),
        ("w=80&h=80&fit=cover", (30, 30)),
        ("w=30&h=60&fit=cover", (15, 30)),
        ("w=1&h=1", (1, 1)),
        ("w=1&h=8000&fit=cover", (1, 30)),
    ];
    for bytes in &sources {
        for (query, expected) in cases {
            let rendered = render(bytes, query);
            assert_eq!((rendered.width, rendered.height), expected, "{query}");
            assert_eq!(decode(&rendered.bytes, rendered.file_type.output().unwrap()).size(), expected, "{query}");
        }
    }
    let dot = crate::pictures::png(1, 1);
    assert_eq!(decode(&render(&dot, HALF).bytes, Format::Png).size(), (1, 1));
}

#[test]
fn dpr_multiplies() {
    let bytes = crate::pictures::png(300, 200);
    for (query, same) in
        [("w=50&dpr=2", "w=100"), ("w=75&dpr=1.5", "w=113"), ("w=30&h=40&fit=cover&dpr=3", "w=90&h=120&fit=cover")]
    {
        assert_eq!(render(&bytes, query).bytes, render(&bytes, same).bytes, "{query}");
    }
}

/// Every kind of metadata that the three formats have, each with a word that must be nowhere in a result.
#[test]
fn metadata_goes() {
    const WORD: &[u8] = b"SECRET-PLACE";
    let tagged = |prefix: &[u8]| [prefix, WORD].concat();
    let mut jpeg = crate::pictures::jpeg(64, 48);
    for (code, prefix) in [
        (0xE1, &b"Exif\0\0MM\0\x2a\0\0\0\x08\0\0"[..]),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0"),
        (0xE2, b"ICC_PROFILE\0\x01\x01"),
        (0xED, b"Photoshop 3.0\0"),
        (0xFE, b""),
    ] {
        jpeg = with_segment(&jpeg, code, &tagged(prefix));
    }
    let text = |kind: &[u8; 4], prefix: &[u8]| (*kind, tagged(prefix));
    let ancillary = [
        text(b"tEXt", b"Comment\0"),
        text(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0"),
        text(b"eXIf", b"MM\0\x2a\0\0\0\x08\0\0"),
        (*b"iCCP", [&b"icc\0\0"[..], &pngs::stored_zlib(WORD)].concat()),
        (*b"tIME", vec![7, 226, 1, 1, 0, 0, 0]),
        (*b"pHYs", vec![0; 9]),
    ];
    let png = Header::new(64, 48, 8, pngs::GRAY).write(&ancillary, |x, y| vec![(x ^ y) as u16]);
    let webp = tagged_webp(WORD);
    for bytes in [jpeg, png, webp] {
        assert!(contains(&bytes, WORD));
        for query in ["", "f=jpeg", "f=png", "f=webp", "w=20&f=jpeg", "w=20&f=png", "w=20&f=webp", HALF] {
            let rendered = render(&bytes, query);
            assert!(!contains(&rendered.bytes, WORD), "{query}");
            let parts = parts(&rendered.bytes, rendered.file_type.output().unwrap());
            let allowed: &[&str] = match rendered.file_type.output().unwrap() {
                Format::Jpeg => &["D8", "E0", "DB", "C0", "C4", "DA", "D9"],
                Format::Png => &["IHDR", "IDAT", "IEND"],
                Format::Webp | Format::Avif | Format::Gif => &["VP8 ", "VP8L", "VP8X", "ALPH"],
            };
            assert!(parts.iter().all(|part| allowed.contains(&part.as_str())), "{query}: {parts:?}");
        }
    }
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

/// A lossless WebP in the extended form, with a profile, EXIF and XMP.
fn tagged_webp(word: &[u8]) -> Vec<u8> {
    let simple = crate::pictures::webp(64, 48);
    let chunk = |kind: &[u8; 4], contents: &[u8]| {
        let padding = vec![0; contents.len() % 2];
        [&kind[..], &u32::try_from(contents.len()).unwrap().to_le_bytes(), contents, &padding].concat()
    };
    let header = chunk(b"VP8X", &[0x2C, 0, 0, 0, 63, 0, 0, 47, 0, 0]);
    let chunks =
        [header, chunk(b"ICCP", word), simple[12..].to_vec(), chunk(b"EXIF", word), chunk(b"XMP ", word)].concat();
    [b"RIFF", &u32::try_from(chunks.len() + 4).unwrap().to_le_bytes()[..], b"WEBP", &chunks].concat()
}

/// The names of a file's markers or chunks.
fn parts(bytes: &[u8], format: Format) -> Vec<String> {
    if format == Format::Jpeg {
        return jpegs::markers(bytes).iter().map(|(code, _)| format!("{code:02X}")).collect();
    }
    let is_png = format == Format::Png;
    let mut parts = Vec::new();
    let mut at = if is_png { 8 } else { 12 };
    while at < bytes.len() {
        let four = |at: usize| *bytes[at..].first_chunk::<4>().unwrap();
        let (name, length) = if is_png {
            (four(at + 4), u32::from_be_bytes(four(at)))
        } else {
            (four(at), u32::from_le_bytes(four(at + 4)))
        };
        parts.push(String::from_utf8(name.to_vec()).unwrap());
        at += length as usize + if is_png { 12 } else { 8 + length as usize % 2 };
    }
    parts
}

#[test]
fn alpha_lies_on_the_background_in_a_jpeg() {
    let bytes = see_through_png(64, 48);
    for (query, colour) in
        [("f=jpeg", [255.0; 3]), ("f=jpeg&bg=0a6432", [10.0, 100.0, 50.0]), ("f=jpeg&bg=000000", [0.0; 3])]
    {
        for scale in ["", "&w=32", "&w=20&h=20&fit=cover"] {
            let query = format!("{query}{scale}");
            let shown = decode(&render(&bytes, &query).bytes, Format::Jpeg);
            let pixel = shown.at(shown.width - 3, shown.height / 2);
            // Greys survive a flat block exactly; colours are rounded, and a small picture has no flat block.
            let most = if scale.is_empty() && !query.contains("0a6432") { 0.0 } else { 3.0 };
            assert!((0..3).all(|i| (pixel[i] - colour[i]).abs() <= most), "{query}: {pixel:?}");
        }
    }
}

/// Bright green under full transparency must not reach the opaque red beside it.
#[test]
fn what_is_transparent_does_not_bleed() {
    let picture = RgbaImage::from_fn(90, 60, |x, _| Rgba(if x < 45 { [200, 0, 0, 255] } else { [0, 255, 0, 0] }));
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let webp = webp::Encoder::from_rgba(&picture, 90, 60).encode_lossless().to_vec();
    for bytes in [png.into_inner(), webp] {
        for query in ["w=31&f=png", "w=44&h=31&fit=cover&f=png", "half&f=png", "w=31&f=jpeg&bg=000000"] {
            let rendered = render(&bytes, query);
            let shown = decode(&rendered.bytes, rendered.file_type.output().unwrap());
            let most = if rendered.file_type.output().unwrap() == Format::Png { 0.0 } else { 30.0 };
            let greenest = shown.pixels.iter().map(|pixel| pixel[1]).fold(0.0, f64::max);
            assert!(greenest <= most, "{query}: {greenest}");
        }
    }
}

#[test]
fn alpha_that_says_nothing_goes() {
    let opaque = Header::new(40, 30, 8, pngs::RGBA).write(&[], |x, y| vec![x as u16, y as u16, 9, 255]);
    let faint = Header::new(40, 30, 8, pngs::RGBA)
        .write(&[], |x, y| vec![x as u16, y as u16, 9, if x + y == 0 { 254 } else { 255 }]);
    let has_alpha = |bytes: &[u8], query: &str| {
        let rendered = render(bytes, query);
        match rendered.file_type.output().unwrap() {
            Format::Png => rendered.bytes[25] == pngs::RGBA,
            Format::Webp | Format::Jpeg | Format::Avif | Format::Gif => {
                webp::Decoder::new(&rendered.bytes).decode().unwrap().is_alpha()
            }
        }
    };
    for query in ["f=webp", "f=png", "w=20&f=webp", "w=20&f=png"] {
        assert!(!has_alpha(&opaque, query), "{query}");
    }
    assert!(has_alpha(&faint, "f=webp") && has_alpha(&faint, "f=png"));
}

#[test]
fn gray_stays_gray_where_the_format_has_it() {
    let gray_jpeg = crate::pictures::gray_jpeg(64, 48);
    let png = render(&gray_jpeg, "w=20&f=png").bytes;
    assert_eq!(png[25], pngs::GRAY);
    let components = |jpeg: &[u8]| {
        let markers = jpegs::markers(jpeg);
        let (_, frame) = markers.iter().find(|(code, _)| *code == 0xC0).unwrap();
        jpeg[frame.start + 9]
    };
    assert_eq!(components(&render(&gray_jpeg, "w=20").bytes), 1);
    assert_eq!(components(&render(&png, "w=20&f=jpeg").bytes), 1);
    assert_eq!(components(&render(&crate::pictures::jpeg(64, 48), "w=20").bytes), 3);
}

#[test]
fn quality_changes_bytes_and_png_has_none() {
    let bytes = crate::pictures::png(200, 150);
    for format in ["jpeg", "webp"] {
        let sizes = ["10", "50", "80", "95"].map(|q| render(&bytes, &format!("f={format}&q={q}")).bytes.len());
        assert!(sizes.is_sorted_by(|one, other| one < other), "{format}: {sizes:?}");
        assert_eq!(render(&bytes, &format!("f={format}")).bytes.len(), sizes[2], "80 is the default");
    }
    assert_eq!(render(&bytes, "f=png&q=1").bytes, render(&bytes, "f=png").bytes);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for source in sources::all() {
        for query in ["w=50&f=jpeg", "w=50&f=png", "w=50&f=webp"] {
            assert!(
                render(&source.bytes, query).bytes == render(&source.bytes, query).bytes,
                "{} {query}",
                source.name
            );
        }
    }
}

#[test]
fn a_large_jpeg_is_decoded_small() {
    let bytes = jpegs::write(&image::RgbImage::from_pixel(4000, 3000, image::Rgb([90, 120, 30])), jpegs::BASELINE);
    let cost = render(&bytes, "w=400").cost;
    assert_eq!(cost.source, Size { width: 4000, height: 3000 });
    assert_eq!(cost.decoded, Size { width: 1000, height: 750 });
    let half = render(&bytes, HALF);
    assert_eq!(half.cost.decoded, Size { width: 4000, height: 3000 });
    assert_eq!((half.width, half.height), (2000, 1500));
}

#[test]
fn a_cancelled_render_stops() {
    let cancel = Cancel::default();
    cancel.cancel();
    let jpeg = crate::pictures::jpeg(64, 48);
    let error = pixfront::image::render(&jpeg, &recipe("w=20"), &Options::default(), &cancel).unwrap_err();
    assert_eq!(error.kind(), Kind::Deadline);
}

#[test]
fn a_picture_of_one_pixel_in_either_direction() {
    for (width, height) in [(1, 1), (1, 400), (400, 1), (3, 2)] {
        for bytes in [
            crate::pictures::jpeg(width, height),
            crate::pictures::png(width, height),
            crate::pictures::webp(width, height),
        ] {
            for query in ["", "w=1", "h=1", "w=1&h=1&fit=cover", "w=2&h=3&fit=cover", HALF] {
                for suffix in ["f=jpeg", "f=png", "f=webp"] {
                    let query = format!("{query}&{suffix}");
                    let rendered = render(&bytes, query.trim_start_matches('&'));
                    assert_eq!(
                        decode(&rendered.bytes, rendered.file_type.output().unwrap()).size(),
                        (rendered.width, rendered.height)
                    );
                }
            }
        }
    }
}
