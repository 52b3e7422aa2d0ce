//! What CreateUrls answers.

use super::{Reply, error_body, json, with_rejection_headers};
use crate::rejection::Rejection;
use crate::transaction::TransactionId;
use http::StatusCode;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Links that were made, as CreateUrls answers them.
#[derive(Serialize)]
pub struct Created {
    /// Joins request, links, uses and log lines.
    pub transaction_id: String,
    /// The links.
    #[serde(flatten)]
    pub links: Links,
    /// What was delivered, in the order in which it was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delivered: Vec<Delivered>,
    /// Somebody has a message, or may have one: the request must not be tried again.
    #[serde(skip)]
    pub is_out: bool,
    /// As it was understood, only if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<String>,
    /// The secrets that were generated, by name of the action.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub secrets: serde_json::Map<String, serde_json::Value>,
    /// The same for each recipient, where the links were delivered and are not told here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<RecipientSecrets>,
    /// What the author may want to mend.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// One set of links, or one for each recipient.
#[derive(Serialize)]
pub enum Links {
    /// URL by name of the action, in the order of the request.
    #[serde(rename = "urls")]
    Shared(serde_json::Map<String, serde_json::Value>),
    /// In the order of the request.
    #[serde(rename = "recipients")]
    Own(Vec<RecipientLinks>),
    /// They were delivered, and are not told here: how many there are.
    #[serde(rename = "links")]
    Delivered(usize),
}

/// Messages that one channel took.
#[derive(Debug, Serialize)]
pub struct Delivered {
    /// `sns`, `ses`, `slack`, `teams`, `webhook` or `eventbridge`.
    pub channel: &'static str,
    /// How many.
    pub messages: usize,
    /// By what the channel knows them, as far as it says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
}

/// The links of one recipient.
#[derive(Serialize)]
pub struct RecipientLinks {
    /// Who it is.
    pub id: String,
    /// URL by name of the action.
    pub urls: serde_json::Map<String, serde_json::Value>,
    /// The secrets that were generated, by name of the action.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub secrets: serde_json::Map<String, serde_json::Value>,
}

/// The secrets of one recipient.
#[derive(Serialize)]
pub struct RecipientSecrets {
    id: String,
    secrets: serde_json::Map<String, serde_json::Value>,
}

impl RecipientSecrets {
    /// What is left without the links.
    pub fn of(recipient: RecipientLinks) -> Self {
        let RecipientLinks { id, secrets, urls: _ } = recipient;
        Self { id, secrets }
    }
}

impl Links {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Links::Shared(urls) => urls.len(),
            Links::Own(recipients) => recipients.iter().map(|recipient| recipient.urls.len()).sum(),
            Links::Delivered(links) => *links,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Created {
    /// A link is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Created({} links)", self.links.len())
    }
}

/// The answer to a granted request to create.
pub fn created(created: &Created) -> Reply {
    json(StatusCode::OK, created)
}

/// The answer to an event of another service, which nobody reads but whoever looks for what happened.
pub fn event(status: &'static str, transaction: TransactionId) -> Reply {
    let mut body = BTreeMap::new();
    body.insert("status", status.to_owned());
    body.insert("transaction_id", transaction.to_string());
    json(StatusCode::OK, &body)
}

/// The answer to a refused request to create.
pub fn not_created(rejection: &Rejection, transaction: TransactionId) -> Reply {
    let mut body = error_body(rejection, rejection.to_string());
    if rejection.names_transaction() {
        body.insert("transaction_id", transaction.to_string());
    }
    with_rejection_headers(json(rejection.status(), &body), rejection)
}
