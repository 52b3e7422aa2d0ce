//! Post actions: which outcome a body chooses, and what is taken from the body.

#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
        reason = "a stranger chooses what comes here"
    )
)]

pub mod path;
pub mod schema;

use crate::action::{Outcome, OutcomeKind, Outcomes, OutputFrom, TextFrom};
use crate::json::{self, JsonText, tree};
use crate::rejection::{Fault, Rejection};
use crate::report::{OutputLimit, Report};
use path::Path;
use schema::numbers::{Numbers, Verdict};
use schema::{Counted, Formats, MAX_STEPS, Steps};
use serde_json::Value;
use serde_json::value::RawValue;

/// Largest body of a post action, in bytes.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// A posted body: as it was sent, and as schemas and paths see it.
pub struct Body<'a> {
    raw: &'a RawValue,
    value: Value,
}

impl<'a> Body<'a> {
    /// Reads a JSON body.
    ///
    /// # Errors
    /// `InvalidPostActionBody`: those of [`json_body`] and of [`Body::parse`]; another type (415).
    pub fn read(bytes: &'a [u8], content_type: Option<&str>) -> Result<Self, Rejection> {
        Self::of(json_body(bytes, content_type)?)
    }

    /// Reads JSON text.
    ///
    /// # Errors
    /// `InvalidPostActionBody`: not JSON, nested too deep, too large as a tree, or with a key given twice.
    pub fn parse(text: &'a str) -> Result<Self, Rejection> {
        Self::of(json_text(text)?)
    }

    fn of(raw: &'a RawValue) -> Result<Self, Rejection> {
        let value = tree::tree(raw).map_err(refused)?;
        Ok(Self { raw, value })
    }

    /// The body as schemas and paths see it.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

/// The JSON of a body. Nobody has looked into it yet: keys may be there twice.
///
/// # Errors
/// `InvalidPostActionBody`: missing, of another type (415), too large, not JSON, or nested too deep.
pub fn json_body<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Result<&'a RawValue, Rejection> {
    if bytes.is_empty() {
        return Err(refused("is missing; send a JSON body"));
    }
    if !content_type.is_some_and(is_json_type) {
        return Err(Rejection::UnsupportedBodyType);
    }
    if bytes.len() > MAX_BODY_BYTES {
        return Err(refused("is larger than 1 MiB"));
    }
    json_text(std::str::from_utf8(bytes).map_err(|_| refused("is not UTF-8"))?)
}

fn json_text(text: &str) -> Result<&RawValue, Rejection> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !json::is_shallow(text) {
        return Err(refused("is nested too deep"));
    }
    serde_json::from_str(text).map_err(|_| refused("is not valid JSON"))
}

