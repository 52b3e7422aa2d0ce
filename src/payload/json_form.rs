//! Payloads as the Python application wrote them: inside of `1-` and `2-` links.

use super::{END_OF_TIMES, Payload};
use crate::action::{self, ActionKind, Confirm, Notes, Question, Recipient, Source};
use crate::json::{self, JsonText};
use crate::language::Language;
use crate::rejection::{Damage, Fault};
use crate::target::{self, Target};
use crate::token::TaskToken;
use crate::transaction::TransactionId;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Unknown keys are ignored, as they always were; `iss` is one of them now.
#[derive(Deserialize)]
struct Read {
    token: Option<String>,
    target: Option<Box<RawValue>>,
    tid: String,
    iat: Option<f64>,
    exp: Option<f64>,
    action: Box<RawValue>,
    param: Option<bool>,
    confirm: Option<Confirmed>,
    page: Option<Box<RawValue>>,
    callback: Option<bool>,
    recipient: Option<String>,
    locale: Option<String>,
    webhook: Option<Box<RawValue>>,
    /// A secret does not belong into what everybody can read.
    verify: Option<IgnoredAny>,
}

/// Beside the action: what the Python application sealed inside of it was the author's text, and meant nothing.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
enum Confirmed {
    Page,
    Strict,
}

impl TryFrom<String> for Confirmed {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "page" => Ok(Confirmed::Page),
            "strict" => Ok(Confirmed::Strict),
            _ => Err("neither page nor strict"),
        }
    }
}

#[derive(Serialize)]
struct Write<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Box<RawValue>>,
    iat: u64,
    tid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
    action: Box<RawValue>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    param: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirm: Option<Confirmed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    callback: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<Box<RawValue>>,
}

/// Reads the JSON of a `1-` or `2-` link.
///
/// # Errors
/// [`Damage::Content`], also for actions that could not be made any more (a redirect to another scheme).
pub fn read(bytes: &[u8]) -> Result<Payload, Damage> {
    let content = |what: &dyn std::fmt::Display| Damage::Content(what.to_string());
    let text = std::str::from_utf8(bytes).map_err(|_| content(&"not UTF-8"))?;
    if !json::is_shallow(text) {
        return Err(content(&"nested too deep"));
    }
    let read: Read = action::read_text(text, |_| ()).map_err(|fault| content(&fault))?;
    let mut action = action::read_action(&read.action, "action", Source::Sealed, &Notes::default())
        .map_err(|rejection| content(&rejection))?;
    action.confirm = match (&action.kind, read.confirm) {
        (ActionKind::Post(_), _) => Confirm::Off,
        (_, Some(Confirmed::Strict)) => Confirm::Strict,
        (_, Some(Confirmed::Page)) | (ActionKind::Form(_), None) => Confirm::Page,
        (ActionKind::Success { .. } | ActionKind::Failure { .. } | ActionKind::Heartbeat, None) => {
            Confirm::Off
        }
    };
    if read.verify.is_some() {
        return Err(content(&"a secret in a link without encryption"));
    }
    if let Some(intake) = &read.webhook {
        let ActionKind::Post(post) = &mut action.kind else {
            return Err(content(&"what webhooks may send, in a link that is for none"));
        };
        let faulty = |fault: Fault| content(&fault.under("webhook"));
        post.webhook = action::webhook::read_sealed(None, Some(intake.get())).map_err(faulty)?;
        if let Some(webhook) = &post.webhook {
            action::webhook::check(
                webhook,
                &post.outcomes,
                action::webhook::Own::of(&action.response),
            )
            .map_err(faulty)?;
        }
    }
    if let Some(page) = &read.page {
        if matches!(action.kind, ActionKind::Form(_)) || action.confirm == Confirm::Off {
            return Err(content(&"a page of a link that does not have one"));
        }
        let wire = action::read_text(page.get(), |_| ());
        let question = wire.and_then(Question::read);
        action.question = question.map_err(|fault| content(&fault.under("page")))?;
    }
    let recipient = read.recipient.map(Recipient::new).transpose();
    let target = match (read.token, read.target) {
        (Some(token), None) => {
            let token = TaskToken::new(token).ok_or_else(|| content(&"token of a wrong length"))?;
            Target::StepFunctions(token)
        }
        (None, Some(raw)) => {
            let read = target::read(&raw).map_err(|fault| content(&fault.under("target")))?;
            read.target
        }
        (None, None) => return Err(content(&"missing field `token`")),
        (Some(_), Some(_)) => return Err(content(&"a token beside a target")),
    };
    if action.may_beat() && !target.kind().takes_heartbeats() {
        return Err(content(&"a heartbeat for a target that has none"));
    }
    Ok(Payload {
        target,
        transaction: TransactionId::parse(&read.tid).ok_or_else(|| content(&"unreadable tid"))?,
        issued_at: read.iat.map_or(Ok(0), seconds)?,
        expires_at: read.exp.map(seconds).transpose()?,
        parameters: read.param == Some(true),
        action,
        callback: read.callback == Some(true),
        recipient: recipient.map_err(|_| content(&"recipient"))?,
        locale: read.locale.and_then(|tag| Language::of_tag(&tag)),
    })
}

