//! The corpus, run: what came of every file, what it held of memory and how long it took.
//!
//! In a process of its own, since only the kernel sees what C allocates, and it counts by process.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use pixfront::error::{Kind, Result};
use pixfront::image::{Cancel, Limits, Options, Rendered};
use pixfront::variant::Recipe;

use super::corpus::{self, Case, Outcome, QUERIES};

/// Against a hang. The slowest takes a small part of this, but machines are busy.
const DEADLINE: Duration = Duration::from_secs(30);
/// What a file may make us hold: all but those at the limit are small as pictures, or lie about their size.
const PEAK_BYTES_MAX: u64 = 64 << 20;
/// At the limit up to eight bytes of a pixel are read, and four made of them; or three coefficients of two bytes are read, and
/// three bytes made twice.
const PEAK_BYTES_PER_PIXEL: u64 = 12;
const TABLE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/hostile.md");

/// The limits of a file, and the most that we may hold because of it.
fn limits(case: &Case) -> (Limits, u64) {
    if case.family == corpus::AT_THE_LIMIT {
        let limits = Limits { source_pixels: corpus::limits::SOURCE_PIXELS, ..Limits::default() };
        return (limits, PEAK_BYTES_MAX + corpus::limits::SOURCE_PIXELS * PEAK_BYTES_PER_PIXEL);
    }
    (Limits::default(), PEAK_BYTES_MAX)
}

/// What is freed goes back at once, or a file would be charged less for what one before it left behind. The C library reads it at the
/// start of a process, and we by it which of the two we are.
const FREED: [(&str, &str); 2] = [("MALLOC_MMAP_THRESHOLD_", "65536"), ("MALLOC_TRIM_THRESHOLD_", "0")];

#[test]
#[expect(clippy::disallowed_methods, reason = "no setting: what this process was started with")]
fn the_corpus_comes_to_what_it_should() {
    if FREED.iter().all(|(name, value)| std::env::var(name).is_ok_and(|found| found == *value)) {
        return run_the_corpus();
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "hostile::report::the_corpus_comes_to_what_it_should", "--nocapture"]).envs(FREED);
    let output = child.output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    println!("{}", fs::read_to_string(TABLE).unwrap());
}

fn run_the_corpus() {
    let mut lines: BTreeMap<&str, Line> = BTreeMap::new();
    let mut failures = Vec::new();
    for case in corpus::all() {
        for (query, expected) in QUERIES.into_iter().zip(case.expected.0) {
            let found = Found::of(&case, query);
            if let Some(failure) = found.failure(&case, expected) {
                let Case { family, format, name, bytes, .. } = &case;
                failures.push(format!("{format}, {family}: {name} ({} bytes), {query}: {failure}", bytes.len()));
            }
            lines.entry(case.format).or_default().count(&case, &found);
        }
    }
    fs::write(TABLE, table(&lines)).unwrap();
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

/// What came of one file by one recipe.
struct Found {
    result: Result<Rendered>,
    peak_bytes: u64,
    time: Duration,
}

impl Found {
    fn of(case: &Case, query: &str) -> Self {
        let recipe = Recipe::parse(query).unwrap().unwrap();
        let options = Options { limits: limits(case).0, ..Options::default() };
        let before = forget_peak();
        let begun = Instant::now();
        let result = cancelled_in_the_end(|cancel| pixfront::image::render(&case.bytes, &recipe, &options, cancel));
        let time = begun.elapsed();
        Self { result, peak_bytes: peak().saturating_sub(before), time }
    }

    fn outcome(&self, case: &Case) -> Outcome {
        match &self.result {
            Ok(rendered) if rendered.width == 0 && rendered.bytes == case.bytes => Outcome::Passed,
            Ok(_) => Outcome::Picture,
            Err(error) => Outcome::Refused(error.kind()),
        }
    }

    fn failure(&self, case: &Case, expected: Outcome) -> Option<String> {
        let found = self.outcome(case);
        let is_expected = match expected {
            Outcome::Clean => {
                let is_refused = |kind| matches!(kind, Kind::Corrupt | Kind::Unsupported | Kind::TooLarge);
                matches!(found, Outcome::Picture) || matches!(found, Outcome::Refused(kind) if is_refused(kind))
            }
            expected => found == expected,
        };
        if !is_expected {
            let words = self.result.as_ref().err().map(pixfront::error::Error::chain).unwrap_or_default();
            return Some(format!("{found:?}, not {expected:?} {words}"));
        }
        let (peak, allowed) = (self.peak_bytes, limits(case).1);
        (peak > allowed).then(|| format!("held {} MB, over {}", peak >> 20, allowed >> 20))
    }
}

/// Runs with a [`Cancel`] that is cancelled at the deadline.
fn cancelled_in_the_end<T>(run: impl FnOnce(&Cancel) -> T) -> T {
    let cancel = &Cancel::default();
    let (done, is_done) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if is_done.recv_timeout(DEADLINE) == Err(RecvTimeoutError::Timeout) {
                cancel.cancel();
            }
        });
        let result = run(cancel);
        drop(done);
        result
    })
}

/// Has the kernel count the peak anew, and tells what is held now.
fn forget_peak() -> u64 {
    let _ = fs::write("/proc/self/clear_refs", "5");
    peak()
}

/// The most memory that was held at a time, by whomever; only Linux tells.
fn peak() -> u64 {
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return 0 };
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// What is said of a format.
#[derive(Default)]
struct Line {
    files: usize,
    outcomes: BTreeMap<&'static str, usize>,
    hungriest: (u64, String),
    slowest: (Duration, String),
}

const OUTCOMES: [&str; 5] = ["picture", "passed", "corrupt", "too-large", "unsupported"];

impl Line {
    fn count(&mut self, case: &Case, found: &Found) {
        self.files += 1;
        let outcome = match found.outcome(case) {
            Outcome::Picture | Outcome::Clean => "picture",
            Outcome::Passed => "passed",
            Outcome::Refused(kind) => kind.name(),
        };
        *self.outcomes.entry(outcome).or_default() += 1;
        let name = format!("{}: {}", case.family, case.name);
        if found.peak_bytes > self.hungriest.0 {
            self.hungriest = (found.peak_bytes, name.clone());
        }
        if found.time > self.slowest.0 {
            self.slowest = (found.time, name);
        }
    }
}

fn table(lines: &BTreeMap<&str, Line>) -> String {
    let columns = ["format", "renders"].into_iter().chain(OUTCOMES).chain(["peak, MB", "by", "longest, ms", "by"]);
    let head: Vec<_> = columns.collect();
    let mut table = format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len()));
    for (format, line) in lines {
        let counts = OUTCOMES.map(|outcome| line.outcomes.get(outcome).copied().unwrap_or_default().to_string());
        let ((peak, hungriest), (time, slowest)) = (&line.hungriest, &line.slowest);
        let cells = [
            (*format).to_owned(),
            line.files.to_string(),
            counts.join(" | "),
            format!("{:.1}", *peak as f64 / f64::from(1 << 20)),
            hungriest.clone(),
            time.as_millis().to_string(),
            slowest.clone(),
        ];
        table.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    table
}
