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
mod pages;
mod people;
mod process;
mod properties;
mod refusals;
mod requests;
mod support;
mod vectors;
mod webhooks;
