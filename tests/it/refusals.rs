//! Every rejection, provoked through the front door.

use crate::support::{
    Answer, BASE, FEATURES, PLAIN, Stack, block_on, caller, data, encode, heartbeat, nothing, old_link,
    parameters, post, set_clock, success, with,
};
use serde_json::{Value, json};
use sfn_callback_urls::keys::Keys;
use sfn_callback_urls::rejection::Rejection;
use sfn_callback_urls::web::Door;

/// How a rejection comes about.
enum How {
    /// By a request; what the answer must be then.
    Request(Expected),
    /// By a fault of KMS or Step Functions, which this binary does not have; why.
    Fault(&'static str),
}

struct Expected {
    code: &'static str,
    status: u16,
    /// Headers that this refusal has besides those of all answers.
    headers: &'static [(&'static str, &'static str)],
    names_transaction: bool,
    provoke: fn() -> Refused,
}

/// What happened.
struct Refused {
    stack: Stack,
    answer: Answer,
    told_before: Vec<String>,
    lines_before: usize,
}

/// One line for each rejection. The `match` has no `_`, so that a new one does not compile until it has its line.
macro_rules! rejections {
    ($($pattern:pat => $how:expr,)+) => {
        const _: fn(&Rejection) = |rejection| match rejection { $($pattern => (),)+ };

        fn rejections() -> Vec<(&'static str, How)> {
            vec![$((stringify!($pattern), $how),)+]
        }
    };
}

rejections! {
    Rejection::InvalidJson(_) => created("InvalidJSON", 400, &[], false, || create(PLAIN, json!({}))),
    Rejection::MethodNotAllowed(_) => used("MethodNotAllowed", 405, &[("allow", "GET, HEAD, POST")], || {
        visited(PLAIN, heartbeat(), |stack, url| stack.visit("DELETE", url, &[], b""))
    }),
    Rejection::UnsupportedMediaType => created("UnsupportedMediaType", 415, &[], false, || {
        refused(Stack::new(PLAIN), |stack| stack.create_with("POST", &[("content-type", "text/plain")], b"{}"))
    }),
    Rejection::UnsupportedEvent(_) => used("UnsupportedEvent", 400, &[], || {
        refused(Stack::new(PLAIN), |stack| {
            let request = http::Request::new("{}".into());
            Answer::of(block_on(stack.app.process(&caller(Door::Direct), request)))
        })
    }),
    Rejection::DuplicateActionName(_) => created("DuplicateActionName", 400, &[], true, || {
        create(PLAIN, json!({"token": "t", "actions": [heartbeat(), heartbeat()]}))
    }),
    Rejection::InvalidDate(_) => created("InvalidDate", 400, &[], true, || {
        create(PLAIN, json!({"token": "t", "actions": [heartbeat()], "expiration": "2020-01-01"}))
    }),
    Rejection::ParametersDisabled => used("ParametersDisabled", 400, &[], || {
        switched_off(heartbeat(), parameters(), Stack::get)
    }),
    Rejection::PostActionsDisabled => used("PostActionsDisabled", 400, &[], || {
        switched_off(posting(json!({})), nothing(), |stack, url| stack.post(url, "{}"))
    }),
    Rejection::TargetDisabled(..) => used("TargetDisabled", 400, &[], || {
        let stack = Stack::new(&[("ENABLE_AUTOMATION_APPROVALS", "true")]);
        let target = json!({"type": "ssm-automation", "automation_execution_id": "3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11"});
        let answer = stack.create(&json!({"target": target, "actions": [success(json!(1))]}));
        let url = answer.url("a");
        refused(stack.updated(Stack::keys(7), PLAIN), |stack| stack.get(&url))
    }),
    Rejection::InvalidPostActionOutcome(_) => created("InvalidPostActionOutcome", 400, &[], true, || {
        create(FEATURES, json!({"token": "t", "actions": [posting(json!({"type": 5}))]}))
    }),
    Rejection::InvalidJsonPath(_) => created("InvalidJsonPath", 400, &[], true, || {
        let outcome = json!([{"name": "o", "type": "success", "schema": {}, "output_path": "$["}]);
        create(FEATURES, json!({"token": "t", "actions": [post(outcome)]}))
    }),
    Rejection::EncryptionFailed(_) => How::Fault("KMS gives no data key; a local key is always there"),
    Rejection::UrlTooLong(_) => created("UrlTooLong", 400, &[], true, || {
        create(PLAIN, json!({"token": "t", "actions": [success(json!("x".repeat(8_000)))]}))
    }),
    Rejection::UnsafeDelivery(_) => created("UnsafeDelivery", 400, &[], true, || {
        create(DELIVERS, json!({"token": "t", "actions": [heartbeat()], "deliver": {"sns": {"topic_arn": TOPIC}}}))
    }),
    Rejection::DeliveryDisabled(_) => created("DeliveryDisabled", 400, &[], true, || {
        create(PLAIN, delivering(json!({"sns": {"topic_arn": TOPIC}})))
    }),
    // The services of these tests deliver nothing, and say so.
    Rejection::DeliveryFailed(..) => created("DeliveryFailed", 502, &[], true, || {
        create(DELIVERS, delivering(json!({"sns": {"topic_arn": TOPIC}})))
    }),
    Rejection::InvalidPayload(_) => used("InvalidPayload", 400, &[], || {
        visited(PLAIN, heartbeat(), |stack, url| stack.get(&url[..url.len() - 1]))
    }),
    Rejection::EncryptionRequired => used("EncryptionRequired", 400, &[], || {
        refused(Stack::new(PLAIN), |stack| stack.get(&old_link(&json!({}))))
    }),
    Rejection::DecryptionUnsupported => used("DecryptionUnsupported", 400, &[], || {
        visited(PLAIN, heartbeat(), |stack, url| stack.updated(Keys::Off, PLAIN).get_logged(stack, url))
    }),
    Rejection::ExpiredPayload { .. } => used("ExpiredPayload", 400, &[], || {
        let stack = Stack::new(PLAIN);
        let url = stack.link(heartbeat(), json!({"expiration": "2026-12-24"}));
        set_clock(1_800_000_000);
        refused(stack, |stack| stack.get(&url))
    }),
    Rejection::ActionMismatched => used("ActionMismatched", 400, &[], || {
        visited(PLAIN, heartbeat(), |stack, url| {
            stack.get(&format!("{BASE}/respond?action=b&data={}", encode(&data(url))))
        })
    }),
    Rejection::OutputFormatting(_) => used("OutputFormatting", 400, &[], || {
        let stack = Stack::new(FEATURES);
        let url = stack.link(success(json!("$missing")), parameters());
        refused(stack, |stack| stack.get(&url))
    }),
    Rejection::PostActionNotPosted => used("PostActionNotPosted", 405, &[("allow", "POST")], || {
        visited(FEATURES, posting(json!({})), Stack::get)
    }),
    Rejection::ConfirmationRequired(_) => used("ConfirmationRequired", 400, &[], || {
        visited(PLAIN, with(heartbeat(), json!({"confirm": true})), |stack, url| stack.post(url, "{}"))
    }),
    Rejection::Prefetched => used("Prefetched", 403, &[], || {
        visited(PLAIN, heartbeat(), |stack, url| stack.visit("GET", url, &[("sec-purpose", "prefetch;prerender")], b""))
    }),
    Rejection::InvalidPostActionBody(_) => used("InvalidPostActionBody", 400, &[], || {
        visited(FEATURES, posting(json!({})), |stack, url| stack.post(url, "{"))
    }),
    Rejection::UnsupportedBodyType => used("InvalidPostActionBody", 415, &[], || {
        visited(FEATURES, posting(json!({})), |stack, url| {
            stack.visit("POST", url, &[("content-type", "text/plain")], b"{}")
        })
    }),
    Rejection::BodyTypeNotTaken => used("InvalidPostActionBody", 415, &[], || {
        visited(FEATURES, with(posting(json!({})), json!({"bodies": ["form"]})), |stack, url| stack.post(url, "{}"))
    }),
    Rejection::NoOutcome => used("InvalidPostActionBody", 400, &[], || {
        visited(FEATURES, posting(json!({"required": ["ok"]})), |stack, url| stack.post(url, "{}"))
    }),
    Rejection::InvalidSignature(_) => used("InvalidSignature", 401, &[], || {
        let verify = json!({"verify": {"scheme": "github", "secret": "s"}});
        visited(FEATURES, with(posting(json!({})), verify), |stack, url| stack.post(url, "{}"))
    }),
    Rejection::StepFunctionsRefused(..) => used("StepFunctionsError", 400, &[], || {
        visited(PLAIN, success(json!(1)), |stack, url| {
            assert_eq!(stack.get(url).status, 200);
            stack.get(url)
        })
    }),
    Rejection::TargetRefused(..) => How::Fault("a service that has no list of tasks refuses"),
    Rejection::NotPermitted(..) => How::Fault("Step Functions denies the call; a list of tasks denies nobody"),
    Rejection::ServiceUnavailable(..) => How::Fault("KMS or Step Functions is throttled, unreachable or switched off"),
    Rejection::KeyDeleted => How::Fault("KMS has deleted the key; a local key that is gone is InvalidPayload"),
    Rejection::TooManyRequests => How::Fault("only wrapped keys that KMS refused are counted"),
    Rejection::ServiceError(_) => created("ServiceError", 500, &[], true, || {
        let nowhere = Stack::new(&[("API_ID", ""), ("STAGE", "")]);
        refused(nowhere, |stack| stack.create(&json!({"token": "t", "actions": [heartbeat()]})))
    }),
}

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:approvals";
const DELIVERS: &[(&str, &str)] = &[("DELIVER_TOPIC_ARNS", TOPIC)];

fn delivering(deliver: Value) -> Value {
    let action = with(heartbeat(), json!({"confirm": true}));
    json!({"token": "t", "actions": [action], "deliver": deliver})
}

/// A refusal to create.
fn created(
    code: &'static str,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    names_transaction: bool,
    provoke: fn() -> Refused,
) -> How {
    How::Request(Expected {
        code,
        status,
        headers,
        names_transaction,
        provoke,
    })
}

/// A refusal of a link; its answer never names a transaction.
fn used(
    code: &'static str,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    provoke: fn() -> Refused,
) -> How {
    created(code, status, headers, false, provoke)
}

fn posting(schema: Value) -> Value {
    post(json!([{"name": "o", "type": "success", "schema": schema, "output": 1}]))
}

/// Does the one request that is refused, and notes how things were before.
fn refused(stack: Stack, request: impl FnOnce(&Stack) -> Answer) -> Refused {
    let (told_before, lines_before) = (stack.told(), stack.log().len());
    let answer = request(&stack);
    Refused {
        stack,
        answer,
        told_before,
        lines_before,
    }
}

fn create(vars: &[(&str, &str)], request: Value) -> Refused {
    refused(Stack::new(vars), |stack| stack.create(&request))
}

fn visited(vars: &[(&str, &str)], action: Value, visit: impl FnOnce(&Stack, &str) -> Answer) -> Refused {
    let stack = Stack::new(vars);
    let url = stack.link(action, nothing());
    // What a visit does before the refused one, it does within.
    refused(stack, |stack| visit(stack, &url))
}

fn switched_off(action: Value, more: Value, visit: fn(&Stack, &str) -> Answer) -> Refused {
    let stack = Stack::new(FEATURES);
    let url = stack.link(action, more);
    refused(stack.updated(Stack::keys(7), PLAIN), |stack| visit(stack, &url))
}

impl Stack {
    /// Opens a link here, and copies the log to the stack that was updated.
    fn get_logged(&self, before: &Stack, url: &str) -> Answer {
        let answer = self.get(url);
        self.log_text().lines().for_each(|line| (before.app.log)(line));
        answer
    }
}

#[test]
fn every_rejection_has_its_code_status_headers_and_line_and_sends_nothing() {
    for (name, how) in rejections() {
        let How::Request(expected) = how else { continue };
        set_clock(crate::support::NOW);
        let Refused {
            stack,
            answer,
            told_before,
            lines_before,
        } = (expected.provoke)();

        assert_eq!(
            answer.refusal(),
            (expected.status, expected.code.to_owned()),
            "{name}: {}",
            answer.body
        );
        let mut keys = vec!["error", "message"];
        keys.extend(expected.names_transaction.then_some("transaction_id"));
        assert_eq!(answer.keys(), keys, "{name}");
        assert!(
            !answer.json()["message"].as_str().unwrap().is_empty(),
            "{name}: what to do"
        );
        assert_eq!(answer.header("content-type"), "application/json", "{name}");
        for (header, value) in expected.headers {
            assert_eq!(answer.header(header), *value, "{name}");
        }
        for header in ["allow", "retry-after", "location", "set-cookie"] {
            let is_expected = expected.headers.iter().any(|(name, _)| *name == header);
            assert_eq!(
                answer.headers.contains_key(header),
                is_expected,
                "{name}: {header}"
            );
        }

        // The second use of a link is refused because the first one was not.
        let sent: &[&str] = match expected.code {
            "StepFunctionsError" => &["success 1"],
            _ => &[],
        };
        match sent {
            [] => assert_eq!(stack.told(), told_before, "{name}: nothing was sent"),
            sent => assert_eq!(stack.told(), sent, "{name}: only the first use"),
        }

        let log = stack.log();
        let uses = 1 + usize::from(!sent.is_empty());
        assert_eq!(log.len(), lines_before + uses, "{name}: one line a request");
        let line = log.last().unwrap();
        assert_eq!(line["error"], expected.code, "{name}");
        assert_eq!(line["status"], expected.status, "{name}");
        assert_eq!(line["outcome"], "refused", "{name}");
        let level = if expected.status >= 500 { "ERROR" } else { "WARN" };
        assert_eq!(line["level"], level, "{name}");
        assert!(
            line["cause"].as_str().is_some_and(|cause| !cause.is_empty()),
            "{name}"
        );
        if expected.names_transaction {
            assert_eq!(line["transaction_id"], answer.json()["transaction_id"], "{name}");
        }
    }
}

#[test]
fn only_faults_of_aws_are_left_to_the_tests_against_a_stand_in() {
    let faults: Vec<_> = rejections()
        .into_iter()
        .filter_map(|(name, how)| match how {
            How::Fault(reason) => Some((name, reason)),
            How::Request(_) => None,
        })
        .collect();
    let names: Vec<_> = faults.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "Rejection::EncryptionFailed(_)",
            "Rejection::TargetRefused(..)",
            "Rejection::NotPermitted(..)",
            "Rejection::ServiceUnavailable(..)",
            "Rejection::KeyDeleted",
            "Rejection::TooManyRequests",
        ]
    );
    assert!(faults.iter().all(|(_, reason)| !reason.is_empty()));
}

