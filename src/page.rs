//! The pages that a person sees. Escaped at compile time; no script, nothing from anywhere else.

use crate::action::ActionType;
use crate::decide::Subject;
use crate::rejection::{Rejection, Sent};
use askama::Template;
use base64::Engine as _;
use std::sync::LazyLock;

const STYLE: &str = include_str!("page/style.css");

/// Allows the one embedded style sheet and nothing else.
pub static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = ring::digest::digest(&ring::digest::SHA256, STYLE.as_bytes());
    let hash = base64::engine::general_purpose::STANDARD.encode(hash);
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
});

/// For a page that the author of the link wrote: it may load what it likes, but nobody may frame it.
pub const AUTHORS_POLICY: &str = "frame-ancestors 'none'; base-uri 'none'";

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    style: &'static str,
    title: &'a str,
    text: &'a str,
    details: &'a [(&'static str, String)],
}

impl Page<'_> {
    fn html(&self) -> String {
        self.render().expect("writing to a string does not fail")
    }
}

/// The answer was recorded.
pub fn done(subject: &Subject) -> String {
    let text = match subject.kind {
        ActionType::Heartbeat => "The task was told to go on waiting. You can close this page.",
        ActionType::Success | ActionType::Failure | ActionType::Post => {
            "Your answer was recorded. You can close this page."
        }
    };
    Page {
        style: STYLE,
        title: "Thank you",
        text,
        details: &details(subject),
    }
    .html()
}

/// The answer was sent, the task is closed, and the confirmation got lost.
pub fn unconfirmed(subject: &Subject) -> String {
    let text = match subject.kind {
        ActionType::Heartbeat => {
            "The heartbeat was sent, and its confirmation got lost on the way. The task is now closed, \
             so it needs no further heartbeats."
        }
        ActionType::Success | ActionType::Failure | ActionType::Post => {
            "Your answer was sent, and the task is now closed: almost certainly by your answer. \
             The confirmation got lost on the way."
        }
    };
    Page {
        style: STYLE,
        title: "Sent",
        text,
        details: &details(subject),
    }
    .html()
}

/// The request was not granted.
pub fn refused(rejection: &Rejection, text: &str) -> String {
    let title = match rejection {
        Rejection::ExpiredPayload => "This link has expired",
        Rejection::StepFunctionsRefused("TaskTimedOut" | "TaskDoesNotExist", _) => {
            "Already answered or closed"
        }
        Rejection::ServiceUnavailable(_, Sent::NotSent, _) | Rejection::TooManyRequests => {
            "Please try again later"
        }
        Rejection::ServiceUnavailable(_, Sent::Unknown, _) => "Not confirmed",
        _ => "This did not work",
    };
    let plain = match rejection {
        Rejection::StepFunctionsRefused("TaskTimedOut" | "TaskDoesNotExist", _) => {
            "This request was already answered, has timed out or was stopped. Nothing was changed now."
        }
        _ => text,
    };
    Page {
        style: STYLE,
        title,
        text: plain,
        details: &[("Code", rejection.code().to_owned())],
    }
    .html()
}

fn details(subject: &Subject) -> [(&'static str, String); 2] {
    [
        ("Action", subject.name.to_string()),
        ("Transaction", subject.transaction.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_name_action_and_transaction() {
        for page in [done(&Subject::example()), unconfirmed(&Subject::example())] {
            assert!(
                page.contains("approve") && page.contains(&"ab".repeat(16)),
                "{page}"
            );
            assert!(!page.contains("<script") && !page.contains("http"), "{page}");
        }
    }

    #[test]
    fn refusals_show_the_code_and_escape_the_text() {
        let page = refused(&Rejection::ExpiredPayload, "<img src=x onerror=alert(1)>");
        assert!(
            page.contains("ExpiredPayload") && page.contains("&#60;img"),
            "{page}"
        );
        assert!(!page.contains("<img"), "{page}");
    }

    #[test]
    fn the_policy_allows_the_embedded_style() {
        let page = done(&Subject::example());
        assert!(page.contains(&format!("<style>{STYLE}</style>")));
        assert!(CONTENT_SECURITY_POLICY.contains("style-src 'sha256-"));
    }
}
