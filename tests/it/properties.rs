//! Whatever is sent: no fault of ours, no effect; and what was made does exactly what was asked for.

use crate::doors::{lambda, lambda_text};
use crate::support::{
    BASE, FEATURES, PLAIN, Stack, data, encode, heartbeat, nothing, parameters, post, success, with,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use serde_json::{Value, json};
use sfn_callback_urls::entry::lambda::Role;

/// As many cases as `PROPTEST_CASES` says, or as many as are worth their time.
#[allow(
    clippy::disallowed_methods,
    reason = "who runs the tests says how many cases, not the service"
)]
pub fn config(cases: u32) -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: wanted.map_or(cases, |text| text.parse().expect("PROPTEST_CASES is a number")),
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        // Drafts that are no name and the like are drawn again, however many cases there shall be.
        max_local_rejects: u32::MAX,
        ..ProptestConfig::default()
    }
}

/// Any text, also of characters that mean something somewhere.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,40}",
        "[$a{}<>&\"'%=;,:/\\\\.\\-*\\[\\]0-9]{0,30}",
        Just("\u{0}\r\n\u{7f}\u{2028}\u{feff}".to_owned()),
    ]
}

/// Any JSON value of moderate size.
pub fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((text(), inner), 0..5).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A request that is in order but for one part, which is anything.
fn almost_a_request() -> impl Strategy<Value = Value> {
    let paths = prop_oneof![
        Just("/token"),
        Just("/actions"),
        Just("/actions/0"),
        Just("/actions/0/name"),
        Just("/actions/0/type"),
        Just("/actions/0/output"),
        Just("/actions/0/response"),
        Just("/actions/0/response/redirect"),
        Just("/actions/0/response/json"),
        Just("/actions/0/response/html"),
        Just("/actions/1/error"),
        Just("/actions/1/cause"),
        Just("/actions/2/outcomes"),
        Just("/actions/2/outcomes/0"),
        Just("/actions/2/outcomes/0/schema"),
        Just("/actions/2/outcomes/0/output_path"),
        Just("/actions/2/outcomes/0/name"),
        Just("/expiration"),
        Just("/enable_output_parameters"),
        Just("/base_url"),
        Just("/base_url/api_id"),
    ];
    (paths, json_value()).prop_map(|(path, value)| {
        let mut request = json!({
            "token": "t", "expiration": "2026-12-24", "enable_output_parameters": true,
            "base_url": {"api_id": "abc", "stage": "v1"},
            "actions": [
                {"name": "s", "type": "success", "output": 1, "response": {"redirect": "https://example.com/$p", "json": {}, "html": ""}},
                {"name": "f", "type": "failure", "error": "e", "cause": "c"},
                with(post(json!([{"name": "o", "type": "success", "schema": {}, "output_path": "$.a"}])), json!({"name": "p"})),
            ]
        });
        *request.pointer_mut(path).unwrap() = value;
        request
    })
}

/// Something in place of the sealed link.
fn forged() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        ("[0-9]-", vec(any::<u8>(), 0..200))
            .prop_map(|(prefix, bytes)| prefix + &URL_SAFE_NO_PAD.encode(bytes)),
        // The suites that exist, followed by anything.
        (1_u8..4, vec(any::<u8>(), 0..400)).prop_map(|(suite, bytes)| format!(
            "3-{}",
            URL_SAFE_NO_PAD.encode([vec![suite], bytes].concat())
        )),
        // The head of a message of the AWS Encryption SDK, followed by anything.
        (
            prop_oneof![Just([2, 5, 0x78]), Just([2, 4, 0x78]), Just([1, 0x80, 3])],
            vec(any::<u8>(), 0..400)
        )
            .prop_map(|(head, bytes)| format!(
                "2-{}",
                URL_SAFE_NO_PAD.encode([head.to_vec(), bytes].concat())
            )),
        json_value().prop_map(|value| format!("1-{}", URL_SAFE_NO_PAD.encode(value.to_string()))),
    ]
}

/// The payload of a `1-` link that is in order but for one part.
fn almost_a_payload() -> impl Strategy<Value = String> {
    (0..7_usize, json_value()).prop_map(|(place, value)| {
        let mut payload = json!({"token": "t", "iat": 1, "tid": "0".repeat(32), "exp": 2e9, "param": true,
            "action": {"name": "a", "type": "success", "output": "$p", "response": {}}});
        let paths = [
            "/token",
            "/iat",
            "/tid",
            "/exp",
            "/param",
            "/action",
            "/action/response",
        ];
        *payload.pointer_mut(paths[place]).unwrap() = value;
        format!("1-{}", URL_SAFE_NO_PAD.encode(payload.to_string()))
    })
}

