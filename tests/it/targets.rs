//! Links that answer something else than a task of Step Functions: what is sent where, over TLS on 127.0.0.1, and what the
//! visitor is told.

pub mod apis;
mod events;
mod limits;

use crate::stand_ins::receiver::{Behaviour, Received, Receiver};
use crate::stand_ins::tls::Identity;
use crate::support::{Answer, BASE, NOW, Stack, heartbeat, parameters, post, set_clock, success, with};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::{Value, json};
use sfn_callback_urls::aws::Shared;
use sfn_callback_urls::tasks::Tasks;
use sfn_callback_urls::tasks::services::Services;
use std::sync::Arc;
use tokio::runtime::Runtime;

const WAIT_HOST: &str = "cloudformation-waitcondition-eu-central-1.s3.eu-central-1.amazonaws.com";
const RESPONSE_HOST: &str =
    "cloudformation-custom-resource-response-eucentral1.s3.eu-central-1.amazonaws.com";
const STACK_PATH: &str = "/arn%3Aaws%3Acloudformation%3Aeu-central-1%3A123456789012%3Astack/shop/5f8a";
pub const STACK_ID: &str = "arn:aws:cloudformation:eu-central-1:123456789012:stack/shop/5f8a";
/// From 2026-09-21T14:13:20Z, the time of these tests, for two hours.
const SIGNED: &str = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260921T141320Z&X-Amz-SignedHeaders=host&X-Amz-Expires=7200&X-Amz-Credential=AKIDEXAMPLE%2F20260921%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Signature=canary00";
const OVER: i64 = NOW + 7_200;

const ALL: &[(&str, &str)] = &[
    ("ENABLE_OUTPUT_PARAMETERS", "true"),
    ("ENABLE_POST_ACTIONS", "true"),
    ("ENABLE_WAIT_CONDITIONS", "true"),
    ("ENABLE_CUSTOM_RESOURCES", "true"),
    ("ENABLE_DURABLE_EXECUTIONS", "true"),
    ("ENABLE_CODEPIPELINE_APPROVALS", "true"),
    ("ENABLE_AUTOMATION_APPROVALS", "true"),
    ("VERBOSE_LOGGING", "true"),
];

fn wait_url() -> String {
    format!("https://{WAIT_HOST}{STACK_PATH}/Approved?{SIGNED}")
}

pub fn response_url() -> String {
    format!("https://{RESPONSE_HOST}{STACK_PATH}%7CApproval%7Cd9a7?{SIGNED}")
}

fn wait_target() -> Value {
    json!({"type": "cloudformation-wait-condition", "url": wait_url()})
}

fn resource_target() -> Value {
    json!({"type": "cloudformation-custom-resource", "event": {
        "RequestType": "Create", "ResponseURL": response_url(), "StackId": STACK_ID, "RequestId": "d9a7",
        "LogicalResourceId": "Approval", "ResourceType": "Custom::Approval", "ResourceProperties": {"a": "b"}
    }})
}

/// A service that answers in earnest, and the host that takes its answers.
struct World {
    stack: Stack,
    receiver: Receiver,
    _runtime: Runtime,
}

impl World {
    fn new(behaviours: Vec<Behaviour>) -> Self {
        Self::with(ALL, Identity::Trusted, behaviours)
    }

    fn with(vars: &[(&str, &str)], identity: Identity, behaviours: Vec<Behaviour>) -> Self {
        set_clock(NOW);
        let runtime = Runtime::new().unwrap();
        let names = [WAIT_HOST, RESPONSE_HOST, "127.0.0.1"];
        let receiver = runtime.block_on(Receiver::start(&names, identity, behaviours));
        let (address, roots) = (
            receiver.address().to_string(),
            receiver.authority().to_str().unwrap().to_owned(),
        );
        let endpoint = format!("https://{address}");
        let here = [
            ("HTTPS_CONNECT_TO", address.as_str()),
            ("SSL_CERT_FILE", &roots),
            ("AWS_ENDPOINT_URL", &endpoint),
        ];
        let mut stack = Stack::new(&[vars, &here].concat());
        let app = Arc::get_mut(&mut stack.app).unwrap();
        let credentials = Credentials::new("AKIDEXAMPLE", "canary-secret", None, None, "test");
        let credentials = Some(SharedCredentialsProvider::new(credentials));
        let shared = Shared::new(&app.config, credentials).unwrap();
        let services = Services::new(shared, app.config.aws.clone(), app.config.outbound.clone(), |_| 0);
        app.tasks = Tasks::Aws(Box::new(services));
        Self {
            stack,
            receiver,
            _runtime: runtime,
        }
    }

