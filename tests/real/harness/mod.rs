//! The stand-ins behave as they say: a test that trusts them may.

mod aws;
mod client;
mod events;
mod runtime_api;
