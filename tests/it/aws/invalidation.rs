//! What CloudFront is told of overwritten and deleted originals, when, and what becomes of that when it does not listen.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use pixfront::config::{Config, Invalidate, Place, TableForm};
use pixfront::error::{Kind, Result};
use pixfront::ingest::{Outcome, Upload};
use pixfront::key::SourceKey;
use pixfront::redrive::Task;
use pixfront::request::Request;
use pixfront::service::{Made, Service};
use pixfront::store::aws::{self, Terms};
use pixfront::store::{Attributes, Stores, memory};

use super::wire::{Reply, Wire};
use crate::pictures;
use crate::world::{self, Op, Script, attended};
use crate::world::{Ministack, create_table, loader};

const CAT: &str = "사진/a b+*.jpg";
const CAT_URI: &str = "/%EC%82%AC%EC%A7%84/a%20b%2B%2A.jpg";
/// A long answer for the edge, where there is somebody who calls it back.
const YEAR: &str = "public, max-age=86400, s-maxage=31536000";

fn refusal(status: &'static str, code: &str) -> Reply {
    let body = format!("<ErrorResponse><Error><Code>{code}</Code><Message>because</Message></Error></ErrorResponse>");
    Reply::Says(status, "content-type: text/xml\r\n", body)
}

/// A service on memory, whose distribution says this.
struct Behind {
    wire: Wire,
    service: Service,
}

impl Behind {
    async fn a_distribution_that(replies: &[Reply]) -> Self {
        Self::told_by(Invalidate::Tags, replies).await
    }

    async fn told_by(by: Invalidate, replies: &[Reply]) -> Self {
        let wire = Wire::told_by(by, replies).await;
        let stores = Stores { distribution: wire.stores.distribution.clone(), ..memory::open() };
        assert!(stores.distribution.is_some());
        let service = Service::new(stores, Config::default());
        Self { wire, service }
    }

    async fn put(&self, width: u32) {
        let picture = pictures::jpeg(width, 20).into();
        self.service.stores().originals.put(CAT, picture, Attributes::default()).await.unwrap();
    }

    async fn ingest(&self) -> Result<Outcome> {
        self.service.ingest(&Upload { bucket: "originals".into(), key: CAT.into() }).await
    }

    /// The paths of each invalidation so far.
    fn invalidated(&self) -> Vec<Vec<String>> {
        self.wire.invalidated()
    }
}

fn by_tag() -> Vec<String> {
    vec![CAT_URI.to_owned(), format!("#{}", SourceKey::new(CAT).unwrap().cache_tag())]
}

#[tokio::test]
async fn only_of_what_it_may_have_cached() {
    let behind = Behind::a_distribution_that(&[Reply::invalidated()]).await;
    behind.put(40).await;
    // New, and told of twice.
    for _ in 0..2 {
        behind.ingest().await.unwrap();
    }
    assert_eq!(behind.invalidated(), Vec::<Vec<String>>::new(), "that would cost, and nothing is outdated");
    behind.put(60).await;
    for _ in 0..2 {
        behind.ingest().await.unwrap();
    }
    assert_eq!(behind.invalidated(), [by_tag()], "once");
    behind.service.stores().originals.delete(&[CAT.to_owned()]).await.unwrap();
    assert_eq!(behind.ingest().await.unwrap(), Outcome::Removed);
    assert_eq!(behind.invalidated(), [by_tag(), by_tag()]);
    let references: Vec<_> = behind.wire.asked().iter().map(|asked| between(asked, "CallerReference")).collect();
    assert_ne!(references[0], references[1], "CloudFront takes two that are alike for one");
}

/// What has no thumbnail is served and cached all the same.
#[tokio::test]
async fn of_originals_that_have_no_thumbnail() {
    let torn = crate::backfill::torn;
    let [no_thumbnails, thumbnails] = [vec![], Config::default().policy.thumbnails];
    for (bodies, thumbnails) in [
        ([b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), b"%PDF-1.7 and more".to_vec()], thumbnails.clone()),
        ([torn(), pictures::jpeg(40, 20)], thumbnails),
        ([pictures::jpeg(40, 20), pictures::jpeg(60, 20)], no_thumbnails),
    ] {
        let mut behind = Behind::a_distribution_that(&[Reply::invalidated()]).await;
        let mut config = Config::default();
        config.policy.thumbnails = thumbnails;
        behind.service = Service::new(behind.service.stores().clone(), config);
        let stores = behind.service.stores();
        for (nth, body) in bodies.into_iter().enumerate() {
            stores.originals.put(CAT, body.into(), Attributes::default()).await.unwrap();
            for _ in 0..2 {
                behind.ingest().await.unwrap();
            }
            assert_eq!(behind.invalidated(), vec![by_tag(); nth], "an overwrite is news, once");
        }
        let stats = behind.service.stats(9, true, |_| ()).await.unwrap();
        let made = stores.variants.list("", None, 9).await.unwrap().len();
        assert_eq!((stats.originals, stats.variants), (1, made as u64), "a row of an original is none of a variant");
        stores.originals.delete(&[CAT.to_owned()]).await.unwrap();
        assert_eq!(behind.ingest().await.unwrap(), Outcome::Removed);
        assert_eq!(behind.invalidated().len(), 2);
        assert_eq!(stores.ledger.rows(None, 9).await.unwrap(), []);
    }
}