/// Writes the JSON of a `1-` link.
pub fn write(payload: &Payload) -> Vec<u8> {
    let written = Write {
        token: match &payload.target {
            Target::StepFunctions(token) => Some(token.expose()),
            Target::WaitCondition(_)
            | Target::CustomResource(_)
            | Target::DurableExecution(_)
            | Target::PipelineApproval(_)
            | Target::Automation(_) => None,
        },
        target: payload.target.to_json().as_ref().map(raw),
        iat: payload.issued_at,
        tid: payload.transaction.to_string(),
        exp: payload.expires_at,
        action: raw(&action_json(&payload.action)),
        param: payload.parameters,
        confirm: match payload.action.confirm {
            Confirm::Off => None,
            Confirm::Page => Some(Confirmed::Page),
            Confirm::Strict => Some(Confirmed::Strict),
        },
        page: payload.action.question.to_json().as_ref().map(raw),
        callback: payload.callback,
        recipient: payload.recipient.as_ref().map(Recipient::as_str),
        locale: payload.locale.map(Language::tag),
        webhook: match &payload.action.kind {
            ActionKind::Post(post) => {
                let webhook = post.webhook.as_ref();
                webhook
                    .and_then(|webhook| webhook.intake.to_json())
                    .as_ref()
                    .map(raw)
            }
            ActionKind::Success { .. }
            | ActionKind::Failure { .. }
            | ActionKind::Heartbeat
            | ActionKind::Form(_) => None,
        },
    };
    JsonText::of(&written).into_string().into_bytes()
}

fn action_json(action: &action::Action) -> JsonText {
    let kind = action.kind.action_type();
    let mut parts: Vec<(&str, JsonText)> = vec![
        ("name", JsonText::of(&action.name.as_str())),
        ("type", JsonText::of(&kind.as_str())),
    ];
    match &action.kind {
        ActionKind::Success { output } => parts.push(("output", output.clone())),
        ActionKind::Failure { error, cause } => {
            parts.extend(error.as_ref().map(|error| ("error", JsonText::of(error))));
            parts.extend(cause.as_ref().map(|cause| ("cause", JsonText::of(cause))));
        }
        ActionKind::Heartbeat => {}
        ActionKind::Post(post) => parts.push(("outcomes", post.outcomes.sealed.clone())),
        ActionKind::Form(form) => parts.extend(form.sealed_parts()),
    }
    parts.extend(action.response.to_json().map(|response| ("response", response)));
    let parts = parts.into_iter().map(|(field, value)| (field, value.into_raw()));
    let parts: Vec<_> = parts.collect();
    JsonText::object(parts.iter().map(|(field, value)| (*field, value.as_ref())))
}

