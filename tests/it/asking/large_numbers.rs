//! Numbers beyond 64 bits: reported with every digit, and never compared by digits that a double does not have.

use super::*;

/// What the task is told of a body, or the refusal.
fn posted(schemas: &[&str], body: &str) -> Result<String, (u16, String)> {
    let stack = Stack::new(FEATURES);
    let outcomes: Vec<String> = schemas
        .iter()
        .enumerate()
        .map(|(place, schema)| {
            format!(r#"{{"name":"o{place}","type":"success","schema":{schema},"output_body":true}}"#)
        })
        .collect();
    let request = format!(
        r#"{{"token":{},"actions":[{{"name":"a","type":"post","outcomes":[{}]}}]}}"#,
        json!(stack.task()),
        outcomes.join(",")
    );
    let made = stack.create_text(&request);
    assert_eq!(made.status, 200, "{}", made.body);
    let answer = stack.post(&made.url("a"), body);
    match answer.status {
        200 => Ok(stack.told().remove(0)),
        _ => {
            untouched(&stack);
            Err((
                answer.status,
                answer.json()["message"].as_str().unwrap().to_owned(),
            ))
        }
    }
}

#[test]
fn a_number_that_cannot_be_compared_is_refused_where_it_would_be() {
    const WHY: &str = "body: holds a number beyond 64 bits, or with more digits than a double has, where this link compares numbers";
    for (schema, body) in [
        (r#"{"const": 18446744073709551617}"#, "18446744073709551616"),
        (r#"{"const": 18446744073709551617}"#, "18446744073709551617"),
        (r#"{"enum": [18446744073709551617]}"#, "18446744073709551618"),
        (
            r#"{"properties": {"id": {"maximum": 18446744073709551616}}}"#,
            r#"{"id": 18446744073709551617}"#,
        ),
        (
            r#"{"anyOf": [{"multipleOf": 2}, {"not": {"multipleOf": 3}}]}"#,
            "18446744073709551621",
        ),
        (
            r#"{"oneOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 1}}}]}"#,
            r#"{"a": 18446744073709551616, "b": 18446744073709551617}"#,
        ),
        (
            r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "contains": {"enum": [1]}, "maxContains": 1}"#,
            "[18446744073709551616, -18446744073709551616]",
        ),
        (r#"{"multipleOf": 2}"#, "18446744073709551617"),
        (
            r#"{"uniqueItems": true}"#,
            "[18446744073709551616, 18446744073709551617]",
        ),
        (
            r#"{"items": {"items": {"const": 1e20}}}"#,
            "[[100000000000000000001]]",
        ),
        (
            r#"{"not": {"const": 18446744073709551617}}"#,
            "18446744073709551616",
        ),
        (r#"{"const": 0.1}"#, "0.1000000000000000055"),
    ] {
        assert_eq!(
            posted(&[schema], body),
            Err((400, WHY.to_owned())),
            "{schema} {body}"
        );
        // A later outcome is not taken in place of one that may be meant.
        assert_eq!(
            posted(&[schema, "{}"], body),
            Err((400, WHY.to_owned())),
            "{schema} {body}"
        );
    }
}

#[test]
fn a_number_that_is_not_compared_is_reported_with_every_digit() {
    for (schema, body) in [
        (r#"{"type": "integer"}"#, "18446744073709551617"),
        (r#"{"type": ["number", "null"]}"#, "-9223372036854775809"),
        (r#"{"type": "number"}"#, "12345678901234567890.123456789"),
        ("{}", "1e300"),
        (
            r#"{"properties": {"n": {"const": 5}}}"#,
            r#"{"id":123456789012345678901234567890,"n":5}"#,
        ),
        (r#"{"items": {"type": "integer"}}"#, "[1,18446744073709551616]"),
        (r#"{"minimum": 3}"#, "3.14159265358979323846"),
        (r#"{"minimum": 3}"#, "18446744073709551616"),
        (
            r#"{"oneOf": [{"minimum": 100}, {"maximum": 99}]}"#,
            "18446744073709551616",
        ),
        (
            r#"{"properties": {"id": {"exclusiveMaximum": -9223372036854775808}}}"#,
            r#"{"id":-9223372036854775809}"#,
        ),
        (
            r#"{"anyOf": [{"minimum": 1}, {"type": "integer"}]}"#,
            "18446744073709551617",
        ),
    ] {
        assert_eq!(
            posted(&[schema], body),
            Ok(format!("success {body}")),
            "{schema} {body}"
        );
    }
}

#[test]
fn a_fraction_is_not_an_integer_however_many_digits_it_has() {
    for body in [
        "12345678901234567890.5",
        "1.00000000000000000001",
        "18446744073709551616.000000001",
        "-9223372036854775809.5",
        "1e-400",
    ] {
        let refused = posted(&[r#"{"type": "integer"}"#], body);
        assert_eq!(refused.unwrap_err().0, 400, "{body}");
        assert_eq!(
            posted(&[r#"{"type": "number"}"#], body),
            Ok(format!("success {body}"))
        );
    }
}

#[test]
fn a_form_says_so_beside_the_field() {
    let stack = Stack::new(FEATURES);
    let schema = json!({"properties": {
        "free": {"type": "integer"}, "least": {"type": "integer", "multipleOf": 5}, "share": {"type": "number", "maximum": 2.5}}});
    let form = json!({"name": "decide", "type": "form", "outcomes": [
        {"name": "send", "type": "success", "output_body": true, "schema": schema}]});
    let url = stack.link(form, nothing());
    let large = "12345678901234567890123";
    let again = answer(
        &stack,
        &url,
        &[
            ("f.least", large),
            ("f.free", large),
            ("f.share", "3"),
            ("outcome", "send"),
        ],
    );
    assert_eq!(again.status, 400);
    assert_eq!(
        again
            .body
            .matches("Please enter a number with fewer digits.")
            .count(),
        2,
        "{}",
        again.body
    );
    assert!(again.body.contains("Please enter 2.5 or less."), "{}", again.body);
    untouched(&stack);
    set_clock(NOW);
    let share = "2.49999999999999999999";
    assert_eq!(
        answer(
            &stack,
            &url,
            &[("f.free", large), ("f.share", share), ("outcome", "send")]
        )
        .status,
        200
    );
    assert_eq!(
        stack.told(),
        [format!(r#"success {{"free":{large},"share":{share}}}"#)]
    );
}

#[test]
fn numbers_that_a_form_cannot_show_are_refused_when_the_link_is_made() {
    let stack = Stack::new(FEATURES);
    let made = |property: &str| {
        stack.create_text(&format!(
            r#"{{"token":"t","actions":[{{"name":"a","type":"form","outcomes":[
               {{"name":"o","type":"heartbeat","schema":{{"properties":{{"x":{property}}}}}}}]}}]}}"#
        ))
    };
    for property in [
        r#"{"type":"number","default":3.14159265358979323846}"#,
        r#"{"type":"integer","default":18446744073709551617}"#,
        r#"{"type":"integer","minimum":-9223372036854775809}"#,
        r#"{"type":"number","exclusiveMaximum":0.1000000000000000055}"#,
        r#"{"enum":[1,9007199254740993.0]}"#,
        r#"{"oneOf":[{"const":1.00000000000000000001}]}"#,
    ] {
        let answer = made(property);
        assert_eq!(answer.code(), "InvalidPostActionOutcome", "{property}");
        assert!(answer.body.contains("fewer digits"), "{}", answer.body);
    }
    for property in [
        r#"{"type":"number","default":0.1,"maximum":1e20,"minimum":-1.50}"#,
        r#"{"type":"integer","default":9007199254740993,"maximum":18446744073709551615}"#,
    ] {
        assert_eq!(made(property).status, 200, "{property}");
    }
}

#[test]
fn choices_beyond_64_bits_are_refused_when_the_link_is_made() {
    let stack = Stack::new(FEATURES);
    let form = |choice: &str| {
        format!(
            r#"{{"token":"t","actions":[{{"name":"a","type":"form","outcomes":[
               {{"name":"o","type":"heartbeat","schema":{{"properties":{{"x":{{"enum":[1,{choice}]}}}}}}}}]}}]}}"#
        )
    };
    assert_eq!(
        stack.create_text(&form("18446744073709551616")).code(),
        "InvalidPostActionOutcome"
    );
    assert_eq!(stack.create_text(&form("18446744073709551615")).status, 200);
}
