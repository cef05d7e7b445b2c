//! A source to which nothing is done and which would grow: it is the answer itself, as it looks and without its metadata.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader, Rgba, RgbaImage};
use pixfront::error::Kind;
use pixfront::format::Format;
use pixfront::image::{Cancel, Options};
use turbojpeg::{Image, PixelFormat, Subsamp};

use super::{recipe, render, sniff};
use crate::hostile::mutated::Random;
use crate::pictures::jpegs::{self, segment, with_segment};
use crate::pictures::pngs::{self, Header};
use crate::pictures::profiles::{self, display_p3};
use crate::pictures::{scene, see_through, tiffs};

mod avifs;
mod moving;

const SECRET: &[u8] = b"SECRET-PLACE";
/// Which an encoding of low quality never reaches by length.
const FINEST: &str = "q=100";

fn secret(prefix: &[u8]) -> Vec<u8> {
    [prefix, SECRET].concat()
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

/// The answer to a query that asks for nothing, after all that holds for every one.
fn answer(name: &str, source: &[u8]) -> Vec<u8> {
    assert!(contains(source, SECRET), "{name}: nothing is hidden in it");
    let own = sniff(source).map_or("avif", |format| format.name());
    let upright = render(source, "f=png");
    let size = (upright.width, upright.height);
    for query in [FINEST, "w=8192&q=100", "w=8192&h=8192&q=100&fit=outside"] {
        let ours = render(source, &format!("{query}&f={own}")).bytes;
        assert!(ours.len() > source.len(), "{name} {query}: ours has {} bytes of {}", ours.len(), source.len());
        let rendered = render(source, query);
        let answer = rendered.bytes;
        assert!(answer != ours && answer.len() <= source.len(), "{name} {query}: {} bytes", answer.len());
        assert!(!contains(&answer, SECRET), "{name} {query}: metadata is left");
        assert_eq!(render(&answer, query).bytes, answer, "{name} {query}: once more");
        // Whatever is done to it later comes to the same.
        let [shown, wanted] = [&answer[..], source].map(|bytes| render(bytes, "w=40&f=png"));
        assert_eq!(shown.bytes, wanted.bytes, "{name} {query}: looks otherwise");
        assert_eq!((rendered.width, rendered.height), size, "{name} {query}");
    }
    render(source, FINEST).bytes.to_vec()
}

/// Pixels, profile and orientation, by other hands.
fn look(bytes: &[u8]) -> (DynamicImage, Option<Vec<u8>>, image::metadata::Orientation) {
    let mut decoder = ImageReader::new(Cursor::new(bytes)).with_guessed_format().unwrap().into_decoder().unwrap();
    let (profile, orientation) = (decoder.icc_profile().unwrap(), decoder.orientation().unwrap());
    (DynamicImage::from_decoder(decoder).unwrap(), profile, orientation)
}

fn looks_the_same(name: &str, source: &[u8]) -> Vec<u8> {
    let answer = answer(name, source);
    let (shown, wanted) = (look(&answer), look(source));
    assert!(shown.0 == wanted.0, "{name}: other pixels");
    assert_eq!((shown.1, shown.2), (wanted.1, wanted.2), "{name}: another profile or orientation");
    answer
}

/// A block of EXIF with two tags: how the picture is turned, and what it shows.
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"MM\0\x2a\0\0\0\x08\0\x02\x01\x0e\0\x02\0\0\0\x0d\0\0\0\x26\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0]);
    [&block, SECRET, b"\0"].concat()
}

