//! The hand-made systems that people come from, beside ours: their code and our settings stand in the pages of `docs/coming-from`, and
//! both are run here on the same uploads and URLs.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

mod account;
mod create_thumbnail;
mod lambda_edge_sharp;
mod three_sizes;
mod upload_trigger;

use account::{Account, Left};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A page about one of the old systems.
struct Page(String);

impl Page {
    fn read(name: &str) -> Self {
        Self(fs::read_to_string(Path::new(ROOT).join("docs/coming-from").join(name)).unwrap())
    }

    /// The block of code in this language; there is one.
    fn block(&self, language: &str) -> &str {
        let begin = format!("```{language}\n");
        let mut blocks = self.0.split(&begin).skip(1);
        let block = blocks.next().unwrap_or_else(|| panic!("the page has no block of {language}"));
        assert!(blocks.next().is_none(), "which block of {language}?");
        block.split_once("```\n").unwrap().0
    }

    /// Our settings, as the page has them exported.
    fn settings(&self) -> Vec<(String, String)> {
        let setting = |line: &str| {
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            (name.to_owned(), value.trim_matches('\'').to_owned())
        };
        self.block("sh").lines().map(setting).collect()
    }

    fn setting(&self, name: &str) -> String {
        self.settings().into_iter().find(|(known, _)| known == name).unwrap().1
    }
}

/// A program that `make test` installed.
fn tool(path: &str) -> PathBuf {
    let tool = Path::new(ROOT).join(".tools").join(path);
    assert!(tool.exists(), "there is no {}: `make test` installs it", tool.display());
    tool
}

/// What a program says on its standard output.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
