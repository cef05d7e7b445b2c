//! Results as people would see them: SSIMULACRA2 against the reference resampler, whose input is what an independent decoder
//! made of the source.

use std::fs;
use std::path::Path;

use image::{Rgb, RgbImage};
use pixfront::format::Format;

use super::reference::{Part, Picture, distance, ssimulacra2};
use super::sources::{decode, from_rgb};
use super::{HALF, render};
use crate::pictures::jpegs;

const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;

/// Waves of every length, shadows, a clear sky and hard edges: as near to a photograph as a formula comes.
pub(super) fn view(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (f64::from(x) / 40.0, f64::from(y) / 40.0);
        let octave =
            |scale: f64| ((u * scale + (v * scale * 0.7).sin() * 2.0).sin() * (v * scale).cos()) / scale.sqrt();
        let waves: f64 = [0.3, 0.9, 2.1, 4.7, 9.5].into_iter().map(octave).sum();
        let hill = 260.0 + 60.0 * (u * 0.4).sin() + 12.0 * (u * 3.0).sin();
        let is_sky = f64::from(y) < hill;
        let is_post = x % 97 < 5 && y > 200;
        let base = if is_sky { [120.0, 160.0, 225.0] } else { [90.0, 120.0, 60.0] };
        let (light, shade) = if is_sky { (f64::from(y) * 0.15, 4.0) } else { (0.0, 34.0) };
        Rgb(base.map(|level| if is_post { 40 } else { (level + light + waves * shade).clamp(0.0, 255.0) as u8 }))
    })
}

const WHOLE: Part = [0.0, 0.0, WIDTH as f64, HEIGHT as f64];

/// A scale, what it takes of the source, and the size that it gives.
const SCALES: [(&str, Part, (usize, usize)); 5] = [
    ("w=500", WHOLE, (500, 375)),
    (HALF, WHOLE, (320, 240)),
    ("w=200", WHOLE, (200, 150)),
    ("w=120", WHOLE, (120, 90)),
    ("w=160&h=160&fit=cover", [80.0, 0.0, 480.0, 480.0], (160, 160)),
];

/// The least that each format may score by its default quality; measured on the view: see the table that the test leaves.
const OUTPUTS: [(&str, Format, f64); 4] = [
    ("f=png", Format::Png, 95.0),
    ("f=jpeg", Format::Jpeg, 70.0),
    ("f=webp", Format::Webp, 70.0),
    ("f=avif", Format::Avif, 70.0),
];

#[test]
fn results_look_like_the_references() {
    let view = view(WIDTH, HEIGHT);
    let jpeg = jpegs::write(&view, jpegs::BASELINE);
    let mut png = std::io::Cursor::new(Vec::new());
    view.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let sources = [("PNG", png.into_inner(), from_rgb(&view)), ("JPEG", jpeg.clone(), decode(&jpeg, Format::Jpeg))];
    let mut table =
        String::from("| source | query | format | bytes | max | mean | SSIMULACRA2 |\n|---|---|---|--:|--:|--:|--:|\n");
    let mut poor = Vec::new();
    for (name, bytes, full) in &sources {
        for (scale, part, (width, height)) in SCALES {
            let expected = full.resize(part, width, height);
            for (output, format, least) in OUTPUTS {
                let query = format!("{scale}&{output}");
                let rendered = render(bytes, &query);
                let shown = shown(&rendered.bytes, format);
                let (found, score) = (distance(&shown, &expected), ssimulacra2(&expected, &shown));
                let row = format!(
                    "| {name} | `{query}` | {format} | {} | {:.0} | {:.2} | {score:.1} |\n",
                    rendered.bytes.len(),
                    found.max,
                    found.mean
                );
                let least = match format {
                    // A JPEG that is scaled in the decoder loses a little in its reduced IDCT.
                    Format::Png if rendered.cost.decoded != rendered.cost.source => least.min(90.0),
                    // Of a picture so small, blocks of eight pixels are a large part, whoever writes them.
                    Format::Jpeg | Format::Webp | Format::Avif if width < 150 => 35.0,
                    Format::Jpeg | Format::Webp | Format::Avif | Format::Png | Format::Gif => least,
                };
                if score < least {
                    poor.push(row.clone());
                }
                table += &row;
            }
        }
    }
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("quality.md"), table).unwrap();
    assert!(poor.is_empty(), "too far from the reference:\n{}", poor.concat());
}

/// AVIF as our own decoder shows it, which `peers` holds to others'.
fn shown(bytes: &[u8], format: Format) -> Picture {
    match format {
        Format::Avif => decode(&render(bytes, "f=png").bytes, Format::Png),
        Format::Jpeg | Format::Png | Format::Webp | Format::Gif => decode(bytes, format),
    }
}
