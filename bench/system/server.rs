//! The servers: how each is started, and how it spells a picture.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::super::Failure;
use super::super::result::Peer;
use super::case::Sort;
use super::installed::{ipx, node, thumbor};
use super::process::Process;
use super::workshop::{Picture, file_name};

const START: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(5);
const QUALITY: u8 = 80;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Pixfront,
    Ipx,
    Thumbor,
}

impl Kind {
    pub(super) fn peer(self) -> Peer {
        match self {
            Self::Pixfront => Peer::Pixfront,
            Self::Ipx => Peer::Ipx,
            Self::Thumbor => Peer::Thumbor,
        }
    }
}

pub(super) struct Server {
    pub(super) kind: Kind,
    pub(super) process: Process,
    address: SocketAddr,
}

impl Server {
    pub(super) async fn pixfront(program: &Path, data: &Path, sort: Sort, log: &Path) -> Result<Self, Failure> {
        let mut command = Command::new(program);
        command.args(["serve", "--port", "0", "--data"]).arg(data);
        // Nothing is refused for being late: what is late is to show in the percentiles.
        command.env("PIXFRONT_DEADLINE_MS", "60000");
        if sort == Sort::Warm {
            command.args(["--cache", "none"]);
        }
        let mut process = Process::spawn("pixfront serve", &mut command, log)?;
        let address = until(&mut process, "says where it is", |process| {
            let said = process.said()?;
            let line = said.lines().find_map(|line| line.strip_prefix("Pixfront is at http://"));
            Ok(line.map(str::parse).transpose()?)
        });
        Ok(Self { kind: Kind::Pixfront, address: address.await?, process })
    }

    pub(super) async fn ipx(originals: &Path, log: &Path) -> Result<Self, Failure> {
        let address = free_address()?;
        let mut command = Command::new(node());
        command.arg(ipx().join("bin/ipx.mjs")).arg("serve").arg("--dir").arg(originals);
        command.args(["--host", "127.0.0.1", "--port", &address.port().to_string()]);
        let mut process = Process::spawn("ipx", &mut command, log)?;
        // It tries the port before it takes it: who connects then is refused afterwards.
        let said = format!("127.0.0.1:{}", address.port());
        until(&mut process, "says where it is", |process| Ok(process.said()?.contains(&said).then_some(()))).await?;
        Ok(Self { kind: Kind::Ipx, address, process })
    }

    /// With a process a core, all of them there.
    pub(super) async fn thumbor(originals: &Path, log: &Path, client: &reqwest::Client) -> Result<Self, Failure> {
        let address = free_address()?;
        let settings = log.with_extension("conf");
        let root = originals.to_str().ok_or("thumbor's settings need a path of UTF-8")?;
        let text = format!(
            "LOADER = 'thumbor.loaders.file_loader'\nFILE_LOADER_ROOT_PATH = '{root}'\n\
             STORAGE = 'thumbor.storages.no_storage'\nRESULT_STORAGE = None\n"
        );
        fs::write(&settings, text)?;
        let mut command = Command::new(thumbor().join("thumbor"));
        command.args(["--ip", "127.0.0.1", "--port", &address.port().to_string(), "--processes", "0", "--conf"]);
        let mut process = Process::spawn("thumbor", command.arg(settings), log)?;
        listening(&mut process, address).await?;
        let processes = 1 + std::thread::available_parallelism()?.get();
        until(&mut process, "has all its processes", |process| Ok((process.count()? >= processes).then_some(())))
            .await?;
        let server = Self { kind: Kind::Thumbor, address, process };
        client.get(server.address("healthcheck")).send().await?.error_for_status()?;
        Ok(server)
    }

    pub(super) fn address(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub(super) fn url(&self, picture: &Picture) -> String {
        let Picture { width, room, format, original, .. } = *picture;
        let (format, name) = (format.word(), file_name(original));
        self.address(&match self.kind {
            Kind::Ipx => format!("f_{format},w_{width},q_{QUALITY}/{name}"),
            Kind::Thumbor => format!("unsafe/{width}x0/filters:format({format}):quality({QUALITY})/{name}"),
            Kind::Pixfront => format!("{name}?w={width}&h={room}&f={format}&q={QUALITY}"),
        })
    }

    /// How many pictures it has made, if it says so.
    pub(super) async fn renders(&self, client: &reqwest::Client) -> Result<Option<u64>, Failure> {
        if self.kind != Kind::Pixfront {
            return Ok(None);
        }
        let health = client.get(self.address("health")).send().await?.bytes().await?;
        let health: serde_json::Value = serde_json::from_slice(&health)?;
        Ok(Some(health["renders"].as_u64().ok_or("pixfront serve's /health says nothing of renders")?))
    }
}

/// For servers that don't say which port they took.
fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

async fn listening(process: &mut Process, address: SocketAddr) -> Result<(), Failure> {
    until(process, "listens", |_| Ok(TcpStream::connect_timeout(&address, GLANCE).ok().map(drop))).await
}

/// Looks again and again until there is something to see, the process has ended, or half a minute is over.
async fn until<T>(
    process: &mut Process,
    what: &str,
    mut look: impl FnMut(&Process) -> Result<Option<T>, Failure>,
) -> Result<T, Failure> {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look(process)? {
            return Ok(seen);
        }
        process.check_running()?;
        if begun.elapsed() > START {
            return Err(format!("{}: waited {} s until it {what}", process.name(), START.as_secs()).into());
        }
        tokio::time::sleep(GLANCE).await;
    }
}
