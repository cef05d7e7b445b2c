//! Three sizes an upload: the same keys and sizes out of one decode, and ready whenever they are asked for.

use std::num::NonZeroUsize;

use pixfront::config::Config;
use pixfront::service::Service;
use pixfront::store::Attributes;

use super::{Account, Page};
use crate::pictures;
use crate::world::{Server, look};

#[tokio::test]
async fn the_same_is_left_as_by_the_old_code() {
    let page = Page::read("three-sizes.md");
    let account = Account::of(&page, &[]).await;
    let keys = ["shoes/red.jpg", "shoes/logo.png", "letter.pdf"];
    let bodies = [pictures::jpeg(1601, 900), pictures::png(500, 333), b"%PDF-1.7".to_vec()];
    for (key, body) in keys.iter().zip(bodies) {
        account.upload(key, body).await;
    }
    let events = account.events(&keys);
    account.run_old(&page, &events);
    let old = account.take().await;
    let widths: Vec<_> = old.objects.iter().map(|(key, object)| (&**key, object.2)).collect();
    let expected = [
        ("large-shoes/logo.png", 500),
        ("large-shoes/red.jpg", 1440),
        ("medium-shoes/logo.png", 500),
        ("medium-shoes/red.jpg", 720),
        ("small-shoes/logo.png", 368),
        ("small-shoes/red.jpg", 368),
    ];
    assert_eq!(widths, expected, "the old code does as the page says");
    account.run_ours(&events).await;
    let ours = account.take().await;
    assert_eq!((ours.objects, ours.messages), (old.objects, vec!["letter.pdf".to_owned()]), "and who looks is told");
    assert_eq!(ours.items.len(), 6, "a row each");
}

/// From the moment on that the upload was answered, and before its event is dealt with.
#[tokio::test]
async fn it_is_never_too_early_to_ask() {
    let server = Server::with(|command| {
        let settings = Page::read("three-sizes.md").settings();
        command.envs(settings.into_iter().filter(|(name, _)| name == "PIXFRONT_THUMBNAILS"));
    });
    // As if S3 had not told anyone yet.
    let stores = pixfront::store::local::open(&server.data()).unwrap();
    let picture = pictures::jpeg(900, 600);
    stores.originals.put("red.jpg", picture.into(), Attributes::default()).await.unwrap();
    for (path, width) in [("/small-red.jpg", 368), ("/medium-red.jpg", 720), ("/large-red.jpg", 900)] {
        let head = server.ask("HEAD", path).send().await.unwrap();
        assert_eq!((head.status().as_u16(), head.headers()["content-type"].to_str().unwrap()), (200, "image/jpeg"));
        assert!(stores.variants.head(&path[1..]).await.is_ok(), "HEAD has it made");
        let answer = server.get(path).await;
        assert_eq!((answer.status, look(&answer.body).1), (200, width));
        assert_eq!(head.headers()["content-length"].to_str().unwrap(), answer.body.len().to_string());
    }
    assert_eq!(server.ask("HEAD", "/small-blue.jpg").send().await.unwrap().status(), 404);
    assert_eq!(server.health("renders").await, 3);
}

/// One place among the renders, and one read of the original.
#[tokio::test]
async fn the_original_is_read_once() {
    let value = Page::read("three-sizes.md").setting("PIXFRONT_THUMBNAILS");
    let config = Config::from_sources("", |name| (name == "PIXFRONT_THUMBNAILS").then(|| value.clone())).unwrap();
    let config = Config { renders: NonZeroUsize::MIN, ..config };
    let service = Service::new(pixfront::store::memory::open(), config);
    let picture = pictures::jpeg(900, 600);
    service.stores().originals.put("red.jpg", picture.clone().into(), Attributes::default()).await.unwrap();
    let upload = pixfront::ingest::Upload { bucket: "originals".into(), key: "red.jpg".into() };
    service.ingest(&upload).await.unwrap();
    let counters = &service.counters;
    assert_eq!((counters.thumbnails.get(), counters.source_bytes.get()), (3, picture.len() as u64));
    assert_eq!(service.stores().variants.list("", None, 9).await.unwrap().len(), 3);
}
