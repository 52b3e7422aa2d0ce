//! What requests for webhooks are refused for.

use super::CreateUrls;
use crate::action::Action;
use crate::rejection::{Fault, Rejection};

impl CreateUrls {
    /// Refuses secrets in links that everybody can read.
    ///
    /// # Errors
    /// `InvalidJSON`, with the first `verify`.
    pub fn refuse_secrets_without_key(&self) -> Result<(), Rejection> {
        let holds_secret = |action: &Action| action.webhook().is_some_and(|webhook| webhook.verify.is_some());
        match self.actions.iter().position(holds_secret) {
            None => Ok(()),
            Some(index) => Err(Rejection::InvalidJson(Fault::at(
                format!("actions[{index}].verify"),
                "this stack has no key (DisableEncryption), so whoever has the link could read the secret in it; \
                 switch encryption on, or leave it out",
            ))),
        }
    }
}
