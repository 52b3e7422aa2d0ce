//! Schemas and their regular expressions.

use super::{of_schema, one, refused, soon};
use crate::support::{FEATURES, Stack, nothing, old_link, with};
use serde_json::{Map, Value, json};

#[test]
fn a_schema_has_at_most_16_384_bytes_and_64_patterns() {
    let stack = Stack::new(FEATURES);
    let description =
        |bytes: usize| json!({"description": "x".repeat(bytes - r#"{"description":""}"#.len())});
    assert_ne!(
        stack.create(&one(of_schema(&description(16_384)))).code(),
        "InvalidPostActionOutcome"
    );
    let answer = stack.create(&one(of_schema(&description(16_385))));
    refused(
        &answer,
        "InvalidPostActionOutcome",
        "schema: is larger than 16,384 bytes",
    );

    let patterns = |count: usize| -> Map<String, Value> {
        (0..count)
            .map(|index| (format!("p{index}"), json!({"pattern": "x"})))
            .collect()
    };
    assert_eq!(
        stack
            .create(&one(of_schema(&json!({"properties": patterns(64)}))))
            .status,
        200
    );
    let answer = stack.create(&one(of_schema(&json!({"properties": patterns(65)}))));
    refused(&answer, "InvalidPostActionOutcome", "holds more than 64 patterns");
}

/// `$defs/a0` refers twice to `$defs/a1`, and so on.
fn doubling(levels: usize) -> Value {
    let twice = |level: usize| {
        let next = json!({"$ref": format!("#/$defs/a{}", level + 1)});
        (format!("a{level}"), json!({"allOf": [next, next]}))
    };
    let mut schemas: Map<String, Value> = (0..levels).map(twice).collect();
    schemas.insert(format!("a{levels}"), json!({"type": ["number", "object"]}));
    json!({"$ref": "#/$defs/a0", "$defs": schemas})
}

#[test]
fn references_do_not_multiply() {
    let stack = Stack::new(FEATURES);
    let link = stack.link(of_schema(&doubling(8)), nothing());
    assert_eq!(stack.post(&link, "5").status, 200);
    let answer = stack.create(&one(of_schema(&doubling(40))));
    refused(
        &answer,
        "InvalidPostActionOutcome",
        "every `$ref` multiplies the work",
    );

    // Whoever can write links without a key has no request to be refused.
    let stack = Stack::without_key(FEATURES);
    let payload =
        json!({"token": stack.task(), "iat": 1, "tid": "0".repeat(32), "action": of_schema(&doubling(40))});
    let answer = soon("doubling", || stack.post(&old_link(&payload), "5"));
    assert_eq!(answer.refusal(), (400, "InvalidPayload".to_owned()));
    assert_eq!(stack.told(), ["waiting"]);
}

#[test]
fn schemas_that_recur_end_soon_on_deep_bodies() {
    let stack = Stack::new(FEATURES);
    let again = json!({"$ref": "#"});
    let link = stack.link(of_schema(&json!({"items": {"allOf": [again, again]}})), nothing());
    let deep = "[".repeat(100) + &"]".repeat(100);
    assert_eq!(soon("recursion", || stack.post(&link, &deep)).status, 200);
}

/// Each takes exponential or cubic time in an engine that goes back without a limit.
const EVIL: &[&str] = &[
    "^(a+)+$",
    "^(a|aa)+$",
    "^(a|a?)+$",
    "^([a-zA-Z]+)*$",
    "^(a*)*b$",
    "(.*a){20}$",
    "(x+x+)+y",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "^(.*)*$",
    "(a?){30}a{30}",
    r"^(?:(\w+)\1?)+$",
    r"^(?=(a+))\1+b",
    r"([a-z]+)*\d(?<=x)",
    r"^(\w+\s?)*$",
    r"^(?!.*(.+)\1\1\1\1)(a+)+$",
    r"(?=(a+)+b)a",
    r"^((a+)\2)+$",
];

#[test]
fn no_regular_expression_takes_long_on_a_long_text() {
    let stack = Stack::new(FEATURES);
    for pattern in EVIL {
        let made = stack.create(&with(
            one(of_schema(&json!({"pattern": pattern}))),
            json!({"token": stack.task()}),
        ));
        if made.status != 200 {
            assert_eq!(made.code(), "InvalidPostActionOutcome", "{pattern}");
            continue;
        }
        for text in [
            "a".repeat(65_535) + "!",
            "a".repeat(40),
            "ab ".repeat(300) + "\u{e9}",
        ] {
            let body = json!(text).to_string();
            let answer = soon(pattern, || stack.post(&made.url("a"), &body));
            assert!([200, 400].contains(&answer.status), "{pattern}: {}", answer.body);
        }
    }
}

#[test]
fn large_patterns_are_refused_or_compile_soon() {
    let stack = Stack::new(FEATURES);
    for pattern in [
        "(a{1000}){1000}".to_owned(),
        "((a{100}){100}){100}".to_owned(),
        r"\w{2000}".to_owned(),
        "(".repeat(5_000) + "a" + &")".repeat(5_000),
        "a|".repeat(7_000) + "a",
        r"[\p{L}\p{N}]{500}".to_owned(),
        "(?i)".to_owned() + &"é".repeat(4_000),
    ] {
        let short: String = pattern.chars().take(20).collect();
        let answer = soon(&short, || {
            stack.create(&one(of_schema(&json!({"pattern": pattern}))))
        });
        assert!(
            ["", "InvalidPostActionOutcome", "UrlTooLong"].contains(&answer.code().as_str()),
            "{short}: {}",
            answer.body
        );
    }
}

#[test]
fn a_schema_full_of_large_patterns_compiles_soon() {
    let stack = Stack::new(FEATURES);
    let properties: Map<String, Value> = (0..64)
        .map(|index| {
            (
                format!("p{index}"),
                json!({"pattern": format!("\\w{{20}}{index}")}),
            )
        })
        .collect();
    let made = soon("64 patterns", || {
        stack.create(&one(of_schema(&json!({"properties": properties}))))
    });
    assert!(
        ["", "InvalidPostActionOutcome"].contains(&made.code().as_str()),
        "{}",
        made.body
    );
}

/// Such a number is looked for, and what would compare it is compiled alone.
#[test]
fn numbers_that_cannot_be_compared_cost_little() {
    let constants = json!({"anyOf": vec![json!({"const": 0}); 400]});
    let bounds = json!({"items": {"type": "number", "minimum": 0}, "uniqueItems": true});
    let many = format!("[{}1e99]", "1e99,".repeat(200_000));
    let long = format!("[0.{}]", "3".repeat(1_000_000));
    for (schema, body, what) in [
        (
            &constants,
            "18446744073709551616",
            "a number beyond 64 bits and 400 constants",
        ),
        (&bounds, many.as_str(), "200,000 numbers beyond 64 bits"),
        (&bounds, long.as_str(), "a fraction of a million digits"),
    ] {
        let stack = Stack::new(FEATURES);
        let url = stack.link(of_schema(schema), nothing());
        let answer = soon(what, || stack.post(&url, body));
        assert_eq!(
            answer.refusal(),
            (400, "InvalidPostActionBody".to_owned()),
            "{what}"
        );
    }
}
