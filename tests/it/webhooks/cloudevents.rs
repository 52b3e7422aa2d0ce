//! The handshake by which senders of CloudEvents ask for permission.

use crate::kms::{Kms, USUAL};
use crate::support::{FEATURES, NOW, PLAIN, Stack, heartbeat, nothing, post, set_clock, with};
use crate::targets::apis::durable;
use serde_json::{Value, json};

fn events() -> Value {
    with(
        post(json!([{"name": "any", "type": "success", "schema": {}, "output_body": true}])),
        json!({"cloudevents": true}),
    )
}

const ASKS: &[(&str, &str)] = &[
    ("webhook-request-origin", "eventgrid.azure.net"),
    ("webhook-request-rate", "120"),
];

#[test]
fn a_link_for_cloudevents_gives_permission_and_reports_nothing() {
    for stack in [Stack::new(FEATURES), Stack::without_key(FEATURES)] {
        let url = stack.link(events(), nothing());
        let answer = stack.visit("OPTIONS", &url, ASKS, b"");
        assert_eq!((answer.status, answer.body.as_str()), (200, ""));
        assert_eq!(answer.header("webhook-allowed-origin"), "eventgrid.azure.net");
        assert_eq!(answer.header("webhook-allowed-rate"), "*");
        assert_eq!(answer.header("allow"), "POST");
        assert_eq!(stack.told(), ["waiting"]);
        let line = stack.log().pop().unwrap();
        assert_eq!(
            (line["outcome"].as_str(), line["action"].as_str()),
            (Some("handshake"), Some("a"))
        );
        let event = r#"{"specversion":"1.0"}"#;
        let headers = [("content-type", "application/cloudevents+json; charset=utf-8")];
        assert_eq!(stack.visit("POST", &url, &headers, event.as_bytes()).status, 200);
        assert_eq!(stack.told(), [format!("success {event}")]);
    }
}

#[test]
fn no_other_request_and_no_other_link_gives_permission() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(events(), nothing());
    let plain = stack.link(with(events(), json!({"cloudevents": false})), nothing());
    let heartbeat = stack.link(heartbeat(), nothing());
    let long = "a".repeat(257);
    let odd: [(&str, &[(&str, &str)]); 7] = [
        (&url, &[]),
        (&url, &[("origin", "https://example.com")]),
        (&url, &[("webhook-request-origin", "")]),
        (&url, &[("webhook-request-origin", "a b")]),
        (&url, &[("webhook-request-origin", &long)]),
        (&plain, ASKS),
        (&heartbeat, ASKS),
    ];
    for (url, headers) in odd {
        let answer = stack.visit("OPTIONS", url, headers, b"");
        assert_eq!(
            answer.refusal(),
            (405, "MethodNotAllowed".to_owned()),
            "{headers:?}"
        );
        assert_eq!(answer.header("webhook-allowed-origin"), "");
    }
    let damaged = stack.visit("OPTIONS", &url[..url.len() - 1], ASKS, b"");
    assert_eq!(damaged.status, 405);
    let renamed = url.replace("action=a", "action=b");
    assert_eq!(stack.visit("OPTIONS", &renamed, ASKS, b"").status, 405);
    let off = stack.updated(Stack::keys(7), PLAIN);
    assert_eq!(off.visit("OPTIONS", &url, ASKS, b"").status, 405);
    let ends = stack.link(events(), json!({"expires_in": "PT1H"}));
    set_clock(NOW + 3_600);
    assert_eq!(stack.visit("OPTIONS", &ends, ASKS, b"").status, 405);
    set_clock(NOW);
    for method in ["GET", "HEAD"] {
        assert_eq!(
            stack
                .visit(method, &url, ASKS, b"")
                .header("webhook-allowed-origin"),
            ""
        );
    }
}

#[test]
fn a_failure_is_no_word_about_the_link() {
    for (code, status, answer, retry_after) in [
        ("ThrottlingException", 503, "ServiceUnavailable", "5"),
        ("DisabledException", 503, "ServiceUnavailable", "300"),
        ("SomethingNewException", 500, "ServiceError", ""),
    ] {
        let kms = Kms::default();
        let vars = [FEATURES, USUAL].concat();
        let create = Stack::with_keys(kms.keys(&vars), &vars);
        let url = create.link(events(), nothing());
        let process = create.updated(kms.keys(&vars), &vars);
        kms.fail(code);
        let refused = process.visit("OPTIONS", &url, ASKS, b"");
        assert_eq!(refused.refusal(), (status, answer.to_owned()), "{code}");
        assert_eq!(refused.header("retry-after"), retry_after, "{code}");
        assert_eq!(refused.header("webhook-allowed-origin"), "", "{code}");
        let lines = process.log();
        assert_eq!(lines.len(), 1, "{code}: {lines:?}");
        assert_eq!(lines[0]["error"], answer, "{code}");
        assert!(!lines[0]["calls"].as_array().unwrap().is_empty(), "{code}");
        kms.work();
        assert_eq!(process.visit("OPTIONS", &url, ASKS, b"").status, 200, "{code}");
    }
}

#[test]
fn a_refusal_has_one_line_with_what_was_asked_for_it() {
    let kms = Kms::default();
    let vars = [FEATURES, USUAL].concat();
    let create = Stack::with_keys(kms.keys(&vars), &vars);
    let url = create.link(heartbeat(), nothing());
    let process = create.updated(kms.keys(&vars), &vars);
    let refused = process.visit("OPTIONS", &url, ASKS, b"");
    assert_eq!(refused.refusal(), (405, "MethodNotAllowed".to_owned()));
    let lines = process.log();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["error"], "MethodNotAllowed");
    assert_eq!(lines[0]["calls"].as_array().unwrap().len(), 1, "{lines:?}");
}

#[test]
fn a_target_that_is_off_permits_nothing() {
    let on = [FEATURES, &[("ENABLE_DURABLE_EXECUTIONS", "true")]].concat();
    let stack = Stack::new(&on);
    let made = stack.create(&json!({"target": durable(), "actions": [events()]}));
    let url = made.url("a");
    assert_eq!(stack.visit("OPTIONS", &url, ASKS, b"").status, 200);
    let off = stack.updated(Stack::keys(7), FEATURES);
    assert_eq!(
        off.visit("OPTIONS", &url, ASKS, b"").refusal(),
        (405, "MethodNotAllowed".to_owned())
    );
}

#[test]
fn browsers_that_ask_get_the_answer_for_browsers() {
    let features = [FEATURES, &[("CORS_ALLOW_ORIGIN", "*")]].concat();
    let stack = Stack::new(&features);
    let url = stack.link(events(), nothing());
    let asks = [
        ("origin", "https://app.example.com"),
        ("access-control-request-method", "POST"),
    ];
    let answer = stack.visit("OPTIONS", &url, &asks, b"");
    assert_eq!(
        (answer.status, answer.header("webhook-allowed-origin")),
        (204, "")
    );
    assert_eq!(answer.header("access-control-allow-methods"), "GET, HEAD, POST");
    let answer = stack.visit("OPTIONS", &url, ASKS, b"");
    assert_eq!((answer.status, answer.header("webhook-allowed-rate")), (200, "*"));
    let heartbeat = stack.link(heartbeat(), nothing());
    // A 2xx would be a permission to its sender, so consent for browsers is only for those.
    let answer = stack.visit("OPTIONS", &heartbeat, ASKS, b"");
    assert_eq!(answer.refusal(), (405, "MethodNotAllowed".to_owned()));
    assert_eq!(stack.visit("OPTIONS", &heartbeat, &asks, b"").status, 204);
}
