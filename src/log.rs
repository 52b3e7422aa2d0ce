//! One JSON line a request. Tokens, payloads, keys and bodies have no field here.

use crate::calls::Call;
use crate::rejection::{Rejection, Sent};
use serde::Serialize;
use serde_json::{Map, Value};
use std::cell::RefCell;

/// Longest text of a stranger in a line, in characters.
const MAX_FOREIGN_CHARS: usize = 256;

thread_local! {
    /// What is known of the event that is answered, should that panic: Lambda gives a process one at a time.
    static IDS: RefCell<Option<Ids>> = const { RefCell::new(None) };
}

/// By which an operator finds a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ids {
    /// Lambda's id of the invocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Joins request, links and uses; known as soon as a link is opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
}

impl Ids {
    /// Begins an event: until the next one, a panic has its ids.
    pub fn begin(request_id: Option<String>) {
        let ids = Self {
            request_id,
            transaction_id: None,
        };
        IDS.set(Some(ids));
    }

    /// Those of the event that is answered; none outside of any.
    pub fn known() -> Self {
        let known = IDS.try_with(|ids| ids.try_borrow().ok().and_then(|ids| ids.clone()));
        known.ok().flatten().unwrap_or_default()
    }

    /// Notes which transaction the event belongs to.
    pub fn note(transaction: &str) {
        IDS.with_borrow_mut(|ids| {
            if let Some(ids) = ids {
                ids.transaction_id = Some(transaction.to_owned());
            }
        });
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// As it should be.
    #[default]
    Info,
    /// The caller's mistake or a link that does nothing.
    Warn,
    /// The operator should look.
    Error,
}

impl Level {
    /// For a sentence about them.
    pub const NAMES: &str = "INFO, WARN, ERROR";

    /// By its name, in capital letters as in the lines.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "INFO" => Some(Level::Info),
            "WARN" => Some(Level::Warn),
            "ERROR" => Some(Level::Error),
            _ => None,
        }
    }
}

/// What became of requests: this table is the only list of them. docs/CONFIGURATION.md and docs/OPERATIONS.md are compared
/// with it, and the dashboards with those.
macro_rules! outcomes {
    ($($(#[$what:meta])* $variant:ident = $name:literal,)*) => {
        /// What became of a request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        pub enum Outcome {
            $($(#[$what])* #[serde(rename = $name)] $variant,)*
        }

        impl Outcome {
            /// All of them, in the order of the documents.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As lines have it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The name of the metric that counts it.
            pub const fn metric(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                }
            }
        }
    };
}

outcomes! {
    /// Links were created.
    Created = "created",
    /// A custom resource got its response at once; with `links`, links were created as well.
    Answered = "answered",
    /// The target took the report.
    Recorded = "recorded",
    /// An attempt was lost, and the next one found the target closed.
    ClosedDuringRetry = "closed_during_retry",
    /// A report that must not be repeated was sent, and no answer came.
    AnswerLost = "answer_lost",
    /// A page or its description was shown.
    Asked = "asked",
    /// HEAD.
    Inert = "inert",
    /// OPTIONS.
    Preflight = "preflight",
    /// A sender of CloudEvents was given permission.
    Handshake = "handshake",
    /// A sender only tried the address.
    Challenge = "challenge",
    /// The sender of a webhook found its target closed.
    AlreadyCompleted = "already_completed",
    /// It was refused.
    Refused = "refused",
}

/// One request. The documentation of the fields is in docs/CONFIGURATION.md, "Log lines".
#[derive(Debug, Clone, Default, Serialize)]
pub struct Line {
    /// When the request came in, in RFC 3339, UTC. The name is the one that Lambda looks for in lines of JSON (AWS Lambda
    /// Developer Guide, "Log-level filtering").
    pub timestamp: String,
    /// How bad it is.
    pub level: Level,
    /// A sentence.
    pub message: String,
    /// The way the request came in.
    pub door: &'static str,
    /// Lambda's id of the invocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Joins request, links and uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// Name of the action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Type of the action.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// What became of it; nothing is known before it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Name of the outcome that a posted body or a person chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen: Option<String>,
    /// Whose link it was, in the author's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// Code of the refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// What the caller does not see of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Whether a report may have got out that nobody confirmed: `unknown` or `not_sent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<&'static str>,
    /// HTTP status of the answer.
    pub status: u16,
    /// How many links were made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<usize>,
    /// How many messages were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<usize>,
    /// Format of the link, 1 to 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<u8>,
    /// Fingerprint of the wrapped data key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_key: Option<String>,
    /// Where the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
    /// Calls to AWS.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
    /// From the request to its answer, in milliseconds.
    pub duration_ms: f64,
    /// Only with VERBOSE_LOGGING.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbose: Option<Verbose>,
}

/// What helps to find out how callers behave.
#[derive(Debug, Clone, Serialize)]
pub struct Verbose {
    /// Method of the request.
    pub method: String,
    /// Of the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// What the caller would like to get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept: Option<String>,
    /// Of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Bytes of the body.
    pub body_bytes: usize,
    /// Characters of the query.
    pub query_chars: usize,
}

impl Line {
    /// The line as it is written, with the metrics of the request behind it if they are counted.
    pub fn to_json(&self, metrics: &Map<String, Value>) -> String {
        serde_json::to_string(&Written { line: self, metrics })
            .unwrap_or_else(|_| r#"{"level":"ERROR","message":"unwritable line"}"#.to_owned())
    }

    /// Notes a refusal.
    pub fn refuse(&mut self, rejection: &Rejection) {
        self.level = if rejection.is_for_the_operator() {
            Level::Error
        } else {
            Level::Warn
        };
        self.message = format!("Refused: {}.", rejection.code());
        self.outcome = Some(Outcome::Refused);
        self.error = Some(rejection.code());
        self.cause = Some(rejection.log_text());
        self.sent = rejection.outcome().map(Sent::as_str);
        self.status = rejection.status().as_u16();
    }
}

#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    line: &'a Line,
    #[serde(flatten)]
    metrics: &'a Map<String, Value>,
}

/// A text of a stranger, made short. JSON escapes what could break a line.
pub fn foreign(text: &str) -> String {
    text.chars().take(MAX_FOREIGN_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_known_by_its_ids_until_the_next() {
        Ids::note("nobody's");
        assert_eq!(Ids::known(), Ids::default());
        Ids::begin(Some("r".to_owned()));
        Ids::note("t");
        let known = Ids::known();
        assert_eq!(
            (known.request_id.as_deref(), known.transaction_id.as_deref()),
            (Some("r"), Some("t"))
        );
        Ids::begin(Some("s".to_owned()));
        let known = Ids::known();
        assert_eq!(
            (known.request_id.as_deref(), known.transaction_id),
            (Some("s"), None)
        );
    }

    #[test]
    fn foreign_texts_are_short() {
        assert_eq!(foreign(&"x".repeat(1_000)).len(), MAX_FOREIGN_CHARS);
    }
}
