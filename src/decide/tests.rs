use super::*;
use crate::action::{self, Confirm, Notes, Source};
use crate::nonce::NonceKey;
use crate::token::TaskToken;
use serde_json::value::RawValue;

const ON: Switches = Switches {
    output_parameters: true,
    post_actions: true,
    targets: ALL_TARGETS,
};
const ALL_TARGETS: EnabledTargets = EnabledTargets {
    wait_conditions: true,
    custom_resources: true,
    durable_executions: true,
    pipeline_approvals: true,
    automations: true,
};
const OFF: Switches = Switches {
    output_parameters: false,
    post_actions: false,
    targets: NO_TARGETS,
};
const NO_TARGETS: EnabledTargets = EnabledTargets {
    wait_conditions: false,
    custom_resources: false,
    durable_executions: false,
    pipeline_approvals: false,
    automations: false,
};

pub(super) fn payload(action: &str, parameters: bool) -> Opened {
    let raw: Box<RawValue> = serde_json::from_str(action).unwrap();
    let payload = Payload {
        target: Target::StepFunctions(TaskToken::new("token".to_owned()).unwrap()),
        transaction: TransactionId::new([1; 16]),
        issued_at: 100,
        expires_at: Some(200),
        parameters,
        action: action::read_action(&raw, "action", Source::Request(Confirm::Off), &Notes::default())
            .unwrap(),
        callback: false,
        recipient: None,
        locale: None,
    };
    Opened {
        payload,
        nonce: NonceKey::new(&[9; 32], b"payload"),
        webhook_key: None,
    }
}

pub(super) fn visit<'a>(method: Method, query: &'a Query, body: &'a str) -> Visit<'a> {
    Visit {
        method,
        query,
        content_type: Some("application/json"),
        body: body.as_bytes(),
        asks_for_json: false,
        is_prefetch: false,
        source_ip: None,
        user_agent: None,
        headers: &[],
        raw_query: "",
        now_ms: 150_000,
    }
}

fn decided(action: &str, query: &str) -> Result<Answer, Rejection> {
    let query = Query::parse(query);
    match decide(payload(action, true), &visit(Method::Get, &query, ""), ON)? {
        Decision::Report(answer) => Ok(*answer),
        Decision::Ask(_) | Decision::Inert(..) | Decision::Challenge(_) => panic!("GET acts"),
    }
}

#[track_caller]
fn refused(payload: Opened, visit: &Visit<'_>, switches: Switches, code: &str) {
    assert_eq!(decide(payload, visit, switches).unwrap_err().code(), code);
}

const HEARTBEAT: &str = r#"{"name":"a","type":"heartbeat"}"#;
const POST: &str = r#"{"name":"a","type":"post","response":{"text":"of the action"},"outcomes":[
    {"name":"yes","type":"success","schema":{"required":["ok"]},"output_body":true,"response":{"text":"of the outcome"}},
    {"name":"no","type":"failure","schema":{"required":["why"]},"cause_path":"$.why"}]}"#;

#[test]
fn the_last_second_counts() {
    let query = Query::default();
    for (now, is_open) in [
        (0, true),
        (199, true),
        (200, false),
        (201, false),
        (u64::MAX / 1_000, false),
    ] {
        let visit = Visit {
            now_ms: now * 1_000,
            ..visit(Method::Get, &query, "")
        };
        let decision = decide(payload(HEARTBEAT, false), &visit, ON);
        assert_eq!(decision.is_ok(), is_open, "{now}");
        assert!(is_open || decision.unwrap_err() == Rejection::ExpiredPayload { at: 200 });
    }
}

#[test]
fn a_changed_address_is_refused() {
    for query in ["action=b", "type=success", "action=a&action=a"] {
        let query = Query::parse(query);
        refused(
            payload(HEARTBEAT, false),
            &visit(Method::Get, &query, ""),
            ON,
            "ActionMismatched",
        );
    }
}