/// With everything that a telephone puts into it.
fn tagged_jpeg(plain: &[u8], orientation: u8) -> Vec<u8> {
    let (first, second) = (display_p3(), display_p3().split_off(200));
    let mut jpeg = plain.to_vec();
    // The thumbnail of one pixel that JFIF may hold.
    let header = jpeg.windows(5).position(|word| word == b"JFIF\0").filter(|at| *at < 20);
    if let Some(at) = header {
        jpeg.splice(
            at - 2..at + 14,
            [&[0, 31][..], b"JFIF\0\x01\x02\x01\0\x48\0\x48\x05\x01", SECRET, b"\0\0\0"].concat(),
        );
    }
    let start = header.map_or(2, |at| at - 2 + 31);
    let segments = [
        segment(0xE0, &secret(b"JFXX\0\x13")),
        segment(0xE1, &[b"Exif\0\0", &exif(orientation)[..]].concat()),
        segment(0xE1, &secret(b"http://ns.adobe.com/xap/1.0/\0")),
        // In the wrong order, as is allowed.
        segment(0xE2, &profiles::piece(2, 2, &second)),
        segment(0xE2, &profiles::piece(1, 2, &first[..200])),
        segment(0xE2, &secret(b"MPF\0")),
        segment(0xE4, SECRET),
        segment(0xED, &secret(b"Photoshop 3.0\0")),
        segment(0xEF, SECRET),
        segment(0xFE, SECRET),
    ];
    let picture_behind = with_segment(plain, 0xE1, &secret(b"Exif\0\0"));
    [&jpeg[..start], &segments.concat(), &jpeg[start..], &picture_behind].concat()
}

fn jpegs() -> Vec<(&'static str, Vec<u8>)> {
    let scene = scene(323, 241);
    let mut progressive = jpegs::write(&scene, jpegs::PROGRESSIVE);
    let markers = jpegs::markers(&progressive);
    let last_scan = markers.iter().rfind(|(code, _)| *code == 0xDA).unwrap().1.start;
    progressive.splice(last_scan..last_scan, [segment(0xFE, SECRET), segment(0xE1, &secret(b"Exif\0\0"))].concat());
    vec![
        ("baseline", tagged_jpeg(&jpegs::write(&scene, jpegs::BASELINE), 1)),
        ("4:4:4, turned", tagged_jpeg(&jpegs::write(&scene, jpegs::FULL_COLOUR), 6)),
        ("grey, mirrored", tagged_jpeg(&jpegs::write(&scene, jpegs::GRAY), 7)),
        ("progressive", tagged_jpeg(&progressive, 1)),
        ("a comment between the scans", progressive),
    ]
}

#[test]
fn jpegs_look_the_same() {
    for (name, source) in jpegs() {
        let answer = looks_the_same(name, &source);
        let allowed = [0xC0, 0xC2, 0xC4, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD, 0xE0, 0xE1, 0xE2];
        let markers = jpegs::markers(&answer);
        assert!(markers.iter().all(|(code, _)| allowed.contains(code)), "{name}: {markers:x?}");
        let blocks: Vec<_> = markers.iter().filter(|(code, _)| *code == 0xE1).map(|(_, place)| place.len()).collect();
        // Two bytes of marker, two of length, six of name, and the shortest directory that says it.
        let is_turned = name.contains("turned") || name.contains("mirrored");
        assert_eq!(blocks, if is_turned { &[36][..] } else { &[] }, "{name}");
        mutate(name, &source);
    }
}

#[test]
fn adobes_mark_stays() {
    let pixels: Vec<u8> = (0..320 * 240 * 4).map(|at| (at / 640 * (at % 4 + 1) % 251) as u8).collect();
    let image = Image { pixels: &pixels[..], width: 320, height: 240, pitch: 320 * 4, format: PixelFormat::CMYK };
    let plain = turbojpeg::compress(image, 30, Subsamp::Sub2x2).unwrap();
    let mark = jpegs::markers(&plain).into_iter().find(|(code, _)| *code == 0xEE).unwrap().1;
    // The mark itself is followed by what does not belong there.
    let long = segment(0xEE, &secret(&plain[mark.start + 4..mark.end]));
    let source = [&plain[..mark.start], &long, &plain[mark.end..]].concat();
    let answer = answer("of ink", &source);
    let ink = |bytes: &[u8]| turbojpeg::decompress(bytes, PixelFormat::CMYK).unwrap().pixels;
    assert!(ink(&answer) == ink(&source));
    assert_eq!(answer, *plain);
}

/// Browsers can't show it, so that ours is the answer however long.
#[test]
fn an_arithmetic_jpeg_is_encoded_anew() {
    let source = jpegs::write(&scene(323, 241), jpegs::ARITHMETIC);
    assert_eq!(render(&source, FINEST).bytes, render(&source, "f=jpeg&q=100").bytes);
}

