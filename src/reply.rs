//! Answers: statuses, headers and bodies. No payload and no token ever comes here.

use crate::action::ReplySpec;
use crate::decide::Subject;
use crate::negotiate::Format;
use crate::page;
use crate::rejection::Rejection;
use crate::transaction::TransactionId;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{Response, StatusCode};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// An answer of either role. All bodies are text.
pub type Reply = Response<String>;

/// Links that were made, as CreateUrls answers them.
#[derive(Serialize)]
pub struct Created {
    /// Joins request, links, uses and log lines.
    pub transaction_id: String,
    /// URL by name of the action, in the order of the request.
    pub urls: serde_json::Map<String, serde_json::Value>,
    /// As it was understood, only if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<String>,
    /// What the author may want to mend.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl fmt::Debug for Created {
    /// A link is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Created({} links)", self.urls.len())
    }
}

/// The answer to a granted request to create.
pub fn created(created: &Created) -> Reply {
    json(StatusCode::OK, created)
}

/// The answer to a refused request to create.
pub fn not_created(rejection: &Rejection, transaction: TransactionId) -> Reply {
    let mut body = error_body(rejection, rejection.to_string());
    if rejection.names_transaction() {
        body.insert("transaction_id", transaction.to_string());
    }
    with_rejection_headers(json(rejection.status(), &body), rejection)
}

/// The task took the report.
pub fn done(subject: &Subject, custom: ReplySpec, format: Format) -> Reply {
    if let Some(redirect) = custom.redirect {
        let mut reply = plain(StatusCode::SEE_OTHER, Format::Text, String::new());
        let location = HeaderValue::try_from(redirect.location());
        reply.headers_mut().insert(
            LOCATION,
            location.expect("redirects are checked when they are read"),
        );
        return reply;
    }
    let done = done_body(subject);
    match (format, custom) {
        (Format::Json, ReplySpec { json: Some(body), .. }) => {
            plain(StatusCode::OK, format, body.into_string())
        }
        (Format::Html, ReplySpec { html: Some(body), .. }) => {
            let mut reply = plain(StatusCode::OK, format, body);
            let policy = HeaderValue::from_static(page::AUTHORS_POLICY);
            reply.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
            reply
        }
        (Format::Text, ReplySpec { text: Some(body), .. }) => plain(StatusCode::OK, format, body),
        (Format::Json, _) => json(StatusCode::OK, &done),
        (Format::Html, _) => plain(StatusCode::OK, format, page::done(subject)),
        (Format::Text, _) => plain(StatusCode::OK, format, indented(&done)),
    }
}

/// The report was sent, the task is closed, and nobody knows for certain by whom.
pub fn unconfirmed(subject: &Subject, format: Format) -> Reply {
    #[derive(Serialize)]
    struct Unconfirmed<'a> {
        #[serde(flatten)]
        done: Done<'a>,
        confirmed: bool,
        reason: &'static str,
    }
    let body = Unconfirmed {
        done: done_body(subject),
        confirmed: false,
        reason: "closed_during_retry",
    };
    match format {
        Format::Json => json(StatusCode::ACCEPTED, &body),
        Format::Html => plain(StatusCode::ACCEPTED, format, page::unconfirmed(subject)),
        Format::Text => plain(StatusCode::ACCEPTED, format, indented(&body)),
    }
}

/// The link is good, and nothing was done: what HEAD gets.
pub fn inert(format: Format) -> Reply {
    plain(StatusCode::OK, format, String::new())
}

