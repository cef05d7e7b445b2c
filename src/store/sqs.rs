//! The failures on a queue of SQS, the only file that knows its SDK.

use std::collections::{BTreeMap, HashSet};
use std::error::Error as StdError;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message as SqsMessage, MessageAttributeValue, MessageSystemAttributeName,
};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::aws::{Asked, Site, failed, is_xml};
use super::{ENCODING, Message, Queue, Received};
use crate::error::{Error, Kind, Result};

/// The most messages that one call brings.
const BATCH_MAX: usize = 10;
/// Long enough that SQS asks all of its servers: without it, an empty answer is no sign of an empty queue.
const WAIT_S: i32 = 1;
/// How long a message that is only looked at stays hidden, should whoever looks die before giving it back.
const LOOK_S: u32 = 30;
/// The value of the attribute [`ENCODING`].
const PERCENT: &str = "percent";
/// Escaped in an encoded text, besides all that is not ASCII.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// A queue; its name is its URL.
#[derive(Debug)]
pub(super) struct SqsQueue {
    client: Client,
    site: Site,
}

impl SqsQueue {
    pub(super) fn new(sdk: &SdkConfig, site: Site) -> Self {
        let mut config = Builder::from(sdk).region(site.region.clone());
        if let Some(endpoint) = &site.endpoint {
            config = config.endpoint_url(endpoint);
        }
        Self { client: Client::from_conf(config.build()), site }
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, message: Message) -> Result<()> {
        message.check()?;
        let Message { body, attributes } = encoded(message)?;
        let mut request = self.client.send_message().queue_url(&self.site.name).message_body(body);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            let bug = |cause| Error::with_source(Kind::Bug, "a message's attribute could not be made", cause);
            request = request.message_attributes(name, value.map_err(bug)?);
        }
        request.send().await.map(drop).map_err(|error| self.refused("SendMessage", error))
    }

    async fn receive(&self, limit: usize, visibility_s: u32) -> Result<Vec<Received>> {
        let mut all = Vec::new();
        while all.len() < limit {
            // Waiting for more would only hold up what is at hand, and let it become visible again.
            let wait_s = if all.is_empty() { WAIT_S } else { 0 };
            match self.receive_batch(limit - all.len(), visibility_s, wait_s).await {
                Ok(batch) if batch.is_empty() => break,
                Ok(batch) => all.extend(batch.into_iter().map(received)),
                Err(error) if all.is_empty() => return Err(error),
                // What is at hand would be hidden and lost to everyone for its time.
                Err(error) => {
                    error.log();
                    break;
                }
            }
            // They are all visible still, and would come again.
            if visibility_s == 0 {
                break;
            }
        }
        Ok(all)
    }

    async fn delete(&self, receipt: &str) -> Result<()> {
        match self.client.delete_message().queue_url(&self.site.name).receipt_handle(receipt).send().await {
            Ok(_) => Ok(()),
            // One that is no receipt, and one that has expired.
            Err(error) if matches!(error.code(), Some("ReceiptHandleIsInvalid" | "InvalidParameterValue")) => Ok(()),
            Err(error) => Err(self.refused("DeleteMessage", error)),
        }
    }

    async fn release(&self, receipt: &str) -> Result<()> {
        let request = self.client.change_message_visibility().queue_url(&self.site.name).visibility_timeout(0);
        match request.receipt_handle(receipt).send().await {
            Ok(_) => Ok(()),
            // One that is no receipt, one that has expired, and one whose message is visible already or gone.
            Err(error)
                if matches!(
                    error.code(),
                    Some("ReceiptHandleIsInvalid" | "InvalidParameterValue" | "MessageNotInflight")
                ) =>
            {
                Ok(())
            }
            Err(error) => Err(self.refused("ChangeMessageVisibility", error)),
        }
    }

    /// SQS can't be looked into, so this receives for a moment and gives back: other receivers miss the messages meanwhile, each
    /// look counts as a delivery, and what is hidden already is not seen.
    async fn peek(&self, limit: usize) -> Result<Vec<Message>> {
        let mut shown = Vec::new();
        let looked = self.look(limit, &mut shown).await;
        self.give_back(&shown).await;
        looked?;
        shown.sort_by_key(sent_ms);
        Ok(shown.into_iter().map(|message| received(message).message).collect())
    }
}

