//! The engine by itself: one thread, buffer to buffer, on a photograph of 12 megapixels.
//!
//! `make bench` fetches the photograph (Debian's `mate-backgrounds`) and keeps the raw times in `bench/results/`. The cases run
//! interleaved, so that a noisy minute hits them all alike. Peers are not measured here yet.
#![allow(missing_docs, clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its table")]
#![allow(clippy::disallowed_methods, reason = "a bench reads the machine it runs on")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use pixfront::image::{Cancel, Options, render};
use pixfront::request::Request;
use pixfront::variant::{Policy, Recipe};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

/// How the photograph becomes a source, and what is made of it; "half" is what uploads get.
const CASES: [(&str, &str); 8] = [
    ("f=jpeg&q=88", "w=200&f=webp"),
    ("f=jpeg&q=88", "w=400&f=webp"),
    ("f=jpeg&q=88", "w=1440&f=webp"),
    ("f=jpeg&q=88", "w=720&f=jpeg"),
    ("f=jpeg&q=88", "half"),
    ("f=jpeg&q=88", "w=400&f=png"),
    ("f=webp&q=88", "w=400&f=webp"),
    ("f=png&w=2000", "w=400&f=webp"),
];

struct Case {
    name: String,
    source: Vec<u8>,
    recipe: Recipe,
    times_ms: Vec<f64>,
    result: Value,
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let photograph = arguments.next().ok_or("say which photograph: make bench does")?;
    let rounds: usize = arguments.next().map_or(Ok(15), |rounds| rounds.parse())?;
    let mut cases =
        CASES.iter().map(|(source, work)| Case::new(&photograph, source, work)).collect::<Result<Vec<_>, _>>()?;
    for round in 0..=rounds {
        for case in &mut cases {
            // The first round warms up and does not count.
            case.run(round > 0)?;
        }
        eprint!("\rround {round} of {rounds}");
    }
    eprintln!();
    let rows: Vec<_> = cases.iter_mut().map(Case::row).collect();
    report(&photograph, rounds, &rows)
}

impl Case {
    fn new(photograph: &str, source: &str, work: &str) -> Result<Self, Failure> {
        let photograph = fs::read(photograph)?;
        // 4000 × 3000 like a telephone's, cut from the middle.
        let cut = apply(&photograph, &recipe("w=4000&h=3000&fit=cover&f=jpeg&q=95")?)?.0;
        let source_bytes = apply(&cut, &recipe(source)?)?.0;
        let recipe = if work == "half" { Recipe::HALF } else { recipe(work)? };
        let name = format!("{source} → {work}");
        Ok(Self { name, source: source_bytes, recipe, times_ms: Vec::new(), result: Value::Null })
    }

    fn run(&mut self, counts: bool) -> Result<(), Failure> {
        let begun = Instant::now();
        let (bytes, size) = apply(&self.source, &self.recipe)?;
        if counts {
            self.times_ms.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        self.result = json!({ "bytes": bytes.len(), "width": size.0, "height": size.1 });
        Ok(())
    }

    fn row(&mut self) -> Value {
        let raw = self.times_ms.clone();
        self.times_ms.sort_by(f64::total_cmp);
        let at = |share: usize| self.times_ms.get((self.times_ms.len() - 1) * share / 100).copied();
        json!({
            "case": self.name, "source_bytes": self.source.len(), "result": self.result,
            "median_ms": at(50), "p10_ms": at(10), "p90_ms": at(90), "raw_ms": raw,
        })
    }
}

fn recipe(parameters: &str) -> Result<Recipe, Failure> {
    let request = Request::parse("/bench", parameters, None)?;
    Ok(Recipe::settle(&request.params, request.accepts, &Policy::default())?)
}

fn apply(source: &[u8], recipe: &Recipe) -> Result<(Vec<u8>, (u32, u32)), Failure> {
    let rendered = render(source, recipe, &Options::default(), &Cancel::default())?;
    Ok((rendered.bytes.to_vec(), (rendered.width, rendered.height)))
}

fn report(photograph: &str, rounds: usize, rows: &[Value]) -> Result<(), Failure> {
    println!("| case | median ms | p10–p90 | bytes |\n|---|--:|--:|--:|");
    for row in rows {
        let ms = |field: &str| row[field].as_f64().unwrap_or(f64::NAN);
        let (name, bytes) = (row["case"].as_str().unwrap_or_default(), &row["result"]["bytes"]);
        println!("| {name} | {:.1} | {:.1}–{:.1} | {bytes} |", ms("median_ms"), ms("p10_ms"), ms("p90_ms"));
    }
    let (date, revision) = (said("date", &["+%F"])?, said("git", &["describe", "--always", "--dirty"])?);
    let results = json!({
        "date": date, "revision": revision, "rounds": rounds, "photograph": Path::new(photograph).file_name().map(|name| name.to_string_lossy()),
        "machine": said("uname", &["-srm"])?, "cpu": cpu(), "rows": rows,
    });
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("bench/results/{date}-{revision}.json"));
    fs::write(&path, serde_json::to_string_pretty(&results)? + "\n")?;
    println!("\nraw times: {}", path.display());
    Ok(())
}

fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| "unknown".to_owned(), |(_, model)| model.to_owned())
}

fn said(program: &str, arguments: &[&str]) -> Result<String, Failure> {
    Ok(String::from_utf8(Command::new(program).args(arguments).output()?.stdout)?.trim().to_owned())
}
