//! Links that ask before they act, through the front door.

mod confirmation;
mod entries;
mod forms;
mod large_numbers;

use crate::support::*;
use serde_json::{Value, json};

const PAGE: &str = "text/html";
const FORM: &str = "application/x-www-form-urlencoded";

fn confirming(confirm: Value) -> Value {
    with(success(json!({"ok": true})), json!({"confirm": confirm}))
}

fn decision() -> Value {
    json!({"name": "decide", "type": "form", "title": "Deploy?", "facts": [["Amount", 900]], "outcomes": [
        {"name": "approve", "type": "success", "label": "Yes, deploy", "style": "primary", "output_body": true,
         "schema": {"type": "object", "properties": {
             "when": {"enum": ["now", "tonight"]}, "tell": {"type": "boolean"}, "hosts": {"type": "integer", "minimum": 1}},
             "required": ["when"]}},
        {"name": "reject", "type": "failure", "error": "rejected", "cause_path": "$.reason",
         "schema": {"type": "object", "properties": {"reason": {"type": "string", "maxLength": 20}}, "required": ["reason"]}},
        {"name": "later", "type": "heartbeat"}]})
}

/// What a page's form would send, in its order.
pub fn hidden(page: &Answer, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.body.split_once(&start).expect(&page.body);
    rest.split('"').next().unwrap().to_owned()
}

pub fn open(stack: &Stack, url: &str) -> Answer {
    let page = stack.get_as(url, PAGE);
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

/// Posts a page's form as a browser does.
pub fn submit(stack: &Stack, url: &str, entries: &[(&str, &str)]) -> Answer {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(entries);
    send(stack, url, body.finish().as_bytes())
}

fn send(stack: &Stack, url: &str, body: &[u8]) -> Answer {
    stack.visit("POST", url, &[("accept", PAGE), ("content-type", FORM)], body)
}

/// Opens the page, waits, and answers it.
fn answer(stack: &Stack, url: &str, entries: &[(&str, &str)]) -> Answer {
    let nonce = hidden(&open(stack, url), "nonce");
    set_clock(NOW + 2);
    submit(stack, url, &[&[("nonce", nonce.as_str())], entries].concat())
}

#[track_caller]
fn untouched(stack: &Stack) {
    let told = stack.told();
    assert!(told.iter().all(|told| told == "waiting"), "{told:?}");
}
