//! Pixfront's own engine as a peer: the tasks of [`super::task`], done by `pixfront::image::render`.

use std::collections::HashMap;
use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use pixfront::image::{Cancel, Options, Rendered, render};
use pixfront::request::Request;
use pixfront::variant::{Policy, Recipe};
use serde::Serialize;

use super::Failure;
use super::machine::{cores, revision};
use super::task::{Answer, Done, Hello, Task};

/// Until the input ends.
pub(crate) fn work() -> Result<(), Failure> {
    say(&Hello { version: format!("Pixfront {} at {}", env!("CARGO_PKG_VERSION"), revision()?) })?;
    let mut sources = HashMap::<PathBuf, Vec<u8>>::new();
    for line in std::io::stdin().lock().lines() {
        let task: Task = serde_json::from_str(&line?)?;
        if !sources.contains_key(&task.source) {
            let bytes = std::fs::read(&task.source).map_err(|error| format!("{}: {error}", task.source.display()))?;
            sources.insert(task.source.clone(), bytes);
        }
        let source = sources.get(&task.source).ok_or("a source that was just read")?;
        say(&Answer::Done(answer(source, &task)?))?;
    }
    Ok(())
}

fn answer(source: &[u8], task: &Task) -> Result<Done, Failure> {
    let recipe = recipe(task)?;
    let options = options(task)?;
    let made = AtomicU32::new(0);
    // As `serve` does it: a render has a thread to itself, and there are as many threads as cores.
    let work = || {
        let mut last = None;
        while made.fetch_add(1, Ordering::Relaxed) < task.copies {
            last = Some(render(source, &recipe, &options, &Cancel::default()));
        }
        last.transpose()
    };
    let begun = Instant::now();
    let rendered = if task.copies == 1 {
        work()?
    } else {
        let threads = cores().min(task.copies as usize);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let all = threads.into_iter().map(|thread| thread.join().map_err(|_| "a render panicked".into()));
            all.map(|one: Result<_, Failure>| Ok(one??)).collect::<Result<Vec<Option<Rendered>>, Failure>>()
        })?
        .into_iter()
        .flatten()
        .next()
    };
    let ms = begun.elapsed().as_secs_f64() * 1000.0;
    let rendered = rendered.ok_or("no copies were asked for")?;
    if let Some(path) = &task.keep {
        std::fs::write(path, &rendered.bytes)?;
    }
    Ok(Done { ms, bytes: rendered.bytes.len() as u64, width: rendered.width, height: rendered.height })
}

/// What the URL of such a picture would be.
fn recipe(task: &Task) -> Result<Recipe, Failure> {
    let quality = if task.format == "png" { String::new() } else { format!("&q={}", task.quality) };
    recipe_of(&format!("w={}&f={}{quality}", task.width, task.format))
}

pub(crate) fn recipe_of(parameters: &str) -> Result<Recipe, Failure> {
    let request = Request::parse("/bench", parameters, None)?;
    Ok(Recipe::settle(&request.params, request.accepts, &Policy::default())?)
}

fn options(task: &Task) -> Result<Options, Failure> {
    let mut options = Options::default();
    match (task.format.as_str(), task.effort) {
        (_, None) => {}
        ("webp", Some(effort)) => options.encoding.webp_effort = effort,
        ("avif", Some(speed)) => options.encoding.avif_speed = Some(speed),
        ("jpeg", Some(progressive)) => options.encoding.jpeg_progressive = progressive > 0,
        (format, Some(effort)) => return Err(format!("{format} has no effort {effort} here").into()),
    }
    Ok(options)
}

fn say(words: &impl Serialize) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{}", serde_json::to_string(words)?)?;
    Ok(output.flush()?)
}
