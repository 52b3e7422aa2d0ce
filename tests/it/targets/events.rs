//! CreateUrls, invoked by CloudFormation and by the notification of an approval.

use super::{ALL, OVER, RESPONSE_HOST, STACK_ID, World, ok, response_url, wait_target};
use crate::stand_ins::receiver::Behaviour;
use crate::stand_ins::tls::Identity;
use crate::support::{Answer, set_clock, with};
use serde_json::{Value, json};

pub fn event(kind: &str, properties: Value, more: Value) -> Value {
    let service = json!({"ServiceToken": "arn:aws:lambda:eu-central-1:123456789012:function:create"});
    let event = json!({
        "RequestType": kind, "ResponseURL": response_url(), "StackId": STACK_ID, "RequestId": "d9a7",
        "LogicalResourceId": "Approval", "ResourceType": "Custom::Approval",
        "ResourceProperties": with(service, properties)
    });
    with(event, more)
}

pub fn actions() -> Value {
    json!([{"name": "a", "type": "success", "output": "yes", "confirm": "true"}])
}

pub fn invoked(world: &World, event: &Value) -> Answer {
    world.stack.invoke(event.to_string().as_bytes())
}

/// A resource that is there as soon as its links are made.
fn at_once() -> Value {
    json!({"actions": actions(), "target": wait_target(), "return_urls": "true"})
}

#[test]
fn a_resource_with_a_target_of_its_own_is_answered_at_once() {
    let world = World::new(ok());
    let answer = invoked(&world, &event("Create", at_once(), json!({})));
    assert_eq!(
        (answer.status, &answer.json()["status"]),
        (200, &json!("SUCCESS")),
        "{}",
        answer.body
    );
    assert!(
        !answer.body.contains("respond"),
        "no link in the answer to Lambda"
    );
    let sent = world.sent();
    assert_eq!(
        (&sent["Status"], &sent["NoEcho"]),
        (&json!("SUCCESS"), &json!(true))
    );
    assert_eq!(sent["Data"]["TransactionId"], answer.json()["transaction_id"]);
    assert_eq!(sent["Data"]["Expiration"], "2026-09-21T16:13:20+00:00");
    let url = sent["Data"]["Urls.a"].as_str().unwrap().to_owned();
    assert_eq!(world.received().header("host"), Some(RESPONSE_HOST));

    let page = world
        .stack
        .visit("GET", &url, &[("accept", "application/json")], b"");
    assert_eq!(
        page.json()["state"],
        "awaiting_confirmation",
        "\"true\" was taken for true"
    );
    let told = [
        ("content-type", "application/json"),
        ("accept", "application/json"),
    ];
    let done = world.stack.visit("POST", &url, &told, b"{}");
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(world.receiver.received().len(), 2);
    world.log_is_clean();
}

#[test]
fn every_refusal_reaches_cloudformation() {
    let bare = json!({"actions": actions()});
    let many: Vec<_> = (0..20)
        .map(|n| json!({"name": format!("a{n}"), "type": "success", "output": 1, "confirm": "true"}))
        .collect();
    let without = |vars: &[&str]| -> Vec<(&'static str, &'static str)> {
        ALL.iter()
            .copied()
            .filter(|(name, _)| !vars.contains(name))
            .collect()
    };
    for (vars, properties, reason) in [
        (
            ALL.to_vec(),
            bare,
            "InvalidJSON: ResourceProperties.deliver: is missing",
        ),
        (
            ALL.to_vec(),
            json!({"return_urls": "true", "target": wait_target()}),
            "InvalidJSON: missing field `actions`",
        ),
        (
            ALL.to_vec(),
            with(at_once(), json!({"Actions": []})),
            "InvalidJSON: Actions: must be one of",
        ),
        (
            ALL.to_vec(),
            with(at_once(), json!({"actions": many})),
            "UrlTooLong: ResourceProperties.return_urls: the response is larger",
        ),
        (
            ALL.to_vec(),
            json!({"actions": actions(), "deliver": {"sns": {"topic_arn": "x"}}, "ServiceTimeout": "soon"}),
            "InvalidJSON: target.event.ResourceProperties.ServiceTimeout: must be",
        ),
        (
            without(&["ENABLE_CUSTOM_RESOURCES"]),
            at_once(),
            "TargetDisabled: Links that answer a target of type cloudformation-custom-resource",
        ),
        (
            without(&["ENABLE_WAIT_CONDITIONS"]),
            at_once(),
            "TargetDisabled: Links that answer a target of type cloudformation-wait-condition",
        ),
    ] {
        let world = World::with(&vars, Identity::Trusted, ok());
        let answer = invoked(&world, &event("Create", properties, json!({})));
        assert_eq!(
            (answer.status, &answer.json()["status"]),
            (200, &json!("FAILED")),
            "{}",
            answer.body
        );
        let sent = world.sent();
        assert_eq!(sent["Status"], "FAILED");
        assert!(
            sent["Reason"].as_str().unwrap().starts_with(reason),
            "{}",
            sent["Reason"]
        );
        assert_eq!(
            (&sent["StackId"], &sent["RequestId"]),
            (&json!(STACK_ID), &json!("d9a7"))
        );
        let log = world.stack.log();
        assert_eq!((log.len(), &log[0]["outcome"]), (1, &json!("refused")));
        world.log_is_clean();
    }
}