impl SqsQueue {
    /// Hides messages and shows them, until there are enough or nothing new comes.
    async fn look(&self, limit: usize, shown: &mut Vec<SqsMessage>) -> Result<()> {
        let mut seen = HashSet::new();
        while shown.len() < limit {
            let batch = self.receive_batch(limit - shown.len(), LOOK_S, WAIT_S).await?;
            let before = shown.len();
            shown.extend(batch.into_iter().filter(|message| seen.insert(message.message_id.clone())));
            if shown.len() == before {
                break;
            }
        }
        Ok(())
    }

    async fn receive_batch(&self, limit: usize, visibility_s: u32, wait_s: i32) -> Result<Vec<SqsMessage>> {
        let request = self.client.receive_message().queue_url(&self.site.name);
        let answer = request
            .max_number_of_messages(i32::try_from(limit.min(BATCH_MAX)).unwrap_or(1))
            .visibility_timeout(i32::try_from(visibility_s).unwrap_or(i32::MAX))
            .wait_time_seconds(wait_s)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .send()
            .await;
        let answer = answer.map_err(|error| self.refused("ReceiveMessage", error))?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// Makes messages visible again. If that fails they come back by themselves, so the failure is for the log alone.
    async fn give_back(&self, messages: &[SqsMessage]) {
        for chunk in messages.chunks(BATCH_MAX) {
            let entries = chunk.iter().enumerate().map(|(i, message)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(i.to_string()).visibility_timeout(0);
                entry.set_receipt_handle(message.receipt_handle.clone()).build()
            });
            let request = self.client.change_message_visibility_batch().queue_url(&self.site.name);
            let request = request.set_entries(entries.collect::<Result<_, _>>().ok());
            if let Err(error) = request.send().await {
                self.refused("ChangeMessageVisibilityBatch", error).log();
            }
        }
    }

    /// Whatever goes wrong here is the queue's fault, never a client's: what SQS would refuse was refused or encoded before.
    fn refused<E: StdError + Send + Sync + 'static>(&self, operation: &str, error: SdkError<E>) -> Error {
        let words = format!("{operation} at {}", self.site.name);
        failed("the failures queue could not be asked", Asked::refused(&words, error))
    }
}

/// A message with a character that SQS refuses, all of it percent-encoded, and an attribute that says so.
fn encoded(message: Message) -> Result<Message> {
    let is_carried = |text: &String| text.chars().all(is_xml);
    if is_carried(&message.body) && message.attributes.values().all(is_carried) {
        return Ok(message);
    }
    let escaped = |text: &str| utf8_percent_encode(text, ESCAPED).to_string();
    let attributes = message.attributes.iter().map(|(name, value)| (name.clone(), escaped(value)));
    let mut encoded = Message { body: escaped(&message.body), attributes: attributes.collect() };
    encoded.attributes.insert(ENCODING.to_owned(), PERCENT.to_owned());
    encoded.check_limits()?;
    Ok(encoded)
}

fn received(message: SqsMessage) -> Received {
    let attributes = message.message_attributes.unwrap_or_default().into_iter();
    // Others than texts are not ours.
    let texts: BTreeMap<_, _> = attributes.filter_map(|(name, value)| Some((name, value.string_value?))).collect();
    let as_sent = Message { body: message.body.unwrap_or_default(), attributes: texts };
    Received { receipt: message.receipt_handle.unwrap_or_default(), message: decoded(as_sent) }
}

fn decoded(mut message: Message) -> Message {
    if message.attributes.get(ENCODING).is_none_or(|encoding| encoding != PERCENT) {
        return message;
    }
    message.attributes.remove(ENCODING);
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let attributes = message.attributes.iter().map(|(name, value)| (name.clone(), plain(value)));
    Message { body: plain(&message.body), attributes: attributes.collect() }
}

fn sent_ms(message: &SqsMessage) -> Option<u64> {
    message.attributes.as_ref()?.get(&MessageSystemAttributeName::SentTimestamp)?.parse().ok()
}
