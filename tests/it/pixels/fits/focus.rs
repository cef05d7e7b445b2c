//! `entropy` and `attention`: the part worth keeping is kept, whichever way the source is stored.

use image::{DynamicImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};

use super::super::reference::Picture;
use super::super::render;
use super::{in_every_orientation, png, shown};

/// The sides of the sources, of which a square of [`SHORT`] is kept, and halved.
const LONG: u32 = 160;
const SHORT: u32 = 64;
/// The ground of noise, of the same brightness as skin.
const GRAY: u8 = 157;
const SKIN: [u8; 3] = [200, 145, 112];
const RED: [u8; 3] = [230, 20, 20];

/// A level picture of what stands at a distance along it, and the same on end.
fn both_ways(pixel: impl Fn(u32, u32) -> Rgb<u8>) -> [RgbImage; 2] {
    [RgbImage::from_fn(LONG, SHORT, &pixel), RgbImage::from_fn(SHORT, LONG, |x, y| pixel(y, x))]
}

/// Dark noise of 40 × 40, from here on, on a light ground.
fn noise_from(start: u32) -> impl Fn(u32, u32) -> u8 {
    move |x, y| {
        let is_noise = (start..start + 40).contains(&x) && (12..52).contains(&y);
        let scrambled = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519) >> 24;
        if is_noise { if scrambled < 128 { 0 } else { 70 } } else { 200 }
    }
}

/// How much of the picture is as dark as the noise, in pixels of the result: 400 is all of it.
fn dark(shown: &Picture) -> usize {
    shown.pixels.iter().filter(|[r, _, _, a]| *r < 135.0 && *a > 0.0).count()
}

fn disc_at(centre: u32, colour: [u8; 3], ground: u8) -> impl Fn(u32, u32) -> Rgb<u8> {
    move |x, y| {
        let is_within = x.abs_diff(centre).pow(2) + y.abs_diff(SHORT / 2).pow(2) < 12 * 12;
        Rgb(if is_within { colour } else { [ground; 3] })
    }
}

/// The middle of what is not of the ground's grey.
fn middle_of_what_differs(shown: &Picture, ground: u8) -> (f64, f64) {
    let differs = |pixel: [f64; 4]| pixel[3] > 128.0 && (0..3).any(|i| (pixel[i] - f64::from(ground)).abs() > 30.0);
    let places = (0..shown.height).flat_map(|y| (0..shown.width).map(move |x| (x, y)));
    let found: Vec<_> = places.filter(|(x, y)| differs(shown.at(*x, *y))).collect();
    let count = found.len() as f64;
    let sum = |side: fn(&(usize, usize)) -> usize| found.iter().map(side).sum::<usize>() as f64;
    (sum(|(x, _)| *x) / count + 0.5, sum(|(_, y)| *y) / count + 0.5)
}

#[test]
fn entropy_keeps_the_noise() {
    for start in [0, 20, 96, 120] {
        let noise = noise_from(start);
        for picture in both_ways(|x, y| Rgb([noise(x, y); 3])) {
            for (orientation, bytes) in in_every_orientation(&picture) {
                let shown = shown(&bytes, "w=32&h=32&fit=cover&pos=entropy&f=png");
                assert!((380..=440).contains(&dark(&shown)), "{start} {orientation}: {}", dark(&shown));
            }
        }
    }
}

