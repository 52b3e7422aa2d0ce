//! Links, queries and headers.

use super::{refused, soon};
use crate::doors::lambda;
use crate::support::{BASE, FEATURES, Stack, encode, heartbeat, nothing, parameters, success, with};
use serde_json::json;
use sfn_callback_urls::entry::lambda::Role;

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
