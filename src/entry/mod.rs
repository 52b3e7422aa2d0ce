//! The doors: what turns an event or a connection into a request, and the parts of a real process.

pub mod lambda;
#[cfg(feature = "laptop")]
pub mod laptop;
pub mod process;
pub mod warm;
