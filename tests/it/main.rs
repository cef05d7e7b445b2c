//! The one integration binary: every test hits a door, with real bytes in and real bytes out.

mod pictures;
mod properties;
mod stores;
mod tidy;
mod vectors;
