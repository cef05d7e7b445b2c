//! `pixfront viewer-request`: CloudFront's function, ready to be deployed.

use clap::Args;

use super::print;
use crate::config::Config;
use crate::error::Result;
use crate::viewer_function::deployed;

#[derive(Args)]
pub(super) struct Options {
    /// Refuse URLs without a good signature, by the keys that the function's key-value store has under `signing-keys`. That is
    /// so without this option where signing keys are set; they are never printed.
    #[arg(long)]
    signed: bool,
}

pub(super) fn run(options: &Options, config: &Config) -> Result<()> {
    print(&deployed(config, options.signed)?)
}
