//! Metrics as CloudWatch's Embedded Metric Format has them: a log line of JSON, of which CloudWatch makes the metrics that `_aws`
//! names, while the rest can be searched in the log. One line an invocation.

use std::time::Duration;

use prometheus::IntCounter;
use serde_json::{Map, Value, json};

use super::{Counters, ms};
use crate::error::Kind;

/// The place of our metrics among all others of an account.
const NAMESPACE: &str = "Pixfront";

/// The one dimension. Each value of a dimension is a metric to be paid for, so nothing that has many values is one.
const DIMENSION: &str = "Function";

/// The longest key that is shown: as long as S3 has them.
const KEY_BYTES_MAX: usize = 1024;

/// CloudWatch's words for units; those that we use.
#[derive(Clone, Copy)]
enum Unit {
    Count,
    Bytes,
    Milliseconds,
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Bytes => "Bytes",
            Self::Milliseconds => "Milliseconds",
        }
    }
}

/// What an invocation was about. There is no end to the values of these, so they are no dimensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Whether it was a request for a picture.
    pub is_request: bool,
    /// The key of the original, where there was one and could be read.
    pub key: Option<String>,
    /// What was to be made of it, as in the name of a variant.
    pub recipe: Option<String>,
}

/// One invocation of a function, when all of it is over.
#[derive(Clone, Debug)]
pub struct Invocation<'a> {
    /// The function's name.
    pub function: &'a str,
    /// By which Lambda's own lines call it.
    pub request_id: &'a str,
    /// What it was about.
    pub subject: Subject,
    /// From the event until the answer had left.
    pub duration: Duration,
    /// What was done after that, if anything.
    pub after: Option<Duration>,
    /// Its end, in milliseconds since 1970.
    pub time_ms: u64,
}

/// What the counters say at one moment. A function has one event at a time, so that the difference between two is what happened
/// in one invocation, exactly, and whatever part of the program it happened in.
#[derive(Clone, Debug)]
pub struct Reading {
    counts: [u64; COUNTS.len()],
    errors: [u64; Kind::ALL.len()],
    /// Spent in getting, rendering and putting.
    times: [Duration; 3],
}

/// A metric that is a counter of ours.
struct Count {
    name: &'static str,
    unit: Unit,
    of: fn(&Counters) -> &IntCounter,
}

const COUNTS: [Count; 10] = [
    Count { name: "Renders", unit: Unit::Count, of: |counters| &counters.renders },
    Count { name: "StoreHits", unit: Unit::Count, of: |counters| &counters.store_hits },
    Count { name: "SourceBytes", unit: Unit::Bytes, of: |counters| &counters.source_bytes },
    Count { name: "ResultBytes", unit: Unit::Bytes, of: |counters| &counters.result_bytes },
    Count { name: BYTES_SAVED, unit: Unit::Bytes, of: |counters| &counters.bytes_saved },
    Count { name: "Uploads", unit: Unit::Count, of: |counters| &counters.uploads },
    Count { name: "Thumbnails", unit: Unit::Count, of: |counters| &counters.thumbnails },
    Count { name: "FailureMessages", unit: Unit::Count, of: |counters| &counters.failures_sent },
    Count { name: "PutsFailed", unit: Unit::Count, of: |counters| &counters.puts_failed },
    Count { name: "RecordsFailed", unit: Unit::Count, of: |counters| &counters.records_failed },
];

const BYTES_SAVED: &str = "BytesSaved";

impl Reading {
    /// What they say now.
    pub fn of(counters: &Counters) -> Self {
        Self {
            counts: COUNTS.map(|count| (count.of)(counters).get()),
            errors: Kind::ALL.map(|kind| counters.errors(kind)),
            times: counters.times(),
        }
    }

    fn since(mut self, before: &Self) -> Self {
        self.counts.iter_mut().zip(before.counts).for_each(|(now, then)| *now -= then);
        self.errors.iter_mut().zip(before.errors).for_each(|(now, then)| *now -= then);
        self.times.iter_mut().zip(before.times).for_each(|(now, then)| *now = now.saturating_sub(then));
        self
    }
}

/// The line of an invocation, without its end: what the counters grew by from `before` to `after`. A metric of which there is
/// nothing to say is left out.
pub fn line(invocation: &Invocation<'_>, before: &Reading, after: Reading) -> String {
    let grown = after.since(before);
    let metrics = metrics(invocation, &grown);
    let named: Vec<_> = metrics.iter().map(|(name, unit, _)| json!({ "Name": name, "Unit": unit.name() })).collect();
    let mut line = Map::new();
    let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": named });
    let metadata = json!({ "Timestamp": invocation.time_ms, "CloudWatchMetrics": [directive] });
    line.insert("_aws".to_owned(), metadata);
    line.insert(DIMENSION.to_owned(), invocation.function.into());
    line.extend(metrics.into_iter().map(|(name, _, value)| (name.to_owned(), value)));
    line.extend(properties(invocation, &grown).map(|(name, value)| (name.to_owned(), value)));
    Value::Object(line).to_string()
}

/// What CloudWatch makes metrics of.
fn metrics(invocation: &Invocation<'_>, grown: &Reading) -> Vec<(&'static str, Unit, Value)> {
    let [_, render, _] = grown.times;
    let is_rendered = !render.is_zero();
    let mut metrics = vec![("Duration", Unit::Milliseconds, ms(invocation.duration).into())];
    if invocation.subject.is_request {
        metrics.push(("Requests", Unit::Count, 1.into()));
    }
    for (Count { name, unit, .. }, count) in COUNTS.into_iter().zip(grown.counts) {
        // That nothing was saved is said as well, or the mean would be of the others.
        if count > 0 || (is_rendered && name == BYTES_SAVED) {
            metrics.push((name, unit, count.into()));
        }
    }
    if is_rendered {
        metrics.push(("RenderTime", Unit::Milliseconds, ms(render).into()));
    }
    match grown.errors.iter().sum::<u64>() {
        0 => {}
        errors => metrics.push(("Errors", Unit::Count, errors.into())),
    }
    metrics
}

/// What can be searched for.
fn properties(invocation: &Invocation<'_>, grown: &Reading) -> impl Iterator<Item = (&'static str, Value)> {
    let Subject { key, recipe, .. } = &invocation.subject;
    let mut kinds = Kind::ALL.iter().zip(grown.errors);
    let kind = kinds.find_map(|(kind, errors)| (errors > 0).then(|| kind.name()));
    let [get, _, put] = grown.times;
    let time = |took: Duration| (!took.is_zero()).then(|| ms(took).into());
    let properties = [
        ("request_id", Some(invocation.request_id.into())),
        ("key", key.as_deref().map(|key| key[..key.floor_char_boundary(KEY_BYTES_MAX)].into())),
        ("recipe", recipe.as_deref().map(Value::from)),
        ("kind", kind.map(Value::from)),
        ("get_ms", time(get)),
        ("put_ms", time(put)),
        ("after_ms", invocation.after.map(|after| ms(after).into())),
    ];
    properties.into_iter().filter_map(|(name, value)| Some((name, value?)))
}