fn raw(json: &JsonText) -> Box<RawValue> {
    json.clone().into_raw()
}

/// Python wrote whole seconds; a fraction is dropped.
fn seconds(number: f64) -> Result<u64, Damage> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is too large becomes the largest number, which is no time either"
    )]
    let whole = number as u64;
    if number >= 0.0 && whole < END_OF_TIMES {
        Ok(whole)
    } else {
        Err(Damage::Content("a time out of range".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TID: &str = "00112233445566778899aabbccddeeff";

    fn payload_json(action: &str, more: &str) -> String {
        format!(r#"{{"token":"tok","iat":1600000000,"tid":"{TID}","iss":"arn:x","action":{action}{more}}}"#)
    }

    #[test]
    fn python_payloads_are_read() {
        let text = payload_json(
            r#"{"name":"a","type":"success","output":{"x":1.10},"casue":1}"#,
            r#","exp":1700000000.75,"param":true,"new":1"#,
        );
        let payload = read(text.as_bytes()).unwrap();
        assert_eq!(payload.transaction.to_string(), TID);
        assert_eq!(
            (payload.issued_at, payload.expires_at),
            (1_600_000_000, Some(1_700_000_000))
        );
        assert!(payload.parameters);
        let Target::StepFunctions(token) = payload.target else {
            panic!("a task")
        };
        assert_eq!(token.expose(), "tok");
        let ActionKind::Success { output } = payload.action.kind else {
            panic!("a success")
        };
        assert_eq!(output.as_str(), r#"{"x":1.10}"#);
    }

    #[test]
    fn what_was_written_is_read_again() {
        for action in [
            r#"{"name":"a","type":"success","output":{"b":[12345678901234567890123]},"response":{"redirect":"https://example.com/"}}"#,
            r#"{"name":"a","type":"failure","error":"e","cause":"c","response":{"json":{"a":1},"html":"h","text":"t"}}"#,
            r#"{"name":"a","type":"failure"}"#,
            r#"{"name":"a","type":"heartbeat"}"#,
            r#"{"name":"a","type":"post","outcomes":[{"name":"o","type":"success","schema":{},"output_path":"$.a"}]}"#,
        ] {
            for more in ["", r#","exp":1700000000,"param":true"#] {
                let payload = read(payload_json(action, more).as_bytes()).unwrap();
                assert_eq!(read(&write(&payload)), Ok(payload.clone()), "{action}");
                assert!(
                    String::from_utf8(write(&payload)).unwrap().contains(action),
                    "{action}"
                );
            }
        }
    }

    #[test]
    fn other_content_is_refused() {
        let good = r#"{"name":"a","type":"heartbeat"}"#;
        for text in [
            String::new(),
            "[]".to_owned(),
            r#"{"token":"t"}"#.to_owned(),
            payload_json(good, "").replace("tok", ""),
            payload_json(good, "").replace(TID, "x"),
            payload_json(good, r#","exp":-1"#),
            payload_json(good, r#","exp":1e300"#),
            payload_json(good, r#","exp":"1700000000""#),
            payload_json(r#"{"name":"a","type":"other"}"#, ""),
            payload_json(r#"{"name":"a b","type":"heartbeat"}"#, ""),
            payload_json(r#"{"name":"a","type":"success","output":NaN}"#, ""),
            payload_json(
                r#"{"name":"a","type":"heartbeat","response":{"redirect":"javascript:x"}}"#,
                "",
            ),
            payload_json(r#"{"name":"a","type":"post","outcomes":[]}"#, ""),
            payload_json(&format!("{}1{}", "[".repeat(200), "]".repeat(200)), ""),
        ] {
            assert!(matches!(read(text.as_bytes()), Err(Damage::Content(_))), "{text}");
        }
        assert!(matches!(read(b"\xff"), Err(Damage::Content(_))));
    }
}
