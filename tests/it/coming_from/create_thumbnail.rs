//! `CreateThumbnail`: the same keys and sizes, and the right type.

use super::{Account, Page};
use crate::lambda::torn;
use crate::pictures;

#[tokio::test]
async fn the_same_is_left_as_by_the_old_code() {
    let page = Page::read("create-thumbnail.md");
    let account = Account::of(&page, &[]).await;
    let keys = ["beach.jpg", "a b/sea.png", "tiny.jpg", "torn.jpg"];
    let bodies = [pictures::jpeg(300, 200), pictures::png(150, 220), pictures::jpeg(40, 30), torn()];
    for (key, body) in keys.iter().zip(bodies) {
        account.upload(key, body).await;
    }
    let events = account.events(&keys);
    account.run_old(&page, &events);
    let old = account.take().await;
    let sizes = |left: &super::Left| -> Vec<_> {
        left.objects.iter().map(|(key, (_, format, width, height))| (key.clone(), *format, *width, *height)).collect()
    };
    let expected = [
        ("thumbnail-a b/sea.png", "png", 87, 128),
        ("thumbnail-beach.jpg", "jpeg", 128, 85),
        ("thumbnail-tiny.jpg", "jpeg", 40, 30),
    ];
    assert_eq!(sizes(&old), expected.map(|(key, format, width, height)| (key.to_owned(), format, width, height)));
    assert!(old.objects.values().all(|object| object.0 == "image/jpeg"), "as the page says: {old:?}");
    assert_eq!((old.messages.len(), old.items.len()), (0, 0), "what failed is lost");

    account.run_ours(&events).await;
    let ours = account.take().await;
    assert_eq!(sizes(&ours), sizes(&old));
    let types: Vec<_> = ours.objects.values().map(|object| &*object.0).collect();
    assert_eq!(types, ["image/png", "image/jpeg", "image/jpeg"]);
    assert_eq!((ours.messages, ours.items.len()), (vec!["torn.jpg".to_owned()], 3));
}

/// Several records in one event, of which the old code saw the first.
#[tokio::test]
async fn every_record_of_an_event_counts() {
    let page = Page::read("create-thumbnail.md");
    let account = Account::of(&page, &[]).await;
    let keys = ["one.jpg", "two.jpg"];
    for key in keys {
        account.upload(key, pictures::jpeg(200, 100)).await;
    }
    let mut events = account.events(&keys);
    let second = events.remove(1)["Records"][0].take();
    events[0]["Records"].as_array_mut().unwrap().push(second);
    account.run_old(&page, &events);
    assert_eq!(account.take().await.objects.len(), 1);
    account.run_ours(&events).await;
    assert_eq!(
        account.take().await.objects.into_keys().collect::<Vec<_>>(),
        ["thumbnail-one.jpg", "thumbnail-two.jpg"]
    );
}