#[test]
fn switches_count_when_a_link_is_used() {
    let query = Query::default();
    refused(
        payload(HEARTBEAT, true),
        &visit(Method::Get, &query, ""),
        OFF,
        "ParametersDisabled",
    );
    refused(
        payload(POST, true),
        &visit(Method::Post, &query, r#"{"ok":1}"#),
        OFF,
        "PostActionsDisabled",
    );
    refused(
        payload(POST, false),
        &visit(Method::Get, &query, ""),
        OFF,
        "PostActionsDisabled",
    );
    assert!(decide(payload(HEARTBEAT, false), &visit(Method::Get, &query, ""), OFF).is_ok());
    let only_posts = Switches {
        output_parameters: false,
        post_actions: true,
        targets: NO_TARGETS,
    };
    assert!(
        decide(
            payload(POST, true),
            &visit(Method::Post, &query, r#"{"ok":1}"#),
            only_posts
        )
        .is_ok()
    );
}

#[test]
fn a_post_action_is_posted() {
    let query = Query::default();
    refused(
        payload(POST, false),
        &visit(Method::Get, &query, r#"{"ok":1}"#),
        ON,
        "PostActionNotPosted",
    );
    refused(
        payload(POST, false),
        &visit(Method::Head, &query, ""),
        ON,
        "PostActionNotPosted",
    );
    refused(
        payload(POST, false),
        &visit(Method::Post, &query, ""),
        ON,
        "InvalidPostActionBody",
    );
    refused(
        payload(POST, false),
        &visit(Method::Post, &query, "{}"),
        ON,
        "InvalidPostActionBody",
    );
}

#[test]
fn the_body_chooses_outcome_and_reply() {
    let query = Query::parse("$a=$b&ok=no");
    for (body, outcome, report, text) in [
        (
            r#"{"ok": 1}"#,
            "yes",
            Report::Success {
                output: r#"{"ok":1}"#.to_owned(),
            },
            "of the outcome",
        ),
        (
            r#"{"why":"$x"}"#,
            "no",
            Report::Failure {
                error: None,
                cause: Some("$x".to_owned()),
            },
            "of the action",
        ),
    ] {
        let Decision::Report(answer) =
            decide(payload(POST, true), &visit(Method::Post, &query, body), ON).unwrap()
        else {
            panic!("POST acts")
        };
        assert_eq!(answer.outcome.as_ref().map(Name::as_str), Some(outcome));
        assert!(answer.report == report);
        assert_eq!(answer.reply.text.as_deref(), Some(text));
    }
}

#[test]
fn head_never_acts_and_get_and_post_do() {
    let query = Query::default();
    for action in [
        HEARTBEAT,
        r#"{"name":"a","type":"success","output":1}"#,
        r#"{"name":"a","type":"failure"}"#,
    ] {
        for (method, acts) in [(Method::Get, true), (Method::Post, true), (Method::Head, false)] {
            let decision = decide(payload(action, false), &visit(method, &query, ""), ON).unwrap();
            assert_eq!(
                matches!(decision, Decision::Report(_)),
                acts,
                "{action} {method:?}"
            );
        }
    }
}

#[test]
fn parameters_are_filled_into_everything() {
    let action = r#"{"name":"a","type":"success","output":{"$k":["${v}",1.10,"$$"]},"response":{
        "json":{"$k":"$v"},"html":"<b title=\"$v\">$v</b>","text":"$v","redirect":"https://example.com/$v"}}"#;
    let answer = decided(action, "action=a&k=key&v=%3Ci%20a%3D%22%27%26").unwrap();
    assert!(
        answer.report
            == Report::Success {
                output: r#"{"key":["<i a=\"'&",1.10,"$"]}"#.to_owned()
            }
    );
    assert_eq!(answer.reply.json.unwrap().as_str(), r#"{"key":"<i a=\"'&"}"#);
    assert_eq!(answer.reply.text.unwrap(), "<i a=\"'&");
    let html = answer.reply.html.unwrap();
    assert!(
        html.starts_with("<b title=\"&#60;i a=&#34;&#39;&#38;\">"),
        "{html}"
    );
    let location = answer.reply.redirect.unwrap().location();
    assert_eq!(location, "https://example.com/%3Ci%20a%3D%22%27%26");
    let failure = r#"{"name":"a","type":"failure","error":"$e","cause":"$action $type"}"#;
    let answer = decided(failure, "action=a&type=failure&e=E").unwrap();
    let expected = Report::Failure {
        error: Some("E".to_owned()),
        cause: Some("a failure".to_owned()),
    };
    assert!(answer.report == expected);
}

#[test]
fn without_the_flag_dollars_stay() {
    let query = Query::parse("v=1");
    let payload = payload(
        r#"{"name":"a","type":"success","output":"$v $","response":{"text":"$"}}"#,
        false,
    );
    let Decision::Report(answer) = decide(payload, &visit(Method::Get, &query, ""), ON).unwrap() else {
        panic!()
    };
    assert!(
        answer.report
            == Report::Success {
                output: "\"$v $\"".to_owned()
            }
    );
}

#[test]
fn what_cannot_be_filled_is_refused_before_anything_is_sent() {
    for (action, place) in [
        (
            r#"{"name":"a","type":"success","output":"$v"}"#,
            "output: the parameter v is missing",
        ),
        (
            r#"{"name":"a","type":"success","output":"$data"}"#,
            "output: the parameter data is missing",
        ),
        (
            r#"{"name":"a","type":"success","output":{"$":1}}"#,
            "output: a `$` begins no placeholder",
        ),
        (
            r#"{"name":"a","type":"success","output":{"a":1,"$action":2}}"#,
            "output: two keys of an object become the same",
        ),
        (
            r#"{"name":"a","type":"failure","error":"$v"}"#,
            "error: the parameter v",
        ),
        (
            r#"{"name":"a","type":"failure","cause":"$v"}"#,
            "cause: the parameter v",
        ),
        (
            r#"{"name":"a","type":"heartbeat","response":{"html":"$v"}}"#,
            "response.html: the parameter v",
        ),
        (
            r#"{"name":"a","type":"heartbeat","response":{"text":"$v"}}"#,
            "response.text: the parameter v",
        ),
        (
            r#"{"name":"a","type":"heartbeat","response":{"json":{"a":"$v"}}}"#,
            "response.json: the parameter v",
        ),
        (
            r#"{"name":"a","type":"heartbeat","response":{"redirect":"https://example.com/$v"}}"#,
            "response.redirect: the parameter v",
        ),
        (
            r#"{"name":"a","type":"heartbeat","response":{"redirect":"https://$action/"}}"#,
            "response.redirect: a parameter may change",
        ),
    ] {
        let rejection = decided(action, "action=a&data=3-x").unwrap_err();
        assert_eq!(rejection.code(), "OutputFormatting", "{action}");
        assert!(rejection.to_string().starts_with(place), "{rejection}");
    }
}

#[test]
fn filled_results_keep_the_limits() {
    let long = format!("action=a&v={}", "x".repeat(257));
    let rejection = decided(r#"{"name":"a","type":"failure","error":"$v"}"#, &long).unwrap_err();
    assert_eq!(rejection.code(), "OutputFormatting");
    let exact = format!("action=a&v={}", "x".repeat(256));
    assert!(decided(r#"{"name":"a","type":"failure","error":"$v"}"#, &exact).is_ok());
}
