//! What programs are told: all links, and no word about how they are shown.

use super::message::{Sealed, UrlSet};
use crate::expiration;
use serde::Serialize;
use serde_json::{Map, Value};

/// What has happened, as the type of a webhook and of an event.
pub const TYPE: &str = "callback.created";

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    transaction_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<&'a str>,
    urls: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
}

/// The body of a webhook (Standard Webhooks, "Payload structure").
pub fn body(sealed: &Sealed<'_>, set: &UrlSet<'_>) -> String {
    let body = Body {
        r#type: TYPE,
        timestamp: time(sealed.now),
        data: data(sealed, set),
    };
    text(&body)
}

/// The detail of an event.
pub fn detail(sealed: &Sealed<'_>, set: &UrlSet<'_>) -> String {
    text(&data(sealed, set))
}

fn data<'a>(sealed: &'a Sealed<'_>, set: &UrlSet<'a>) -> Data<'a> {
    Data {
        transaction_id: &sealed.transaction,
        recipient: set.person.map(|person| person.id.as_str()),
        urls: set.urls,
        expiration: sealed.expires_at.map(time),
    }
}

/// RFC 3339, UTC.
fn time(unix_seconds: u64) -> String {
    let instant = expiration::utc(unix_seconds);
    let text = instant.map(|instant| instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    text.unwrap_or_default()
}

#[expect(clippy::expect_used, reason = "our own types have string keys only")]
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("our own types have string keys only")
}
