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
mod create;
mod doors;
#[path = "../support/emf.rs"]
mod emf;
#[cfg(feature = "esdk-vectors")]
mod esdk_vectors;
mod faults;
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
#[path = "../support/receiver.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod receiver;
mod refusals;
mod requests;
mod security_document;
#[path = "../support/mod.rs"]
mod stand_ins;
mod support;
<<<<<<< HEAD
#[path = "../support/tls.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod tls;
=======
mod unopened;
>>>>>>> limits
mod vectors;
