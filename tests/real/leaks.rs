//! Tokens, links and what they say come out where they belong, and never in the log. Every instance of the other
//! files is looked through in the same way when it ends ([`crate::stage`]).

#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic, that is how it fails"
)]

use serde_json::{Value, json};

use crate::stage::{Instance, Stage, data, leak, text};
use crate::support::aws::{AwsError, Commit, Fault, KeyState, Operation};
use crate::support::events::{Door, HttpRequest, direct_event};
use crate::support::runtime_api::Remains;

/// In every value of this file that belongs to the owner of a link.
pub const CANARY: &str = "canary-7f3a";

const FEATURES: [(&str, &str); 2] = [
    ("ENABLE_OUTPUT_PARAMETERS", "true"),
    ("ENABLE_POST_ACTIONS", "true"),
];

pub fn actions() -> Value {
    let own = |kind: &str| format!("{CANARY}-{kind}");
    json!([
        {
            "name": "s", "type": "success", "output": { own("key"): own("output") },
            "response": { "json": { own("json"): 1 }, "html": own("html"), "text": own("text") },
        },
        { "name": "f", "type": "failure", "error": own("error"), "cause": own("cause") },
        { "name": "h", "type": "heartbeat", "response": { "redirect": format!("https://example.com/{CANARY}") } },
        {
            "name": "p", "type": "post", "outcomes": [{
                "name": "ok", "type": "success", "output_body": true,
                "schema": { "properties": { "secret": { "const": own("schema") } }, "required": ["secret"] },
            }],
        },
    ])
}

/// Every kind of visit, good and bad; the answers do not matter here.
pub fn visits(urls: &[String]) -> Vec<HttpRequest> {
    let mut requests = Vec::new();
    for url in urls {
        for method in ["HEAD", "PUT", "POST", "GET", "GET"] {
            for accept in ["application/json", "text/html", "text/plain"] {
                requests.push(HttpRequest::for_url(method, url).header("Accept", accept));
            }
        }
        requests.push(HttpRequest::for_url("GET", &format!("{url}A")));
        requests.push(HttpRequest::for_url("GET", &url.replace("type=", "type=x")));
        let cut = url.get(..url.len() - 9).expect("a long link");
        requests.push(HttpRequest::for_url("GET", cut));
        requests.push(HttpRequest::for_url("GET", url).query("data", data(url)));
        for format in ["1-", "2-", "4-"] {
            requests.push(HttpRequest::for_url(
                "GET",
                &url.replace("data=3-", &format!("data={format}")),
            ));
        }
        for body in [
            json!({ "secret": format!("{CANARY}-schema") }).to_string(),
            json!({ "secret": format!("{CANARY}-other") }).to_string(),
            format!("{CANARY} {{ not JSON"),
        ] {
            requests.push(HttpRequest::for_url("POST", url).body("application/json", body));
        }
        let typed = HttpRequest::for_url("POST", url).body("application/xml", format!("<{CANARY}/>"));
        requests.push(typed);
    }
    requests
}

pub fn refused_creations(token: &str) -> Vec<Value> {
    let action = |kind: &str| json!({ "name": "a", "type": kind, "response": { "redirect": CANARY } });
    vec![
        json!({ "token": token, "actions": [] }),
        json!({ "token": [token], "actions": actions() }),
        json!({ "token": token, "actions": actions(), "expiration": format!("{CANARY} {token}") }),
        json!({ "token": token, "actions": actions(), "base_url": format!("http://{CANARY}/{token}") }),
        json!({ "token": token, "actions": [action("success"), action("heartbeat")] }),
        json!({ "token": token, "actions": [{ "name": token, "type": token }] }),
        json!([token]),
        json!(token),
    ]
}

#[track_caller]
pub fn expect_no_canary(lines: &[Value]) {
    for line in lines {
        assert!(
            !line.to_string().contains(CANARY),
            "a value of the owner in the log: {}",
            line["message"]
        );
    }
}

