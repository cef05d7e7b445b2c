//! The functions on the stores at AWS: an upload, its thumbnail, a variant by either door, and a failure.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use serde_json::{Value, json};

use crate::lambda::{Function, HTTP_ORIGIN, ORIGIN_RESPONSE, UPLOAD_TRIGGER, body, torn};
use crate::pictures;
use crate::triggers::event;
use crate::world::{Ministack, look};

async fn function(program: &str, ministack: &Ministack) -> Function {
    Function::with(program, |command| {
        command.env_remove("PIXFRONT_DATA");
        ministack.lend(command.as_std_mut());
    })
    .await
}

/// S3's notification of a put under this key.
fn uploaded(key: &str) -> Value {
    let mut event = event("s3-put");
    event["Records"][0]["s3"]["object"]["key"] = key.into();
    event
}

#[tokio::test]
async fn uploads_become_thumbnails_rows_and_messages() {
    let ministack = Ministack::start().await;
    let stores = ministack.stores().await;
    let mut trigger = function(UPLOAD_TRIGGER, &ministack).await;
    for (key, picture) in [("사진/a b+c.jpg", pictures::jpeg(120, 80)), ("torn\u{1}.jpg", torn())] {
        stores.originals.put(key, picture.into(), pixfront::store::Attributes::default()).await.unwrap();
    }
    for _ in 0..2 {
        let reply = trigger.response(&uploaded("%EC%82%AC%EC%A7%84/a+b%2Bc.jpg")).await;
        assert_eq!(reply, json!({ "batchItemFailures": [] }));
    }
    let thumbnail = stores.variants.get("resized-사진/a b+c.jpg", u64::MAX).await.unwrap();
    assert_eq!(look(&thumbnail.body), ("jpeg", 60, 40));
    assert_eq!(stores.ledger.variants_of("사진/a b+c.jpg").await.unwrap().len(), 1);

    trigger.response(&uploaded("torn%01.jpg")).await;
    let messages = stores.failures.receive(10, 60).await.unwrap();
    assert_eq!((messages.len(), messages[0].message.body.as_str()), (1, "torn\u{1}.jpg"));
    assert_eq!(messages[0].message.attributes["kind"], "invalid");
}

#[tokio::test]
async fn both_doors_make_variants() {
    let ministack = Ministack::start().await;
    let stores = ministack.stores().await;
    let picture = pictures::jpeg(120, 80).into();
    stores.originals.put("photos/cat.jpg", picture, pixfront::store::Attributes::default()).await.unwrap();

    let mut edge = function(ORIGIN_RESPONSE, &ministack).await;
    let response = edge.response(&event("origin-response-403")).await;
    assert_eq!((&response["status"], look(&body(&response))), (&json!("200"), ("webp", 60, 40)));
    assert!(stores.variants.head("photos/cat.jpg/w=60,f=webp").await.is_ok());

    let mut regional = function(HTTP_ORIGIN, &ministack).await;
    let mut asked = event("function-url-get");
    asked["rawPath"] = "/photos/cat.jpg/w=30".into();
    let response = regional.response(&asked).await;
    assert_eq!((&response["statusCode"], look(&body(&response))), (&json!(200), ("jpeg", 30, 20)));
    regional.idle().await;
    assert!(stores.variants.head("photos/cat.jpg/w=30").await.is_ok());
    asked["rawPath"] = "/photos/dog.jpg/w=30".into();
    assert_eq!(regional.response(&asked).await["statusCode"], 404);
}

/// As at the edge: everything that is known comes with the origin's headers.
#[tokio::test]
async fn the_origins_headers_say_where_everything_is() {
    let ministack = Ministack::start().await;
    let stores = ministack.stores().await;
    let picture = pictures::jpeg(120, 80).into();
    stores.originals.put("photos/cat.jpg", picture, pixfront::store::Attributes::default()).await.unwrap();
    let mut settings = Vec::new();
    let mut edge = Function::with(ORIGIN_RESPONSE, |command| {
        command.env_remove("PIXFRONT_DATA");
        ministack.lend(command.as_std_mut());
        for setting in &pixfront::config::SETTINGS {
            let variable = setting.variable();
            let lent = command.as_std().get_envs().find(|(name, _)| *name == variable.as_str()).and_then(|lent| lent.1);
            if let Some(value) = lent.and_then(|value| value.to_str()).map(str::to_owned) {
                settings.push((setting.header(), value));
                command.env_remove(&variable);
            }
        }
    })
    .await;
    let mut asked = event("origin-response-403");
    assert_eq!(edge.response(&asked).await["status"], "500");
    let headers = asked.pointer_mut("/Records/0/cf/request/origin/s3/customHeaders").unwrap();
    for (name, value) in settings {
        headers[&name] = json!([{ "key": name, "value": value }]);
    }
    let response = edge.response(&asked).await;
    assert_eq!((&response["status"], look(&body(&response))), (&json!("200"), ("webp", 60, 40)));
}
