//! What a million events would cost on AWS, on paper.
//!
//! - Memory is the least that works: the peak and 10 % more, rounded up to a multiple of 128 MB.
//! - The time was measured on one core; Lambda gives CPU in proportion to memory, one vCPU at 1,769 MB. So
//!   `billed ms = measured ms × max(1, 1769 / memory)`. More memory than that makes nothing here faster.
//! - `dollars = memory / 1024 × billed ms / 1000 × price of a GB-second × 1,000,000 + price of a million requests`.
//!
//! Below 1,769 MB memory and its slowness cancel each other out, so there it comes down to the time. Our core is not AWS's, waiting
//! for a store would not become slower with less memory, and free tiers, transfer and starts are left out: two functions can be
//! compared by it, no bill foretold.

/// One way to run a function: <https://aws.amazon.com/lambda/pricing/>, us-east-1, x86, the first tier.
#[derive(Clone, Copy)]
pub(crate) struct Price {
    pub(crate) name: &'static str,
    gb_second: f64,
    million_requests: f64,
}

pub(crate) const REGIONAL: Price = Price { name: "Lambda", gb_second: 0.000_016_666_7, million_requests: 0.20 };
pub(crate) const EDGE: Price = Price { name: "Lambda@Edge", gb_second: 0.000_050_01, million_requests: 0.60 };

/// Where a function has one whole vCPU.
const ONE_CPU_MB: f64 = 1769.0;
const MEMORY_STEP_MB: f64 = 128.0;
/// Over the peak.
const RESERVE: f64 = 1.1;

pub(crate) fn memory_mb(peak_mb: f64) -> f64 {
    (peak_mb * RESERVE / MEMORY_STEP_MB).ceil() * MEMORY_STEP_MB
}

/// For a million events.
pub(crate) fn dollars(ms: f64, memory_mb: f64, price: Price) -> f64 {
    let billed_seconds = ms / 1000.0 * (ONE_CPU_MB / memory_mb).max(1.0);
    memory_mb / 1024.0 * billed_seconds * price.gb_second * 1e6 + price.million_requests
}
