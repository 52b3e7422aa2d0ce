//! Senders that sign in another way than those of the table once did: what `generic` says of each, and the named scheme that
//! means the same.

use super::{hook, linked, signed, unproven};
use crate::properties::config;
use crate::support::{FEATURES, NOW, Stack, base64, data, nothing, post, set_clock, with};
use proptest::collection::vec;
use proptest::prelude::*;
use ring::hmac;
use serde_json::{Value, json};
use sfn_callback_urls::webhook::{Received, Verify};
use std::collections::BTreeMap;

const BODY: &str = r#"{"ok":true}"#;

fn hmac_base64(secret: &str, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    base64(hmac::sign(&key, text.as_bytes()).as_ref())
}

#[track_caller]
fn send(verify: &Value, headers: &[(&str, &str)]) -> (Stack, crate::support::Answer) {
    let (stack, url) = linked(hook(verify.clone()));
    let headers = [&[("content-type", "application/json")], headers].concat();
    let answer = stack.visit("POST", &url, &headers, BODY.as_bytes());
    (stack, answer)
}

#[track_caller]
fn believed(verify: &Value, headers: &[(&str, &str)]) {
    let (stack, answer) = send(verify, headers);
    assert_eq!(answer.status, 200, "{verify}: {}", answer.body);
    assert_eq!(stack.told(), [format!("success {BODY}")]);
}

#[track_caller]
fn refused(verify: &Value, headers: &[(&str, &str)], cause: &str) {
    let (stack, answer) = send(verify, headers);
    unproven(&stack, &answer, cause);
}

fn generic(more: Value) -> Value {
    with(json!({"scheme": "generic", "secret": "s"}), more)
}

/// The named scheme, and what `generic` says of it.
fn both(scheme: &str, more: Value) -> [Value; 2] {
    [json!({"scheme": scheme, "secret": "s"}), generic(more)]
}

#[test]
fn a_secret_is_rotated_with_several_signatures_in_one_header() {
    let name = "x-pagerduty-signature";
    let good = signed("s", BODY);
    let old = signed("old", BODY);
    for verify in both(
        "pagerduty",
        json!({"header": "X-PagerDuty-Signature", "prefix": "v1=", "separator": ","}),
    ) {
        believed(&verify, &[(name, &format!("v1={good}"))]);
        believed(&verify, &[(name, &format!("v1={old},v1={good}"))]);
        believed(&verify, &[(name, &format!("v1={good}, v1={old}"))]);
        refused(
            &verify,
            &[(name, &format!("v1={old},v1={old}"))],
            "no signature fits",
        );
        refused(
            &verify,
            &[(name, &format!("v1={good};v1={old}"))],
            "not of the scheme's form",
        );
        refused(
            &verify,
            &[(name, &format!("v1={good},"))],
            "not of the scheme's form",
        );
        refused(
            &verify,
            &[(name, &format!("v1=,v1={good}"))],
            "not of the scheme's form",
        );
        refused(&verify, &[(name, &good)], "not of the scheme's form");
        refused(&verify, &[], "is missing");
        let eleven = format!("{}v1={good}", format!("v1={old},").repeat(10));
        refused(&verify, &[(name, &eleven)], "more signatures than are tried");
        let (one, two) = (format!("v1={good}"), format!("v1={old}"));
        refused(&verify, &[(name, &one), (name, &two)], "more than once");
    }
    // Beside a time in a header of its own, too.
    let time = NOW.to_string();
    let timed = generic(
        json!({"header": "X-Sig", "separator": " ", "encoding": "base64", "ts_header": "X-Time",
        "parts": ["{ts}", ".", "{body}"]}),
    );
    let good = hmac_base64("s", &format!("{time}.{BODY}"));
    let list = format!("{} {good}", hmac_base64("s", BODY));
    believed(&timed, &[("x-sig", &list), ("x-time", &time)]);
    refused(
        &timed,
        &[("x-sig", &list.replace(' ', "  ")), ("x-time", &time)],
        "form",
    );
}

