use super::*;
use crate::json::JsonText;
use serde_json::{Value, json};

const ABOUT: About<'static> = About {
    transaction: TransactionId::new([0xab; 16]),
    answer: "approve",
};
const ID: &str = "abababababababababababababababab";
const RESPONSE_URL: &str = "https://cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com/arn%3Aaws%3Acloudformation%3Aeu-west-1%3A123456789012%3Astack/shop/5f8a%7CApproval%7Cd9a7?AWSAccessKeyId=AKIDEXAMPLE&Expires=1504199689&Signature=c2ln";
const STACK: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/5f8a";

fn success(output: &str) -> Report {
    Report::success(JsonText::parse(output).unwrap(), OutputLimit::StepFunctions).unwrap()
}

fn failure(error: Option<&str>, cause: Option<&str>) -> Report {
    Report::failure(error.map(str::to_owned), cause.map(str::to_owned)).unwrap()
}

fn read_json(target: &Value) -> Result<Read, String> {
    let raw: Box<serde_json::value::RawValue> = serde_json::from_str(&target.to_string()).unwrap();
    read(&raw).map_err(|fault| fault.to_string())
}

fn event(more: Value) -> Value {
    let mut event = json!({
        "RequestType": "Create", "ResponseURL": RESPONSE_URL, "StackId": STACK, "RequestId": "d9a7",
        "LogicalResourceId": "Approval", "ResourceType": "Custom::Approval"
    });
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    json!({"type": "cloudformation-custom-resource", "event": event})
}

