//! How a picture meets a box of two sides: on a ground, out of its ratio, around the box, or cut.

use image::{DynamicImage, Rgb, RgbImage, RgbaImage};
use pixfront::format::Format;

use super::reference::{Picture, distance};
use super::render;
use super::sources::{decode, decode_jpeg, from_rgb, from_rgba};
use super::turned::TURNS;
use crate::pictures::jpegs::{self, exif, with_segment};
use crate::pictures::{gray_jpeg, jpeg_turned, pngs, scene, see_through, see_through_png};

mod focus;

const GREEN: [u8; 3] = [10, 200, 30];

fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The same picture as a JPEG in each of EXIF's eight ways; its sides are whole blocks of eight, so that nothing is lost.
fn in_every_orientation(picture: &RgbImage) -> impl Iterator<Item = (u16, Vec<u8>)> {
    let upright = jpegs::write(picture, jpegs::FULL_COLOUR);
    TURNS.into_iter().map(move |(orientation, op, _)| {
        let stored = op.map_or_else(|| upright.clone(), |op| jpegs::turn(&upright, op));
        (orientation, with_segment(&stored, 0xE1, &exif(orientation, true)))
    })
}

fn shown(bytes: &[u8], query: &str) -> Picture {
    let rendered = render(bytes, query);
    let shown = decode(&rendered.bytes, rendered.file_type.output().unwrap());
    assert_eq!(shown.size(), (rendered.width, rendered.height), "{query}");
    shown
}

fn opaque([r, g, b]: [u8; 3]) -> [f64; 4] {
    [r, g, b, 255].map(f64::from)
}

#[test]
fn contain_lays_the_picture_on_a_ground() {
    let bytes = png(RgbImage::from_pixel(80, 40, Rgb(GREEN)));
    // The query, the ground, and how far off a pixel may be.
    let cases = [
        ("", [0.0; 4], 0.0),
        ("&f=webp", [0.0; 4], 6.0),
        ("&bg=0a6432", opaque([10, 100, 50]), 0.0),
        ("&f=webp&bg=0a6432", opaque([10, 100, 50]), 6.0),
        ("&f=jpeg", opaque([255; 3]), 2.0),
        ("&f=jpeg&bg=0a6432", opaque([10, 100, 50]), 2.0),
    ];
    for (rest, ground, most) in cases {
        let shown = shown(&bytes, &format!("w=64&h=64&fit=contain{rest}"));
        assert_eq!(shown.size(), (64, 64), "{rest}");
        // The picture is 32 high, from 16, which are whole blocks of a JPEG. What a lossy format does beside the edge is
        // its own affair.
        let beside = if most > 0.0 { 4 } else { 0 };
        for (rows, expected) in
            [(0..16 - beside, ground), (16 + beside..48 - beside, opaque(GREEN)), (48 + beside..64, ground)]
        {
            for (x, y) in rows.flat_map(|y| (0..64).map(move |x| (x, y))) {
                let pixel = shown.at(x, y);
                let is_clear = expected[3] == 0.0 && pixel[3] == 0.0;
                let is_near = (0..4).all(|i| (pixel[i] - expected[i]).abs() <= most);
                assert!(is_clear || is_near, "{rest}: {pixel:?} at {x}, {y} for {expected:?}");
            }
        }
    }
}

#[test]
fn contain_enlarges_nothing() {
    let picture = scene(30, 20);
    let shown = shown(&png(picture.clone()), "w=60&h=60&fit=contain&bg=0a6432");
    assert_eq!(shown.size(), (30, 30));
    let expected = Picture::from_fn(30, 30, |x, y| match y {
        5..25 => [picture.get_pixel(x, y - 5).0, [255; 3]].concat()[..4].try_into().unwrap(),
        _ => [10, 100, 50, 255],
    });
    assert_eq!(shown.pixels, expected.pixels);
}

#[test]
fn the_ground_shows_through_the_picture() {
    let bytes = see_through_png(64, 48);
    // Also where nothing of the ground stands over, in the second box.
    for (sides, top) in [("w=32&h=32", 4), ("w=32&h=24", 0)] {
        for rest in ["&bg=ff0000", "&bg=ff0000&f=jpeg", "&bg=ff0000&f=webp"] {
            let shown = shown(&bytes, &format!("{sides}&fit=contain{rest}"));
            let [r, g, b, a] = shown.at(28, top + 12);
            assert!(r > 230.0 && g < 25.0 && b < 25.0 && a == 255.0, "{sides}{rest}: {:?}", [r, g, b, a]);
        }
        let shown = shown(&bytes, &format!("{sides}&fit=contain"));
        assert_eq!((shown.at(28, top + 12)[3], shown.at(4, top + 12)[3]), (0.0, 255.0), "{sides}");
    }
    assert_eq!(render(&bytes, "w=32&h=24&fit=contain").bytes, render(&bytes, "w=32&h=24").bytes);
}

