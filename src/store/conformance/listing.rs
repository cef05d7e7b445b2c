//! Many keys: which are the same, and in what order they stand.

use futures_util::future::join_all;

use super::{LIMIT_BYTES, ok, put_all};
use crate::store::ObjectStore;

/// Keys that some store would confuse, refuse or re-encode.
fn odd_keys(dir: &str) -> Vec<String> {
    let names = [
        "cat.jpg",
        "Cat.jpg",
        "CAT.JPG",
        "a",
        "a/b",
        "a/b/w=400,f=webp",
        "with space",
        "with+plus",
        "with%20escape",
        "100%",
        "a?b#c&d=e",
        "quote'\"`<&>",
        "back\\slash",
        "(!*~@$^[]{}|:;)",
        ".hidden",
        "caf\u{e9}",
        "cafe\u{301}",
        "猫/写真.jpg",
        "\u{ff5e}",
        "🐈‍⬛.png",
    ];
    let mut keys: Vec<String> = names.iter().map(|name| format!("{dir}odd/{name}")).collect();
    // 1000 bytes, once of one byte a character and once of four; S3 ends at 1024.
    for filler in ["x", "🐈"] {
        let mut key = format!("{dir}odd/long-");
        while key.len() + filler.len() <= 1000 {
            key.push_str(filler);
        }
        keys.push(key);
    }
    keys
}

/// Every odd key has an object of its own, and is listed as it was put.
pub(super) async fn odd_keys_are_distinct(store: &dyn ObjectStore, dir: &str) {
    let mut keys = odd_keys(dir);
    put_all(store, &keys).await;
    let objects = join_all(keys.iter().map(|key| store.get(key, LIMIT_BYTES))).await;
    for (key, object) in keys.iter().zip(objects) {
        let object = ok(&format!("get `{key}`"), object);
        assert_eq!(object.body, key.as_bytes(), "`{key}` has the body that was put there");
    }
    keys.sort_unstable();
    let listed = ok("list", store.list(&format!("{dir}odd/"), None, 1000).await);
    assert_eq!(listed, keys, "keys are listed in the order of their UTF-8 bytes");

    let gone = keys.remove(0);
    ok("delete", store.delete(std::slice::from_ref(&gone)).await);
    let listed = ok("list", store.list(&format!("{dir}odd/"), None, 1000).await);
    assert_eq!(listed, keys, "only the deleted key goes");
    ok("delete", store.delete(&keys).await);
}

/// Prefix, after, limit, and what is listed.
type Case = (&'static str, Option<&'static str>, usize, &'static [&'static str]);

/// A prefix is matched exactly and `after` is exclusive, whether or not it is a key.
pub(super) async fn prefix_after_and_limit(store: &dyn ObjectStore, dir: &str) {
    let dir = format!("{dir}list/");
    let full = |name: &&str| format!("{dir}{name}");
    let names = ["B", "a", "a%b", "a/b", "a/c", "a_b", "aXb", "b", "é", "\u{ff5e}", "🐈"];
    put_all(store, &names.iter().map(full).collect::<Vec<_>>()).await;

    let cases: [Case; 15] = [
        ("", None, 100, &["B", "a", "a%b", "a/b", "a/c", "aXb", "a_b", "b", "é", "\u{ff5e}", "🐈"]),
        ("a", None, 100, &["a", "a%b", "a/b", "a/c", "aXb", "a_b"]),
        ("a/", None, 100, &["a/b", "a/c"]),
        ("a%", None, 100, &["a%b"]),
        ("a_", None, 100, &["a_b"]),
        ("A", None, 100, &[]),
        ("a/b", None, 100, &["a/b"]),
        ("a", Some("a"), 100, &["a%b", "a/b", "a/c", "aXb", "a_b"]),
        ("a", Some("a/bb"), 100, &["a/c", "aXb", "a_b"]),
        ("a", Some("a_b"), 100, &[]),
        ("a", Some("0"), 100, &["a", "a%b", "a/b", "a/c", "aXb", "a_b"]),
        ("a", Some("b"), 100, &[]),
        ("", Some("é"), 100, &["\u{ff5e}", "🐈"]),
        ("a", None, 2, &["a", "a%b"]),
        ("a/", Some("a/b"), 1, &["a/c"]),
    ];
    for (prefix, after, limit, expected) in cases {
        let listed = store.list(&full(&prefix), after.as_ref().map(full).as_deref(), limit).await;
        let what = format!("list of `{prefix}` after {after:?}, at most {limit}");
        assert_eq!(ok(&what, listed), expected.iter().map(full).collect::<Vec<_>>(), "{what}");
    }
    ok("delete", store.delete(&names.iter().map(full).collect::<Vec<_>>()).await);
}

/// Going on after the last key of each page visits every key once; only the last page is short.
pub(super) async fn pages_join_to_the_whole(store: &dyn ObjectStore, dir: &str) {
    let dir = format!("{dir}pages/");
    let keys: Vec<String> = (0..25).map(|i| format!("{dir}{i:02}")).collect();
    put_all(store, &keys).await;
    for limit in [1, 7, 24, 25, 26] {
        let mut seen: Vec<String> = Vec::new();
        loop {
            let page = ok("list", store.list(&dir, seen.last().map(String::as_str), limit).await);
            let full = page.len() == limit;
            assert!(page.len() <= limit, "a page has at most {limit} keys");
            seen.extend(page);
            if !full {
                break;
            }
        }
        assert_eq!(seen, keys, "pages of {limit} join to the whole");
    }
    ok("delete", store.delete(&keys).await);
}
