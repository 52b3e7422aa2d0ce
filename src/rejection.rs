//! Why a request is not granted, and the one table from reason to answer.

mod unproven;

pub use unproven::Unproven;

use crate::transaction::TransactionId;
use http::StatusCode;
use std::fmt;

/// A place in a request and what is wrong there. Names fields, never values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field, as in `actions[1].response.redirect`; empty for the request as a whole.
    pub at: String,
    /// What is wrong and what to do.
    pub what: String,
}

impl Fault {
    /// A fault at a field.
    pub fn at(at: impl Into<String>, what: impl fmt::Display) -> Self {
        Self {
            at: at.into(),
            what: what.to_string(),
        }
    }

    /// The same fault, seen from the object that holds the field.
    pub fn under(self, parent: &str) -> Self {
        let separator = if self.at.is_empty() || self.at.starts_with('[') {
            ""
        } else {
            "."
        };
        Self {
            at: format!("{parent}{separator}{}", self.at),
            ..self
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at.as_str() {
            "" => f.write_str(&self.what),
            at => write!(f, "{at}: {}", self.what),
        }
    }
}

/// Why a link was not opened. For the log only: the caller gets one text for all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Damage {
    /// No `data` in the query.
    #[error("no data parameter")]
    Missing,
    /// `data` is there more than once.
    #[error("more than one data parameter")]
    Repeated,
    /// Longer than any link of ours.
    #[error("data is too long")]
    TooLong,
    /// Does not begin with `1-`, `2-` or `3-`.
    #[error("unknown format")]
    UnknownFormat,
    /// Not canonical base64url.
    #[error("not canonical base64url")]
    NotBase64,
    /// Ends before its last field.
    #[error("cut short")]
    Truncated,
    /// A suite that this version does not read.
    #[error("unknown suite")]
    UnknownSuite,
    /// A link of another kind of key than this service has.
    #[error("sealed under another kind of key")]
    OtherKeyKind,
    /// A local key that is not in the key file.
    #[error("sealed under a local key that is not in the key file")]
    UnknownLocalKey,
    /// The hour of a compact link is too long ago, or still to come.
    #[error("sealed in an hour that is too long ago or still to come")]
    Epoch,
    /// KMS does not decrypt the wrapped key under our key and encryption context.
    #[error("KMS refuses the wrapped key: {0}")]
    KeyRefused(String),
    /// The data key does not belong to the link.
    #[error("key commitment differs")]
    Commitment,
    /// The authentication tag does not fit.
    #[error("authentication failed")]
    Authentication,
    /// Old links are switched off.
    #[error("links of the Python application are switched off (ACCEPT_LEGACY_URLS)")]
    LegacyOff,
    /// An AWS Encryption SDK message that is refused.
    #[error("AWS Encryption SDK message: {0}")]
    Legacy(String),
    /// The encryption context has keys that we never write.
    #[error("encryption context has unknown keys")]
    ForeignContext,
    /// No data key of the message is under one of our keys.
    #[error("no data key under one of our KMS keys")]
    ForeignKey,
    /// Authentic, but its content is not what this version understands.
    #[error("payload: {0}")]
    Content(String),
}

/// How far an answer to a task may have got when it could not be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Certainly nothing reached Step Functions.
    NotSent,
    /// A request was written and never answered.
    Unknown,
}

impl Sent {
    /// The value of `outcome` in an answer.
    pub const fn as_str(self) -> &'static str {
        match self {
            Sent::NotSent => "not_sent",
            Sent::Unknown => "unknown",
        }
    }
}

/// Why something that waits refuses an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It was answered, has timed out or was stopped.
    Closed,
    /// It does not take this answer, or there is no such thing.
    Otherwise,
}

/// Why the service cannot answer now, though the request may be good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// The KMS key is disabled, denied or misconfigured.
    KeySwitchedOff,
    /// KMS is throttled, unreachable or timed out.
    KeyBusy,
    /// Step Functions is throttled, unreachable or timed out.
    TaskService,
}

