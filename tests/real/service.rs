//! What the deployed functions do for their callers: links are made, and tasks are told.

#![allow(clippy::indexing_slicing, reason = "a test may panic, that is how it fails")]

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sfn_callback_urls::tasks::TaskState;

use crate::stage::{BASE, Stage, approve, beat, data, in_parallel, launch, reject, text};
use crate::support::aws::{FakeAws, Identity, Operation};
use crate::support::events::{Door, HttpRequest, direct_event};
use crate::support::runtime_api::Failure;

fn creation(token: &str, actions: &Value) -> HttpRequest {
    HttpRequest::new("POST", "/urls").json(&direct_event(token, actions))
}

fn state(stage: &Stage, id: sfn_callback_urls::tasks::TaskId) -> (Option<String>, Option<String>) {
    match stage.aws.task_state(id).expect("a task") {
        TaskState::Succeeded { output, .. } => (Some(output), None),
        TaskState::Failed { error, cause, .. } => (error, cause),
        other => panic!("{other:?}"),
    }
}

// --- Round trips ---

#[test]
fn links_of_every_door_open_through_every_door() {
    let stage = Stage::new();
    let (mut create, mut process) = (stage.create(&[]), stage.process(&[]));
    let actions = json!([
        { "name": "approve", "type": "success", "output": { "z": 1, "a": [null, "é"], "m": {} } },
        reject(),
        beat()
    ]);
    for made_by in [
        None,
        Some(Door::Rest),
        Some(Door::HttpApi),
        Some(Door::FunctionUrl),
    ] {
        for door in Door::ALL {
            for (chosen, told) in [
                (0, (Some(r#"{"z":1,"a":[null,"é"],"m":{}}"#), None)),
                (1, (Some("rejected"), Some("somebody rejected it"))),
            ] {
                let (id, token) = stage.aws.waiting_task();
                create.keep_secret(&token);
                let answer = match made_by {
                    None => create.invoke(&direct_event(&token, &actions)),
                    Some(made_by) => {
                        let answer = create.visit(made_by, &creation(&token, &actions));
                        assert_eq!(answer.status, 200);
                        answer.json()
                    }
                };
                let urls = create.urls_of(&answer);
                assert_eq!(urls.len(), 3);
                assert!(urls[0].starts_with(&format!("{BASE}/respond?action=approve&type=success&data=3-")));
                let transaction = text(&answer["transaction_id"]);

                let beaten = process.visit(door, &HttpRequest::for_url("GET", &urls[2]));
                assert_eq!(beaten.status, 200);
                assert!(matches!(
                    stage.aws.task_state(id),
                    Some(TaskState::Waiting {
                        last_heartbeat: Some(_)
                    })
                ));
                let answer = process.visit(door, &HttpRequest::for_url("GET", &urls[chosen]));
                assert_eq!(answer.status, 200);
                let (name, kind) = [("approve", "success"), ("reject", "failure")][chosen];
                assert_eq!(
                    answer.json(),
                    json!({ "transaction_id": transaction, "action": { "name": name, "type": kind } })
                );
                let told = (told.0.map(str::to_owned), told.1.map(str::to_owned));
                assert_eq!(state(&stage, id), told);
                assert_eq!(stage.aws.effects_of(&token).len(), 2);

                let again = process.visit(door, &HttpRequest::for_url("GET", &urls[chosen]));
                assert_eq!(again.status, 400);
                assert_eq!(again.json()["error"], "StepFunctionsError");
                assert_eq!(stage.aws.effects_of(&token).len(), 2);
            }
        }
    }
}

#[test]
fn outputs_arrive_with_every_digit_and_failures_without_what_was_not_given() {
    let stage = Stage::new();
    let (mut create, mut process) = (stage.create(&[]), stage.process(&[]));
    for (action, told) in [
        (
            r#"{"name":"a","type":"success","output": {"n": 12345678901234567890.10, "b" : [1e400, -0.0]}}"#,
            (Some(r#"{"n":12345678901234567890.10,"b":[1e400,-0.0]}"#), None),
        ),
        (
            r#"{"name":"a","type":"success","output":null}"#,
            (Some("null"), None),
        ),
        (r#"{"name":"a","type":"failure"}"#, (None, None)),
        (
            r#"{"name":"a","type":"failure","cause":"only"}"#,
            (None, Some("only")),
        ),
        (r#"{"name":"a","type":"failure","error":""}"#, (Some(""), None)),
    ] {
        let (id, token) = stage.aws.waiting_task();
        // By HTTP, as text: this test's own JSON library would change the digits.
        let body = format!(r#"{{"token":"{token}","actions":[{action}]}}"#);
        let request = HttpRequest::new("POST", "/urls").body("application/json", body);
        create.keep_secret(&token);
        let answer = create.visit(Door::Rest, &request).json();
        let url = create.urls_of(&answer).remove(0);
        assert_eq!(process.open(&url).status, 200, "{action}");
        let told = (told.0.map(str::to_owned), told.1.map(str::to_owned));
        assert_eq!(state(&stage, id), told, "{action}");
    }
}

#[test]
fn a_heartbeat_link_works_again_and_again_until_the_task_is_closed() {
    let stage = Stage::new();
    let (_, token) = stage.aws.waiting_task();
    let urls = stage.create(&[]).urls(&token, &json!([beat(), approve()]));
    let mut process = stage.process(&[]);
    for _ in 0..5 {
        assert_eq!(process.open(&urls[0]).status, 200);
    }
    assert_eq!(stage.aws.effects_of(&token).len(), 5);
    assert_eq!(process.open(&urls[1]).status, 200);
    let late = process.open(&urls[0]);
    assert_eq!(
        (late.status, &late.json()["error"]),
        (400, &json!("StepFunctionsError"))
    );
    assert_eq!(stage.aws.effects_of(&token).len(), 6);
}

// --- Keys ---

#[test]
fn one_data_key_serves_the_links_of_a_request_and_of_those_after_it() {
    let stage = Stage::new();
    let mut create = stage.create(&[]);
    for _ in 0..3 {
        let (_, token) = stage.aws.waiting_task();
        let urls = create.urls(&token, &json!([approve(), reject(), beat()]));
        let distinct: HashSet<&str> = urls.iter().map(|url| data(url)).collect();
        assert_eq!(distinct.len(), 3);
    }
    let calls = stage.aws.calls_of(Operation::GenerateDataKey);
    assert_eq!(calls.len(), 1);
    assert_eq!(
        calls[0].body,
        json!({
            "KeyId": stage.key,
            "KeySpec": "AES_256",
            "EncryptionContext": { "app": "sfn-callback-urls", "fmt": "3", "aud": "default" },
        })
    );
    let signer = calls[0].signer.clone().expect("a signature");
    assert_eq!(
        (signer.access_key.as_str(), signer.region.as_str()),
        ("AKIDOFTHEROLE", "us-east-1")
    );
    assert_eq!(stage.aws.calls().len(), 1, "creating asks for nothing else");
}

#[test]
fn without_a_cache_each_request_has_a_data_key_of_its_own() {
    let stage = Stage::new();
    for (settings, keys) in [
        ([("DATA_KEY_MAX_AGE", "0")], 3),
        ([("DATA_KEY_MAX_USES", "2")], 3),
        ([("DATA_KEY_MAX_USES", "4")], 2),
    ] {
        stage.aws.forget_calls();
        let mut create = stage.create(&settings);
        for _ in 0..3 {
            let (_, token) = stage.aws.waiting_task();
            create.urls(&token, &json!([approve(), reject()]));
        }
        assert_eq!(stage.count(Operation::GenerateDataKey), keys, "{settings:?}");
        drop(create);
    }
}

#[test]
fn decrypting_is_bound_to_key_and_context_and_happens_once() {
    let stage = Stage::new();
    let (_, token) = stage.aws.waiting_task();
    let audience = [("AUDIENCE", "stack-1")];
    let urls = stage.create(&audience).urls(&token, &json!([beat(), approve()]));
    let mut process = stage.process(&audience);
    for url in [&urls[0], &urls[0], &urls[1], &urls[0], &urls[1]] {
        process.open(url);
    }
    let calls = stage.aws.calls_of(Operation::Decrypt);
    assert_eq!(calls.len(), 1);
    let mut body = calls[0].body.clone();
    let blob = text(&body["CiphertextBlob"].take());
    assert_eq!(STANDARD.decode(blob).expect("base64").len(), 184);
    assert_eq!(
        body,
        json!({
            "KeyId": stage.key,
            "CiphertextBlob": null,
            "EncryptionContext": { "app": "sfn-callback-urls", "fmt": "3", "aud": "stack-1" },
        })
    );
    assert_eq!(
        stage.count(Operation::GenerateDataKey),
        1,
        "processing makes no key"
    );
}

#[test]
fn without_a_cache_each_visit_decrypts() {
    let stage = Stage::new();
    let (_, url) = stage.link(&beat());
    let mut process = stage.process(&[("DECRYPT_CACHE_MAX_AGE", "0")]);
    for _ in 0..3 {
        assert_eq!(process.open(&url).status, 200);
    }
    assert_eq!(stage.count(Operation::Decrypt), 3);
}

#[test]
fn links_under_a_former_key_open_while_it_is_listed() {
    let stage = Stage::new();
    let (token, url) = stage.link(&approve());
    let (new, other) = (stage.aws.make_key(), stage.aws.make_key());
    let mut without = stage.process(&[("KEY_ID", &new), ("DECRYPT_KEY_IDS", &other)]);
    let answer = without.open(&url);
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (400, &json!("InvalidPayload"))
    );
    assert!(stage.aws.effects_of(&token).is_empty());
    drop(without);
    stage.aws.forget_calls();

    let list = format!("{other}, {}", stage.key);
    let mut with = stage.process(&[("KEY_ID", &new), ("DECRYPT_KEY_IDS", &list)]);
    assert_eq!(with.open(&url).status, 200);
    assert_eq!(stage.aws.effects_of(&token).len(), 1);
    let asked: Vec<String> = stage
        .aws
        .calls_of(Operation::Decrypt)
        .iter()
        .map(|call| text(&call.body["KeyId"]))
        .collect();
    assert_eq!(asked, [new, other, stage.key.clone()]);
}

#[test]
fn a_link_of_another_audience_does_not_open() {
    let stage = Stage::new();
    let (token, url) = stage.link(&approve());
    let mut process = stage.process(&[("AUDIENCE", "other")]);
    for _ in 0..2 {
        let answer = process.open(&url);
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (400, &json!("InvalidPayload"))
        );
    }
    assert_eq!(stage.count(Operation::Decrypt), 1, "a refusal is remembered");
    assert!(stage.aws.effects_of(&token).is_empty());
}

// --- Length ---

#[test]
fn the_approve_link_of_the_blog_is_short() {
    let stage = Stage::new();
    // The length, the beginning and the alphabet of tokens that were seen.
    let bytes: Vec<u8> = [0, 0, 0, 42, 0, 0, 0, 2]
        .into_iter()
        .chain((0..493_u32).map(|number| u8::try_from(number * 167 % 251).expect("small")))
        .collect();
    let token = STANDARD.encode(bytes);
    assert_eq!(token.len(), 668);
    let approve =
        json!({ "name": "approve", "type": "success", "output": { "name_in_output": "Hello, World!" } });
    let url = stage.create(&[]).urls(&token, &json!([approve])).remove(0);
    assert!(
        url.starts_with(&format!("{BASE}/respond?action=approve&type=success&data=3-AQC4")),
        "184 bytes"
    );
    assert!(url.len() <= 1_210, "{} characters", url.len());
}

/// The longest of the tokens of today, and the longest address of a default host in this region's style.
#[test]
fn the_compact_approve_link_of_the_blog_fits_a_line_of_mail() {
    let stage = Stage::new();
    let mac_key = stage.aws.make_mac_key();
    let compact = [("MAC_KEY_ID", mac_key.as_str()), ("COMPACT_LINKS", "true")];
    // Two texts, as tokens of today are: 180 and 532 characters.
    let noise = |from: u32, count: u32| -> Vec<u8> {
        (from..from + count)
            .map(|number| u8::try_from(number * 167 % 251).expect("small"))
            .collect()
    };
    let token = STANDARD.encode(noise(0, 135)) + &STANDARD.encode(noise(135, 399));
    assert_eq!(token.len(), 712);
    let approve =
        json!({ "name": "approve", "type": "success", "output": { "name_in_output": "Hello, World!" } });
    let url = stage.create(&compact).urls(&token, &json!([approve])).remove(0);
    assert!(url.starts_with(&format!("{BASE}/respond?data=3-AwA")), "an hour");
    assert!(url.len() <= 990, "{} characters", url.len());
    let usual = stage.create(&[]).urls(&token, &json!([approve])).remove(0);
    assert!(
        usual.len() > 1_210,
        "with a wrapped key: {} characters",
        usual.len()
    );
}

#[test]
fn compact_links_open_in_an_instance_that_has_just_started() {
    let stage = Stage::new();
    let mac_key = stage.aws.make_mac_key();
    let accepting = [("MAC_KEY_ID", mac_key.as_str())];
    let compact = [accepting[0], ("COMPACT_LINKS", "true")];
    let (id, token) = stage.aws.waiting_task();
    let urls = stage.create(&compact).urls(&token, &json!([beat(), approve()]));
    assert_eq!(stage.count(Operation::GenerateMac), 1, "one for both links");
    let mut process = stage.process(&accepting);
    assert_eq!(process.open(&urls[0]).status, 200);
    assert_eq!(process.open(&urls[1]).status, 200);
    assert!(matches!(
        stage.aws.task_state(id),
        Some(TaskState::Succeeded { .. })
    ));
    assert_eq!(stage.count(Operation::GenerateMac), 2);
    assert_eq!(
        stage.count(Operation::Decrypt) + stage.count(Operation::GenerateDataKey),
        0
    );
    // The symmetric key makes no MACs, and the HMAC key wraps nothing.
    let mut mistaken = stage.process(&[("MAC_KEY_ID", stage.key.as_str())]);
    let refused = mistaken.open(&urls[0]);
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("300"))
    );
    assert_eq!(
        stage.process(&[]).open(&urls[0]).status,
        400,
        "without an HMAC key"
    );
}

// --- TLS ---

#[test]
fn both_services_are_asked_over_tls_with_the_named_authority() {
    for variable in ["SSL_CERT_FILE", "AWS_CA_BUNDLE"] {
        let stage = Stage::with(FakeAws::start_tls(Identity::Trusted));
        let (url, file) = (stage.aws.https_url(), authority(&stage));
        let over_tls = [("AWS_ENDPOINT_URL", url.as_str()), (variable, file.as_str())];
        let (_, token) = stage.aws.waiting_task();
        let link = stage
            .create(&over_tls)
            .urls(&token, &json!([approve()]))
            .remove(0);
        assert_eq!(stage.process(&over_tls).open(&link).status, 200, "{variable}");
        assert_eq!(stage.aws.effects_of(&token).len(), 1);
    }
}

#[test]
fn nothing_is_sent_to_a_server_with_a_bad_certificate() {
    let cases = [
        (Identity::OtherAuthority, true),
        (Identity::WrongName, true),
        (Identity::Expired, true),
        (Identity::Trusted, false),
    ];
    in_parallel(&cases, |&(identity, trusting)| {
        let stage = Stage::with(FakeAws::start_tls(identity));
        let (token, link) = stage.link(&approve());
        stage.aws.forget_calls();
        let (https, http, file) = (stage.aws.https_url(), stage.aws.http_url(), authority(&stage));
        let trust = ("SSL_CERT_FILE", if trusting { file.as_str() } else { "" });

        let mut create = stage.create(&[("AWS_ENDPOINT_URL", &https), trust]);
        create.keep_secret(&token);
        let answer = create.invoke(&direct_event(&token, &json!([approve()])));
        assert_eq!(answer["error"], "EncryptionFailed");
        drop(create);

        for (kms, states, calls) in [(&https, &http, 0), (&http, &https, 1)] {
            let settings = [
                ("AWS_ENDPOINT_URL_KMS", kms.as_str()),
                ("AWS_ENDPOINT_URL_SFN", states.as_str()),
                trust,
            ];
            let answer = stage.process(&settings).open(&link);
            assert_eq!(answer.status, 503, "{identity:?}");
            assert_eq!(answer.json()["outcome"], "not_sent");
            assert_eq!(answer.header("retry-after"), Some("5"));
            assert_eq!(
                stage.aws.calls().len(),
                calls,
                "{identity:?}: only the good Decrypt"
            );
        }
        assert!(stage.aws.effects_of(&token).is_empty());
    });
}

fn authority(stage: &Stage) -> String {
    stage.aws.authority_file().to_str().expect("a path").to_owned()
}

// --- Settings and roles ---

/// What the executable says when it does not start: its one line.
#[track_caller]
fn refusal_to_start(handler: &str, settings: &[(&str, &str)]) -> Vec<String> {
    let launch = settings.iter().fold(launch(handler), |launch, (name, value)| {
        launch.variable(*name, *value)
    });
    let mut function = launch.start();
    assert_eq!(function.wait_until_ready(), Err(Failure::Exited(Some(1))));
    let remains = function.finish();
    assert_eq!((remains.stdout.len(), remains.stderr.len()), (1, 0));
    let line: Value = serde_json::from_str(&remains.stdout[0]).expect("a line of JSON");
    assert_eq!(line["level"], "ERROR");
    let problems = line["problems"].as_array().expect("problems");
    problems.iter().map(text).collect()
}

#[test]
fn wrong_settings_are_all_named_at_once() {
    for handler in ["create_urls", "process_callback"] {
        let problems = refusal_to_start(
            handler,
            &[
                ("AWS_REGION", "nowhere"),
                ("KEY_ID", "alias/links"),
                ("AUDIENCE", "with space"),
                ("STAGE", ""),
                ("VERBOSE_LOGGING", "yes"),
                ("ENABLE_POST_ACTIONS", "1"),
                ("DATA_KEY_MAX_AGE", "3601"),
                ("DECRYPT_CACHE_MAX_AGE", "x"),
                ("AWS_ENDPOINT_URL", "ftp://127.0.0.1"),
            ],
        );
        for name in [
            "AWS_REGION: ",
            "KEY_ID: ",
            "AUDIENCE: ",
            "STAGE: ",
            "VERBOSE_LOGGING: ",
            "ENABLE_POST_ACTIONS: ",
            "DATA_KEY_MAX_AGE: ",
            "DECRYPT_CACHE_MAX_AGE: ",
            "AWS_ENDPOINT_URL: ",
        ] {
            assert!(
                problems.iter().any(|problem| problem.starts_with(name)),
                "{name}{problems:?}"
            );
        }
    }
}

#[test]
fn an_unknown_handler_does_not_start() {
    for handler in ["bootstrap", "", "create_urls.handler"] {
        let problems = refusal_to_start(handler, &[("KEY_ID", "alias/links")]);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with("_HANDLER: must be create_urls or process_callback"));
        assert!(problems[1].starts_with("KEY_ID: "));
    }
}

#[test]
fn a_ca_bundle_that_is_none_does_not_start() {
    for file in ["/nowhere/ca.pem", "/dev/null"] {
        for variable in ["SSL_CERT_FILE", "AWS_CA_BUNDLE"] {
            let problems = refusal_to_start("process_callback", &[(variable, file)]);
            assert!(
                problems.len() == 1 && problems[0].contains(variable),
                "{problems:?}"
            );
        }
    }
}

#[test]
fn creating_needs_a_base() {
    let problems = refusal_to_start("create_urls", &[("API_ID", ""), ("STAGE", "")]);
    assert_eq!(problems, ["BASE_URL: is missing; set it, or API_ID and STAGE"]);
}

#[test]
fn a_process_instance_makes_no_links() {
    let stage = Stage::new();
    let (_, token) = stage.aws.waiting_task();
    let mut process = stage.process(&[]);
    process.keep_secret(&token);
    let answer = process.invoke(&direct_event(&token, &json!([approve()])));
    assert_eq!(answer["error"], "UnsupportedEvent");
    assert!(answer.get("urls").is_none());
    for door in Door::ALL {
        let answer = process.visit(door, &creation(&token, &json!([approve()])));
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (400, &json!("InvalidPayload"))
        );
    }
    assert!(stage.aws.calls().is_empty());
}

#[test]
fn a_create_instance_opens_no_links() {
    let stage = Stage::new();
    let (token, url) = stage.link(&approve());
    stage.aws.forget_calls();
    let mut create = stage.create(&[]);
    for door in Door::ALL {
        let answer = create.visit(door, &HttpRequest::for_url("GET", &url));
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    }
    assert!(stage.aws.calls().is_empty() && stage.aws.effects_of(&token).is_empty());
}