    #[track_caller]
    fn create(&self, target: Value, action: Value, more: Value) -> Answer {
        let request = with(json!({"target": target, "actions": [action]}), more);
        self.stack.create(&request)
    }

    #[track_caller]
    fn link(&self, target: Value, action: Value) -> String {
        let answer = self.create(target, action, json!({}));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.url("a")
    }

    /// The only request so far.
    #[track_caller]
    fn received(&self) -> Received {
        let [received] = self.receiver.received().try_into().expect("one request");
        received
    }

    #[track_caller]
    fn sent(&self) -> Value {
        serde_json::from_slice(&self.received().body).unwrap()
    }

    /// Nothing that would let somebody else answer is in the log.
    #[track_caller]
    fn log_is_clean(&self) {
        let log = self.stack.log_text();
        for secret in ["canary", "AKIDEXAMPLE", "X-Amz-", "Approved?"] {
            assert!(!log.contains(secret), "{secret}: {log}");
        }
    }
}

/// The presigned URL is over.
fn expired() -> Behaviour {
    let body = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    Behaviour::status("403 Forbidden", body)
}

fn ok() -> Vec<Behaviour> {
    vec![Behaviour::status("200 OK", "")]
}

fn failure() -> Value {
    json!({"name": "a", "type": "failure", "error": "rejected", "cause": "too late"})
}

#[test]
fn a_signal_is_put_as_cloudformation_wants_it() {
    let world = World::new(ok());
    let created = world.create(wait_target(), success(json!({"by": "Ann"})), json!({}));
    assert_eq!(
        created.json()["expiration"],
        "2026-09-21T16:13:20+00:00",
        "that of the URL"
    );
    let transaction = created.json()["transaction_id"].as_str().unwrap().to_owned();
    let answer = world.stack.get(&created.url("a"));
    assert_eq!(
        (answer.status, answer.json()["action"]["name"].as_str()),
        (200, Some("a"))
    );
    let received = world.received();
    assert_eq!(
        received.head.lines().next().unwrap(),
        format!("PUT {STACK_PATH}/Approved?{SIGNED} HTTP/1.1")
    );
    assert_eq!(received.header("host"), Some(WAIT_HOST));
    assert_eq!(received.header("content-type").unwrap_or_default(), "");
    assert_eq!(received.header("transfer-encoding"), None);
    assert_eq!(
        received.header("content-length"),
        Some(received.body.len().to_string().as_str())
    );
    assert_eq!(
        String::from_utf8(received.body).unwrap(),
        format!(
            r#"{{"Status":"SUCCESS","UniqueId":"{transaction}","Data":"{{\"by\":\"Ann\"}}","Reason":"Answered: a"}}"#
        )
    );
    let log = world.stack.log();
    assert_eq!(log[1]["outcome"], "recorded");
    assert_eq!(log[1]["calls"][0]["operation"], "SignalWaitCondition");
    assert_eq!(log[1]["calls"][0]["outcome"], "ok");
    world.log_is_clean();
}

