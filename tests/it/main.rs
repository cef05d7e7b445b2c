//! x
mod stores;
