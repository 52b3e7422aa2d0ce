//! Answers: statuses, headers and bodies. No payload and no token ever comes here.

mod create;
mod describe;
mod machine;

pub use create::{Created, Delivered, Links, RecipientLinks, RecipientSecrets, created, event, not_created};
pub use machine::{Manner, already_completed, challenge, permission};

use crate::action::ReplySpec;
use crate::brand::Brand;
use crate::decide::{Ask, Receipt, Subject};
use crate::language::Language;
use crate::negotiate::Format;
use crate::page::{self, Look, Page};
use crate::rejection::Rejection;
use crate::transaction::TransactionId;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    LOCATION, REFERRER_POLICY, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{Response, StatusCode};
use serde::Serialize;
use std::collections::BTreeMap;

/// An answer of either role. All bodies are text.
pub type Reply = Response<String>;

/// Whom an answer is for.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'a> {
    /// What is liked best.
    pub format: Format,
    /// Of pages.
    pub language: Language,
    /// Whose pages they are.
    pub brand: &'a Brand,
    /// By whose rules.
    pub manner: Manner,
}

/// The task took the report.
pub fn done(receipt: &Receipt, custom: ReplySpec, visitor: &Visitor<'_>) -> Reply {
    match (visitor.manner, custom.text.as_ref()) {
        (Manner::Twilio, _) => return machine::instructions(custom),
        (Manner::Text, Some(text)) => return plain(StatusCode::OK, Format::Text, text.clone()),
        (Manner::Text | Manner::Machine | Manner::Contract, _) => {}
    }
    if let Some(redirect) = custom.redirect {
        let mut reply = plain(StatusCode::SEE_OTHER, Format::Text, String::new());
        let location = HeaderValue::try_from(redirect.location());
        reply.headers_mut().insert(
            LOCATION,
            location.expect("redirects are checked when they are read"),
        );
        return reply;
    }
    let done = done_body(&receipt.subject);
    let format = visitor.format;
    match (format, custom) {
        (Format::Json, ReplySpec { json: Some(body), .. }) => {
            plain(StatusCode::OK, format, body.into_string())
        }
        (Format::Html, ReplySpec { html: Some(body), .. }) => with_policy(
            plain(StatusCode::OK, format, body),
            HeaderValue::from_static(page::AUTHORS_POLICY),
        ),
        (Format::Text, ReplySpec { text: Some(body), .. }) => plain(StatusCode::OK, format, body),
        (Format::Json, _) => json(StatusCode::OK, &done),
        (Format::Html, _) => visitor.page(StatusCode::OK, |look| page::done(look, receipt)),
        (Format::Text, _) => plain(StatusCode::OK, format, indented(&done)),
    }
}

/// The report was sent and the task is closed; whether by this report was not confirmed.
pub fn unconfirmed(receipt: &Receipt, visitor: &Visitor<'_>) -> Reply {
    accepted(receipt, visitor, "closed_during_retry", page::unconfirmed)
}

/// An answer was sent that must not be repeated, and it was not confirmed. Not 503: senders repeat after that.
pub fn answer_lost(receipt: &Receipt, visitor: &Visitor<'_>) -> Reply {
    accepted(receipt, visitor, "answer_lost", page::answer_lost)
}

fn accepted(
    receipt: &Receipt,
    visitor: &Visitor<'_>,
    reason: &'static str,
    page: fn(&page::Look<'_>, &Receipt) -> page::Page,
) -> Reply {
    #[derive(Serialize)]
    struct Unconfirmed<'a> {
        #[serde(flatten)]
        done: Done<'a>,
        confirmed: bool,
        reason: &'static str,
    }
    if visitor.manner == Manner::Twilio {
        let mut reply = machine::instructions(ReplySpec::default());
        *reply.status_mut() = StatusCode::ACCEPTED;
        return reply;
    }
    let body = Unconfirmed {
        done: done_body(&receipt.subject),
        confirmed: false,
        reason,
    };
    match visitor.format {
        Format::Json => json(StatusCode::ACCEPTED, &body),
        Format::Html => visitor.page(StatusCode::ACCEPTED, |look| page(look, receipt)),
        Format::Text => plain(StatusCode::ACCEPTED, Format::Text, indented(&body)),
    }
}

/// The link asks before it acts: the page, or for programs what it asks.
///
/// A refused answer gives a person the page again, and a program its error.
pub fn ask(ask: &Ask, visitor: &Visitor<'_>) -> Reply {
    let status = ask.refusal.as_ref().map_or(StatusCode::OK, Rejection::status);
    match (visitor.format, &ask.refusal) {
        (Format::Html, _) => visitor.page(status, |look| page::ask(look, ask)),
        (Format::Json | Format::Text, Some(refusal)) => {
            refused(refusal, Some(ask.subject.transaction), visitor)
        }
        (Format::Json, None) => json(StatusCode::OK, &describe::description(ask)),
        (Format::Text, None) => plain(
            StatusCode::OK,
            Format::Text,
            indented(&describe::description(ask)),
        ),
    }
}

