//! What the executable counts, as CloudWatch would read it from its lines, while KMS and Step Functions answer, refuse,
//! and do not answer.

#![allow(clippy::indexing_slicing, reason = "a test may panic, that is how it fails")]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sfn_callback_urls::entry::process;

use crate::stage::{Stage, approve, beat, reject};
use crate::support::aws::{AwsError, Commit, Fault, KeyState, Operation};
use crate::support::emf::{self, Metric};
use crate::support::events::{Door, HttpRequest};

const COUNTED: [(&str, &str); 2] = [("METRICS", "true"), ("AWS_LAMBDA_FUNCTION_NAME", "links")];

fn metrics(line: &Value) -> Vec<Metric> {
    emf::read(&line.to_string(), process::clock().as_millisecond())
        .unwrap_or_else(|why| panic!("{why}: {line}"))
}

/// The counts of a line; for durations, how many values there are.
fn counts(line: &Value) -> BTreeMap<String, u64> {
    let counts = metrics(line).into_iter().map(|metric| {
        assert_eq!(metric.namespace, "sfn-callback-urls");
        assert_eq!(metric.dimensions["FunctionName"], "links");
        let count = match metric.unit.as_str() {
            "Milliseconds" => metric.values.len() as u64,
            _ => metric.values.iter().sum::<f64>() as u64,
        };
        match metric.dimensions.get("Code") {
            Some(code) => (format!("{} {code}", metric.name), count),
            None => (metric.name, count),
        }
    });
    counts.collect()
}

#[track_caller]
fn check(lines: &[Value], expected: &[&[(&str, u64)]]) {
    let expected: Vec<BTreeMap<String, u64>> = expected
        .iter()
        .map(|counts| {
            let counts = counts.iter().map(|(name, count)| ((*name).to_owned(), *count));
            counts.chain([("Duration".to_owned(), 1)]).collect()
        })
        .collect();
    let counted: Vec<_> = lines.iter().map(counts).collect();
    assert_eq!(counted, expected);
}

#[test]
fn calls_to_kms_and_what_memory_saves() {
    let stage = Stage::new();
    let (mut create, mut process) = (stage.create(&COUNTED), stage.process(&COUNTED));
    let (_, token) = stage.aws.waiting_task();
    let urls = create.urls(&token, &json!([beat(), reject()]));
    create.urls(&token, &json!([beat()]));
    for _ in 0..2 {
        assert_eq!(process.open(&urls[0]).status, 200);
    }
    check(
        &create.lines(),
        &[
            &[("Created", 1), ("Links", 2), ("KmsOk", 1), ("KmsDuration", 1)],
            &[("Created", 1), ("Links", 1), ("KeyCacheHits", 1)],
        ],
    );
    let told = [("Recorded", 1), ("ReportOk", 1), ("ReportDuration", 1)];
    check(
        &process.lines(),
        &[
            &[told.as_slice(), &[("KmsOk", 1), ("KmsDuration", 1)]].concat(),
            &[told.as_slice(), &[("KeyCacheHits", 1)]].concat(),
        ],
    );
}