#[test]
fn gray_stays_gray_on_a_gray_ground() {
    let bytes = gray_jpeg(64, 48);
    let components = |query: &str| {
        let jpeg = render(&bytes, query).bytes;
        let markers = jpegs::markers(&jpeg);
        let (_, frame) = markers.iter().find(|(code, _)| *code == 0xC0).unwrap();
        jpeg[frame.start + 9]
    };
    assert_eq!(components("w=40&h=40&fit=contain"), 1);
    assert_eq!(components("w=40&h=40&fit=contain&bg=404040&f=jpeg"), 1);
    assert_eq!(components("w=40&h=40&fit=contain&bg=404041&f=jpeg"), 3);
    let colour = |rest: &str| render(&bytes, &format!("w=40&h=40&fit=contain&f=png{rest}")).bytes[25];
    assert_eq!(["", "&bg=808080", "&bg=808081"].map(colour), [pngs::GRAY_ALPHA, pngs::GRAY, pngs::RGB],);
    assert_eq!(shown(&bytes, "w=40&h=40&fit=contain&f=webp").at(20, 2)[3], 0.0);
}

#[test]
fn a_turned_picture_is_contained_upright() {
    // Stored as 64 × 32, seen as 32 × 64.
    let shown = shown(&jpeg_turned(64, 32, 6), "w=32&h=32&fit=contain&f=png");
    assert_eq!(shown.size(), (32, 32));
    for (x, y) in (0..32).flat_map(|y| (0..32).map(move |x| (x, y))) {
        assert_eq!(shown.at(x, y)[3], if (8..24).contains(&x) { 255.0 } else { 0.0 }, "{x}, {y}");
    }
}

#[test]
fn fill_and_outside_show_all_of_the_picture() {
    // The query, and the size that a source of 120 × 90 gets.
    let cases = [
        ("w=60&h=60&fit=fill", (60, 60)),
        ("w=30&h=80&fit=fill", (30, 80)),
        ("w=240&h=90&fit=fill", (120, 45)),
        ("w=50&h=180&fit=fill", (25, 90)),
        ("w=60&h=60&fit=outside", (80, 60)),
        ("w=60&h=30&fit=outside", (60, 45)),
        ("w=60&h=90&fit=outside", (120, 90)),
        ("w=500&h=10&fit=outside", (120, 90)),
    ];
    let (plain, clear) = (scene(120, 90), see_through(120, 90));
    let jpeg = jpegs::write(&plain, jpegs::BASELINE);
    let gray = jpegs::write(&plain, jpegs::GRAY);
    let sources = [
        ("png", png(plain.clone()), from_rgb(&plain)),
        ("png with alpha", png(clear.clone()), from_rgba(&clear)),
        ("jpeg", jpeg.clone(), decode_jpeg(&jpeg)),
        ("grey jpeg", gray.clone(), decode_jpeg(&gray)),
    ];
    for (name, bytes, picture) in &sources {
        for (query, (width, height)) in cases {
            let shown = shown(bytes, &format!("{query}&f=png"));
            assert_eq!(shown.size(), (width, height), "{name} {query}");
            let expected = picture.resize([0.0, 0.0, 120.0, 90.0], width as usize, height as usize);
            let found = distance(&shown, &expected);
            assert!(found.max <= 2.0 && found.mean <= 0.3, "{name} {query}: {found:?}");
        }
    }
}

/// Three by three fields of 32 × 16.
fn fields() -> RgbImage {
    RgbImage::from_fn(96, 48, |x, y| field_colour(x / 32, y / 16))
}

fn field_colour(column: u32, row: u32) -> Rgb<u8> {
    Rgb([40 + column as u8 * 80, 40 + row as u8 * 80, 100])
}

#[test]
fn cover_keeps_what_its_position_says() {
    const POSITIONS: [(&str, u32, u32); 14] = [
        ("northwest", 0, 0),
        ("north", 1, 0),
        ("northeast", 2, 0),
        ("west", 0, 1),
        ("center", 1, 1),
        ("east", 2, 1),
        ("southwest", 0, 2),
        ("south", 1, 2),
        ("southeast", 2, 2),
        ("0,0.5", 0, 1),
        ("0.1,0.9", 0, 2),
        ("0.5,0.5", 1, 1),
        ("1,0.166", 2, 0),
        ("0.9,1", 2, 2),
    ];
    for (orientation, bytes) in in_every_orientation(&fields()) {
        for (position, column, row) in POSITIONS {
            // One column of fields, and one row of them.
            let upright = shown(&bytes, &format!("w=16&h=24&fit=cover&pos={position}&f=png"));
            let level = shown(&bytes, &format!("w=48&h=8&fit=cover&pos={position}&f=png"));
            for at in 0..3 {
                for (pixel, Rgb(expected)) in [
                    (upright.at(8, 4 + 8 * at), field_colour(column, at as u32)),
                    (level.at(8 + 16 * at, 4), field_colour(at as u32, row)),
                ] {
                    let is_near = (0..3).all(|i| (pixel[i] - f64::from(expected[i])).abs() < 20.0);
                    assert!(is_near, "{orientation} {position} {at}: {pixel:?} for {expected:?}");
                }
            }
        }
    }
}

#[test]
fn cover_of_a_picture_with_alpha_keeps_its_alpha() {
    let bytes = png(RgbaImage::from_fn(90, 30, |x, _| image::Rgba([200, 0, 0, if x < 30 { 255 } else { 0 }])));
    for (position, alpha) in [("west", 255.0), ("center", 0.0), ("east", 0.0)] {
        let shown = shown(&bytes, &format!("w=15&h=15&fit=cover&pos={position}"));
        assert_eq!(shown.at(5, 7)[3], alpha, "{position}");
    }
    assert_eq!(render(&bytes, "w=15&h=15&fit=cover").file_type.output(), Some(Format::Png));
}
