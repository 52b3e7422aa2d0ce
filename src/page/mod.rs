//! The pages that a person sees. Escaped at compile time; no script, nothing from anywhere else.

mod ask;
mod fields;
mod texts;

pub use ask::ask;

use crate::brand::Brand;
use crate::decide::{self, Receipt};
use crate::language::Language;
use crate::rejection::{Refused, Rejection, Sent, Unavailable};
use crate::transaction::TransactionId;
use askama::Template;
use base64::Engine as _;
use texts::{Texts, filled};

/// For a page that the author of the link wrote: it may load what it likes, but nobody may frame it.
pub const AUTHORS_POLICY: &str = "frame-ancestors 'none'; base-uri 'none'";
/// For what is no page.
pub const NO_PAGE_POLICY: &str =
    "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

const STYLE: &str = include_str!("style.css");

/// A page, and what a browser may do with it.
pub struct Page {
    /// The document.
    pub html: String,
    /// Content-Security-Policy: the one embedded style sheet, forms to where they belong, and nothing else.
    pub policy: String,
}

/// What all pages share.
pub struct Look<'a> {
    language: Language,
    brand: &'a Brand,
    style: String,
}

impl<'a> Look<'a> {
    /// In a language, with the owner's name and colour.
    pub fn new(language: Language, brand: &'a Brand) -> Self {
        let mut style = STYLE.to_owned();
        if let Some(color) = brand.color {
            // Behind the style sheet, so that it holds in the dark as well.
            style.push_str(&format!(
                ":root{{--brand:{};--on-brand:{}}}\n",
                color.css(),
                color.ink()
            ));
        }
        Self {
            language,
            brand,
            style,
        }
    }

    fn texts(&self) -> &'static Texts {
        texts::of(self.language)
    }

    fn frame(&self) -> Frame<'_> {
        Frame {
            lang: self.language.tag(),
            brand: self.brand.name.as_deref(),
            style: &self.style,
        }
    }

    fn page(&self, template: &impl Template, origins: &[String]) -> Page {
        let hash = ring::digest::digest(&ring::digest::SHA256, self.style.as_bytes());
        let hash = base64::engine::general_purpose::STANDARD.encode(hash);
        let actions = [&["'self'".to_owned()], origins].concat().join(" ");
        Page {
            html: template.render().expect("writing to a string does not fail"),
            policy: format!(
                "default-src 'none'; style-src 'sha256-{hash}'; form-action {actions}; \
                 frame-ancestors 'none'; base-uri 'none'"
            ),
        }
    }
}

struct Frame<'a> {
    lang: &'static str,
    brand: Option<&'a str>,
    style: &'a str,
}

struct Row {
    term: &'static str,
    value: String,
    /// Not in the language of the page.
    english: bool,
}

impl Row {
    fn new(term: &'static str, value: impl Into<String>) -> Self {
        Self {
            term,
            value: value.into(),
            english: false,
        }
    }
}

/// The sign above the heading.
#[derive(Clone, Copy)]
enum Mark {
    Good,
    /// It is over, and that is nobody's fault.
    Over,
    /// It goes on, or may be tried again.
    Wait,
    Bad,
}

impl Mark {
    const fn class(self) -> &'static str {
        match self {
            Mark::Good => "good",
            Mark::Over | Mark::Wait => "wait",
            Mark::Bad => "bad",
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Mark::Good => "✓",
            Mark::Over => "i",
            Mark::Wait => "⋯",
            Mark::Bad => "!",
        }
    }
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    frame: Frame<'a>,
    mark: Mark,
    title: &'a str,
    texts: Vec<&'a str>,
    rows: Vec<Row>,
}

/// The answer was recorded.
pub fn done(look: &Look<'_>, receipt: &Receipt) -> Page {
    let texts = look.texts();
    let (title, text) = match receipt.keeps_waiting {
        true => (texts.kept_title, texts.kept_text),
        false => (texts.done_title, texts.done_text),
    };
    let message = Message {
        frame: look.frame(),
        mark: Mark::Good,
        title,
        texts: vec![text],
        rows: rows(texts, receipt),
    };
    look.page(&message, &[])
}

/// The answer was sent and the task is closed; whether by this answer was not confirmed.
pub fn unconfirmed(look: &Look<'_>, receipt: &Receipt) -> Page {
    let texts = look.texts();
    let text = match receipt.keeps_waiting {
        true => texts.unconfirmed_kept_text,
        false => texts.unconfirmed_text,
    };
    let message = Message {
        frame: look.frame(),
        mark: Mark::Wait,
        title: texts.unconfirmed_title,
        texts: vec![text],
        rows: rows(texts, receipt),
    };
    look.page(&message, &[])
}

/// The answer was sent, it was not confirmed, and the link must not be opened again.
pub fn answer_lost(look: &Look<'_>, receipt: &Receipt) -> Page {
    let texts = look.texts();
    let message = Message {
        frame: look.frame(),
        mark: Mark::Wait,
        title: texts.unsure_title,
        texts: vec![texts.answer_lost_text],
        rows: rows(texts, receipt),
    };
    look.page(&message, &[])
}

