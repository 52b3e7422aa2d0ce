//! What senders are answered: they read the status.

use super::{github, hook, linked, unproven};
use crate::support::{Answer, FEATURES, NOW, Stack, base64, nothing, post, set_clock, with};
use ring::hmac;
use serde_json::{Value, json};

const BODY: &str = r#"{"ok":true}"#;

fn github_hook() -> Value {
    hook(json!({"scheme": "github", "secret": "s"}))
}

#[test]
fn a_repeated_event_is_told_that_it_is_done() {
    let (stack, url) = linked(github_hook());
    let done = github(&stack, &url, "s", BODY);
    assert_eq!(done.status, 200);
    assert_eq!(done.keys(), ["transaction_id", "action"], "the body of version 1");
    let again = github(&stack, &url, "s", BODY);
    assert_eq!(again.status, 200);
    assert_eq!(again.keys(), ["transaction_id", "action", "already_completed"]);
    assert_eq!(again.json()["already_completed"], true);
    assert_eq!(stack.told(), [format!("success {BODY}")]);
    let line = stack.log().pop().unwrap();
    assert_eq!(
        (line["outcome"].as_str(), line["status"].as_u64()),
        (Some("already_completed"), Some(200))
    );
    // Whoever has the link but not the secret is still told nothing.
    let foreign = github(&stack, &url, "other", BODY);
    assert_eq!(foreign.refusal(), (401, "InvalidSignature".to_owned()));
}

#[test]
fn a_plain_post_action_keeps_the_answers_of_version_1() {
    let action = post(json!([{"name": "o", "type": "success", "schema": {"required": ["ok"]}, "output": 1}]));
    let stack = Stack::new(FEATURES);
    let url = stack.link(action.clone(), nothing());
    assert_eq!(
        stack.post(&url, "{}").refusal(),
        (400, "InvalidPostActionBody".to_owned())
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(
        stack.visit("POST", &url, &form, b"ok=1").refusal(),
        (415, "InvalidPostActionBody".to_owned())
    );
    assert_eq!(
        stack.visit("POST", &url, &[], b"").refusal(),
        (400, "InvalidPostActionBody".to_owned())
    );
    assert_eq!(stack.post(&url, BODY).status, 200);
    assert_eq!(
        stack.post(&url, BODY).refusal(),
        (400, "StepFunctionsError".to_owned())
    );
    let url = stack.link(action, json!({"expires_in": "PT1H"}));
    set_clock(NOW + 3_600);
    assert_eq!(
        stack.post(&url, BODY).refusal(),
        (400, "ExpiredPayload".to_owned())
    );
    set_clock(NOW);
}

#[test]
fn what_can_never_succeed_is_gone() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(github_hook(), json!({"expires_in": "PT1H"}));
    set_clock(NOW + 3_600);
    assert_eq!(
        github(&stack, &url, "s", BODY).refusal(),
        (410, "ExpiredPayload".to_owned())
    );
    assert_eq!(stack.log().pop().unwrap()["status"], 410);
    set_clock(NOW);
    let elsewhere = Stack::new(FEATURES);
    let created = stack.create(&json!({"token": elsewhere.task(), "actions": [github_hook()]}));
    let answer = github(&stack, &created.url("a"), "s", BODY);
    assert_eq!(
        answer.refusal(),
        (410, "StepFunctionsError".to_owned()),
        "{}",
        answer.body
    );
    let created = stack.create(&json!({"token": "none", "actions": [github_hook()]}));
    assert_eq!(
        github(&stack, &created.url("a"), "s", BODY).refusal(),
        (410, "StepFunctionsError".to_owned())
    );
    assert_eq!(stack.told(), ["waiting"]);
}

