//! The vectors that hold for CloudFront's function, asked of the whole of `serve` by HTTP: what they refuse is refused, and what they
//! name is what is stored.

use std::collections::{BTreeMap, BTreeSet};

use pixfront::serve::viewer_request::rewrite;
use pixfront::store::{Attributes, local};

use crate::pictures;
use crate::vectors::{Outcome, Vector, vectors};
use crate::world::Server;

/// What HTTP's own grammar lets through to a server: no spaces, nothing beyond ASCII, and no more than fits its buffer.
fn can_be_sent(vector: &Vector) -> bool {
    let is_header = vector.accept().is_none_or(|accept| accept.bytes().all(|b| matches!(b, b' '..=b'~')));
    let url = vector.url();
    // A fragment stays with the client; of what is no path nothing reaches the handlers; and `/` is a page here.
    let path = url.split('?').next().unwrap_or_default();
    let is_path = path.len() > 1 && path.starts_with('/') && !url.contains('#');
    is_header && is_path && url.bytes().all(|b| b.is_ascii_graphic())
}

/// The server of these presets, with every original that the vectors name.
async fn server(presets: &str, vectors: &[&Vector]) -> Server {
    let server = Server::with(|command| {
        // AVIF by the hundred: as quick as can be.
        command.env("PIXFRONT_PRESETS", presets).env("PIXFRONT_AVIF_SPEED", "9");
    });
    let stores = local::open(&server.data()).unwrap();
    let picture = pictures::jpeg(8, 6);
    for vector in vectors {
        let url = vector.url();
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        if let Ok(rewritten) = rewrite(path, query, vector.accept(), &vector.config, vector.now) {
            let attributes = Attributes { content_type: "image/jpeg".to_owned(), ..Attributes::default() };
            stores.originals.put(rewritten.source.as_str(), picture.clone().into(), attributes).await.unwrap();
        }
    }
    server
}

#[tokio::test]
async fn serve_makes_what_the_vectors_say() {
    let vectors = vectors();
    let mut groups: BTreeMap<&str, Vec<&Vector>> = BTreeMap::new();
    // Those with keys are of one moment, which is not now.
    for vector in vectors.iter().filter(|vector| vector.signing_keys.is_none() && can_be_sent(vector)) {
        groups.entry(&vector.presets).or_default().push(vector);
    }
    let mut count = 0;
    for (presets, vectors) in groups {
        let server = server(presets, &vectors).await;
        let mut expected = BTreeSet::new();
        for vector in &vectors {
            let what = vector.url();
            let accept = vector.accept().map(|accept| format!("accept: {accept}\r\n")).unwrap_or_default();
            let answer = server.raw_with("GET", &what, &accept, b"").await;
            match vector.expected() {
                Outcome::Refused { status, error } => {
                    assert_eq!((answer.status, answer.text()), (status, error + "\n"), "{what}");
                }
                Outcome::Variant { key, .. } => {
                    assert_eq!(answer.status, 200, "{what}: {}", answer.text());
                    expected.insert(key);
                }
                Outcome::Original { .. } => assert_eq!(answer.status, 200, "{what}: {}", answer.text()),
            }
            count += 1;
        }
        let store = local::open(&server.data()).unwrap();
        let keys = store.variants.list("", None, usize::MAX).await.unwrap();
        assert_eq!(keys.into_iter().collect::<BTreeSet<_>>(), expected, "{presets}");
    }
    assert!(count > 400, "{count}");
}
