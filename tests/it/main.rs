//! The one integration binary: every test hits a door, with real bytes in and real bytes out.

mod cli;
mod line;
mod pictures;
mod pixels;
mod properties;
mod serve;
mod stores;
mod tidy;
mod triggers;
mod vectors;
mod world;