#[test]
fn a_date_is_signed_in_front_of_the_body() {
    let (name, time_name) = (
        "x-zendesk-webhook-signature",
        "x-zendesk-webhook-signature-timestamp",
    );
    // The support's clock stands at 2026-09-21T14:13:20Z.
    assert_eq!(NOW, 1_790_000_000);
    for verify in both(
        "zendesk",
        json!({"header": name, "encoding": "base64", "ts_header": time_name, "ts_unit": "rfc3339",
            "parts": ["{ts}", "{body}"]}),
    ) {
        for time in [
            "2026-09-21T14:13:20Z",
            "2026-09-21t14:13:20z",
            "2026-09-21T16:13:20.000+02:00",
            "2026-09-21T14:08:20Z",
            "2026-09-21T14:18:20Z",
        ] {
            let signature = hmac_base64("s", &format!("{time}{BODY}"));
            believed(&verify, &[(name, &signature), (time_name, time)]);
        }
        for (time, cause) in [
            ("2026-09-21T14:08:19Z", "longer ago"),
            ("2026-09-21T14:18:21Z", "further in the future"),
            ("2026-09-21T14:13:20+02:00", "longer ago"),
            ("9999-12-31T23:59:59Z", "further in the future"),
            ("2026-09-21T14:13:20", "the time is not"),
            ("2026-09-21 14:13:20Z", "the time is not"),
            ("2026-09-21T14:13:60Z", "the time is not"),
            ("1790000000", "the time is not"),
            ("", "the time is not"),
        ] {
            let signature = hmac_base64("s", &format!("{time}{BODY}"));
            refused(&verify, &[(name, &signature), (time_name, time)], cause);
        }
        let signature = hmac_base64("s", &format!("2026-09-21T14:13:20Z{BODY}"));
        refused(
            &verify,
            &[(name, &signature), (time_name, "2026-09-21T14:13:20+00:00")],
            "no signature",
        );
        refused(&verify, &[(name, &signature)], "is missing");
    }
    let seconds = generic(json!({"header": "X-Sig", "ts_header": "X-Time", "parts": ["{ts}", "{body}"]}));
    let time = "2026-09-21T14:13:20Z";
    let signature = signed("s", &format!("{time}{BODY}"));
    refused(
        &seconds,
        &[("x-sig", &signature), ("x-time", time)],
        "the time is not",
    );
}

#[test]
fn a_time_and_a_signature_share_one_header() {
    let name = "x-docuseal-signature";
    for verify in both(
        "docuseal",
        json!({"header": "X-Docuseal-Signature", "ts_separator": ".", "parts": ["{ts}", ".", "{body}"]}),
    ) {
        let at = |time: i64| format!("{time}.{}", signed("s", &format!("{time}.{BODY}")));
        for time in [NOW, NOW - 300, NOW + 300] {
            believed(&verify, &[(name, &at(time))]);
        }
        refused(&verify, &[(name, &at(NOW - 301))], "longer ago");
        refused(&verify, &[(name, &at(NOW + 301))], "further in the future");
        refused(
            &verify,
            &[(name, &at(NOW).replace('.', ","))],
            "not of the scheme's form",
        );
        refused(
            &verify,
            &[(name, &at(NOW).replace('.', ""))],
            "not of the scheme's form",
        );
        refused(
            &verify,
            &[(name, &at(NOW).replace('.', ".."))],
            "not of the scheme's form",
        );
        refused(&verify, &[(name, &format!("{NOW}."))], "no signature fits");
        refused(&verify, &[(name, &at(NOW)[1..])], "the time is not");
    }
    let dated = generic(
        json!({"header": "X-Sig", "ts_separator": ";", "ts_unit": "rfc3339", "prefix": "v1=",
        "parts": ["{ts}", "{body}"]}),
    );
    let time = "2026-09-21T14:13:20.5Z";
    let signature = format!("{time};v1={}", signed("s", &format!("{time}{BODY}")));
    believed(&dated, &[("x-sig", &signature)]);
}

