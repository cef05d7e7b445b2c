//! The functions: from what Lambda started, through the settings and the stores, to event after event.
//!
//! Each is a program of its own (`src/bin/`) that speaks Lambda's Runtime API. What can't work is said before the first event is
//! asked for, and ends the process; after that, whatever comes is answered, or is an error to Lambda.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use lambda_runtime::layers::TracingLayer;
use lambda_runtime::{Context, Diagnostic, LambdaEvent, Runtime, service_fn};
use serde_json::Value;

use crate::config::{Config, check_lambda};
use crate::error::{Error, Kind, Result};
use crate::gate::blocking_threads;
use crate::service::Service;
use crate::telemetry::{self, Counters, LogFormat};
use crate::trigger::upload::{self, Delivery};

mod edge;
mod http;
mod invocation;
mod stores;

use invocation::{InvocationLayer, Watch};
use stores::stores;

/// What goes to the log. An error that is returned to Lambda has been logged where it was met.
const LOG_FILTER: &str = "info,lambda_runtime::layers::panic=off";

/// How long before Lambda ends an invocation we end it ourselves, so that there is an answer.
const RESERVE: Duration = Duration::from_millis(500);

/// The function behind `CloudFront`'s origin-response event.
pub fn origin_response() -> ExitCode {
    main(edge::run)
}

/// The function behind a function URL.
pub fn http_origin() -> ExitCode {
    main(http::run)
}

/// The function that S3 tells of uploads, by whichever way.
pub fn upload_trigger() -> ExitCode {
    main(async |config| {
        let service = Arc::new(service(config, Arc::default()).await?);
        let watch = Watch::new(Arc::clone(&service.counters));
        let watched = Arc::clone(&watch);
        let handler = move |event: LambdaEvent<Value>| {
            let (service, watch) = (Arc::clone(&service), Arc::clone(&watched));
            async move { take_in(&service, &watch, event).await }
        };
        let layer = InvocationLayer::new(watch, async || false);
        ended(Runtime::new(service_fn(handler)).layer(layer).layer(TracingLayer::new()).run().await)
    })
}

async fn take_in(service: &Service, watch: &Watch, event: LambdaEvent<Value>) -> Result<Value> {
    let last = Some(last(&event.context));
    let delivery = Delivery::read(event.payload).inspect_err(|error| service.counters.failed(error))?;
    watch.about(upload::subject(&delivery));
    upload::handle_delivery(service, delivery, last).await.map(|handled| handled.to_reply())
}

fn main(run: impl AsyncFnOnce(Config) -> Result<()>) -> ExitCode {
    match start(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let kind = error.kind();
            tracing::error!(kind = kind.name(), error = error.chain(), "the function can't go on");
            ExitCode::from(kind.exit_code())
        }
    }
}

fn start(run: impl AsyncFnOnce(Config) -> Result<()>) -> Result<()> {
    telemetry::start(LogFormat::Json, LOG_FILTER)?;
    let config = Config::read()?;
    config.check()?;
    check_lambda()?;
    // One thread that waits: there is one event at a time, and what blocks has threads of its own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(blocking_threads(config.renders))
        .enable_all()
        .build()
        .map_err(|error| Error::with_source(Kind::Bug, "the async runtime could not be started", error))?;
    runtime.block_on(run(config))
}

async fn service(config: Config, counters: Arc<Counters>) -> Result<Service> {
    config.check()?;
    Ok(Service::new(stores(&config).await?, config).counting(counters))
}

/// By when an invocation must have its answer.
fn last(context: &Context) -> Instant {
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    Instant::now() + left.saturating_sub(RESERVE)
}

/// The loop over the events has no end of its own.
fn ended(result: Result<(), lambda_runtime::Error>) -> Result<()> {
    result.map_err(|error| Error::with_source(Kind::Upstream, "Lambda's Runtime API failed", error))
}

/// What Lambda is told of an error: its kind and its sentence.
impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self { error_type: error.kind().name().to_owned(), error_message: error.context().to_owned() }
    }
}
