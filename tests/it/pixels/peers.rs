//! Our pictures beside Pillow's and sharp's of the same sources: `tests/peers` makes both, and says how far apart they may be.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use tempfile::TempDir;

use super::reference::{Picture, distance, ssimulacra2};
use super::{render, sources};
use crate::pixels::sniff;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[derive(Deserialize)]
struct Case {
    name: String,
    source: String,
    query: String,
    max: f64,
    mean: f64,
}

/// What a peer made, and how ours compares.
struct Compared {
    peer: &'static str,
    cells: String,
    is_close: bool,
}

#[test]
fn pictures_look_as_pillows_and_sharps_do() {
    let folder = TempDir::new().unwrap();
    let cases = make_references(folder.path());
    let mut table = String::from(
        "| case | query | may differ by, max and mean | Pillow: max | mean | SSIMULACRA2 | sharp: max | mean | SSIMULACRA2 |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    let mut far = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let rendered = render(&fs::read(folder.path().join(&case.source)).unwrap(), &case.query);
        let ours = sources::decode(&rendered.bytes, sniff(&rendered.bytes).unwrap());
        let compared = ["pillow", "sharp"]
            .map(|peer| compare(case, &ours, peer, &folder.path().join(format!("{number}.{peer}.png"))));
        let Case { name, query, max, mean, .. } = case;
        let cells: Vec<_> = compared.iter().map(|compared| compared.cells.as_str()).collect();
        table += &format!("| {name} | `{query}` | {max} {mean} | {} |\n", cells.join(" | "));
        // One of two must agree, so that a peer may be wrong; where both can read it and neither agrees, we are.
        if !compared.iter().any(|compared| compared.is_close) {
            far.push(format!("{name}: {}", compared.map(|c| format!("{}: {}", c.peer, c.cells)).join("; ")));
        }
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers.md");
    fs::write(&path, table).unwrap();
    assert!(far.is_empty(), "{} of {} are too far apart:\n{}", far.len(), cases.len(), far.join("\n"));
}

fn compare(case: &Case, ours: &Picture, peer: &'static str, path: &Path) -> Compared {
    let Ok(bytes) = fs::read(path) else {
        return Compared { peer, cells: "– | – | –".to_owned(), is_close: false };
    };
    let theirs = sources::decode(&bytes, pixfront::format::Format::Png);
    assert_eq!(ours.size(), theirs.size(), "{} and {peer}", case.name);
    let found = distance(ours, &theirs);
    let cells = format!("{:.0} | {:.2} | {:.1}", found.max, found.mean, ssimulacra2(&theirs, ours));
    Compared { peer, cells, is_close: found.max <= case.max && found.mean <= case.mean }
}

fn make_references(folder: &Path) -> Vec<Case> {
    python([scripts().join("pillow.py").as_path(), folder]);
    node("sharp.mjs", folder);
    serde_json::from_slice(&fs::read(folder.join("cases.json")).unwrap()).unwrap()
}

pub(super) fn scripts() -> PathBuf {
    Path::new(ROOT).join("tests/peers")
}

/// Runs one of the scripts where sharp is.
pub(super) fn node(script: &str, folder: &Path) {
    let modules = Path::new(ROOT).join(".tools/node/node_modules");
    let mut node = Command::new(modules.join("node-22/bin/node"));
    run(node.arg(scripts().join(script)).arg(folder).arg(&modules));
}

/// Runs a script where Pillow is.
pub(super) fn python<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) {
    let program = Path::new(ROOT).join(".tools/venv/bin/python");
    run(Command::new(program).env("PYTHONDONTWRITEBYTECODE", "1").args(arguments));
}

fn run(command: &mut Command) {
    let program = Path::new(command.get_program()).display().to_string();
    let output = command.output().unwrap_or_else(|error| panic!("{program}, which `make test` installs: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}