#[test]
fn a_delete_is_granted_whatever_is_switched_off() {
    let world = World::with(&[], Identity::Trusted, ok());
    let more = json!({"PhysicalResourceId": "former"});
    let answer = invoked(&world, &event("Delete", json!({"ServiceTimeout": "soon"}), more));
    assert_eq!(
        (answer.status, &answer.json()["status"]),
        (200, &json!("SUCCESS"))
    );
    let sent = world.sent();
    assert_eq!(
        (&sent["Status"], &sent["Data"]),
        (&json!("SUCCESS"), &Value::Null)
    );
    assert_eq!(sent["PhysicalResourceId"], "former");
}

#[test]
fn an_update_without_a_change_is_granted_at_once() {
    let world = World::new(ok());
    let service = json!({"ServiceToken": "arn:aws:lambda:eu-central-1:123456789012:function:other"});
    let more = json!({"PhysicalResourceId": "former", "OldResourceProperties": with(service, at_once())});
    let answer = invoked(&world, &event("Update", at_once(), more));
    assert_eq!(answer.json()["status"], "SUCCESS");
    let sent = world.sent();
    assert_eq!(sent["Data"], Value::Null, "no links");
    assert_eq!(sent["PhysicalResourceId"], "former", "no replacement");
}

#[test]
fn foreign_addresses_are_told_nothing() {
    let world = World::new(ok());
    for url in [
        "https://example.com/".to_owned(),
        response_url().replace("https", "http"),
        response_url().replace(RESPONSE_HOST, "169.254.169.254"),
        response_url().replace("eucentral1", "euwest1"),
        response_url()
            .replace("eucentral1", "euwest1")
            .replace("eu-central-1", "eu-west-1"),
        response_url()
            .replace("eucentral1", "zzinvented9")
            .replace("eu-central-1", "zz-invented-9"),
    ] {
        let answer = invoked(&world, &event("Delete", json!({}), json!({"ResponseURL": url})));
        assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()), "{url}");
        assert!(!answer.body.contains("canary"), "{}", answer.body);
    }
    assert!(world.receiver.received().is_empty());
}

#[test]
fn a_response_that_does_not_arrive_fails_the_invocation() {
    let world = World::new(vec![Behaviour::HangUp]);
    let answer = invoked(&world, &event("Delete", json!({}), json!({})));
    assert_eq!(answer.refusal(), (503, "ServiceUnavailable".to_owned()));
    let world = World::new(vec![Behaviour::HangUp, Behaviour::status("200 OK", "")]);
    assert_eq!(
        invoked(&world, &event("Delete", json!({}), json!({}))).status,
        200
    );
}

#[test]
fn a_response_url_that_is_over_makes_no_links() {
    let world = World::new(ok());
    set_clock(OVER);
    let answer = invoked(&world, &event("Create", at_once(), json!({})));
    assert_eq!(answer.json()["status"], "FAILED");
    assert!(
        world.sent()["Reason"]
            .as_str()
            .unwrap()
            .starts_with("InvalidDate: ")
    );
}

#[test]
fn only_direct_invocations_are_events() {
    let world = World::new(ok());
    let answer = world.stack.create(&event("Create", at_once(), json!({})));
    assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()));
    assert!(world.receiver.received().is_empty());
}

#[test]
fn an_approval_without_anybody_to_ask_is_refused() {
    let world = World::new(ok());
    let message = json!({"approval": {"pipelineName": "shop", "stageName": "Release", "actionName": "Approve",
        "token": "3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11", "customData": "Please approve"}});
    let event = json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": message.to_string()}}]});
    let answer = invoked(&world, &event);
    assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()));
    assert!(
        answer.json()["message"]
            .as_str()
            .unwrap()
            .starts_with("CustomData: "),
        "{}",
        answer.body
    );
    assert_eq!(world.stack.log()[0]["outcome"], "refused");
}