#[test]
fn a_body_that_no_outcome_accepts_is_422_and_one_that_is_none_400() {
    let outcomes = json!([{"name": "o", "type": "success", "schema": {"required": ["ok"]}, "output": 1}]);
    let (stack, url) = linked(with(github_hook(), json!({"outcomes": outcomes})));
    assert_eq!(
        github(&stack, &url, "s", "{}").refusal(),
        (422, "InvalidPostActionBody".to_owned())
    );
    assert_eq!(
        github(&stack, &url, "s", "{").refusal(),
        (400, "InvalidPostActionBody".to_owned())
    );
    assert_eq!(
        github(&stack, &url, "s", r#"{"ok":1,"ok":2}"#).refusal(),
        (400, "InvalidPostActionBody".to_owned())
    );
    // The signature goes first, so a stranger does not learn what the link takes.
    unproven(&stack, &github(&stack, &url, "other", "{"), "no signature fits");
    assert_eq!(stack.get(&url).refusal(), (405, "PostActionNotPosted".to_owned()));
    assert_eq!(stack.get(&url).header("allow"), "POST");
}

#[test]
fn heartbeats_go_on_until_the_task_is_closed() {
    let outcomes = json!([
        {"name": "beat", "type": "heartbeat", "schema": {"const": "running"}},
        {"name": "end", "type": "failure", "schema": {}, "error": "Failed"}]);
    let (stack, url) = linked(with(github_hook(), json!({"outcomes": outcomes})));
    for _ in 0..2 {
        assert_eq!(github(&stack, &url, "s", "\"running\"").status, 200);
    }
    assert_eq!(github(&stack, &url, "s", "1").status, 200);
    let late = github(&stack, &url, "s", "\"running\"");
    assert_eq!(
        (late.status, &late.json()["already_completed"]),
        (200, &json!(true))
    );
    assert_eq!(stack.told(), ["failure Failed -"]);
}

/// The request that Slack would make.
pub fn slack(stack: &Stack, url: &str, secret: &str, content_type: &str, body: &str) -> Answer {
    let signature = format!("v0={}", super::signed(secret, &format!("v0:{NOW}:{body}")));
    let now = NOW.to_string();
    let headers = [
        ("content-type", content_type),
        ("x-slack-request-timestamp", now.as_str()),
        ("x-slack-signature", signature.as_str()),
    ];
    stack.visit("POST", url, &headers, body.as_bytes())
}

#[test]
fn slacks_challenge_is_echoed_to_slack_alone() {
    let (stack, url) = linked(hook(json!({"scheme": "slack", "secret": "s"})));
    let challenge = r#"{"type":"url_verification","token":"t","challenge":"3eZb<script>"}"#;
    let answer = slack(&stack, &url, "other", "application/json", challenge);
    unproven(&stack, &answer, "no signature fits");
    assert!(!answer.body.contains("3eZb"));
    let answer = slack(&stack, &url, "s", "application/json", challenge);
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"challenge": "3eZb<script>"}))
    );
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(stack.told(), ["waiting"], "the task is not told");
    assert_eq!(stack.log().pop().unwrap()["outcome"], "challenge");
    // Without a challenge it is an event like any other.
    let event = r#"{"type":"url_verification","challenge":5}"#;
    assert_eq!(slack(&stack, &url, "s", "application/json", event).status, 200);
    assert_eq!(stack.told(), [format!("success {event}")]);
    // Another scheme knows no challenges.
    let (stack, url) = linked(github_hook());
    assert_eq!(github(&stack, &url, "s", challenge).status, 200);
    assert!(stack.told()[0].starts_with("success"));
}

#[test]
fn discords_ping_is_answered() {
    use ring::signature::{Ed25519KeyPair, KeyPair};
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let public = hex(pair.public_key().as_ref());
    let (stack, url) = linked(hook(json!({"scheme": "discord", "secret": public})));
    let now = NOW.to_string();
    let send = |body: &str, signed: &str| {
        let signature = hex(pair.sign(signed.as_bytes()).as_ref());
        let headers = [
            ("content-type", "application/json"),
            ("x-signature-timestamp", now.as_str()),
            ("x-signature-ed25519", signature.as_str()),
        ];
        stack.visit("POST", &url, &headers, body.as_bytes())
    };
    let ping = r#"{"type":1}"#;
    unproven(&stack, &send(ping, ping), "no signature fits");
    let answer = send(ping, &format!("{now}{ping}"));
    assert_eq!((answer.status, answer.json()), (200, json!({"type": 1})));
    assert_eq!(stack.told(), ["waiting"]);
    let command = r#"{"type":2}"#;
    assert_eq!(send(command, &format!("{now}{command}")).status, 200);
    assert_eq!(stack.told(), [format!("success {command}")]);
}

#[test]
fn twilio_gets_instructions_to_do_nothing() {
    let sent = |response: Value| {
        let verify = json!({"scheme": "twilio", "secret": "12345"});
        let (stack, url) = linked(with(hook(verify), json!({"response": response})));
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345");
        let signature = base64(hmac::sign(&key, format!("{url}a1").as_bytes()).as_ref());
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "*/*"),
            ("x-twilio-signature", signature.as_str()),
        ];
        let first = stack.visit("POST", &url, &headers, b"a=1");
        (first, stack.visit("POST", &url, &headers, b"a=1"))
    };
    let (first, second) = sent(json!({}));
    for answer in [first, second] {
        assert_eq!((answer.status, answer.body.as_str()), (200, "<Response/>"));
        assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
    }
    let (first, _) = sent(json!({"text": "Thank you", "json": {"a": 1}}));
    assert_eq!((first.status, first.body.as_str()), (200, "Thank you"));
    assert_eq!(first.header("content-type"), "text/plain; charset=utf-8");
}

#[test]
fn the_authors_own_answers_are_given_and_no_redirects() {
    let (stack, url) = linked(with(github_hook(), json!({"response": {"json": {"type": 4}}})));
    assert_eq!(github(&stack, &url, "s", BODY).json(), json!({"type": 4}));
    for (change, field) in [
        (
            json!({"response": {"redirect": "https://example.com/"}}),
            "response.redirect",
        ),
        (
            json!({"outcomes": [{"name": "o", "type": "heartbeat", "schema": {}, "response": {"redirect": "https://example.com/"}}]}),
            "outcomes[0].response.redirect",
        ),
    ] {
        let answer = stack.create(&json!({"token": stack.task(), "actions": [with(github_hook(), change)]}));
        assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()));
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert_eq!(
            message,
            format!("actions[0].{field}: senders of webhooks follow no redirect; leave it out")
        );
    }
}
