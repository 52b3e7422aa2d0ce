//! What senders of webhooks are answered: they read the status, and try again or not (docs/API.md, "Webhooks").

use super::{Reply, Visitor, done_body, indented, json, plain};
use crate::action::ReplySpec;
use crate::decide::Receipt;
use crate::negotiate::Format;
use crate::rejection::Rejection;
use crate::webhook::challenge::Challenge;
use http::StatusCode;
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue};
use serde::Serialize;

/// By whose rules an answer is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Manner {
    /// Those of version 1.
    #[default]
    Contract,
    /// What senders of webhooks expect.
    Machine,
    /// The same, with instructions for a call or a text message as the body.
    Twilio,
    /// The same, with the author's text as the body of every 200.
    Text,
}

impl Manner {
    /// The status of a refusal. 410 says: never again; 422 says: not this body. Everything else has the status of the
    /// table.
    pub fn status(self, rejection: &Rejection) -> StatusCode {
        match (self, rejection) {
            (Manner::Contract, rejection) => rejection.status(),
            (Manner::Machine | Manner::Twilio | Manner::Text, Rejection::NoOutcome) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            (
                Manner::Machine | Manner::Twilio | Manner::Text,
                Rejection::ExpiredPayload { .. }
                | Rejection::StepFunctionsRefused("TaskDoesNotExist" | "InvalidToken", _)
                | Rejection::TargetRefused(
                    _,
                    "InvalidApprovalTokenException"
                    | "SignalRefused"
                    | "ResourceNotFoundException"
                    | "PipelineNotFoundException"
                    | "AutomationExecutionNotFoundException",
                    _,
                ),
            ) => StatusCode::GONE,
            (Manner::Machine | Manner::Twilio | Manner::Text, rejection) => rejection.status(),
        }
    }

    /// Whether a refusal means that the task has its result already, so that the sender has nothing left to do.
    pub fn is_completed(self, rejection: &Rejection) -> bool {
        match self {
            Manner::Contract => false,
            Manner::Machine | Manner::Twilio | Manner::Text => {
                matches!(
                    rejection,
                    Rejection::StepFunctionsRefused("TaskTimedOut", _)
                        | Rejection::TargetRefused(
                            _,
                            "CallbackTimeoutException" | "ApprovalAlreadyCompletedException",
                            _
                        )
                )
            }
        }
    }
}

/// An answer that makes Twilio do nothing.
const NO_INSTRUCTIONS: &str = "<Response/>";

/// The task took the report of a call or text message. Of the author's own bodies only a text is one for Twilio.
pub(super) fn instructions(custom: ReplySpec) -> Reply {
    match custom.text {
        Some(text) => plain(StatusCode::OK, Format::Text, text),
        None => {
            let mut reply = plain(StatusCode::OK, Format::Text, NO_INSTRUCTIONS.to_owned());
            let xml = HeaderValue::from_static("text/xml; charset=utf-8");
            reply.headers_mut().insert(CONTENT_TYPE, xml);
            reply
        }
    }
}

/// The task was closed before: to a sender that tries again this is as good as done. `custom`: what it would have got.
pub fn already_completed(receipt: &Receipt, custom: ReplySpec, visitor: &Visitor<'_>) -> Reply {
    #[derive(Serialize)]
    struct AlreadyCompleted<'a> {
        #[serde(flatten)]
        done: super::Done<'a>,
        already_completed: bool,
    }
    let body = AlreadyCompleted {
        done: done_body(&receipt.subject),
        already_completed: true,
    };
    match (visitor.manner, visitor.format, custom.text) {
        (Manner::Twilio, _, _) => instructions(ReplySpec::default()),
        (Manner::Text, _, Some(text)) => plain(StatusCode::OK, Format::Text, text),
        (Manner::Contract | Manner::Machine | Manner::Text, Format::Text, _) => {
            plain(StatusCode::OK, Format::Text, indented(&body))
        }
        (Manner::Contract | Manner::Machine | Manner::Text, Format::Json | Format::Html, _) => {
            json(StatusCode::OK, &body)
        }
    }
}

/// The sender only tried the address.
pub fn challenge(challenge: &Challenge) -> Reply {
    json(StatusCode::OK, &challenge.answer())
}

/// A sender of CloudEvents may send to this link (HTTP 1.1 Web Hooks for Event Delivery 1.0, section 4).
pub fn permission(origin: &str) -> Reply {
    let mut reply = plain(StatusCode::OK, Format::Json, String::new());
    let headers = reply.headers_mut();
    headers.remove(CONTENT_TYPE);
    let origin = HeaderValue::try_from(origin).unwrap_or(HeaderValue::from_static("*"));
    for (name, value) in [
        ("webhook-allowed-origin", origin),
        ("webhook-allowed-rate", HeaderValue::from_static("*")),
    ] {
        headers.insert(HeaderName::from_static(name), value);
    }
    headers.insert(ALLOW, HeaderValue::from_static("POST"));
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rejection::{Damage, Refused, Unproven};

    #[test]
    fn machines_are_told_what_makes_them_stop() {
        let refused = |code| Rejection::StepFunctionsRefused(code, String::new());
        for (rejection, contract, machine) in [
            (Rejection::ExpiredPayload { at: 1 }, 400, 410),
            (refused("TaskDoesNotExist"), 400, 410),
            (refused("InvalidToken"), 400, 410),
            (refused("InvalidOutput"), 400, 400),
            (Rejection::NoOutcome, 400, 422),
            (Rejection::InvalidSignature(Unproven::Wrong), 401, 401),
            (Rejection::BodyTypeNotTaken, 415, 415),
            (Rejection::InvalidPayload(Damage::Missing), 400, 400),
            (Rejection::PostActionNotPosted, 405, 405),
        ] {
            assert_eq!(
                Manner::Contract.status(&rejection).as_u16(),
                contract,
                "{rejection}"
            );
            for manner in [Manner::Machine, Manner::Twilio, Manner::Text] {
                assert_eq!(manner.status(&rejection).as_u16(), machine, "{rejection}");
            }
        }
        let target = |code| Rejection::TargetRefused(Refused::Closed, code, String::new());
        for over in [
            refused("TaskTimedOut"),
            target("CallbackTimeoutException"),
            target("ApprovalAlreadyCompletedException"),
        ] {
            assert!(Manner::Machine.is_completed(&over) && Manner::Twilio.is_completed(&over));
            assert!(!Manner::Contract.is_completed(&over));
        }
        for other in [
            refused("TaskDoesNotExist"),
            target("InvalidApprovalTokenException"),
            target("InvalidAutomationSignalException"),
        ] {
            assert!(!Manner::Machine.is_completed(&other), "{other}");
        }
        for (code, machine) in [
            ("InvalidApprovalTokenException", 410),
            ("SignalRefused", 410),
            ("ResourceNotFoundException", 410),
            ("PipelineNotFoundException", 410),
            ("AutomationExecutionNotFoundException", 410),
            ("InvalidAutomationSignalException", 400),
            ("ValidationException", 400),
        ] {
            assert_eq!(Manner::Contract.status(&target(code)).as_u16(), 400, "{code}");
            assert_eq!(Manner::Machine.status(&target(code)).as_u16(), machine, "{code}");
        }
    }
}
