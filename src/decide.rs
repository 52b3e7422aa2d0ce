//! What is to be done for one use of a link. From here on the payload is authentic, and nothing here waits.

use crate::action::{ActionKind, ActionType, Name, ReplySpec};
use crate::json::JsonText;
use crate::link::Query;
use crate::payload::Payload;
use crate::rejection::{Fault, Rejection};
use crate::report::Report;
use crate::select::{self, Body};
use crate::template::{self, Parameters, TemplateFault};
use crate::token::TaskToken;
use crate::transaction::TransactionId;

/// The methods that `/respond` has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Acts, except on a post action.
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
    /// Unix seconds.
    pub now: u64,
}

/// The switches of the stack, which count when a link is used and not only when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    /// Output parameters are on.
    pub output_parameters: bool,
    /// Post actions are on.
    pub post_actions: bool,
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
    /// Answer that the link is good, and do nothing.
    Inert,
}

/// A report and the reply that goes with it; nothing in it can fail any more.
#[derive(Debug)]
pub struct Answer {
    /// The task.
    pub token: TaskToken,
    /// What the task is told.
    pub report: Report,
    /// Which action of which request.
    pub subject: Subject,
    /// The outcome that the body chose.
    pub outcome: Option<Name>,
    /// What the visitor gets when the task took the report.
    pub reply: ReplySpec,
}

/// Decides what one use of a link does.
///
/// # Errors
/// `ExpiredPayload`, `ActionMismatched`, `ParametersDisabled`, `PostActionsDisabled`, `PostActionNotPosted`,
/// `InvalidPostActionBody` and `OutputFormatting`, looked for in this order.
pub fn decide(payload: Payload, visit: &Visit<'_>, switches: Switches) -> Result<Decision, Rejection> {
    if payload.is_expired(visit.now) {
        return Err(Rejection::ExpiredPayload);
    }
    let subject = Subject {
        transaction: payload.transaction,
        name: payload.action.name,
        kind: payload.action.kind.action_type(),
    };
    if !visit.query.agrees(&subject.name, subject.kind) {
        return Err(Rejection::ActionMismatched);
    }
    let parameters = match &payload.action.kind {
        ActionKind::Post(_) => None,
        ActionKind::Success { .. } | ActionKind::Failure { .. } | ActionKind::Heartbeat => {
            payload.parameters.then_some(&visit.query.parameters)
        }
    };
    if parameters.is_some() && !switches.output_parameters {
        return Err(Rejection::ParametersDisabled);
    }
    let response = payload.action.response;
    let (report, reply, outcome) = match payload.action.kind {
        ActionKind::Success { output } => {
            let report = Report::success(filled_output(output, parameters)?).map_err(formatting)?;
            (report, filled_reply(response, parameters)?, None)
        }
        ActionKind::Failure { error, cause } => {
            let error = filled_text(error, "error", parameters)?;
            let cause = filled_text(cause, "cause", parameters)?;
            (
                Report::failure(error, cause).map_err(formatting)?,
                filled_reply(response, parameters)?,
                None,
            )
        }
        ActionKind::Heartbeat => (Report::Heartbeat, filled_reply(response, parameters)?, None),
        ActionKind::Post(outcomes) => {
            if !switches.post_actions {
                return Err(Rejection::PostActionsDisabled);
            }
            if visit.method != Method::Post {
                return Err(Rejection::PostActionNotPosted);
            }
            let body = Body::read(visit.body, visit.content_type)?;
            let outcome = select::choose(&outcomes, &body)?;
            let reply = outcome.response.clone().unwrap_or(response);
            (select::report(outcome, &body)?, reply, Some(outcome.name.clone()))
        }
    };
    if visit.method == Method::Head {
        return Ok(Decision::Inert);
    }
    Ok(Decision::Report(Box::new(Answer {
        token: payload.token,
        report,
        subject,
        outcome,
        reply,
    })))
}

fn filled_output(output: JsonText, parameters: Option<&Parameters>) -> Result<JsonText, Rejection> {
    match parameters {
        Some(parameters) => filled_json(&output, "output", parameters),
        None => Ok(output),
    }
}

fn filled_json(json: &JsonText, at: &str, parameters: &Parameters) -> Result<JsonText, Rejection> {
    json.map_strings(
        |text| template::fill(text, parameters, str::to_owned).map_err(|fault| formatting_at(at, fault)),
        || formatting_at(at, "two keys of an object become the same"),
    )
}

fn filled_text(
    text: Option<String>,
    at: &str,
    parameters: Option<&Parameters>,
) -> Result<Option<String>, Rejection> {
    match (text, parameters) {
        (Some(text), Some(parameters)) => {
            let filled = template::fill(&text, parameters, str::to_owned);
            filled.map(Some).map_err(|fault| formatting_at(at, fault))
        }
        (text, _) => Ok(text),
    }
}

/// Every part is filled, not only the one that this caller gets: a link then works for all callers or for none.
fn filled_reply(reply: ReplySpec, parameters: Option<&Parameters>) -> Result<ReplySpec, Rejection> {
    let Some(parameters) = parameters else {
        return Ok(reply);
    };
    let html = |html: String| {
        let filled = template::fill(&html, parameters, escape_html);
        filled.map_err(|fault: TemplateFault| formatting_at("response.html", fault))
    };
    let redirect = |redirect: crate::action::Redirect| {
        redirect
            .fill(parameters)
            .map_err(|fault| formatting_at("response.redirect", fault))
    };
    Ok(ReplySpec {
        redirect: reply.redirect.map(redirect).transpose()?,
        json: reply
            .json
            .map(|json| filled_json(&json, "response.json", parameters))
            .transpose()?,
        html: reply.html.map(html).transpose()?,
        text: filled_text(reply.text, "response.text", Some(parameters))?,
    })
}

/// For text and for attribute values in either quotation marks.
fn escape_html(value: &str) -> String {
    askama::filters::escape(value, askama::filters::Html)
        .map(|safe| safe.to_string())
        .unwrap_or_default()
}

fn formatting(what: &'static str) -> Rejection {
    Rejection::OutputFormatting(Fault::at("", what))
}

fn formatting_at(at: &str, what: impl std::fmt::Display) -> Rejection {
    Rejection::OutputFormatting(Fault::at(at, what))
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
