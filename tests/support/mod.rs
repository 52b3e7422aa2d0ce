//! Stand-ins for what surrounds the executable in the cloud, all on 127.0.0.1: AWS, the Lambda Runtime API, and
//! the events of its front doors.

#![allow(dead_code, unused_imports, reason = "each test binary uses its own part")]
#![allow(
    clippy::disallowed_methods,
    reason = "stand-ins have clocks and randomness of their own"
)]

pub mod aws;
pub mod emf;
pub mod events;
pub mod far_side;
pub mod receiver;
pub mod runtime_api;
pub mod tls;
