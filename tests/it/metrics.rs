//! Which metrics a request adds, and that CloudWatch would read them.

use crate::stand_ins::emf::{self, Metric};
use crate::support::{NOW, Stack, heartbeat, nothing, success, with};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const COUNTED: [(&str, &str); 3] = [
    ("METRICS", "true"),
    ("AWS_LAMBDA_FUNCTION_NAME", "links-Function_1"),
    ("CORS_ALLOW_ORIGIN", "*"),
];

fn counted(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    [COUNTED.as_slice(), more].concat()
}

/// The metrics of each line so far, by name; those by code as `Refused <code>`. How long it took is in each line.
#[track_caller]
fn metrics(stack: &Stack) -> Vec<BTreeMap<String, f64>> {
    let log = stack.log_text();
    let lines = log.lines().map(|line| emf::read(line, NOW * 1_000).expect(line));
    lines.map(|metrics| counts(&metrics)).collect()
}

#[track_caller]
fn counts(metrics: &[Metric]) -> BTreeMap<String, f64> {
    let mut counts = BTreeMap::new();
    for metric in metrics {
        assert_eq!(metric.namespace, "sfn-callback-urls");
        assert_eq!(metric.dimensions["FunctionName"], "links-Function_1");
        let name = match metric.dimensions.get("Code") {
            Some(code) => format!("{} {code}", metric.name),
            None => metric.name.clone(),
        };
        assert_eq!(
            metric.dimensions.len(),
            1 + usize::from(name != metric.name),
            "{metric:?}"
        );
        if metric.name.ends_with("Duration") {
            assert_eq!(metric.unit, "Milliseconds");
        } else {
            assert_eq!(metric.unit, "Count");
            counts.insert(name, metric.values.iter().sum());
        }
    }
    if !metrics.is_empty() {
        assert!(
            metrics.iter().any(|metric| metric.name == "Duration"),
            "{metrics:?}"
        );
    }
    counts
}

