//! Targets that an API of AWS answers for.

use super::{ALL, World};
use crate::stand_ins::receiver::{Behaviour, Received};
use crate::stand_ins::tls::Identity;
use crate::support::{heartbeat, success};
use serde_json::{Value, json};

const UUID: &str = "3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11";
const CALLBACK_ID: &str = "Ab3+canary/w==";

pub fn durable() -> Value {
    json!({"type": "lambda-durable-execution", "callback_id": CALLBACK_ID})
}

pub fn approval() -> Value {
    json!({"type": "codepipeline-approval", "pipeline": "shop", "stage": "Release", "action": "Approve", "token": UUID})
}

pub fn automation() -> Value {
    json!({"type": "ssm-automation", "automation_execution_id": UUID})
}

fn failure() -> Value {
    json!({"name": "a", "type": "failure", "error": "rejected", "cause": "too late"})
}

fn json_answer(status: &str, body: &str) -> Behaviour {
    Behaviour::with_headers(status, "Content-Type: application/x-amz-json-1.1\r\n", body)
}

/// An error as the protocol of Lambda and that of the others have it.
fn error(code: &str) -> Behaviour {
    let headers = format!("Content-Type: application/x-amz-json-1.1\r\nX-Amzn-Errortype: {code}\r\n");
    let body = json!({"__type": code, "message": "No.", "Message": "No."});
    Behaviour::with_headers("400 Bad Request", &headers, &body.to_string())
}

fn used(target: Value, action: Value, behaviours: Vec<Behaviour>) -> (World, crate::support::Answer) {
    let world = World::with(ALL, Identity::Trusted, behaviours);
    let url = world.link(target, action);
    let answer = world.stack.get(&url);
    world.log_is_clean();
    assert!(!world.stack.log_text().contains(CALLBACK_ID));
    assert!(!answer.body.contains("canary"), "{}", answer.body);
    (world, answer)
}

fn path(received: &Received) -> &str {
    received.head.lines().next().unwrap()
}

#[test]
fn a_durable_execution_gets_what_it_waits_for() {
    const AT: &str = "POST /2025-12-01/durable-execution-callbacks/Ab3%2Bcanary%2Fw%3D%3D";
    for (action, operation, body) in [
        (
            success(json!({"by": "Ann", "n": 1.50})),
            "succeed",
            r#"{"by":"Ann","n":1.5}"#,
        ),
        (
            failure(),
            "fail",
            r#"{"ErrorMessage":"too late","ErrorType":"rejected"}"#,
        ),
        (heartbeat(), "heartbeat", ""),
    ] {
        let (world, answer) = used(durable(), action, vec![json_answer("200 OK", "")]);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let received = world.received();
        assert_eq!(path(&received), format!("{AT}/{operation} HTTP/1.1"));
        assert_eq!(String::from_utf8(received.body).unwrap(), body);
    }
}

#[test]
fn an_approval_is_put_with_its_summary() {
    for (action, status, summary) in [
        (success(json!("Fine.")), "Approved", "Fine."),
        (success(json!("")), "Approved", "Answered: a"),
        (failure(), "Rejected", "too late"),
    ] {
        let (world, answer) = used(approval(), action, vec![json_answer("200 OK", "{}")]);
        assert_eq!(answer.status, 200, "{} {:?}", answer.body, world.stack.log_text());
        let received = world.received();
        assert_eq!(
            received.header("x-amz-target"),
            Some("CodePipeline_20150709.PutApprovalResult")
        );
        assert_eq!(
            world.sent(),
            json!({"pipelineName": "shop", "stageName": "Release", "actionName": "Approve", "token": UUID,
                "result": {"status": status, "summary": summary}})
        );
    }
}

#[test]
fn an_automation_gets_a_signal() {
    for (action, signal, comment) in [
        (success(json!("Fine.")), "Approve", "Fine."),
        (failure(), "Reject", "too late"),
    ] {
        let (world, answer) = used(automation(), action, vec![json_answer("200 OK", "{}")]);
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(
            world.received().header("x-amz-target"),
            Some("AmazonSSM.SendAutomationSignal")
        );
        assert_eq!(
            world.sent(),
            json!({"AutomationExecutionId": UUID, "SignalType": signal, "Payload": {"Comment": [comment]}})
        );
    }
}

