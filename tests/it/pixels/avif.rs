//! AVIF, in and out: what comes back, what its properties do, and what is refused.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use pixfront::error::{Error, Kind};
use pixfront::format::Format;
use pixfront::image::{Cancel, Options};
use std::io::Cursor;

use super::reference::{Picture, distance};
use super::sources::{decode, from_rgb, from_rgba};
use super::{recipe, render};
use crate::pictures::avifs::{Item, boxed, extents, file, grid, streams};
use crate::pictures::profiles::display_p3;
use crate::pictures::{scene, see_through};

mod foreign;

fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn avif(picture: impl Into<DynamicImage>) -> Vec<u8> {
    render(&png(picture), "f=avif&q=90").bytes.to_vec()
}

fn shown(bytes: &[u8]) -> Picture {
    decode(&render(bytes, "f=png").bytes, Format::Png)
}

fn refusal(bytes: &[u8]) -> Error {
    pixfront::image::render(bytes, &recipe("w=8"), &Options::default(), &Cancel::default()).expect_err("refused")
}

#[test]
fn pictures_come_back() {
    // Odd sides, and blocks that end within the picture. Chroma is halved: of the smallest scenes, which are all edges, libavif's
    // 4:2:0 leaves no more at its best (11.8 dB of 2 × 2, 18.6 of 200 × 3). Without colour little is lost, and most where all is edges.
    let sizes = [
        ((123, 91), 31.0, 45.0),
        ((64, 64), 31.0, 45.0),
        ((1, 1), 50.0, 50.0),
        ((1, 40), 29.5, 45.0),
        ((37, 1), 30.5, 45.0),
        ((2, 2), 12.5, 33.0),
        ((200, 3), 19.0, 43.0),
    ];
    for ((width, height), least, least_gray) in sizes {
        let colourful = scene(width, height);
        let gray = DynamicImage::from(colourful.clone()).into_luma8();
        for (picture, least) in [(colourful, least), (DynamicImage::from(gray).into_rgb8(), least_gray)] {
            let shown = shown(&avif(picture.clone()));
            let found = distance(&shown, &from_rgb(&picture));
            assert_eq!(shown.size(), (width, height));
            assert!(found.psnr >= least, "{width} × {height}: {found:?}");
        }
    }
}

#[test]
fn the_best_quality_loses_nothing_of_grey() {
    let gray = DynamicImage::from(scene(123, 91)).into_luma8();
    let bytes = render(&png(gray.clone()), "f=avif&q=100").bytes;
    assert_eq!(distance(&shown(&bytes), &from_rgb(&DynamicImage::from(gray).into_rgb8())).max, 0.0);
}

#[test]
fn grey_stays_grey_and_alpha_survives() {
    let gray = DynamicImage::from(scene(123, 91)).into_luma8();
    let bytes = render(&avif(gray.clone()), "f=png").bytes;
    assert_eq!(image::load_from_memory(&bytes).unwrap().color(), image::ColorType::L8);
    let found = distance(&decode(&bytes, Format::Png), &from_rgb(&DynamicImage::from(gray).into_rgb8()));
    assert!(found.psnr >= 38.0, "{found:?}");

    let gray = DynamicImage::from(scene(64, 64)).into_luma8();
    let gray = avif(gray);
    let alpha = Item::new(streams(&gray), 64, 64);
    let alpha = alpha.with(boxed(*b"auxC", b"\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"));
    let bytes = file(&[Item::new(streams(&gray), 64, 64), alpha], &[(b"auxl", 2, &[1])]);
    let rendered = image::load_from_memory(&render(&bytes, "f=png").bytes).unwrap();
    assert_eq!(rendered.color(), image::ColorType::La8);
    assert!(rendered.into_luma_alpha8().pixels().all(|pixel| pixel.0[0] == pixel.0[1]));

    let clear = see_through(120, 90);
    let (bytes, wanted) = (avif(clear.clone()), from_rgba(&clear));
    for format in ["png", "webp"] {
        let rendered = render(&bytes, &format!("f={format}"));
        let picture = decode(&rendered.bytes, rendered.file_type.output().unwrap());
        // Away from the edge, where any lossy codec rings.
        for (x, y) in [(5, 5), (5, 85), (50, 45), (70, 45), (110, 85)] {
            assert!((picture.at(x, y)[3] - wanted.at(x, y)[3]).abs() <= 3.0, "{format} {x} {y}");
        }
    }
    let flat = render(&bytes, "f=jpeg&bg=ffffff");
    assert!(decode(&flat.bytes, flat.file_type.output().unwrap()).at(110, 5).iter().all(|level| *level >= 250.0));
}

