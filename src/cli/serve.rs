//! `pixfront serve`

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{StoreOptions, print};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::gate::blocking_threads;
use crate::serve::cache::{Address, Cache, Memory, Redis};
use crate::serve::maker::{FunctionMaker, Maker};
use crate::serve::{bind, serve, url_of};
use crate::service::Service;
use crate::store::lambda::Function;

#[derive(Args)]
pub(super) struct Options {
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The address; 0.0.0.0 is every one of this machine.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// What answers are cached in: `memory`, this process's own; `none`; or the URL of a Redis, `redis://host:6379/0`, which
    /// other processes may share. A URL with a password goes into the environment, where others on this machine don't see it.
    #[arg(long, env = "PIXFRONT_CACHE", hide_env_values = true, default_value = "memory", value_name = "CACHE")]
    cache: String,
    /// How much the cache in memory may hold, in MiB. (Redis has its own limit, `maxmemory`.)
    #[arg(long, default_value_t = 64, value_name = "MIB")]
    cache_mib: u64,
    /// The longest answer that is put into Redis, in MiB.
    #[arg(long, default_value_t = 8, value_name = "MIB")]
    cache_entry_mib: u64,
    /// How long Redis is waited for, in milliseconds, beside the time for a long answer's bytes: a render is not much slower. Not for
    /// operators, but for tests on a busy machine.
    #[arg(long, default_value_t = 250, value_name = "MS", hide = true)]
    cache_patience_ms: u64,
    /// Who makes what no store has: `here`, this process; or `lambda:NAME`, a function that is invoked as by its URL.
    #[arg(long, default_value = "here", value_name = "MAKER")]
    render: String,
    #[command(flatten)]
    store: StoreOptions,
}

pub(super) fn run(options: &Options, config: Config) -> Result<()> {
    let cannot_start = |error| Error::with_source(Kind::Bug, "the async runtime could not be started", error);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(blocking_threads(config.renders))
        .enable_all()
        .build()
        .map_err(cannot_start)?;
    runtime.block_on(async {
        let listener = bind(&options.host, options.port).await?;
        let stores = options.store.open(&config).await?;
        let service = Arc::new(Service::new(stores, config));
        let maker = options.maker(service.config()).await?;
        let cache = options.cache().await?;
        let address = listener.local_addr().map_err(|error| Error::with_source(Kind::Upstream, "no address", error))?;
        // Listened to before anyone knows the address, or who starts and stops it at once would kill it.
        let stop = stop_signal()?;
        print(&format!("Pixfront is at {}\n", url_of(address)))?;
        serve(listener, service, cache, maker, stop).await
    })
}

impl Options {
    async fn cache(&self) -> Result<Cache> {
        Ok(match self.cache.as_str() {
            "memory" => Cache::Memory(Memory::new(bytes(self.cache_mib))),
            "none" => Cache::Memory(Memory::new(0)),
            url => {
                let patience = Duration::from_millis(self.cache_patience_ms);
                Cache::Redis(Redis::open(address(url)?, bytes(self.cache_entry_mib), patience).await)
            }
        })
    }

    async fn maker(&self, config: &Config) -> Result<Maker> {
        match self.render.as_str() {
            "here" => Ok(Maker::Here),
            other => match other.strip_prefix("lambda:") {
                Some(name) if !name.is_empty() => {
                    Ok(Maker::Function(FunctionMaker::new(Function::open(name).await?, config)))
                }
                Some(_) | None => Err(Error::invalid(format!("--render {other}: it is `here` or `lambda:NAME`"))),
            },
        }
    }
}

const fn bytes(mib: u64) -> u64 {
    mib.saturating_mul(1 << 20)
}

/// Not clap's: that would show the value, and a password in it.
fn address(url: &str) -> Result<Address> {
    Address::parse(url).map_err(|error| Error::invalid(format!("--cache {}, `memory` or `none`", error.context())))
}

/// Resolves at Ctrl-C and at SIGTERM.
pub(super) fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    let no_signal = |error| Error::with_source(Kind::Bug, "signals can't be listened to", error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signal)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signal)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
