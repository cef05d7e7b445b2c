//! `pixfront serve`

use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use super::{StoreOptions, print};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::serve::{bind, serve, url_of};
use crate::service::Service;

#[derive(Args)]
pub(super) struct Options {
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The address; 0.0.0.0 is every one of this machine.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// What answers are cached in.
    #[arg(long, value_enum, default_value = "memory")]
    cache: CacheKind,
    /// How much the cache may hold, in MiB.
    #[arg(long, default_value_t = 64, value_name = "MIB")]
    cache_mib: u64,
    #[command(flatten)]
    store: StoreOptions,
}

#[derive(Clone, Copy, ValueEnum)]
enum CacheKind {
    /// This process's memory.
    Memory,
    /// Nothing: every request goes to the store.
    None,
}

/// Threads for reading and writing stores, beside those that render.
const STORE_THREADS: usize = 4;

pub(super) fn run(options: &Options, config: Config) -> Result<()> {
    let cannot_start = |error| Error::with_source(Kind::Bug, "the async runtime could not be started", error);
    // Few threads that block, since the C library's allocator keeps what each has freed; renders are bounded by the gate, so
    // stores always find one free.
    let blocking_threads = config.renders.get() + STORE_THREADS;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(blocking_threads)
        .enable_all()
        .build()
        .map_err(cannot_start)?;
    runtime.block_on(async {
        let listener = bind(&options.host, options.port).await?;
        let stores = options.store.open(&config).await?;
        let service = Arc::new(Service::new(stores, config));
        let cache_bytes = match options.cache {
            CacheKind::Memory => options.cache_mib << 20,
            CacheKind::None => 0,
        };
        let address = listener.local_addr().map_err(|error| Error::with_source(Kind::Upstream, "no address", error))?;
        // Listened to before anyone knows the address, or who starts and stops it at once would kill it.
        let stop = stop_signal()?;
        print(&format!("Pixfront is at {}\n", url_of(address)))?;
        serve(listener, service, cache_bytes, stop).await
    })
}

/// Resolves at Ctrl-C and at SIGTERM.
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
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
