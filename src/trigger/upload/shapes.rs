//! The shapes in which S3's notifications arrive: as they are, by way of `EventBridge`, or in SQS messages, there perhaps in an
//! envelope of SNS.

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::ingest::Upload;

/// What an event tells of, by who brings it again.
#[derive(Debug)]
pub enum Delivery {
    /// It comes again as a whole.
    Whole(Vec<Upload>),
    /// Each message comes again by itself.
    Batch(Vec<QueueMessage>),
}

/// A message of an SQS batch.
#[derive(Debug)]
pub struct QueueMessage {
    /// By which it is called when it must come again.
    pub id: String,
    /// What it tells of.
    pub uploads: Result<Vec<Upload>>,
    body: String,
}

impl QueueMessage {
    /// What was received, no more of it than a person reads; never empty.
    pub fn excerpt(&self) -> &str {
        const BYTES_MAX: usize = 1000;
        match &self.body[..self.body.floor_char_boundary(BYTES_MAX)] {
            "" => &self.id,
            excerpt => excerpt,
        }
    }
}

impl Delivery {
    /// Decides of which shape an event is, once; [`Kind::Invalid`](crate::error::Kind) if it is of none.
    pub fn read(event: Value) -> Result<Self> {
        match shape_of(&event) {
            Shape::Batch => batch(event).map(Self::Batch),
            shape @ (Shape::Test | Shape::Notification | Shape::EventBridge | Shape::Envelope) => {
                uploads(shape, event).map(Self::Whole)
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Shape {
    /// Sent once, when notifications are set up; it has no records.
    Test,
    Notification,
    EventBridge,
    /// From a topic to a queue, unless the subscription says "raw".
    Envelope,
    Batch,
}

fn shape_of(event: &Value) -> Shape {
    let is = |pointer: &str, value: &str| event.pointer(pointer).is_some_and(|found| found == value);
    if is("/Event", "s3:TestEvent") {
        Shape::Test
    } else if event.get("detail-type").is_some() {
        Shape::EventBridge
    } else if is("/Type", "Notification") {
        Shape::Envelope
    } else if is("/Records/0/eventSource", "aws:sqs") {
        Shape::Batch
    } else {
        Shape::Notification
    }
}

/// A batch in a message of a batch, or an envelope in an envelope, would be nobody's doing.
fn uploads(shape: Shape, event: Value) -> Result<Vec<Upload>> {
    match shape {
        Shape::Test => Ok(Vec::new()),
        Shape::Notification => notification(event),
        Shape::EventBridge => event_bridge(event),
        Shape::Envelope => {
            let envelope: Envelope = serde_json::from_value(event).map_err(no_event)?;
            let event = serde_json::from_str(&envelope.message).map_err(no_event)?;
            match shape_of(&event) {
                Shape::Envelope => Err(no_event("it is wrapped twice")),
                shape @ (Shape::Test | Shape::Notification | Shape::EventBridge | Shape::Batch) => {
                    uploads(shape, event)
                }
            }
        }
        Shape::Batch => Err(no_event("it is wrapped twice")),
    }
}

fn no_event(why: impl std::fmt::Display) -> Error {
    Error::invalid(format!("this is not a notification of S3: {why}"))
}

fn batch(event: Value) -> Result<Vec<QueueMessage>> {
    let batch: SqsEvent = serde_json::from_value(event).map_err(no_event)?;
    batch.records.into_iter().map(message).collect()
}

fn message(message: SqsMessage) -> Result<QueueMessage> {
    let id = message.message_id.filter(|id| !id.is_empty()).ok_or_else(|| no_event("a message has no messageId"))?;
    let body = message.body.unwrap_or_default();
    let uploads = serde_json::from_str(&body).map_err(no_event).and_then(|event| uploads(shape_of(&event), event));
    Ok(QueueMessage { id, uploads, body })
}

fn notification(event: Value) -> Result<Vec<Upload>> {
    let event: Notification = serde_json::from_value(event).map_err(no_event)?;
    let uploads: Vec<_> = event.records.into_iter().filter(Record::is_change).map(Record::into_upload).collect();
    if uploads.iter().any(|upload| upload.key.is_empty()) {
        // No queue would take a message about it.
        return Err(no_event("a record has an empty key"));
    }
    Ok(uploads)
}

fn event_bridge(event: Value) -> Result<Vec<Upload>> {
    let event: EventBridgeEvent<Value> = serde_json::from_value(event).map_err(no_event)?;
    if event.source != "aws.s3" {
        return Err(no_event("its source is not aws.s3"));
    }
    // Others tell of tags, access lists and storage classes.
    if !matches!(&*event.detail_type, "Object Created" | "Object Deleted") {
        return Ok(Vec::new());
    }
    // Unlike in notifications, keys are not known to be encoded here (the documentation does not say), so they are taken as
    // they are.
    let S3 { bucket, object } = serde_json::from_value(event.detail).map_err(no_event)?;
    if object.key.is_empty() {
        return Err(no_event("it has an empty key"));
    }
    Ok(vec![Upload { bucket: bucket.name, key: object.key }])
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Message")]
    message: String,
}

// Only what is used; S3 adds fields with each minor version.
#[derive(Deserialize)]
struct Notification {
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