/// A content type in lower case without its parameters.
pub fn essence(content_type: &str) -> String {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// Whether a content type means JSON: `application/json` or any `+json` type, in any case, with any parameters.
pub fn is_json_type(content_type: &str) -> bool {
    match essence(content_type).split_once('/') {
        Some((kind, subtype)) => {
            (kind == "application" && subtype == "json")
                || (!kind.is_empty() && subtype.strip_suffix("+json").is_some_and(|name| !name.is_empty()))
        }
        None => false,
    }
}

/// The first outcome whose schema accepts the body.
///
/// # Errors
/// `NoOutcome` when none does, `InvalidPostActionBody` when that depends on a number that cannot be compared or takes too
/// long to tell, `InvalidPayload` when an old link holds a schema that is not valid.
pub fn choose<'o>(outcomes: &'o Outcomes, body: &Body<'_>) -> Result<&'o Outcome, Rejection> {
    let text = body.raw.get();
    let numbers = Numbers::of(text, &body.value);
    let steps = Steps::new(MAX_STEPS);
    for outcome in &outcomes.list {
        let validator = schema::compile_with(&outcome.schema, Formats::Ignored, text.len(), numbers.as_ref());
        let validator = validator.map_err(|what| {
            Rejection::InvalidPayload(crate::rejection::Damage::Content(format!(
                "schema of an outcome {what}"
            )))
        })?;
        let verdict = match &numbers {
            Some(numbers) => numbers.verdict(&validator, &body.value, &steps),
            None if validator.is_valid(Counted::new(&body.value, &steps)) => Verdict::Valid,
            None => Verdict::Invalid,
        };
        if steps.are_spent() {
            return Err(refused(
                "takes too much work to compare with the schemas of this link",
            ));
        }
        match verdict {
            Verdict::Valid => return Ok(outcome),
            Verdict::Invalid => {}
            // Whether it is this outcome or a later one depends on digits that cannot be compared.
            Verdict::Undecided => {
                return Err(refused(
                    "holds a number beyond 64 bits, or with more digits than a double has, where this link compares numbers",
                ));
            }
        }
    }
    Err(Rejection::NoOutcome)
}

/// What the outcome reports of the body.
///
/// # Errors
/// `InvalidPostActionBody` when a result is over the limits of Step Functions or a path matches too much.
pub fn report(outcome: &Outcome, body: &Body<'_>, limit: OutputLimit) -> Result<Report, Rejection> {
    match &outcome.kind {
        OutcomeKind::Success(OutputFrom::Fixed(output)) => Report::success(output.clone(), limit),
        OutcomeKind::Success(OutputFrom::Body) => {
            Report::success(JsonText::compact(body.raw).map_err(refused)?, limit)
        }
        OutcomeKind::Success(OutputFrom::Matches(_)) if body.value.is_null() => {
            Report::success(JsonText::of(&Value::Null), limit)
        }
        OutcomeKind::Success(OutputFrom::Matches(path)) => {
            Report::success(JsonText::array(&matches(path, body, limit)?), limit)
        }
        OutcomeKind::Failure(error, cause) => {
            Report::failure(text(error, body, limit)?, text(cause, body, limit)?)
        }
        OutcomeKind::Heartbeat => Ok(Report::Heartbeat),
    }
    .map_err(refused)
}

fn text(from: &TextFrom, body: &Body<'_>, limit: OutputLimit) -> Result<Option<String>, Rejection> {
    let path = match from {
        TextFrom::Nowhere => return Ok(None),
        TextFrom::Fixed(text) => return Ok(Some(text.clone())),
        TextFrom::Matches(path) => path,
    };
    let matches = matches(path, body, limit)?;
    Ok(match matches.as_slice() {
        [] => None,
        [one] => match serde_json::from_str(one.as_str()) {
            Ok(text) => Some(text),
            Err(_) => Some(JsonText::array(&matches).into_string()),
        },
        _ => Some(JsonText::array(&matches).into_string()),
    })
}

/// The matches as they were sent, digit for digit.
fn matches(path: &Path, body: &Body<'_>, limit: OutputLimit) -> Result<Vec<JsonText>, Rejection> {
    let locations = path
        .locate(&body.value)
        .map_err(|_| refused("gives too many matches for a path of this link"))?;
    let mut size = 0;
    let mut texts = Vec::with_capacity(locations.len());
    for part in json::parts_at(body.raw, &locations) {
        let text = JsonText::compact(part).map_err(refused)?;
        size += text.as_str().len();
        // A part may lie in another one that matched too, so that little matches can be more than the body.
        if size > limit.bytes() {
            let most = limit.as_str();
            return Err(refused(format_args!(
                "gives more than {most} of matches for a path of this link"
            )));
        }
        texts.push(text);
    }
    Ok(texts)
}

fn refused(what: impl std::fmt::Display) -> Rejection {
    Rejection::InvalidPostActionBody(Fault::at("body", what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Notes, outcomes::read_sealed as read_outcomes};

    fn outcomes(text: &str) -> Outcomes {
        read_outcomes(text, &Notes::default()).unwrap()
    }

    #[track_caller]
    fn check(outcome: &str, body: &str, expected: Report) {
        let outcomes = outcomes(&format!("[{outcome}]"));
        let body = Body::read(body.as_bytes(), Some("application/json")).unwrap();
        let report = choose(&outcomes, &body)
            .and_then(|outcome| report(outcome, &body, OutputLimit::StepFunctions))
            .unwrap();
        assert!(report == expected, "{outcome}");
    }

    fn success(output: &str) -> Report {
        Report::Success {
            output: output.to_owned(),
        }
    }

    fn failure(error: Option<&str>, cause: Option<&str>) -> Report {
        Report::Failure {
            error: error.map(str::to_owned),
            cause: cause.map(str::to_owned),
        }
    }

    #[test]
    fn outputs_come_from_the_author_the_body_or_a_path() {
        let outcome = |source: &str| format!(r#"{{"name":"o","type":"success","schema":{{}},{source}}}"#);
        let body = r#" {"b": 12345678901234567890123, "a": [1.10, "x"]} "#;
        check(
            &outcome(r#""output":{"fixed":1}"#),
            body,
            success(r#"{"fixed":1}"#),
        );
        check(
            &outcome(r#""output_body":true"#),
            body,
            success(r#"{"b":12345678901234567890123,"a":[1.10,"x"]}"#),
        );
        check(
            &outcome(r#""output_path":"$.b""#),
            body,
            success("[12345678901234567890123]"),
        );
        check(
            &outcome(r#""output_path":"a[*]""#),
            body,
            success(r#"[1.10,"x"]"#),
        );
        check(&outcome(r#""output_path":"$.none""#), body, success("[]"));
        check(&outcome(r#""output_path":"$""#), "null", success("null"));
        check(&outcome(r#""output_path":"$.a""#), "null", success("null"));
        check(&outcome(r#""output_path":"$""#), "[null]", success("[[null]]"));
        check(&outcome(r#""output_body":true"#), "null", success("null"));
    }

    #[test]
    fn errors_and_causes_are_one_string_or_the_matches() {
        let outcome = |source: &str| format!(r#"{{"name":"o","type":"failure","schema":{{}}{source}}}"#);
        let body = r#"{"why": "no money", "codes": [7, "x"], "n": 1.50}"#;
        check(&outcome(""), body, failure(None, None));
        check(
            &outcome(r#","error":"e","cause_path":"$.why""#),
            body,
            failure(Some("e"), Some("no money")),
        );
        check(
            &outcome(r#","error_path":"$.codes[*]""#),
            body,
            failure(Some(r#"[7,"x"]"#), None),
        );
        check(
            &outcome(r#","error_path":"$.codes""#),
            body,
            failure(Some(r#"[[7,"x"]]"#), None),
        );
        check(
            &outcome(r#","cause_path":"$.n""#),
            body,
            failure(None, Some("[1.50]")),
        );
        check(&outcome(r#","cause_path":"$.none""#), body, failure(None, None));
    }

    #[test]
    fn the_first_outcome_that_accepts_is_taken() {
        let outcomes = outcomes(
            r#"[{"name":"no","type":"failure","schema":{"required":["no"]}},
                {"name":"yes","type":"heartbeat","schema":{"required":["yes"]}},
                {"name":"late","type":"heartbeat","schema":{"required":["yes"]}}]"#,
        );
        let body = |text: &'static str| Body::read(text.as_bytes(), Some("application/json")).unwrap();
        assert_eq!(
            choose(&outcomes, &body(r#"{"yes":1}"#)).unwrap().name.as_str(),
            "yes"
        );
        assert_eq!(
            choose(&outcomes, &body(r#"{"yes":1,"no":1}"#))
                .unwrap()
                .name
                .as_str(),
            "no"
        );
        let rejection = choose(&outcomes, &body("{}")).unwrap_err();
        assert_eq!(
            (rejection.code(), rejection.status().as_u16()),
            ("InvalidPostActionBody", 400)
        );
    }

    #[test]
    fn json_types_are_recognised_in_any_case() {
        for kind in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/vnd.github+json",
            "application/problem+JSON;x=y",
            " application/json ",
            "text/x+json",
        ] {
            assert!(is_json_type(kind), "{kind}");
        }
        for kind in [
            "",
            "json",
            "text/plain",
            "application/jsonp",
            "application/+json",
            "text/json",
            "/json",
            "+json",
        ] {
            assert!(!is_json_type(kind), "{kind}");
        }
    }

    #[test]
    fn bodies_that_are_no_json_are_refused() {
        let deep = "[".repeat(100_000);
        let json = Some("application/json");
        for (body, kind, status) in [
            ("", json, 400),
            ("", None, 400),
            (" ", json, 400),
            ("{", json, 400),
            ("NaN", json, 400),
            (r#"{"a":Infinity}"#, json, 400),
            ("[-Infinity]", json, 400),
            ("1e400", json, 400),
            ("{} {}", json, 400),
            (r#""\ud800""#, json, 400),
            (r#"{"a":1,"a":2}"#, json, 400),
            (r#"{"a":1,"\u0061":2}"#, json, 400),
            (deep.as_str(), json, 400),
            ("{}", None, 415),
            ("{}", Some("text/plain"), 415),
            ("a=b", Some("application/x-www-form-urlencoded"), 415),
        ] {
            let rejection = Body::read(body.as_bytes(), kind).err().expect(body);
            assert_eq!(
                (rejection.code(), rejection.status().as_u16()),
                ("InvalidPostActionBody", status),
                "{body:.20}"
            );
        }
        assert!(Body::read(b"\xff", json).is_err());
        assert!(Body::read(&vec![b' '; MAX_BODY_BYTES + 1], json).is_err());
        assert!(Body::read("\u{feff}{}".as_bytes(), json).is_ok());
    }

    #[test]
    fn results_over_the_limits_are_refused() {
        let long = format!(r#"{{"e":"{}"}}"#, "x".repeat(257));
        let outcomes = outcomes(r#"[{"name":"o","type":"failure","schema":{},"error_path":"$.e"}]"#);
        let body = Body::read(long.as_bytes(), Some("application/json")).unwrap();
        assert_eq!(
            report(&outcomes.list[0], &body, OutputLimit::StepFunctions)
                .unwrap_err()
                .code(),
            "InvalidPostActionBody"
        );
        let large = format!("\"{}\"", "x".repeat(262_143));
        let body = Body::read(large.as_bytes(), Some("application/json")).unwrap();
        let outcomes = self::outcomes(r#"[{"name":"o","type":"success","schema":{},"output_body":true}]"#);
        assert_eq!(
            report(&outcomes.list[0], &body, OutputLimit::StepFunctions)
                .unwrap_err()
                .code(),
            "InvalidPostActionBody"
        );
    }

    #[test]
    fn matches_inside_of_matches_do_not_multiply_without_end() {
        let deep = format!(
            "{}\"{}\"{}",
            "[".repeat(100),
            "x".repeat(100_000),
            "]".repeat(100)
        );
        let outcomes = outcomes(r#"[{"name":"o","type":"success","schema":{},"output_path":"$..[0]"}]"#);
        let body = Body::read(deep.as_bytes(), Some("application/json")).unwrap();
        assert_eq!(
            report(&outcomes.list[0], &body, OutputLimit::StepFunctions)
                .unwrap_err()
                .code(),
            "InvalidPostActionBody"
        );
    }

    #[test]
    fn a_schema_that_is_none_damages_the_link() {
        let outcomes = outcomes(r#"[{"name":"o","type":"heartbeat","schema":{"type":"strin"}}]"#);
        let body = Body::read(b"1", Some("application/json")).unwrap();
        assert_eq!(choose(&outcomes, &body).unwrap_err().code(), "InvalidPayload");
    }

    /// Lists in lists.
    fn deep(levels: usize) -> String {
        "[".repeat(levels) + &"]".repeat(levels)
    }

    #[test]
    fn a_body_as_deep_as_may_be_is_reported_whole() {
        let outcome = |source: &str| outcomes(&format!(r#"[{{"name":"o","schema":{{}},{source}}}]"#));
        for levels in [126, 127] {
            let text = deep(levels);
            let body = Body::read(text.as_bytes(), Some("application/json")).unwrap();
            let inside = format!("[{text}]");
            for (source, expected) in [
                (r#""type":"success","output_body":true"#, success(&text)),
                (r#""type":"success","output_path":"$""#, success(&inside)),
                (
                    r#""type":"success","output_path":"$|$""#,
                    success(&format!("[{text},{text}]")),
                ),
                (r#""type":"success","output_path":"$[0]""#, success(&text)),
                (
                    r#""type":"failure","error_path":"$.a","cause_path":"$""#,
                    failure(None, Some(&inside)),
                ),
            ] {
                let outcomes = outcome(source);
                assert!(
                    report(&outcomes.list[0], &body, OutputLimit::StepFunctions) == Ok(expected),
                    "{levels} {source}"
                );
            }
        }
        let object = format!("{{\"a\":{}}}", deep(126));
        let body = Body::parse(&object).unwrap();
        let outcomes = outcome(r#""type":"success","output_path":"$""#);
        assert!(
            report(&outcomes.list[0], &body, OutputLimit::StepFunctions)
                == Ok(success(&format!("[{object}]")))
        );
        assert!(Body::parse(&deep(128)).is_err());
    }

    #[test]
    fn a_body_that_takes_too_much_is_refused_before_anything_is_built() {
        let refusal = |text: String| {
            let read = Body::read(text.as_bytes(), Some("application/json"));
            read.err().map(|refusal| (refusal.code(), refusal.to_string()))
        };
        let what = "body: holds so many values that it would take more than 10 MiB in memory";
        let too_large = Some(("InvalidPostActionBody", what.to_owned()));
        assert_eq!(refusal(format!("[{}0]", "0,".repeat(500_000))), too_large);
        assert_eq!(refusal(format!("[{}0]", "{},".repeat(300_000))), too_large);
        assert_eq!(refusal(format!("[{}0]", "0,".repeat(140_000))), None);
    }

    #[test]
    fn a_body_that_a_schema_cannot_be_done_with_is_refused() {
        let schema = r##"{"items":{"anyOf":[{"not":{"$ref":"#"}},{"$ref":"#"}]},"uniqueItems":true}"##;
        let outcomes = outcomes(&format!(
            r#"[{{"name":"o","type":"heartbeat","schema":{schema}}}]"#
        ));
        let wide: String = (0..40_000).map(|number| format!("[{number}],")).collect();
        let text = format!("{}{wide}0{}", "[".repeat(120), ",0]".repeat(120));
        let body = Body::parse(&text).unwrap();
        let refusal = choose(&outcomes, &body).unwrap_err();
        assert_eq!(refusal.code(), "InvalidPostActionBody");
        assert!(refusal.to_string().contains("takes too much work"), "{refusal}");
    }
}
