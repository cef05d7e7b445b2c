//! One object at a time.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::future::{join, join_all};

use super::{LIMIT_BYTES, ok, plain, put_all, refused};
use crate::error::Kind;
use crate::store::{Attributes, ObjectStore};

/// The MD5 of `body`, known from elsewhere.
const BODY: &[u8] = b"The quick brown fox jumps over the lazy dog";
const BODY_MD5: &str = "9e107d9d372bb6826bd81d3542a419d6";
const EMPTY_MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

/// What is put comes back: bytes, etag (the MD5), length, and every attribute; `head` says the same as `get`.
pub(super) async fn roundtrip(store: &dyn ObjectStore, dir: &str) {
    let key = format!("{dir}roundtrip.webp");
    let metadata = [("source-etag", "0123456789abcdef"), ("cache-tag", "a b;c=d"), ("epoch", "1")];
    let attributes = Attributes {
        content_type: "image/webp".into(),
        cache_control: Some("public, max-age=86400, s-maxage=31536000".into()),
        metadata: metadata.map(|(name, value)| (name.into(), value.into())).into(),
    };
    let etag = ok("put", store.put(&key, Bytes::from_static(BODY), attributes.clone()).await);
    let object = ok("get", store.get(&key, LIMIT_BYTES).await);

    assert_eq!(etag, BODY_MD5, "put returns the MD5 of the body, without quotes");
    assert_eq!(object.body, BODY, "the body comes back");
    assert_eq!(object.head.etag, BODY_MD5, "the etag of get is that of put");
    assert_eq!(object.head.bytes, BODY.len() as u64, "the length is the body's");
    assert_eq!(object.head.attributes, attributes, "the attributes come back");
    assert!(object.head.modified_ms > 1_700_000_000_000, "modified_ms is milliseconds since 1970");
    assert_eq!(ok("head", store.head(&key).await), object.head, "head says what get says");
    ok("delete", store.delete(&[key]).await);
}

/// An object may be empty, and then fits into a limit of nothing.
pub(super) async fn empty_body(store: &dyn ObjectStore, dir: &str) {
    let key = format!("{dir}empty");
    assert_eq!(ok("put of an empty body", store.put(&key, Bytes::new(), plain()).await), EMPTY_MD5);
    let object = ok("get of an empty body", store.get(&key, 0).await);
    assert!(object.body.is_empty() && object.head.bytes == 0, "an empty body comes back empty");
    ok("delete", store.delete(&[key]).await);
}

/// Nothing of the old object shines through the new one.
pub(super) async fn overwrite_replaces_everything(store: &dyn ObjectStore, dir: &str) {
    let key = format!("{dir}overwritten");
    let old = Attributes {
        content_type: "image/jpeg".into(),
        cache_control: Some("public, max-age=5".into()),
        metadata: BTreeMap::from([("old".into(), "yes".into())]),
    };
    let old_etag = ok("put", store.put(&key, Bytes::from_static(b"an older and longer body"), old).await);
    let etag = ok("overwriting put", store.put(&key, Bytes::from_static(b"new"), plain()).await);
    let object = ok("get", store.get(&key, LIMIT_BYTES).await);

    assert_eq!(object.body, "new", "the new body replaces the old one");
    assert_eq!((object.head.etag.as_str(), object.head.bytes), (etag.as_str(), 3), "so do etag and length");
    assert_eq!(object.head.attributes, plain(), "attributes are replaced, not merged");
    refused("get_range with the old etag", Kind::Upstream, store.get_range(&key, &old_etag, 0..3).await);
    ok("delete", store.delete(&[key]).await);
}

/// A key without an object, or whose object was deleted, is `NotFound`, however it is asked for.
pub(super) async fn missing_is_not_found(store: &dyn ObjectStore, dir: &str) {
    let deleted = format!("{dir}deleted");
    put_all(store, std::slice::from_ref(&deleted)).await;
    ok("delete", store.delete(std::slice::from_ref(&deleted)).await);
    for key in [deleted, format!("{dir}never")] {
        refused("get of a missing key", Kind::NotFound, store.get(&key, LIMIT_BYTES).await);
        refused("head of a missing key", Kind::NotFound, store.head(&key).await);
        refused("get_range of a missing key", Kind::NotFound, store.get_range(&key, BODY_MD5, 0..1).await);
    }
}

