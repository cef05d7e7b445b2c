//! x
mod properties;
mod vectors;
