//! Whole operations and frozen vectors. No environment, no network.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic, that is how it fails"
)]

mod asking;
mod compact;
mod configuration;
mod corpora;
mod create;
mod deliveries;
mod doors;
#[cfg(feature = "esdk-vectors")]
mod esdk_vectors;
mod faults;
mod gate;
mod jsonpath;
mod kms;
mod kms_calls;
mod layers;
mod leaks;
mod limits;
mod log_level;
mod metrics;
mod outbound;
mod pages;
mod people;
mod process;
mod properties;
mod refusals;
mod requests;
mod round_trips;
mod security_document;
#[path = "../support/mod.rs"]
mod stand_ins;
mod support;
mod targets;
mod unopened;
mod vectors;
mod webhooks;