/// The overwrite's own event sees no row yet, so what it can't know falls to the earlier one.
#[tokio::test]
async fn of_an_overwrite_whose_event_was_faster() {
    let behind = Behind::a_distribution_that(&[Reply::invalidated()]).await;
    let stores = behind.service.stores().clone();
    stores.originals.put(CAT, "no picture".into(), Attributes::default()).await.unwrap();
    let script = Arc::new(Script::default());
    let slow = Service::new(attended(&stores, &script), Config::default());
    let (fast, upload) =
        (Service::new(stores.clone(), Config::default()), Upload { bucket: "originals".into(), key: CAT.into() });
    let again = upload.clone();
    script.before(world::Place::Table, Op::Record, 1, async move {
        fast.stores().originals.put(CAT, "no picture either".into(), Attributes::default()).await.unwrap();
        fast.ingest(&again).await.unwrap();
    });
    slow.ingest(&upload).await.unwrap();
    assert_eq!(behind.invalidated(), [by_tag()]);
    let etag = stores.originals.head(CAT).await.unwrap().etag;
    let rows = stores.ledger.variants_of(CAT).await.unwrap();
    assert!(rows.len() == 1 && rows[0].source_etag == etag, "{rows:?}");
}

fn between(text: &str, element: &str) -> String {
    let (_, rest) = text.split_once(&format!("<{element}>")).unwrap();
    rest.split_once(&format!("</{element}>")).unwrap().0.to_owned()
}

#[tokio::test]
async fn by_paths_where_it_reads_no_tags() {
    let behind = Behind::told_by(Invalidate::Paths, &[Reply::invalidated()]).await;
    behind.service.forget(&SourceKey::new(CAT).unwrap()).await.unwrap();
    let paths = [CAT_URI.to_owned(), format!("{CAT_URI}/*"), format!("/resized-{}", &CAT_URI[1..])];
    assert_eq!(behind.invalidated(), [paths]);
}

/// The second delivery of the event finds no object any more, and must know all the same.
#[tokio::test]
async fn who_fails_to_tell_it_comes_again() {
    let away = refusal("503 Service Unavailable", "ServiceUnavailable");
    for has_rows in [true, false] {
        // Three attempts of the SDK are one of ours.
        let behind =
            Behind::a_distribution_that(&[away.clone(), away.clone(), away.clone(), Reply::invalidated()]).await;
        behind.put(40).await;
        behind.ingest().await.unwrap();
        if !has_rows {
            behind.service.stores().ledger.forget(CAT, &[format!("resized-{CAT}")]).await.unwrap();
        }
        behind.put(60).await;
        let error = behind.ingest().await.unwrap_err();
        assert_eq!((error.kind(), behind.invalidated().len()), (Kind::Upstream, 3), "{}", error.chain());
        assert!(error.chain().contains("CreateInvalidation of E1DISTRIBUTION"), "{}", error.chain());
        assert!(!error.context().contains("E1DISTRIBUTION"), "{}", error.context());
        assert!(behind.service.stores().variants.head(&format!("resized-{CAT}")).await.is_err(), "it went first");

        behind.ingest().await.unwrap();
        assert_eq!((behind.invalidated().len(), behind.invalidated()[3].clone()), (4, by_tag()), "rows: {has_rows}");
        behind.ingest().await.unwrap();
        assert_eq!(behind.invalidated().len(), 4, "and that is that");
    }
}

#[tokio::test]
async fn too_many_at_once_are_named() {
    for by in [Invalidate::Tags, Invalidate::Paths] {
        let behind = Behind::told_by(by, &[refusal("400 Bad Request", "TooManyInvalidationsInProgress")]).await;
        let error = behind.service.forget(&SourceKey::new(CAT).unwrap()).await.unwrap_err();
        assert_eq!((error.kind(), behind.invalidated().len()), (Kind::Upstream, 1), "no use in asking at once again");
        assert!(error.chain().contains("as many under way as it takes"), "{}", error.chain());
        assert_eq!(error.chain().contains("PIXFRONT_INVALIDATE=tags"), by == Invalidate::Paths, "{}", error.chain());
    }
}

/// A regional door answers before it stores: what it finds outdated only then was allowed to be cached.
#[tokio::test]
async fn an_answer_of_outdated_bytes_is_called_back() {
    let behind = Behind::a_distribution_that(&[Reply::invalidated()]).await;
    behind.put(40).await;
    let request = Request::parse_url(&format!("{CAT_URI}?w=8"), None).unwrap();
    let Made::Now(fresh) = behind.service.make(&request, None).await.unwrap() else { panic!("it was not there") };
    behind.put(60).await;
    behind.service.keep_afterwards(&fresh, None).await;
    assert_eq!(behind.invalidated(), [by_tag()]);
    assert_eq!(behind.service.stores().failures.peek(9).await.unwrap(), []);
}

