//! `pixfront stats`: its numbers against those that are computed here.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::collections::BTreeMap;

use pixfront::store::{Row, Stores, local};
use serde_json::{Value, json};

use crate::backfill::put;
use crate::world::{Op, Place, World, program};

/// A row of so many bytes.
fn row(name: &str, variant: &str, bytes: u64, etag: &str) -> Row {
    let format = if variant.contains("webp") { "webp" } else { "jpeg" };
    Row {
        name: name.into(),
        variant: variant.into(),
        bytes,
        width: 4,
        height: 3,
        format: format.into(),
        source_etag: etag.into(),
        render_ms: bytes % 97,
        time_ms: 1_700_000_000_000 + bytes * 1000,
    }
}

/// Originals with current, outdated and orphaned variants; more than a page of rows, and one original on both sides of its end.
async fn fill(stores: &Stores) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut seed = 7_u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for i in 0..120 {
        let name = format!("photos/{i:03}.jpg");
        let body = vec![b'x'; usize::try_from(1 + random(5_000)).unwrap()];
        let etag = pixfront::key::etag(&[body.as_slice(), name.as_bytes()].concat());
        if i % 10 != 0 {
            assert_eq!(put(stores, &name, [body.as_slice(), name.as_bytes()].concat()).await, etag);
        }
        rows.push(row(&name, &format!("resized-{name}"), random(9_000), &etag));
        for side in 0..random(20) {
            let of = if random(8) == 0 { "older" } else { etag.as_str() };
            rows.push(row(&name, &format!("w={},f=webp", 100 + side), random(3_000), of));
        }
    }
    // Its name ends as a recipe does, and its recipe must not lose that.
    rows.push(row("0", "w=400", 12, "gone"));
    for row in &rows {
        stores.ledger.record(row.clone()).await.unwrap();
    }
    assert!(rows.len() > 1_100, "{}", rows.len());
    rows
}

/// The same by a table in memory.
async fn expected(stores: &Stores, rows: &[Row], top: usize) -> Value {
    let (mut saved, mut original_bytes) = (0_i64, 0);
    let [mut current, mut outdated, mut orphaned] = [0, 0, 0];
    let (mut formats, mut recipes) = (BTreeMap::<_, (u64, u64)>::new(), BTreeMap::<String, u64>::new());
    let mut counted = std::collections::BTreeSet::new();
    for row in rows {
        match stores.originals.head(&row.name).await {
            Ok(head) if head.etag == row.source_etag => {
                current += 1;
                saved += i64::try_from(head.bytes).unwrap() - i64::try_from(row.bytes).unwrap();
                if counted.insert(row.name.as_str()) {
                    original_bytes += head.bytes;
                }
            }
            Ok(_) => outdated += 1,
            Err(_) => orphaned += 1,
        }
        let format = formats.entry(row.format.as_str()).or_default();
        *format = (format.0 + 1, format.1 + row.bytes);
        let recipe = if row.variant.starts_with("resized-") { "resized-" } else { &row.variant };
        *recipes.entry(recipe.to_owned()).or_default() += 1;
    }
    let mut recipes: Vec<_> = recipes.into_iter().collect();
    recipes.sort_by_key(|(recipe, count)| (u64::MAX - count, recipe.clone()));
    recipes.truncate(top);
    let mut by_size: Vec<_> = rows.iter().collect();
    by_size.sort_by_key(|row| (u64::MAX - row.bytes, &row.name, &row.variant));
    let entry =
        |row: &Row| json!({ "name": row.name, "variant": row.variant, "bytes": row.bytes, "time_ms": row.time_ms });
    let names: std::collections::BTreeSet<_> = rows.iter().map(|row| &row.name).collect();
    let sums = formats.into_iter().map(|(name, (variants, bytes))| {
        let sums = json!({ "variants": variants, "bytes": bytes });
        (name.to_owned(), sums)
    });
    let formats: serde_json::Map<_, _> = sums.collect();
    json!({
        "originals": names.len(),
        "variants": rows.len(),
        "names": 0,
        "bytes": rows.iter().map(|row| row.bytes).sum::<u64>(),
        "compared": {
            "original_bytes": original_bytes, "saved_bytes": saved, "current": current, "outdated": outdated, "orphaned": orphaned,
        },
        "formats": formats,
        "recipes": recipes,
        "recipes_too_high": 0,
        "largest": by_size.iter().take(top).map(|row| entry(row)).collect::<Vec<_>>(),
        "render_ms": rows.iter().map(|row| row.render_ms).sum::<u64>(),
        "oldest": rows.iter().map(|row| row.time_ms).min(),
        "newest": rows.iter().map(|row| row.time_ms).max(),
    })
}

/// Of several that are equally old, any may be named.
fn with_times_alone(mut said: Value) -> Value {
    for name in ["oldest", "newest"] {
        said[name] = said[name]["time_ms"].take();
    }
    said
}