#[test]
fn a_refused_link_shows_its_code_in_every_type() {
    let stack = Stack::new(PLAIN);
    let url = stack.link(heartbeat(), nothing()) + "x";
    let json = stack.get(&url);
    let text = stack.get_as(&url, "text/plain");
    assert_eq!(text.json(), json.json());
    assert!(text.body.contains("\n  \"error\""), "{}", text.body);
    let html = stack.get_as(&url, "text/html");
    assert!(html.body.contains(">InvalidPayload</dd>"), "{}", html.body);
    assert_eq!((text.status, html.status), (400, 400));
}

#[test]
fn the_switches_are_refused_to_creators_as_well() {
    for (action, more, code) in [
        (heartbeat(), parameters(), "ParametersDisabled"),
        (posting(json!({})), nothing(), "PostActionsDisabled"),
    ] {
        let request = with(json!({"token": "t", "actions": [action]}), more);
        let refused = create(PLAIN, request);
        assert_eq!(refused.answer.refusal(), (400, code.to_owned()));
        assert_eq!(refused.answer.keys(), ["error", "message", "transaction_id"]);
    }
    let refused = refused(Stack::new(PLAIN), |stack| stack.create_with("GET", &[], b""));
    assert_eq!(
        refused.answer.refusal(),
        (405, "MethodNotAllowed".to_owned()),
        "MethodNotAllowed of /urls"
    );
    assert_eq!(refused.answer.header("allow"), "POST");
}

