//! Tests against the real executable and stand-ins of its surroundings.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may panic, and its stand-ins read the clock"
)]

#[path = "../support/mod.rs"]
mod support;

mod harness;
