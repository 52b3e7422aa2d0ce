//! PUT to a presigned URL of one of CloudFormation's buckets.
//!
//! No Content-Type: a signature of version 2 covers it, and CloudFormation's has none in it. Whether the URL is one of
//! CloudFormation's was decided when the link was made, and again when it was opened ([`crate::target::presigned`]).

use super::RefusalCode;
use super::attempts::Attempt;
use crate::calls::Calls;
use crate::outbound::{Answer, Failure, Message, Outbound};
use crate::target::PresignedUrl;
use bytes::Bytes;
use http::Method;
use tokio::time::Instant;

/// How much of an answer is looked at, in bytes: that of Amazon S3 has some hundred.
const ANSWER_LIMIT: usize = 4_096;

/// Sends a body, once.
pub(super) async fn attempt(
    outbound: &Outbound,
    url: &PresignedUrl,
    body: Bytes,
    operation: &'static str,
    calls: &Calls,
) -> Attempt {
    let start = Instant::now();
    let message = Message {
        method: Method::PUT,
        url: url.as_https(),
        headers: Vec::new(),
        body,
        answer_limit: ANSWER_LIMIT,
    };
    match outbound.send(message).await {
        Ok(answer) => {
            let code = error_code(&answer.body);
            let outcome = match answer.status.as_u16() {
                200 => "ok".to_owned(),
                status => format!("{status} {code}").trim_end().to_owned(),
            };
            let request_id = answer.headers.get("x-amz-request-id");
            let request_id = request_id.and_then(|id| id.to_str().ok()).filter(|id| is_id(id));
            calls.add(operation, outcome.clone(), start.elapsed(), request_id);
            judge(&answer, &code, outcome)
        }
        Err(Failure::NotSent(what)) => {
            calls.add(operation, what.clone(), start.elapsed(), None);
            Attempt::NotSent(what)
        }
        Err(Failure::Unknown(what)) => {
            calls.add(operation, what.clone(), start.elapsed(), None);
            Attempt::Lost(what)
        }
    }
}

/// What Amazon S3 has done with the object (API reference, "Error responses").
fn judge(answer: &Answer, code: &str, outcome: String) -> Attempt {
    let over = || {
        let text = "CloudFormation does not take an answer any more; the presigned URL is over";
        Attempt::Refused(RefusalCode::SignalRefused, text.to_owned())
    };
    match (answer.status.as_u16(), code) {
        (200, _) => Attempt::Taken,
        (403, "RequestTimeTooSkewed") => Attempt::Unexpected(outcome),
        (400 | 403, "ExpiredToken") => over(),
        (403, "AccessDenied") if is_over(&answer.body) => over(),
        // A policy, a signature or a key: nothing that the visitor could have done.
        (403, _) => Attempt::NotPermitted(outcome),
        (429, _) | (503, "SlowDown") => Attempt::Throttled(outcome),
        (400, "RequestTimeout") | (500.., _) => Attempt::Lost(outcome),
        // A redirect, too: this host has not taken it, and no other is asked.
        _ => Attempt::Unexpected(outcome),
    }
}

/// Amazon S3 tells an expired signature from a denied request by its message only.
fn is_over(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("<Message>Request has expired</Message>")
}

/// `<Code>AccessDenied</Code>`, if the answer is one of Amazon S3.
fn error_code(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let code = text
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"))
        .map(|(code, _)| code.trim())
        .unwrap_or_default();
    match code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        true => code.to_owned(),
        false => String::new(),
    }
}

fn is_id(text: &str) -> bool {
    text.len() <= 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, StatusCode};

    fn judged(status: u16, body: &str) -> Attempt {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
        };
        let code = error_code(&answer.body);
        judge(&answer, &code, format!("{status} {code}").trim_end().to_owned())
    }

    fn error(code: &str) -> String {
        format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>m</Message></Error>")
    }

    #[test]
    fn only_200_is_taken() {
        assert_eq!(judged(200, ""), Attempt::Taken);
        for status in [201, 204, 301, 302, 307, 308, 400, 404, 405, 411] {
            let name = status.to_string();
            assert_eq!(judged(status, ""), Attempt::Unexpected(name), "{status}");
        }
    }

    #[test]
    fn a_url_that_is_over_is_told_from_faults_of_ours() {
        let expired = error("AccessDenied").replace(">m<", ">Request has expired<");
        for (status, body) in [
            (403, expired),
            (403, error("ExpiredToken")),
            (400, error("ExpiredToken")),
        ] {
            let Attempt::Refused(RefusalCode::SignalRefused, _) = judged(status, &body) else {
                panic!("{status} {body}");
            };
        }
        for code in ["AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId", ""] {
            let denied = Attempt::NotPermitted(format!("403 {code}").trim_end().to_owned());
            assert_eq!(judged(403, &error(code)), denied, "{code}");
        }
        assert_eq!(
            judged(403, &error("RequestTimeTooSkewed")),
            Attempt::Unexpected("403 RequestTimeTooSkewed".to_owned())
        );
    }

    #[test]
    fn what_may_pass_may_be_tried_again() {
        let throttled = Attempt::Throttled("503 SlowDown".to_owned());
        assert_eq!(judged(503, &error("SlowDown")), throttled);
        assert_eq!(judged(429, ""), Attempt::Throttled("429".to_owned()));
        let lost = |outcome: &str| Attempt::Lost(outcome.to_owned());
        assert_eq!(judged(503, ""), lost("503"));
        assert_eq!(judged(500, &error("InternalError")), lost("500 InternalError"));
        assert_eq!(judged(400, &error("RequestTimeout")), lost("400 RequestTimeout"));
    }

    #[test]
    fn nothing_else_of_an_answer_gets_into_the_log() {
        for body in [
            "",
            "<Code>",
            "<Code>a b</Code>",
            "<Code>a\n</b></Code>",
            &error(&"x".repeat(65)),
        ] {
            assert_eq!(error_code(body.as_bytes()), "", "{body}");
        }
        assert_eq!(error_code(error("AccessDenied").as_bytes()), "AccessDenied");
    }
}
