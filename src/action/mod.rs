//! What the author of a link declared: actions, outcomes and replies, all checked.

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

pub mod face;
pub mod outcomes;
mod read;
pub mod reply_spec;
pub mod webhook;
pub mod wire;

pub use face::{Button, Confirm, Face, Question, Style};
pub use read::{Notes, Source, read_action, read_text};
pub use reply_spec::{Redirect, ReplySpec};

use crate::json::JsonText;
use crate::select::path::Path;
use crate::webhook::Webhook;
use std::fmt;

/// Longest name of an action or outcome and longest id of a recipient, in characters. (A limit of ours; the old application had none.)
pub const MAX_NAME_CHARS: usize = 256;
/// Largest output of a task, in bytes of UTF-8 (API reference of `SendTaskSuccess`).
pub const MAX_OUTPUT_BYTES: usize = 262_144;
/// Longest error of a task, in characters (API reference of `SendTaskFailure`).
pub const MAX_ERROR_CHARS: usize = 256;
/// Longest cause of a task, in characters (API reference of `SendTaskFailure`).
pub const MAX_CAUSE_CHARS: usize = 32_768;
/// Largest JSON Schema of an outcome, in bytes of compact JSON.
pub const MAX_SCHEMA_BYTES: usize = 16_384;
/// Most outcomes of a new action.
pub const MAX_OUTCOMES: usize = 100;

/// A name of letters, digits and underscores, at most [`MAX_NAME_CHARS`] long.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// Reads a name; any letter and digit of Unicode counts, as in Python's `^\w+$`.
    ///
    /// # Errors
    /// A sentence for the author.
    pub fn new(text: String) -> Result<Self, &'static str> {
        if text.is_empty() || !text.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return Err("must be one or more letters, digits or underscores");
        }
        match text.chars().nth(MAX_NAME_CHARS) {
            None => Ok(Self(text)),
            Some(_) => Err("is longer than 256 characters"),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose link it is, in the author's words: 1 to 256 characters that can be seen and stay on their line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient(String);

impl Recipient {
    /// Reads an id; it stands in logs and outputs.
    ///
    /// # Errors
    /// A sentence for the author.
    pub fn new(text: String) -> Result<Self, &'static str> {
        let plain = !text.trim().is_empty() && !text.chars().any(char::is_control);
        match text.chars().nth(MAX_NAME_CHARS) {
            None if plain => Ok(Self(text)),
            _ => Err("must have 1 to 256 characters, and no control characters"),
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The five kinds of action, as `type` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionType {
    /// Ends the task with an output.
    Success,
    /// Ends the task with an error.
    Failure,
    /// Keeps the task waiting.
    Heartbeat,
    /// Lets the posted body choose among outcomes.
    Post,
    /// A post action with a page for a person.
    Form,
}

impl ActionType {
    /// The name in requests, URLs and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            ActionType::Success => "success",
            ActionType::Failure => "failure",
            ActionType::Heartbeat => "heartbeat",
            ActionType::Post => "post",
            ActionType::Form => "form",
        }
    }
}

/// One link: what happens when it is used, and what the visitor gets then.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// Unique in its request.
    pub name: Name,
    /// What happens.
    pub kind: ActionKind,
    /// What the visitor gets.
    pub response: ReplySpec,
    /// Whether a person is asked first. A post action asks nobody, a form always does.
    pub confirm: Confirm,
    /// What the page says that asks; a form has its own.
    pub question: Question,
}

impl Action {
    /// What makes it one for machines.
    pub fn webhook(&self) -> Option<&Webhook> {
        match &self.kind {
            ActionKind::Post(post) => post.webhook.as_ref(),
            ActionKind::Success { .. }
            | ActionKind::Failure { .. }
            | ActionKind::Heartbeat
            | ActionKind::Form(_) => None,
        }
    }

    /// The same, knowing where its link points: some senders sign that.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        let mut action = self.clone();
        if let ActionKind::Post(post) = &mut action.kind {
            let verify = post.webhook.as_mut().and_then(|webhook| webhook.verify.as_mut());
            verify.into_iter().for_each(|verify| verify.set_base(base));
        }
        action
    }
    /// Whether it can be used to keep something waiting, which not everything that waits understands.
    pub fn may_beat(&self) -> bool {
        let beats = |outcome: &Outcome| matches!(outcome.kind, OutcomeKind::Heartbeat);
        match &self.kind {
            ActionKind::Success { .. } | ActionKind::Failure { .. } => false,
            ActionKind::Heartbeat => true,
            ActionKind::Post(Post { outcomes, .. }) | ActionKind::Form(Form { outcomes, .. }) => {
                outcomes.list.iter().any(beats)
            }
        }
    }
}

