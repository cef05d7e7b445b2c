//! What the three traits promise, as checks that panic with the broken promise.
//!
//! Every implementation passes them, remote ones too: they use nothing but the trait, keep to names of their own
//! beside whatever is there already, and remove what they wrote unless they fail.

mod listing;
mod objects;
mod records;

use std::process;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::future::join_all;

pub use records::{ledger, queue, queue_in_order};

use super::{Attributes, ObjectStore};
use crate::error::{Error, Kind, Result};

/// No body in the suite is near it.
const LIMIT_BYTES: u64 = 1 << 24;

/// All that [`ObjectStore`] promises.
///
/// # Panics
///
/// If the store breaks a promise.
pub async fn object_store(store: &dyn ObjectStore) {
    let dir = own_name();
    objects::roundtrip(store, &dir).await;
    objects::empty_body(store, &dir).await;
    objects::overwrite_replaces_everything(store, &dir).await;
    objects::missing_is_not_found(store, &dir).await;
    objects::limit_is_exact(store, &dir).await;
    objects::ranges(store, &dir).await;
    objects::delete_takes_any_number(store, &dir).await;
    objects::puts_of_one_key_never_mix(store, &dir).await;
    listing::odd_keys_are_distinct(store, &dir).await;
    listing::prefix_after_and_limit(store, &dir).await;
    listing::pages_join_to_the_whole(store, &dir).await;

    let left = ok("list", store.list(&dir, None, 1000).await);
    assert_eq!(left, Vec::<String>::new(), "every check removes its keys");
}

/// A prefix that no one else uses.
fn own_name() -> String {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    format!("conformance-{}-{}/", process::id(), since_1970.as_nanos())
}

fn ok<T>(what: &str, result: Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("{what} failed: {}", error.chain()))
}

fn refused<T>(what: &str, kind: Kind, result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("{what} must fail as {kind:?}"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{what}: {}", error.chain());
            error
        }
    }
}

fn plain() -> Attributes {
    Attributes { content_type: "image/png".into(), ..Attributes::default() }
}

/// Puts an object under each key, its own key as its body.
async fn put_all(store: &dyn ObjectStore, keys: &[String]) {
    let puts = keys.iter().map(|key| store.put(key, Bytes::from(key.clone()), plain()));
    for (key, put) in keys.iter().zip(join_all(puts).await) {
        ok(&format!("put `{key}`"), put);
    }
}
