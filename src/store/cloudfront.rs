//! A CloudFront distribution, told of what is outdated; the only file that knows its SDK.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_config::SdkConfig;
use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::config::Builder;
use aws_sdk_cloudfront::operation::create_invalidation::CreateInvalidationError;
use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};

use super::aws::{Asked, Site, failed};
use super::checks::now_ms;
use crate::config::Invalidate;
use crate::error::{Error, Kind, Result};
use crate::key::{self, SourceKey, invalidated_by_prefix};

/// What caches answers near viewers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Distribution {
    client: Client,
    id: String,
    by: Invalidate,
    told: Arc<AtomicU64>,
}

impl Distribution {
    pub(super) fn new(sdk: &SdkConfig, site: Site, by: Invalidate) -> Self {
        let mut config = Builder::from(sdk).region(site.region);
        if let Some(endpoint) = &site.endpoint {
            config = config.endpoint_url(endpoint);
        }
        Self { client: Client::from_conf(config.build()), id: site.name, by, told: Arc::default() }
    }

    /// Has it ask again for an original and whatever is made of it, thumbnails of these prefixes included. `Ok` means that it was
    /// told; it takes seconds until every edge location knows.
    pub async fn invalidate(&self, source: &SourceKey, thumbnails: impl Iterator<Item = &str>) -> Result<()> {
        let paths = match self.by {
            Invalidate::Tags => source.invalidated_by_tag(),
            Invalidate::Paths => source.invalidated_by_paths(thumbnails),
        };
        self.tell(paths, source.as_str()).await
    }

    /// The same of all originals whose keys begin with this: a path, and one for each of these prefixes of thumbnails.
    pub async fn invalidate_prefix(&self, prefix: &str, thumbnails: impl Iterator<Item = &str>) -> Result<()> {
        self.tell(invalidated_by_prefix(prefix, thumbnails), &format!("{prefix}*")).await
    }

    async fn tell(&self, paths: Vec<String>, about: &str) -> Result<()> {
        let reference = self.reference(&paths);
        let count = i32::try_from(paths.len()).unwrap_or(i32::MAX);
        let paths = Paths::builder().quantity(count).set_items(Some(paths)).build().map_err(bug)?;
        let batch = InvalidationBatch::builder().paths(paths).caller_reference(reference);
        let request = self.client.create_invalidation().distribution_id(&self.id);
        let sent = request.invalidation_batch(batch.build().map_err(bug)?).send().await;
        sent.map(drop).map_err(|error| {
            let words = format!("CreateInvalidation of {} for {about}", self.id);
            let service_error = error.as_service_error();
            let is_too_many = service_error.is_some_and(CreateInvalidationError::is_too_many_invalidations_in_progress);
            let asked = Asked::refused(&words, error);
            let hint = match self.by {
                Invalidate::Tags => ": it has as many under way as it takes",
                Invalidate::Paths => {
                    ": it has as many under way as it takes (PIXFRONT_INVALIDATE=tags has fewer wildcards)"
                }
            };
            failed("the distribution could not be told", if is_too_many { asked.with(hint) } else { asked })
        })
    }

    /// A new one for each invalidation: CloudFront takes one that it has seen for the same request again.
    fn reference(&self, paths: &[String]) -> String {
        let (count, paths) = (self.told.fetch_add(1, Ordering::Relaxed), key::etag(paths.concat().as_bytes()));
        format!("pixfront-{paths}-{}-{}-{count}", std::process::id(), now_ms())
    }
}

fn bug(cause: aws_sdk_cloudfront::error::BuildError) -> Error {
    Error::with_source(Kind::Bug, "an invalidation could not be written", cause)
}
