//! Whole operations and frozen vectors. No environment, no network.
#[cfg(feature = "esdk-vectors")]
mod esdk_vectors;
mod jsonpath;
mod vectors;
