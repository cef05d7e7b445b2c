//! The one integration binary: every test hits a door, with real bytes in and real bytes out.

#![allow(clippy::wildcard_enum_match_arm, reason = "a test fails on what it does not expect of others' enums")]

mod aws;
mod bench;
mod cli;
mod cloudfront;
mod config;
mod doctor;
mod front_ends;
mod hostile;
mod lambda;
mod line;
mod pictures;
mod pixels;
mod properties;
mod redrive;
mod serve;
mod stores;
mod tidy;
mod triggers;
mod vectors;
mod world;
