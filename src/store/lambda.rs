//! A Lambda function that is invoked for its answer; the only file that knows its SDK.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::SdkError;
use aws_sdk_lambda::operation::invoke::{InvokeError, InvokeOutput};
use aws_sdk_lambda::primitives::Blob;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde_json::Value;

use super::aws::{Asked, Terms, failed, loader};
use crate::error::{Error, Kind, Result};

/// A function, by its name, a part of its ARN or all of it, with a version or an alias behind it or none. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Function {
    client: Client,
    name: String,
}

impl Function {
    /// The function of this name, with region, endpoint and credentials that the SDK finds.
    pub async fn open(name: &str) -> Result<Self> {
        let terms = Terms::default();
        // No limit to an attempt, which lasts as long as the function runs: who asks has a deadline.
        let timeouts = TimeoutConfig::builder().connect_timeout(terms.connect).build();
        // One attempt more, for a connection that has died meanwhile or a throttle of a moment.
        let retries = RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(100));
        let sdk = loader().timeout_config(timeouts).retry_config(retries).load().await;
        if sdk.region().is_none() {
            return Err(Error::invalid(format!("no region is set for the function {name}: AWS_REGION")));
        }
        Ok(Self { client: Client::new(&sdk), name: name.to_owned() })
    }

    /// What it answers to an event. Throttled is [`Kind::Busy`]; over its own time, [`Kind::Deadline`]; a result over Lambda's 6 MB,
    /// [`Kind::TooLarge`]; whatever else keeps it from answering, [`Kind::Upstream`].
    pub async fn invoke(&self, event: &Value) -> Result<Value> {
        let payload = Blob::new(event.to_string());
        let output = self.client.invoke().function_name(&self.name).payload(payload).send().await;
        let InvokeOutput { payload, function_error, .. } = output.map_err(|error| self.refused(error))?;
        let payload = payload.map(Blob::into_inner).unwrap_or_default();
        let answer = serde_json::from_slice(&payload);
        match (function_error, answer) {
            (None, Ok(answer)) => Ok(answer),
            (None, Err(error)) => {
                Err(failed("the function that makes pictures answered with no JSON", self.asked(error)))
            }
            (Some(word), answer) => Err(self.broken(&word, &answer.unwrap_or_default())),
        }
    }

    fn refused(&self, error: SdkError<InvokeError, HttpResponse>) -> Error {
        const THROTTLED: u16 = 429;
        let is_throttled = error.raw_response().is_some_and(|response| response.status().as_u16() == THROTTLED);
        let asked = Asked::refused(&format!("Invoke of {}", self.name), error);
        if is_throttled {
            return Error::with_source(Kind::Busy, "too many pictures are being made; ask again in a second", asked);
        }
        failed("the function that makes pictures could not be asked", asked)
    }

    /// What became of a function that ended otherwise than by answering; `word` says whether it or Lambda says so.
    fn broken(&self, word: &str, said: &Value) -> Error {
        let text = |name: &str| said[name].as_str().unwrap_or_default();
        let (error_type, message) = (text("errorType"), text("errorMessage"));
        let (kind, words) = match error_type {
            "Function.ResponseSizeTooLarge" => {
                (Kind::TooLarge, "the picture is longer than the 6 MB that a function may answer")
            }
            "Sandbox.Timedout" => (Kind::Deadline, LATE),
            _ if message.contains("Task timed out after") => (Kind::Deadline, LATE),
            _ => (Kind::Upstream, "the function that makes pictures failed"),
        };
        Error::with_source(kind, words, self.asked(format!("{word}: {error_type}: {message}")))
    }

    fn asked(&self, said: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Asked {
        Asked::new(format!("Invoke of {}", self.name), said)
    }
}

const LATE: &str = "the function took too long to make the picture";