const COLOURS: [(char, [u8; 3]); 4] =
    [('a', [230, 30, 30]), ('b', [30, 230, 30]), ('c', [30, 30, 230]), ('d', [230, 230, 30])];

fn corners(picture: &Picture) -> [char; 4] {
    let (right, bottom) = (picture.width - 4, picture.height - 4);
    [(3, 3), (right, 3), (3, bottom), (right, bottom)].map(|(x, y)| {
        let apart = |colour: [u8; 3]| (0..3).map(|i| (picture.at(x, y)[i] - f64::from(colour[i])).abs()).sum::<f64>();
        COLOURS.into_iter().min_by(|one, other| apart(one.1).total_cmp(&apart(other.1))).unwrap().0
    })
}

#[test]
fn turned_and_mirrored() {
    let stored = RgbImage::from_fn(96, 64, |x, y| Rgb(COLOURS[usize::from(x >= 48) + 2 * usize::from(y >= 32)].1));
    let bytes = avif(stored);
    for quarters in 0..4u8 {
        for axis in [None, Some(0), Some(1)] {
            let mut seen = ['a', 'b', 'c', 'd'];
            for _ in 0..quarters {
                let [a, b, c, d] = seen;
                seen = [b, d, a, c];
            }
            let [a, b, c, d] = seen;
            let seen = match axis {
                None => seen,
                Some(0) => [c, d, a, b],
                Some(_) => [b, a, d, c],
            };
            let item = Item::new(streams(&bytes), 96, 64).with(boxed(*b"irot", &[quarters]));
            let item = if let Some(axis) = axis { item.with(boxed(*b"imir", &[axis])) } else { item };
            let picture = shown(&file(&[item], &[]));
            let size = if quarters % 2 == 0 { (96, 64) } else { (64, 96) };
            assert_eq!(picture.size(), size, "{quarters} {axis:?}");
            assert_eq!(corners(&picture), seen, "{quarters} {axis:?}");
        }
    }
}

#[test]
fn tiles_make_a_picture() {
    let tile = |colour: usize| Item::new(streams(&avif(RgbImage::from_pixel(64, 64, Rgb(COLOURS[colour].1)))), 64, 64);
    // The last row and column reach outside.
    let tiled = |rows, columns, to: &[u8]| {
        file(&[grid(rows, columns, 100, 90), tile(0), tile(1), tile(2), tile(3)], &[(b"dimg", 1, to)])
    };
    let picture = shown(&tiled(2, 2, &[2, 3, 4, 5]));
    assert_eq!(picture.size(), (100, 90));
    assert_eq!(corners(&picture), ['a', 'b', 'c', 'd']);
    for damaged in
        [tiled(2, 2, &[2, 3, 4]), tiled(1, 2, &[2, 3]), tiled(2, 3, &[2, 3, 4, 5, 2, 3]), tiled(2, 2, &[1; 4])]
    {
        assert_eq!(refusal(&damaged).kind(), Kind::Corrupt);
    }
}

#[test]
fn a_crop_is_passed_over() {
    let bytes = avif(scene(128, 96));
    // 32 × 48 pixels around the middle, as fractions.
    let crop: Vec<u8> = [32u32, 1, 48, 1, 0, 1, 0, 1].into_iter().flat_map(u32::to_be_bytes).collect();
    let item = Item::new(streams(&bytes), 128, 96).with(boxed(*b"clap", &crop));
    assert_eq!(shown(&file(&[item], &[])).size(), (128, 96));
}