/// Two colours without a pattern, which take a bit a pixel in a palette and more without.
fn tagged_png(orientation: u8, more: &[pngs::Chunk], after: &[pngs::Chunk]) -> Vec<u8> {
    let mut random = Random::new(7);
    let bits: Vec<_> = (0..160 * 160).map(|_| random.below(2) as u16).collect();
    let mut before = vec![
        (*b"gAMA", 45455_u32.to_be_bytes().to_vec()),
        (*b"PLTE", vec![200, 30, 30, 30, 30, 200]),
        (*b"tRNS", vec![255, 200]),
        (*b"tEXt", secret(b"Comment\0")),
        (*b"iTXt", secret(b"XML:com.adobe.xmp\0\0\0\0\0")),
        (*b"zTXt", [&b"Comment\0\0"[..], &pngs::stored_zlib(SECRET)].concat()),
        (*b"eXIf", exif(orientation)),
        (*b"prVt", SECRET.to_vec()),
    ];
    before.extend(more.iter().cloned());
    let png = Header::new(160, 160, 1, pngs::PALETTE).write(&before, |x, y| vec![bits[(y * 160 + x) as usize]]);
    let (picture, end) = png.split_at(png.len() - 12);
    let after: Vec<u8> = after.iter().flat_map(|(name, contents)| pngs::chunk(*name, contents)).collect();
    [picture, &after, end, SECRET].concat()
}

fn pngs() -> Vec<(&'static str, Vec<u8>)> {
    // Number, size, place, a tenth of a second, and how it is laid.
    let control =
        |number: u8| [&[0, 0, 0, number, 0, 0, 0, 160, 0, 0, 0, 160][..], &[0; 8], &[0, 1, 0, 10, 0, 0]].concat();
    let moving = [(*b"acTL", vec![0, 0, 0, 2, 0, 0, 0, 0]), (*b"fcTL", control(0))];
    let second = [(*b"fcTL", control(1)), (*b"fdAT", secret(&[0, 0, 0, 2])), (*b"tEXt", secret(b"Comment\0"))];
    // An ICC profile stands before the palette.
    let plain = tagged_png(1, &[], &[]);
    let (name, contents) = profiles::png_chunk(&display_p3());
    let with_profile = [&plain[..33], &pngs::chunk(name, &contents), &plain[33..]].concat();
    vec![
        ("palette", plain),
        ("turned", tagged_png(6, &[], &[])),
        ("moving", tagged_png(1, &moving, &second)),
        ("with a profile", with_profile),
    ]
}

#[test]
fn pngs_look_the_same() {
    for (name, source) in pngs() {
        let answer = looks_the_same(name, &source);
        for gone in [b"tEXt", b"iTXt", b"zTXt", b"prVt", b"acTL", b"fcTL", b"fdAT", b"gAMA"] {
            assert!(!contains(&answer, gone), "{name}: {}", gone.escape_ascii());
        }
        assert_eq!(contains(&answer, b"eXIf"), name == "turned", "{name}");
        mutate(name, &source);
    }
}

fn chunk(name: &[u8], contents: &[u8]) -> Vec<u8> {
    [name, &(contents.len() as u32).to_le_bytes(), contents, &[0][..contents.len() % 2]].concat()
}

/// More chunks at the end, and their flags.
fn with_chunks(webp: &[u8], flags: u8, chunks: &[u8]) -> Vec<u8> {
    let mut bytes = [webp, chunks].concat();
    let length = bytes.len() as u32 - 8;
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
    bytes[20] |= flags;
    // Behind the end that the file states.
    [&bytes, SECRET].concat()
}

