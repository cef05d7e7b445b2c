//! The stacks: what their templates say, and what they do when they are deployed on a stand-in for AWS.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

mod stack;
mod template;
