//! What a request adds to CloudWatch's metrics, in the embedded metric format: fields of its log line, and a field
//! `_aws` that tells which of them are metrics. What each one counts is in docs/OPERATIONS.md; why it is done like
//! this, in docs/decisions/014-metrics-in-the-log-line.md.

use crate::calls::{Call, Calls};
use crate::log::{Level, Line};
use serde_json::{Map, Value, json};

/// Under which CloudWatch keeps them.
const NAMESPACE: &str = "sfn-callback-urls";
/// The dimension of all of them. Nothing that a caller writes is ever a dimension: each value is paid for.
const FUNCTION: &str = "FunctionName";
/// The second dimension of [`REFUSED`].
const CODE: &str = "Code";
const REFUSED: &str = "Refused";
/// Most values that the format allows for one metric in one line.
const MAX_VALUES: usize = 100;

/// The fields to add to the line of a request to `function`.
pub fn of(line: &Line, calls: &Calls, function: &str, now_ms: u64) -> Map<String, Value> {
    let mut metrics = Metrics::default();
    metrics.add("Duration", Unit::Milliseconds, json!(line.duration_ms));
    if let Some(outcome) = line.outcome {
        metrics.count(outcome.metric(), 1);
    }
    metrics.count("Faults", usize::from(line.level == Level::Error));
    metrics.count("Unconfirmed", usize::from(line.sent == Some("unknown")));
    metrics.count("Links", line.links.unwrap_or_default());
    let from_memory = usize::try_from(calls.keys_from_memory()).unwrap_or(usize::MAX);
    metrics.count("KeyCacheHits", from_memory);
    for service in [Service::Kms, Service::Report, Service::Delivery] {
        metrics.calls(service, &line.calls);
    }
    metrics.into_fields(function, line.error, now_ms)
}

#[derive(Clone, Copy)]
enum Unit {
    Count,
    Milliseconds,
}

impl Unit {
    /// As CloudWatch spells it.
    const fn as_str(self) -> &'static str {
        match self {
            Unit::Count => "Count",
            Unit::Milliseconds => "Milliseconds",
        }
    }
}

#[derive(Default)]
struct Metrics {
    definitions: Vec<Value>,
    values: Map<String, Value>,
}

impl Metrics {
    fn add(&mut self, name: &str, unit: Unit, value: Value) {
        self.definitions
            .push(json!({"Name": name, "Unit": unit.as_str()}));
        self.values.insert(name.to_owned(), value);
    }

    /// Nothing is written of what did not happen: a metric costs in each hour in which it is written at all.
    fn count(&mut self, name: &str, times: usize) {
        if times > 0 {
            self.add(name, Unit::Count, json!(times));
        }
    }

    fn calls(&mut self, service: Service, calls: &[Call]) {
        let calls = calls.iter().filter(|call| Service::of(call.operation) == service);
        let calls: Vec<&Call> = calls.collect();
        if calls.is_empty() {
            return;
        }
        let name = service.as_str();
        for result in [
            CallResult::Ok,
            CallResult::Throttled,
            CallResult::Error,
            CallResult::NoAnswer,
        ] {
            let times = calls
                .iter()
                .filter(|call| CallResult::of(&call.outcome) == result)
                .count();
            self.count(&format!("{name}{}", result.as_str()), times);
        }
        let took: Vec<u64> = calls
            .iter()
            .map(|call| call.duration_ms)
            .take(MAX_VALUES)
            .collect();
        self.add(&format!("{name}Duration"), Unit::Milliseconds, json!(took));
    }

