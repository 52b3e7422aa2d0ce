//! What is done before the first event, and that nothing depends on it.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::stage::{Stage, approve, launch};
use crate::support::aws::{AwsError, Commit, FakeAws, Fault, Identity, KeyState, Operation};
use crate::support::runtime_api::Function;

const ON: (&str, &str) = ("WARM_UP", "true");

fn ready(stage: &Stage, handler: &str, more: &[(&str, &str)]) -> (Function, Duration) {
    let mut launch = launch(handler)
        .variable("KEY_ID", &stage.key)
        .variable("AWS_ENDPOINT_URL", stage.aws.http_url());
    for (name, value) in [&[ON], more].concat() {
        launch = launch.variable(name, value);
    }
    let mut function = launch.start();
    let took = function.wait_until_ready().expect("it starts");
    (function, took)
}

#[test]
fn create_has_its_first_data_key_before_its_first_event() {
    let stage = Stage::new();
    let (function, _) = ready(&stage, "create_urls", &[]);
    assert_eq!(stage.count(Operation::GenerateDataKey), 1);
    assert_eq!((stage.aws.calls().len(), stage.aws.pings()), (1, 0));
    drop(function);

    let mut create = stage.create(&[ON]);
    for _ in 0..3 {
        let (_, token) = stage.aws.waiting_task();
        create.urls(&token, &json!([approve()]));
    }
    assert_eq!(
        stage.count(Operation::GenerateDataKey),
        2,
        "one for each instance"
    );
}

#[test]
fn process_connects_to_both_services_and_asks_them_for_nothing() {
    let stage = Stage::with(FakeAws::start_tls(Identity::Trusted));
    let file = stage.aws.authority_file().to_str().unwrap().to_owned();
    let url = stage.aws.https_url();
    // Two names of one host, so that there are two connections as there are in AWS.
    let other = url.replace("localhost", "127.0.0.1");
    let over_tls = [
        ("AWS_ENDPOINT_URL_KMS", url.as_str()),
        ("AWS_ENDPOINT_URL_SFN", other.as_str()),
        ("SSL_CERT_FILE", file.as_str()),
        ON,
    ];
    let (token, link) = stage.link(&approve());
    stage.aws.forget_calls();
    let before = stage.aws.connections();
    let mut process = stage.process(&over_tls);
    assert_eq!(process.open(&link).status, 200);
    assert_eq!(
        stage.aws.pings(),
        3,
        "one for each service, and one before the report: the event may come hours later"
    );
    assert_eq!(stage.aws.connections() - before, 2, "the same serve the calls");
    assert_eq!(stage.aws.effects_of(&token).len(), 1);
    assert_eq!(stage.aws.calls().len(), 2, "Decrypt and SendTaskSuccess");
}

#[test]
fn where_no_data_key_is_kept_none_is_made_beforehand() {
    let stage = Stage::new();
    let (_function, _) = ready(&stage, "create_urls", &[("DATA_KEY_MAX_AGE", "0")]);
    assert_eq!((stage.aws.calls().len(), stage.aws.pings()), (0, 1));
}

#[test]
fn without_a_key_kms_is_not_asked_for_anything() {
    let stage = Stage::new();
    let off = [("KEY_ID", "")];
    let (_create, _) = ready(&stage, "create_urls", &off);
    assert_eq!((stage.aws.calls().len(), stage.aws.connections()), (0, 0));
    let (_process, _) = ready(&stage, "process_callback", &off);
    assert_eq!(
        (stage.aws.calls().len(), stage.aws.pings()),
        (0, 1),
        "Step Functions"
    );
}

#[test]
fn it_can_be_switched_off() {
    let stage = Stage::new();
    for handler in ["create_urls", "process_callback"] {
        let (_function, _) = ready(&stage, handler, &[("WARM_UP", "false")]);
    }
    assert_eq!((stage.aws.calls().len(), stage.aws.connections()), (0, 0));
}

#[test]
fn a_start_that_goes_wrong_is_left_to_the_request_that_needs_it() {
    let faults = [
        Fault::ResetBeforeRead,
        Fault::Reset(Commit::After),
        Fault::Status(503, Commit::Before),
        Fault::Error(AwsError::Throttling),
        Fault::Error(AwsError::AccessDenied),
        Fault::TruncatedJson,
        Fault::BrokenBody,
        Fault::WrongContentType(Commit::Before),
    ];
    for fault in faults {
        let stage = Stage::new();
        // As often as the SDK tries.
        stage.aws.fault(Operation::GenerateDataKey, vec![fault; 3]);
        let (_, token) = stage.aws.waiting_task();
        let (mut create, _) = ready(&stage, "create_urls", &[]);
        stage.aws.fault_always(Operation::GenerateDataKey, Fault::None);
        while stage.aws.faults_left(Operation::GenerateDataKey) > 0 {
            let _ = create.invoke(&json!({"token": token, "actions": [approve()]}));
        }
        let answer = create.invoke(&json!({"token": token, "actions": [approve()]}));
        let answer = answer.expect("an answer").result.expect("no error");
        assert!(answer["urls"]["approve"].is_string(), "{answer}");
    }
}

#[test]
fn a_key_that_is_switched_off_keeps_no_instance_from_starting() {
    let stage = Stage::new();
    stage.aws.set_key_state(&stage.key, KeyState::Disabled);
    let mut create = stage.create(&[ON]);
    let (_, token) = stage.aws.waiting_task();
    let answer = create.invoke(&json!({"token": token, "actions": [approve()]}));
    assert_eq!(answer["error"], "EncryptionFailed");
}

#[test]
fn the_first_event_waits_no_longer_than_half_a_second_for_silence() {
    let stage = Stage::new();
    stage
        .aws
        .fault_always(Operation::GenerateDataKey, Fault::Hang(Commit::Before));
    let start = Instant::now();
    let (mut create, took) = ready(&stage, "create_urls", &[]);
    assert!(took >= Duration::from_millis(500), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    // What was given up holds nothing: the next call is a new one.
    stage.aws.fault_always(Operation::GenerateDataKey, Fault::None);
    let (_, token) = stage.aws.waiting_task();
    let answer = create.invoke(&json!({"token": token, "actions": [approve()]}));
    let answer = answer.expect("an answer").result.expect("no error");
    assert!(answer["urls"]["approve"].is_string(), "{answer}");
    assert!(start.elapsed() < Duration::from_secs(20));
}
