//! Where the programs are that `make bench` installs, and what they say that they are.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::super::Failure;
use super::super::result::Peer;
use super::server::Kind;

/// For a program to say its version.
const ANSWER: Duration = Duration::from_secs(30);

pub(super) fn is_installed(kind: Kind) -> bool {
    match kind {
        Kind::Ipx => node().is_file() && ipx().join("bin/ipx.mjs").is_file(),
        Kind::Thumbor => thumbor().join("thumbor").is_file(),
        Kind::Pixfront => true,
    }
}

/// What those of them say that they are that did something.
pub(super) async fn versions(
    pixfront: &Path,
    has_measured: impl Fn(Kind) -> bool,
) -> Result<Vec<(Peer, String)>, Failure> {
    const IPX: &str = "const sharp = require('sharp').versions; console.log(`ipx ${require(process.argv[1]).version}, \
                       sharp ${sharp.sharp}, libvips ${sharp.vips}, Node.js ${process.versions.node}`)";
    const THUMBOR: &str = "from importlib.metadata import version; from platform import python_version; \
                           print(f\"thumbor {version('thumbor')}, Pillow {version('pillow')}, Python {python_version()}\")";
    let mut versions = Vec::new();
    for kind in [Kind::Pixfront, Kind::Ipx, Kind::Thumbor].into_iter().filter(|kind| has_measured(*kind)) {
        let mut command = Command::new(pixfront);
        match kind {
            Kind::Ipx => {
                command = Command::new(node());
                command.current_dir(ipx()).args(["-e", IPX]).arg(ipx().join("package.json"));
            }
            Kind::Thumbor => {
                command = Command::new(thumbor().join("python"));
                command.args(["-c", THUMBOR]);
            }
            Kind::Pixfront => {
                command.arg("--version");
            }
        }
        versions.push((kind.peer(), said_by(command, ANSWER).await?.trim().to_owned()));
    }
    Ok(versions)
}

pub(super) fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools")
}

pub(super) fn node() -> PathBuf {
    tools().join("node/node_modules/node-22/bin/node")
}

pub(super) fn ipx() -> PathBuf {
    tools().join("bench/node/node_modules/ipx")
}

pub(super) fn thumbor() -> PathBuf {
    tools().join("bench/thumbor/bin")
}

pub(super) fn oha() -> PathBuf {
    tools().join("bench/bin/oha")
}

pub(super) async fn oha_version() -> Result<String, Failure> {
    let mut command = Command::new(oha());
    command.arg("--version");
    Ok(said_by(command, ANSWER).await?.trim().to_owned())
}

/// What a program writes that should end by itself; killed at the deadline.
pub(super) async fn said_by(command: Command, deadline: Duration) -> Result<String, Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut command = tokio::process::Command::from(command);
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(deadline, output).await;
    let output = output.map_err(|_| format!("{name} was not done after {} s", deadline.as_secs()))?;
    let output = output.map_err(|error| format!("{name} could not be started: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name} failed ({}): {}", output.status, said.trim()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