/// An error of an API, and the status and code that it becomes.
type Told = (&'static str, u16, &'static str);
/// A target, and what becomes of the errors of its API.
type Refusals = (fn() -> Value, &'static [Told]);

#[test]
fn a_comment_holds_no_callback() {
    let agent = "x".repeat(600);
    for (target, comment) in [
        (approval(), "/result/summary"),
        (automation(), "/Payload/Comment/0"),
    ] {
        let world = World::with(ALL, Identity::Trusted, vec![json_answer("200 OK", "{}")]);
        let action = success(json!({"approved": true}));
        let made = world.create(target, action, json!({"include_callback": true}));
        assert!(made.body.contains("gets no `_callback`"), "{}", made.body);
        let answer = world
            .stack
            .visit("GET", &made.url("a"), &[("user-agent", agent.as_str())], b"");
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(world.sent().pointer(comment).unwrap(), r#"{"approved":true}"#);
    }
}

#[test]
fn each_refusal_is_told_from_faults_of_ours() {
    let targets: [Refusals; 3] = [
        (
            durable,
            &[
                ("CallbackTimeoutException", 400, "TargetError"),
                ("InvalidParameterValueException", 400, "TargetError"),
                ("ResourceNotFoundException", 400, "TargetError"),
                ("AccessDeniedException", 500, "ServiceError"),
                ("KMSAccessDeniedException", 500, "ServiceError"),
                ("KMSDisabledException", 500, "ServiceError"),
                ("KMSInvalidStateException", 500, "ServiceError"),
                ("KMSNotFoundException", 500, "ServiceError"),
                ("SomethingElse", 500, "ServiceError"),
            ],
        ),
        (
            approval,
            &[
                ("InvalidApprovalTokenException", 400, "TargetError"),
                ("ApprovalAlreadyCompletedException", 400, "TargetError"),
                ("PipelineNotFoundException", 400, "TargetError"),
                ("StageNotFoundException", 400, "TargetError"),
                ("ActionNotFoundException", 400, "TargetError"),
                ("ValidationException", 400, "TargetError"),
                ("AccessDeniedException", 500, "ServiceError"),
            ],
        ),
        (
            automation,
            &[
                ("AutomationExecutionNotFoundException", 400, "TargetError"),
                ("AutomationStepNotFoundException", 400, "TargetError"),
                ("InvalidAutomationSignalException", 400, "TargetError"),
                ("AccessDeniedException", 500, "ServiceError"),
                ("TaskTimedOut", 500, "ServiceError"),
            ],
        ),
    ];
    for (target, errors) in targets {
        for (name, status, code) in errors {
            let (world, answer) = used(target(), success(json!("x")), vec![error(name)]);
            assert_eq!(
                answer.refusal(),
                (*status, (*code).to_owned()),
                "{name}: {}",
                answer.body
            );
            if *status == 400 {
                assert_eq!(answer.json()["message"], format!("{name}:No."));
            }
            assert_eq!(world.receiver.received().len(), 1, "{name}");
        }
        let (world, answer) = used(target(), success(json!("x")), vec![error("ThrottlingException")]);
        assert_eq!(answer.refusal(), (503, "ServiceUnavailable".to_owned()));
        assert_eq!(
            (&answer.json()["outcome"], world.receiver.received().len()),
            (&json!("not_sent"), 3)
        );
    }
}

/// Lambda answers with status 502 where the key of the function cannot be used. Nothing was taken, and nothing is repeated.
#[test]
fn a_key_of_the_function_that_cannot_be_used_is_not_a_lost_answer() {
    for name in [
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
    ] {
        let answer = json_answer(
            "502 Bad Gateway",
            &format!(r#"{{"__type":"{name}","Message":"No."}}"#),
        );
        let (world, answer) = used(durable(), success(json!("x")), vec![answer]);
        assert_eq!(answer.refusal(), (500, "ServiceError".to_owned()), "{name}");
        assert_eq!(world.receiver.received().len(), 1, "{name}");
    }
    // Any other 502 may have come after the answer was taken.
    let answer = json_answer(
        "502 Bad Gateway",
        r#"{"__type":"ServiceException","Message":"No."}"#,
    );
    let (_, answer) = used(durable(), success(json!("x")), vec![answer; 3]);
    assert_eq!(answer.refusal(), (503, "ServiceUnavailable".to_owned()));
    assert_eq!(answer.json()["outcome"], "unknown");
}

#[test]
fn a_callback_takes_results_of_a_mebibyte_and_other_targets_a_quarter_of_that() {
    let all = json!({"name": "a", "type": "post", "outcomes": [
        {"name": "all", "type": "success", "schema": {}, "output_body": true}
    ]});
    let path = json!({"name": "a", "type": "post", "outcomes": [
        {"name": "all", "type": "success", "schema": {}, "output_path": "$"}
    ]});
    let body = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    // An array around the match has two bytes more.
    for (target, action, bytes, is_taken) in [
        (durable(), &all, 262_145, true),
        (durable(), &all, 1_048_576, true),
        (durable(), &path, 1_048_574, true),
        (durable(), &path, 1_048_575, false),
        (automation(), &all, 262_145, false),
        (approval(), &all, 262_145, false),
    ] {
        let world = World::with(ALL, Identity::Trusted, vec![json_answer("200 OK", "{}")]);
        let made = world.create(target, action.clone(), json!({}));
        let answer = world.stack.post(&made.url("a"), &body(bytes));
        assert_eq!(answer.status == 200, is_taken, "{bytes}: {}", answer.body);
        assert_eq!(world.receiver.received().len(), usize::from(is_taken));
        if !is_taken {
            assert_eq!(answer.refusal(), (400, "InvalidPostActionBody".to_owned()));
        }
    }
}

#[test]
fn a_page_calls_closed_what_is_and_says_of_no_refused_answer_that_nothing_was_sent() {
    for (target, code, is_closed) in [
        (durable(), "CallbackTimeoutException", true),
        (approval(), "ApprovalAlreadyCompletedException", true),
        (approval(), "InvalidApprovalTokenException", true),
        // The step may not wait yet.
        (automation(), "InvalidAutomationSignalException", false),
        (automation(), "AutomationExecutionNotFoundException", false),
        (durable(), "ResourceNotFoundException", false),
    ] {
        let world = World::with(ALL, Identity::Trusted, vec![error(code)]);
        let url = world.link(target, success(json!("x")));
        let page = world.stack.visit("GET", &url, &[("accept", "text/html")], b"");
        assert_eq!(page.status, 400, "{code}");
        let says = |text: &str| page.body.contains(text);
        assert_eq!(
            says("<h1>Already answered or closed</h1>"),
            is_closed,
            "{code}: {}",
            page.body
        );
        assert_eq!(
            says("<h1>Something went wrong</h1>"),
            !is_closed,
            "{code}: {}",
            page.body
        );
        assert!(!says("Nothing was sent"), "{code}: {}", page.body);
        assert_eq!(says(code), !is_closed, "details for whoever helps: {code}");
    }
}

#[test]
fn a_lost_answer_is_asked_for_again_where_that_does_no_harm() {
    for (target, closed) in [
        (durable(), "CallbackTimeoutException"),
        (approval(), "ApprovalAlreadyCompletedException"),
    ] {
        let (world, answer) = used(
            target,
            success(json!("x")),
            vec![Behaviour::HangUp, error(closed)],
        );
        assert_eq!(answer.status, 202, "{closed}: {}", answer.body);
        assert_eq!(world.receiver.received().len(), 2);
    }
    // Each of these is true of what waits whatever became of the first attempt.
    for (target, code) in [
        (approval(), "InvalidApprovalTokenException"),
        (approval(), "PipelineNotFoundException"),
        (durable(), "ResourceNotFoundException"),
        (durable(), "InvalidParameterValueException"),
    ] {
        let (world, answer) = used(target, success(json!("x")), vec![Behaviour::HangUp, error(code)]);
        let told = (answer.refusal(), answer.json()["outcome"].clone());
        assert_eq!(
            told,
            ((503, "ServiceUnavailable".to_owned()), json!("unknown")),
            "{code}: {}",
            answer.body
        );
        assert_eq!(world.stack.log()[1]["cause"], code);
        assert_eq!(world.receiver.received().len(), 2, "{code}");
    }
    // The second signal might approve the next step.
    let (world, answer) = used(automation(), success(json!("x")), vec![Behaviour::HangUp]);
    assert_eq!(answer.status, 202, "senders repeat after 503: {}", answer.body);
    assert_eq!(answer.header("retry-after"), "");
    assert_eq!(
        (&answer.json()["confirmed"], &answer.json()["reason"]),
        (&json!(false), &json!("answer_lost"))
    );
    assert_eq!(world.receiver.received().len(), 1);
}