#[test]
fn reports_that_fail_are_counted_by_how_they_fail() {
    let stage = Stage::new();
    let (_, token) = stage.aws.waiting_task();
    let urls = stage.create(&[]).urls(&token, &json!([beat(), approve()]));
    let mut process = stage.process(&COUNTED);
    stage.aws.fault(
        Operation::SendTaskHeartbeat,
        [Fault::Error(AwsError::Throttling), Fault::Reset(Commit::Before)],
    );
    assert_eq!(process.open(&urls[0]).status, 200);
    stage
        .aws
        .fault(Operation::SendTaskSuccess, [Fault::Reset(Commit::After)]);
    assert_eq!(process.open(&urls[1]).status, 202);
    assert_eq!(process.open(&urls[1]).status, 400);
    let unanswered = [
        Fault::Reset(Commit::Before),
        Fault::Reset(Commit::Before),
        Fault::Reset(Commit::Before),
    ];
    stage.aws.fault(Operation::SendTaskHeartbeat, unanswered);
    let answer = process.open(&urls[0]);
    assert_eq!(
        (answer.status, answer.json()["outcome"].clone()),
        (503, json!("unknown"))
    );
    let lines = process.lines();
    assert_eq!(lines[3]["sent"], "unknown");
    check(
        &lines,
        &[
            &[
                ("Recorded", 1),
                ("KmsOk", 1),
                ("KmsDuration", 1),
                ("ReportOk", 1),
                ("ReportThrottled", 1),
                ("ReportNoAnswer", 1),
                ("ReportDuration", 3),
            ],
            &[
                ("ClosedDuringRetry", 1),
                ("KeyCacheHits", 1),
                ("ReportErrors", 1),
                ("ReportNoAnswer", 1),
                ("ReportDuration", 2),
            ],
            &[
                ("Refused", 1),
                ("Refused StepFunctionsError", 1),
                ("KeyCacheHits", 1),
                ("ReportErrors", 1),
                ("ReportDuration", 1),
            ],
            &[
                ("Refused", 1),
                ("Refused ServiceUnavailable", 1),
                ("Faults", 1),
                ("Unconfirmed", 1),
                ("KeyCacheHits", 1),
                ("ReportNoAnswer", 3),
                ("ReportDuration", 3),
            ],
        ],
    );
}

#[test]
fn a_key_that_is_off_and_garbage() {
    let stage = Stage::new();
    let (_, url) = stage.link(&approve());
    stage.aws.set_key_state(&stage.key, KeyState::Disabled);
    let (mut create, mut process) = (stage.create(&COUNTED), stage.process(&COUNTED));
    let (_, token) = stage.aws.waiting_task();
    let request = json!({"token": token, "actions": [approve()]});
    create.keep_secret(&token);
    assert_eq!(create.invoke(&request)["error"], "EncryptionFailed");
    assert_eq!(process.open(&url).status, 503);
    let garbage = HttpRequest::for_url("GET", "https://example.com/respond?data=3-garbage");
    assert_eq!(process.visit(Door::HttpApi, &garbage).status, 400);
    let failed = [
        ("KmsErrors", 1),
        ("KmsDuration", 1),
        ("Faults", 1),
        ("Refused", 1),
    ];
    check(
        &create.lines(),
        &[&[failed.as_slice(), &[("Refused EncryptionFailed", 1)]].concat()],
    );
    let lines = process.lines();
    assert_eq!(lines[0]["sent"], "not_sent");
    check(
        &lines,
        &[
            &[failed.as_slice(), &[("Refused ServiceUnavailable", 1)]].concat(),
            &[("Refused", 1), ("Refused InvalidPayload", 1)],
        ],
    );
}

/// The metrics of a function that logs next to nothing; the only line of an event that is not logged.
#[test]
fn metrics_do_not_need_the_log() {
    let stage = Stage::new();
    let (_, url) = stage.link(&approve());
    let quiet = [COUNTED.as_slice(), &[("LOG_LEVEL", "ERROR")]].concat();
    let mut process = stage.process(&quiet);
    assert_eq!(process.open(&url).status, 200);
    assert_eq!(process.open(&url).status, 400);
    let lines = process.lines();
    assert!(lines.iter().all(|line| line.get("level").is_none()), "{lines:?}");
    let counted: Vec<_> = lines.iter().map(|line| counts(line)["Duration"]).collect();
    assert_eq!(counted, [1, 1]);
    assert_eq!(counts(&lines[0])["Recorded"], 1);
    assert_eq!(counts(&lines[1])["Refused StepFunctionsError"], 1);
}

#[test]
fn without_the_setting_nothing_is_counted() {
    let stage = Stage::new();
    let (_, url) = stage.link(&approve());
    let mut process = stage.process(&[("METRICS", "")]);
    process.open(&url);
    let lines = process.lines();
    assert_eq!(metrics(&lines[0]), []);
    assert!(!lines[0].to_string().contains("_aws"), "{}", lines[0]);
}