    fn into_fields(self, function: &str, code: Option<&'static str>, now_ms: u64) -> Map<String, Value> {
        let directive = |dimensions: Value, metrics: Value| json!({"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics});
        let mut directives = vec![directive(json!([FUNCTION]), Value::Array(self.definitions))];
        let mut fields = Map::new();
        fields.insert(FUNCTION.to_owned(), json!(function));
        if let Some(code) = code {
            let refused = json!([{"Name": REFUSED, "Unit": Unit::Count.as_str()}]);
            directives.push(directive(json!([FUNCTION, CODE]), refused));
            fields.insert(CODE.to_owned(), json!(code));
        }
        fields.extend(self.values);
        let about = json!({"Timestamp": now_ms, "CloudWatchMetrics": directives});
        fields.insert("_aws".to_owned(), about);
        fields
    }
}

/// Whom a call goes to, and what for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Service {
    /// A data key is had.
    Kms,
    /// A task is told.
    Report,
    /// Everything else: links are sent to somebody.
    Delivery,
}

impl Service {
    fn of(operation: &str) -> Self {
        match operation {
            "GenerateDataKey" | "Decrypt" | "GenerateMac" => Service::Kms,
            "PutApprovalResult" | "SendAutomationSignal" | "SignalWaitCondition" | "AnswerCustomResource" => {
                Service::Report
            }
            _ if operation.starts_with("SendTask")
                || operation.starts_with("SendDurableExecutionCallback") =>
            {
                Service::Report
            }
            _ => Service::Delivery,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Service::Kms => "Kms",
            Service::Report => "Report",
            Service::Delivery => "Delivery",
        }
    }
}

/// What came of a call. Four, not one for each code of AWS.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CallResult {
    Ok,
    /// Too many at once.
    Throttled,
    /// The service answered with another error.
    Error,
    /// None that could be read, or nothing was sent.
    NoAnswer,
}

