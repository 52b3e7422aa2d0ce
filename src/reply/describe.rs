//! What a link asks, for programs: GET with `Accept: application/json`.

use crate::action::{Form, Outcome, OutcomeKind, Style};
use crate::decide::{Ask, Asked};
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
pub struct Description<'a> {
    state: &'static str,
    transaction_id: String,
    action: Action<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    facts: &'a [(String, String)],
    #[serde(skip_serializing_if = "Option::is_none")]
    outcomes: Option<Vec<DescribedOutcome<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
}

#[derive(Serialize)]
struct Action<'a> {
    name: &'a str,
    r#type: &'static str,
}

#[derive(Serialize)]
struct DescribedOutcome<'a> {
    name: &'a str,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Option<Style>,
    schema: &'a Value,
}

/// Everything that the page shows, and nothing of what is reported.
pub fn description(ask: &Ask) -> Description<'_> {
    let (state, face, outcomes) = match &ask.asked {
        Asked::Confirmation(question) => ("awaiting_confirmation", &question.face, None),
        Asked::Decision(choice) => (
            "awaiting_decision",
            &choice.form.face,
            Some(outcomes(&choice.form)),
        ),
    };
    Description {
        state,
        transaction_id: ask.subject.transaction.to_string(),
        action: Action {
            name: ask.subject.name.as_str(),
            r#type: ask.subject.kind.as_str(),
        },
        title: face.title.as_deref(),
        text: face.text.as_deref(),
        facts: &face.facts,
        outcomes,
        expiration: ask.expires_at.map(crate::decide::utc),
    }
}

fn outcomes(form: &Form) -> Vec<DescribedOutcome<'_>> {
    let described = |outcome: &'_ Outcome| match outcome.kind {
        OutcomeKind::Success(_) => "success",
        OutcomeKind::Failure(..) => "failure",
        OutcomeKind::Heartbeat => "heartbeat",
    };
    let outcomes = form.outcomes.list.iter();
    outcomes
        .map(|outcome| DescribedOutcome {
            name: outcome.name.as_str(),
            r#type: described(outcome),
            label: outcome.button.label.as_deref(),
            style: outcome.button.style,
            schema: &outcome.schema,
        })
        .collect()
}
