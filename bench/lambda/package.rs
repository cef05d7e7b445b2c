//! What the functions' zips hold, unpacked once, and the Node.js that runs them.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::super::Failure;
use super::super::result::Peer;
use super::Functions;
use super::work::Work;

/// Those that Lambda has.
pub(super) const NODES: [u8; 2] = [22, 24];

pub(super) struct Packages {
    /// Our edge function: launcher and program.
    ours: TempDir,
    /// Those in `bench/peers/lambda-sharp`.
    theirs: TempDir,
}

impl Packages {
    pub(super) fn new(functions: &Functions) -> Result<Self, Failure> {
        let (ours, theirs) = (TempDir::new()?, TempDir::new()?);
        let bootstrap = ours.path().join("bootstrap");
        fs::copy(super::super::root().join("cloudfront/edge/index.mjs"), ours.path().join("index.mjs"))?;
        fs::copy(&functions.origin_response, &bootstrap)
            .map_err(|error| format!("{}: {error}", functions.origin_response.display()))?;
        fs::set_permissions(bootstrap, fs::Permissions::from_mode(0o755))?;
        for file in fs::read_dir(super::super::root().join("bench/peers/lambda-sharp"))? {
            let file = file?;
            fs::copy(file.path(), theirs.path().join(file.file_name()))?;
        }
        // A link to nothing where there are none: those functions are not started then.
        symlink(modules(), theirs.path().join("node_modules"))?;
        Ok(Self { ours, theirs })
    }

    /// Node.js with Lambda's own runtime interface client, which starts the handler.
    pub(super) fn command(node: u8, peer: Peer, work: Work) -> Result<Command, Failure> {
        let mut command = Command::new(tool(&format!("node-{node}/bin/node"))?);
        command.arg(tool("aws-lambda-ric/index.mjs")?).arg(handler(peer, work));
        Ok(command)
    }

    /// Tells it where the package is.
    pub(super) fn say(&self, peer: Peer, work: Work, command: &mut Command) {
        let package = if peer == Peer::Pixfront { &self.ours } else { &self.theirs };
        command.env("LAMBDA_TASK_ROOT", package.path()).env("_HANDLER", handler(peer, work));
    }
}

fn handler(peer: Peer, work: Work) -> &'static str {
    match work {
        // The launcher, which has one handler.
        _ if peer == Peer::Pixfront => "index.handler",
        Work::Upload => "upload.handler",
        Work::OriginResponse | Work::HttpOrigin => "origin-response.handler",
        Work::Nothing => "nothing.handler",
    }
}

/// What each peer says that it is.
pub(super) fn versions() -> Result<Vec<(Peer, String)>, Failure> {
    const SAYS: &str = "const { sharp, vips } = require('sharp').versions; \
        console.log(`sharp ${sharp}, libvips ${vips}, @aws-sdk/client-s3 ${require('@aws-sdk/client-s3/package.json').version}`)";
    let modules = modules();
    let said = |node: &str, script: &str| -> Result<String, Failure> {
        let output = Command::new(tool(node)?).args(["-e", script]).env("NODE_PATH", &modules).output()?;
        if !output.status.success() {
            return Err(format!("{node} fails: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    };
    let mut nodes = Vec::new();
    for node in NODES {
        nodes.push(said(&format!("node-{node}/bin/node"), "console.log(process.version.slice(1))")?);
    }
    let package: serde_json::Value = serde_json::from_slice(&fs::read(tool("aws-lambda-ric/package.json")?)?)?;
    let client = package["version"].as_str().unwrap_or("of unknown version");
    let node = format!("Node.js {}, aws-lambda-ric {client}", nodes.join(" and "));
    let mut versions = vec![(Peer::Node, node)];
    if missing(Peer::Sharp).is_none() {
        versions.push((Peer::Sharp, said("node-24/bin/node", SAYS)?));
    }
    Ok(versions)
}

/// Of what `scripts/node-tools.sh` fetches.
fn tool(path: &str) -> Result<PathBuf, Failure> {
    let tool = super::super::root().join(".tools/node/node_modules").join(path);
    if tool.exists() {
        Ok(tool)
    } else {
        Err(format!("there is no {}; `make node` installs it", tool.display()).into())
    }
}

/// Why a peer's functions can't be started. What the others need, the tests need as well: without it the suite fails.
pub(super) fn missing(peer: Peer) -> Option<String> {
    let is_missing = peer == Peer::Sharp && !modules().exists();
    is_missing.then(|| "not installed: scripts/bench-lambda-tools.sh does it".to_owned())
}

/// What sharp's functions are made of.
fn modules() -> PathBuf {
    super::super::root().join(".tools/bench/lambda-node/node_modules")
}
