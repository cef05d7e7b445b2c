//! A bucket of S3, the only file that knows its SDK.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, Config};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{Delete, EncodingType, ObjectIdentifier};
use bytes::{Bytes, BytesMut};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;

use super::aws::{Asked, Site, failed, is_xml};
use super::checks::{check_limit, not_found};
use super::{Attributes, Head, Object, ObjectStore};
use crate::error::{Error, Kind, Result};

/// The longest key that S3 takes, in bytes.
const KEY_BYTES_MAX: usize = 1024;
/// The most keys that one call lists or deletes.
const KEYS_MAX: usize = 1000;

/// A bucket; each is asked where it is.
#[derive(Debug)]
pub(super) struct S3Bucket {
    client: Client,
    site: Site,
}

impl S3Bucket {
    pub(super) fn new(sdk: &SdkConfig, site: Site) -> Self {
        let mut config = Builder::from(sdk).region(site.region.clone());
        if let Some(endpoint) = &site.endpoint {
            config = config.endpoint_url(endpoint);
        }
        if site.endpoint.is_some() || sdk.endpoint_url().is_some() {
            // Who stands in for AWS seldom has a host name for each bucket.
            config = config.force_path_style(true);
        }
        Self { client: Client::from_conf(config.build()), site }
    }
}

#[async_trait]
impl ObjectStore for S3Bucket {
    async fn get(&self, key: &str, limit_bytes: u64) -> Result<Object> {
        check_key(key)?;
        let request = self.client.get_object().bucket(&self.site.name).key(key);
        let answer = request.send().await.map_err(|error| self.refused("GetObject", Aim::Read(key), error))?;
        let stated = answer.content_length.and_then(|bytes| u64::try_from(bytes).ok());
        // The headers say it before a byte of the body is read; returning drops the connection with the rest of it.
        check_limit(key, stated.unwrap_or(0), limit_bytes)?;
        let body = self.read(key, answer.body, stated.unwrap_or(limit_bytes), limit_bytes).await?;
        let head = Head {
            etag: unquoted(answer.e_tag),
            bytes: body.len() as u64,
            modified_ms: milliseconds(answer.last_modified),
            attributes: attributes(answer.content_type, answer.cache_control, answer.metadata),
        };
        Ok(Object { head, body })
    }

    async fn get_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes> {
        check_key(key)?;
        let outside = || Error::new(Kind::Bug, format!("bytes {range:?} of `{key}` were asked for, which has fewer"));
        let Some(last) = range.end.checked_sub(1).filter(|last| *last >= range.start) else { return Err(outside()) };
        let request = self.client.get_object().bucket(&self.site.name).key(key);
        let request = request.if_match(format!("\"{etag}\"")).range(format!("bytes={}-{last}", range.start));
        let answer = request.send().await.map_err(|error| self.refused("GetObject", Aim::Part(key), error))?;
        let length = range.end - range.start;
        let body = self.read(key, answer.body, length, length).await?;
        // S3 cuts a range off where the object ends.
        if (body.len() as u64) < length { Err(outside()) } else { Ok(body) }
    }

