//! Webhooks that prove who sent them: signatures of the senders that are known, and bodies beyond JSON.

mod received;
mod secret;
pub mod standard;

pub use secret::Secret;
