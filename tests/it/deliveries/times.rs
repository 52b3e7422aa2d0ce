//! How long a delivery may take.

use super::{Done, Fate, World, mails};
use crate::support::with;
use crate::targets::{STACK_ID, response_url};
use serde_json::{Value, json};
use std::time::Duration;

const LATE: &str = "the message was not sent (the time for all messages is over)";

fn actions() -> Value {
    json!([{"name": "a", "type": "success", "output": 1, "confirm": true}])
}

fn delivered(world: &World, deliver: Value) -> Done {
    world.invoked(&json!({"token": "t", "actions": actions(), "deliver": deliver, "return_urls": true}))
}

/// A channel whose failure ends nothing.
fn optional() -> Value {
    with(mails(&["ann@example.com"]), json!({"optional": true}))
}

#[track_caller]
fn warnings(done: &Done) -> Vec<String> {
    serde_json::from_value(done.answer.json()["warnings"].clone()).expect(&done.answer.body)
}

#[test]
fn one_call_gets_three_seconds() {
    let world = World::new(Fate::Silent);
    let done = delivered(&world, mails(&["ann@example.com"]));
    done.took(Duration::from_secs(3));
    let text = "deliver.ses: the message may have been sent or not (timeout); nothing was sent for certain";
    assert_eq!(done.refusal(), ("DeliveryFailed".to_owned(), text.to_owned()));
    assert_eq!(world.mails().len(), 1, "what may have been taken is not repeated");

    // An answer that comes before is heard.
    for (after, calls) in [(2_900, 3), (3_100, 1)] {
        let world = World::new(Fate::Busy(Duration::from_millis(after)));
        delivered(&world, mails(&["ann@example.com"]));
        assert_eq!(world.mails().len(), calls, "{after}");
    }
}

#[test]
fn what_was_not_taken_is_tried_three_times_with_pauses() {
    let world = World::new(Fate::Busy(Duration::ZERO));
    let done = delivered(&world, mails(&["ann@example.com"]));
    done.took(Duration::from_millis(250 + 500));
    assert_eq!(
        (done.refusal().0.as_str(), world.mails().len()),
        ("DeliveryFailed", 3)
    );
}

#[test]
fn a_request_has_nine_seconds_for_its_messages() {
    // The first channel is over after 6.45 s. The second one is called at 6.45 and 8.6 s, and has no answer at 9.
    let world = World::new(Fate::Busy(Duration::from_millis(1_900)));
    let done = delivered(&world, json!([optional(), optional(), optional(), optional()]));
    done.took(Duration::from_secs(9));
    assert_eq!(done.answer.status, 200, "{}", done.answer.body);
    let expected = [
        "deliver[0].ses: the message was not sent (TooManyRequestsException)".to_owned(),
        "deliver[1].ses: the message may have been sent or not (timeout)".to_owned(),
        format!("deliver[2].ses: {LATE}"),
        format!("deliver[3].ses: {LATE}"),
    ];
    assert_eq!(warnings(&done), expected);
    assert_eq!(world.mails().len(), 5);
}

#[test]
fn nothing_is_sent_behind_nine_seconds() {
    let world = World::new(Fate::Silent);
    let done = delivered(&world, json!(vec![optional(); 10]));
    done.took(Duration::from_secs(9));
    let warnings = warnings(&done);
    assert_eq!(warnings.len(), 10);
    assert!(
        warnings[4..].iter().all(|warning| warning.ends_with(LATE)),
        "{warnings:?}"
    );
    assert!((3..=4).contains(&world.mails().len()), "three seconds each");
    // A single message of many does not get more, either.
    let people: Vec<Value> = (0..100)
        .map(|number| json!({"id": format!("p{number}@example.com")}))
        .collect();
    let deliver = json!({"ses": {"from": "us@example.com"}, "optional": true});
    let world = World::new(Fate::Silent);
    let done =
        world.invoked(&json!({"token": "t", "actions": actions(), "recipients": people, "deliver": deliver}));
    done.took(Duration::from_secs(9));
    assert_eq!(done.refusal().0, "DeliveryFailed");
    assert!(
        (24..=32).contains(&world.mails().len()),
        "eight at a time: {}",
        world.mails().len()
    );
}

#[test]
fn an_event_has_seven_seconds_for_its_messages() {
    let world = World::new(Fate::Busy(Duration::from_millis(1_900)));
    let custom = json!({"actions": actions(), "deliver": vec![optional(); 3], "return_urls": true});
    let message = json!({"approval": {"pipelineName": "shop", "stageName": "Release", "actionName": "Approve",
        "token": "3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11", "customData": custom.to_string()}});
    let event = json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": message.to_string()}}]});
    let done = world.invoked(&event);
    done.took(Duration::from_secs(7));
    assert_eq!(done.answer.status, 200, "{}", done.answer.body);
    assert_eq!(world.mails().len(), 4, "the second channel was called at 6.45 s");
    let line = world.stack.log_text();
    assert!(line.contains(LATE) && line.contains("(timeout)"), "{line}");
}

fn custom_resource(deliver: Value) -> Value {
    json!({
        "RequestType": "Create", "ResponseURL": response_url(), "StackId": STACK_ID, "RequestId": "d9a7",
        "LogicalResourceId": "Approval", "ResourceType": "Custom::Approval",
        "ResourceProperties": {"ServiceToken": "arn:aws:lambda:eu-central-1:123456789012:function:create",
            "actions": actions(), "deliver": deliver}
    })
}

#[test]
fn an_event_of_a_stack_ends_within_fourteen_seconds() {
    // Seven seconds for the messages, and then three attempts to tell CloudFormation, which would take eight.
    let world = World::new(Fate::Silent);
    let done = world.invoked(&custom_resource(json!(vec![optional(); 3])));
    done.took(Duration::from_secs(14));
    // Somebody may have a message, so that Lambda must not repeat the event.
    assert_eq!(
        (done.answer.status, &done.answer.json()["status"]),
        (200, &json!("FAILED"))
    );
    let log = world.stack.log();
    assert_eq!(
        (log.len(), &log[0]["error"], &log[0]["level"]),
        (1, &json!("ServiceUnavailable"), &json!("ERROR"))
    );
    let attempts = log[0].to_string().matches("AnswerCustomResource").count();
    assert_eq!(attempts, 2, "the third one had no end: {}", log[0]);
}

#[test]
fn an_event_that_nobody_was_told_of_fails_and_has_all_attempts() {
    let world = World::new(Fate::Busy(Duration::ZERO));
    let done = world.invoked(&custom_resource(mails(&["ann@example.com"])));
    // 0.75 s for the message; three connections of 2 s, and pauses of up to 0.4 and 1.6 s.
    done.took(Duration::from_millis(750 + 3 * 2_000 + 399 + 1_599));
    assert_eq!(done.answer.refusal(), (503, "ServiceUnavailable".to_owned()));
}