#[test]
fn the_address_is_signed_as_it_was_handed_out() {
    let name = "x-square-hmacsha256-signature";
    for verify in both(
        "square",
        json!({"header": name, "encoding": "base64", "parts": ["{address}", "{body}"]}),
    ) {
        let (stack, url) = linked(hook(verify));
        let send = |called: &str, signed: &str, body: &str| {
            let signature = hmac_base64("s", signed);
            let headers = [("content-type", "application/json"), (name, signature.as_str())];
            stack.visit("POST", called, &headers, body.as_bytes())
        };
        for signed in [
            BODY.to_owned(),
            format!("{url}&a=b{BODY}"),
            format!("{url}/{BODY}"),
            format!("{}{BODY}", url.replacen(".com/", ".com:443/", 1)),
            format!("{}{BODY}", url.replacen("https", "http", 1)),
            format!("{}{BODY}", url.replace("/respond", "/other")),
            format!("https://evil.example/respond?data={}{BODY}", data(&url)),
            format!("{url}{{}}"),
        ] {
            unproven(&stack, &send(&url, &signed, BODY), "no signature fits");
        }
        // What comes after the link in the query is not a part of what was signed: it could be the beginning of the body.
        let whole = format!("{url}[1,{BODY}");
        for called in [
            format!("{url}[1,"),
            format!("{url}%5B1,"),
            format!("{url}&x=[1,"),
            format!("{url}&[1,"),
        ] {
            assert_ne!(send(&called, &whole, BODY).status, 200, "{called}");
        }
        let text = format!("{url}&x={BODY}");
        unproven(
            &stack,
            &send(&format!("{url}&x="), &text, BODY),
            "no signature fits",
        );
        assert_eq!(stack.told(), ["waiting"]);
        // A REST API does not tell the order of the query, and the sender may have been given the short form.
        let short = format!("{}?data={}", url.split('?').next().unwrap(), data(&url));
        assert_eq!(send(&short, &format!("{url}{BODY}"), BODY).status, 200);
        let (stack, url) = linked(hook(json!({"scheme": "square", "secret": "s"})));
        let short = format!("{}?data={}", url.split('?').next().unwrap(), data(&url));
        let signature = hmac_base64("s", &format!("{short}{BODY}"));
        let headers = [("content-type", "application/json"), (name, signature.as_str())];
        assert_eq!(stack.visit("POST", &url, &headers, BODY.as_bytes()).status, 200);
    }
}

#[test]
fn the_address_is_the_one_that_the_request_named() {
    let stack = Stack::new(FEATURES);
    let action = hook(json!({"scheme": "square", "secret": "s"}));
    let url = stack.link(action, json!({"base_url": "https://hooks.example.com/in/"}));
    assert!(url.starts_with("https://hooks.example.com/in/respond?"), "{url}");
    let send = |signed: &str| {
        let signature = hmac_base64("s", &format!("{signed}{BODY}"));
        let headers = [
            ("content-type", "application/json"),
            ("host", "internal.example"),
            ("x-square-hmacsha256-signature", signature.as_str()),
        ];
        stack.visit("POST", &url, &headers, BODY.as_bytes())
    };
    unproven(
        &stack,
        &send(&url.replace("hooks.example.com", "internal.example")),
        "no signature",
    );
    assert_eq!(send(&url).status, 200);
}

