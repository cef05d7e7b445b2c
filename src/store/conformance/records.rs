//! Rows and messages.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{ok, own_name};
use crate::store::{Ledger, Message, Queue, Received, Row};

/// How long a message may take to come, or to come back.
const PATIENCE: Duration = Duration::from_secs(20);

/// All that [`Ledger`] promises.
///
/// # Panics
///
/// If the ledger breaks a promise.
pub async fn ledger(ledger: &dyn Ledger) {
    // Twins by prefix and by case, which must not see each other's rows.
    let name = &format!("{}cat.jpg", own_name());
    let others = [format!("{name}/"), name.to_uppercase(), format!("{name} 🐈")];
    let variants = ["w=400", "resized-cat.jpg", "w=400,f=webp", "W=400", "é=🐈"];
    assert_eq!(ok("variants_of", ledger.variants_of(name).await), [], "an unknown name has no rows");
    for variant in variants {
        ok("record", ledger.record(row(name, variant)).await);
    }
    for other in &others {
        ok("record", ledger.record(row(other, "w=400")).await);
    }
    let newer = Row { bytes: 1 << 40, width: u32::MAX, render_ms: 0, ..row(name, "w=400") };
    ok("record again", ledger.record(newer.clone()).await);

    let rows = ok("variants_of", ledger.variants_of(name).await);
    let sorted =
        [row(name, "W=400"), row(name, "resized-cat.jpg"), newer, row(name, "w=400,f=webp"), row(name, "é=🐈")];
    assert_eq!(rows, sorted, "rows come back whole, replaced, of this name alone, ordered by variant");

    every_row_is_found(ledger, name).await;
    let some = ["w=400", "never", "é=🐈"].map(String::from);
    ok("forget", ledger.forget(name, &some).await);
    ok("forget again", ledger.forget(name, &some).await);
    ok("forget nothing", ledger.forget(name, &[]).await);
    let rows = ok("variants_of", ledger.variants_of(name).await);
    assert_eq!(rows, [sorted[0].clone(), sorted[1].clone(), sorted[3].clone()], "the others stay");
    ok("forget", ledger.forget(name, &variants.map(String::from)).await);
    assert_eq!(ok("variants_of", ledger.variants_of(name).await), [], "all are forgotten");

    for other in &others {
        let rows = ok("variants_of", ledger.variants_of(other).await);
        assert_eq!(rows, [row(other, "w=400")], "another name keeps its row");
        ok("forget", ledger.forget(other, &["w=400".into()]).await);
    }
}

/// By pages of any size: each row of ours once, whole, and in the same order, whatever others are there.
async fn every_row_is_found(ledger: &dyn Ledger, name: &str) {
    let mut orders = Vec::new();
    for limit in [1, 3, 1000] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = ok("rows", ledger.rows(after, limit).await);
            assert!(page.len() <= limit, "{} rows where at most {limit} were asked for", page.len());
            let is_last = page.len() < limit;
            after = page.last().map(Row::key);
            found.extend(page.into_iter().filter(|row| row.name.starts_with(name)));
            if is_last {
                break;
            }
        }
        orders.push(found);
    }
    assert!(orders.iter().all(|order| *order == orders[0]), "pages of any size join to the same rows");
    let mut names: Vec<_> = orders[0].iter().map(|row| &row.name).collect();
    names.dedup();
    let (count, distinct) = (names.len(), names.into_iter().collect::<BTreeSet<_>>().len());
    assert_eq!(count, distinct, "rows of one name stand together");
    let mut of_name: Vec<_> = orders.remove(0).into_iter().filter(|row| row.name == name).collect();
    of_name.sort_by_key(Row::key);
    assert_eq!(of_name, ok("variants_of", ledger.variants_of(name).await), "all rows of a name are among all rows");
    assert!(ok("rows", ledger.rows(None, 0).await).is_empty(), "a limit of nothing finds nothing");
}

