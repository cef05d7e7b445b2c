//! One task: so many results at once, timed from the source's bytes to the results'.

use std::collections::HashMap;
use std::time::Instant;
use std::{fs, thread};

use oximg::pipeline::{self, ImageFormat, Params};
use serde_json::{Value, json};

use crate::Failure;

/// The bytes of the files that were asked for, by their paths.
pub(crate) type Sources = HashMap<String, Vec<u8>>;

pub(crate) fn answer(task: &Value, threads: usize, sources: &mut Sources) -> Result<Value, Failure> {
    let format = match task["format"].as_str() {
        Some("jpeg") => ImageFormat::Jpeg,
        Some("webp") => ImageFormat::Webp,
        Some("png") => ImageFormat::Png,
        Some("avif") => return Ok(json!({ "unable": "oximg's AVIF needs SVT-AV1 4.1 or newer on the system" })),
        _ => return Ok(json!({ "unable": format!("this worker has no encoder named {}", task["format"]) })),
    };
    let path = task["source"].as_str().ok_or("the task names no source")?;
    if !sources.contains_key(path) {
        sources.insert(path.to_owned(), fs::read(path).map_err(|error| format!("{path}: {error}"))?);
    }
    let source = sources.get(path).ok_or("the source was just read")?;
    let copies = task["copies"].as_u64().and_then(|copies| usize::try_from(copies).ok()).unwrap_or(1);
    let params = params(task, format, if copies > 1 { 1 } else { threads })?;
    let begun = Instant::now();
    let made = make(source, &params, copies, threads)?;
    let ms = begun.elapsed().as_secs_f64() * 1000.0;
    // Its sizes are bounds, and its rounding its own.
    let (_, width, height) = pipeline::probe(&made)?;
    if let Some(keep) = task["keep"].as_str() {
        fs::write(keep, &made)?;
    }
    Ok(json!({ "done": { "ms": ms, "bytes": made.len(), "width": width, "height": height } }))
}

fn params(task: &Value, format: ImageFormat, parallel: usize) -> Result<Params, Failure> {
    let number = |field: &str| task[field].as_u64().and_then(|number| u32::try_from(number).ok());
    let quality = f32::from(u8::try_from(number("quality").ok_or("the task says no quality")?)?);
    Ok(Params {
        max_width: number("width").ok_or("the task says no width")?,
        max_height: number("height").ok_or("the task says no height")?,
        quality,
        webp_quality: Some(quality),
        parallel,
        output: Some(format),
        ..Params::default()
    })
}

/// The first of the copies, once all are made; as many at a time as there are threads, which share the work evenly.
fn make(source: &[u8], params: &Params, copies: usize, threads: usize) -> Result<Vec<u8>, Failure> {
    if copies <= 1 {
        return Ok(pipeline::process(source, params)?.0);
    }
    thread::scope(|scope| {
        let share = |nth: usize| (nth..copies).step_by(threads);
        let work = move |nth: usize| {
            let made = share(nth).map(|_| pipeline::process(source, params).map(|(made, _)| made));
            made.collect::<Result<Vec<_>, _>>()
        };
        let running: Vec<_> = (0..threads.min(copies)).map(|nth| scope.spawn(move || work(nth))).collect();
        let mut first = None;
        for thread in running {
            let made = thread.join().map_err(|_| "a thread of the worker panicked")??;
            first = first.or_else(|| made.into_iter().next());
        }
        first.ok_or_else(|| "no copy was made".into())
    })
}
