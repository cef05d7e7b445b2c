//! CloudWatch's rules for a line in Embedded Metric Format, as its specification has them, and ours beside them.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

/// The specification's limit of 1 MB was 256 KB for long.
const LINE_BYTES_MAX: usize = 256 << 10;
const METRICS_MAX: usize = 100;
const VALUES_MAX: usize = 100;
const DIMENSIONS_MAX: usize = 9;
const NAME_CHARS: std::ops::RangeInclusive<usize> = 1..=255;
/// No number may be further from zero than 2 to the 360.
const MAGNITUDE_MAX: f64 = 2.348_542_582_773_833e108;

const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// What the dashboard and the alarms rely on.
const OURS: [(&str, &str); 14] = [
    ("Requests", "Count"),
    ("Renders", "Count"),
    ("StoreHits", "Count"),
    ("RenderTime", "Milliseconds"),
    ("SourceBytes", "Bytes"),
    ("ResultBytes", "Bytes"),
    ("BytesSaved", "Bytes"),
    ("Errors", "Count"),
    ("Uploads", "Count"),
    ("Thumbnails", "Count"),
    ("FailureMessages", "Count"),
    ("PutsFailed", "Count"),
    ("RecordsFailed", "Count"),
    ("Duration", "Milliseconds"),
];

const PROPERTIES: [&str; 7] = ["request_id", "key", "recipe", "kind", "get_ms", "put_ms", "after_ms"];

/// An invocation's line, checked.
#[derive(Debug)]
pub(crate) struct Report {
    /// By name.
    pub(crate) metrics: BTreeMap<String, f64>,
    /// The rest, but for the dimension.
    pub(crate) properties: Map<String, Value>,
}

impl Report {
    pub(crate) fn read(line: &str) -> Self {
        assert!(line.len() <= LINE_BYTES_MAX, "{} bytes", line.len());
        let Value::Object(mut root) = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        else {
            panic!("no object: {line}")
        };
        assert_eq!(Value::Object(root.clone()).to_string(), line, "a name that stands there twice");
        let named = named_metrics(&root, line);
        let metadata = root.remove("_aws").unwrap();
        let ours = &metadata["CloudWatchMetrics"][0];
        assert_eq!((&ours["Namespace"], &ours["Dimensions"]), (&"Pixfront".into(), &serde_json::json!([["Function"]])));
        assert_eq!(root.remove("Function").unwrap(), "pixfront", "as AWS_LAMBDA_FUNCTION_NAME says");
        let mut metrics = BTreeMap::new();
        for (name, unit) in named {
            assert!(OURS.contains(&(&name, &unit)), "{name} in {unit}: {line}");
            metrics.insert(name.clone(), root.remove(&name).unwrap().as_f64().unwrap());
        }
        for (name, value) in &root {
            assert!(PROPERTIES.contains(&&**name), "{name} is neither a metric nor a property: {line}");
            assert_eq!(value.is_number(), name.ends_with("_ms"), "{line}");
        }
        Self { metrics, properties: root }
    }

    /// A metric; 0 if there is none.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        assert!(OURS.iter().any(|(ours, _)| *ours == name));
        self.metrics.get(name).copied().unwrap_or_default()
    }

    /// A property; empty if there is none.
    pub(crate) fn property(&self, name: &str) -> &str {
        assert!(PROPERTIES.contains(&name));
        self.properties.get(name).map_or("", |value| value.as_str().unwrap())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.metrics.contains_key(name) || self.properties.contains_key(name)
    }
}

/// The metrics that `_aws` names, with their units, once everything that it may say is checked.
fn named_metrics(root: &Map<String, Value>, line: &str) -> Vec<(String, String)> {
    let metadata = root["_aws"].as_object().unwrap_or_else(|| panic!("{line}"));
    assert!(metadata.keys().eq(["Timestamp", "CloudWatchMetrics"]), "{line}");
    let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let age = now.abs_diff(metadata["Timestamp"].as_u64().unwrap_or_else(|| panic!("{line}")));
    assert!(age < 3_600_000, "in milliseconds since 1970, and of now: {line}");
    let directives = metadata["CloudWatchMetrics"].as_array().unwrap_or_else(|| panic!("{line}"));
    assert_eq!(directives.len(), 1, "{line}");
    let directive = directives[0].as_object().unwrap_or_else(|| panic!("{line}"));
    assert!(directive.keys().eq(["Namespace", "Dimensions", "Metrics"]), "{line}");
    let namespace = name(&directive["Namespace"], line);
    assert!(!namespace.starts_with(':') && !namespace.starts_with("AWS/"), "{line}");
    let sets = directive["Dimensions"].as_array().unwrap_or_else(|| panic!("{line}"));
    assert!(!sets.is_empty(), "{line}");
    for set in sets {
        let set = set.as_array().unwrap_or_else(|| panic!("{line}"));
        assert!(set.len() <= DIMENSIONS_MAX, "{line}");
        for dimension in set {
            let value = root.get(&name(dimension, line)).and_then(Value::as_str).unwrap_or_else(|| panic!("{line}"));
            assert!((1..=1024).contains(&value.len()) && value.is_ascii(), "{line}");
        }
    }
    let metrics = directive["Metrics"].as_array().unwrap_or_else(|| panic!("{line}"));
    assert!((1..=METRICS_MAX).contains(&metrics.len()), "{line}");
    metrics.iter().map(|metric| named_metric(metric, root, line)).collect()
}

fn named_metric(metric: &Value, root: &Map<String, Value>, line: &str) -> (String, String) {
    let metric = metric.as_object().unwrap_or_else(|| panic!("{line}"));
    assert!(metric.keys().eq(["Name", "Unit"]), "{line}");
    let (metric, unit) = (name(&metric["Name"], line), name(&metric["Unit"], line));
    assert!(UNITS.contains(&&*unit), "{unit}: {line}");
    let value = root.get(&metric).unwrap_or_else(|| panic!("{metric} is named and not there: {line}"));
    let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    assert!((1..=VALUES_MAX).contains(&values.len()), "{line}");
    for value in values {
        let value = value.as_f64().unwrap_or_else(|| panic!("{metric} is no number: {line}"));
        assert!(value.abs() <= MAGNITUDE_MAX && value >= 0.0, "{metric}: {line}");
    }
    (metric, unit)
}

fn name(value: &Value, line: &str) -> String {
    let name = value.as_str().unwrap_or_else(|| panic!("{value} is no name: {line}"));
    assert!(NAME_CHARS.contains(&name.chars().count()), "{line}");
    name.to_owned()
}