#[test]
fn a_refusal_that_does_not_say_closed_leaves_a_lost_answer_unknown() {
    let failed = || {
        Behaviour::status(
            "500 Internal Server Error",
            "<Error><Code>InternalError</Code></Error>",
        )
    };
    let busy = || Behaviour::status("503 Slow Down", "<Error><Code>SlowDown</Code></Error>");
    let token = Behaviour::status("400 Bad Request", "<Error><Code>ExpiredToken</Code></Error>");
    for target in [wait_target(), resource_target()] {
        for behaviours in [
            vec![failed(), expired()],
            vec![failed(), busy(), expired()],
            vec![Behaviour::HangUp, token.clone()],
            vec![Behaviour::HangUp, failed(), expired()],
        ] {
            let count = behaviours.len();
            let world = World::new(behaviours);
            let answer = world.stack.get(&world.link(target.clone(), success(json!(1))));
            assert_eq!(
                answer.refusal(),
                (503, "ServiceUnavailable".to_owned()),
                "{}",
                answer.body
            );
            assert_eq!(answer.json()["outcome"], "unknown");
            assert_eq!(world.receiver.received().len(), count);
            // On a first attempt it is known that nothing was taken.
            let world = World::new(vec![busy(), expired()]);
            let answer = world.stack.get(&world.link(target.clone(), success(json!(1))));
            assert_eq!(
                answer.refusal(),
                (400, "TargetError".to_owned()),
                "{}",
                answer.body
            );
        }
    }
}

#[test]
fn a_refusal_has_its_cause_as_reason() {
    let world = World::new(ok());
    let url = world.link(wait_target(), failure());
    assert_eq!(world.stack.get(&url).status, 200);
    let sent = world.sent();
    assert_eq!(
        (&sent["Status"], &sent["Reason"]),
        (&json!("FAILURE"), &json!("too late"))
    );
}

#[test]
fn a_response_is_that_of_the_resource() {
    for (action, status) in [(success(json!({"by": "Ann"})), "SUCCESS"), (failure(), "FAILED")] {
        let world = World::new(ok());
        let created = world.create(resource_target(), action, json!({}));
        assert_eq!(
            created.json()["expiration"],
            "2026-09-21T15:13:20+00:00",
            "an hour"
        );
        assert_eq!(world.stack.get(&created.url("a")).status, 200);
        let mut expected = json!({
            "Status": status, "Reason": "Answered: a", "PhysicalResourceId": created.json()["transaction_id"],
            "StackId": STACK_ID, "RequestId": "d9a7", "LogicalResourceId": "Approval"
        });
        match status {
            "SUCCESS" => expected["Data"] = json!({"by": "Ann"}),
            _ => expected["Reason"] = json!("too late"),
        }
        assert_eq!(world.sent(), expected);
        assert_eq!(world.received().header("host"), Some(RESPONSE_HOST));
        world.log_is_clean();
    }
}

#[test]
fn what_the_bucket_says_is_what_the_visitor_is_told() {
    let error =
        |status: &str, code: &str| Behaviour::status(status, &format!("<Error><Code>{code}</Code></Error>"));
    let lost = || Behaviour::HangUp;
    let big = Behaviour::status("200 OK", &"x".repeat(1_000_000));
    for (behaviours, status, code, attempts) in [
        (vec![expired()], 400, "TargetError", 1),
        (
            vec![error("403 Forbidden", "AccessDenied")],
            500,
            "ServiceError",
            1,
        ),
        (
            vec![error("400 Bad Request", "ExpiredToken")],
            400,
            "TargetError",
            1,
        ),
        (
            vec![error("400 Bad Request", "MalformedXML")],
            500,
            "ServiceError",
            1,
        ),
        (
            vec![error("404 Not Found", "NoSuchBucket")],
            500,
            "ServiceError",
            1,
        ),
        (
            vec![Behaviour::status("204 No Content", "")],
            500,
            "ServiceError",
            1,
        ),
        (
            vec![error("500 Internal Server Error", "InternalError")],
            503,
            "ServiceUnavailable",
            3,
        ),
        (
            vec![error("503 Slow Down", "SlowDown")],
            503,
            "ServiceUnavailable",
            3,
        ),
        (vec![lost()], 503, "ServiceUnavailable", 3),
        (vec![lost(), Behaviour::status("200 OK", "")], 200, "", 2),
        (
            vec![
                error("503 Slow Down", "SlowDown"),
                Behaviour::status("200 OK", ""),
            ],
            200,
            "",
            2,
        ),
        (vec![lost(), expired()], 503, "ServiceUnavailable", 2),
        (vec![big], 200, "", 1),
    ] {
        let what = format!("{:?}", behaviours.len());
        let world = World::new(behaviours);
        let url = world.link(wait_target(), success(json!(1)));
        let answer = world.stack.get(&url);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{what}: {}",
            answer.body
        );
        assert_eq!(world.receiver.received().len(), attempts, "{code} {what}");
        let bodies: Vec<_> = world
            .receiver
            .received()
            .into_iter()
            .map(|received| received.body)
            .collect();
        assert!(
            bodies.iter().all(|body| *body == bodies[0]),
            "the same signal each time"
        );
        if status == 503 {
            let slow = world.stack.log_text().contains("SlowDown");
            let outcome = if slow { "not_sent" } else { "unknown" };
            assert_eq!(answer.json()["outcome"], outcome);
        }
        world.log_is_clean();
    }
}

