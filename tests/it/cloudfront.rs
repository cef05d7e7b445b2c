//! What runs at CloudFront: the viewer-request function, in the engines that come nearest to CloudFront's own.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

mod agreement;
mod engines;
mod language;
mod viewer_request;
