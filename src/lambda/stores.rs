//! Where the functions keep things.

use crate::config::Config;
use crate::error::Result;
use crate::store::{Stores, aws, local};

/// The stores that the settings name.
pub(super) async fn stores(config: &Config) -> Result<Stores> {
    match &config.data {
        Some(directory) => local::open(directory),
        // Boxed, since it is large and happens once.
        None => Box::pin(aws::open(config)).await,
    }
}
