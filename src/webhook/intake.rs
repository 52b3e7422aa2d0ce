//! What may be sent to a link that is for machines.

use super::Scheme;
use crate::json::JsonText;
use crate::rejection::Fault;
use serde::{Deserialize, Deserializer, Serialize};

/// Longest name of a field that is unwrapped, in characters.
const MAX_FIELD_CHARS: usize = 64;

/// The kinds of body. In the order in which links name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum BodyKind {
    /// `application/json` and every `+json` type: the value.
    Json,
    /// `application/x-www-form-urlencoded`: an object.
    Form,
    /// `multipart/form-data`: an object.
    Multipart,
    /// `text/*`: a string.
    Text,
    /// Nothing: `null`.
    Empty,
    /// `text/*` that is JSON: the value. No browser asks before it sends `text/plain` to another origin, so it is taken where
    /// an author names it alone.
    #[serde(rename = "text-json")]
    TextJson,
}

/// What a sender reads of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// The author's text, whatever the sender says it accepts.
    Text,
}

/// As it is written in links; in requests these are fields of the action.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Wire {
    /// The kinds that are taken.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub bodies: Option<Vec<BodyKind>>,
    /// The field of a form whose JSON is taken for the body.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub unwrap: Option<String>,
    /// Whether other types are taken, as base64.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub accept_raw: Option<bool>,
    /// Whether the handshake of CloudEvents is answered.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub cloudevents: Option<bool>,
    /// What an answer of 200 holds.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub answer: Option<Answer>,
}

/// A field that may be left out but is never null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What may be sent, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Intake {
    /// The kinds that the author named, each once and in order.
    pub bodies: Option<Vec<BodyKind>>,
    /// The field of a form whose JSON is taken for the body.
    pub unwrap: Option<String>,
    /// Whether other types are taken, as base64.
    pub accept_raw: bool,
    /// Whether the handshake of CloudEvents is answered.
    pub cloudevents: bool,
    /// What an answer of 200 holds; `None`: what the sender accepts.
    pub answer: Option<Answer>,
}

impl Intake {
    /// Reads what an author wrote, or what a link holds.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn read(wire: Wire) -> Result<Self, Fault> {
        let bodies = wire.bodies.map(|mut bodies| {
            bodies.sort_unstable();
            bodies.dedup();
            bodies
        });
        if bodies.as_ref().is_some_and(Vec::is_empty) {
            return Err(Fault::at("bodies", "must name at least one kind, or be left out"));
        }
        let names = |kind| bodies.as_ref().is_some_and(|bodies| bodies.contains(&kind));
        if names(BodyKind::Text) && names(BodyKind::TextJson) {
            let what = "text and text-json have the same content types; name one of them";
            return Err(Fault::at("bodies", what));
        }
        if let Some(field) = &wire.unwrap
            && (field.is_empty() || field.chars().nth(MAX_FIELD_CHARS).is_some())
        {
            return Err(Fault::at("unwrap", "must have 1 to 64 characters"));
        }
        Ok(Self {
            bodies,
            unwrap: wire.unwrap,
            accept_raw: wire.accept_raw == Some(true),
            cloudevents: wire.cloudevents == Some(true),
            answer: wire.answer,
        })
    }

    /// As a link holds it: one text for each; nothing where the author said nothing.
    pub fn to_json(&self) -> Option<JsonText> {
        let wire = Wire {
            bodies: self.bodies.clone(),
            unwrap: self.unwrap.clone(),
            accept_raw: self.accept_raw.then_some(true),
            cloudevents: self.cloudevents.then_some(true),
            answer: self.answer,
        };
        (*self != Self::default()).then(|| JsonText::of(&wire))
    }

    /// Whether a kind is taken: what the author named, else what the sender of this scheme sends. The type of a body is
    /// not signed, so whoever repeats a request chooses among these what its bytes mean.
    pub fn takes(&self, kind: BodyKind, scheme: Option<&Scheme>) -> bool {
        match (&self.bodies, scheme) {
            (Some(bodies), _) => bodies.contains(&kind),
            (None, Some(scheme)) => scheme.default_bodies().contains(&kind),
            (None, None) => kind == BodyKind::Json,
        }
    }
}
