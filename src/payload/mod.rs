//! What a link holds, once it is open.

#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
        reason = "a stranger chooses what comes here"
    )
)]

pub mod json_form;
pub mod packed;

use crate::action::{Action, Recipient};
use crate::language::Language;
use crate::nonce::NonceKey;
use crate::target::Target;
use crate::transaction::TransactionId;
use crate::webhook::DerivedKey;

/// The end of all times in links, in Unix seconds: the year 10000 (docs/FORMAT.md, F64 and F150).
const END_OF_TIMES: u64 = 253_402_300_800;

/// The content of one link. Only the holder of a key can have written it.
#[derive(Debug, Clone, PartialEq)]
pub struct Payload {
    /// What waits.
    pub target: Target,
    /// Of the request that made the link.
    pub transaction: TransactionId,
    /// When the link was made, in Unix seconds.
    pub issued_at: u64,
    /// From when on the link does nothing, in Unix seconds.
    pub expires_at: Option<u64>,
    /// Whether query parameters are filled into what is reported and answered.
    pub parameters: bool,
    /// What the link does.
    pub action: Action,
    /// Whether an output that is an object tells who answered.
    pub callback: bool,
    /// Whose link this is, in the author's words.
    pub recipient: Option<Recipient>,
    /// Language of its pages; without it, the visitor's.
    pub locale: Option<Language>,
}

/// A link that was opened.
#[derive(Debug)]
pub struct Opened {
    /// What it holds.
    pub payload: Payload,
    /// For the pages that ask before it acts.
    pub nonce: NonceKey,
    /// From which the secrets follow that the link generated; `None` in links without keys of their own.
    pub webhook_key: Option<DerivedKey>,
}

impl Payload {
    /// Whether the link's time is over at `now` (Unix seconds).
    pub fn is_expired(&self, now: u64) -> bool {
        self.expires_at.is_some_and(|expires_at| now >= expires_at)
    }
}
