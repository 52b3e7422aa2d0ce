//! Bodies beyond JSON: what the outcome then sees. Every kind and limit on its own is tested beside the code.

use super::{hook, linked};
use crate::support::{FEATURES, NOW, Stack, nothing, post, with};
use serde_json::{Value, json};

const FORM: &str = "application/x-www-form-urlencoded";

fn takes(fields: Value) -> Value {
    let outcomes = json!([
        {"name": "yes", "type": "success", "schema": {"type": "object", "properties": {"ok": {"const": "1"}}, "required": ["ok"]},
            "output_path": "$.ok"},
        {"name": "no", "type": "failure", "schema": {"type": ["string", "null"]}, "error": "No", "cause_path": "$"},
        {"name": "pair", "type": "success", "schema": {"type": "object", "required": ["payload"]}, "output_body": true}]);
    with(post(outcomes), fields)
}

#[track_caller]
fn check(fields: Value, content_type: &str, body: &[u8], told: &str) {
    for stack in [Stack::new(FEATURES), Stack::without_key(FEATURES)] {
        let url = stack.link(takes(fields.clone()), nothing());
        let answer = stack.visit("POST", &url, &[("content-type", content_type)], body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(stack.told(), [told]);
    }
}

#[track_caller]
fn refused(fields: Value, content_type: &str, body: &[u8], status: u16) {
    let stack = Stack::new(FEATURES);
    let url = stack.link(takes(fields), nothing());
    let answer = stack.visit("POST", &url, &[("content-type", content_type)], body);
    assert_eq!(
        answer.refusal(),
        (status, "InvalidPostActionBody".to_owned()),
        "{}",
        answer.body
    );
    assert_eq!(stack.told(), ["waiting"]);
}

#[test]
fn schemas_and_paths_see_every_body_as_json() {
    let all = || json!({"bodies": ["form", "json", "text", "empty", "multipart"]});
    check(all(), FORM, b"ok=1&x=2", r#"success ["1"]"#);
    check(all(), "application/json", br#"{"ok":"1"}"#, r#"success ["1"]"#);
    check(
        all(),
        "application/cloudevents+json",
        br#"{"ok":"1"}"#,
        r#"success ["1"]"#,
    );
    let multipart = b"--b\r\nContent-Disposition: form-data; name=\"ok\"\r\n\r\n1\r\n--b--";
    check(
        all(),
        "multipart/form-data; boundary=b",
        multipart,
        r#"success ["1"]"#,
    );
    check(all(), "text/plain", b"broken", "failure No broken");
    check(all(), "text/plain", b"", "failure No [null]");
    check(
        json!({"accept_raw": true}),
        "application/xml",
        b"<a/>",
        "failure No PGEvPg==",
    );
    let unwrap = json!({"bodies": ["form"], "unwrap": "payload"});
    check(
        unwrap.clone(),
        FORM,
        b"payload=%7B%22ok%22%3A%221%22%7D",
        r#"success ["1"]"#,
    );
    check(
        json!({"bodies": ["form"]}),
        FORM,
        b"payload=%7B%7D",
        r#"success {"payload":"{}"}"#,
    );
    refused(unwrap, FORM, b"payload=%7B", 400);
}

#[test]
fn only_what_the_author_names_is_taken() {
    refused(
        json!({"bodies": ["form"]}),
        "application/json",
        br#"{"ok":"1"}"#,
        415,
    );
    refused(json!({"bodies": ["json"]}), FORM, b"ok=1", 415);
    refused(json!({"bodies": ["json"]}), "application/json", b"", 400);
    refused(
        json!({"bodies": ["json"]}),
        "application/json",
        br#"{"ok":"2"}"#,
        422,
    );
    refused(json!({"accept_raw": true}), FORM, &vec![b'a'; (1 << 20) + 1], 400);
    refused(json!({"bodies": ["form"]}), FORM, b"ok=1&ok=1", 422);
}

#[test]
fn a_signature_is_over_the_bytes_and_not_over_what_is_read_of_them() {
    let (stack, url) = linked(with(
        hook(json!({"scheme": "github", "secret": "s"})),
        json!({"unwrap": "payload"}),
    ));
    let body = "payload=%7B%22ok%22%3A+1%7D";
    let send = |body: &str, signed: &str| {
        let signature = format!("sha256={}", super::signed("s", signed));
        let headers = [
            ("content-type", FORM),
            ("x-hub-signature-256", signature.as_str()),
        ];
        stack.visit("POST", &url, &headers, body.as_bytes())
    };
    assert_eq!(
        send(body, r#"{"ok": 1}"#).refusal(),
        (401, "InvalidSignature".to_owned())
    );
    assert_eq!(
        send("payload=%7b%22ok%22%3A+1%7D", body).refusal(),
        (401, "InvalidSignature".to_owned())
    );
    assert_eq!(send(body, body).status, 200);
    assert_eq!(stack.told(), [r#"success {"ok":1}"#]);
}

#[test]
fn the_unsigned_content_type_does_not_choose_another_outcome() {
    let text = r#"{"type":"invoice.void","note":"&type=invoice.paid&payload=%7B%22type%22%3A%22invoice.paid%22%7D&"}"#;
    let outcomes = || {
        json!([
            {"name": "paid", "type": "success", "output_path": "$",
                "schema": {"properties": {"type": {"const": "invoice.paid"}}, "required": ["type"]}},
            {"name": "other", "type": "heartbeat", "schema": {}}])
    };
    let verify = || json!({"scheme": "github", "secret": "s"});
    let generic =
        json!({"scheme": "generic", "secret": "s", "header": "X-Hub-Signature-256", "prefix": "sha256="});
    let signature = format!("sha256={}", super::signed("s", text));
    for (fields, content_type, expected) in [
        (json!({"verify": verify()}), "application/json", 200),
        (json!({"verify": verify()}), "text/plain", 415),
        (json!({"verify": verify()}), "image/png", 415),
        (
            json!({"verify": verify()}),
            "multipart/form-data; boundary=b",
            415,
        ),
        (json!({"verify": verify()}), FORM, 400),
        (json!({"verify": verify(), "unwrap": "payload"}), FORM, 400),
        (json!({"verify": generic}), "application/json", 200),
        (json!({"verify": generic}), "text/plain", 415),
        (json!({"verify": generic}), FORM, 415),
    ] {
        let (stack, url) = linked(with(post(outcomes()), fields.clone()));
        let headers = [
            ("content-type", content_type),
            ("x-hub-signature-256", &signature),
        ];
        let answer = stack.visit("POST", &url, &headers, text.as_bytes());
        assert_eq!(
            answer.status, expected,
            "{fields} {content_type}: {}",
            answer.body
        );
        if expected != 200 {
            assert_eq!(answer.refusal().1, "InvalidPostActionBody");
        }
        let told = match expected {
            200 => format!("heartbeat at {NOW}"),
            _ => "waiting".to_owned(),
        };
        assert_eq!(stack.told(), [told], "{fields} {content_type}");
    }
}

#[test]
fn an_author_is_told_that_no_content_type_is_signed() {
    let verify = || json!({"scheme": "github", "secret": "s"});
    let stack = Stack::new(FEATURES);
    for (fields, is_told) in [
        (json!({"bodies": ["json", "text"]}), true),
        (json!({"bodies": ["json", "empty"]}), true),
        (json!({"accept_raw": true}), true),
        (json!({}), false),
        (json!({"bodies": ["json", "form", "multipart"]}), false),
    ] {
        let action = with(with(hook(verify()), fields.clone()), nothing());
        let answer = stack.create(&json!({"token": stack.task(), "actions": [action]}));
        let has = answer
            .body
            .contains("actions[0].bodies: no content type is signed");
        assert_eq!(has, is_told, "{fields}: {}", answer.json()["warnings"]);
    }
}

#[test]
fn a_body_that_is_too_large_is_refused_before_it_is_proven() {
    let (stack, url) = linked(hook(json!({"scheme": "github", "secret": "s"})));
    for (size, secret, expected) in [
        (1 << 20, "t", (401, "InvalidSignature")),
        ((1 << 20) + 1, "t", (400, "InvalidPostActionBody")),
        ((1 << 20) + 1, "s", (400, "InvalidPostActionBody")),
    ] {
        let answer = super::github(&stack, &url, secret, &" ".repeat(size));
        assert_eq!(answer.refusal(), (expected.0, expected.1.to_owned()), "{size}");
    }
    assert_eq!(stack.told(), ["waiting"]);
}
