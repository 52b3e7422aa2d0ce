//! Webhooks that prove who sent them, through the whole front door.

mod bodies;
mod cloudevents;
mod creation;
mod described;
mod generated;
mod limits;
mod mailgun;
mod replies;
mod signatures;
mod twilio;
mod vectors;

use crate::support::{Answer, FEATURES, Stack, nothing, post, with};
use ring::hmac;
use serde_json::{Value, json};

/// A post action that takes whatever is proven.
pub fn hook(verify: Value) -> Value {
    with(
        post(json!([{"name": "any", "type": "success", "schema": {}, "output_body": true}])),
        json!({"verify": verify}),
    )
}

/// A service and a link of it.
#[track_caller]
pub fn linked(action: Value) -> (Stack, String) {
    let stack = Stack::new(FEATURES);
    let url = stack.link(action, nothing());
    (stack, url)
}

/// HMAC-SHA-256 in hex, by code that is not of the program.
pub fn signed(secret: &str, text: &str) -> String {
    let tag = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
        text.as_bytes(),
    );
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The request that GitHub would make.
pub fn github(stack: &Stack, url: &str, secret: &str, body: &str) -> Answer {
    let signature = format!("sha256={}", signed(secret, body));
    let headers = [
        ("content-type", "application/json"),
        ("x-hub-signature-256", signature.as_str()),
    ];
    stack.visit("POST", url, &headers, body.as_bytes())
}

/// Nothing was sent, and the caller learns nothing but that; why stands in the log.
#[track_caller]
pub fn unproven(stack: &Stack, answer: &Answer, cause: &str) {
    assert_eq!(answer.refusal(), (401, "InvalidSignature".to_owned()), "{cause}");
    assert_eq!(
        answer.json()["message"],
        "The request does not prove who sent it; nothing was sent. Check the secret, the signature and the clock."
    );
    let log = stack.log();
    let logged = log.last().unwrap()["cause"].as_str().unwrap();
    assert!(logged.contains(cause), "{logged}; expected {cause}");
    assert!(stack.told().iter().all(|told| told == "waiting"), "{cause}");
}