fn method() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("GET"), Just("POST"), Just("HEAD"), Just("PUT")]
}

/// A refusal: of the visitor's making, and without any effect.
fn check_refused(stack: &Stack, status: u16) -> Result<(), TestCaseError> {
    prop_assert!((400..500).contains(&status), "{status}");
    prop_assert!(
        stack.told().iter().all(|told| told == "waiting"),
        "{:?}",
        stack.told()
    );
    Ok(())
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn no_forged_link_opens(data in forged(), method in method(), more in text()) {
        for stack in [Stack::new(FEATURES), Stack::without_key(FEATURES)] {
            stack.task();
            let url = format!("{BASE}/respond?data={}&x={}", encode(&data), encode(&more));
            check_refused(&stack, stack.visit(method, &url, &[("content-type", "application/json")], b"{}").status)?;
        }
    }

    #[test]
    fn no_payload_of_a_stranger_does_harm(data in almost_a_payload()) {
        let stack = Stack::without_key(FEATURES);
        stack.task();
        let answer = stack.get(&format!("{BASE}/respond?data={}&p=1", encode(&data)));
        check_refused(&stack, answer.status)?;
    }

    #[test]
    fn no_changed_link_opens(place in any::<prop::sample::Index>(), change in any::<char>(), cut in any::<prop::sample::Index>()) {
        let stack = Stack::new(PLAIN);
        let sealed = data(&stack.link(success(json!(1)), nothing()));
        let mut changed: Vec<char> = sealed.chars().collect();
        let place = place.index(changed.len());
        prop_assume!(changed[place] != change);
        // At the end, what mail programs glue on is taken off; elsewhere nothing is.
        changed[place] = change;
        let answer = stack.get(&format!("{BASE}/respond?data={}", encode(&changed.iter().collect::<String>())));
        check_refused(&stack, answer.status)?;
        let shorter = &sealed[..cut.index(sealed.len())];
        check_refused(&stack, stack.get(&format!("{BASE}/respond?data={shorter}")).status)?;
    }

    #[test]
    fn no_query_does_harm(query in text(), pairs in vec((text(), text()), 0..5)) {
        let stack = Stack::new(FEATURES);
        stack.task();
        let pairs = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        for query in [query, pairs] {
            let event = json!({"version": "2.0", "routeKey": "$default", "rawPath": "/respond", "rawQueryString": query,
                "headers": {}, "isBase64Encoded": false, "requestContext": {"timeEpoch": 1, "stage": "$default",
                "http": {"method": "GET", "path": "/respond"}}});
            let status = lambda(&stack, Role::Process, &event)["statusCode"].as_u64().unwrap();
            check_refused(&stack, u16::try_from(status).unwrap())?;
        }
    }

    #[test]
    fn no_parameter_keeps_a_link_from_being_answered(pairs in vec((text(), text()), 0..5)) {
        let stack = Stack::new(FEATURES);
        let pairs: Vec<_> = pairs.into_iter().filter(|(name, _)| !matches!(name.as_str(), "data" | "action" | "type")).collect();
        let more = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let url = stack.link(heartbeat(), parameters());
        prop_assert_eq!(stack.get(&format!("{url}&{more}")).status, 200);
    }

    #[test]
    fn no_body_and_no_header_does_harm(
        body in vec(any::<u8>(), 0..300),
        text_body in prop_oneof![text(), json_value().prop_map(|value| value.to_string())],
        headers in vec((text(), text()), 0..5),
        content_type in prop_oneof![Just("application/json".to_owned()), text()],
    ) {
        let stack = Stack::new(FEATURES);
        let url = stack.link(post(json!([{"name": "never", "type": "success", "schema": {"not": {}}, "output": 1}])), nothing());
        let (_, query) = url.split_once('?').unwrap();
        let mut all: serde_json::Map<String, Value> = headers.into_iter().map(|(name, value)| (name, value.into())).collect();
        all.insert("content-type".to_owned(), content_type.into());
        for (body, in_base64) in [(crate::support::base64(&body), true), (text_body.clone(), false), (text_body, true)] {
            let multi: serde_json::Map<String, Value> = all.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
            let rest = json!({"resource": "/respond", "path": "/respond", "httpMethod": "POST", "headers": all,
                "multiValueHeaders": multi, "queryStringParameters": {"data": data(&url)},
                "multiValueQueryStringParameters": {"data": [data(&url)]}, "requestContext": {"httpMethod": "POST"},
                "body": body, "isBase64Encoded": in_base64});
            let http = json!({"version": "2.0", "routeKey": "$default", "rawPath": "/respond", "rawQueryString": query,
                "headers": all, "body": body, "isBase64Encoded": in_base64, "requestContext": {"timeEpoch": 1,
                "stage": "$default", "http": {"method": "POST", "path": "/respond"}}});
            for event in [rest, http] {
                let answer = lambda(&stack, Role::Process, &event);
                let status = answer["statusCode"].as_u64();
                prop_assert!(status.is_some(), "taken for a direct invocation: {event}");
                check_refused(&stack, u16::try_from(status.unwrap()).unwrap())?;
            }
        }
    }

    #[test]
    fn no_event_does_harm(event in prop_oneof![
        json_value(),
        json_value().prop_map(|value| json!({"requestContext": value})),
        (json_value(), json_value()).prop_map(|(headers, value)| json!({"requestContext": {"http": value}, "headers": headers})),
    ]) {
        for role in [Role::Create, Role::Process] {
            let stack = Stack::new(FEATURES);
            let answer = lambda(&stack, role, &event);
            // A few of these have the shape of an event, and are answered as one.
            let is_refused = match answer["statusCode"].as_u64() {
                Some(status) => (400..500).contains(&status),
                None => answer["error"].is_string() && answer["error"] != "ServiceError",
            };
            prop_assert!(is_refused, "{}", answer);
            prop_assert_eq!(stack.log().len(), 1);
        }
    }

    #[test]
    fn no_request_to_create_does_harm(request in prop_oneof![json_value(), almost_a_request()], text in text()) {
        let stack = Stack::new(FEATURES);
        stack.task();
        let direct = lambda(&stack, Role::Create, &request);
        let over_http = stack.create(&request);
        prop_assert!(over_http.status < 500, "{}", over_http.body);
        prop_assert_eq!(&direct["error"], &over_http.json().get("error").cloned().unwrap_or_default());
        if over_http.status != 200 {
            prop_assert!(over_http.json()["message"].is_string());
        }
        prop_assert!(stack.create_text(&text).status < 500);
        prop_assert_eq!(stack.told(), ["waiting"]);
    }

    #[test]
    fn what_was_made_opens_and_reports_exactly_the_output(output in json_value(), error in text(), cause in text()) {
        for stack in [Stack::new(PLAIN), Stack::without_key(PLAIN)] {
            let first = stack.task();
            let second = stack.task();
            let success = stack.create(&json!({"token": first, "actions": [success(output.clone())]}));
            let failure = stack.create(&json!({"token": second,
                "actions": [{"name": "a", "type": "failure", "error": error, "cause": cause}]}));
            prop_assume!(success.code() != "UrlTooLong" && error.chars().count() <= 256);
            prop_assert_eq!(stack.get(&success.url("a")).status, 200);
            prop_assert_eq!(stack.get(&failure.url("a")).status, 200);
            prop_assert_eq!(stack.told(), [format!("success {output}"), format!("failure {error} {cause}")]);
        }
    }

    #[test]
    fn custom_answers_arrive_as_they_were_written(html in text(), text in text(), value in json_value()) {
        let stack = Stack::new(PLAIN);
        let response = json!({"html": html, "text": text, "json": {"v": value}});
        let url = stack.create(&json!({"token": stack.task(), "actions": [with(heartbeat(), json!({"response": response}))]}));
        prop_assume!(url.status == 200);
        prop_assert_eq!(stack.get_as(&url.url("a"), "text/html").body, html);
        prop_assert_eq!(stack.get_as(&url.url("a"), "text/plain").body, text);
        prop_assert_eq!(stack.get_as(&url.url("a"), "application/json").body, json!({"v": value}).to_string());
    }

    #[test]
    fn a_posted_body_is_reported_as_it_was_sent(body in json_value()) {
        let stack = Stack::new(FEATURES);
        let url = stack.link(post(json!([{"name": "o", "type": "success", "schema": {}, "output_body": true}])), nothing());
        prop_assert_eq!(stack.post(&url, &serde_json::to_string_pretty(&body).unwrap()).status, 200);
        prop_assert_eq!(stack.told(), [format!("success {body}")]);
    }

    #[test]
    fn substitution_changes_strings_and_never_the_structure(
        output in json_value(), place in prop_oneof![Just("${p}"), Just("a${p}b$$"), Just("$p$$$q ")], p in text(), q in text(),
    ) {
        let stack = Stack::new(FEATURES);
        let output = with_placeholders(&output, place);
        let url = stack.create(&with(json!({"token": stack.task(), "actions": [success(output.clone())]}), parameters()));
        prop_assume!(url.status == 200);
        let answer = stack.get(&format!("{}&p={}&q={}", url.url("a"), encode(&p), encode(&q)));
        if answer.status == 200 {
            let told = stack.told().remove(0);
            let reported: Value = serde_json::from_str(told.strip_prefix("success ").unwrap()).unwrap();
            prop_assert_eq!(shape(&reported), shape(&output));
            prop_assert_eq!(reported, filled(&output, &p, &q));
        } else {
            prop_assert!(has_keys_that_may_become_one(&output), "{output}");
            prop_assert_eq!(answer.refusal(), (400, "OutputFormatting".to_owned()));
            prop_assert_eq!(stack.told(), ["waiting"]);
        }
    }

    #[test]
    fn a_filled_redirect_keeps_its_host(value in text(), place in prop_oneof![Just("/$v"), Just("/a?q=$v"), Just("?$v"), Just("/#$v"), Just("/${v}/..$v")]) {
        let stack = Stack::new(FEATURES);
        let action = with(heartbeat(), json!({"response": {"redirect": format!("https://example.com{place}")}}));
        let url = stack.link(action, parameters());
        let answer = stack.get(&format!("{url}&v={}", encode(&value)));
        prop_assert_eq!(answer.status, 303);
        let location = url::Url::parse(answer.header("location")).unwrap();
        prop_assert_eq!(location.origin().ascii_serialization(), "https://example.com");
    }

    #[test]
    fn a_value_in_a_page_opens_no_tag_and_ends_no_attribute(value in text()) {
        let stack = Stack::new(FEATURES);
        let action = with(heartbeat(), json!({"response": {"html": "<p title=\"$v\">$v</p>"}}));
        let url = stack.link(action, parameters());
        let page = stack.get_as(&format!("{url}&v={}", encode(&value)), "text/html").body;
        prop_assert_eq!(page.matches(['<', '>', '"', '\'']).count(), 6, "{}", page);
    }
}

