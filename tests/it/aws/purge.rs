//! What a distribution is told by a purge of many, and by a backfill.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::time::Duration;

use pixfront::backfill::{Walk, Wanted};
use pixfront::config::Config;
use pixfront::error::{Kind, Result};
use pixfront::ingest::Upload;
use pixfront::outdated::Forgotten;
use pixfront::patience::Patience;
use pixfront::purge::Purge;
use pixfront::service::Service;
use pixfront::store::{Attributes, Row, Stores, memory};
use pixfront::variant::{Recipe, Thumbnail};

use super::wire::{Reply, Wire};
use crate::pictures;

/// A service on memory, whose distribution takes everything.
async fn behind() -> (Wire, Service) {
    behind_one_that(&[Reply::invalidated()]).await
}

async fn behind_one_that(replies: &[Reply]) -> (Wire, Service) {
    let wire = Wire::that(replies).await;
    let stores = Stores { distribution: wire.stores.distribution.clone(), ..memory::open() };
    (wire, Service::new(stores, Config::default()))
}

async fn put(service: &Service, key: &str, width: u32) {
    let picture = pictures::jpeg(width, 8).into();
    service.stores().originals.put(key, picture, Attributes::default()).await.unwrap();
}

/// A service with an original, and with what was made of it and others.
async fn full(replies: &[Reply]) -> (Wire, Service) {
    let (wire, service) = behind_one_that(replies).await;
    put(&service, "a b/1.jpg", 8).await;
    let stores = service.stores();
    stores.variants.put("a b/gone.jpg/w=4", "x".into(), Attributes::default()).await.unwrap();
    stores.variants.put("resized-a b/gone.jpg", "x".into(), Attributes::default()).await.unwrap();
    stores.ledger.record(Row::outdated("a b/row.jpg", "w=4")).await.unwrap();
    (wire, service)
}

async fn purge(service: &Service, prefix: &str, is_dry_run: bool) -> Result<Forgotten> {
    let patience = Patience { tries: 2, pause: Duration::from_millis(1) };
    Purge { service, prefix, is_dry_run, patience }.run(|_| ()).await
}

/// Originals may be cached themselves, and so may be what no store has any more; an invalidation for each would be more than
/// CloudFront takes at a time.
#[tokio::test]
async fn a_purge_of_many_tells_once() {
    for (prefix, paths) in
        [("a b/", &["/a%20b/*", "/resized-a%20b/*"][..]), ("*", &["/%2A*", "/resized-%2A*"]), ("", &["/*"])]
    {
        let (wire, service) = full(&[Reply::invalidated()]).await;
        purge(&service, prefix, true).await.unwrap();
        assert_eq!(wire.invalidated(), Vec::<Vec<String>>::new());
        let forgotten = purge(&service, prefix, false).await.unwrap();
        assert_eq!(wire.invalidated(), [paths]);
        let counts = if prefix == "*" { (0, 0) } else { (2, 1) };
        assert_eq!((forgotten.objects, forgotten.rows), counts);
    }
}

/// The rows stay until it was told, and whoever runs it again tells it.
#[tokio::test]
async fn a_purge_that_could_not_tell_leaves_the_rows() {
    let body =
        "<ErrorResponse><Error><Code>TooManyInvalidationsInProgress</Code><Message>x</Message></Error></ErrorResponse>";
    let refused = Reply::Says("400 Bad Request", "content-type: text/xml\r\n", body.to_owned());
    let (wire, service) = full(&[refused.clone(), refused, Reply::invalidated()]).await;
    let error = purge(&service, "", false).await.unwrap_err();
    assert_eq!((error.kind(), wire.invalidated().len()), (Kind::Upstream, 2), "{}", error.chain());
    let stores = service.stores();
    assert_eq!(stores.variants.list("", None, 9).await.unwrap(), Vec::<String>::new());
    assert_eq!(stores.ledger.rows(None, 9).await.unwrap().len(), 1);
    let forgotten = purge(&service, "", false).await.unwrap();
    assert_eq!((forgotten.objects, forgotten.rows), (0, 1));
    assert_eq!(wire.invalidated()[2..], [["/*"]]);
}

/// Of what its rows alone know it is told by their prefix, once.
#[tokio::test]
async fn a_purge_tells_of_thumbnails_of_a_former_list() {
    let (wire, service) = behind().await;
    let mut config = Config::default();
    config.policy.thumbnails =
        vec![Thumbnail { prefix: "old-".into(), recipe: Recipe::parse("w=4").unwrap().unwrap() }];
    let before = Service::new(service.stores().clone(), config);
    for key in ["a/1.jpg", "a/2.jpg"] {
        put(&service, key, 8).await;
        before.ingest(&Upload { bucket: "originals".into(), key: key.into() }).await.unwrap();
    }
    purge(&service, "a/", false).await.unwrap();
    assert_eq!(wire.invalidated(), [vec!["/a/*", "/resized-a/*"], vec!["/old-a/*"]]);
    assert_eq!(service.stores().variants.list("", None, 9).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_backfill_tells_of_what_was_outdated_alone() {
    let (wire, service) = behind().await;
    let wanted = Wanted::new(&[], true, &Config::default().policy).unwrap();
    let walk = async || {
        let walk = Walk {
            service: &service,
            wanted: &wanted,
            prefix: "",
            after: None,
            at_once: 2,
            limit: usize::MAX,
            pause: Duration::ZERO,
            patience: Patience::default(),
            is_dry_run: false,
            leaves_messages: false,
            keeps_going: false,
        };
        walk.run(std::future::pending(), |_| Ok(())).await.1.unwrap();
    };
    put(&service, "new.jpg", 8).await;
    put(&service, "old.jpg", 8).await;
    walk().await;
    walk().await;
    assert_eq!(wire.invalidated(), Vec::<Vec<String>>::new(), "that would cost, and nothing is outdated");
    put(&service, "old.jpg", 16).await;
    walk().await;
    walk().await;
    assert_eq!(wire.invalidated().iter().map(|paths| &*paths[0]).collect::<Vec<_>>(), ["/old.jpg"]);
}