/// The request was not granted. `detail` is the text for programs, in English; the transaction is that of the link, if it
/// was opened.
pub fn refused(
    look: &Look<'_>,
    rejection: &Rejection,
    detail: &str,
    transaction: Option<TransactionId>,
) -> Page {
    let texts = look.texts();
    let Told {
        mark,
        title,
        texts: shown,
        says_all,
    } = told(texts, rejection);
    let mut rows = vec![Row::new(texts.term_code, rejection.code())];
    rows.extend(transaction.map(|transaction| Row::new(texts.term_reference, transaction.to_string())));
    if !says_all {
        rows.push(Row {
            term: texts.term_details,
            value: detail.to_owned(),
            english: true,
        });
    }
    let message = Message {
        frame: look.frame(),
        mark,
        title,
        texts: shown.iter().map(String::as_str).collect(),
        rows,
    };
    look.page(&message, &[])
}

/// What a person is told about a refusal.
struct Told {
    mark: Mark,
    title: &'static str,
    texts: Vec<String>,
    /// Whether the text for programs would tell a person, or whoever helps them, nothing more.
    says_all: bool,
}

fn told(texts: &'static Texts, rejection: &Rejection) -> Told {
    let tell = |mark, title, shown: &[&str], says_all| Told {
        mark,
        title,
        texts: shown.iter().map(|text| (*text).to_owned()).collect(),
        says_all,
    };
    match rejection {
        Rejection::ExpiredPayload { at } => {
            let expired = filled(texts.expired_text, &[&time(*at)]);
            tell(
                Mark::Over,
                texts.expired_title,
                &[&expired, texts.ask_sender],
                true,
            )
        }
        Rejection::StepFunctionsRefused("TaskTimedOut" | "TaskDoesNotExist", _)
        | Rejection::TargetRefused(Refused::Closed, ..) => {
            tell(Mark::Over, texts.closed_title, &[texts.closed_text], true)
        }
        Rejection::InvalidPayload(_) => tell(Mark::Bad, texts.damaged_title, &[texts.damaged_text], true),
        Rejection::ServiceUnavailable(Unavailable::KeySwitchedOff, ..) => {
            tell(Mark::Bad, texts.off_title, &[texts.off_text], true)
        }
        Rejection::ParametersDisabled | Rejection::PostActionsDisabled | Rejection::TargetDisabled(..) => {
            tell(Mark::Bad, texts.off_title, &[texts.off_text], false)
        }
        Rejection::KeyDeleted => tell(
            Mark::Bad,
            texts.gone_title,
            &[texts.gone_text, texts.ask_sender],
            true,
        ),
        Rejection::ServiceUnavailable(_, Sent::NotSent, _) | Rejection::TooManyRequests => {
            tell(Mark::Wait, texts.later_title, &[texts.later_text], true)
        }
        Rejection::ServiceUnavailable(_, Sent::Unknown, _) => {
            tell(Mark::Wait, texts.unsure_title, &[texts.unsure_text], true)
        }
        Rejection::PostActionNotPosted => tell(Mark::Bad, texts.program_title, &[texts.program_text], true),
        // An answer that was sent and refused is not a misuse of the link, and "nothing was sent" would not be true.
        Rejection::NotPermitted(..)
        | Rejection::ServiceError(_)
        | Rejection::StepFunctionsRefused(..)
        | Rejection::TargetRefused(Refused::Otherwise, ..) => {
            tell(Mark::Bad, texts.fault_title, &[texts.fault_text], false)
        }
        Rejection::InvalidJson(_)
        | Rejection::MethodNotAllowed(_)
        | Rejection::UnsupportedMediaType
        | Rejection::UnsupportedEvent(_)
        | Rejection::DuplicateActionName(_)
        | Rejection::InvalidDate(_)
        | Rejection::InvalidPostActionOutcome(_)
        | Rejection::InvalidJsonPath(_)
        | Rejection::EncryptionFailed(_)
        | Rejection::UrlTooLong(_)
        | Rejection::UnsafeDelivery(_)
        | Rejection::DeliveryDisabled(_)
        | Rejection::DeliveryFailed(..)
        | Rejection::EncryptionRequired
        | Rejection::DecryptionUnsupported
        | Rejection::ActionMismatched
        | Rejection::OutputFormatting(_)
        | Rejection::ConfirmationRequired(_)
        | Rejection::Prefetched
        | Rejection::InvalidPostActionBody(_)
        | Rejection::UnsupportedBodyType
        | Rejection::BodyTypeNotTaken
        | Rejection::NoOutcome
        | Rejection::InvalidSignature(_) => tell(Mark::Bad, texts.wrong_title, &[texts.wrong_text], false),
    }
}

fn rows(texts: &Texts, receipt: &Receipt) -> Vec<Row> {
    vec![
        Row::new(texts.term_answer, receipt.answer.as_str()),
        Row::new(texts.term_reference, receipt.subject.transaction.to_string()),
    ]
}

/// `2026-12-24 18:00 UTC`
fn time(unix_seconds: u64) -> String {
    decide::instant(unix_seconds)
        .map(|instant| instant.strftime("%Y-%m-%d %H:%M UTC").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