#[test]
fn a_redirect_is_not_followed() {
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location = format!("Location: {}\r\n", wait_url());
        let world = World::new(vec![
            Behaviour::with_headers(status, &location, ""),
            Behaviour::status("200 OK", ""),
        ]);
        let url = world.link(wait_target(), success(json!(1)));
        assert_eq!(
            world.stack.get(&url).refusal(),
            (500, "ServiceError".to_owned()),
            "{status}"
        );
        assert_eq!(world.receiver.received().len(), 1, "{status}");
    }
}

#[test]
fn a_host_that_is_not_the_buckets_is_told_nothing() {
    for identity in [Identity::OtherAuthority, Identity::WrongName, Identity::Expired] {
        let world = World::with(ALL, identity, ok());
        let url = world.link(wait_target(), success(json!(1)));
        let answer = world.stack.get(&url);
        assert_eq!(
            answer.refusal(),
            (503, "ServiceUnavailable".to_owned()),
            "{identity:?}"
        );
        assert_eq!(answer.json()["outcome"], "not_sent", "{identity:?}");
        assert!(world.receiver.received().is_empty(), "{identity:?}");
    }
}

#[test]
fn a_host_that_never_answers_is_given_up() {
    let world = World::new(vec![Behaviour::Silence]);
    let url = world.link(wait_target(), success(json!(1)));
    let start = std::time::Instant::now();
    let answer = world.stack.get(&url);
    assert_eq!(answer.refusal(), (503, "ServiceUnavailable".to_owned()));
    assert_eq!(answer.json()["outcome"], "unknown");
    assert!(
        start.elapsed() < std::time::Duration::from_secs(12),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn no_other_host_gets_into_a_link() {
    let world = World::new(ok());
    for url in [
        "https://example.com/".to_owned(),
        wait_url().replace("https", "http"),
        wait_url().replace(WAIT_HOST, "169.254.169.254"),
        wait_url().replace(WAIT_HOST, "localhost"),
        wait_url().replace(WAIT_HOST, &format!("{WAIT_HOST}.example.com")),
        wait_url().replace(WAIT_HOST, &format!("user@{WAIT_HOST}")),
        wait_url().replace(WAIT_HOST, &format!("{WAIT_HOST}:8443")),
        wait_url() + "#x",
        wait_url().replace("eu-central-1", "eu-west-1"),
        wait_url().replace("eu-central-1", "zz-invented-9"),
        response_url(),
    ] {
        let target = json!({"type": "cloudformation-wait-condition", "url": url});
        let answer = world.create(target, success(json!(1)), json!({}));
        assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()), "{url}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("target.url: "), "{message}");
        assert!(!answer.body.contains("canary"), "{message}");
    }
    assert!(world.receiver.received().is_empty());
    world.log_is_clean();
}

#[test]
fn a_link_ends_with_the_url_to_the_second() {
    let world = World::new(ok());
    let long = json!({"expires_in": "P1D"});
    let created = world.create(wait_target(), success(json!(1)), long);
    assert_eq!(created.json()["expiration"], "2026-09-21T16:13:20+00:00");
    let warnings = created.json()["warnings"].to_string();
    assert!(
        warnings.contains("expires_in: the links end earlier"),
        "{warnings}"
    );
    set_clock(OVER);
    assert_eq!(
        world.stack.get(&created.url("a")).refusal(),
        (400, "ExpiredPayload".to_owned())
    );
    assert!(world.receiver.received().is_empty());
    set_clock(OVER - 1);
    assert_eq!(world.stack.get(&created.url("a")).status, 200);
    set_clock(OVER);
    let over = world.create(wait_target(), success(json!(1)), json!({}));
    assert_eq!(over.refusal(), (400, "InvalidDate".to_owned()));
}

#[test]
fn what_the_target_does_not_take_is_refused_before_anything_is_sent() {
    let world = World::new(ok());
    let beat = world.create(wait_target(), heartbeat(), json!({}));
    assert_eq!(beat.refusal(), (400, "InvalidJSON".to_owned()));
    assert_eq!(
        beat.json()["message"],
        "actions[0]: what waits here has no heartbeat"
    );
    let fixed = world.create(resource_target(), success(json!("x".repeat(4_000))), json!({}));
    assert_eq!(fixed.refusal(), (400, "InvalidJSON".to_owned()));

    let filled = world.create(resource_target(), success(json!("$x")), parameters());
    let url = format!("{}&x={}", filled.url("a"), "x".repeat(4_000));
    assert_eq!(
        world.stack.get(&url).refusal(),
        (400, "OutputFormatting".to_owned())
    );
    let body = post(json!([{"name": "o", "type": "success", "schema": {}, "output_body": true}]));
    let url = world.link(resource_target(), body);
    let long = json!({"x": "x".repeat(4_000)}).to_string();
    assert_eq!(
        world.stack.post(&url, &long).refusal(),
        (400, "InvalidPostActionBody".to_owned())
    );
    assert!(world.receiver.received().is_empty());
    assert_eq!(
        world.stack.post(&url, r#"{"x":"y"}"#).status,
        200,
        "a shorter one is taken"
    );
    assert_eq!(world.sent()["Data"], json!({"x": "y"}));
}

#[test]
fn a_switch_counts_when_a_link_is_made_and_when_it_is_used() {
    let world = World::new(ok());
    for (name, target, parameter) in [
        ("ENABLE_WAIT_CONDITIONS", wait_target(), "EnableWaitConditions"),
        (
            "ENABLE_CUSTOM_RESOURCES",
            resource_target(),
            "EnableCustomResources",
        ),
        (
            "ENABLE_DURABLE_EXECUTIONS",
            apis::durable(),
            "EnableDurableExecutions",
        ),
        (
            "ENABLE_CODEPIPELINE_APPROVALS",
            apis::approval(),
            "EnableCodePipelineApprovals",
        ),
        (
            "ENABLE_AUTOMATION_APPROVALS",
            apis::automation(),
            "EnableAutomationApprovals",
        ),
    ] {
        let url = world.link(target.clone(), success(json!("x")));
        let others: Vec<_> = ALL.iter().copied().filter(|(other, _)| *other != name).collect();
        let off = world.stack.updated(Stack::keys(7), &others);
        let refused = [
            off.create(&json!({"target": target, "actions": [success(json!("x"))]})),
            off.get(&url),
        ];
        for answer in refused {
            assert_eq!(answer.refusal(), (400, "TargetDisabled".to_owned()), "{name}");
            assert!(answer.body.contains(parameter), "{}", answer.body);
        }
    }
    assert!(world.receiver.received().is_empty());
}

#[test]
fn an_answer_that_is_too_late_has_the_page_of_one() {
    let world = World::new(vec![expired()]);
    let url = world.link(wait_target(), success(json!(1)));
    let page = world.stack.get_as(&url, "text/html");
    assert!(page.body.contains("Already answered or closed"), "{}", page.body);
    assert!(url.starts_with(BASE), "{url}");
}
