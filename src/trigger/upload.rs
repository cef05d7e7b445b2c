//! S3's notifications: originals that were put, overwritten, deleted or expired.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::ingest::{Outcome, Upload};
use crate::service::Service;

/// Deals with every record of an event, and only then says whether any must be delivered again.
///
/// `Ok`: one outcome a record, in order; an `s3:TestEvent` has none. An error: the whole event must come again, which does no
/// harm to the records that went well.
pub async fn handle(service: &Service, event: Value) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    let mut first_error = None;
    for upload in uploads(event)? {
        match service.ingest(&upload).await {
            Ok(outcome) => {
                tracing::info!(key = upload.key, ?outcome, "upload");
                outcomes.push(outcome);
            }
            Err(error) => {
                error.log();
                first_error = first_error.or(Some(error));
            }
        }
    }
    first_error.map_or(Ok(outcomes), Err)
}

/// The uploads that an event tells of; [`Kind::Invalid`](crate::error::Kind) if it is no event of S3.
pub fn uploads(event: Value) -> Result<Vec<Upload>> {
    // Sent once, when notifications are set up; it has no records.
    if event.get("Event").is_some_and(|name| name == "s3:TestEvent") {
        return Ok(Vec::new());
    }
    let event: Event = serde_json::from_value(event)
        .map_err(|error| Error::invalid(format!("this is not a notification of S3: {error}")))?;
    let uploads: Vec<_> = event.records.into_iter().filter(Record::is_change).map(Record::into_upload).collect();
    if uploads.iter().any(|upload| upload.key.is_empty()) {
        // No queue would take a message about it.
        return Err(Error::invalid("this is not a notification of S3: a record has an empty key"));
    }
    Ok(uploads)
}

// Only what is used; S3 adds fields with each minor version.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventName")]
    event_name: String,
    s3: S3,
}

#[derive(Deserialize)]
struct S3 {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
}

impl Record {
    fn is_change(&self) -> bool {
        let name = self.event_name.strip_prefix("s3:").unwrap_or(&self.event_name);
        ["ObjectCreated:", "ObjectRemoved:", "LifecycleExpiration:"].iter().any(|change| name.starts_with(change))
    }

    fn into_upload(self) -> Upload {
        Upload { bucket: self.s3.bucket.name, key: decode_key(&self.s3.object.key) }
    }
}

/// S3 encodes keys like a form: a space is `+`, all else `%XX`. What is not UTF-8 then can't be a key of S3, and is
/// kept as it came, so that the failure names it.
fn decode_key(key: &str) -> String {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().map_or_else(|_| key.to_owned(), std::borrow::Cow::into_owned)
}
