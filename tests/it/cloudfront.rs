//! What runs at CloudFront, in the engines that come nearest to its own; and the stacks: what their templates say, and what they do
//! when they are deployed on a stand-in for AWS.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

mod agreement;
mod engines;
mod language;
mod stack;
mod template;
mod viewer_request;
