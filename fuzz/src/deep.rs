//! Bodies made of arrays and objects within each other, about as deep as a body may be.

use super::bounded;
use serde_json::Value;
use serde_json::value::RawValue;
use sfn_callback_urls::action::{self, ActionKind, Confirm, Notes, Outcomes, Source};
use sfn_callback_urls::json::{MAX_DEPTH, tree};
use sfn_callback_urls::report::{OutputLimit, Report};
use sfn_callback_urls::select::{self, Body};
use std::sync::LazyLock;

/// What takes a body whole, and what looks into it.
const ACTION: &str = r##"{"name": "a", "type": "post", "outcomes": [
    {"name": "body", "type": "success", "schema": {}, "output_body": true},
    {"name": "root", "type": "success", "schema": {}, "output_path": "$"},
    {"name": "first", "type": "success", "schema": {}, "output_path": "$[0]"},
    {"name": "both", "type": "success", "schema": {}, "output_path": "$|$"},
    {"name": "cause", "type": "failure", "schema": {"items": {"$ref": "#"}, "uniqueItems": true}, "cause_path": "$"}]}"##;

static OUTCOMES: LazyLock<Outcomes> = LazyLock::new(|| {
    let raw: Box<RawValue> = serde_json::from_str(ACTION).expect("JSON");
    let action = action::read_action(&raw, "action", Source::Request(Confirm::Off), &Notes::default());
    match action.expect("an action").kind {
        ActionKind::Post(post) => post.outcomes,
        _ => panic!("a post action"),
    }
});

/// The input: one byte for how deep, one for the value at the bottom, the others for each level.
pub fn check(data: &[u8]) {
    let [levels, bottom, kinds @ ..] = data else {
        return;
    };
    let levels = MAX_DEPTH - 8 + usize::from(levels % 16);
    let (mut start, mut end) = (String::new(), String::new());
    for level in 0..levels {
        let kind = kinds.get(level % kinds.len().max(1)).copied().unwrap_or_default();
        let (open, close) = match kind % 6 {
            0 => ("[", "]"),
            1 => ("{\"a\":", "}"),
            2 => ("[0,", ",{}]"),
            3 => (" [ ", " ] "),
            4 => ("{\"\\u0061\":[],\"\":", ",\"]\":\"[\"}"),
            _ => ("[[],", "]"),
        };
        start.push_str(open);
        end.insert_str(0, close);
    }
    let bottoms = ["0", "\"[{\"", "null", "1.50", "\"\\\\\\\"\"", "[]"];
    let bottom = bottoms
        .get(usize::from(*bottom) % bottoms.len())
        .copied()
        .unwrap_or("0");
    let text = format!("{start}{bottom}{end}");
    let deepest = depth(&text);

    let body = bounded(|| Body::parse(&text));
    let raw: &RawValue = serde_json::from_str(&text).expect("it is JSON");
    let is_taken = deepest <= MAX_DEPTH;
    assert_eq!(body.is_ok(), is_taken, "{deepest} levels");
    assert_eq!(tree::check_keys(raw).is_ok(), is_taken, "{deepest} levels");
    let Ok(body) = body else { return };
    let expected: Value = serde_json::from_str(&text).expect("serde_json goes as deep");
    assert_eq!(body.value(), &expected);
    bounded(|| select::choose(&OUTCOMES, &body)).expect("the first outcome takes all");
    for outcome in &OUTCOMES.list {
        match bounded(|| select::report(outcome, &body, OutputLimit::StepFunctions)).expect("a report") {
            Report::Success { output: text }
            | Report::Failure {
                cause: Some(text), ..
            } => {
                assert!(serde_json::from_str::<&RawValue>(&text).is_ok());
            }
            Report::Failure { .. } | Report::Heartbeat => panic!("it reports a value"),
        }
    }
}

/// By its brackets alone; the texts hold some, and no others end them.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth -= 1,
            _ => {}
        }
    }
    deepest
}
