//! Whole operations and frozen vectors. No environment, no network.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic, that is how it fails"
)]

mod asking;
mod configuration;
mod create;
mod doors;
#[cfg(feature = "esdk-vectors")]
mod esdk_vectors;
mod jsonpath;
mod layers;
mod leaks;
mod log_level;
mod outbound;
mod pages;
mod people;
mod process;
mod properties;
#[path = "../support/receiver.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod receiver;
mod refusals;
mod requests;
mod support;
#[path = "../support/tls.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod tls;
mod vectors;