/// An object as long as the limit is read; one byte less and it is `TooLarge`, with both numbers in the sentence.
pub(super) async fn limit_is_exact(store: &dyn ObjectStore, dir: &str) {
    let key = format!("{dir}limited");
    ok("put", store.put(&key, Bytes::from(vec![7; 12_345]), plain()).await);
    let object = ok("get with the very length as its limit", store.get(&key, 12_345).await);
    assert_eq!(object.body.len(), 12_345, "the whole body is there");
    let error = refused("get with a limit one less", Kind::TooLarge, store.get(&key, 12_344).await);
    for number in ["12345", "12344"] {
        assert!(error.context().contains(number), "`{}` must name {number}", error.context());
    }
    ok("delete", store.delete(&[key]).await);
}

/// Ranges are half open, and bound to an etag.
pub(super) async fn ranges(store: &dyn ObjectStore, dir: &str) {
    let key = format!("{dir}ranges");
    let body: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let etag = ok("put", store.put(&key, body.clone().into(), plain()).await);
    for (start, end) in [(0, 1), (0, 70_000), (69_999, 70_000), (1, 2), (300, 65_900)] {
        let part = store.get_range(&key, &etag, start as u64..end as u64).await;
        let part = ok(&format!("get_range {start}..{end}"), part);
        assert_eq!(part, body[start..end], "bytes {start}..{end} are those of the body");
    }
    refused("get_range with a wrong etag", Kind::Upstream, store.get_range(&key, BODY_MD5, 0..1).await);
    ok("delete", store.delete(&[key]).await);
}

/// Deleting takes more keys than S3 does in one call, missing ones among them, and spares all others.
pub(super) async fn delete_takes_any_number(store: &dyn ObjectStore, dir: &str) {
    let dir = format!("{dir}many/");
    let keys: Vec<String> = (0..2_100).map(|i| format!("{dir}{i:04}")).collect();
    // One on each side of every thousand.
    let there = [0, 999, 1000, 1001, 1999, 2000, 2099].map(|i| keys[i].clone());
    let spared = format!("{dir}0000/spared");
    put_all(store, &there).await;
    put_all(store, std::slice::from_ref(&spared)).await;

    ok("delete of no keys", store.delete(&[]).await);
    ok("delete of 2100 keys", store.delete(&keys).await);
    let left = ok("list", store.list(&dir, None, 100).await);
    assert_eq!(left, [spared.as_str()], "the named keys go, their neighbour stays");
    ok("delete", store.delete(&[spared]).await);
    ok("delete of what is deleted", store.delete(&keys[..1]).await);
}

/// Of concurrent puts one wins whole, and a reader meanwhile sees one of them whole.
pub(super) async fn puts_of_one_key_never_mix(store: &dyn ObjectStore, dir: &str) {
    let key = &format!("{dir}contested");
    let put = |writer: u8| async move {
        // Lengths and bytes differ, so that a mixture shows.
        let body = vec![writer; 40_000 + 10_000 * usize::from(writer)];
        let metadata = BTreeMap::from([("writer".into(), writer.to_string())]);
        ok("concurrent put", store.put(key, body.into(), Attributes { metadata, ..plain() }).await)
    };
    let check = || async {
        let object = ok("get during puts", store.get(key, LIMIT_BYTES).await);
        let writer = object.body[0];
        let whole = object.body.len() == 40_000 + 10_000 * usize::from(writer);
        assert!(whole && object.body.iter().all(|byte| *byte == writer), "a reader saw a mixture of two puts");
        assert_eq!(object.head.bytes, object.body.len() as u64, "the head is of the same put as the body");
        assert_eq!(object.head.attributes.metadata["writer"], writer.to_string(), "so are the attributes");
        object.head.etag
    };
    put(0).await;
    let writers = join_all((0..4).map(|writer| async move {
        put(writer).await;
        put(writer).await
    }));
    let readers = join_all((0..4).map(|_| async {
        for _ in 0..4 {
            check().await;
        }
    }));
    let (etags, _) = join(writers, readers).await;
    assert!(etags.contains(&check().await), "what is left is one of the objects that were put");
    ok("delete", store.delete(std::slice::from_ref(key)).await);
}
