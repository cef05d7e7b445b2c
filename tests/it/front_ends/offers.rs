//! Every URL that a page offers, whichever a browser would take: its format, its width and its length.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::{Page, asked_width, format, original, path, value};
use crate::world::{Server, look};

/// What clients say, and which of our formats they name in it.
const CLIENTS: [(&str, &[&str]); 3] = [
    ("image/avif,image/webp,image/*,*/*;q=0.8", &["avif", "webp"]),
    ("image/webp,image/*,*/*;q=0.8", &["webp"]),
    ("*/*", &[]),
];

/// The bodies of one picture by their width, where nothing else was asked for otherwise.
type Widths = BTreeMap<u32, BTreeSet<Vec<u8>>>;

pub(super) async fn check(page: &Page, server: &Server) {
    for candidate in &page.candidates {
        if let Some(width) = candidate.descriptor.strip_suffix('w') {
            assert_eq!(width, asked_width(&candidate.url).to_string(), "{}", candidate.url);
        }
    }
    let urls: BTreeSet<&str> = page.candidates.iter().map(|candidate| &*candidate.url).collect();
    assert!(urls.len() > 2, "{} offers only {urls:?}", page.name);
    let mut made: BTreeMap<[&str; 4], Widths> = BTreeMap::new();
    for url in urls {
        let (name, _, width_max) = original(url);
        let headers = CLIENTS.map(|(accept, _)| [("accept", accept)]);
        let answers = join_all(headers.iter().map(|accept| server.get_with("GET", path(url, server), accept))).await;
        for ((accept, taken), answer) in CLIENTS.into_iter().zip(answers) {
            assert_eq!(answer.status, 200, "{url} {accept}: {}", answer.text());
            let (found, width) = measure(&answer.body);
            assert_eq!(found, format(url, taken), "{url} {accept}");
            assert_eq!(answer.header("content-type"), format!("image/{found}"), "{url} {accept}");
            assert_eq!(width, asked_width(url).min(width_max), "{url} {accept}: never enlarged");
            let same = [name, found, value(url, "q"), value(url, "pos")];
            made.entry(same).or_default().entry(width).or_default().insert(answer.body);
        }
        check_signature(url, server).await;
    }
    for (picture, widths) in &made {
        check_lengths(picture, widths);
    }
}

/// A wider picture is longer, and a URL that asks for more than there is gets what there is.
fn check_lengths(picture: &[&str; 4], widths: &Widths) {
    for (width, bodies) in widths {
        assert_eq!(bodies.len(), 1, "{picture:?}: pictures of width {width} that differ");
    }
    // What is drawn is often shorter in its own size, without the smooth edges that scaling gives it.
    if picture[0].starts_with("photos/") {
        let lengths: Vec<_> = widths.values().flatten().map(Vec::len).collect();
        assert!(lengths.is_sorted_by(|narrow, wide| narrow < wide), "{picture:?}: {lengths:?} by width");
    }
}

/// Where there is a signature, it is needed.
async fn check_signature(url: &str, server: &Server) {
    if let Some((unsigned, _)) = url.split_once("&s=") {
        assert_eq!(server.get(path(unsigned, server)).await.status, 403, "{unsigned}");
    }
}

/// Format and width, also of what moves.
fn measure(body: &[u8]) -> (&'static str, u32) {
    if body.starts_with(b"GIF8") {
        return ("gif", u16::from_le_bytes([body[6], body[7]]).into());
    }
    match webp::BitstreamFeatures::new(body) {
        Some(features) if features.has_animation() => ("webp", features.width()),
        Some(_) | None => {
            let (format, width, _) = look(body);
            (format, width)
        }
    }
}
