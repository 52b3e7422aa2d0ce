//! Whole operations and frozen vectors. No environment, no network.
mod jsonpath;