fn resource(more: Value) -> CustomResource {
    match read_json(&event(more)).unwrap().target {
        Target::CustomResource(resource) => *resource,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_signal_is_four_texts() {
    assert_eq!(
        wait_condition::signal(&success(r#"{"approved": true}"#), ABOUT),
        format!(
            r#"{{"Status":"SUCCESS","UniqueId":"{ID}","Data":"{{\"approved\":true}}","Reason":"Answered: approve"}}"#
        )
    );
    for (error, cause, reason) in [
        (Some("rejected"), Some("too late"), "too late"),
        (Some("rejected"), None, "rejected"),
        (None, None, "Answered: approve"),
        (Some(""), None, "Answered: approve"),
    ] {
        assert_eq!(
            wait_condition::signal(&failure(error, cause), ABOUT),
            format!(r#"{{"Status":"FAILURE","UniqueId":"{ID}","Data":"","Reason":"{reason}"}}"#)
        );
    }
}

#[test]
fn a_response_repeats_the_ids_and_gives_attributes_as_texts() {
    let response = |report: &Report, more: Value| -> Value {
        serde_json::from_str(&resource(more).response(report, ABOUT).unwrap()).unwrap()
    };
    let output = r#"{"by": "Ann", "n": 1.50, "list": [1, 2], "none": null}"#;
    assert_eq!(
        response(&success(output), json!({})),
        json!({
            "Status": "SUCCESS", "Reason": "Answered: approve", "PhysicalResourceId": ID, "StackId": STACK,
            "RequestId": "d9a7", "LogicalResourceId": "Approval",
            "Data": {"by": "Ann", "n": "1.50", "list": "[1,2]", "none": "null"}
        })
    );
    assert_eq!(
        response(&success("\"Ann\""), json!({}))["Data"],
        json!({"Output": "Ann"})
    );
    assert_eq!(
        response(&success("[1]"), json!({}))["Data"],
        json!({"Output": "[1]"})
    );
    let refused = response(
        &failure(Some("rejected"), Some("too late")),
        json!({"PhysicalResourceId": "former"}),
    );
    assert_eq!(
        refused,
        json!({
            "Status": "FAILED", "Reason": "too late", "PhysicalResourceId": "former", "StackId": STACK,
            "RequestId": "d9a7", "LogicalResourceId": "Approval"
        })
    );
}

#[test]
fn each_end_of_an_update_has_its_physical_id() {
    let target = json!({
        "type": "cloudformation-custom-resource", "physical_resource_id": "new",
        "event": event(json!({"PhysicalResourceId": "former"}))["event"]
    });
    let Target::CustomResource(resource) = read_json(&target).unwrap().target else {
        panic!("a custom resource")
    };
    for (report, id) in [(success("1"), "new"), (failure(None, None), "former")] {
        let response: Value = serde_json::from_str(&resource.response(&report, ABOUT).unwrap()).unwrap();
        assert_eq!(response["PhysicalResourceId"], id);
    }
}

#[test]
fn a_response_has_at_most_4096_bytes() {
    let empty = resource(json!({}))
        .response(&success("\"\""), ABOUT)
        .unwrap()
        .len();
    let room = custom_resource::MAX_RESPONSE_BYTES - empty;
    let target = read_json(&event(json!({}))).unwrap().target;
    let of = |chars: usize| success(&format!("\"{}\"", "x".repeat(chars)));
    assert_eq!(target.check(&of(room), ABOUT), Ok(()));
    assert!(target.check(&of(room + 1), ABOUT).is_err());
    assert!(
        target
            .check(&failure(None, Some(&"é".repeat(2_000))), ABOUT)
            .is_err()
    );
}

#[test]
fn comments_have_at_most_512_characters() {
    let approval = json!({"type": "codepipeline-approval", "pipeline": "p", "stage": "s", "action": "a",
        "token": "3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11"});
    let automation =
        json!({"type": "ssm-automation", "automation_execution_id": "3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11"});
    for target in [approval, automation] {
        let target = read_json(&target).unwrap().target;
        let text = |chars: usize| format!("\"{}\"", "é".repeat(chars));
        assert_eq!(target.check(&success(&text(MAX_COMMENT_CHARS)), ABOUT), Ok(()));
        assert!(
            target
                .check(&success(&text(MAX_COMMENT_CHARS + 1)), ABOUT)
                .is_err()
        );
        assert!(
            target
                .check(&failure(None, Some(&"é".repeat(513))), ABOUT)
                .is_err()
        );
        assert!(target.check(&Report::Heartbeat, ABOUT).is_err());
    }
    assert_eq!(comment(&success("\"fine\""), ABOUT).as_deref(), Some("fine"));
    assert_eq!(
        comment(&success("{\"a\":1}"), ABOUT).as_deref(),
        Some("{\"a\":1}")
    );
    assert_eq!(
        comment(&success("\"\""), ABOUT).as_deref(),
        Some("Answered: approve")
    );
    for (output, text) in [
        (r#"{"comment":"ok"}"#, "ok"),
        (r#"{"comment":"ok","a":1}"#, r#"{"comment":"ok","a":1}"#),
        (r#"{"comment":1}"#, r#"{"comment":1}"#),
        ("{}", "Answered: approve"),
    ] {
        assert_eq!(comment(&success(output), ABOUT).as_deref(), Some(text));
    }
}

#[test]
fn a_custom_resource_waits_for_an_hour_at_most() {
    let ends = |more: Value, now: u64| read_json(&event(more)).map(|read| read.ends_at(now));
    let url_ends = 1_504_199_689;
    assert_eq!(ends(json!({}), url_ends - 4_000), Ok(Some(url_ends - 400)));
    assert_eq!(ends(json!({}), url_ends - 3_000), Ok(Some(url_ends)));
    for timeout in [json!("900"), json!(900)] {
        let more = json!({"ResourceProperties": {"ServiceTimeout": timeout, "x": {}}});
        assert_eq!(ends(more, url_ends - 4_000), Ok(Some(url_ends - 3_100)));
    }
    // 2026-11-21T14:00:00Z is 1,795,269,600. An event that was kept waiting for half an hour has half an hour left.
    let signed = RESPONSE_URL.replace(
        "AWSAccessKeyId=AKIDEXAMPLE&Expires=1504199689&Signature=c2ln",
        "X-Amz-Date=20261121T140000Z&X-Amz-Expires=7200&X-Amz-SignedHeaders=host&X-Amz-Credential=A&X-Amz-Signature=0",
    );
    let more = json!({"ResponseURL": signed});
    assert_eq!(ends(more.clone(), 1_795_269_600), Ok(Some(1_795_273_200)));
    assert_eq!(ends(more, 1_795_271_400), Ok(Some(1_795_273_200)));
    let longest = json!({"ResourceProperties": {"ServiceTimeout": 3600}});
    assert_eq!(ends(longest, url_ends - 4_000), Ok(Some(url_ends - 400)));
    for timeout in [json!("0"), json!("3601"), json!("soon"), json!(-1), json!([])] {
        let more = json!({"ResourceProperties": {"ServiceTimeout": timeout}});
        assert!(
            ends(more, 0)
                .unwrap_err()
                .starts_with("event.ResourceProperties.ServiceTimeout: ")
        );
    }
}

#[test]
fn other_targets_are_refused_by_field() {
    let uuid = "3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11";
    for (target, start) in [
        (json!("t"), "must be an object"),
        (json!({}), "missing field `type`"),
        (
            json!({"type": "ssm-automation", "automation_execution_id": "{{automation:EXECUTION_ID}}"}),
            "automation_execution_id: holds a variable that was not filled in",
        ),
        (json!({"type": "sqs"}), "type: must be one of step-functions, "),
        (json!({"type": 5}), "type: must be a string"),
        (json!({"type": "step-functions"}), "missing field `token`"),
        (
            json!({"type": "step-functions", "token": ""}),
            "token: must have 1 to 2,048",
        ),
        (
            json!({"type": "step-functions", "token": "t", "url": "x"}),
            "url: must be",
        ),
        (
            json!({"type": "cloudformation-wait-condition", "url": RESPONSE_URL}),
            "url: must be on a host",
        ),
        (
            json!({"type": "cloudformation-wait-condition", "url": "http://169.254.169.254/"}),
            "url: must begin with https://",
        ),
        (
            event(json!({"ResponseURL": "https://example.com/x?y"})),
            "event.ResponseURL: ",
        ),
        (event(json!({"StackId": ""})), "event.StackId: "),
        (event(json!({"RequestId": "a\nb"})), "event.RequestId: "),
        (
            event(json!({"LogicalResourceId": "x".repeat(513)})),
            "event.LogicalResourceId: ",
        ),
        (
            event(json!({"PhysicalResourceId": ""})),
            "event.PhysicalResourceId: ",
        ),
        (
            event(json!({"PhysicalResourceId": null})),
            "event.PhysicalResourceId: must be",
        ),
        (
            json!({"type": "lambda-durable-execution", "callback_id": "a-b"}),
            "callback_id: must have",
        ),
        (
            json!({"type": "lambda-durable-execution", "callback_id": "=="}),
            "callback_id: ",
        ),
        (
            json!({"type": "ssm-automation", "automation_execution_id": "x"}),
            "automation_execution_id: ",
        ),
        (
            json!({"type": "ssm-automation", "automation_execution_id": uuid.to_uppercase()}),
            "automation_execution_id: ",
        ),
        (
            json!({"type": "codepipeline-approval", "pipeline": "a b", "stage": "s", "action": "a", "token": uuid}),
            "pipeline: must have",
        ),
        (
            json!({"type": "codepipeline-approval", "pipeline": "p", "stage": "", "action": "a", "token": uuid}),
            "stage: must have",
        ),
        (
            json!({"type": "codepipeline-approval", "pipeline": "p", "stage": "s", "action": "a", "token": "t"}),
            "token: must be",
        ),
        (
            json!({"type": "codepipeline-approval", "pipeline": "p", "stage": "s", "action": "a", "token": uuid,
                "expires": "soon"}),
            "expires: is not",
        ),
    ] {
        let fault = read_json(&target).map(|_| ()).expect_err(&target.to_string());
        assert!(fault.starts_with(start), "{target}: {fault}");
    }
}

#[test]
fn ids_have_limits_on_both_sides() {
    let uuid = "3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11";
    let of_event = |field: &'static str| move |text: String| event(json!({ field: text }));
    let approval = |field: &'static str| {
        move |text: String| {
            let mut approval = json!({"type": "codepipeline-approval", "pipeline": "p", "stage": "s", "action": "a", "token": uuid});
            approval[field] = text.into();
            approval
        }
    };
    let callback = |text: String| json!({"type": "lambda-durable-execution", "callback_id": text});
    let own = |text: String| json!({"type": "cloudformation-custom-resource", "physical_resource_id": text, "event": event(json!({}))["event"]});
    type Named<'a> = &'a dyn Fn(String) -> Value;
    let targets: [(&str, Named<'_>, usize); 9] = [
        ("callback_id: ", &callback, 1_024),
        ("pipeline: ", &approval("pipeline"), 100),
        ("stage: ", &approval("stage"), 100),
        ("action: ", &approval("action"), 100),
        ("event.StackId: ", &of_event("StackId"), 512),
        ("event.RequestId: ", &of_event("RequestId"), 512),
        ("event.LogicalResourceId: ", &of_event("LogicalResourceId"), 512),
        (
            "event.PhysicalResourceId: ",
            &of_event("PhysicalResourceId"),
            1_024,
        ),
        ("event.PhysicalResourceId: ", &own, 1_024),
    ];
    for (at, target, max) in targets {
        assert!(read_json(&target("x".repeat(max))).is_ok(), "{at}");
        for length in [0, max + 1, 20 * max] {
            let fault = read_json(&target("x".repeat(length))).map(|_| ()).unwrap_err();
            assert!(fault.starts_with(at), "{length}: {fault}");
        }
    }
}

#[test]
fn what_is_written_is_read_again() {
    for target in [
        json!({"type": "lambda-durable-execution", "callback_id": "Ab+/=="}),
        json!({"type": "codepipeline-approval", "pipeline": "p", "stage": "s", "action": "a",
            "token": "3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11"}),
        event(json!({"PhysicalResourceId": "former"})),
    ] {
        let read = read_json(&target).unwrap().target;
        let json = read.to_json().unwrap();
        let again = read_json(&serde_json::from_str(json.as_str()).unwrap())
            .unwrap()
            .target;
        assert!(again == read, "{target}");
        assert_eq!(
            format!("{read:?}"),
            format!("Target({}, redacted)", target["type"].as_str().unwrap())
        );
    }
}

#[test]
fn each_kind_has_a_switch_of_its_own() {
    let none = EnabledTargets::default();
    for kind in TargetKind::ALL {
        assert_eq!(none.permit(kind), kind == TargetKind::StepFunctions);
        assert_eq!(TargetKind::parse(kind.as_str()), Some(kind));
    }
    let waits = EnabledTargets {
        wait_conditions: true,
        ..none
    };
    let permitted: Vec<_> = TargetKind::ALL
        .into_iter()
        .filter(|kind| waits.permit(*kind))
        .collect();
    assert_eq!(permitted, [TargetKind::StepFunctions, TargetKind::WaitCondition]);
}
