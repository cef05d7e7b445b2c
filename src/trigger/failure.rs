//! The messages of the failures queue, by whoever left them: this service, Lambda for a function that failed thrice, or a hand-made
//! system, which knows the key alone.

use serde::Deserialize;
use serde_json::Value;

use super::upload::Delivery;
use crate::error::{Error, Result};
use crate::failure::Stage;
use crate::ingest::Upload;
use crate::key::SourceKey;
use crate::redrive::Task;
use crate::store::Message;

/// What a message is about; [`Kind::Invalid`](crate::error::Kind) if it does not say. A bare key is of the originals bucket.
pub fn read(message: &Message, originals_bucket: &str) -> Result<Task> {
    if let Some(record) = lambdas_own(&message.body) {
        return uploads_of(record.request_payload).map(Task::Uploads);
    }
    let attribute = |name: &str| message.attributes.get(name).map(String::as_str);
    let upload = |bucket: &str| Task::Uploads(vec![Upload { bucket: bucket.to_owned(), key: message.body.clone() }]);
    match (attribute("stage"), attribute("bucket"), attribute("recipe")) {
        (None, bucket, _) => Ok(upload(bucket.unwrap_or(originals_bucket))),
        (Some(stage), Some(bucket), _) if stage == Stage::Upload.name() => Ok(upload(bucket)),
        (Some(stage), _, Some(recipe)) if stage == Stage::Persist.name() => {
            Ok(Task::Variant { source: SourceKey::new(&message.body)?, recipe: recipe.to_owned() })
        }
        // What was received could not be read then, so it can't be now.
        (Some(stage), ..) => {
            Err(Error::invalid(format!("a message of stage {stage} that does not say what was to be done")))
        }
    }
}

/// What Lambda sends to an `OnFailure` destination.
#[derive(Deserialize)]
struct Record {
    #[serde(rename = "requestPayload")]
    request_payload: Value,
}

fn lambdas_own(body: &str) -> Option<Record> {
    body.starts_with('{').then(|| serde_json::from_str(body).ok()).flatten()
}

fn uploads_of(event: Value) -> Result<Vec<Upload>> {
    match Delivery::read(event)? {
        Delivery::Whole(uploads) => Ok(uploads),
        Delivery::Batch(messages) => {
            let all: Vec<Vec<Upload>> = messages.into_iter().map(|message| message.uploads).collect::<Result<_>>()?;
            Ok(all.into_iter().flatten().collect())
        }
    }
}
