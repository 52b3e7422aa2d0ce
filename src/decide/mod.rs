//! What is to be done for one use of a link. From here on the payload is authentic, and nothing here waits.

#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
        reason = "a stranger chooses what comes here"
    )
)]

pub mod ask;
mod callback;
mod fill;
mod webhook;

pub use ask::{Ask, Asked};
pub use callback::{instant, utc};

use crate::action::{ActionKind, ActionType, Confirm, Name, Post, ReplySpec};
use crate::link::Query;
use crate::payload::{Opened, Payload};
use crate::rejection::{Fault, Rejection};
use crate::report::{OutputLimit, Report};
use crate::select::Body;
use crate::target::{About, EnabledTargets, Target};
use crate::template::Parameters;
use crate::transaction::TransactionId;
use crate::webhook::challenge::Challenge;
use crate::webhook::{DerivedKey, Headers};
use callback::Callback;
use fill::{filled_output, filled_reply, filled_text, formatting};

/// The methods that `/respond` has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Acts, except on a post action and on a link that asks.
    Get,
    /// Never acts.
    Head,
    /// Acts.
    Post,
}

/// What the visitor sent besides the link.
pub struct Visit<'a> {
    /// How the link was opened.
    pub method: Method,
    /// The readable parts of the URL.
    pub query: &'a Query,
    /// Of the body.
    pub content_type: Option<&'a str>,
    /// The body as it was sent.
    pub body: &'a [u8],
    /// Whether `Accept` names JSON itself.
    pub asks_for_json: bool,
    /// Whether a browser fetches this before anybody asked for it.
    pub is_prefetch: bool,
    /// As the front door saw it.
    pub source_ip: Option<&'a str>,
    /// What the visitor calls itself, at most 256 characters of it.
    pub user_agent: Option<&'a str>,
    /// All headers.
    pub headers: &'a Headers<'a>,
    /// The query as it was sent.
    pub raw_query: &'a str,
    /// Unix milliseconds.
    pub now_ms: u64,
}

impl Visit<'_> {
    /// Unix seconds.
    pub const fn now(&self) -> u64 {
        self.now_ms / 1_000
    }
}

/// The switches of the stack, which count when a link is used and not only when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    /// Output parameters are on.
    pub output_parameters: bool,
    /// Post actions and forms are on.
    pub post_actions: bool,
    /// What may be answered besides tasks of Step Functions.
    pub targets: EnabledTargets,
}

/// Who is answered about what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Of the request that made the link.
    pub transaction: TransactionId,
    /// Of the action.
    pub name: Name,
    /// Of the action.
    pub kind: ActionType,
}

#[cfg(test)]
impl Subject {
    /// What the tests of answers are about.
    pub fn example() -> Self {
        Self {
            transaction: TransactionId::new([0xab; 16]),
            name: Name::new("approve".to_owned()).expect("letters"),
            kind: ActionType::Success,
        }
    }
}

/// All questions are settled: what is reported, and what is answered when that worked.
#[derive(Debug)]
pub enum Decision {
    /// Tell the task.
    Report(Box<Answer>),
    /// Do nothing, and show the page that asks.
    Ask(Box<Ask>),
    /// Do nothing: HEAD on a link that acts on GET, which would answer this.
    Inert(Receipt, Box<ReplySpec>),
    /// Do nothing, and answer a sender that tries the address.
    Challenge(Challenge),
}

/// What a visitor is told about an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Which action of which request.
    pub subject: Subject,
    /// What the visitor knows the answer by.
    pub answer: String,
    /// Whether the task goes on waiting.
    pub keeps_waiting: bool,
}

#[cfg(test)]
impl Receipt {
    /// What the tests of answers are about.
    pub fn example() -> Self {
        Self {
            subject: Subject::example(),
            answer: "approve".to_owned(),
            keeps_waiting: false,
        }
    }
}

/// A report and the reply that goes with it; nothing in it can fail any more.
#[derive(Debug)]
pub struct Answer {
    /// What waits.
    pub target: Target,
    /// What the task is told.
    pub report: Report,
    /// What the visitor is told about it.
    pub receipt: Receipt,
    /// The outcome that the body chose.
    pub outcome: Option<Name>,
    /// What the visitor gets when the task took the report.
    pub reply: ReplySpec,
}

impl Answer {
    /// Who answers, for targets that are told.
    pub fn about(&self) -> About<'_> {
        let subject = &self.receipt.subject;
        About {
            transaction: subject.transaction,
            answer: self.outcome.as_ref().unwrap_or(&subject.name).as_str(),
        }
    }
}

