//! Where the functions keep things.

use crate::config::Config;
use crate::error::{Error, Result};
use crate::store::{Stores, local};

/// The stores that the settings name.
pub(super) async fn stores(config: &Config) -> Result<Stores> {
    match &config.data {
        Some(directory) => local::open(directory),
        None => aws(config).await,
    }
}

// wired when merged: `crate::store::aws::open(config).await`
#[expect(clippy::unused_async, reason = "opening the stores at AWS is async")]
async fn aws(_config: &Config) -> Result<Stores> {
    Err(Error::invalid("PIXFRONT_DATA is not set, and there are no stores at AWS yet"))
}
