//! The doors of the functions: recorded events in, JSON out. The recordings are in `tests/events/`.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::path::Path;

use serde_json::{Value, json};

mod origin_response;
mod upload;

/// A recorded event.
pub(crate) fn event(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/events/{name}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Things that are no events at all.
pub(crate) fn garbage() -> Vec<Value> {
    vec![
        Value::Null,
        json!(7),
        json!("Records"),
        json!([]),
        json!({}),
        json!({ "Records": null }),
        json!({ "Records": {} }),
        json!({ "Records": [null] }),
        json!({ "Records": [{}] }),
        json!({ "Records": [{ "cf": {} }] }),
        json!({ "Records": [{ "cf": { "request": {}, "response": {} } }] }),
        json!({ "Records": [{ "eventName": "ObjectCreated:Put" }] }),
        json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": { "bucket": {}, "object": { "key": 7 } } }] }),
        json!({ "records": [] }),
    ]
}

/// A PNG that nothing makes shorter: three bytes a pixel.
pub(crate) fn noise(side: u32) -> Vec<u8> {
    let mut dice = Dice(0x5EED);
    let noise = image::RgbImage::from_fn(side, side, |_, _| {
        image::Rgb([0; 3].map(|_: u8| u8::try_from(dice.roll(256)).unwrap()))
    });
    let mut png = std::io::Cursor::new(Vec::new());
    noise.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

/// Numbers that look random and are the same each time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

/// The event with a few of its values, names or characters changed.
pub(crate) fn mutated(event: &Value, dice: &mut Dice) -> Value {
    let mut event = event.clone();
    for _ in 0..=dice.roll(2) {
        mutate(&mut event, dice);
    }
    event
}

fn mutate(value: &mut Value, dice: &mut Dice) {
    // Deeper at most rolls, so that leaves are met as often as trunks.
    match value {
        Value::Array(items) if !items.is_empty() && dice.roll(30) > 0 => {
            let at = dice.roll(items.len());
            mutate(&mut items[at], dice);
        }
        Value::Object(pairs) if !pairs.is_empty() && dice.roll(30) > 0 => {
            let name = pairs.keys().nth(dice.roll(pairs.len())).unwrap().clone();
            match dice.roll(40) {
                0 => drop(pairs.remove(&name)),
                1 => {
                    let value = pairs.remove(&name).unwrap();
                    pairs.insert(name.to_uppercase(), value);
                }
                _ => mutate(&mut pairs[&name], dice),
            }
        }
        Value::String(text) if dice.roll(8) > 0 => mutate_text(text, dice),
        _ => *value = anything(dice),
    }
}

fn mutate_text(text: &mut String, dice: &mut Dice) {
    const PIECES: [&str; 16] =
        ["%", "%00", "%FF", "..", "/", "//", "\\", "\r\n", "\0", "?", "&w=9", "w=1,w=2", "그림", " ", "403", "=,=,"];
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let (from, to) = (ends[dice.roll(ends.len())], ends[dice.roll(ends.len())]);
    match dice.roll(3) {
        0 => text.truncate(from),
        1 => text.insert_str(from, PIECES[dice.roll(PIECES.len())]),
        _ => text.replace_range(from.min(to)..from.max(to), PIECES[dice.roll(PIECES.len())]),
    }
}

fn anything(dice: &mut Dice) -> Value {
    let values = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(403),
        json!(1e300),
        json!(""),
        json!("404"),
        json!("GET"),
        json!("x".repeat(5_000)),
        json!([]),
        json!([[]]),
        json!({}),
        json!({ "value": 1 }),
        json!([{ "key": "Accept", "value": "image/webp" }]),
    ];
    values[dice.roll(values.len())].clone()
}