/// Decides what one use of a link does.
///
/// # Errors
/// `ExpiredPayload`, `ActionMismatched`, `TargetDisabled`, `ParametersDisabled`, `PostActionsDisabled`, `PostActionNotPosted`,
/// `InvalidSignature`, `InvalidPostActionBody`, `NoOutcome`, `OutputFormatting` and `Prefetched`, looked for in this order. What a page can ask for again
/// is no error but [`Decision::Ask`].
pub fn decide(opened: Opened, visit: &Visit<'_>, switches: Switches) -> Result<Decision, Rejection> {
    let Opened {
        payload,
        nonce,
        webhook_key,
    } = opened;
    if let Some(at) = payload.expires_at.filter(|_| payload.is_expired(visit.now())) {
        return Err(Rejection::ExpiredPayload { at });
    }
    let subject = Subject {
        transaction: payload.transaction,
        name: payload.action.name.clone(),
        kind: payload.action.kind.action_type(),
    };
    if !visit.query.agrees(&subject.name, subject.kind) {
        return Err(Rejection::ActionMismatched);
    }
    let waiting = payload.target.kind();
    if !switches.targets.permit(waiting) {
        return Err(Rejection::TargetDisabled(waiting.as_str(), waiting.parameter()));
    }
    let used = Use {
        visit,
        switches,
        subject,
        payload,
    };
    let action = &used.payload.action;
    let report = match &action.kind {
        ActionKind::Post(post) => return used.post(post, webhook_key.as_ref()),
        ActionKind::Form(form) => return used.form(form, &nonce),
        ActionKind::Success { output } => {
            let output = filled_output(output.clone(), used.parameters()?)?;
            Report::success(output, used.output_limit()).map_err(formatting)?
        }
        ActionKind::Failure { error, cause } => {
            let error = filled_text(error.clone(), "error", used.parameters()?)?;
            let cause = filled_text(cause.clone(), "cause", used.parameters()?)?;
            Report::failure(error, cause).map_err(formatting)?
        }
        ActionKind::Heartbeat => Report::Heartbeat,
    };
    let reply = filled_reply(action.response.clone(), used.parameters()?)?;
    match (action.confirm, visit.method) {
        (Confirm::Off, Method::Head) => {
            let receipt = used.receipt(&report, used.shown());
            Ok(Decision::Inert(receipt, Box::new(reply)))
        }
        (Confirm::Off, Method::Get) if visit.is_prefetch => Err(Rejection::Prefetched),
        (Confirm::Off, Method::Get | Method::Post) => used.answer(report, reply, None, used.shown()),
        (Confirm::Page | Confirm::Strict, Method::Get | Method::Head) => {
            Ok(used.question(&reply, &nonce, None))
        }
        (confirm @ (Confirm::Page | Confirm::Strict), Method::Post) => {
            match ask::is_meant(visit, &nonce, confirm == Confirm::Strict) {
                Ok(()) => used.answer(report, reply, None, used.shown()),
                Err(unconfirmed) => Ok(used.question(&reply, &nonce, Some(unconfirmed))),
            }
        }
    }
}

/// One use of a link whose time and name are settled.
struct Use<'a> {
    visit: &'a Visit<'a>,
    switches: Switches,
    subject: Subject,
    payload: Payload,
}

impl Use<'_> {
    fn output_limit(&self) -> OutputLimit {
        self.payload.target.kind().output_limit()
    }

    /// The query parameters, if the link fills them in.
    fn parameters(&self) -> Result<Option<&Parameters>, Rejection> {
        match (self.payload.parameters, self.switches.output_parameters) {
            (false, _) => Ok(None),
            (true, true) => Ok(Some(&self.visit.query.parameters)),
            (true, false) => Err(Rejection::ParametersDisabled),
        }
    }

    fn post(&self, post: &Post, key: Option<&DerivedKey>) -> Result<Decision, Rejection> {
        if !self.switches.post_actions {
            return Err(Rejection::PostActionsDisabled);
        }
        if self.visit.method != Method::Post {
            return Err(Rejection::PostActionNotPosted);
        }
        match &post.webhook {
            Some(webhook) => self.webhook(post, webhook, key),
            None => {
                let body = Body::read(self.visit.body, self.visit.content_type)?;
                self.posted(&post.outcomes, &body)
            }
        }
    }

    /// All that is left to do is to tell the task.
    fn answer(
        &self,
        report: Report,
        reply: ReplySpec,
        outcome: Option<&Name>,
        shown: &str,
    ) -> Result<Decision, Rejection> {
        let report = match (self.payload.callback, report) {
            (true, Report::Success { output }) if self.payload.target.kind().takes_callback() => {
                let callback = Callback::of(self, outcome);
                callback.add_to(output, self.output_limit()).map_err(formatting)?
            }
            (_, report) => report,
        };
        let about = About {
            transaction: self.subject.transaction,
            answer: outcome.unwrap_or(&self.subject.name).as_str(),
        };
        let target = &self.payload.target;
        target.check(&report, about).map_err(|what| self.too_much(what))?;
        Ok(Decision::Report(Box::new(Answer {
            target: self.payload.target.clone(),
            receipt: self.receipt(&report, shown),
            report,
            outcome: outcome.cloned(),
            reply,
        })))
    }

    /// A result that the target does not take: of the body's making, or of the author's and the query's.
    fn too_much(&self, what: &'static str) -> Rejection {
        match &self.payload.action.kind {
            ActionKind::Post(_) | ActionKind::Form(_) => {
                Rejection::InvalidPostActionBody(Fault::at("body", what))
            }
            ActionKind::Success { .. } | ActionKind::Failure { .. } | ActionKind::Heartbeat => {
                formatting(what)
            }
        }
    }

    fn receipt(&self, report: &Report, answer: &str) -> Receipt {
        Receipt {
            subject: self.subject.clone(),
            answer: answer.to_owned(),
            keeps_waiting: matches!(report, Report::Heartbeat),
        }
    }

    /// What the visitor knows the action by: the text of its button, or its name.
    fn shown(&self) -> &str {
        let label = self.payload.action.question.button.label.as_deref();
        label.unwrap_or(self.subject.name.as_str())
    }
}

#[cfg(test)]
mod tests;