/// All that [`Queue`] promises to a receiver; messages of others are left where they are.
///
/// # Panics
///
/// If the queue breaks a promise.
pub async fn queue(queue: &dyn Queue) {
    let dir = own_name();
    let attributes: BTreeMap<_, _> = (0..10).map(|i| (format!("name-{i}"), format!("value {i}: ä🐈\"\\"))).collect();
    let sent = Message { body: format!("{dir}写真/cat 1+%.jpg 🐈"), attributes };
    let bare = Message { body: format!("{dir}bare"), attributes: BTreeMap::new() };
    ok("delete of an unknown receipt", queue.delete("unknown").await);
    ok("send", queue.send(sent.clone()).await);

    let first = receive_of(queue, &sent, 1).await;
    assert_eq!(first.message, sent, "body and attributes come back");
    // It comes back after its second, under a new receipt.
    let second = receive_of(queue, &sent, 1).await;
    assert_ne!(second.receipt, first.receipt, "each receipt is for one delivery");
    ok("delete by a stale receipt", queue.delete(&first.receipt).await);
    let hidden = receive_of(queue, &sent, 300).await;
    ok("release of an unknown receipt", queue.release("unknown").await);
    ok("release by a stale receipt", queue.release(&second.receipt).await);
    ok("release", queue.release(&hidden.receipt).await);
    // At once, and not after its five minutes.
    let third = receive_of(queue, &sent, 5).await;
    ok("delete", queue.delete(&third.receipt).await);
    ok("delete again", queue.delete(&third.receipt).await);

    ok("send", queue.send(bare.clone()).await);
    let received = receive_of(queue, &bare, 5).await;
    assert_eq!(received.message, bare, "attributes may be missing");
    let until = Instant::now() + Duration::from_millis(1500);
    while Instant::now() < until {
        for seen in ok("receive", queue.receive(10, 1).await) {
            assert_ne!(seen.message, bare, "a received message is hidden");
            assert_ne!(seen.message, sent, "a deleted message stays away");
        }
        sleep(Duration::from_millis(100)).await;
    }
    ok("delete", queue.delete(&received.receipt).await);
}

/// What a queue of our own promises besides, and SQS can't: strict order, and [`Queue::peek`] at hidden messages.
/// The queue must be empty.
///
/// # Panics
///
/// If the queue breaks a promise.
pub async fn queue_in_order(queue: &dyn Queue) {
    let dir = own_name();
    let messages = ["e", "a", "d", "b", "c"].map(|name| Message { body: format!("{dir}{name}"), ..Message::default() });
    for message in messages.clone() {
        ok("send", queue.send(message).await);
    }
    assert_eq!(ok("peek", queue.peek(3).await), messages[..3], "peek shows the oldest first, up to its limit");
    assert!(ok("receive", queue.receive(0, 30).await).is_empty(), "a limit of nothing receives nothing");
    let first = ok("receive", queue.receive(2, 30).await);
    let rest = ok("receive", queue.receive(10, 30).await);
    assert_eq!(bodies(&first), messages[..2], "the oldest are received first, up to the limit");
    assert_eq!(bodies(&rest), messages[2..], "then the others, peeked at or not");
    assert!(ok("receive", queue.receive(10, 30).await).is_empty(), "all are hidden now");
    assert_eq!(ok("peek", queue.peek(100).await), messages, "peek sees hidden messages");

    ok("delete", queue.delete(&rest[1].receipt).await);
    let left = [&messages[..3], &messages[4..]].concat();
    assert_eq!(ok("peek", queue.peek(100).await), left, "a deleted message is gone");
    for received in first.iter().chain(&rest) {
        ok("delete", queue.delete(&received.receipt).await);
    }
    assert_eq!(ok("peek", queue.peek(100).await), [], "all are gone");

    ok("send", queue.send(messages[0].clone()).await);
    let shown = ok("receive", queue.receive(1, 0).await);
    let again = ok("receive", queue.receive(1, 30).await);
    assert_eq!(bodies(&shown), bodies(&again), "with no visibility time the message stays visible");
    ok("delete", queue.delete(&again[0].receipt).await);
}

/// Asks until this very message comes.
async fn receive_of(queue: &dyn Queue, wanted: &Message, visibility_s: u32) -> Received {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let received = ok("receive", queue.receive(10, visibility_s).await);
        if let Some(found) = received.into_iter().find(|received| received.message.body == wanted.body) {
            return found;
        }
        assert!(Instant::now() < deadline, "`{}` did not come within {PATIENCE:?}", wanted.body);
        sleep(Duration::from_millis(20)).await;
    }
}

fn bodies(received: &[Received]) -> Vec<Message> {
    received.iter().map(|received| received.message.clone()).collect()
}

fn row(name: &str, variant: &str) -> Row {
    Row {
        name: name.into(),
        variant: variant.into(),
        bytes: 12_345,
        width: 400,
        height: 300,
        format: "webp".into(),
        source_etag: "9e107d9d372bb6826bd81d3542a419d6".into(),
        render_ms: 7,
        time_ms: 1_700_000_000_000,
    }
}
