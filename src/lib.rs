//! x
pub mod config;
pub mod error;
pub mod format;
pub mod gate;
pub mod image;
pub mod ingest;
pub mod key;
pub mod params;
pub mod reply;
pub mod request;
pub mod service;
pub mod store;
pub mod telemetry;
pub mod trigger;
pub mod variant;
pub mod serve;
pub mod cli;
