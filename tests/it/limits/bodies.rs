//! Posted bodies, and the paths into them.

use super::{of_path, of_schema, one, post_body, refused, soon};
use crate::support::{Answer, FEATURES, Stack, nothing};
use serde_json::{Map, Value, json};

#[test]
fn a_body_has_at_most_a_mebibyte() {
    let anything = || of_schema(&json!({}));
    let body = |bytes: usize| format!("0{}", " ".repeat(bytes - 1));
    assert_eq!(post_body(anything(), &body(1 << 20)).status, 200);
    assert_eq!(post_body(anything(), &body((1 << 20) + 1)).status, 400);
}

#[test]
fn large_bodies_of_every_shape_are_read_soon() {
    let anything = || of_schema(&json!({"type": ["array", "object", "string", "number"]}));
    let elements = format!("[{}0]", "0,".repeat(140_000));
    let keys: String = (0..60_000).map(|index| format!("\"k{index}\":0,")).collect();
    let keys = format!("{{{keys}\"k\":0}}");
    let objects = format!("[{}{{}}]", "{},".repeat(60_000));
    // Multiples of a power of two, which would meet in one place of a table without a secret of its own.
    let colliding: String = (0..40_000_u64)
        .map(|index| format!("\"{:x}\":0,", index << 40))
        .collect();
    let colliding = format!("{{{colliding}\"k\":0}}");
    let text = format!("\"{}\"", "\\u00e9".repeat(170_000));
    for body in [elements, keys, objects, colliding, text] {
        assert!(body.len() <= 1 << 20, "{}", body.len());
        assert_eq!(post_body(anything(), &body).status, 200);
    }
}

#[test]
fn a_body_that_would_take_too_much_is_refused() {
    let over = [
        format!("[{}0]", "0,".repeat(400_000)),
        format!("[{}0]", "[],".repeat(200_000)),
        format!(
            "[{}0]",
            format!("{}0{},", "[".repeat(100), "]".repeat(100)).repeat(4_000)
        ),
        format!("[{}0]", r#"{"":{"":{"":0}}},"#.repeat(40_000)),
        format!("[{}0]", "\"\",".repeat(300_000)),
    ];
    for body in over {
        let answer = post_body(of_schema(&json!({})), &body);
        refused(
            &answer,
            "InvalidPostActionBody",
            "would take more than 10 MiB in memory",
        );
    }
}

#[test]
fn every_element_may_be_compared_with_many_values() {
    let values: Vec<u32> = (10_000..12_500).collect();
    let choices: Vec<Value> = (10_000..10_400).map(|number| json!({"const": number})).collect();
    let body = format!("[{}12499]", "12499,".repeat(100_000));
    post_body(of_schema(&json!({"items": {"enum": values}})), &body);
    let body = format!("[{}10399]", "10399,".repeat(20_000));
    post_body(of_schema(&json!({"items": {"anyOf": choices}})), &body);
    let body: String = (0..100_000).map(|number| format!("{number},")).collect();
    post_body(of_schema(&json!({"uniqueItems": true})), &format!("[{body}-1]"));
}

#[test]
fn deep_json_is_refused_wherever_it_comes_in() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert_eq!(post_body(of_schema(&json!({})), &deep(127)).status, 200);
    for levels in [128, 100_000] {
        assert_eq!(post_body(of_schema(&json!({})), &deep(levels)).status, 400);
        let stack = Stack::new(FEATURES);
        let request = format!(
            r#"{{"token":"t","actions":[{{"name":"a","type":"success","output":{}}}]}}"#,
            deep(levels)
        );
        refused(&stack.create_text(&request), "InvalidJSON", "nested too deep");
    }
}

#[test]
fn a_form_takes_at_most_5_000_entries() {
    let stack = Stack::new(FEATURES);
    let form = json!({"name": "a", "type": "form", "outcomes": [{"name": "o", "type": "heartbeat"}]});
    let link = stack.link(form, nothing());
    let entries = |count: usize| -> String { (0..count).map(|index| format!("&f.k{index}=1")).collect() };
    let browser = |body: &str| {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
        ];
        soon("entries", || {
            stack.visit("POST", &link, &headers, body.as_bytes())
        })
    };
    for count in [5_000, 5_001, 90_000] {
        assert_eq!(browser(&format!("outcome=o{}", entries(count))).status, 400);
    }
    let program = |count: usize| {
        let fields: Map<String, Value> = (0..count).map(|index| (format!("k{index}"), json!(1))).collect();
        soon("fields", || {
            stack.post(&link, &json!({"outcome": "o", "fields": fields}).to_string())
        })
    };
    let words = |answer: Answer| answer.json()["message"].as_str().unwrap_or_default().to_owned();
    assert!(!words(program(5_000)).contains("5,000"));
    assert_eq!(
        words(program(5_001)),
        "body.fields: holds more than 5,000 entries"
    );
    assert_eq!(stack.told(), ["waiting"]);
}

#[test]
fn a_form_complains_about_a_long_list_soon() {
    let stack = Stack::new(FEATURES);
    let schema = json!({"properties": {"l": {"type": "array", "items": {"enum": ["a", "b"]}}}});
    let form = json!({"name": "a", "type": "form", "outcomes": [{"name": "o", "type": "heartbeat", "schema": schema}]});
    let link = stack.link(form, nothing());
    let body = format!(
        r#"{{"outcome":"o","fields":{{"l":[{}0]}}}}"#,
        "0,".repeat(100_000)
    );
    let answer = soon("a long list", || stack.post(&link, &body));
    refused(
        &answer,
        "InvalidPostActionBody",
        "body.fields: holds more than 5,000 entries",
    );
    let body = format!(r#"{{"outcome":"o","fields":{{"l":[{}0]}}}}"#, "0,".repeat(4_999));
    let answer = soon("a list", || stack.post(&link, &body));
    refused(&answer, "InvalidPostActionBody", "body.fields.l: ");
}

#[test]
fn no_path_visits_without_end() {
    let stack = Stack::new(FEATURES);
    for path in ["$..*..*..*..*", "$..*..*", "a..b..c"] {
        let answer = stack.create(&one(of_path(path)));
        refused(&answer, "InvalidJsonPath", "must not use `..` more than once");
    }
    refused(
        &stack.create(&one(of_path(&"a".repeat(257)))),
        "InvalidJsonPath",
        "more than 256 characters",
    );
    refused(
        &stack.create(&one(of_path(&"(".repeat(33)))),
        "InvalidJsonPath",
        "must not nest",
    );
    let deep = "[".repeat(100) + &"1,".repeat(50) + "1" + &"]".repeat(100);
    let wide = format!("[{}0]", "[0,[0]],".repeat(25_000));
    for path in [
        "$..*",
        "$..[*]",
        "$.*.*.*",
        "$[?@.a == @.b]",
        "$[?count(@..*) > 1]",
        "$[*]",
    ] {
        for body in [&deep, &wide] {
            post_body(of_path(path), body);
        }
    }
}