#[test]
fn a_direct_request_that_is_no_json_never_reaches_us_and_deep_json_is_refused() {
    let stack = Stack::new(PLAIN);
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    assert_eq!(lambda_text(&stack, Role::Create, &deep)["error"], "InvalidJSON");
    assert_eq!(
        lambda_text(&stack, Role::Process, &deep)["error"],
        "UnsupportedEvent"
    );
}

/// The same value with placeholders in every string and key, and no other `$` but doubled ones.
fn with_placeholders(value: &Value, place: &str) -> Value {
    match value {
        Value::String(text) => format!("{place}{}", text.replace('$', "")).into(),
        Value::Array(items) => items.iter().map(|item| with_placeholders(item, place)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, field)| (key.replace('$', "$$") + " $q", with_placeholders(field, place)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// Only then can a substitution fail that has all its parameters.
fn has_keys_that_may_become_one(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_keys_that_may_become_one),
        Value::Object(fields) => fields.len() > 1 || fields.values().any(has_keys_that_may_become_one),
        _ => false,
    }
}

/// What the substitution must give, by another way: `$$` becomes a mark, then the names are replaced.
fn filled(value: &Value, p: &str, q: &str) -> Value {
    let fill = |text: &str| {
        let parts = text.split("$$").map(|part| {
            let mut out = String::new();
            let mut rest = part;
            while let Some((before, after)) = rest.split_once('$') {
                out += before;
                let (name, after) = match after.strip_prefix('{') {
                    Some(braced) => braced.split_once('}').unwrap(),
                    None => after.split_at(1),
                };
                out += if name == "p" { p } else { q };
                rest = after;
            }
            out + rest
        });
        parts.collect::<Vec<_>>().join("$")
    };
    match value {
        Value::String(text) => fill(text).into(),
        Value::Array(items) => items.iter().map(|item| filled(item, p, q)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, field)| (fill(key), filled(field, p, q)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// A value without what its strings and keys say.
fn shape(value: &Value) -> Value {
    match value {
        Value::String(_) => "".into(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(fields) => json!({"fields": fields.values().map(shape).collect::<Vec<_>>()}),
        other => other.clone(),
    }
}
