//! Requests to create.

use super::{one, refused};
use crate::support::{FEATURES, Stack, heartbeat, post};
use serde_json::{Value, json};

#[test]
fn a_request_makes_a_thousand_links_and_not_one_more() {
    let stack = Stack::new(FEATURES);
    let actions = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|index| json!({"name": format!("a{index}"), "type": "heartbeat"}))
            .collect()
    };
    let people = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|index| json!({"id": format!("p{index}")}))
            .collect()
    };
    let request = |links: usize, recipients: usize| {
        let mut request = json!({"token": "t", "actions": actions(links)});
        if recipients > 0 {
            request["recipients"] = people(recipients).into();
        }
        request
    };
    assert_eq!(stack.create(&request(1_000, 0)).status, 200);
    assert_eq!(stack.create(&request(10, 100)).status, 200);
    for (links, recipients) in [(1_001, 0), (11, 100), (501, 2)] {
        let answer = stack.create(&request(links, recipients));
        refused(
            &answer,
            "InvalidJSON",
            "actions: the request asks for more than 1,000 links",
        );
    }
    refused(
        &stack.create(&request(1, 101)),
        "InvalidJSON",
        "recipients: must hold 1 to 100",
    );
}

#[test]
fn the_links_of_a_request_have_at_most_four_mebibytes_together() {
    let stack = Stack::new(FEATURES);
    let request = |links: usize, recipients: usize, output: usize| {
        let actions: Vec<Value> = (0..links)
            .map(
                |index| json!({"name": format!("a{index}"), "type": "success", "output": "x".repeat(output)}),
            )
            .collect();
        let people: Vec<Value> = (0..recipients)
            .map(|index| json!({"id": format!("p{index:02}")}))
            .collect();
        json!({"token": "t", "actions": actions, "recipients": people})
    };
    let length = |output: usize| {
        let answer = stack.create(&request(1, 1, output)).json();
        answer["recipients"][0]["urls"]["a0"].as_str().unwrap().len()
    };
    // A thousand links as long as they may be on average, and the next longer ones.
    let outputs: Vec<usize> = (2_000..4_000).collect();
    let longest = outputs[outputs.partition_point(|output| length(*output) <= 4_194) - 1];
    let answer = stack.create(&request(10, 100, longest));
    assert_eq!(answer.status, 200);
    assert!(answer.body.len() < 6 << 20, "what Lambda hands on");
    refused(
        &stack.create(&request(10, 100, longest + 1)),
        "UrlTooLong",
        "actions: all links of the request together would have more than 4 MiB",
    );
}

#[test]
fn a_request_has_at_most_a_mebibyte() {
    let stack = Stack::new(FEATURES);
    let request = one(heartbeat()).to_string();
    let padded = |bytes: usize| format!("{request}{}", " ".repeat(bytes - request.len()));
    assert_eq!(stack.create_text(&padded(1 << 20)).status, 200);
    refused(
        &stack.create_text(&padded((1 << 20) + 1)),
        "InvalidJSON",
        "larger than 1 MiB",
    );
}

#[test]
fn an_action_has_at_most_a_hundred_outcomes() {
    let stack = Stack::new(FEATURES);
    let outcomes = |count: usize| -> Value {
        let outcome = |index: usize| json!({"name": format!("o{index}"), "type": "heartbeat", "schema": {}});
        (0..count).map(outcome).collect()
    };
    assert_eq!(stack.create(&one(post(outcomes(100)))).status, 200);
    let form = |count| json!({"name": "a", "type": "form", "outcomes": outcomes(count)});
    assert_eq!(stack.create(&one(form(100))).status, 200);
    for action in [post(outcomes(101)), form(101)] {
        let words = "actions[0].outcomes: holds more than 100 outcomes";
        refused(&stack.create(&one(action)), "InvalidJSON", words);
    }
}