    async fn head(&self, key: &str) -> Result<Head> {
        check_key(key)?;
        let request = self.client.head_object().bucket(&self.site.name).key(key);
        let answer = request.send().await.map_err(|error| self.refused("HeadObject", Aim::Read(key), error))?;
        Ok(Head {
            etag: unquoted(answer.e_tag),
            bytes: answer.content_length.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0),
            modified_ms: milliseconds(answer.last_modified),
            attributes: attributes(answer.content_type, answer.cache_control, answer.metadata),
        })
    }

    async fn put(&self, key: &str, body: Bytes, attributes: Attributes) -> Result<String> {
        check_key(key)?;
        check_metadata(&attributes)?;
        let timeouts = self.site.terms.timeouts(body.len() as u64);
        let request = self.client.put_object().bucket(&self.site.name).key(key).body(ByteStream::from(body));
        let answer = request
            .set_content_type(Some(attributes.content_type).filter(|media_type| !media_type.is_empty()))
            .set_cache_control(attributes.cache_control)
            .set_metadata(Some(attributes.metadata.into_iter().collect()))
            .customize()
            .config_override(Config::builder().timeout_config(timeouts))
            .send()
            .await
            .map_err(|error| self.refused("PutObject", Aim::Change, error))?;
        Ok(unquoted(answer.e_tag))
    }

    async fn delete(&self, keys: &[String]) -> Result<()> {
        // What XML can't carry goes in a URL, one at a time; no key of ours is like that.
        let (listable, odd): (Vec<_>, Vec<_>) =
            keys.iter().partition(|key| key.chars().all(|c| is_xml(c) && !c.is_control()));
        for chunk in listable.chunks(KEYS_MAX) {
            self.delete_chunk(chunk).await?;
        }
        for key in odd {
            let request = self.client.delete_object().bucket(&self.site.name).key(key);
            request.send().await.map_err(|error| self.refused("DeleteObject", Aim::Change, error))?;
        }
        Ok(())
    }

    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>> {
        let mut keys = Vec::new();
        let mut token = None;
        // S3 may end a page early, which means nothing; ours may not.
        while keys.len() < limit {
            let wanted = KEYS_MAX.min(limit - keys.len());
            let request = self.client.list_objects_v2().bucket(&self.site.name).prefix(prefix);
            let page = request
                .set_start_after(after.filter(|after| !after.is_empty()).map(str::to_owned))
                .set_continuation_token(token)
                .max_keys(i32::try_from(wanted).unwrap_or(i32::MAX))
                // Or one key that XML can't carry would make the whole page unreadable.
                .encoding_type(EncodingType::Url)
                .send()
                .await
                .map_err(|error| self.refused("ListObjectsV2", Aim::Change, error))?;
            keys.extend(keys_of(&page)?);
            token = match (page.is_truncated, page.next_continuation_token) {
                (Some(true), None) => {
                    return Err(failed(
                        FAILED,
                        Asked::new(self.asked("ListObjectsV2"), "more keys, and no way to them"),
                    ));
                }
                (Some(true), token) => token,
                (Some(false) | None, _) => break,
            };
        }
        Ok(keys)
    }
}

impl S3Bucket {
    /// The whole body, if it is not over the limit; no more than the limit and what one read brings is ever held.
    async fn read(&self, key: &str, mut body: ByteStream, expected_bytes: u64, limit_bytes: u64) -> Result<Bytes> {
        const UNPROVEN_BYTES_MAX: u64 = 1 << 26;
        let torn = |cause: Box<dyn StdError + Send + Sync>| {
            failed("the store did not give out an object whole", Asked::new(self.asked("GetObject"), cause))
        };
        let reading = async {
            let room = expected_bytes.min(UNPROVEN_BYTES_MAX);
            let mut whole = BytesMut::with_capacity(usize::try_from(room).unwrap_or_default());
            while let Some(part) = body.next().await {
                let part = part.map_err(|cause| torn(cause.into()))?;
                check_limit(key, (whole.len() + part.len()) as u64, limit_bytes)?;
                whole.extend_from_slice(&part);
            }
            Ok(whole.freeze())
        };
        let patience: Duration = self.site.terms.of_body(expected_bytes);
        timeout(patience, reading).await.unwrap_or_else(|late| Err(torn(late.into())))
    }

    async fn delete_chunk(&self, keys: &[&String]) -> Result<()> {
        let named = |cause| Error::with_source(Kind::Bug, "a list of keys could not be made", cause);
        let keys: Result<Vec<_>, _> = keys.iter().map(|key| ObjectIdentifier::builder().key(*key).build()).collect();
        let chunk = Delete::builder().set_objects(Some(keys.map_err(named)?)).quiet(true).build().map_err(named)?;
        let request = self.client.delete_objects().bucket(&self.site.name).delete(chunk);
        let answer = request.send().await.map_err(|error| self.refused("DeleteObjects", Aim::Change, error))?;
        match answer.errors() {
            [] => Ok(()),
            [first, ..] => {
                let (count, code) = (answer.errors().len(), first.code().unwrap_or_default());
                let words = format!("{count} keys were kept, the first one for {code}");
                Err(failed("the store could not delete an object", Asked::new(self.asked("DeleteObjects"), words)))
            }
        }
    }