#[test]
fn a_text_is_answered_to_a_sender_that_accepts_anything() {
    let told = "Hello API Event Received";
    let outcomes = json!([
        {"name": "beat", "type": "heartbeat", "schema": {"type": "object", "required": ["beat"]}, "response": {"text": "Noted"}},
        {"name": "any", "type": "success", "schema": {}, "output": 1}]);
    let action = json!({"bodies": ["json"], "answer": "text", "response": {"text": told, "json": {"a": 1}}});
    for stack in [Stack::new(FEATURES), Stack::without_key(FEATURES)] {
        let url = stack.link(with(post(outcomes.clone()), action.clone()), nothing());
        let send = |accept: &str, body: &str| {
            let headers = [("content-type", "application/json"), ("accept", accept)];
            stack.visit("POST", &url, &headers, body.as_bytes())
        };
        let answer = send("*/*", r#"{"beat":1}"#);
        assert_eq!((answer.status, answer.body.as_str()), (200, "Noted"));
        // The second time the task is closed: this sender reads the text, and not the status.
        for accept in ["*/*", "application/json", "text/html", ""] {
            let answer = send(accept, "{}");
            assert_eq!((answer.status, answer.body.as_str()), (200, told), "{accept}");
            assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        }
        // What is refused is told as ever.
        let refused = send("application/json", "{");
        assert_eq!(refused.refusal(), (400, "InvalidPostActionBody".to_owned()));
    }
}

#[test]
fn dropbox_sign_is_answered_what_it_reads() {
    let key = "324e3b0840f065eb51f3fd63231d0d33daa35d4ed10d27718839e81737065782";
    let event = r#"{"event":{"event_type":"account_confirmed","event_time":"1669926463","event_hash":"ff8b03439122f9160500c3fb855bdee5a9ccba5fff27d3b258745d8f3074832f"}}"#;
    set_clock(1_669_926_463 + 7_200);
    let stack = Stack::new(FEATURES);
    let action = with(
        post(
            json!([{"name": "any", "type": "success", "schema": {"required": ["event"]}, "output_path": "$.event.event_type"}]),
        ),
        json!({"verify": {"scheme": "dropbox-sign", "secret": key}, "unwrap": "json", "answer": "text",
            "response": {"text": "Hello API Event Received"}}),
    );
    let url = stack.link(action, nothing());
    let body = format!("--x\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{event}\r\n--x--\r\n");
    let headers = [
        ("content-type", "multipart/form-data; boundary=x"),
        ("accept", "*/*"),
    ];
    let answer = stack.visit("POST", &url, &headers, body.as_bytes());
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, "Hello API Event Received")
    );
    assert_eq!(stack.told(), [r#"success ["account_confirmed"]"#]);
    set_clock(NOW);
}

#[test]
fn json_in_a_text_is_taken_where_the_author_asks_for_it() {
    let sns = r#"{"Type":"Notification","Message":"hello"}"#;
    let outcomes = json!([{"name": "any", "type": "success", "schema": {"type": "object", "required": ["Type"]}, "output_path": "$.Message"}]);
    let github = json!({"verify": {"scheme": "github", "secret": "s"}});
    let signature = format!("sha256={}", signed("s", sns));
    let types = [
        "text/plain",
        "text/plain; charset=UTF-8",
        "text/json",
        "TEXT/X-JSON",
    ];
    for (fields, status) in [
        (json!({"bodies": ["text-json"]}), 200),
        (json!({"bodies": ["json", "text-json"]}), 200),
        (
            with(github.clone(), json!({"bodies": ["json", "text-json"]})),
            200,
        ),
        (github, 415),
        (json!({"bodies": ["json"]}), 415),
        (json!({"cloudevents": true}), 415),
        (json!({"bodies": ["json", "text"]}), 422),
        (json!({}), 415),
    ] {
        for content_type in types {
            let (stack, url) = linked(with(post(outcomes.clone()), fields.clone()));
            let headers = [
                ("content-type", content_type),
                ("x-hub-signature-256", signature.as_str()),
            ];
            let answer = stack.visit("POST", &url, &headers, sns.as_bytes());
            assert_eq!(answer.status, status, "{fields} {content_type}: {}", answer.body);
            let told = if status == 200 {
                r#"success ["hello"]"#
            } else {
                "waiting"
            };
            assert_eq!(stack.told(), [told]);
        }
    }
    let (stack, url) = linked(with(post(outcomes), json!({"bodies": ["text-json"]})));
    for (content_type, body, status) in [
        ("text/plain", "hello", 400),
        ("text/plain", "{\"Type\":1,\"Type\":2}", 400),
        ("text/plain", "", 400),
        ("application/json", sns, 415),
        ("application/x-www-form-urlencoded", "Type=1", 415),
    ] {
        let answer = stack.visit("POST", &url, &[("content-type", content_type)], body.as_bytes());
        assert_eq!(answer.status, status, "{content_type} {body}: {}", answer.body);
    }
    let marked = format!("\u{feff}{sns}");
    let answer = stack.visit("POST", &url, &[("content-type", "text/plain")], marked.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
}

const ADDRESS: &str = "https://a.example/respond?data=x";

/// The values of a request by the part that they stand for.
type Values = BTreeMap<&'static str, String>;

fn joined(parts: &[&'static str], values: &Values) -> String {
    parts
        .iter()
        .map(|part| values.get(part).map_or(*part, String::as_str))
        .collect()
}

fn is_believed(verify: &Verify, text: &str, values: &Values) -> bool {
    let value = |part: &str| values.get(part).map(String::as_str).unwrap_or_default();
    let signature = signed("s", text);
    let headers: [(&str, &[u8]); 4] = [
        ("x-sig", signature.as_bytes()),
        ("x-time", value("{ts}").as_bytes()),
        ("x", value("{header:x}").as_bytes()),
        ("y", value("{header:y}").as_bytes()),
    ];
    let received = Received {
        headers: &headers,
        body: value("{body}").as_bytes(),
        content_type: None,
        text_is_json: false,
        urls: vec![ADDRESS.to_owned()],
        now_ms: NOW.unsigned_abs() * 1_000,
    };
    verify.check(None, &received).is_ok()
}

/// Every way to take a text apart into values of these parts.
fn readings(parts: &[&'static str], text: &str, values: &Values, found: &mut Vec<Values>) {
    let Some((part, rest)) = parts.split_first() else {
        if text.is_empty() {
            found.push(values.clone());
        }
        return;
    };
    let is_open = part.starts_with('{') && *part != "{address}";
    let fixed = values.get(part).map_or(*part, String::as_str);
    if let (Some(after), true) = (text.strip_prefix(fixed), !is_open || values.contains_key(part)) {
        return readings(rest, after, values, found);
    }
    if is_open && !values.contains_key(part) {
        for (end, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let mut values = values.clone();
            values.insert(part, text[..end].to_owned());
            readings(rest, &text[end..], &values, found);
        }
    }
}

proptest! {
    #![proptest_config(config(500))]

    /// Whatever an author joins, a signed text is that of one request.
    #[test]
    fn what_is_joined_can_be_taken_apart_in_one_way(
        parts in vec(prop::sample::select(vec![
            ".", "a", "aa", "a.", "{ts}", "{body}", "{body}", "{address}", "{header:x}", "{header:y}",
        ]), 1..6),
        x in "[a.]{0,3}", y in "[a.]{0,3}", body in "[a.1]{0,5}", unit in 0..2_u8,
    ) {
        let mut fields = json!({"header": "X-Sig", "parts": parts});
        let (time, unit) = match unit {
            0 => (NOW.to_string(), "s"),
            _ => ("2026-09-21T14:13:20.1Z".to_owned(), "rfc3339"),
        };
        if parts.contains(&"{ts}") {
            fields = with(fields, json!({"ts_header": "X-Time", "ts_unit": unit}));
        }
        if parts.contains(&"{address}") {
            fields = with(fields, json!({"url": "https://a.example"}));
        }
        let verify = Verify::read(serde_json::from_value(generic(fields)).unwrap());
        let Ok(verify) = verify.map(Verify::with_defaults) else {
            return Ok(());
        };
        let mut known = Values::from([("{address}", ADDRESS.to_owned())]);
        known.retain(|part, _| parts.contains(part));
        let mut values = known.clone();
        for (part, value) in [("{ts}", time), ("{body}", body), ("{header:x}", x), ("{header:y}", y)] {
            if parts.contains(&part) {
                values.insert(part, value);
            }
        }
        let text = joined(&parts, &values);
        let mut found = Vec::new();
        readings(&parts, &text, &known, &mut found);
        prop_assert!(found.contains(&values));
        let believed = found.iter().filter(|values| is_believed(&verify, &text, values)).count();
        prop_assert!(believed <= 1, "{believed} of {} readings of {text} by {parts:?}", found.len());
    }
}

#[test]
fn each_recipe_makes_a_link() {
    let recipes = include_str!("../../../docs/recipes/webhooks.md");
    let mut made = 0;
    for block in recipes.split("```json\n").skip(1) {
        let (text, _) = block.split_once("\n```").unwrap();
        let action: Value = serde_json::from_str(text).unwrap();
        let stack = Stack::new(FEATURES);
        let answer = stack.create(&json!({"token": stack.task(), "actions": [action]}));
        assert_eq!(answer.status, 200, "{text}: {}", answer.body);
        made += 1;
    }
    assert!(made > 15, "{made}");
}

#[test]
fn the_words_of_generic_in_the_recipes_are_those_of_the_named_schemes() {
    let recipes = include_str!("../../../docs/recipes/webhooks.md");
    let rows: Vec<(&str, Value)> = recipes
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix("` |"))
        .filter_map(|line| line.split_once(" | `\"header\""))
        .map(|(sender, fields)| {
            let text = format!("{{\"header\"{fields}}}");
            (
                sender,
                serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}")),
            )
        })
        .collect();
    let senders: Vec<&str> = rows.iter().map(|(sender, _)| *sender).collect();
    assert_eq!(senders, ["PagerDuty", "Zendesk", "DocuSeal", "Square"]);
    for (sender, fields) in rows {
        let named = json!({"scheme": sender.to_lowercase(), "secret": "s"});
        let time = NOW.to_string();
        for verify in [named, generic(fields)] {
            let (stack, url) = linked(hook(verify));
            let date = "2026-09-21T14:13:20Z";
            let pagerduty = format!("v1={}", signed("s", BODY));
            let zendesk = hmac_base64("s", &format!("{date}{BODY}"));
            let docuseal = format!("{time}.{}", signed("s", &format!("{time}.{BODY}")));
            let square = hmac_base64("s", &format!("{url}{BODY}"));
            let headers = [
                ("content-type", "application/json"),
                ("x-pagerduty-signature", pagerduty.as_str()),
                ("x-zendesk-webhook-signature", zendesk.as_str()),
                ("x-zendesk-webhook-signature-timestamp", date),
                ("x-docuseal-signature", docuseal.as_str()),
                ("x-square-hmacsha256-signature", square.as_str()),
            ];
            let answer = stack.visit("POST", &url, &headers, BODY.as_bytes());
            assert_eq!(answer.status, 200, "{sender}: {}", answer.body);
        }
    }
}
