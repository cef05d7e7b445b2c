//! Where the functions keep things.

use crate::config::Config;
use crate::error::Result;
use crate::store::{Stores, aws, local};

/// The stores that the settings name.
pub(super) async fn stores(config: &Config) -> Result<Stores> {
    match &config.data {
        Some(directory) => local::open(directory),
        None => aws::open(config).await,
    }
}
