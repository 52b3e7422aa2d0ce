//! What strangers and authors can make the service do ends somewhere: what is not bounded would take minutes, or all memory.
//! Each time is printed (docs/SECURITY.md, "Limits"), and bounded more tightly in an optimised build.

mod bodies;
mod create;
mod schemas;
mod visits;

use crate::support::{Answer, FEATURES, Stack, nothing, post};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Longer than anything here takes, and far shorter than it would without its bound. The times without optimisation are
/// those of a busy machine.
const SOON: Duration = match cfg!(debug_assertions) {
    true => Duration::from_secs(20),
    false => Duration::from_millis(500),
};

#[track_caller]
fn soon<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    let took = start.elapsed();
    println!("{took:>12.3?}  {what}");
    assert!(took < SOON, "{what}: {took:?}");
    result
}

fn one(action: Value) -> Value {
    json!({"token": "t", "actions": [action]})
}

fn of_schema(schema: &Value) -> Value {
    post(json!([{"name": "o", "type": "heartbeat", "schema": schema}]))
}

fn of_path(path: &str) -> Value {
    post(json!([{"name": "o", "type": "success", "schema": {}, "output_path": path}]))
}

#[track_caller]
fn refused(answer: &Answer, code: &str, words: &str) {
    let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
    assert_eq!(answer.code(), code, "{message}");
    assert!(message.contains(words), "{message}");
}

/// A link whose schema accepts everything, and a body.
#[track_caller]
fn post_body(action: Value, body: &str) -> Answer {
    let stack = Stack::new(FEATURES);
    let link = stack.link(action, nothing());
    let answer = soon("a body", || stack.post(&link, body));
    if answer.status != 200 {
        assert_eq!(answer.refusal(), (400, "InvalidPostActionBody".to_owned()));
        assert_eq!(stack.told(), ["waiting"], "nothing was sent");
    }
    answer
}