/// Who does not answer that call must not take the message along with it.
#[tokio::test]
async fn who_is_not_told_in_time_leaves_a_message() {
    let behind = Behind::a_distribution_that(&[Reply::Hangs]).await;
    behind.put(40).await;
    let request = Request::parse_url(&format!("{CAT_URI}?w=8"), None).unwrap();
    let Made::Now(fresh) = behind.service.make(&request, None).await.unwrap() else { panic!("it was not there") };
    behind.put(60).await;
    // Three attempts, each of 600 ms, are more.
    let last = Instant::now() + Duration::from_millis(1_500);
    behind.service.keep_afterwards(&fresh, Some(last)).await;
    let messages = behind.service.stores().failures.peek(9).await.unwrap();
    assert_eq!((messages.len(), &*messages[0].body, &*messages[0].attributes["stage"]), (1, CAT, "persist"));
}

/// The function behind that door can't know its distribution, but how long it lets its answers be kept.
#[tokio::test]
async fn who_knows_no_distribution_leaves_a_message_for_one_who_does() {
    let wire = Wire::that(&[Reply::invalidated()]).await;
    let stores = memory::open();
    let config = Config { cache_control: Some(YEAR.into()), ..Config::default() };
    let door = Service::new(stores.clone(), config);
    let put = async |width| {
        let picture = pictures::jpeg(width, 20).into();
        stores.originals.put("cat.jpg", picture, Attributes::default()).await.unwrap();
    };
    put(40).await;
    let request = Request::parse_url("/cat.jpg?w=8", None).unwrap();
    let Made::Now(fresh) = door.make(&request, None).await.unwrap() else { panic!("it was not there") };
    put(60).await;
    door.keep_afterwards(&fresh, None).await;
    let messages = stores.failures.peek(9).await.unwrap();
    assert_eq!((messages.len(), &*messages[0].body, &*messages[0].attributes["stage"]), (1, "cat.jpg", "persist"));

    let stores = Stores { distribution: wire.stores.distribution.clone(), ..stores };
    let reader = Service::new(stores, Config::default());
    let source = SourceKey::new("cat.jpg").unwrap();
    reader.redrive(&Task::Variant { source, recipe: "w=8".into() }).await.unwrap();
    assert_eq!(wire.asked().len(), 1, "{:?}", wire.asked());
}

#[tokio::test]
async fn where_it_is_told_variants_may_be_kept_for_a_year() {
    let distribution = Place { name: Some("E1".into()), ..Place::default() };
    let config = Config { distribution, ..Config::default() };
    assert_eq!(config.cache_control(), YEAR);
    let service = Service::new(memory::open(), config);
    let picture = Bytes::from(pictures::jpeg(40, 20));
    service.stores().originals.put("cat.jpg", picture, Attributes::default()).await.unwrap();
    service.respond(&Request::parse_url("/cat.jpg?w=8", None).unwrap(), None).await.unwrap();
    let head = service.stores().variants.head("cat.jpg/w=8").await.unwrap();
    assert_eq!(head.attributes.cache_control.as_deref(), Some(YEAR));
}

/// Also of what the table did not know, and what is written of it to be told of; and what is written does not go before its time.
#[tokio::test]
async fn a_table_of_names_keeps_none_that_is_gone() {
    let ministack = Ministack::start().await;
    create_table(&ministack.table, "names", true).await;
    let mut config = ministack.config.clone();
    (config.table.name, config.table_form, config.row_days) = (Some("names".to_owned()), TableForm::Names, Some(90));
    let stores = aws::open_with(loader(), &Terms::default(), &config).await.unwrap();
    let refusing = Wire::that(&[refusal("403 Forbidden", "AccessDenied"), Reply::invalidated()]).await;
    let stores = Stores { distribution: refusing.stores.distribution.clone(), ..stores };
    let service = Service::new(stores, config);
    let stores = service.stores();
    stores.variants.put(&format!("resized-{CAT}"), "x".into(), Attributes::default()).await.unwrap();
    let upload = Upload { bucket: "originals".into(), key: CAT.into() };
    assert!(service.ingest(&upload).await.is_err(), "nobody was told");
    let item = ministack.table.scan().table_name("names").send().await.unwrap().items.unwrap().remove(0);
    assert_eq!(item["name"].as_s().unwrap(), CAT);
    let expires: u64 = item["expires"].as_n().unwrap().parse().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!((now + 90 * 86_400..now + 100 * 86_400).contains(&expires), "{expires}");

    assert_eq!(service.ingest(&upload).await.unwrap(), Outcome::Removed);
    assert_eq!(refusing.asked().len(), 2);
    assert_eq!(stores.ledger.rows(None, 9).await.unwrap(), []);
    // Told at once, it is no different.
    stores.variants.put(&format!("resized-{CAT}"), "x".into(), Attributes::default()).await.unwrap();
    assert_eq!(service.ingest(&upload).await.unwrap(), Outcome::Removed);
    assert_eq!(stores.ledger.rows(None, 9).await.unwrap(), []);
}
