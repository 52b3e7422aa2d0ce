//! How much is said to CloudFormation's buckets, and how much of what they say is read.

use super::events::{actions, event, invoked};
use super::{World, ok, success, wait_target};
use crate::stand_ins::receiver::Behaviour;
use serde_json::{Value, json};

#[test]
fn a_reason_has_at_most_700_characters() {
    for (wrong, is_cut) in [(1, false), (2, false), (30, true), (200, true)] {
        // An unknown field, which is named; of a name, only parts between dots are cut.
        let name = format!("{}.", "é".repeat(30)).repeat(wrong);
        let properties =
            json!({"actions": actions(), "target": wait_target(), "return_urls": "true", name: 1});
        let world = World::new(ok());
        let answer = invoked(&world, &event("Create", properties, json!({})));
        assert_eq!(answer.json()["status"], "FAILED", "{}", answer.body);
        let reason: Value = world.sent()["Reason"].clone();
        let reason = reason.as_str().unwrap();
        assert!(reason.starts_with("InvalidJSON: "), "{reason}");
        let chars = reason.chars().count();
        assert_eq!(
            reason.ends_with(')'),
            !is_cut,
            "the transaction comes last: {reason}"
        );
        assert_eq!(chars == 700, is_cut, "{chars}");
    }
}

#[test]
fn of_an_answer_4_096_bytes_are_read() {
    let answered = |before: usize| {
        let code = "<Code>ExpiredToken</Code>";
        let body = format!("{}{code}", " ".repeat(before - code.len()));
        let world = World::new(vec![Behaviour::status("403 Forbidden", &body)]);
        let link = world.link(wait_target(), success(json!(1)));
        let answer = world.stack.get(&link);
        world.log_is_clean();
        answer.refusal()
    };
    assert_eq!(answered(4_096), (400, "TargetError".to_owned()));
    for length in [4_097, 4_200, 1_000_000] {
        assert_eq!(answered(length), (500, "ServiceError".to_owned()), "{length}");
    }
}
