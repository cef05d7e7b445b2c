//! `GET /metrics`: what the service and this server count, as Prometheus reads it.

use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TEXT_FORMAT,
    TextEncoder,
};

use super::cache::{Cache, State};
use crate::error::{Error, Kind, Result};
use crate::gate::Gate;
use crate::telemetry::Counters;

/// Upper bounds in seconds. What is cached takes less than a millisecond, a render at most the deadline.
const REQUEST_BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// What this server counts beside the service.
pub(super) struct Metrics {
    registry: Registry,
    /// Answers out of the cache.
    pub(super) cache_hits: IntCounter,
    /// Answers that the cache did not have.
    pub(super) cache_misses: IntCounter,
    requests: IntCounterVec,
    request_seconds: Histogram,
    cache: CacheGauges,
    rendering: IntGauge,
    waiting: IntGauge,
}

/// What is shown of a cache, by where it is.
enum CacheGauges {
    Held { entries: IntGauge, bytes: IntGauge },
    Elsewhere { up: IntGauge },
}

impl Metrics {
    /// Shows these counters as well, and the state of this cache.
    pub(super) fn new(counters: &Counters, cache: &Cache) -> Result<Self> {
        Self::registered(counters, cache).map_err(cannot_be)
    }

    fn registered(counters: &Counters, cache: &Cache) -> prometheus::Result<Self> {
        let registry = Registry::new();
        counters.register(&registry)?;
        // Names and paths have no end of values, so neither is a label.
        let requests = Opts::new("pixfront_requests_total", "Answered requests of any kind, by HTTP status.");
        let requests = IntCounterVec::new(requests, &["status"])?;
        registry.register(Box::new(requests.clone()))?;
        let seconds = HistogramOpts::new("pixfront_request_seconds", "From a request until its answer begins.");
        let request_seconds = Histogram::with_opts(seconds.buckets(REQUEST_BUCKETS.to_vec()))?;
        registry.register(Box::new(request_seconds.clone()))?;
        let counter = |name: &str, help: &str| {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            prometheus::Result::Ok(counter)
        };
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            prometheus::Result::Ok(gauge)
        };
        let info =
            IntGaugeVec::new(Opts::new("pixfront_build_info", "Always 1: which version this is."), &["version"])?;
        info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        registry.register(Box::new(info))?;
        Ok(Self {
            cache_hits: counter("pixfront_cache_hits_total", "Variants answered out of the cache.")?,
            cache_misses: counter("pixfront_cache_misses_total", "Variants that the cache did not have.")?,
            cache: match cache {
                Cache::Memory(_) => CacheGauges::Held {
                    entries: gauge("pixfront_cache_entries", "Answers in the cache.")?,
                    bytes: gauge("pixfront_cache_bytes", "What the cache holds, as charged against its limit.")?,
                },
                Cache::Redis(_) => {
                    CacheGauges::Elsewhere { up: gauge("pixfront_cache_up", "Whether Redis can be reached: 1, or 0.")? }
                }
            },
            rendering: gauge("pixfront_renders_in_flight", "Sources of which pictures are being made.")?,
            waiting: gauge("pixfront_renders_waiting", "Sources that wait for a place to be rendered in.")?,
            requests,
            request_seconds,
            registry,
        })
    }

    /// A request was answered.
    pub(super) fn answered(&self, status: StatusCode, took: Duration) {
        self.requests.with_label_values(&[status.as_str()]).inc();
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// All of it as it is now. What the cache holds is told by who has it.
    pub(super) fn answer<'a>(&self, gates: impl Iterator<Item = &'a Gate>, cache: &State) -> Result<Response> {
        let set = |gauge: &IntGauge, value: u64| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        let (rendering, waiting) = gates.fold((0, 0), |(rendering, waiting), gate| {
            (rendering + gate.rendering() as u64, waiting + gate.waiting() as u64)
        });
        set(&self.rendering, rendering);
        set(&self.waiting, waiting);
        match (&self.cache, cache) {
            (CacheGauges::Held { entries, bytes }, State::Held { entries: count, bytes: charged }) => {
                set(entries, *count);
                set(bytes, *charged);
            }
            (CacheGauges::Elsewhere { up }, State::Elsewhere { is_up }) => set(up, u64::from(*is_up)),
            // A cache does not move.
            (CacheGauges::Held { .. }, State::Elsewhere { .. })
            | (CacheGauges::Elsewhere { .. }, State::Held { .. }) => {}
        }
        let text = TextEncoder::new().encode_to_string(&self.registry.gather()).map_err(cannot_be)?;
        Ok(([(header::CONTENT_TYPE, TEXT_FORMAT), (header::CACHE_CONTROL, "no-store")], text).into_response())
    }
}

fn cannot_be(error: prometheus::Error) -> Error {
    Error::with_source(Kind::Bug, "the metrics can't be shown", error)
}
