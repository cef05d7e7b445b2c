//! The one integration binary: every test hits a door, with real bytes in and real bytes out.

#![allow(clippy::wildcard_enum_match_arm, reason = "a test fails on what it does not expect of others' enums")]

mod aws;
mod backfill;
mod bench;
mod caches;
mod cli;
mod cloudfront;
mod coming_from;
mod config;
mod doctor;
mod faults;
mod front_ends;
mod hostile;
mod lambda;
mod line;
mod makers;
mod pictures;
mod pixels;
mod properties;
mod purge;
mod redrive;
mod schedules;
mod serve;
mod stats;
mod stores;
mod tidy;
mod triggers;
mod vectors;
mod world;
