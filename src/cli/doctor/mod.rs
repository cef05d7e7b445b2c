//! `pixfront doctor`: looks at a deployment from outside, as a viewer and an uploader do, and says what works.
//!
//! Each check is one sentence with its time. What can't be seen from where it stands is said to be unseen and why, not passed over.

use std::time::Duration;

use clap::Args;

use super::{StoreOptions, block_on};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::key::{SourceKey, uri};
use crate::serve::unix_time;
use crate::store::Stores;

mod answer;
mod client;
mod delivery;
mod door;
mod large;
mod pictures;
mod refusals;
mod report;
mod upload;
mod uploads;

use client::Client;
use report::Report;
use upload::{Authorisation, UploadUrl};

#[derive(Args)]
pub(super) struct Options {
    /// Where pictures are served, e.g. `https://d111111abcdef8.cloudfront.net/`; without --upload-url the URL of a picture there.
    url: String,
    /// Where pictures are uploaded to by PUT, with the originals bucket and without a key, e.g. `https://…/prod/my-originals`.
    #[arg(long, value_name = "URL")]
    upload_url: Option<String>,
    /// How uploads are authorised: `iam` signs with the credentials of this machine.
    #[arg(long, value_enum, default_value = "none")]
    upload_auth: Authorisation,
    /// The API key, where uploads are authorised by one.
    #[arg(long, env = "PIXFRONT_UPLOAD_API_KEY", hide_env_values = true, value_name = "KEY")]
    upload_api_key: Option<String>,
    /// The debug secret of the deployment, by which its doors say who they are.
    #[arg(long, env = "PIXFRONT_DOCTOR_SECRET", hide_env_values = true, value_name = "SECRET")]
    debug_secret: Option<String>,
    /// How long to wait for what happens after an upload, in seconds.
    #[arg(long, default_value_t = 20, value_name = "SECONDS")]
    wait: u64,
    /// Look into the store as well, for the rows and the failure messages that nobody sees from outside.
    #[arg(long)]
    inside: bool,
    /// Say it as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreOptions,
}

/// What the checks have in common.
struct Patient {
    client: Client,
    upload: Option<UploadUrl>,
    /// Where the store is looked into.
    inside: Option<Stores>,
    wait: Duration,
    /// When this run began, in Unix seconds: part of what it asks for, so that it asks for something new.
    began: u64,
    is_signed: bool,
    /// What the names of a thumbnail begin with, where uploads get any.
    thumbnail_prefix: Option<String>,
}

impl Patient {
    /// The key of something that this run uploads.
    fn key(&self, name: &str) -> String {
        format!("pixfront-doctor/{}-{}/{name}", self.began, std::process::id())
    }

    /// A width that nobody has asked for yet, as far as can be.
    const fn fresh_width(&self, from: u64) -> u64 {
        from + self.began % 200
    }
}

/// How often something is looked for that takes its time.
const PAUSE: Duration = Duration::from_millis(250);

pub(super) fn run(options: &Options, config: &Config) -> Result<()> {
    block_on(async {
        let inside = if options.inside { Some(options.store.open_existing(config).await?) } else { None };
        let client = Client::new(&options.url, options.debug_secret.clone(), config.signing_keys.clone())?;
        let given = client.given_key()?;
        let upload = match &options.upload_url {
            Some(url) => Some(UploadUrl::new(url, options.upload_auth, options.upload_api_key.clone()).await?),
            None => None,
        };
        let patient = Patient {
            client,
            upload,
            inside,
            wait: Duration::from_secs(options.wait),
            began: unix_time(),
            is_signed: config.signing_keys.is_some(),
            thumbnail_prefix: config.policy.thumbnails.first().map(|thumbnail| thumbnail.prefix.clone()),
        };
        let mut report = Report::new(options.json);
        let examined = examine(&patient, given, &mut report).await;
        // What was found before the deployment fell silent counts as well.
        report.show()?;
        examined.and_then(|()| report.verdict())
    })
}

/// All checks, in the order in which a picture meets what they are about.
async fn examine(patient: &Patient, given: Option<SourceKey>, report: &mut Report) -> Result<()> {
    let key = match (&patient.upload, given) {
        (Some(upload), _) => match uploads::first(patient, upload, report).await? {
            Some(key) => key,
            None => return Ok(()),
        },
        (None, Some(given)) => given.as_str().to_owned(),
        (None, None) => return Err(no_picture()),
    };
    let path = uri(&key);
    if !delivery::reachable(patient, &path, report).await? {
        return Ok(());
    }
    if patient.upload.is_some() {
        uploads::thumbnail(patient, &key, report).await?;
    }
    delivery::check(patient, &path, report).await?;
    door::check(patient, &path, report).await?;
    large::check(patient, &path, report).await?;
    refusals::check(patient, &path, report).await?;
    if let Some(upload) = &patient.upload {
        uploads::later(patient, upload, &key, report).await?;
    }
    Ok(())
}

fn no_picture() -> Error {
    Error::new(Kind::Invalid, "there is no picture to ask for: give the URL of one that is there, or --upload-url")
}