/// The request for a link was refused.
pub fn refused(rejection: &Rejection, transaction: Option<TransactionId>, visitor: &Visitor<'_>) -> Reply {
    let text = rejection.caller_text(transaction);
    let status = visitor.manner.status(rejection);
    let reply = match visitor.format {
        Format::Json => json(status, &error_body(rejection, text)),
        Format::Html => visitor.page(status, |look| page::refused(look, rejection, &text, transaction)),
        Format::Text => plain(status, Format::Text, indented(&error_body(rejection, text))),
    };
    with_rejection_headers(reply, rejection)
}

impl Visitor<'_> {
    fn page(&self, status: StatusCode, page: impl FnOnce(&Look<'_>) -> Page) -> Reply {
        let Page { html, policy } = page(&Look::new(self.language, self.brand));
        let policy = HeaderValue::try_from(policy).expect("origins of redirects are ASCII");
        let mut reply = with_policy(plain(status, Format::Html, html), policy);
        let headers = reply.headers_mut();
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag()));
        // Not with an author's page: it may speak with the window that opened it.
        headers.insert(
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        );
        reply
    }
}

/// Nothing was done and there is nothing to show: what OPTIONS gets.
pub fn no_content() -> Reply {
    let mut reply = plain(StatusCode::NO_CONTENT, Format::Json, String::new());
    reply.headers_mut().remove(CONTENT_TYPE);
    reply
}

/// The same answer without its body, for HEAD.
pub fn without_body(mut reply: Reply) -> Reply {
    reply.body_mut().clear();
    reply
}

#[derive(Serialize)]
struct Done<'a> {
    transaction_id: String,
    action: DoneAction<'a>,
}

#[derive(Serialize)]
struct DoneAction<'a> {
    name: &'a str,
    r#type: &'static str,
}

fn done_body(subject: &Subject) -> Done<'_> {
    Done {
        transaction_id: subject.transaction.to_string(),
        action: DoneAction {
            name: subject.name.as_str(),
            r#type: subject.kind.as_str(),
        },
    }
}

fn error_body(rejection: &Rejection, text: String) -> BTreeMap<&'static str, String> {
    let mut body = BTreeMap::from([("error", rejection.code().to_owned()), ("message", text)]);
    body.extend(
        rejection
            .outcome()
            .map(|sent| ("outcome", sent.as_str().to_owned())),
    );
    body
}

/// A refusal that fails the invocation, so that a state machine sees an error and no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// The `error` of the answer.
    pub code: String,
    /// Its `message`.
    pub text: String,
}

impl Raised {
    /// What an answer raises; nothing if it grants the request.
    pub fn of(reply: &Reply) -> Option<Self> {
        if reply.status().is_success() {
            return None;
        }
        let mut body: BTreeMap<String, String> = serde_json::from_str(reply.body()).unwrap_or_default();
        let mut part = |name: &str| body.remove(name).unwrap_or_default();
        Some(Self {
            code: part("error"),
            text: part("message"),
        })
    }
}

fn with_rejection_headers(mut reply: Reply, rejection: &Rejection) -> Reply {
    let headers = reply.headers_mut();
    headers.extend(
        rejection
            .allow()
            .map(|methods| (ALLOW, HeaderValue::from_static(methods))),
    );
    headers.extend(
        rejection
            .retry_after_seconds()
            .map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds))),
    );
    reply
}

fn json(status: StatusCode, body: &impl Serialize) -> Reply {
    plain(
        status,
        Format::Json,
        serde_json::to_string(body).expect("our own types have string keys only"),
    )
}

fn indented(body: &impl Serialize) -> String {
    serde_json::to_string_pretty(body).expect("our own types have string keys only")
}

/// An answer with the headers that all answers have: nothing may be stored, indexed, framed, embedded or guessed, and the host
/// is asked by HTTPS only. Its subdomains are not ours.
fn plain(status: StatusCode, format: Format, body: String) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    let policy = HeaderValue::from_static(page::NO_PAGE_POLICY);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        STRICT_TRANSPORT_SECURITY,
        HeaderValue::from_static("max-age=31536000"),
    );
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        HeaderName::from_static("x-robots-tag"),
        HeaderValue::from_static("noindex, nofollow"),
    );
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Language"));
    reply
}

fn with_policy(mut reply: Reply, policy: HeaderValue) -> Reply {
    reply.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    reply
}

#[cfg(test)]
mod tests;
