//! Questions by which senders find out whether an address is ready. They are answered, and no task is told.

use super::{Scheme, Webhook};
use serde_json::{Value, json};

/// Longest challenge that is echoed, in characters.
const MAX_CHALLENGE_CHARS: usize = 1_024;

/// What a sender that only tries the address wants to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// Slack's `url_verification`: its own text.
    Slack(String),
    /// Discord's PING.
    Discord,
}

impl Challenge {
    /// The question in a body that was proven to come from the sender; `None` for every other body.
    pub fn of(webhook: &Webhook, body: &Value) -> Option<Self> {
        let kind = body.get("type")?;
        match &webhook.verify.as_ref()?.scheme {
            Scheme::Slack if kind == "url_verification" => {
                let text = body.get("challenge")?.as_str()?;
                let is_short = text.chars().nth(MAX_CHALLENGE_CHARS).is_none();
                is_short.then(|| Challenge::Slack(text.to_owned()))
            }
            Scheme::Discord if *kind == json!(1) => Some(Challenge::Discord),
            _ => None,
        }
    }

    /// The answer.
    pub fn answer(&self) -> Value {
        match self {
            Challenge::Slack(text) => json!({"challenge": text}),
            Challenge::Discord => json!({"type": 1}),
        }
    }
}