fn these(counts: &[(&str, f64)]) -> BTreeMap<String, f64> {
    counts
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

/// One request of each outcome that a service without AWS has, and what it adds.
#[track_caller]
fn each_outcome(stack: &mut Stack) -> Vec<BTreeMap<String, f64>> {
    let mut expected = Vec::new();
    let urls = stack.links(
        json!([
            success(json!(1)),
            {"name": "ask", "type": "heartbeat", "confirm": true}
        ]),
        nothing(),
    );
    expected.push(these(&[("Created", 1.0), ("Links", 2.0)]));
    let (act, ask) = (urls.url("a"), urls.url("ask"));
    stack.visit("HEAD", &act, &[], b"");
    expected.push(these(&[("Inert", 1.0)]));
    assert_eq!(stack.get_as(&ask, "text/html").status, 200);
    expected.push(these(&[("Asked", 1.0)]));
    let script = [
        ("origin", "https://app.example.com"),
        ("access-control-request-method", "POST"),
    ];
    stack.visit("OPTIONS", &act, &script, b"");
    expected.push(these(&[("Preflight", 1.0)]));
    assert_eq!(stack.get(&act).status, 200);
    expected.push(these(&[("Recorded", 1.0)]));
    assert_eq!(stack.get(&act).status, 400);
    expected.push(these(&[("Refused", 1.0), ("Refused StepFunctionsError", 1.0)]));
    stack.get("https://example.com/respond?data=3-damaged");
    expected.push(these(&[("Refused", 1.0), ("Refused InvalidPayload", 1.0)]));
    // A page is shown again, with a sentence: that is a refusal.
    let code = format!("Refused {}", stack.post(&ask, "").code());
    expected.push(these(&[("Refused", 1.0), (&code, 1.0)]));
    Arc::get_mut(&mut stack.app).unwrap().config.base_url = None;
    let request = json!({"token": stack.task(), "actions": [heartbeat()]});
    assert_eq!(stack.create(&request).status, 500);
    expected.push(these(&[
        ("Refused", 1.0),
        ("Refused ServiceError", 1.0),
        ("Faults", 1.0),
    ]));
    expected
}

#[test]
fn each_request_adds_what_happened_and_nothing_else() {
    let mut stack = Stack::new(&COUNTED);
    let expected = each_outcome(&mut stack);
    assert_eq!(metrics(&stack), expected);
}

#[test]
fn lines_that_are_not_logged_count_all_the_same() {
    let mut stack = Stack::new(&counted(&[("LOG_LEVEL", "ERROR")]));
    let expected = each_outcome(&mut stack);
    assert_eq!(metrics(&stack), expected);
    let log = stack.log();
    let (last, others) = log.split_last().unwrap();
    assert_eq!(last["level"], "ERROR");
    for line in others {
        for (name, value) in line.as_object().unwrap() {
            let is_metric = name.starts_with(|first: char| first.is_ascii_uppercase()) || name == "_aws";
            assert!(is_metric, "{name}: {value}");
        }
    }
}

#[test]
fn metrics_are_off_unless_they_are_asked_for() {
    for vars in [
        &[] as &[_],
        &[("METRICS", "false"), ("AWS_LAMBDA_FUNCTION_NAME", "f")],
        &[("AWS_LAMBDA_FUNCTION_NAME", "f")],
    ] {
        let stack = Stack::new(vars);
        let link = stack.link(success(json!(1)), nothing());
        stack.get(&link);
        stack.get(&link);
        assert_eq!(stack.log().len(), 3);
        for line in stack.log() {
            let is_metric =
                |name: &String| name == "_aws" || name.starts_with(|c: char| c.is_ascii_uppercase());
            assert!(!line.as_object().unwrap().keys().any(is_metric), "{line}");
        }
    }
}

/// Whoever calls cannot make a metric or a dimension: each has its price.
#[test]
fn callers_make_no_metrics() {
    let stack = Stack::new(&COUNTED);
    let mut names = std::collections::BTreeSet::new();
    for name in ["first", "second", "Code", "FunctionName", "_aws", "Recorded"] {
        let action = with(success(json!(1)), json!({"name": name}));
        let more = json!({"recipients": [{"id": "ann"}, {"id": "ben"}]});
        let created = stack.create(&with(json!({"token": stack.task(), "actions": [action]}), more));
        assert_eq!(created.status, 200, "{}", created.body);
        let urls = created.json();
        for it in urls["recipients"].as_array().unwrap() {
            let url = it["urls"][name].as_str().unwrap();
            stack.visit(
                "GET",
                &format!("{url}&Recorded=7&_aws=1"),
                &[("user-agent", name)],
                b"",
            );
        }
    }
    for line in stack.log_text().lines() {
        for metric in emf::read(line, NOW * 1_000).unwrap() {
            names.insert((metric.name, metric.dimensions));
        }
    }
    let names: Vec<_> = names
        .iter()
        .map(|(name, it)| (name.as_str(), it.get("Code").map(String::as_str)))
        .collect();
    assert_eq!(
        names,
        [
            ("Created", None),
            ("Duration", None),
            ("Links", None),
            ("Recorded", None),
            ("Refused", Some("StepFunctionsError")),
            ("Refused", None),
        ]
    );
}

#[test]
fn the_line_still_says_what_it_says_without_metrics() {
    let (with_metrics, without) = (Stack::new(&COUNTED), Stack::new(&[]));
    for stack in [&with_metrics, &without] {
        crate::support::rewind();
        stack.get(&stack.link(success(json!(1)), nothing()));
    }
    for (counted, plain) in with_metrics.log().iter().zip(without.log()) {
        for (name, value) in plain.as_object().unwrap() {
            if name != "duration_ms" {
                assert_eq!(&counted[name], value, "{name}");
            }
        }
        assert_eq!(counted["Duration"], counted["duration_ms"]);
    }
}

// --- The reader, which must not take what CloudWatch does not take ---

fn good() -> Value {
    json!({
        "FunctionName": "f", "Code": "c", "Recorded": 1, "Took": [1, 2.5],
        "_aws": {"Timestamp": NOW * 1_000, "CloudWatchMetrics": [{
            "Namespace": "n", "Dimensions": [["FunctionName"], ["FunctionName", "Code"]],
            "Metrics": [{"Name": "Recorded", "Unit": "Count"}, {"Name": "Took", "Unit": "Milliseconds", "StorageResolution": 60}]
        }]}
    })
}

#[test]
fn the_reader_gives_a_metric_for_each_set_of_dimensions() {
    let metrics = emf::read(&good().to_string(), NOW * 1_000).unwrap();
    assert_eq!(metrics.len(), 4);
    assert_eq!(metrics[2].values, [1.0, 2.5]);
    assert_eq!(metrics[3].dimensions["Code"], "c");
    assert_eq!(emf::read("{\"level\":\"INFO\"}", 0), Ok(Vec::new()));
}

#[test]
fn the_reader_takes_nothing_that_cloudwatch_would_not_take() {
    let directive = "/_aws/CloudWatchMetrics/0";
    let at = |path: &str| format!("{directive}{path}");
    let cases = [
        ("/_aws/Timestamp".to_owned(), json!(NOW), "too far"),
        (
            "/_aws/Timestamp".to_owned(),
            json!("2026-09-21T14:13:20Z"),
            "no whole number",
        ),
        (
            "/_aws/Timestamp".to_owned(),
            json!(NOW * 1_000 + 7_200_001),
            "too far",
        ),
        (
            "/_aws".to_owned(),
            json!({"Timestamp": 1}),
            "CloudWatchMetrics is missing",
        ),
        ("/_aws/CloudWatchMetrics".to_owned(), json!([]), "0 elements"),
        (
            at(""),
            json!({"Namespace": "n", "Metrics": []}),
            "Dimensions is missing",
        ),
        (at("/Namespace"), json!(""), "Namespace"),
        (at("/Namespace"), json!("x".repeat(1_025)), "Namespace"),
        (at("/Dimensions"), json!(["FunctionName"]), "no array"),
        (at("/Dimensions"), json!([[]]), "0 elements"),
        (
            at("/Dimensions"),
            json!([["FunctionName"], ["FunctionName"]]),
            "counted twice",
        ),
        (at("/Dimensions/0/0"), json!("Stack"), "no such member"),
        (
            at("/Dimensions/0"),
            json!(vec!["FunctionName"; 31]),
            "31 elements",
        ),
        (at("/Metrics"), json!([]), "0 elements"),
        (
            at("/Metrics"),
            json!(vec![json!({"Name": "Recorded"}); 101]),
            "101 elements",
        ),
        (at("/Metrics/0/Name"), json!("Missing"), "no such member"),
        (at("/Metrics/0/Unit"), json!("ms"), "unknown unit"),
        (at("/Metrics/0/StorageResolution"), json!(5), "resolution"),
        (
            at("/Metrics/0"),
            json!({"Name": "Recorded", "unit": "Count"}),
            "not of the format",
        ),
        (at("/Metrics/1/Name"), json!("Recorded"), "counted twice"),
        ("/FunctionName".to_owned(), json!(1), "no text"),
        ("/FunctionName".to_owned(), json!(""), "ASCII"),
        ("/FunctionName".to_owned(), json!("é"), "ASCII"),
        ("/Recorded".to_owned(), json!("1"), "no number"),
        ("/Recorded".to_owned(), json!(null), "no number"),
        ("/Took".to_owned(), json!([]), "0 elements"),
        ("/Took".to_owned(), json!(vec![1; 101]), "101 elements"),
    ];
    for (path, value, reason) in cases {
        let mut line = good();
        match line.pointer_mut(&path) {
            Some(place) => *place = value,
            None => {
                let (parent, name) = path.rsplit_once('/').unwrap();
                line.pointer_mut(parent).unwrap()[name] = value;
            }
        }
        let refused = emf::read(&line.to_string(), NOW * 1_000).expect_err(&path);
        assert!(refused.contains(reason), "{path}: {refused}");
    }
    for text in ["", "[1]", "{\"_aws\":", "metrics {}"] {
        assert!(emf::read(text, NOW * 1_000).is_err(), "{text}");
    }
}