fn webps() -> Vec<(&'static str, Vec<u8>)> {
    let scene = scene(123, 91);
    let lossy = webp::Encoder::from_rgb(&scene, 123, 91).encode(40.0).to_vec();
    let lossless = webp::Encoder::from_rgba(&noise(123, 91, 9), 123, 91).encode_lossless().to_vec();
    let see_through = webp::Encoder::from_rgba(&see_through(123, 91), 123, 91).encode(40.0).to_vec();
    let told =
        |orientation| [chunk(b"EXIF", &exif(orientation)), chunk(b"XMP ", SECRET), chunk(b"prVt", SECRET)].concat();
    let profile = display_p3();
    let extended = |simple: &[u8]| profiles::in_webp(simple, (123, 91), Some(&profile), None);
    vec![
        ("lossy", with_chunks(&extended(&lossy), 0x0C, &told(1))),
        ("lossy, turned", with_chunks(&extended(&lossy), 0x0C, &told(6))),
        ("lossless", with_chunks(&extended(&lossless), 0x0C, &told(1))),
        ("alpha", with_chunks(&see_through, 0x0C, &told(1))),
    ]
}

#[test]
fn webps_look_the_same() {
    for (name, source) in webps() {
        let answer = looks_the_same(name, &source);
        let profile = if name == "alpha" { 0x10 } else { 0x20 };
        let orientation = if name.contains("turned") { 0x08 } else { 0 };
        assert_eq!(answer[20], profile | orientation, "{name}");
        let stated = u32::from_le_bytes(*answer[4..].first_chunk().unwrap()) as usize;
        assert_eq!(stated + 8, answer.len(), "{name}");
        mutate(name, &source);
    }
}

/// Two colours without a pattern, which only a lossless encoder says shortly.
fn noise(width: u32, height: u32, seed: u64) -> RgbaImage {
    let mut random = Random::new(seed);
    RgbaImage::from_fn(width, height, |_, _| Rgba([[200, 30, 30, 255], [30, 30, 200, 255]][random.below(2)]))
}

#[test]
fn ours_is_answered_where_it_is_shorter_or_asked_for() {
    let sources = [&jpegs()[0], &pngs()[0], &webps()[0]].map(|(_, bytes)| bytes.clone());
    for (source, format) in sources.iter().zip([Format::Jpeg, Format::Png, Format::Webp]) {
        let named = format!("f={}", format.name());
        let ours = render(source, &format!("{named}&q=100")).bytes;
        assert!(ours.len() > source.len() && ours != render(source, FINEST).bytes);
        // A pixel less a side, and a box that is no smaller but filled otherwise.
        for query in ["w=90", "h=90", "w=90&h=90&fit=cover", "w=80&h=90&fit=fill"] {
            let scaled = render(source, &format!("{query}&q=100"));
            assert_eq!(scaled.bytes, render(source, &format!("{query}&q=100&{named}")).bytes, "{query}");
        }
        if format != Format::Png {
            let coarse = render(source, "q=1").bytes;
            assert!(coarse.len() < source.len() && coarse == render(source, &format!("{named}&q=1")).bytes);
        }
    }
}

#[test]
fn tiff_and_bmp_become_png_however_long() {
    let scene = scene(64, 48);
    let jpeg = jpegs::write(&scene, jpegs::FULL_COLOUR);
    let tiff = tiffs::around_jpeg(&jpeg, (64, 48));
    let rendered = render(&tiff, "");
    assert!(rendered.bytes.len() > tiff.len());
    assert_eq!(sniff(&rendered.bytes), Some(Format::Png));
    assert_eq!(sniff(&render(&tiffs::bmp(scene), "w=8192").bytes), Some(Format::Png));
}

/// Torn structure is a picture or an error, and no panic.
fn mutate(name: &str, source: &[u8]) {
    let mut random = Random::new(0x5EED);
    let mut passed = 0;
    for case in 0..500 {
        let mut bytes = source.to_vec();
        for _ in 0..=case % 4 {
            // The structure is mostly at the beginning.
            let at = random.below(if case % 2 == 0 { bytes.len().min(600) } else { bytes.len() });
            bytes[at] = random.below(256) as u8;
        }
        match pixfront::image::render(&bytes, &recipe(FINEST), &Options::default(), &Cancel::default()) {
            Ok(_) => passed += 1,
            Err(error) => {
                let is_clean = [Kind::Corrupt, Kind::Unsupported, Kind::TooLarge].contains(&error.kind());
                assert!(is_clean, "{name} {case}: {error:?}");
                assert_ne!(error.context(), "the picture could not be decoded", "{name} {case}: a panic");
            }
        }
    }
    assert!((1..500).contains(&passed), "{name}: {passed} pass");
}