impl CallResult {
    /// From the `outcome` of a call. Codes of AWS are one word, and our own words for a failure begin with a small
    /// letter.
    fn of(outcome: &str) -> Self {
        // Amazon S3's begin with the status, since not all of its answers have a code.
        let is_code = outcome.starts_with(|first: char| first.is_ascii_uppercase() || first.is_ascii_digit());
        match outcome {
            "ok" => CallResult::Ok,
            "TooManyRequestsException" | "LimitExceededException" => CallResult::Throttled,
            code if code.contains("Throttling") => CallResult::Throttled,
            code if code.starts_with("429") || code == "503 SlowDown" => CallResult::Throttled,
            _ if is_code => CallResult::Error,
            _ => CallResult::NoAnswer,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            CallResult::Ok => "Ok",
            CallResult::Throttled => "Throttled",
            CallResult::Error => "Errors",
            CallResult::NoAnswer => "NoAnswer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::Calls;
    use crate::log::Outcome;
    use std::collections::BTreeSet;

    /// A line with an outcome, and calls with all results of an operation.
    fn fields_of(outcome: Outcome, operation: &'static str) -> Map<String, Value> {
        let calls = Calls::default();
        for result in ["ok", "ThrottlingException", "AccessDeniedException", "timeout"] {
            calls.add(operation, result, std::time::Duration::from_millis(7), None);
        }
        calls.key_from_memory();
        let line = Line {
            level: Level::Error,
            outcome: Some(outcome),
            sent: Some("unknown"),
            error: Some("ServiceUnavailable"),
            links: Some(2),
            duration_ms: 1.5,
            calls: calls.list(),
            ..Line::default()
        };
        of(&line, &calls, "function", 1_790_000_000_000)
    }

    /// Name, unit and dimensions of all metrics in some fields.
    fn named(fields: &Map<String, Value>) -> BTreeSet<(String, String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let directives = fields["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        let named = directives.iter().flat_map(|directive| {
            let dimensions = directive["Dimensions"][0].as_array().unwrap();
            let dimensions: Vec<_> = dimensions.iter().map(text).collect();
            let metrics = directive["Metrics"].as_array().unwrap();
            metrics
                .iter()
                .map(move |it| (text(&it["Name"]), text(&it["Unit"]), dimensions.join(", ")))
        });
        named.collect()
    }

    /// What stands between backticks in a cell.
    fn words(cell: &str) -> impl Iterator<Item = &str> {
        cell.split('`').skip(1).step_by(2)
    }

    /// The first row of a document whose first cell is this, without that cell.
    fn row(document: &'static str, first: &str) -> &'static str {
        let rows = document.lines().filter_map(|row| row.strip_prefix("| `"));
        let mut rows = rows.filter_map(|row| row.split_once("` |"));
        rows.find(|(cell, _)| *cell == first).expect(first).1
    }

    #[test]
    fn the_table_of_metrics_is_complete_and_holds_nothing_else() {
        let mut emitted = BTreeSet::new();
        for &outcome in Outcome::ALL {
            for operation in ["Decrypt", "SendTaskSuccess", "PutEvents"] {
                emitted.extend(named(&fields_of(outcome, operation)));
            }
        }
        let operations = include_str!("../docs/OPERATIONS.md");
        let table = operations.split("## Metrics\n").nth(1).expect("a heading");
        let table = table.split("\n## ").next().unwrap();
        let rows = table.lines().filter(|row| row.starts_with("| `"));
        let documented: BTreeSet<_> = rows
            .map(|row| {
                let cells: Vec<_> = row.split(" | ").collect();
                let dimensions: Vec<_> = words(cells[2]).collect();
                let name = words(cells[0]).next().unwrap().to_owned();
                (name, cells[1].to_owned(), dimensions.join(", "))
            })
            .collect();
        assert_eq!(documented, emitted);
    }

    #[test]
    fn the_row_of_outcomes_names_each_of_them_and_nothing_else() {
        let row = row(include_str!("../docs/CONFIGURATION.md"), "outcome");
        let names: Vec<_> = words(row).filter(|name| *name != "links").collect();
        let known: Vec<_> = Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect();
        assert_eq!(names, known);
    }

    /// A line and a metric say the same, each in its way.
    #[test]
    fn an_outcome_has_one_name_in_two_spellings() {
        for outcome in Outcome::ALL {
            let line = serde_json::to_value(outcome).unwrap();
            assert_eq!(line, outcome.as_str());
            let words = outcome.as_str().split('_').map(str::to_owned);
            let metric = words.map(|word| word[..1].to_uppercase() + &word[1..]);
            assert_eq!(metric.collect::<String>(), outcome.metric());
        }
    }

    /// An operation that nobody has put into a group is counted as a delivery.
    #[test]
    fn every_operation_of_the_log_has_its_group() {
        let documented = row(include_str!("../docs/CONFIGURATION.md"), "operation");
        let deliveries: Vec<_> = words(row(include_str!("../docs/OPERATIONS.md"), "DeliveryOk")).collect();
        assert!(words(documented).count() >= 5, "{documented}");
        for operation in words(documented) {
            let is_known = Service::of(operation) != Service::Delivery || deliveries.contains(&operation);
            assert!(
                is_known,
                "{operation}: put it into a group in Service::of, or into the row DeliveryOk of docs/OPERATIONS.md"
            );
        }
    }

    #[test]
    fn callers_choose_no_name_and_no_dimension() {
        for (name, _, dimensions) in named(&fields_of(Outcome::Refused, "Decrypt")) {
            assert!(name.bytes().all(|byte| byte.is_ascii_alphabetic()), "{name}");
            assert!(["FunctionName", "FunctionName, Code"].contains(&dimensions.as_str()));
        }
    }

    #[test]
    fn results_of_calls_are_one_of_four() {
        for (outcome, expected) in [
            ("ok", "Ok"),
            ("ThrottlingException", "Throttled"),
            ("KmsThrottlingException", "Throttled"),
            ("TooManyRequestsException", "Throttled"),
            ("LimitExceededException", "Throttled"),
            ("AccessDeniedException", "Errors"),
            ("TaskTimedOut", "Errors"),
            ("InternalServerError", "Errors"),
            ("429", "Throttled"),
            ("503 SlowDown", "Throttled"),
            ("503", "Errors"),
            ("403 AccessDenied", "Errors"),
            ("timeout", "NoAnswer"),
            ("connection broken", "NoAnswer"),
            ("no connection", "NoAnswer"),
            ("unreadable answer", "NoAnswer"),
            ("unreadable error", "NoAnswer"),
            (
                "not sent (no credentials, or a request that cannot be built)",
                "NoAnswer",
            ),
            ("unknown failure", "NoAnswer"),
            ("", "NoAnswer"),
        ] {
            assert_eq!(CallResult::of(outcome).as_str(), expected, "{outcome}");
        }
    }
}
