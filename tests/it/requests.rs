//! Requests as files: the parser and the published schema give the same verdict about each.
//!
//! A file in `tests/requests/ok` is a request. One in `tests/requests/refused` holds the `request`, and the `error`
//! and `message` that it must be refused with.

use crate::support::{FEATURES, NOW, Stack};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sfn_callback_urls::rejection::Rejection;
use sfn_callback_urls::request::CreateUrls;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    error: String,
    message: String,
    request: Box<RawValue>,
}

/// Files that the schema accepts though the parser refuses them, and why a JSON Schema cannot say it.
const BEYOND_SCHEMA: &[(&str, &str)] = &[
    (
        "deliver_token_changed",
        "what is filled in where the request is made",
    ),
    (
        "deliver_token_in_target",
        "what is filled in where the request is made",
    ),
    (
        "deliver_token_jsonata",
        "what is filled in where the request is made",
    ),
    (
        "deliver_token_mustache",
        "what is filled in where the request is made",
    ),
    (
        "deliver_token_path",
        "what is filled in where the request is made",
    ),
    (
        "deliver_token_placeholder",
        "what is filled in where the request is made",
    ),
    (
        "deliver_token_template",
        "what is filled in where the request is made",
    ),
    (
        "duplicate_action_name",
        "uniqueness of one field among the items of an array",
    ),
    ("expiration_past", "the time"),
    (
        "expiration_path",
        "formats are not asserted, and what is filled in where the request is made",
    ),
    (
        "expiration_unreadable",
        "formats are not asserted, and date-time is stricter than ISO 8601",
    ),
    (
        "expires_in_unreadable",
        "the grammar of durations is not asserted, as that of dates",
    ),
    ("field_twice", "a key that is given twice"),
    (
        "form_field_free_list",
        "what a page can ask for is a part of JSON Schema",
    ),
    (
        "form_field_object",
        "what a page can ask for is a part of JSON Schema",
    ),
    (
        "form_field_of_two_kinds",
        "agreement between the schemas of two outcomes",
    ),
    (
        "form_outcome_twice",
        "uniqueness of one field among the items of an array",
    ),
    (
        "form_required_without_field",
        "agreement between parts of a schema",
    ),
    (
        "form_schema_of_array",
        "what a page can ask for is a part of JSON Schema",
    ),
    ("form_title_blank", "which characters can be seen"),
    ("locale_unknown", "which tags mean the same language"),
    ("outcome_path_two_descendants", "the grammar of JSONPath"),
    ("outcome_path_unreadable", "the grammar of JSONPath"),
    ("outcome_schema_file", "where a $ref points to"),
    ("outcome_schema_pattern", "the grammar of regular expressions"),
    ("outcome_schema_remote", "where a $ref points to"),
    ("outcome_schema_wrong", "which of the drafts applies"),
    (
        "recipient_email_path",
        "mail addresses, and what is filled in where the request is made",
    ),
    (
        "recipient_twice",
        "uniqueness of one field among the items of an array",
    ),
    (
        "redirect_parameter_in_host",
        "it depends on enable_output_parameters",
    ),
    ("target_disabled", "what the stack permits"),
    ("target_heartbeat", "agreement between target and actions"),
    ("token_twice", "a key that is given twice"),
];

fn files(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/requests")
        .join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    assert!(files.len() > 20, "the files are there");
    files
}

/// Both halves of the parser: shape, then what depends on the stack (everything is on) and the time.
fn parse(text: &str) -> Result<(), Rejection> {
    let stack = Stack::new(&[FEATURES, DELIVERS].concat());
    let request = CreateUrls::parse(text.as_bytes(), &stack.app.config)?;
    request
        .permitted(&stack.app.config, NOW.unsigned_abs())
        .map(|_| ())
}

/// What the requests of the files deliver to.
const DELIVERS: &[(&str, &str)] = &[
    (
        "DELIVER_TOPIC_ARNS",
        "arn:aws:sns:eu-central-1:123456789012:approvals",
    ),
    (
        "DELIVER_IDENTITY_ARNS",
        "arn:aws:ses:eu-central-1:123456789012:identity/example.com",
    ),
    (
        "DELIVER_EVENT_BUS_ARNS",
        "arn:aws:events:eu-central-1:123456789012:event-bus/default",
    ),
    (
        "DELIVER_SECRET_ARNS",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:approvals/slack-AbCdEf,\
         arn:aws:secretsmanager:eu-central-1:123456789012:secret:hook-AbCdEf",
    ),
    (
        "DELIVER_PARAMETER_ARNS",
        "arn:aws:ssm:eu-central-1:123456789012:parameter/approvals/slack,\
         arn:aws:ssm:eu-central-1:123456789012:parameter/approvals/teams",
    ),
    ("DELIVER_HOSTS", "hooks.example.com"),
];

fn schema() -> jsonschema::Validator {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/create-urls.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// What cannot even be read as JSON by everybody is refused by every schema.
fn schema_accepts(schema: &jsonschema::Validator, text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|request| schema.is_valid(&request))
}

#[test]
fn requests_that_are_in_order_are_accepted_by_parser_and_schema() {
    let schema = schema();
    for (name, text) in files("ok") {
        assert_eq!(parse(&text), Ok(()), "{name}");
        let request: Value = serde_json::from_str(&text).unwrap();
        let faults: Vec<_> = schema
            .iter_errors(&request)
            .map(|fault| fault.to_string())
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
    }
}

#[test]
fn other_requests_are_refused_with_their_code_and_message() {
    let mut failures = Vec::new();
    for (name, text) in files("refused") {
        let expected: Refused = serde_json::from_str(&text).expect(&name);
        let Err(rejection) = parse(expected.request.get()) else {
            failures.push(format!("{name}: accepted"));
            continue;
        };
        let found = (rejection.code(), rejection.to_string());
        if found != (expected.error.as_str(), expected.message.clone()) {
            failures.push(format!("{name}: {}: {}", found.0, found.1));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn the_schema_refuses_what_the_parser_refuses_as_far_as_a_schema_can() {
    let schema = schema();
    let mut accepted = Vec::new();
    for (name, text) in files("refused") {
        let refused: Refused = serde_json::from_str(&text).expect(&name);
        if schema_accepts(&schema, refused.request.get()) {
            accepted.push(name);
        }
    }
    let listed: Vec<_> = BEYOND_SCHEMA.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(accepted, listed);
    assert!(BEYOND_SCHEMA.iter().all(|(_, reason)| !reason.is_empty()));
}