#[test]
fn what_is_transparent_is_not_looked_at() {
    let (seen, hidden) = (noise_from(110), noise_from(0));
    let picture = RgbaImage::from_fn(LONG, SHORT, |x, y| {
        let (grey, alpha) = if x < 60 { (hidden(x, y), 0) } else { (seen(x, y), 255) };
        Rgba([grey, grey, grey, alpha])
    });
    for bytes in [png(picture.clone()), png(DynamicImage::from(picture).into_luma_alpha8())] {
        assert!(dark(&shown(&bytes, "w=32&h=32&fit=cover&pos=entropy")) >= 380);
    }
    // A drawing without a ground, black or white, is found all the same.
    for colour in [[0; 3], [255; 3]] {
        let disc = disc_at(112, colour, 9);
        let picture = RgbaImage::from_fn(LONG, SHORT, |x, y| {
            let Rgb([r, g, b]) = disc(x, y);
            Rgba([r, g, b, if [r, g, b] == colour { 255 } else { 0 }])
        });
        for position in ["entropy", "attention"] {
            let shown = shown(&png(picture.clone()), &format!("w=32&h=32&fit=cover&pos={position}"));
            let opaque = shown.pixels.iter().filter(|pixel| pixel[3] > 128.0).count();
            assert!((100..=125).contains(&opaque), "{colour:?} {position}: {opaque}");
        }
    }
}

#[test]
fn grey_has_detail_too() {
    let noise = noise_from(110);
    let bytes = png(image::GrayImage::from_fn(LONG, SHORT, |x, y| Luma([noise(x, y)])));
    for position in ["entropy", "attention"] {
        let shown = shown(&bytes, &format!("w=32&h=32&fit=cover&pos={position}"));
        assert!((380..=440).contains(&dark(&shown)), "{position}: {}", dark(&shown));
    }
}

#[test]
fn attention_has_its_object_in_the_middle() {
    for (colour, ground) in [(RED, 128), (SKIN, GRAY)] {
        // Where the disc is, and where it is then seen in a square of 32: at an edge the crop can't go on.
        for (centre, seen) in [(112, 16.0), (60, 16.0), (16, 8.0), (144, 24.0)] {
            for (is_upright, picture) in [false, true].into_iter().zip(both_ways(disc_at(centre, colour, ground))) {
                for (orientation, bytes) in in_every_orientation(&picture) {
                    let shown = shown(&bytes, "w=32&h=32&fit=cover&pos=attention&f=png");
                    let (x, y) = middle_of_what_differs(&shown, ground);
                    let (along, across) = if is_upright { (y, x) } else { (x, y) };
                    let is_there = (along - seen).abs() < 1.5 && (across - 16.0).abs() < 1.0;
                    assert!(is_there, "{colour:?} at {centre}, {orientation}: {along}, {across}");
                }
            }
        }
    }
}

/// A step too small to count, by which it still shows where the picture was cut.
#[test]
fn a_flat_picture_is_cut_in_the_middle() {
    let step = |x: u32, _| Rgb([129 + (x / 80) as u8; 3]);
    for picture in both_ways(step) {
        let plain = png(picture.clone());
        let clear = RgbaImage::from_fn(picture.width(), picture.height(), |x, y| {
            let Rgb([r, g, b]) = *picture.get_pixel(x, y);
            Rgba([r, g, b, 254])
        });
        let gray = png(DynamicImage::from(picture).into_luma8());
        for bytes in [plain, png(clear), gray] {
            for sides in ["w=32&h=32", "w=31&h=33", "w=40&h=60", "w=60&h=40"] {
                let query = format!("{sides}&fit=cover");
                assert_eq!(
                    render(&bytes, &format!("{query}&pos=entropy")).bytes,
                    render(&bytes, &query).bytes,
                    "{query}"
                );
            }
        }
    }
    for colour in [[128; 3], RED, SKIN] {
        let bytes = png(RgbImage::from_pixel(LONG, SHORT, Rgb(colour)));
        let rendered = render(&bytes, "w=32&h=32&fit=cover&pos=attention");
        assert_eq!(rendered.bytes, render(&bytes, "w=32&h=32&fit=cover").bytes, "{colour:?}");
    }
}

#[test]
fn the_same_part_is_found_again() {
    let noise = noise_from(20);
    let [picture, _] = both_ways(|x, y| Rgb([noise(x, y), (x * 7 % 256) as u8, 30]));
    let bytes = png(picture);
    for position in ["entropy", "attention"] {
        let query = format!("w=30&h=20&fit=cover&pos={position}");
        assert_eq!(render(&bytes, &query).bytes, render(&bytes, &query).bytes);
    }
}
