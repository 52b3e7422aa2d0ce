//! Secrets that a link has of its own.

use super::{github, hook, linked, unproven};
use crate::support::{FEATURES, NOW, PLAIN, Stack, base64, nothing, set_clock, with};
use serde_json::{Value, json};
use sfn_callback_urls::webhook::{Secret, standard};
use std::collections::HashSet;

const BODY: &str = r#"{"ok":true}"#;

fn generate(scheme: &str) -> Value {
    hook(json!({"scheme": scheme, "secret": "generate"}))
}

#[test]
fn the_answer_tells_a_generated_secret_once_and_the_sender_signs_with_it() {
    let stack = Stack::new(FEATURES);
    let answer = stack.links(
        json!([generate("github"), {"name": "b", "type": "heartbeat"}]),
        nothing(),
    );
    assert_eq!(answer.keys(), ["transaction_id", "urls", "secrets"]);
    let secrets = answer.json()["secrets"].as_object().unwrap().clone();
    assert_eq!(secrets.len(), 1, "only the action that has one");
    let secret = secrets["a"].as_str().unwrap();
    assert_eq!(secret.len(), 43);
    let url = answer.url("a");
    let wrong = github(&stack, &url, "generate", BODY);
    unproven(&stack, &wrong, "no signature fits");
    assert_eq!(github(&stack, &url, secret, BODY).status, 200);
    assert!(!stack.log_text().contains(secret), "not in the log");
}

#[test]
fn every_link_has_a_secret_of_its_own() {
    let stack = Stack::new(FEATURES);
    let more = json!({"recipients": [{"id": "ann"}, {"id": "bob"}], "include_callback": true});
    let answer = stack.links(
        json!([generate("github"), with(generate("github"), json!({"name": "b"}))]),
        more,
    );
    let people = answer.json()["recipients"].as_array().unwrap().clone();
    let mut seen = HashSet::new();
    for person in &people {
        for name in ["a", "b"] {
            let secret = person["secrets"][name].as_str().unwrap();
            assert!(seen.insert(secret.to_owned()));
        }
    }
    assert!(answer.json().get("secrets").is_none());
    let url = people[0]["urls"]["a"].as_str().unwrap();
    let other = github(&stack, url, people[1]["secrets"]["a"].as_str().unwrap(), BODY);
    unproven(&stack, &other, "no signature fits");
    let own = github(&stack, url, people[0]["secrets"]["a"].as_str().unwrap(), BODY);
    assert_eq!(own.status, 200);
}

#[test]
fn generated_secrets_have_the_schemes_own_form() {
    let stack = Stack::new(FEATURES);
    let secret = |action: Value| {
        let answer = stack.links(json!([action]), nothing());
        (
            answer.url("a"),
            answer.json()["secrets"]["a"].as_str().unwrap().to_owned(),
        )
    };
    set_clock(NOW);
    let json_type = ("content-type", "application/json");
    let (url, whsec) = secret(generate("standard-webhooks"));
    assert!(
        whsec.starts_with("whsec_") && whsec.len() == 50,
        "{}",
        whsec.len()
    );
    let signature = standard::sign(&Secret::new(whsec), "msg_1", NOW.unsigned_abs(), BODY.as_bytes());
    let (signature, now) = (signature.unwrap(), NOW.to_string());
    let headers = [
        json_type,
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", &now),
        ("webhook-signature", &signature),
    ];
    assert_eq!(stack.visit("POST", &url, &headers, BODY.as_bytes()).status, 200);

    let (url, basic) = secret(generate("basic"));
    assert!(basic.starts_with("callback:"));
    let header = format!("Basic {}", base64(basic.as_bytes()));
    let headers = [json_type, ("authorization", header.as_str())];
    assert_eq!(stack.visit("POST", &url, &headers, BODY.as_bytes()).status, 200);

    let header = with(
        generate("header"),
        json!({"verify": {"scheme": "header", "secret": "generate", "header": "x-t"}}),
    );
    for (action, name, prefix) in [
        (header, "x-t", ""),
        (generate("bearer"), "authorization", "Bearer "),
        (generate("gitlab"), "x-gitlab-token", ""),
    ] {
        let (url, token) = secret(action);
        let value = format!("{prefix}{token}");
        let headers = [json_type, (name, value.as_str())];
        assert_eq!(
            stack.visit("POST", &url, &headers, BODY.as_bytes()).status,
            200,
            "{name}"
        );
    }
    for (key, length) in [("utf8", 43), ("base64", 44), ("hex", 64)] {
        let verify = json!({"scheme": "generic", "secret": "generate", "header": "x", "key": key});
        assert_eq!(secret(hook(verify)).1.len(), length, "{key}");
    }
}

#[test]
fn a_sender_that_makes_the_secret_gets_none() {
    let stack = Stack::new(FEATURES);
    for scheme in [
        "openai",
        "svix",
        "clerk",
        "stripe",
        "slack",
        "twilio",
        "shopify",
        "sendgrid",
        "mailgun",
        "teams-outgoing",
        "hookdeck",
        "paddle",
        "webflow",
        "elevenlabs",
        "vercel",
        "discord",
    ] {
        let answer = stack.create(&json!({"token": stack.task(), "actions": [generate(scheme)]}));
        if scheme == "openai" {
            // An alias of a scheme with a free secret.
            assert_eq!(answer.status, 200);
            continue;
        }
        assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()), "{scheme}");
        assert_eq!(
            answer.json()["message"],
            "actions[0].verify.secret: is issued by this sender and cannot be generated; copy it from the sender"
        );
    }
}

#[test]
fn no_secret_lies_in_a_link_that_everybody_can_read() {
    let stack = Stack::without_key(FEATURES);
    for verify in [
        json!({"scheme": "github", "secret": "generate"}),
        json!({"scheme": "github", "secret": "canary"}),
    ] {
        let answer = stack.create(&json!({"token": stack.task(), "actions": [hook(verify)]}));
        assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()));
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(
            message.starts_with("actions[0].verify: this stack has no key"),
            "{message}"
        );
        assert!(!message.contains("canary"));
    }
}

#[test]
fn a_webhook_is_off_with_post_actions() {
    let (stack, url) = linked(generate("github"));
    let off = stack.updated(Stack::keys(7), PLAIN);
    assert_eq!(
        github(&off, &url, "s", BODY).refusal(),
        (400, "PostActionsDisabled".to_owned())
    );
}