#[test]
fn the_cause_of_an_unexpected_fault_is_in_the_log_only() {
    let nowhere = Stack::new(&[("API_ID", ""), ("STAGE", "")]);
    let answer = nowhere.create(&json!({"token": "t", "actions": [heartbeat()]}));
    let log = nowhere.log();
    assert_eq!(answer.refusal(), (500, "ServiceError".to_owned()));
    assert_eq!(log[0]["cause"], "no base URL is configured");
    assert!(!answer.body.contains("base URL"), "{}", answer.body);
    assert_eq!(log[0]["transaction_id"], answer.json()["transaction_id"]);
}

#[test]
fn the_log_tells_the_reasons_apart_that_the_visitor_does_not_see() {
    let stack = Stack::new(PLAIN);
    let sealed = data(&stack.link(heartbeat(), nothing()));
    let other_key = data(&Stack::with_keys(Stack::keys(9), PLAIN).link(heartbeat(), nothing()));
    let other_audience =
        data(&Stack::with_keys(Stack::keys(7), &[("AUDIENCE", "other")]).link(heartbeat(), nothing()));
    // The last byte is of the tag; its last character but one changes it and stays canonical.
    let mut forged = sealed.clone().into_bytes();
    let place = forged.len() - 3;
    forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    for (query, cause) in [
        (String::new(), "no data parameter"),
        ("data=3-A&data=3-A".to_owned(), "more than one data parameter"),
        (format!("data=3-{}", "A".repeat(8_193)), "data is too long"),
        ("data=9-AAAA".to_owned(), "unknown format"),
        ("data=3-A=".to_owned(), "not canonical base64url"),
        // What is glued to a link is cut off, and with it all that follows.
        ("data=3-%C3%A9".to_owned(), "cut short"),
        ("data=3-Ag".to_owned(), "cut short"),
        ("data=3-_wAA".to_owned(), "unknown suite"),
        (
            format!("data={other_key}"),
            "sealed under a local key that is not in the key file",
        ),
        (format!("data={other_audience}"), "authentication failed"),
        (format!("data={forged}"), "authentication failed"),
        ("data=2-AAAA".to_owned(), "AWS Encryption SDK message: "),
    ] {
        let answer = stack.get(&format!("{BASE}/respond?{query}"));
        assert_eq!(answer.refusal(), (400, "InvalidPayload".to_owned()), "{query}");
        let log = stack.log();
        let logged = log.last().unwrap()["cause"].as_str().unwrap();
        assert!(logged.starts_with(cause), "{query}: {logged}");
        assert!(!answer.body.contains(cause), "{query}");
    }
    let strict = stack.updated(Stack::keys(7), &[("ACCEPT_LEGACY_URLS", "false")]);
    let answer = strict.get(&format!("{BASE}/respond?data=2-AgV4"));
    assert_eq!(answer.refusal(), (400, "InvalidPayload".to_owned()));
    assert!(
        strict.log()[0]["cause"]
            .as_str()
            .unwrap()
            .contains("ACCEPT_LEGACY_URLS")
    );
}
