//! S3's notifications: originals that were put, overwritten, deleted or expired.

use std::time::Instant;

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::failure::{Failure, Stage};
use crate::ingest::{Outcome, Upload};
use crate::service::{Service, in_time};
use crate::telemetry;
use crate::telemetry::emf::Subject;

mod shapes;

pub use shapes::{Delivery, QueueMessage};

const LATE: &str = "the function's time was up before the upload was dealt with";

/// What came of an event.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Handled {
    /// One outcome a record that was dealt with, in order; an `s3:TestEvent` has none.
    pub outcomes: Vec<Outcome>,
    /// The messages of an SQS batch that must come again.
    pub come_again: Vec<String>,
}

impl Handled {
    /// What Lambda is told: which messages of a batch failed. Where there is no batch, nobody reads it.
    pub fn to_reply(&self) -> Value {
        let failures: Vec<_> = self.come_again.iter().map(|id| json!({ "itemIdentifier": id })).collect();
        json!({ "batchItemFailures": failures })
    }
}

/// What a delivery is about.
pub fn subject(delivery: &Delivery) -> Subject {
    super::subject::of_delivery(delivery)
}

/// Deals with every record of an event, and only then says which must be delivered again. What is not dealt with at `last` must.
///
/// An error: the whole event must come again, which does no harm to the records that went well; an
/// [`Invalid`](crate::error::Kind::Invalid) one says that it is no event of S3. Messages of a batch come again by themselves,
/// unless all of them must, and what can't be read in one leaves a message on the failures queue.
pub async fn handle(service: &Service, event: Value, last: Option<Instant>) -> Result<Handled> {
    let delivery = Delivery::read(event).inspect_err(|error| service.counters.failed(error))?;
    handle_delivery(service, delivery, last).await
}

/// The same, once the event is read.
pub async fn handle_delivery(service: &Service, delivery: Delivery, last: Option<Instant>) -> Result<Handled> {
    let mut handled = Handled::default();
    match delivery {
        Delivery::Whole(uploads) => handled.outcomes = all(service, &uploads, last).await?,
        Delivery::Batch(messages) => {
            let (count, mut last_error) = (messages.len(), None);
            for message in messages {
                match one_message(service, &message, last).await {
                    Ok(outcomes) => handled.outcomes.extend(outcomes),
                    Err(error) => {
                        handled.come_again.push(message.id);
                        last_error = Some(error);
                    }
                }
            }
            // Where the mapping does not know of partial failures, saying this is all that brings any back.
            if let Some(error) = last_error
                && handled.come_again.len() == count
            {
                return Err(error);
            }
        }
    }
    Ok(handled)
}

async fn one_message(service: &Service, message: &QueueMessage, last: Option<Instant>) -> Result<Vec<Outcome>> {
    let error = match &message.uploads {
        Ok(uploads) => return all(service, uploads, last).await,
        Err(error) => error,
    };
    service.counters.failed(error);
    // It will be no more of an event when it comes again.
    let failure = Failure { bucket: "", key: message.excerpt(), stage: Stage::Upload, recipe: None, etag: None, error };
    service.leave_message(&failure).await.inspect_err(Error::log)?;
    Ok(vec![Outcome::Failed { kind: error.kind(), context: error.context().to_owned() }])
}

/// Deals with all of them, and fails with the first error, if any.
async fn all(service: &Service, uploads: &[Upload], last: Option<Instant>) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    let mut first_error = None;
    let ingest = async |upload| match last {
        Some(last) => in_time(last, LATE, service.ingest(upload)).await,
        None => service.ingest(upload).await,
    };
    for upload in uploads {
        let begun = Instant::now();
        let outcome = ingest(upload).await;
        let (key, duration_ms) = (&upload.key, telemetry::ms(begun.elapsed()));
        match outcome {
            Ok(outcome) => {
                tracing::info!(key, ?outcome, duration_ms, "upload");
                outcomes.push(outcome);
            }
            Err(error) => {
                service.counters.count_error(error.kind());
                tracing::error!(key, kind = error.kind().name(), error = error.chain(), duration_ms, "upload");
                first_error = first_error.or(Some(error));
            }
        }
    }
    first_error.map_or(Ok(outcomes), Err)
}
