//! Whole operations and frozen vectors. No environment, no network.
mod jsonpath;
#[cfg(feature = "esdk-vectors")]
mod esdk_vectors;
