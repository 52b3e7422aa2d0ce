//! What strangers and authors can make the service do ends somewhere. Times are those of an unoptimised build on a busy
//! machine: what is not bounded would take minutes, or all memory.

use crate::doors::lambda;
use crate::support::{
    Answer, BASE, FEATURES, Stack, encode, heartbeat, nothing, old_link, parameters, post, success, with,
};
use serde_json::{Map, Value, json};
use sfn_callback_urls::entry::lambda::Role;
use std::time::{Duration, Instant};

/// Longer than anything here takes, and far shorter than it would without its bound.
const SOON: Duration = Duration::from_secs(20);

#[track_caller]
fn soon<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    assert!(start.elapsed() < SOON, "{what}: {:?}", start.elapsed());
    result
}

fn one(action: Value) -> Value {
    json!({"token": "t", "actions": [action]})
}

fn of_schema(schema: &Value) -> Value {
    post(json!([{"name": "o", "type": "heartbeat", "schema": schema}]))
}

fn of_path(path: &str) -> Value {
    post(json!([{"name": "o", "type": "success", "schema": {}, "output_path": path}]))
}

#[track_caller]
fn refused(answer: &Answer, code: &str, words: &str) {
    let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
    assert_eq!(answer.code(), code, "{message}");
    assert!(message.contains(words), "{message}");
}

// --- requests ---

#[test]
fn a_request_makes_a_thousand_links_and_not_one_more() {
    let stack = Stack::new(FEATURES);
    let actions = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|index| json!({"name": format!("a{index}"), "type": "heartbeat"}))
            .collect()
    };
    let people = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|index| json!({"id": format!("p{index}")}))
            .collect()
    };
    let request = |links: usize, recipients: usize| {
        let mut request = json!({"token": "t", "actions": actions(links)});
        if recipients > 0 {
            request["recipients"] = people(recipients).into();
        }
        request
    };
    assert_eq!(stack.create(&request(1_000, 0)).status, 200);
    assert_eq!(stack.create(&request(10, 100)).status, 200);
    for (links, recipients) in [(1_001, 0), (11, 100), (501, 2)] {
        let answer = stack.create(&request(links, recipients));
        refused(
            &answer,
            "InvalidJSON",
            "actions: the request asks for more than 1,000 links",
        );
    }
    refused(
        &stack.create(&request(1, 101)),
        "InvalidJSON",
        "recipients: must hold 1 to 100",
    );
}

#[test]
fn a_request_has_at_most_a_mebibyte() {
    let stack = Stack::new(FEATURES);
    let request = one(heartbeat()).to_string();
    let padded = |bytes: usize| format!("{request}{}", " ".repeat(bytes - request.len()));
    assert_eq!(stack.create_text(&padded(1 << 20)).status, 200);
    refused(
        &stack.create_text(&padded((1 << 20) + 1)),
        "InvalidJSON",
        "larger than 1 MiB",
    );
}

#[test]
fn an_action_has_at_most_a_hundred_outcomes() {
    let stack = Stack::new(FEATURES);
    let outcomes = |count: usize| -> Value {
        let outcome = |index: usize| json!({"name": format!("o{index}"), "type": "heartbeat", "schema": {}});
        (0..count).map(outcome).collect()
    };
    assert_eq!(stack.create(&one(post(outcomes(100)))).status, 200);
    let form = |count| json!({"name": "a", "type": "form", "outcomes": outcomes(count)});
    assert_eq!(stack.create(&one(form(100))).status, 200);
    for action in [post(outcomes(101)), form(101)] {
        let words = "actions[0].outcomes: holds more than 100 outcomes";
        refused(&stack.create(&one(action)), "InvalidJSON", words);
    }
}

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

// --- regular expressions ---

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

// --- bodies ---

