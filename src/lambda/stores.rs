//! Where the functions keep things.

use crate::config::Config;
use crate::error::Result;
use crate::store::{Stores, aws, local};

/// The stores that the settings name.
pub(super) async fn stores(config: &Config) -> Result<Stores> {
    match &config.data {
        Some(directory) => local::open(directory),
        // Loading the SDK makes a future of many kilobytes.
        None => Box::pin(aws::open(config)).await,
    }
}
