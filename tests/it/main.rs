//! x
mod vectors;
