//! The upload trigger that halves pictures: the same keys, items and messages.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use super::{Account, Left, Page, run, tool};
use crate::lambda::{UPLOAD_TRIGGER, torn};
use crate::pictures;

const KEYS: [&str; 3] = ["photos/cat.jpg", "사진/a b+c.png", "torn.jpg"];

async fn uploads(account: &Account) -> Vec<Value> {
    let bodies = [pictures::jpeg(121, 80), pictures::png(90, 61), torn()];
    for (key, body) in KEYS.iter().zip(bodies) {
        account.upload(key, body).await;
    }
    account.events(&KEYS)
}

fn expected() -> Left {
    let object =
        |key: &str, kind: &str, format, width, height| (key.to_owned(), (kind.to_owned(), format, width, height));
    let item = |name: &str| BTreeMap::from([("name".to_owned(), name.to_owned())]);
    Left {
        objects: [
            object("resized-photos/cat.jpg", "image/jpeg", "jpeg", 60, 40),
            object("resized-사진/a b+c.png", "image/png", "png", 45, 30),
        ]
        .into(),
        items: [item(KEYS[0]), item(KEYS[1])].into(),
        messages: vec![KEYS[2].to_owned()],
    }
}

#[tokio::test]
async fn the_same_is_left_as_by_the_old_code() {
    let page = Page::read("upload-trigger.md");
    let account = Account::of(&page, &[]).await;
    let events = uploads(&account).await;
    account.run_old(&page, &events);
    assert_eq!(account.take().await, expected(), "the old code does as the page says");
    account.run_ours(&events).await;
    assert_eq!(account.take().await, expected());
}

/// An item of the old table goes with its original, and stays while that is overwritten.
#[tokio::test]
async fn a_table_of_names_is_kept_right() {
    let page = Page::read("upload-trigger.md");
    let account = Account::of(&page, &[]).await;
    let events = uploads(&account).await;
    account.run_ours(&events).await;
    account.upload(KEYS[0], pictures::jpeg(40, 20)).await;
    account.s3.delete_object().bucket(&account.originals).key(KEYS[1]).send().await.unwrap();
    account.run_ours(&events[..2]).await;
    let left = account.take().await;
    assert_eq!(left.objects.keys().collect::<Vec<_>>(), ["resized-photos/cat.jpg"]);
    assert_eq!(left.objects["resized-photos/cat.jpg"].2, 20);
    assert_eq!(left.items, [BTreeMap::from([("name".to_owned(), KEYS[0].to_owned())])].into());
}

/// With everything that the page's policy allows, and nothing else.
#[tokio::test]
async fn the_pages_policy_is_enough() {
    let page = Page::read("upload-trigger.md");
    let account = Account::of(&page, &[("AUTH", "true")]).await;
    let events = uploads(&account).await;
    let policy: Value = serde_json::from_str(page.block("json")).unwrap();
    let everywhere = policy.to_string().replace("ap-northeast-2:123456789012", "us-east-1:000000000000");
    let aws = |arguments: &[&str]| {
        let mut aws = Command::new(tool("venv/bin/aws"));
        account.process.lend_keys(&mut aws);
        run(aws.args(["--region", "us-east-1", "--endpoint-url", &account.process.endpoint, "iam"]).args(arguments))
    };
    aws(&["create-user", "--user-name", "trigger"]);
    let put = ["put-user-policy", "--user-name", "trigger", "--policy-name", "data", "--policy-document"];
    let key: Value = serde_json::from_str(&aws(&["create-access-key", "--user-name", "trigger"])).unwrap();
    let key = |name: &str| key["AccessKey"][name].as_str().unwrap().to_owned();
    let mut trigger = account
        .function_with(UPLOAD_TRIGGER, |command| {
            command.env("AWS_ACCESS_KEY_ID", key("AccessKeyId")).env("AWS_SECRET_ACCESS_KEY", key("SecretAccessKey"));
        })
        .await;
    let refused = trigger.invoke(&events[0]).await;
    assert!(matches!(refused, crate::lambda::Answer::Error(_)), "nobody allowed anything yet: {refused:?}");
    aws(&[&put[..], &[&everywhere]].concat());
    for event in &events {
        assert_eq!(trigger.response(event).await, json!({ "batchItemFailures": [] }));
    }
    let gone = [KEYS[0]];
    account.s3.delete_object().bucket(&account.originals).key(gone[0]).send().await.unwrap();
    assert_eq!(trigger.response(&account.events(&gone)[0]).await, json!({ "batchItemFailures": [] }));
    let left = account.take().await;
    assert_eq!(left.objects.keys().collect::<Vec<_>>(), ["resized-사진/a b+c.png"]);
    assert_eq!((left.items.len(), left.messages), (1, vec![KEYS[2].to_owned()]));
}
