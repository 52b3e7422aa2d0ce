use super::*;
use crate::request::CreateUrls;

const WAIT_URL: &str = "https://cloudformation-waitcondition-eu-central-1.s3.amazonaws.com/arn%3Aaws%3Acloudformation%3Aeu-central-1%3A123456789012%3Astack/shop/5f8a/Handle?AWSAccessKeyId=AKIDEXAMPLE&Expires=1790000100&Signature=c2ln";
const NOW: u64 = 1_790_000_000;
const ALL: &[(&str, &str)] = &[
    ("ENABLE_POST_ACTIONS", "true"),
    ("ENABLE_WAIT_CONDITIONS", "true"),
    ("ENABLE_CUSTOM_RESOURCES", "true"),
    ("ENABLE_DURABLE_EXECUTIONS", "true"),
    ("ENABLE_CODEPIPELINE_APPROVALS", "true"),
    ("ENABLE_AUTOMATION_APPROVALS", "true"),
];

fn config(vars: &[(&str, &str)]) -> Config {
    let all = [vars, &[("AWS_REGION", "eu-central-1")]].concat();
    Config::from_vars(|name| {
        all.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    })
    .unwrap()
}

fn parse(target: &str, actions: &str, more: &str) -> Result<CreateUrls, Rejection> {
    let text = format!(r#"{{{target}"actions":[{actions}]{more}}}"#);
    CreateUrls::parse(text.as_bytes(), &config(&[]))
}

fn wait() -> String {
    format!(r#""target":{{"type":"cloudformation-wait-condition","url":"{WAIT_URL}"}},"#)
}

const AUTOMATION: &str =
    r#""target":{"type":"ssm-automation","automation_execution_id":"3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11"},"#;
const SUCCESS: &str = r#"{"name":"a","type":"success","output":1}"#;

#[test]
fn there_is_one_of_token_and_target() {
    for (target, message) in [
        (String::new(), "token: is missing; give `token` or `target`"),
        (
            format!(r#""token":"t",{AUTOMATION}"#),
            "target: give either `token` or `target`, not both",
        ),
        (r#""target":null,"#.to_owned(), "target: must be an object"),
    ] {
        let rejection = parse(&target, SUCCESS, "").expect_err(&target);
        assert_eq!(rejection.to_string(), message);
    }
    let task = r#""target":{"type":"step-functions","token":"t"},"#;
    let request = parse(task, SUCCESS, "").unwrap();
    assert!(matches!(request.target.target, Target::StepFunctions(_)));
}

#[test]
fn heartbeats_are_refused_where_nothing_understands_them() {
    let outcomes = |kind: &str| {
        format!(
            r#"{{"name":"p","type":"{kind}","outcomes":[{{"name":"y","type":"failure"{0}}},{{"name":"n","type":"heartbeat"{0}}}]}}"#,
            r#","schema":{"type":"object","properties":{}}"#
        )
    };
    for (action, at) in [
        (r#"{"name":"a","type":"heartbeat"}"#.to_owned(), "actions[0]: "),
        (outcomes("post"), "actions[0].outcomes[1]: "),
        (outcomes("form"), "actions[0].outcomes[1]: "),
    ] {
        for target in [AUTOMATION.to_owned(), wait()] {
            let rejection = parse(&target, &action, "").expect_err(&action);
            assert_eq!(rejection.code(), "InvalidJSON");
            assert!(rejection.to_string().starts_with(at), "{rejection}");
        }
        let durable = r#""target":{"type":"lambda-durable-execution","callback_id":"AAAA"},"#;
        assert!(parse(durable, &action, "").is_ok(), "{action}");
    }
}

#[test]
fn what_is_fixed_and_too_long_is_refused_when_the_link_is_made() {
    let long = "x".repeat(513);
    for action in [
        format!(r#"{{"name":"a","type":"success","output":"{long}"}}"#),
        format!(r#"{{"name":"a","type":"failure","cause":"{long}"}}"#),
        format!(
            r#"{{"name":"a","type":"post","outcomes":[{{"name":"o","type":"success","schema":{{}},"output":"{long}"}}]}}"#
        ),
    ] {
        let rejection = parse(AUTOMATION, &action, "").unwrap_err();
        assert_eq!(rejection.code(), "InvalidJSON");
        assert!(rejection.to_string().contains("512 characters"), "{rejection}");
        assert!(parse(r#""token":"t","#, &action, "").is_ok());
        let filled = r#","enable_output_parameters":true"#;
        assert_eq!(
            parse(AUTOMATION, &action, filled).is_ok(),
            !action.contains("post"),
            "a parameter may make it shorter"
        );
    }
}

#[test]
fn each_kind_needs_its_switch() {
    let durable = r#""target":{"type":"lambda-durable-execution","callback_id":"AAAA"},"#;
    let approval = r#""target":{"type":"codepipeline-approval","pipeline":"p","stage":"s","action":"a","token":"3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11"},"#;
    for (target, own, parameter) in [
        (wait(), "ENABLE_WAIT_CONDITIONS", "EnableWaitConditions"),
        (
            durable.to_owned(),
            "ENABLE_DURABLE_EXECUTIONS",
            "EnableDurableExecutions",
        ),
        (
            approval.to_owned(),
            "ENABLE_CODEPIPELINE_APPROVALS",
            "EnableCodePipelineApprovals",
        ),
        (
            AUTOMATION.to_owned(),
            "ENABLE_AUTOMATION_APPROVALS",
            "EnableAutomationApprovals",
        ),
    ] {
        let request = parse(&target, SUCCESS, "").unwrap();
        let others: Vec<_> = ALL.iter().copied().filter(|(name, _)| *name != own).collect();
        let rejection = request.permitted(&config(&others), NOW).unwrap_err();
        assert_eq!(rejection.code(), "TargetDisabled");
        assert!(rejection.to_string().contains(parameter), "{rejection}");
        assert!(request.permitted(&config(&[(own, "true")]), NOW).is_ok(), "{own}");
    }
}

#[test]
fn no_link_outlives_the_presigned_url() {
    let check = |more: &str, now: u64, vars: &[(&str, &str)]| {
        let request = parse(&wait(), SUCCESS, more).unwrap();
        let end = request.permitted(&config(&[ALL, vars].concat()), now);
        let end = end.map(|end| end.map(|end| end.unix_seconds()));
        (end, request.notes.list().len())
    };
    assert_eq!(
        check("", NOW, &[]),
        (Ok(Some(1_790_000_100)), 0),
        "nothing was asked for"
    );
    assert_eq!(
        check(r#","expires_in":"PT1H""#, NOW, &[]),
        (Ok(Some(1_790_000_100)), 1),
        "shortened, with a warning"
    );
    assert_eq!(
        check(r#","expires_in":"PT100S""#, NOW, &[]),
        (Ok(Some(1_790_000_100)), 0)
    );
    assert_eq!(
        check(r#","expires_in":"PT99S""#, NOW, &[]),
        (Ok(Some(1_790_000_099)), 0)
    );
    assert_eq!(
        check("", NOW, &[("MAX_LINK_LIFETIME", "PT10S")]),
        (Ok(Some(1_790_000_010)), 0)
    );
    assert_eq!(
        check("", 1_790_000_099, &[]),
        (Ok(Some(1_790_000_100)), 0),
        "the last second"
    );
    let over = check("", 1_790_000_100, &[]).0.unwrap_err();
    assert_eq!(over.code(), "InvalidDate");
    assert!(over.to_string().starts_with("target: "), "{over}");
}
