//! `_callback`: who answered, for the output of the task.

use super::Use;
use crate::action::{Name, Recipient};
use crate::expiration;
use crate::json::{self, JsonText};
use crate::report::{OutputLimit, Report};
use serde::Serialize;
use serde_json::value::RawValue;

/// The member of an output that tells who answered.
const MEMBER: &str = "_callback";

/// What it holds. Every member is always there, so that a state machine can name it.
#[derive(Serialize)]
pub struct Callback<'a> {
    transaction_id: String,
    action: &'a str,
    outcome: Option<&'a str>,
    responded_at: String,
    request: Request<'a>,
    recipient: Option<&'a str>,
}

#[derive(Serialize)]
struct Request<'a> {
    source_ip: Option<&'a str>,
    user_agent: Option<&'a str>,
}

impl<'a> Callback<'a> {
    /// About one use of a link.
    pub(super) fn of(answered: &'a Use<'a>, outcome: Option<&'a Name>) -> Self {
        Self {
            transaction_id: answered.subject.transaction.to_string(),
            action: answered.subject.name.as_str(),
            outcome: outcome.map(Name::as_str),
            responded_at: utc(answered.visit.now()),
            request: Request {
                source_ip: answered.visit.source_ip,
                user_agent: answered.visit.user_agent,
            },
            recipient: answered.payload.recipient.as_ref().map(Recipient::as_str),
        }
    }

    /// The same output with this in it. One that is no object stays as it is; a `_callback` that a visitor sent is
    /// replaced, since it would be a lie.
    ///
    /// # Errors
    /// A sentence: the output got too large.
    pub fn add_to(&self, output: &str, limit: OutputLimit) -> Result<Report, &'static str> {
        const UNREADABLE: &str = "the output cannot be read";
        let raw: &RawValue = serde_json::from_str(output).map_err(|_| UNREADABLE)?;
        let text = match output.starts_with('{') {
            false => output.to_owned(),
            true => {
                let callback = JsonText::of(self).into_string();
                let callback: &RawValue = serde_json::from_str(&callback).map_err(|_| UNREADABLE)?;
                let mut members = json::entries(raw).map_err(|_| UNREADABLE)?;
                members.retain(|(name, _)| name != MEMBER);
                members.push((MEMBER.to_owned(), callback));
                json::object(&members).get().to_owned()
            }
        };
        Report::success(JsonText::parse(&text).map_err(|_| UNREADABLE)?, limit)
    }
}

/// RFC 3339 in UTC, to the second.
pub fn utc(unix_seconds: u64) -> String {
    instant(unix_seconds)
        .map(|instant| instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

/// `None` after the end of the calendar.
pub fn instant(unix_seconds: u64) -> Option<jiff::civil::DateTime> {
    expiration::utc(unix_seconds)
}