/// A link whose schema accepts everything, and a body.
#[track_caller]
fn post_body(action: Value, body: &str) -> Answer {
    let stack = Stack::new(FEATURES);
    let link = stack.link(action, nothing());
    let answer = soon("a body", || stack.post(&link, body));
    if answer.status != 200 {
        assert_eq!(answer.refusal(), (400, "InvalidPostActionBody".to_owned()));
        assert_eq!(stack.told(), ["waiting"], "nothing was sent");
    }
    answer
}

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
    let elements = format!("[{}0]", "0,".repeat(500_000));
    let keys: String = (0..60_000).map(|index| format!("\"k{index}\":0,")).collect();
    let keys = format!("{{{keys}\"k\":0}}");
    let objects = format!("[{}{{}}]", "{},".repeat(300_000));
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
        "0,".repeat(400_000)
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

// --- paths ---

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
    let wide = format!("[{}0]", "[0,[0]],".repeat(50_000));
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

// --- what is filled in, and where ---

#[test]
fn a_value_that_stands_often_fills_at_most_a_mebibyte() {
    for (field, text) in [
        ("html", json!("$p".repeat(2_000))),
        ("text", json!("$p".repeat(2_000))),
        ("json", json!({"l": vec!["$p"; 900]})),
        (
            "redirect",
            json!(format!("https://example.com/?{}", "$p".repeat(2_000))),
        ),
    ] {
        let stack = Stack::new(FEATURES);
        let action = with(success(json!(1)), json!({"response": {field: text}}));
        let link = stack.link(action, parameters());
        let expected = if field == "redirect" { 303 } else { 200 };
        assert_eq!(stack.get(&format!("{link}&p=%3C")).status, expected);
        let stack_told = stack.told();
        let answer = soon(field, || stack.get(&format!("{link}&p={}", "%3C".repeat(9_000))));
        refused(&answer, "OutputFormatting", "grows over 1 MiB");
        assert_eq!(stack.told(), stack_told, "nothing was sent");
    }
}

#[test]
fn a_query_has_at_most_32_768_bytes() {
    let stack = Stack::new(FEATURES);
    let link = stack.link(heartbeat(), nothing());
    let (_, query) = link.split_once('?').unwrap();
    let visit = |bytes: usize| {
        let query = format!("{query}&x={}", "x".repeat(bytes - query.len() - 3));
        let event = json!({"version": "2.0", "routeKey": "$default", "rawPath": "/respond", "rawQueryString": query,
            "headers": {}, "isBase64Encoded": false, "requestContext": {"timeEpoch": 1, "stage": "$default",
            "http": {"method": "GET", "path": "/respond"}}});
        lambda(&stack, Role::Process, &event)["statusCode"].clone()
    };
    assert_eq!(visit(32_768), 200);
    assert_eq!(visit(32_769), 400);
}

#[test]
fn headers_as_long_as_a_function_url_takes_them_are_read_soon() {
    let stack = Stack::new(FEATURES);
    let link = stack.link(heartbeat(), nothing());
    for (name, value) in [
        ("accept", "text/html;q=0.1,".repeat(60_000)),
        ("accept", "*/*;".repeat(250_000)),
        ("accept-language", "de;q=0.5,xx,".repeat(80_000)),
        ("content-type", "application/json;".repeat(60_000)),
        ("user-agent", "x".repeat(1_000_000)),
        ("purpose", ",;".repeat(500_000)),
    ] {
        let answer = soon(name, || stack.visit("GET", &link, &[(name, &value)], b""));
        assert_eq!(answer.status, 200, "{name}");
    }
    assert!(
        stack.log_text().lines().all(|line| line.len() < 4_096),
        "the log stays short"
    );
}

#[test]
fn a_link_is_measured_before_it_is_looked_at() {
    let stack = Stack::new(FEATURES);
    for (prefix, limit) in [("3-", 8_192 + 2), ("2-", 10_240), ("1-", 10_240)] {
        let data = |chars: usize| format!("{BASE}/respond?data={prefix}{}", encode(&"A".repeat(chars - 2)));
        let cause = |chars: usize| {
            stack.get(&data(chars));
            stack.log().pop().unwrap()["cause"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        assert_ne!(cause(limit), "data is too long", "{prefix}");
        assert_eq!(cause(limit + 1), "data is too long", "{prefix}");
    }
}
