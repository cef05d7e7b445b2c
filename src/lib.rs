//! Pixfront: pictures resized by their URL, behind CloudFront.
//!
//! The line, from top to bottom, is also the order of the modules:
//!
//! 1. a **door** ([`trigger`], [`serve`]) turns an event or an HTTP request into a [`request::Request`] — parsed once, by the
//!    one table in [`params`], and not malformed from there on; at the viewer's door its [`signature`] is checked;
//! 2. [`variant::plan`] leaves nothing open: a [`variant::Variant`] has a source, a recipe and therefore a [`key`];
//! 3. [`service::Service::respond`] is the list of steps: stored already? else get the original, render, store, record;
//!    [`ingest`] is the same for uploads;
//! 4. [`image::render`] goes from bytes to bytes: probe, limits, geometry, decode, resize, orient, colour, encode;
//! 5. [`reply`] turns the result, or the [`error`], into what HTTP says.
//!
//! Everything from [`request`] to [`image`] is pure: no I/O, no clock, no async. What is kept is kept behind the three traits
//! of [`store`]. ARCHITECTURE.md has the invariants.
//!
//! What a URL comes to, without any I/O:
//!
//! ```
//! use pixfront::request::Request;
//! use pixfront::variant::{Plan, Policy, plan};
//!
//! let request = Request::parse_url("/photos/cat.jpg?f=webp&w=200&dpr=2", None)?;
//! let Plan::Variant(variant) = plan(&request, &Policy::default())? else { panic!("parameters ask for a variant") };
//! assert_eq!(variant.key().as_str(), "photos/cat.jpg/w=400,f=webp");
//! # Ok::<(), pixfront::error::Error>(())
//! ```

// What is asked.
pub mod request;
pub mod signature;
// In reading order, each module before those it leans on.
pub mod format;
pub mod key;
pub mod params;
pub mod variant;
// What is made.
pub mod image;
// What is said.
pub mod door;
pub mod error;
pub mod reply;
// Where it is kept.
pub mod store;
// What is done, and how much at a time.
pub mod backfill;
pub mod failure;
pub mod gate;
pub mod ingest;
pub mod outdated;
pub mod patience;
pub mod purge;
pub mod redrive;
pub mod service;
pub mod stats;
// How it is set up and watched.
pub mod config;
pub mod telemetry;
pub mod viewer_function;
// Who asks.
pub mod cli;
pub mod lambda;
pub mod serve;
pub mod trigger;
