//! Tests against the real executable and stand-ins of its surroundings.

#[path = "../support/mod.rs"]
mod support;

mod faults;
mod frozen;
mod harness;
mod leaks;
mod levels;
mod memory;
mod metrics;
mod service;
mod stage;
mod warm;
