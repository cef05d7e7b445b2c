//! What a distribution is told by a purge of many, and by a backfill.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::time::Duration;

use pixfront::backfill::{Walk, Wanted};
use pixfront::config::Config;
use pixfront::patience::Patience;
use pixfront::purge::Purge;
use pixfront::service::Service;
use pixfront::store::{Attributes, Row, Stores, memory};

use super::wire::{Reply, Wire};
use crate::pictures;

/// A service on memory, whose distribution takes everything.
async fn behind() -> (Wire, Service) {
    let body = "<Invalidation><Id>I1</Id><Status>InProgress</Status><CreateTime>2026-11-22T00:00:00Z</CreateTime>\
                <InvalidationBatch><Paths><Quantity>0</Quantity></Paths><CallerReference>x</CallerReference>\
                </InvalidationBatch></Invalidation>";
    let told = Reply::Says("201 Created", "content-type: text/xml\r\n", body.to_owned());
    let wire = Wire::that(&[told]).await;
    let stores = Stores { distribution: wire.stores.distribution.clone(), ..memory::open() };
    (wire, Service::new(stores, Config::default()))
}

/// The originals that it was told of, in order.
fn told_of(wire: &Wire) -> Vec<String> {
    let first_path = |request: &String| {
        let (_, rest) = request.split_once("<Path>").unwrap();
        rest.split_once("</Path>").unwrap().0.to_owned()
    };
    let mut paths: Vec<_> = wire.asked().iter().map(first_path).collect();
    paths.sort();
    paths
}

async fn put(service: &Service, key: &str, width: u32) {
    let picture = pictures::jpeg(width, 8).into();
    service.stores().originals.put(key, picture, Attributes::default()).await.unwrap();
}

/// An original may be cached itself, and so may be what no store has any more.
#[tokio::test]
async fn a_purge_tells_of_every_original_once() {
    let (wire, service) = behind().await;
    for key in ["a/1.jpg", "a/2.jpg", "b/1.jpg"] {
        put(&service, key, 8).await;
    }
    let stores = service.stores();
    stores.variants.put("a/2.jpg/w=4", "x".into(), Attributes::default()).await.unwrap();
    stores.variants.put("a/gone.jpg/w=4", "x".into(), Attributes::default()).await.unwrap();
    stores.ledger.record(Row::outdated("a/row.jpg", "w=4")).await.unwrap();
    let purge = |is_dry_run| Purge { service: &service, prefix: "a/", is_dry_run, patience: Patience::default() };
    purge(true).run(|_| ()).await.unwrap();
    assert_eq!(told_of(&wire), Vec::<String>::new());
    let forgotten = purge(false).run(|_| ()).await.unwrap();
    assert_eq!(told_of(&wire), ["/a/1.jpg", "/a/2.jpg", "/a/gone.jpg", "/a/row.jpg"]);
    assert_eq!((forgotten.objects, forgotten.rows), (2, 1));
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
    assert_eq!(told_of(&wire), Vec::<String>::new(), "that would cost, and nothing is outdated");
    put(&service, "old.jpg", 16).await;
    walk().await;
    walk().await;
    assert_eq!(told_of(&wire), ["/old.jpg"]);
}
