//! The backends at AWS, opened together: what `Config` calls places becomes clients.
//!
//! Each service's SDK is known to one file alone: S3 to `s3.rs`, DynamoDB to `dynamodb.rs`, SQS to `sqs.rs`, CloudFront to `cloudfront.rs`,
//! Lambda to `lambda.rs`. What the client of
//! a picture may read names no bucket, table, queue or URL; the log's part of an error does.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use super::Stores;
use super::cloudfront::Distribution;
use super::dynamodb::{DynamoLedger, Rows};
use super::s3::S3Bucket;
use super::sqs::SqsQueue;
use crate::config::{Config, Place};
use crate::error::{Error, Kind, Result};

/// How long AWS is waited for, and how often it is asked.
#[derive(Clone, Debug)]
pub struct Terms {
    /// For a connection. Within a region it takes milliseconds, so whoever waits longer waits for a host that is not there.
    pub connect: Duration,
    /// For one attempt, until the answer begins; small answers must have come whole. A body may take [`Terms::of_body`] besides.
    pub attempt: Duration,
    /// Attempts in all. A frozen function wakes to connections that have died meanwhile, and S3 says 503 in the ordinary course
    /// of things: one more attempt mends either, and the third is for both at once.
    pub attempts: u32,
    /// The longest first pause between two attempts, which doubles. The SDK's own second would be most of a viewer's patience.
    pub pause: Duration,
}

impl Default for Terms {
    /// Three attempts that time out come to about nine seconds, just under the default deadline of a request.
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(1500),
            attempt: Duration::from_secs(3),
            attempts: 3,
            pause: Duration::from_millis(100),
        }
    }
}

impl Terms {
    /// What a body of this length may take on the slowest line that uploads are taken from, 2 Mbit/s. The SDK's own stalled
    /// stream protection stays on: it ends what stands still for five seconds.
    pub fn of_body(&self, bytes: u64) -> Duration {
        const BYTES_PER_SECOND: u64 = 1 << 18;
        self.attempt.saturating_add(Duration::from_secs(bytes / BYTES_PER_SECOND))
    }

    /// The timeouts of a request with a body of this length.
    pub(super) fn timeouts(&self, body_bytes: u64) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect)
            .operation_attempt_timeout(self.of_body(body_bytes))
            .build()
    }

    fn retries(&self) -> RetryConfig {
        RetryConfig::standard().with_max_attempts(self.attempts).with_initial_backoff(self.pause)
    }
}

/// One bucket, table or queue at AWS.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) name: String,
    pub(super) region: Region,
    pub(super) endpoint: Option<String>,
    pub(super) terms: Terms,
}

/// Opens the stores that the configuration names, with the credentials that the SDK finds: a function's role, the environment
/// or the profile. Nothing is asked of AWS yet but, where nothing says them, credentials and region.
pub async fn open(config: &Config) -> Result<Stores> {
    open_with(loader(), &Terms::default(), config).await
}

/// A loader of the SDK's settings with the behaviour that this code was written for: the newest would change under it.
pub fn loader() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
}

/// The same with other credentials, or on other terms.
pub async fn open_with(loader: ConfigLoader, terms: &Terms, config: &Config) -> Result<Stores> {
    let names = Names::of(config)?;
    let sdk = loader.timeout_config(terms.timeouts(0)).retry_config(terms.retries()).load().await;
    let site = |name: &str, place: &Place, thing: &str| site(name, place, thing, &sdk, terms);
    Ok(Stores {
        originals: Arc::new(S3Bucket::new(&sdk, site(names.originals, &config.originals, "ORIGINALS")?)),
        variants: Arc::new(S3Bucket::new(&sdk, site(names.variants, &config.variants, "VARIANTS")?)),
        ledger: Arc::new(DynamoLedger::new(&sdk, site(names.table, &config.table, "TABLE")?, Rows::of(config))),
        failures: Arc::new(SqsQueue::new(&sdk, site(names.queue, &config.queue, "QUEUE")?)),
        // The bucket's own notification is delivered until it is taken, also that of an upload whose `serve` dies in the middle.
        journal: None,
        distribution: distribution(&sdk, config, terms),
    })
}

/// The names of all four, which have no defaults.
struct Names<'a> {
    originals: &'a str,
    variants: &'a str,
    table: &'a str,
    queue: &'a str,
}

impl<'a> Names<'a> {
    fn of(config: &'a Config) -> Result<Self> {
        let mut missing = Vec::new();
        let mut name = |place: &'a Place, setting| {
            place.name.as_deref().unwrap_or_else(|| {
                missing.push(setting);
                ""
            })
        };
        let names = Self {
            originals: name(&config.originals, "PIXFRONT_ORIGINALS_BUCKET"),
            variants: name(&config.variants, "PIXFRONT_VARIANTS_BUCKET"),
            table: name(&config.table, "PIXFRONT_TABLE"),
            queue: name(&config.queue, "PIXFRONT_QUEUE_URL"),
        };
        if !missing.is_empty() {
            return Err(Error::invalid(format!("not set, and needed for the stores at AWS: {}", missing.join(", "))));
        }
        config.check()?;
        Ok(names)
    }
}

fn site(name: &str, place: &Place, thing: &str, sdk: &SdkConfig, terms: &Terms) -> Result<Site> {
    let Some(region) = place.region.clone().map(Region::new).or_else(|| sdk.region().cloned()) else {
        return Err(Error::invalid(format!("no region is set: AWS_REGION for all, or PIXFRONT_{thing}_REGION")));
    };
    Ok(Site { name: name.to_owned(), region, endpoint: place.endpoint.clone(), terms: terms.clone() })
}

fn distribution(sdk: &SdkConfig, config: &Config, terms: &Terms) -> Option<Distribution> {
    let Place { name, endpoint, .. } = &config.distribution;
    // CloudFront is of no region; requests are signed for that one.
    let region = Region::from_static("us-east-1");
    let site = Site { name: name.clone()?, region, endpoint: endpoint.clone(), terms: terms.clone() };
    Some(Distribution::new(sdk, site, config.invalidate))
}

/// What the log is told about a failure: what was asked of what, and what may be done about it; then the SDK's own words.
#[derive(Debug)]
pub(super) struct Asked {
    words: String,
    answer: Box<dyn StdError + Send + Sync>,
}

impl Asked {
    pub(super) fn new(words: String, answer: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { words, answer: answer.into() }
    }

    /// What a service refused, with the status of its answer, of which its words may say nothing.
    pub(super) fn refused<E: StdError + Send + Sync + 'static>(words: &str, error: SdkError<E, HttpResponse>) -> Self {
        let status = error.raw_response().map(|response| format!(" was answered with {}", response.status().as_u16()));
        Self::new(format!("{words}{}", status.unwrap_or_default()), error)
    }

    /// What may be done about it.
    pub(super) fn with(mut self, hint: &str) -> Self {
        self.words += hint;
        self
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl StdError for Asked {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.answer)
    }
}

/// A failure of a whole service. That of one that is late is no [`Kind::Deadline`]: the request's own clock says that, and
/// who must act here is whoever runs the store, whether it was slow or away.
pub(super) fn failed(words: &'static str, asked: Asked) -> Error {
    Error::with_source(Kind::Upstream, words, asked)
}

/// Whether XML 1.0 has the character, and so whether an S3 body or an SQS message can carry it.
pub(super) const fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}
