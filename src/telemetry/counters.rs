//! What is counted, wherever it happens. `serve` shows the totals at `/metrics` ([`register`](Counters::register)); a function
//! writes by how much they grew in each invocation ([`emf`](super::emf)).

use std::fmt;
use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry};

use crate::error::{Error, Kind};

/// What happened since the start.
pub struct Counters {
    /// Pictures made.
    pub renders: IntCounter,
    /// Variants that were asked for and stored already.
    pub store_hits: IntCounter,
    /// The sources of what was made.
    pub source_bytes: IntCounter,
    /// What was made.
    pub result_bytes: IntCounter,
    /// By how much each picture is shorter than its source.
    pub bytes_saved: IntCounter,
    /// Uploads that were dealt with, well or not.
    pub uploads: IntCounter,
    /// Thumbnails that uploads got.
    pub thumbnails: IntCounter,
    /// Messages sent to the failures queue.
    pub failures_sent: IntCounter,
    /// Pictures made and not stored, or not surely.
    pub puts_failed: IntCounter,
    /// Pictures stored whose row was not written.
    pub records_failed: IntCounter,
    errors: IntCounterVec,
    get_seconds: Histogram,
    render_seconds: Histogram,
    put_seconds: Histogram,
}

impl Default for Counters {
    fn default() -> Self {
        let errors = Opts::new("pixfront_errors_total", "Answers and uploads that failed, each where it did.");
        let errors = sound(IntCounterVec::new(errors, &["kind"]));
        for kind in Kind::ALL {
            // A kind that is not there yet would have no rate when it comes.
            errors.with_label_values(&[kind.name()]);
        }
        Self {
            renders: counter("renders", "Pictures made."),
            store_hits: counter("store_hits", "Variants that were asked for and stored already."),
            source_bytes: counter("source_bytes", "The sources of what was made."),
            result_bytes: counter("result_bytes", "What was made."),
            bytes_saved: counter("saved_bytes", "By how much each picture is shorter than its source."),
            uploads: counter("uploads", "Uploads that were dealt with, well or not."),
            thumbnails: counter("thumbnails", "Thumbnails that uploads got."),
            failures_sent: counter("failure_messages", "Messages sent to the failures queue."),
            puts_failed: counter("puts_failed", "Pictures made and not stored, or not surely."),
            records_failed: counter("records_failed", "Pictures stored whose row was not written."),
            errors,
            get_seconds: histogram("get_seconds", "Getting an original or a stored variant."),
            render_seconds: histogram("render_seconds", "All pictures that were made of a source at one time."),
            put_seconds: histogram("put_seconds", "Storing and recording a picture."),
        }
    }
}

impl Counters {
    /// An answer or an upload failed: it is counted and logged, both once, at the door that answers.
    pub fn failed(&self, error: &Error) {
        error.log();
        self.count_error(error.kind());
    }

    /// The same of a failure that is logged with more than there is in the error.
    pub fn count_error(&self, kind: Kind) {
        self.errors.with_label_values(&[kind.name()]).inc();
    }

    /// How many failed of a kind.
    pub fn errors(&self, kind: Kind) -> u64 {
        self.errors.with_label_values(&[kind.name()]).get()
    }

    /// An original or a stored variant was got.
    pub fn got(&self, took: Duration) {
        self.get_seconds.observe(took.as_secs_f64());
    }

    /// Pictures of these lengths were made of a source, in one go.
    pub fn rendered(&self, source: usize, results: impl Iterator<Item = usize>, took: Duration) {
        let mut made = 0;
        for result in results {
            made += 1;
            self.result_bytes.inc_by(result as u64);
            self.bytes_saved.inc_by(source.saturating_sub(result) as u64);
        }
        self.renders.inc_by(made);
        if made > 0 {
            self.source_bytes.inc_by(source as u64);
            self.render_seconds.observe(took.as_secs_f64());
        }
    }

    /// A picture was put, or was not, in this time.
    pub fn put(&self, took: Duration) {
        self.put_seconds.observe(took.as_secs_f64());
    }

    /// All the time spent in getting, rendering and putting.
    pub(super) fn times(&self) -> [Duration; 3] {
        [&self.get_seconds, &self.render_seconds, &self.put_seconds]
            .map(|seconds| Duration::try_from_secs_f64(seconds.get_sample_sum()).unwrap_or_default())
    }

    /// Shows all of them in this registry.
    pub fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        let counters = [
            &self.renders,
            &self.store_hits,
            &self.source_bytes,
            &self.result_bytes,
            &self.bytes_saved,
            &self.uploads,
            &self.thumbnails,
            &self.failures_sent,
            &self.puts_failed,
            &self.records_failed,
        ];
        for counter in counters {
            registry.register(Box::new(counter.clone()))?;
        }
        for histogram in [&self.get_seconds, &self.render_seconds, &self.put_seconds] {
            registry.register(Box::new(histogram.clone()))?;
        }
        registry.register(Box::new(self.errors.clone()))
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counters").field("renders", &self.renders.get()).finish_non_exhaustive()
    }
}

fn counter(name: &str, help: &str) -> IntCounter {
    sound(IntCounter::new(format!("pixfront_{name}_total"), help))
}

fn histogram(name: &str, help: &str) -> Histogram {
    sound(Histogram::with_opts(HistogramOpts::new(format!("pixfront_{name}"), help)))
}

/// Every name is a constant, and made at every start.
fn sound<T>(metric: prometheus::Result<T>) -> T {
    metric.unwrap_or_else(|error| unreachable!("a metric that Prometheus does not take: {error}"))
}