/// Why an answer to a link that asks does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unconfirmed {
    /// No page was opened, and it is no program that means it.
    #[error(
        "This link asks before it acts; nothing was sent. Open it in a browser and press the button. \
         A program says that it means it: Content-Type: application/json with a JSON object as the body, and \
         Accept: application/json."
    )]
    NotAsked,
    /// The nonce is not of this link.
    #[error("The nonce is not one of this link; nothing was sent. Open the link again.")]
    Foreign,
    /// The page was answered in less than a second.
    #[error("The answer came less than a second after the page; nothing was sent. Press the button again.")]
    TooFast,
    /// The page was answered after more than 24 hours.
    #[error("The page was open for more than 24 hours; nothing was sent. Press the button again.")]
    TooOld,
    /// The box is not ticked.
    #[error("The box is not ticked; nothing was sent. Tick it, and press the button again.")]
    NotTicked,
}

/// Everything that can keep a request from being granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The request to create is not valid.
    InvalidJson(Fault),
    /// A method that the path does not have; the methods that it has.
    MethodNotAllowed(&'static str),
    /// A request to create whose content type is not JSON.
    UnsupportedMediaType,
    /// An event that this function is not made for.
    UnsupportedEvent(&'static str),
    /// Two actions with one name; where the second is.
    DuplicateActionName(String),
    /// The expiration is unreadable or past; which field, and what is wrong.
    InvalidDate(String),
    /// Output parameters while the stack has them off.
    ParametersDisabled,
    /// Post actions while the stack has them off.
    PostActionsDisabled,
    /// A target while the stack has its kind off; its type, and the stack parameter.
    TargetDisabled(&'static str, &'static str),
    /// A schema of an outcome that is not a JSON Schema.
    InvalidPostActionOutcome(Fault),
    /// A JSONPath that cannot be read.
    InvalidJsonPath(Fault),
    /// No data key could be had; the cause, for the log.
    EncryptionFailed(String),
    /// A link would be longer than its readers allow; which action, how long.
    UrlTooLong(Fault),
    /// A link that acts when it is opened shall be sent to people.
    UnsafeDelivery(Fault),
    /// A channel that the stack does not let be used.
    DeliveryDisabled(Fault),
    /// A message could not be sent, or nobody knows whether it was; what was sent before. Nothing went to anybody only
    /// when it is `NotSent`.
    DeliveryFailed(Fault, Sent),
    /// The link could not be opened.
    InvalidPayload(Damage),
    /// An unencrypted link while there is a key.
    EncryptionRequired,
    /// An encrypted link while there is no key.
    DecryptionUnsupported,
    /// The link's time is over.
    ExpiredPayload {
        /// Since when, in Unix seconds.
        at: u64,
    },
    /// `action` or `type` of the URL differ from the sealed ones.
    ActionMismatched,
    /// A parameter is missing, a placeholder malformed or a result over its limit.
    OutputFormatting(Fault),
    /// GET on a post action.
    PostActionNotPosted,
    /// A link that asks was answered without its page.
    ConfirmationRequired(Unconfirmed),
    /// A browser fetched a link that acts, to have it at hand.
    Prefetched,
    /// A body that is not JSON or that no outcome accepts.
    InvalidPostActionBody(Fault),
    /// A body of a type that post actions do not take.
    UnsupportedBodyType,
    /// A body of a type that a link for machines does not take.
    BodyTypeNotTaken,
    /// A body that no outcome accepts.
    NoOutcome,
    /// A webhook that does not prove who sent it; why, for the log.
    InvalidSignature(Unproven),
    /// Step Functions refused the answer: its code and its message.
    StepFunctionsRefused(&'static str, String),
    /// What waits, and is no task of Step Functions, does not take the answer: why, and the service's message.
    TargetRefused(Refused, &'static str, String),
    /// Step Functions does not let us answer: the code, for the log. Nothing was sent.
    NotPermitted(String),
    /// Not now.
    ServiceUnavailable(Unavailable, Sent, String),
    /// The KMS key is gone, and every link under it.
    KeyDeleted,
    /// Too many links that do not open.
    TooManyRequests,
    /// Anything unexpected; the cause, for the log.
    ServiceError(String),
}

/// What the table says of a rejection.
struct Row {
    code: &'static str,
    status: StatusCode,
}

impl Rejection {
    /// The table: code and status of each rejection.
    fn row(&self) -> Row {
        let (code, status) = match self {
            Rejection::InvalidJson(_) => ("InvalidJSON", StatusCode::BAD_REQUEST),
            Rejection::MethodNotAllowed(_) => ("MethodNotAllowed", StatusCode::METHOD_NOT_ALLOWED),
            Rejection::UnsupportedMediaType => ("UnsupportedMediaType", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Rejection::UnsupportedEvent(_) => ("UnsupportedEvent", StatusCode::BAD_REQUEST),
            Rejection::DuplicateActionName(_) => ("DuplicateActionName", StatusCode::BAD_REQUEST),
            Rejection::InvalidDate(_) => ("InvalidDate", StatusCode::BAD_REQUEST),
            Rejection::ParametersDisabled => ("ParametersDisabled", StatusCode::BAD_REQUEST),
            Rejection::PostActionsDisabled => ("PostActionsDisabled", StatusCode::BAD_REQUEST),
            Rejection::TargetDisabled(..) => ("TargetDisabled", StatusCode::BAD_REQUEST),
            Rejection::InvalidPostActionOutcome(_) => ("InvalidPostActionOutcome", StatusCode::BAD_REQUEST),
            Rejection::InvalidJsonPath(_) => ("InvalidJsonPath", StatusCode::BAD_REQUEST),
            Rejection::EncryptionFailed(_) => ("EncryptionFailed", StatusCode::BAD_REQUEST),
            Rejection::UrlTooLong(_) => ("UrlTooLong", StatusCode::BAD_REQUEST),
            Rejection::UnsafeDelivery(_) => ("UnsafeDelivery", StatusCode::BAD_REQUEST),
            Rejection::DeliveryDisabled(_) => ("DeliveryDisabled", StatusCode::BAD_REQUEST),
            Rejection::DeliveryFailed(..) => ("DeliveryFailed", StatusCode::BAD_GATEWAY),
            Rejection::InvalidPayload(_) => ("InvalidPayload", StatusCode::BAD_REQUEST),
            Rejection::EncryptionRequired => ("EncryptionRequired", StatusCode::BAD_REQUEST),
            Rejection::DecryptionUnsupported => ("DecryptionUnsupported", StatusCode::BAD_REQUEST),
            Rejection::ExpiredPayload { .. } => ("ExpiredPayload", StatusCode::BAD_REQUEST),
            Rejection::ActionMismatched => ("ActionMismatched", StatusCode::BAD_REQUEST),
            Rejection::OutputFormatting(_) => ("OutputFormatting", StatusCode::BAD_REQUEST),
            Rejection::PostActionNotPosted => ("PostActionNotPosted", StatusCode::METHOD_NOT_ALLOWED),
            Rejection::ConfirmationRequired(_) => ("ConfirmationRequired", StatusCode::BAD_REQUEST),
            Rejection::Prefetched => ("Prefetched", StatusCode::FORBIDDEN),
            Rejection::InvalidPostActionBody(_) => ("InvalidPostActionBody", StatusCode::BAD_REQUEST),
            Rejection::UnsupportedBodyType => ("InvalidPostActionBody", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Rejection::BodyTypeNotTaken => ("InvalidPostActionBody", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Rejection::NoOutcome => ("InvalidPostActionBody", StatusCode::BAD_REQUEST),
            Rejection::InvalidSignature(_) => ("InvalidSignature", StatusCode::UNAUTHORIZED),
            Rejection::StepFunctionsRefused(..) => ("StepFunctionsError", StatusCode::BAD_REQUEST),
            Rejection::TargetRefused(..) => ("TargetError", StatusCode::BAD_REQUEST),
            Rejection::NotPermitted(..) => ("ServiceError", StatusCode::INTERNAL_SERVER_ERROR),
            Rejection::ServiceUnavailable(..) => ("ServiceUnavailable", StatusCode::SERVICE_UNAVAILABLE),
            Rejection::KeyDeleted => ("KeyDeleted", StatusCode::GONE),
            Rejection::TooManyRequests => ("TooManyRequests", StatusCode::TOO_MANY_REQUESTS),
            Rejection::ServiceError(_) => ("ServiceError", StatusCode::INTERNAL_SERVER_ERROR),
        };
        Row { code, status }
    }

    /// The `error` of an answer. Callers match on it, so it never changes.
    pub fn code(&self) -> &'static str {
        self.row().code
    }

    /// The HTTP status of an answer.
    pub fn status(&self) -> StatusCode {
        self.row().status
    }

    /// The `Allow` header, where the method was the fault.
    pub fn allow(&self) -> Option<&'static str> {
        match self {
            Rejection::MethodNotAllowed(methods) => Some(methods),
            Rejection::PostActionNotPosted => Some("POST"),
            _ => None,
        }
    }

    /// Seconds after which trying again makes sense.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Rejection::ServiceUnavailable(Unavailable::KeySwitchedOff, ..) => Some(300),
            Rejection::ServiceUnavailable(Unavailable::KeyBusy | Unavailable::TaskService, ..) => Some(5),
            Rejection::TooManyRequests => Some(1),
            _ => None,
        }
    }

    /// The `outcome` of an answer that is not definite.
    pub fn outcome(&self) -> Option<Sent> {
        match self {
            Rejection::ServiceUnavailable(_, sent, _) => Some(*sent),
            _ => None,
        }
    }

    /// Whether all of a request to create may be tried again: nobody has one of its links.
    pub fn may_be_repeated(&self) -> bool {
        !matches!(self, Rejection::DeliveryFailed(_, Sent::Unknown))
    }

    /// Whether the answer to a request to create names the transaction: from the moment on that the request
    /// is valid in shape.
    pub fn names_transaction(&self) -> bool {
        !matches!(
            self,
            Rejection::InvalidJson(_)
                | Rejection::MethodNotAllowed(_)
                | Rejection::UnsupportedMediaType
                | Rejection::UnsupportedEvent(_)
        )
    }

    /// The text for the log, with the cause that the caller does not see.
    pub fn log_text(&self) -> String {
        match self {
            Rejection::InvalidPayload(damage) => damage.to_string(),
            Rejection::InvalidSignature(unproven) => unproven.to_string(),
            Rejection::EncryptionFailed(cause)
            | Rejection::NotPermitted(cause)
            | Rejection::ServiceUnavailable(_, _, cause)
            | Rejection::ServiceError(cause) => cause.clone(),
            _ => self.to_string(),
        }
    }

    /// Whether only the operator can mend it, whatever the status says.
    pub fn is_for_the_operator(&self) -> bool {
        let is_key = matches!(self, Rejection::EncryptionFailed(_) | Rejection::KeyDeleted);
        is_key || self.status().is_server_error()
    }

    /// The text for the caller of `/respond`, where a fault of ours can only be found by its transaction.
    pub fn caller_text(&self, transaction: Option<TransactionId>) -> String {
        match (self.status(), transaction) {
            (StatusCode::INTERNAL_SERVER_ERROR, Some(transaction)) => {
                format!("{self} The operator finds the cause in the log under transaction {transaction}.")
            }
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Rejection {
    /// The text for the caller: what is wrong and what to do, never a value of the request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: &str = match self {
            Rejection::InvalidJson(fault)
            | Rejection::InvalidPostActionOutcome(fault)
            | Rejection::InvalidJsonPath(fault)
            | Rejection::UrlTooLong(fault)
            | Rejection::UnsafeDelivery(fault)
            | Rejection::DeliveryDisabled(fault)
            | Rejection::DeliveryFailed(fault, _)
            | Rejection::OutputFormatting(fault)
            | Rejection::InvalidPostActionBody(fault) => return fault.fmt(f),
            Rejection::DuplicateActionName(at) => {
                return write!(
                    f,
                    "{at}: another action has the same name; give each action its own"
                );
            }
            Rejection::StepFunctionsRefused(code, message) | Rejection::TargetRefused(_, code, message) => {
                return write!(f, "{code}:{message}");
            }
            Rejection::TargetDisabled(kind, parameter) => {
                return write!(
                    f,
                    "Links that answer a target of type {kind} are switched off in this stack ({parameter})."
                );
            }
            Rejection::InvalidDate(text) => text,
            Rejection::UnsupportedEvent(text) => text,
            Rejection::MethodNotAllowed(methods) => {
                return write!(f, "This method is not allowed; use {methods}.");
            }
            Rejection::UnsupportedMediaType => {
                "The content type must be JSON; send the request with Content-Type: application/json."
            }
            Rejection::ParametersDisabled => {
                "Output parameters are switched off in this stack (parameter EnableOutputParameters)."
            }
            Rejection::PostActionsDisabled => {
                "Post actions are switched off in this stack (parameter EnablePostActions)."
            }
            Rejection::EncryptionFailed(_) => {
                "No data key could be had from KMS, so no link was made; check the key and its policy."
            }
            Rejection::InvalidPayload(_) => {
                "This link is incomplete or damaged, or it is not of this service. \
                 Copy the whole address; your mail program may have cut it."
            }
            Rejection::EncryptionRequired => {
                "This link is not encrypted, and this service only takes encrypted links; make a new one."
            }
            Rejection::DecryptionUnsupported => {
                "This link is encrypted, and this service has no key to open it; \
                 switch encryption on in the stack or make a new link."
            }
            Rejection::ExpiredPayload { .. } => "This link has expired; nothing was sent.",
            Rejection::ActionMismatched => {
                "The action or type in this address differ from what the link was made for; \
                 open the address as it was sent."
            }
            Rejection::PostActionNotPosted => "This link takes a POST with a JSON body.",
            Rejection::ConfirmationRequired(unconfirmed) => return unconfirmed.fmt(f),
            Rejection::Prefetched => {
                "This link acts when it is opened, so it is not fetched in advance; nothing was sent."
            }
            Rejection::UnsupportedBodyType => {
                "The body must be JSON; send it with Content-Type: application/json."
            }
            Rejection::BodyTypeNotTaken => {
                "This link does not accept this content type. Its creator sets the accepted types in `bodies`."
            }
            Rejection::NoOutcome => "body: is accepted by no outcome of this link",
            Rejection::InvalidSignature(_) => {
                "The request does not prove who sent it; nothing was sent. Check the secret, the signature and the clock."
            }
            Rejection::NotPermitted(_) => "AWS does not let this service answer; nothing was sent.",
            Rejection::ServiceError(_) => "Something unexpected happened in this service.",
            Rejection::ServiceUnavailable(Unavailable::KeySwitchedOff, ..) => {
                "Links are switched off by the operator or misconfigured; nothing was sent."
            }
            Rejection::ServiceUnavailable(_, Sent::NotSent, _) => {
                "The service cannot answer right now; nothing was sent. Opening the link again later is safe."
            }
            Rejection::ServiceUnavailable(_, Sent::Unknown, _) => {
                "Your answer was sent but could not be confirmed. \
                 Opening the link again is safe: an answer counts only once."
            }
            Rejection::KeyDeleted => {
                "The key of this link was deleted, so the link can never be opened again; nothing was sent."
            }
            Rejection::TooManyRequests => "Too many links that do not open; try again in a moment.",
        };
        f.write_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_its_place() {
        assert_eq!(
            Fault::at("redirect", "x").under("actions[0].response").at,
            "actions[0].response.redirect"
        );
        assert_eq!(Fault::at("[1].name", "x").under("actions").at, "actions[1].name");
        assert_eq!(Fault::at("", "not JSON").to_string(), "not JSON");
        assert_eq!(Fault::at("token", "is empty").to_string(), "token: is empty");
    }

    #[test]
    fn the_caller_sees_no_cause() {
        for rejection in [
            Rejection::InvalidPayload(Damage::KeyRefused("cause".into())),
            Rejection::EncryptionFailed("cause".into()),
            Rejection::NotPermitted("cause".into()),
            Rejection::ServiceUnavailable(Unavailable::KeyBusy, Sent::NotSent, "cause".into()),
            Rejection::ServiceError("cause".into()),
        ] {
            assert!(!rejection.to_string().contains("cause"), "{rejection}");
            assert!(rejection.log_text().contains("cause"), "{rejection}");
        }
    }

    #[test]
    fn a_key_that_cannot_be_used_is_for_the_operator_whatever_the_status() {
        for rejection in [
            Rejection::EncryptionFailed("cause".into()),
            Rejection::KeyDeleted,
            Rejection::ServiceUnavailable(Unavailable::KeySwitchedOff, Sent::NotSent, "cause".into()),
            Rejection::ServiceError("cause".into()),
        ] {
            assert!(rejection.is_for_the_operator(), "{rejection}");
        }
        for rejection in [
            Rejection::ActionMismatched,
            Rejection::TooManyRequests,
            Rejection::InvalidPayload(Damage::Missing),
            Rejection::MethodNotAllowed("POST"),
        ] {
            assert!(!rejection.is_for_the_operator(), "{rejection}");
        }
    }

    #[test]
    fn every_unopened_link_gets_one_text() {
        let texts = [
            Damage::Missing,
            Damage::TooLong,
            Damage::Commitment,
            Damage::Authentication,
        ]
        .map(|damage| Rejection::InvalidPayload(damage).to_string());
        assert!(texts.iter().all(|text| *text == texts[0]));
    }
}