    /// What S3's refusal means here, in the one place that says so. Throttling, failures of S3 and silence have been tried again
    /// already, and are the store's fault like whatever is not ours to foresee; so is a request that could not be built or sent.
    fn refused<E>(&self, operation: &str, aim: Aim<'_>, error: SdkError<E>) -> Error
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        // The answer to HEAD has no body, and so no code.
        let code = error.code().unwrap_or_default();
        let (kind, words, hint) = match (status, code, aim) {
            (404, "NoSuchBucket", _) => (Kind::Upstream, FAILED.to_owned(), ""),
            (404, _, Aim::Read(key) | Aim::Part(key)) => return not_found(key),
            (403, "" | "AccessDenied" | "AllAccessDisabled", Aim::Read(key) | Aim::Part(key)) => {
                (Kind::Forbidden, format!("`{key}` is not given out by its bucket"), OR_MISSING)
            }
            (403, "InvalidObjectState", Aim::Read(key) | Aim::Part(key)) => {
                (Kind::Forbidden, format!("`{key}` is in an archive"), "")
            }
            (412, _, Aim::Part(key)) => (Kind::Upstream, format!("`{key}` changed while it was read"), ""),
            (416, _, Aim::Part(key)) => {
                (Kind::Bug, format!("a part of `{key}` was asked for that it does not have"), "")
            }
            (_, _, Aim::Read(_) | Aim::Part(_) | Aim::Change) => (Kind::Upstream, FAILED.to_owned(), ""),
        };
        Error::with_source(kind, words, Asked::refused(&self.asked(operation), error).with(hint))
    }

    fn asked(&self, operation: &str) -> String {
        format!("{operation} in {}", self.site.name)
    }
}

const FAILED: &str = "the store could not do what it was asked";
/// For the log: S3 tells only those who may list a bucket that a key is missing.
const OR_MISSING: &str = " (or the key is missing, and the role lacks s3:ListBucket, without which that is 403 too)";

/// What a request is for, on which the meaning of a refusal depends: a role that may not write is no viewer's fault.
#[derive(Clone, Copy)]
enum Aim<'a> {
    /// An object, or its head.
    Read(&'a str),
    /// A part of an object that is known.
    Part(&'a str),
    /// Writing, or listing.
    Change,
}

fn check_key(key: &str) -> Result<()> {
    let bytes = key.len();
    if bytes == 0 || bytes > KEY_BYTES_MAX {
        return Err(Error::invalid(format!("`{key}` has {bytes} bytes; a key has 1 to {KEY_BYTES_MAX}")));
    }
    Ok(())
}

/// Metadata are headers, so that S3 would encode what is not ASCII, or refuse it.
fn check_metadata(attributes: &Attributes) -> Result<()> {
    let is_text = |text: &str| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    match attributes.metadata.iter().find(|(name, value)| !is_text(name) || !is_text(value)) {
        Some((name, value)) => Err(Error::new(Kind::Bug, format!("metadata must be ASCII, and {name} is {value:?}"))),
        None => Ok(()),
    }
}

fn keys_of(page: &ListObjectsV2Output) -> Result<Vec<String>> {
    let is_encoded = page.encoding_type() == Some(&EncodingType::Url);
    let keys = page.contents().iter().filter_map(|object| object.key());
    let decoded = keys.map(|key| if is_encoded { form_decoded(key) } else { Ok(key.to_owned()) });
    decoded.collect()
}

/// Like a form's value: a space is a plus.
fn form_decoded(key: &str) -> Result<String> {
    let spaced = key.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(cause) => Err(Error::with_source(Kind::Upstream, "the store listed a key that is no text", cause)),
    }
}

/// The etag as the traits have it. That of a multipart upload ends in `-2` or so and is no MD5, nor is one under a KMS key:
/// both pass as they are, since all that is done with an original's etag is to compare it.
fn unquoted(etag: Option<String>) -> String {
    etag.unwrap_or_default().trim_matches('"').to_owned()
}

fn attributes(
    content_type: Option<String>,
    cache_control: Option<String>,
    metadata: Option<HashMap<String, String>>,
) -> Attributes {
    let metadata = metadata.unwrap_or_default().into_iter().collect();
    Attributes { content_type: content_type.unwrap_or_default(), cache_control, metadata }
}

fn milliseconds(time: Option<DateTime>) -> u64 {
    time.and_then(|time| time.to_millis().ok()).and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0)
}
