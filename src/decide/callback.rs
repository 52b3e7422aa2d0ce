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

    /// The same output with this in it. One that is not an object stays as it is; a `_callback` that a visitor sent is
    /// replaced, since it would be a lie.
    ///
    /// # Errors
    /// A sentence: the output got too large.
    pub fn add_to(&self, output: String, limit: OutputLimit) -> Result<Report, &'static str> {
        let raw: Option<&RawValue> = serde_json::from_str(&output).ok();
        let Some(mut members) = raw.and_then(|raw| json::entries(raw).ok()) else {
            return Ok(Report::Success { output });
        };
        members.retain(|(name, _)| name != MEMBER);
        let callback = JsonText::of(self);
        let callback: Result<&RawValue, _> = serde_json::from_str(callback.as_str());
        members.extend(callback.ok().map(|callback| (MEMBER.to_owned(), callback)));
        let members = members.iter().map(|(name, value)| (name.as_str(), *value));
        Report::success(JsonText::object(members), limit)
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
