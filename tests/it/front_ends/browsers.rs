//! What Chromium chose of a page's offers, on several screens and with several formats switched off.

use std::fs;
use std::path::{Path, PathBuf};

use image::Rgb;

use super::{Page, Picture, View, asked_width, format, original, path, value};
use crate::world::Server;

/// As a table for people: `front-ends.md`, beside the screenshots.
const TABLE: &str = "| page | browser | picture | asked for | type | pixels | shown | transferred |\n\
                     |---|---|---|---|---|--:|--:|--:|\n";

/// The longest head of an answer.
const HEAD_BYTES_MAX: usize = 2000;

pub(super) fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("front-ends")
}

pub(super) async fn check(page: &Page, server: &Server) {
    assert_eq!(page.views.len(), 4, "{}", page.name);
    for view in &page.views {
        let what = format!("{}, {}", page.name, view.name);
        assert!(view.complaints.is_empty(), "{what}: {:?}", view.complaints);
        assert_eq!(view.pictures.len(), page.views[0].pictures.len(), "{what}");
        for picture in &view.pictures {
            check_picture(&format!("{what}: {}", picture.url), view, picture, server).await;
        }
        check_screenshot(&what, view);
    }
}

async fn check_picture(what: &str, view: &View, picture: &Picture, server: &Server) {
    // Once, also where it was announced in the head of the page.
    let [transfer] = &*picture.transfers else {
        panic!("{what}: transferred {:?}", picture.transfers);
    };
    let mut taken = vec!["avif", "webp"];
    taken.retain(|format| !view.without.iter().any(|without| without == format));
    let expected = if value(&picture.url, "f") == "auto" {
        format(&picture.url, &taken)
    } else {
        // Of the sources of a <picture> the browser takes the first whose type it knows.
        taken.first().copied().unwrap_or("jpeg")
    };
    assert_eq!((transfer.status, &*transfer.content_type), (200, &*format!("image/{expected}")), "{what}");
    for format in ["avif", "webp"] {
        let is_named = transfer.accept.contains(&format!("image/{format}"));
        assert_eq!(is_named, taken.contains(&format), "{what}: {}", transfer.accept);
    }

    let (_, _, width_max) = original(&picture.url);
    let [width, _] = picture.natural;
    assert_eq!(width, asked_width(&picture.url).min(width_max), "{what}");
    let [needed, _] = picture.shown.map(|side| side * view.dpr);
    assert!(needed > 0 && (width >= needed || width == width_max), "{what}: {width} pixels for {needed}");

    let accept = [("accept", &*transfer.accept)];
    let answer = server.get_with("GET", path(&picture.url, server), &accept).await;
    let body = answer.body.len();
    let length = body + 1..body + HEAD_BYTES_MAX;
    assert!(length.contains(&transfer.bytes), "{what}: {} transferred, of a body of {body}", transfer.bytes);
}

/// That the screenshot has the screen's width, and that the blue corner of the photograph shows in it.
fn check_screenshot(what: &str, view: &View) {
    let shot = image::open(&view.screenshot).unwrap().into_rgb8();
    assert_eq!(shot.width(), view.width * view.dpr, "{what}");
    // There are eight million of them.
    let pixels: Vec<_> = shot.pixels().copied().step_by(16).collect();
    let (blue, all) = (pixels.iter().filter(|pixel| is_blue(**pixel)).count(), pixels.len());
    assert!(blue * 200 > all, "{what}: {blue} blue pixels of {all} in {}", view.screenshot.display());
}

fn is_blue(pixel: Rgb<u8>) -> bool {
    let Rgb([red, green, blue]) = pixel;
    red < 60 && green < 60 && blue > 210
}

pub(super) fn write_table(pages: &[Page]) {
    let mut table = TABLE.to_owned();
    for page in pages {
        for view in &page.views {
            for Picture { alt, url, natural, shown, transfers } in &view.pictures {
                let (asked, transfer) = (url.split('?').nth(1).unwrap_or_default(), &transfers[0]);
                // Signatures fill no table.
                let asked = asked.split("&exp=").next().unwrap_or_default();
                let pixels = [natural, shown].map(|[width, height]| format!("{width}×{height}"));
                let (content_type, bytes, pixels) = (&transfer.content_type, transfer.bytes, pixels.join(" | "));
                let head = format!("| {} | {} ×{} | {alt}", page.name, view.name, view.dpr);
                table += &format!("{head} | `{asked}` | {content_type} | {pixels} | {bytes} |\n");
            }
        }
    }
    fs::write(screenshots().join("front-ends.md"), table).unwrap();
}