#[tokio::test]
async fn the_numbers_are_those_of_the_rows() {
    let dir = tempfile::tempdir().unwrap();
    let stores = local::open(dir.path()).unwrap();
    let rows = fill(&stores).await;
    for top in [0, 3, 30] {
        let output =
            program(["stats", "--json", "--top", &top.to_string(), "--data"]).arg(dir.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = with_times_alone(serde_json::from_slice(&output.stdout).unwrap());
        assert_eq!(said, expected(&stores, &rows, top).await, "top {top}");
    }
}

#[tokio::test]
async fn originals_are_asked_once_or_not_at_all() {
    let world = World::new();
    let rows = fill(&world.stores).await;
    let stats = world.service.stats(5, true, |_| ()).await.unwrap();
    assert_eq!(json!(stats)["compared"], expected(&world.stores, &rows, 5).await["compared"]);
    assert_eq!(world.script.calls(Place::Originals, Op::Head), 121);
    assert_eq!(world.script.calls(Place::Table, Op::Rows), rows.len() / 1000 + 1);
    let stats = world.service.stats(5, false, |_| ()).await.unwrap();
    assert!(stats.compared.is_none() && stats.variants == rows.len() as u64);
    assert_eq!(world.script.calls(Place::Originals, Op::Head), 121);
}

#[tokio::test]
async fn a_table_of_names_knows_no_variants() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = local::open(dir.path()).unwrap().ledger;
    for name in ["cat.jpg", "dog.jpg"] {
        ledger.record(Row { name: name.into(), ..Row::default() }).await.unwrap();
    }
    let output = program(["stats", "--data"]).arg(dir.path()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("originals   2\nvariants    0\n") && said.contains("2 rows are names alone"), "{said}");
}

/// Another system may have written anything into a row.
#[tokio::test]
async fn numbers_that_no_variant_has_are_summed_up_all_the_same() {
    let world = World::new();
    let etag = put(&world.stores, "cat.jpg", "x").await;
    for (variant, of) in [("w=1", &*etag), ("w=2", &etag), ("w=3", "older"), ("w=4", "older")] {
        let row = Row { bytes: u64::MAX, render_ms: u64::MAX, time_ms: u64::MAX, ..row("cat.jpg", variant, 1, of) };
        world.stores.ledger.record(row).await.unwrap();
    }
    let stats = world.service.stats(5, true, |_| ()).await.unwrap();
    assert_eq!((stats.variants, stats.bytes, stats.render_ms), (4, u64::MAX, u64::MAX));
    assert_eq!((stats.formats["jpeg"].variants, stats.formats["jpeg"].bytes), (4, u64::MAX));
    let compared = stats.compared.unwrap();
    assert_eq!(
        (compared.current, compared.outdated, compared.saved_bytes),
        (2, 2, i64::MIN),
        "nothing is saved by them"
    );
}

#[tokio::test]
async fn it_is_read_by_people_too() {
    let dir = tempfile::tempdir().unwrap();
    let stores = local::open(dir.path()).unwrap();
    let run = |arguments: &[&str]| program(["stats", "--data"]).arg(dir.path()).args(arguments).output().unwrap();
    let said = |arguments: &[&str]| String::from_utf8(run(arguments).stdout).unwrap();
    assert!(said(&[]).starts_with("originals   0\nvariants    0\nstored      0 B\n"), "{}", said(&[]));

    let etag = put(&stores, "cat.jpg", vec![b'x'; 2_000]).await;
    for (variant, bytes) in [("w=40,f=webp", 500), ("w=80,f=webp", 2_700)] {
        stores.ledger.record(row("cat.jpg", variant, bytes, &etag)).await.unwrap();
    }
    stores.ledger.record(row("dog\u{1b}.jpg", "resized-dog\u{1b}.jpg", 100, "gone")).await.unwrap();
    let words = said(&[]);
    for line in [
        "originals   2\n",
        "variants    3\n",
        "stored      3.22 KiB\n",
        "saved       800 B, if each of 2 current variants is sent once in place of its original\n",
        "not current 0 of older bytes, 1 whose original is gone\n",
        "rendering   33 ms each, 0 s in all\n",
        "oldest      2023-11-14 22:15:00 UTC  dog\\u{1b}.jpg as resized-dog\\u{1b}.jpg\n",
        "newest      2023-11-14 22:58:20 UTC  cat.jpg as w=80,f=webp\n",
        "webp                 2     3.12 KiB\n",
    ] {
        assert!(words.contains(line), "{line:?} is not in:\n{words}");
    }
    // Longer than the original is no saving.
    stores.ledger.record(row("cat.jpg", "f=png", 5_000, &etag)).await.unwrap();
    assert!(said(&[]).contains("saved       -2.15 KiB, if each of 3"), "{}", said(&[]));
    assert!(!said(&["--no-originals"]).contains("saved"));
    for (arguments, code) in
        [(&["--top", "few"][..], 2), (&["--top"], 2), (&["cat.jpg"], 2), (&["--data", "nowhere"], 2)]
    {
        assert_eq!(run(arguments).status.code(), Some(code), "{arguments:?}");
    }
    assert_eq!(
        program(["stats", "--data", "nowhere"]).current_dir(dir.path()).output().unwrap().status.code(),
        Some(12)
    );
}