/// The request for a link was refused.
pub fn refused(rejection: &Rejection, transaction: Option<TransactionId>, format: Format) -> Reply {
    let text = rejection.caller_text(transaction);
    let status = rejection.status();
    let reply = match format {
        Format::Json => json(status, &error_body(rejection, text)),
        Format::Html => plain(status, format, page::refused(rejection, &text)),
        Format::Text => plain(status, format, indented(&error_body(rejection, text))),
    };
    with_rejection_headers(reply, rejection)
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

/// An answer with the headers that all answers have: nothing may be stored, indexed, framed or guessed.
fn plain(status: StatusCode, format: Format, body: String) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    let policy = HeaderValue::from_str(&page::CONTENT_SECURITY_POLICY);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, policy.expect("the policy is ASCII"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        HeaderName::from_static("x-robots-tag"),
        HeaderValue::from_static("noindex, nofollow"),
    );
    headers.insert(VARY, HeaderValue::from_static("Accept"));
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Redirect;
    use crate::json::JsonText;
    use crate::rejection::{Damage, Sent, Unavailable};

    fn header(reply: &Reply, name: HeaderName) -> &str {
        reply
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn the_default_bodies_are_those_of_version_1() {
        let id = "ab".repeat(16);
        let json = done(&Subject::example(), ReplySpec::default(), Format::Json);
        let expected =
            format!(r#"{{"transaction_id":"{id}","action":{{"name":"approve","type":"success"}}}}"#);
        assert_eq!((json.status().as_u16(), json.body()), (200, &expected));
        let text = done(&Subject::example(), ReplySpec::default(), Format::Text);
        let expected = format!(
            "{{\n  \"transaction_id\": \"{id}\",\n  \"action\": {{\n    \"name\": \"approve\",\n    \"type\": \"success\"\n  }}\n}}"
        );
        assert_eq!(text.body(), &expected);
        let html = done(&Subject::example(), ReplySpec::default(), Format::Html);
        assert!(html.body().contains(&id) && html.body().contains("approve"));
    }

    #[test]
    fn custom_bodies_replace_those_of_their_own_type_only() {
        let custom = |redirect: Option<&str>| ReplySpec {
            redirect: redirect.map(|url| Redirect::read(url.to_owned()).unwrap()),
            json: Some(JsonText::parse(r#"{"own":1}"#).unwrap()),
            html: Some("<p>own</p>".to_owned()),
            text: None,
        };
        assert_eq!(
            done(&Subject::example(), custom(None), Format::Json).body(),
            r#"{"own":1}"#
        );
        let html = done(&Subject::example(), custom(None), Format::Html);
        assert_eq!(html.body(), "<p>own</p>");
        assert_eq!(header(&html, CONTENT_SECURITY_POLICY), page::AUTHORS_POLICY);
        assert!(
            done(&Subject::example(), custom(None), Format::Text)
                .body()
                .contains("approve")
        );
        let redirect = done(
            &Subject::example(),
            custom(Some("https://example.com/x")),
            Format::Html,
        );
        assert_eq!(
            (redirect.status().as_u16(), header(&redirect, LOCATION)),
            (303, "https://example.com/x")
        );
    }

    #[test]
    fn a_lost_confirmation_is_told_as_such() {
        let reply = unconfirmed(&Subject::example(), Format::Json);
        let body: serde_json::Value = serde_json::from_str(reply.body()).unwrap();
        assert_eq!(reply.status().as_u16(), 202);
        assert_eq!(body["confirmed"], false);
        assert_eq!(body["reason"], "closed_during_retry");
        assert_eq!(body["action"]["name"], "approve");
    }

    #[test]
    fn refusals_have_code_message_and_headers() {
        for (rejection, status, body, name, value) in [
            (
                Rejection::ExpiredPayload,
                400,
                r#"{"error":"ExpiredPayload","message":"This link has expired; nothing was sent."}"#,
                VARY,
                "Accept",
            ),
            (
                Rejection::PostActionNotPosted,
                405,
                r#"{"error":"PostActionNotPosted","message":"This link takes a POST with a JSON body."}"#,
                ALLOW,
                "POST",
            ),
            (
                Rejection::ServiceUnavailable(Unavailable::TaskService, Sent::Unknown, "timeout".into()),
                503,
                r#"{"error":"ServiceUnavailable","message":"Your answer was sent but could not be confirmed. Opening the link again is safe: an answer counts only once.","outcome":"unknown"}"#,
                RETRY_AFTER,
                "5",
            ),
        ] {
            let reply = refused(&rejection, None, Format::Json);
            assert_eq!((reply.status().as_u16(), reply.body().as_str()), (status, body));
            assert_eq!(header(&reply, name), value);
        }
        let html = refused(&Rejection::InvalidPayload(Damage::Missing), None, Format::Html);
        assert!(html.body().contains("InvalidPayload"));
        let text = refused(&Rejection::ExpiredPayload, None, Format::Text);
        assert!(text.body().starts_with("{\n  \"error\": \"ExpiredPayload\""));
    }

    #[test]
    fn every_answer_forbids_storing_framing_and_guessing() {
        for format in [Format::Json, Format::Html, Format::Text] {
            for reply in [
                done(&Subject::example(), ReplySpec::default(), format),
                unconfirmed(&Subject::example(), format),
                inert(format),
                refused(&Rejection::ExpiredPayload, None, format),
            ] {
                assert_eq!(header(&reply, CACHE_CONTROL), "no-store");
                assert_eq!(header(&reply, REFERRER_POLICY), "no-referrer");
                assert_eq!(header(&reply, X_CONTENT_TYPE_OPTIONS), "nosniff");
                assert_eq!(header(&reply, CONTENT_TYPE), format.content_type());
                assert!(header(&reply, CONTENT_SECURITY_POLICY).contains("frame-ancestors 'none'"));
            }
        }
    }

    #[test]
    fn the_transaction_is_named_from_a_valid_shape_on() {
        let id = TransactionId::new([0xab; 16]);
        let named = not_created(&Rejection::ParametersDisabled, id);
        assert!(named.body().contains(&"ab".repeat(16)));
        for rejection in [
            Rejection::InvalidJson(crate::rejection::Fault::at("token", "is empty")),
            Rejection::MethodNotAllowed("POST"),
            Rejection::UnsupportedMediaType,
        ] {
            assert!(
                !not_created(&rejection, id).body().contains("transaction_id"),
                "{rejection}"
            );
        }
    }
}
