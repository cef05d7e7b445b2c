//! The one integration binary: every test hits a door, with real bytes in and real bytes out.

mod cli;
mod line;
mod pictures;
mod serve;
mod stores;
mod tidy;
mod triggers;
mod world;
