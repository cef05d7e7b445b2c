//! A function URL: the answer leaves, then what was made is kept.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use lambda_runtime::layers::TracingLayer;
use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use serde_json::Value;

use super::after::AfterLayer;
use super::{ended, last, service};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::service::{Fresh, Service};
use crate::trigger::http::FunctionUrl;

pub(super) async fn run(config: Config) -> Result<()> {
    let function = Arc::new(Function { service: Arc::new(service(config).await?), unkept: Mutex::default() });
    let handler = {
        let function = Arc::clone(&function);
        move |event: LambdaEvent<Value>| {
            let function = Arc::clone(&function);
            async move { function.handle(event).await }
        }
    };
    let after = AfterLayer::new(move || {
        let function = Arc::clone(&function);
        async move { function.keep().await }
    });
    ended(Runtime::new(service_fn(handler)).layer(after).layer(TracingLayer::new()).run().await)
}

struct Function {
    service: Arc<Service>,
    /// What the answer under way leaves to be kept, and by when. There is one event at a time.
    unkept: Mutex<Option<(Fresh, Instant)>>,
}

impl Function {
    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value> {
        let last = last(&event.context);
        let answered = FunctionUrl::BUFFERED.handle(&self.service, event.payload, Some(last)).await;
        let answered = answered.inspect_err(Error::log)?;
        *self.unkept.lock().unwrap_or_else(PoisonError::into_inner) = answered.unkept.map(|fresh| (fresh, last));
        Ok(answered.response)
    }

    async fn keep(&self) {
        let unkept = self.unkept.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((fresh, last)) = unkept else { return };
        let service = Arc::clone(&self.service);
        // On a task of its own: here nobody would catch a panic, which is logged when it happens.
        let _ = tokio::spawn(async move { service.keep_afterwards(&fresh, Some(last)).await }).await;
    }
}
