//! What pages show: of links that ask before they act, and of forms.

use super::{FormType, Response, present};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[cfg(test)]
use super::{NAME, outcome};
#[cfg(test)]
use schemars::JsonSchema;

/// Whether a person is asked before the link acts.
#[cfg(test)]
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(
    dead_code,
    reason = "only the schema is made from it; requests are read by kind"
)]
pub(super) enum Confirm {
    /// `true`: GET shows a page with one button, and only that button acts. `false`: GET acts.
    Switch(bool),
    /// As `true`, with a box that must be ticked.
    Strict(#[schemars(extend("const" = "strict"))] String),
    /// As `true`, with texts of the author's own.
    Page(ConfirmPage),
}

/// The page of a link that asks before it acts.
#[derive(Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct ConfirmPage {
    /// `true`: a box must be ticked before the button counts.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "bool"))]
    pub strict: Option<bool>,
    /// Heading, at most 200 characters.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(min = 1, max = 200)))]
    pub title: Option<String>,
    /// Below the heading, at most 4,000 characters; line breaks are kept.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(min = 1, max = 4000)))]
    pub text: Option<String>,
    /// Pairs of a term and its value, at most 40.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Vec<(Term, Value)>", length(max = 40)))]
    pub facts: Option<Vec<Vec<Box<RawValue>>>>,
    /// Text of the button, at most 80 characters.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(min = 1, max = 80)))]
    pub label: Option<String>,
    /// Looks of the button.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "crate::action::Style"))]
    pub style: Option<crate::action::Style>,
}

/// One page with several buttons, for a decision. Needs EnablePostActions.
#[derive(Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Form {
    /// Letters, digits and underscores; unique in the request.
    #[cfg_attr(test, schemars(length(min = 1, max = 256), regex(pattern = NAME)))]
    pub name: String,
    #[allow(missing_docs)]
    #[serde(rename = "type")]
    pub kind: FormType,
    /// Heading, at most 200 characters.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "String",
            length(min = 1, max = 200),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub title: Option<String>,
    /// Below the heading, at most 4,000 characters; line breaks are kept.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "String",
            length(min = 1, max = 4000),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub text: Option<String>,
    /// Pairs of a term and its value, at most 40.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "Vec<(Term, Value)>",
            length(max = 40),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub facts: Option<Vec<Vec<Box<RawValue>>>>,
    /// A button each; at least one.
    #[cfg_attr(
        test,
        schemars(with = "Vec<outcome::FormOutcome>", length(min = 1, max = 100))
    )]
    pub outcomes: Vec<Box<RawValue>>,
    /// A form always asks; `strict` adds a box that must be ticked.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "FormConfirm", skip_serializing_if = "Option::is_none"))]
    pub confirm: Option<Box<RawValue>>,
    /// What the visitor gets, unless the outcome has its own.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "Response", skip_serializing_if = "Option::is_none"))]
    pub response: Option<Response>,
}

/// A form as it is sealed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct FormPage {
    #[allow(missing_docs)]
    #[serde(default, deserialize_with = "present")]
    pub title: Option<String>,
    #[allow(missing_docs)]
    #[serde(default, deserialize_with = "present")]
    pub text: Option<String>,
    #[allow(missing_docs)]
    #[serde(default, deserialize_with = "present")]
    pub facts: Option<Vec<Vec<Box<RawValue>>>>,
    #[allow(missing_docs)]
    pub outcomes: Vec<Box<RawValue>>,
}

/// What `confirm` may be in a form.
#[cfg(test)]
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only the schema is made from it")]
enum FormConfirm {
    /// A form asks anyway.
    Always(#[schemars(extend("const" = true))] bool),
    /// A box must be ticked.
    Strict(#[schemars(extend("const" = "strict"))] String),
}

/// 1 to 100 characters.
#[cfg(test)]
#[derive(JsonSchema)]
#[allow(dead_code, reason = "only the schema is made from it")]
struct Term(#[schemars(length(min = 1, max = 100))] String);

/// At most 1,000 characters.
#[cfg(test)]
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only the schema is made from it")]
enum Value {
    Text(#[schemars(length(max = 1000))] String),
    Number(f64),
    Flag(bool),
}
