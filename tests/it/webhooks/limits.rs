//! What an author may ask for, and what a sender may send, on both sides of each limit.

use super::{hook, linked, signed, unproven};
use crate::support::{FEATURES, NOW, Stack, base64, nothing, post, with};
use ring::hmac;
use serde_json::{Value, json};

#[test]
fn an_author_is_refused_one_beyond_each_limit() {
    let scheme = |scheme: &str, secret: Value| json!({"scheme": scheme, "secret": secret});
    let parts = |count: usize| -> Value {
        let list: Vec<String> = (1..count)
            .map(|_| ".".to_owned())
            .chain(["{body}".to_owned()])
            .collect();
        with(
            scheme("generic", json!("s")),
            json!({"header": "X-S", "parts": list}),
        )
    };
    let prefix = |chars: usize| {
        with(
            scheme("generic", json!("s")),
            json!({"header": "X-S", "prefix": "x".repeat(chars)}),
        )
    };
    let header = |chars: usize| {
        with(
            scheme("generic", json!("s")),
            json!({"header": "x".repeat(chars)}),
        )
    };
    let text = |chars: usize| {
        let parts = json!(["x".repeat(chars), "{body}"]);
        with(
            scheme("generic", json!("s")),
            json!({"header": "X-S", "parts": parts}),
        )
    };
    let ts_separator = |chars: usize| {
        with(
            scheme("generic", json!("s")),
            json!({"header": "X-S", "ts_separator": ".".repeat(chars), "parts": ["{ts}", "{body}"]}),
        )
    };
    let unwrap = |chars: usize| {
        let outcomes = json!([{"name": "any", "type": "heartbeat", "schema": {}}]);
        with(
            post(outcomes),
            json!({"bodies": ["form"], "unwrap": "é".repeat(chars)}),
        )
    };
    let tolerance = |seconds: usize| with(scheme("stripe", json!("s")), json!({"tolerance": seconds}));
    let secrets = |count: usize| scheme("github", json!(vec!["s"; count]));
    let secret = |bytes: usize| scheme("github", json!("s".repeat(bytes)));
    let hook_of = |verify: &dyn Fn(usize) -> Value, max: usize| [hook(verify(max)), hook(verify(max + 1))];
    for ([most, more], message) in [
        (
            hook_of(&secret, 1_024),
            "verify.secret: must have 1 to 1,024 bytes",
        ),
        (
            hook_of(&secrets, 5),
            "verify.secret: must be one secret, or a list of 1 to 5",
        ),
        (
            hook_of(&tolerance, 86_400),
            "verify.tolerance: must be from 1 to 86,400 seconds",
        ),
        (
            hook_of(&header, 64),
            "verify.header: must be the name of a header: 1 to 64 letters",
        ),
        (hook_of(&parts, 16), "verify.parts: must have at most 16"),
        (hook_of(&text, 128), "verify.parts: must have 1 to 128"),
        (hook_of(&prefix, 128), "verify.prefix: must have 1 to 128"),
        (hook_of(&ts_separator, 8), "verify.ts_separator: must have 1 to 8"),
        ([unwrap(64), unwrap(65)], "unwrap: must have 1 to 64 characters"),
    ] {
        let stack = Stack::new(FEATURES);
        let asked = |action: &Value| stack.create(&json!({"token": "t", "actions": [action]}));
        let taken = asked(&most);
        assert_eq!(taken.status, 200, "{}", taken.body);
        let answer = asked(&more);
        assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()), "{message}");
        let told = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(told.starts_with(&format!("actions[0].{message}")), "{told}");
    }
}

#[test]
fn ten_signatures_are_tried_and_not_one_more() {
    let key = base64(&[7; 32]);
    let tag = |text: &str| {
        base64(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]), text.as_bytes()).as_ref())
    };
    let (wrong, right) = (
        format!("v1,{}", tag("other")),
        format!("v1,{}", tag(&format!("id.{NOW}.{{}}"))),
    );
    let stripe = signed("s", &format!("{NOW}.{{}}"));
    let standard = |before: usize| format!("{}{right}", format!("{wrong} ").repeat(before));
    let listed = |before: usize| {
        format!(
            "t={NOW}{},v1={stripe}",
            format!(",v1={}", signed("s", "other")).repeat(before)
        )
    };
    let now = NOW.to_string();
    for (before, is_proven) in [(9, true), (10, false), (100, false)] {
        let (id, time) = (("webhook-id", "id"), ("webhook-timestamp", now.as_str()));
        let (many, list) = (standard(before), listed(before));
        for (verify, headers) in [
            (
                json!({"scheme": "standard-webhooks", "secret": key}),
                vec![id, time, ("webhook-signature", many.as_str())],
            ),
            (
                json!({"scheme": "stripe", "secret": "s"}),
                vec![("stripe-signature", list.as_str())],
            ),
        ] {
            let (stack, url) = linked(hook(verify));
            let headers = [vec![("content-type", "application/json")], headers].concat();
            let answer = stack.visit("POST", &url, &headers, b"{}");
            match is_proven {
                true => assert_eq!(answer.status, 200, "{}", answer.body),
                // A hundred of them are longer than a header may be.
                false => unproven(&stack, &answer, if before == 10 { "more signatures" } else { "" }),
            }
        }
    }
}

#[test]
fn mailguns_token_has_at_most_256_bytes() {
    for (bytes, is_proven) in [(1, true), (256, true), (257, false), (0, false)] {
        let token = "t".repeat(bytes);
        let signature = signed("s", &format!("{NOW}{token}"));
        let body =
            json!({"signature": {"timestamp": NOW.to_string(), "token": token, "signature": signature}});
        let (stack, url) = linked(hook(json!({"scheme": "mailgun", "secret": "s"})));
        let answer = stack.post(&url, &body.to_string());
        match is_proven {
            true => assert_eq!(answer.status, 200, "{}", answer.body),
            false => unproven(&stack, &answer, "the signature in the body"),
        }
    }
}

#[test]
fn a_challenge_has_at_most_1_024_characters() {
    let (stack, url) = linked(hook(json!({"scheme": "slack", "secret": "s"})));
    let asked = |chars: usize| {
        let challenge = "é".repeat(chars);
        let body = json!({"type": "url_verification", "challenge": challenge}).to_string();
        let answer = super::replies::slack(&stack, &url, "s", "application/json", &body);
        (answer.status, answer.body.contains(&challenge))
    };
    assert_eq!(asked(1_024), (200, true));
    assert_eq!(stack.told(), ["waiting"]);
    // It is an event like any other, and nothing of it comes back.
    assert_eq!(asked(1_025), (200, false));
    assert!(stack.told()[0].starts_with("success"));
}

#[test]
fn the_name_of_a_sender_of_cloudevents_has_at_most_256_characters() {
    let stack = Stack::new(FEATURES);
    let action = post(json!([{"name": "any", "type": "heartbeat", "schema": {}}]));
    let url = stack.link(with(action, json!({"cloudevents": true})), nothing());
    for (chars, status) in [(1, 200), (256, 200), (257, 405), (0, 405), (9_000, 405)] {
        let origin = "a".repeat(chars);
        let answer = stack.visit("OPTIONS", &url, &[("webhook-request-origin", &origin)], b"");
        assert_eq!(answer.status, status, "{chars}");
        let echoed = if status == 200 { origin.as_str() } else { "" };
        assert_eq!(answer.header("webhook-allowed-origin"), echoed);
    }
}
