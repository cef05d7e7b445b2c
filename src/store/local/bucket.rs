//! The objects of one bucket, as files.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::file::{self, Header, Opened};
use super::{Shared, failed};
use crate::error::Result;
use crate::key;
use crate::store::checks::{blocking, check_limit, check_range, not_found, now_ms};
use crate::store::{Attributes, Head, Object, ObjectStore};

/// So many keys share one hold of the write lock: a slow disk takes milliseconds for each, and others want to put.
const DELETE_CHUNK: usize = 50;

/// A bucket of a [`LocalStore`](super::LocalStore).
#[derive(Clone, Debug)]
pub struct LocalBucket {
    shared: Arc<Shared>,
    name: Arc<str>,
}

#[async_trait]
impl ObjectStore for LocalBucket {
    async fn get(&self, key: &str, limit_bytes: u64) -> Result<Object> {
        self.run(key, move |bucket, key| {
            let opened = bucket.open(key)?;
            let head = opened.header.head.clone();
            check_limit(key, head.bytes, limit_bytes)?;
            Ok(Object { head, body: opened.body()? })
        })
        .await
    }

    async fn get_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes> {
        let etag = etag.to_owned();
        self.run(key, move |bucket, key| {
            let opened = bucket.open(key)?;
            let range = check_range(key, &opened.header.head, &etag, range)?;
            opened.range(range)
        })
        .await
    }

    async fn head(&self, key: &str) -> Result<Head> {
        self.run(key, |bucket, key| Ok(bucket.open(key)?.header.head)).await
    }

    async fn put(&self, key: &str, body: Bytes, attributes: Attributes) -> Result<String> {
        self.run(key, move |bucket, key| bucket.put_now(key, &body, attributes)).await
    }

    async fn delete(&self, keys: &[String]) -> Result<()> {
        let (bucket, keys) = (self.clone(), keys.to_vec());
        blocking(move || keys.chunks(DELETE_CHUNK).try_for_each(|chunk| bucket.delete_now(chunk))).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>> {
        // The successor of a key, byte for byte, is the key and a NUL.
        let after = after.map(|after| format!("{after}\0")).unwrap_or_default();
        self.run(prefix, move |bucket, prefix| bucket.list_now(prefix, after, limit)).await
    }
}

impl LocalBucket {
    pub(super) fn new(shared: Arc<Shared>, name: &str) -> Self {
        Self { shared, name: name.into() }
    }

    async fn run<T: Send + 'static>(
        &self,
        key: &str,
        work: impl FnOnce(&Self, &str) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (bucket, key) = (self.clone(), key.to_owned());
        blocking(move || work(&bucket, &key)).await
    }

    fn put_now(&self, key: &str, body: &[u8], attributes: Attributes) -> Result<String> {
        let etag = key::etag(body);
        let head = Head { etag: etag.clone(), bytes: body.len() as u64, modified_ms: now_ms(), attributes };
        let header = Header { bucket: self.name.to_string(), key: key.to_owned(), head };
        let written = file::write(&self.shared.layout.tmp(), &header, body)?;

        let path = self.path(key);
        let renamed = self.shared.index.change(|index| {
            index.add(&self.name, key)?;
            path.parent().map_or(Ok(()), fs::create_dir_all).map_err(|cause| unchanged(&path, &cause))?;
            written.persist(&path).map_err(|cause| unchanged(&path, &cause.error))
        });
        renamed.map(|_file| etag)
    }

    fn delete_now(&self, keys: &[String]) -> Result<()> {
        self.shared.index.change(|index| {
            for key in keys {
                let path = self.path(key);
                match fs::remove_file(&path) {
                    Ok(()) => {}
                    Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                    Err(cause) => return Err(unchanged(&path, &cause)),
                }
            }
            index.remove(&self.name, keys)
        })
    }

    fn list_now(&self, prefix: &str, after: String, limit: usize) -> Result<Vec<String>> {
        let mut from = after.max(prefix.to_owned());
        let mut found = Vec::new();
        while found.len() < limit {
            let page = self.shared.index.page(&self.name, prefix, &from, limit - found.len())?;
            let Some(last) = page.last() else { break };
            from = format!("{last}\0");
            let (there, gone): (Vec<_>, Vec<_>) = page.into_iter().partition(|key| self.is_there(key));
            found.extend(there);
            if !gone.is_empty() {
                self.clean(gone);
            }
        }
        Ok(found)
    }

    /// Removes rows without a file: what a crash left, unless a put that was under way has renamed its file by now.
    fn clean(&self, mut keys: Vec<String>) {
        let cleaned = self.shared.index.change(|index| {
            keys.retain(|key| !self.is_there(key));
            index.remove(&self.name, &keys)
        });
        if let Err(error) = cleaned {
            // The rows do no harm: every list leaves them out.
            tracing::warn!(error = error.chain(), "rows without a file could not be removed");
        }
    }

    /// A doubt counts as yes: only what is certainly missing may lose its row.
    fn is_there(&self, key: &str) -> bool {
        self.path(key).try_exists().unwrap_or(true)
    }

    fn open(&self, key: &str) -> Result<Opened> {
        let opened = Opened::open(self.path(key))?.ok_or_else(|| not_found(key))?;
        if opened.header.key != key || *opened.header.bucket != *self.name {
            let problem = format!("it holds `{}` of the bucket `{}`", opened.header.key, opened.header.bucket);
            return Err(opened.torn(&problem));
        }
        Ok(opened)
    }

    /// A hash has one length and one case, and no key is the directory of another. Its first byte spreads the files.
    fn path(&self, key: &str) -> PathBuf {
        let hash = base16ct::lower::encode_string(&Sha256::digest(key));
        let mut path = self.shared.layout.objects();
        path.extend([&*self.name, &hash[..2], &hash]);
        path
    }
}

fn unchanged(path: &Path, cause: &io::Error) -> crate::error::Error {
    failed("could not change an object", path, cause)
}