#[test]
fn code_points_and_a_profile_say_the_same() {
    let bytes = avif(scene(123, 91));
    let of = |colours: &[u8]| shown(&file(&[Item::new(streams(&bytes), 123, 91).with(boxed(*b"colr", colours))], &[]));
    // sRGB's curve and BT.601's matrix, in full range.
    let points = |primaries: u8| of(&[b"nclx", &[0, primaries, 0, 13, 0, 6, 0x80][..]].concat());
    let by_profile = of(&[b"prof", &display_p3()[..]].concat());
    let found = distance(&points(12), &by_profile);
    assert!(found.max <= 2.0, "{found:?}");
    assert!(distance(&points(1), &by_profile).max > 10.0);
}

#[test]
fn a_cut_off_file_is_refused() {
    for bytes in [avif(scene(128, 96)), avif(see_through(128, 96))] {
        for twentieth in 1..20 {
            let cut = &bytes[..bytes.len() * twentieth / 20];
            let kind = refusal(cut).kind();
            // With less than its brand a file is not known for an AVIF.
            assert!(kind == Kind::Corrupt || cut.len() < 12 && kind == Kind::Unsupported, "{twentieth}: {kind:?}");
        }
        assert_eq!(refusal(&bytes[..bytes.len() - 1]).kind(), Kind::Corrupt);
    }
}

#[test]
fn a_cut_off_stream_in_a_whole_file_is_refused() {
    let bytes = avif(scene(128, 96));
    let stream = streams(&bytes);
    for twentieth in 1..20 {
        let item = Item::new(&stream[..stream.len() * twentieth / 20], 128, 96);
        assert_eq!(refusal(&file(&[item], &[])).kind(), Kind::Corrupt, "{twentieth}");
    }
}

#[test]
fn mutated_files_are_pictures_or_errors() {
    let bytes = avif(see_through(64, 48));
    let mut state = 1u32;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for case in 0..300 {
        let mut mutated = bytes.clone();
        for _ in 0..=case % 4 {
            let at = 12 + random(mutated.len() - 12);
            mutated[at] = random(256) as u8;
        }
        if let Err(error) = pixfront::image::render(&mutated, &recipe("f=png"), &Options::default(), &Cancel::default())
        {
            assert!([Kind::Corrupt, Kind::Unsupported, Kind::TooLarge].contains(&error.kind()), "{case}: {error:?}");
        }
    }
}

#[test]
fn sizes_are_not_believed() {
    let bytes = avif(scene(128, 128));
    let of_size = |width, height| file(&[Item::new(streams(&bytes), width, height)], &[]);
    assert_eq!(shown(&of_size(128, 128)).size(), (128, 128));
    assert_eq!(refusal(&of_size(60_000, 60_000)).kind(), Kind::TooLarge);
    for (width, height) in [(0, 128), (128, 0), (0, 0), (64, 64), (128, 127), (4000, 4000)] {
        assert_eq!(refusal(&of_size(width, height)).kind(), Kind::Corrupt, "{width} × {height}");
    }
    // The stream's own header is believed no more than the file's: here it asks for 65536 × 65536.
    let bomb = [&[0x0A, 0x06, 0x18, 0x3F, 0xFF, 0xFF, 0xFF, 0xFF][..], streams(&bytes)].concat();
    assert_eq!(refusal(&file(&[Item::new(&bomb, 128, 128)], &[])).kind(), Kind::Corrupt);
}

#[test]
fn what_must_be_known_and_is_not() {
    let bytes = avif(scene(64, 64));
    let item = Item::new(streams(&bytes), 64, 64).with(boxed(*b"lsel", &[0, 0]));
    assert_eq!(refusal(&file(&[item], &[])).kind(), Kind::Unsupported);
    let twice = Item::new(&[streams(&bytes); 9].concat(), 64, 64);
    assert_eq!(refusal(&file(&[twice], &[])).kind(), Kind::Corrupt);
    let item = Item { kind: *b"hvc1", ..Item::new(streams(&bytes), 64, 64) };
    assert_eq!(refusal(&file(&[item], &[])).kind(), Kind::Unsupported);
    let mut item = Item::new(streams(&bytes), 64, 64);
    item.properties = vec![extents(64, 64), boxed(*b"colr", &[&b"nclx"[..], &[0, 1, 0, 13, 0, 14, 0x80]].concat())];
    assert_eq!(refusal(&file(&[item], &[])).kind(), Kind::Unsupported);
}