fn ended(instances: [Instance<'_>; 2]) -> [Vec<Value>; 2] {
    let ended = instances.map(Instance::lines);
    ended.iter().for_each(|lines| expect_no_canary(lines));
    ended
}

#[test]
fn nothing_secret_is_in_the_log_of_any_visit() {
    let stage = Stage::new();
    let (mut create, mut process) = (stage.create(&FEATURES), stage.process(&FEATURES));
    let mut expected = Vec::new();
    for door in Door::ALL {
        let (_, token) = stage.aws.waiting_task();
        let creation = HttpRequest::new("POST", "/urls").json(&direct_event(&token, &actions()));
        create.keep_secret(&token);
        let created = create.visit(door, &creation).json();
        let urls = create.urls_of(&created);
        assert_eq!(urls.len(), 4);
        process.keep_secret(&token);
        urls.iter().for_each(|url| process.keep_secret(data(url)));
        for request in visits(&urls) {
            let answer = process.visit(door, &request);
            assert!(answer.status < 500, "{} {}", answer.status, request.method);
            expected.push(u64::from(answer.status));
        }
        for event in refused_creations(&token) {
            assert!(create.invoke(&event)["error"].is_string(), "refused");
        }
        // An event that is none of a door's.
        assert_eq!(
            process.invoke(&json!({ "token": token, "data": data(&urls[0]) }))["error"],
            "UnsupportedEvent"
        );
        expected.push(400);
    }
    let [created, processed] = ended([create, process]);
    assert_eq!(created.len(), 3 * 9);
    let statuses: Vec<u64> = processed
        .iter()
        .filter_map(|line| line["status"].as_u64())
        .collect();
    assert_eq!(statuses, expected, "each line belongs to its event, in order");
    assert!(
        processed
            .iter()
            .chain(&created)
            .all(|line| line["verbose"].is_object())
    );
}

#[test]
fn a_token_that_stands_for_a_field_of_an_action_is_not_logged() {
    let stage = Stage::new();
    let (_, token) = stage.aws.waiting_task();
    let mut action = json!({ "name": "s", "type": "success", "output": 1 });
    action[token.as_str()] = json!(1);
    let mut create = stage.create(&[]);
    create.keep_secret(&token);
    create.invoke(&json!({ "token": "another", "actions": [action] }));
    assert_eq!(create.lines().len(), 1);
}

#[test]
fn a_token_that_stands_for_a_field_of_the_request_is_not_logged() {
    let stage = Stage::new();
    let (_, token) = stage.aws.waiting_task();
    let action = json!({ "name": "s", "type": "success", "output": 1 });
    let mut create = stage.create(&[]);
    create.keep_secret(&token);
    let event = json!({ "token": "another", "actions": [action], token.as_str(): 1 });
    assert_eq!(create.invoke(&event)["error"], "InvalidJSON");
    assert_eq!(create.lines().len(), 1);
}

#[test]
fn nothing_secret_is_in_the_log_of_what_goes_wrong_at_aws() {
    let stage = Stage::new();
    let (mut create, mut process) = (
        stage.create(&FEATURES),
        stage.process(&[("DECRYPT_CACHE_MAX_AGE", "0")]),
    );
    let (_, token) = stage.aws.waiting_task();
    process.keep_secret(&token);
    let urls = create.urls(&token, &actions());
    for fault in [
        Fault::Error(AwsError::AccessDenied),
        Fault::Error(AwsError::Validation),
        Fault::Error(AwsError::Throttling),
        Fault::Reset(Commit::Before),
        Fault::Status(503, Commit::Before),
        Fault::BrokenBody,
    ] {
        for operation in [
            Operation::Decrypt,
            Operation::SendTaskSuccess,
            Operation::SendTaskFailure,
        ] {
            stage.aws.fault(operation, vec![fault.clone(); 3]);
        }
        for url in &urls[..2] {
            for _ in 0..2 {
                process.open(url);
            }
        }
    }
    stage.aws.set_key_state(&stage.key, KeyState::Deleted);
    process.open(&urls[0]);
    let [_, processed] = ended([create, process]);
    assert!(
        processed.iter().any(|line| line["level"] == "ERROR"),
        "the operator is told"
    );
}

#[test]
fn a_line_joins_request_link_and_calls() {
    let stage = Stage::new();
    let (_, token) = stage.aws.waiting_task();
    let mut create = stage.create(&[]);
    create.keep_secret(&token);
    let created = create.invoke(&direct_event(
        &token,
        &json!([{ "name": "s", "type": "success", "output": 1 }]),
    ));
    let url = create.urls_of(&created).remove(0);
    let mut process = stage.process(&[]);
    assert_eq!(process.open(&url).status, 200);
    let (created_line, line) = (create.lines().remove(0), process.lines().remove(0));

    for line in [&created_line, &line] {
        assert_eq!(line["transaction_id"], created["transaction_id"]);
        assert_eq!(line["data_key"], created_line["data_key"]);
        assert_eq!(line["data_key"].as_str().map(str::len), Some(16));
    }
    assert_eq!(
        (&created_line["outcome"], &line["outcome"]),
        (&json!("created"), &json!("recorded"))
    );
    let logged: Vec<(String, String)> = [&created_line, &line]
        .iter()
        .flat_map(|line| line["calls"].as_array().expect("calls"))
        .map(|call| (text(&call["operation"]), text(&call["request_id"])))
        .collect();
    let made: Vec<(String, String)> = stage
        .aws
        .calls()
        .into_iter()
        .map(|call| (format!("{:?}", call.operation.expect("known")), call.request_id))
        .collect();
    assert_eq!(logged, made);
}

#[test]
fn a_leak_is_noticed_wherever_a_secret_was_cut() {
    let secret: String = (0..100_u8).map(|number| char::from(b'!' + number % 90)).collect();
    let remains = |line: &str| Remains {
        stdout: vec!["first".to_owned()],
        stderr: vec![line.to_owned()],
        violations: Vec::new(),
    };
    let secrets = [secret.clone(), "short-one".to_owned()];
    for line in [
        secret.as_str(),
        &secret[7..60],
        &format!("x{}y", &secret[50..]),
        "a short-one here",
    ] {
        assert!(leak(&remains(line), &secrets).is_some(), "{line}");
    }
    assert_eq!(leak(&remains("nothing"), &secrets), None);
}