/// What a link does.
#[derive(Clone, PartialEq)]
pub enum ActionKind {
    /// SendTaskSuccess with this output.
    Success {
        /// Any JSON value.
        output: JsonText,
    },
    /// SendTaskFailure.
    Failure {
        /// Error code of the task.
        error: Option<String>,
        /// Cause of the task.
        cause: Option<String>,
    },
    /// SendTaskHeartbeat.
    Heartbeat,
    /// The posted body selects one of these.
    Post(Post),
    /// A person selects one of its outcomes.
    Form(Form),
}

impl ActionKind {
    /// The kind without its content.
    pub const fn action_type(&self) -> ActionType {
        match self {
            ActionKind::Success { .. } => ActionType::Success,
            ActionKind::Failure { .. } => ActionType::Failure,
            ActionKind::Heartbeat => ActionType::Heartbeat,
            ActionKind::Post(_) => ActionType::Post,
            ActionKind::Form(_) => ActionType::Form,
        }
    }
}

impl fmt::Debug for ActionKind {
    /// Outputs, errors and causes are the owner's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.action_type().as_str())
    }
}

/// What a posted body may choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// How it may go on.
    pub outcomes: Outcomes,
    /// Who may post what, and what machines are answered; `None`: as in version 1.
    pub webhook: Option<Webhook>,
}

/// A page for a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// What is to be decided.
    pub face: Face,
    /// How it may be decided.
    pub outcomes: Outcomes,
}

/// The outcomes of a post action or form, in the order in which they are tried; at least one.
#[derive(Clone, PartialEq)]
pub struct Outcomes {
    /// As they are sealed: the known fields only.
    pub sealed: JsonText,
    /// As they are used.
    pub list: Vec<Outcome>,
}

impl fmt::Debug for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.list).finish()
    }
}

/// One possible result of a post action or form.
#[derive(Clone)]
pub struct Outcome {
    /// For the author; a form's button sends it.
    pub name: Name,
    /// A JSON Schema that the body must satisfy.
    pub schema: serde_json::Value,
    /// What is reported then.
    pub kind: OutcomeKind,
    /// Replaces the action's, if given.
    pub response: Option<ReplySpec>,
    /// How a form offers it.
    pub button: Button,
}

impl Outcome {
    /// What a person knows it by: the text of its button, or its name.
    pub fn shown(&self) -> &str {
        self.button.label.as_deref().unwrap_or(self.name.as_str())
    }
}

impl PartialEq for Outcome {
    /// Paths are compared by what they were written as, which `Outcomes::sealed` holds already.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.schema == other.schema && self.response == other.response
    }
}

impl fmt::Debug for Outcome {
    /// Schemas, outputs, errors and causes are the owner's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outcome({})", self.name)
    }
}

/// What an outcome reports.
#[derive(Clone)]
pub enum OutcomeKind {
    /// SendTaskSuccess.
    Success(OutputFrom),
    /// SendTaskFailure with an error and a cause.
    Failure(TextFrom, TextFrom),
    /// SendTaskHeartbeat.
    Heartbeat,
}

/// Where the output of a success comes from.
#[derive(Clone)]
pub enum OutputFrom {
    /// From the author.
    Fixed(JsonText),
    /// The whole body.
    Body,
    /// The array of matches of a path in the body.
    Matches(Path),
}

/// Where an error or a cause comes from.
#[derive(Clone)]
pub enum TextFrom {
    /// Left out.
    Nowhere,
    /// From the author.
    Fixed(String),
    /// From the matches of a path in the body.
    Matches(Path),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_digits_and_underscores() {
        for text in ["approve", "a_1", "_", "é", "承認", &"a".repeat(MAX_NAME_CHARS)] {
            assert!(Name::new(text.to_owned()).is_ok(), "{text}");
        }
        for text in [
            "",
            "a b",
            "a-b",
            "a\n",
            "a.b",
            "<b>",
            "a&b",
            "\u{200b}",
            &"a".repeat(MAX_NAME_CHARS + 1),
        ] {
            assert!(Name::new(text.to_owned()).is_err(), "{text}");
        }
    }
}
