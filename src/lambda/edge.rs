//! Lambda@Edge, where the settings come with each event: as the origin's custom headers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use lambda_runtime::layers::TracingLayer;
use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use serde_json::Value;

use super::invocation::{InvocationLayer, Watch};
use super::{ended, last, service};
use crate::config::{Config, launcher};
use crate::door::Door;
use crate::error::{Error, Kind, Result};
use crate::service::Service;
use crate::telemetry::Counters;
use crate::telemetry::emf::Subject;
use crate::trigger::origin_response::{Asked, OriginResponse, read};

pub(super) async fn run(config: Config) -> Result<()> {
    let services = Arc::new(Services::new(config));
    services.prepare().await?;
    let watch = Watch::new(Arc::clone(&services.counters));
    let watched = Arc::clone(&watch);
    let door = OriginResponse { door: Door::Edge(launcher()), ..OriginResponse::AT_EDGE };
    let handler = move |event: LambdaEvent<Value>| {
        let (services, watch) = (Arc::clone(&services), Arc::clone(&watched));
        async move { handle(&door, &services, &watch, event).await }
    };
    let layer = InvocationLayer::new(watch, async || false);
    ended(Runtime::new(service_fn(handler)).layer(layer).layer(TracingLayer::new()).run().await)
}

async fn handle(door: &OriginResponse, services: &Services, watch: &Watch, event: LambdaEvent<Value>) -> Result<Value> {
    let last = Some(last(&event.context));
    match read(event.payload).inspect_err(|error| services.counters.failed(error))? {
        Asked::PassThrough(response) => {
            watch.about(Subject { is_request: true, ..Subject::default() });
            Ok(response)
        }
        Asked::Missing(missing) => {
            let service = services.for_headers(missing.custom_headers()).await;
            // One that can't be set up has no policy of its own.
            let policy = service.as_ref().map_or(&services.base.policy, |service| &service.config().policy);
            watch.about(missing.subject(policy));
            Ok(door.answer(missing, service, &services.counters, last).await)
        }
    }
}

/// How many services are kept. A function serves a distribution or two, each with a few origins.
const KEPT_MAX: usize = 8;

/// A service for each set of custom headers that was met lately.
struct Services {
    base: Config,
    /// Of all of them.
    counters: Arc<Counters>,
    kept: Mutex<VecDeque<(Headers, Arc<Service>)>>,
}

type Headers = Vec<(String, String)>;

impl Services {
    fn new(base: Config) -> Self {
        Self { base, counters: Arc::default(), kept: Mutex::default() }
    }

    /// Opens the stores before the first event where their places are known already, since starting costs nobody's time.
    async fn prepare(&self) -> Result<()> {
        if self.base.says_where() {
            let service = Arc::new(service(self.base.clone(), Arc::clone(&self.counters)).await?);
            self.keep(Headers::new(), service);
        }
        Ok(())
    }

    /// The service for an origin; a [`Kind::Bug`] whose cause is for the log if its headers can't be.
    async fn for_headers(&self, headers: &[(String, String)]) -> Result<Arc<Service>> {
        // Only ours matter: an origin may be sent secrets of others.
        let headers = Config::own_headers(headers);
        if let Some(service) = self.find(&headers) {
            return Ok(service);
        }
        let service = Arc::new(self.open(&headers).await.map_err(set_up_wrongly)?);
        self.keep(headers, Arc::clone(&service));
        Ok(service)
    }

    async fn open(&self, headers: &[(String, String)]) -> Result<Service> {
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        service(self.base.with_headers(pairs)?, Arc::clone(&self.counters)).await
    }

    fn find(&self, headers: &[(String, String)]) -> Option<Arc<Service>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(of, _)| of == headers).map(|(_, service)| Arc::clone(service))
    }

    /// The oldest makes room.
    fn keep(&self, headers: Headers, service: Arc<Service>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(KEPT_MAX - 1);
        kept.push_front((headers, service));
    }
}

fn set_up_wrongly(error: Error) -> Error {
    if error.kind().is_transient() {
        return error;
    }
    Error::with_source(Kind::Bug, "pictures are set up wrongly here; the log says how", error)
}
