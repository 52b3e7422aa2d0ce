//! Expiry that can be written in a state machine, who answered, and in which language.

use crate::support::*;
use serde_json::{Value, json};

fn recipients(ids: &[&str]) -> Value {
    let list: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
    json!({"recipients": list, "include_callback": true})
}

#[track_caller]
fn refused(stack: &Stack, more: Value, code: &str, message: &str) {
    let answer = stack.create(&with(json!({"token": "t", "actions": [heartbeat()]}), more));
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (400, code),
        "{}",
        answer.body
    );
    assert_eq!(answer.json()["message"], message);
}

// --- expiry ---

#[test]
fn a_duration_counts_from_now() {
    let stack = Stack::new(PLAIN);
    let answer = stack.links(json!([heartbeat()]), json!({"expires_in": "PT1H"}));
    assert_eq!(answer.keys(), ["transaction_id", "urls", "expiration"]);
    assert_eq!(answer.json()["expiration"], "2026-09-21T15:13:20+00:00");
    for (after, status) in [(3_599, 200), (3_600, 400)] {
        set_clock(NOW + after);
        assert_eq!(stack.get(&answer.url("a")).status, status, "{after}");
    }
}

#[test]
fn unreadable_durations_are_refused() {
    let stack = Stack::new(PLAIN);
    const UNREADABLE: &str = "expires_in: is not an ISO 8601 duration, such as P3D or PT12H";
    for text in ["", "3D", "P", "tomorrow", "2026-12-24"] {
        refused(&stack, json!({"expires_in": text}), "InvalidDate", UNREADABLE);
    }
    for text in ["P0D", "-P1D"] {
        refused(
            &stack,
            json!({"expires_in": text}),
            "InvalidDate",
            "expires_in: must be longer than nothing",
        );
    }
    refused(
        &stack,
        json!({"expires_in": "P9999Y"}),
        "InvalidDate",
        "expires_in: is after the year 9999",
    );
    refused(
        &stack,
        json!({"expires_in": 5}),
        "InvalidJSON",
        "expires_in: must be a string",
    );
    refused(
        &stack,
        json!({"expires_in": "P1D", "expiration": "2026-12-24"}),
        "InvalidJSON",
        "expires_in: give either `expiration` or `expires_in`, not both",
    );
}

/// The last day of the calendar is as good as any other: it means "never" to many.
#[test]
fn an_expiration_on_the_last_day_of_the_calendar_is_taken_and_shown() {
    let stack = Stack::new(FEATURES);
    for (given, echoed, shown) in [
        ("9999-12-31", "9999-12-31T00:00:00", "9999-12-31 00:00 UTC"),
        (
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59+00:00",
            "9999-12-31 23:59 UTC",
        ),
        (
            "9999-12-31T23:30:00-01:00",
            "9999-12-31T23:30:00-01:00",
            "9999-12-31 23:59 UTC",
        ),
        (
            "9999-12-31 01:00 +01:00",
            "9999-12-31T01:00:00+01:00",
            "9999-12-31 00:00 UTC",
        ),
    ] {
        let asking = with(heartbeat(), json!({"confirm": true}));
        let made = stack.links(json!([asking]), json!({"expiration": given}));
        assert_eq!(made.json()["expiration"], echoed);
        let page = stack.get_as(&made.url("a"), "text/html");
        assert!(page.status == 200 && page.body.contains(shown), "{}", page.body);
        let described = stack.get(&made.url("a")).json()["expiration"].clone();
        assert!(
            described.as_str().unwrap().starts_with("9999-12-31T"),
            "{described}"
        );
    }
    for past in ["0001-01-01", "0001-01-01T00:00:00+14:00"] {
        refused(
            &stack,
            json!({"expiration": past}),
            "InvalidDate",
            "expiration: is in the past",
        );
    }
}

#[test]
fn no_link_lives_longer_than_the_stack_allows() {
    let stack = Stack::new(&[("MAX_LINK_LIFETIME", "P1D")]);
    const LAST: &str = "2026-09-22T14:13:20+00:00";
    for (more, expiration, warning) in [
        (json!({}), LAST, None),
        (json!({"expires_in": "PT1H"}), "2026-09-21T15:13:20+00:00", None),
        (
            json!({"expiration": "2026-09-22T16:13:20+02:00"}),
            "2026-09-22T16:13:20+02:00",
            None,
        ),
        (json!({"expires_in": "P2D"}), LAST, Some("expires_in")),
        (json!({"expiration": "2026-12-24"}), LAST, Some("expiration")),
    ] {
        let answer = stack.links(json!([heartbeat()]), more).json();
        assert_eq!(answer["expiration"], expiration);
        let warnings = warning.map(|field| {
            json!([format!(
                "{field}: the links end earlier, as this stack demands (MaxLinkLifetime)"
            )])
        });
        assert_eq!(answer.get("warnings"), warnings.as_ref());
    }
    let url = stack.link(heartbeat(), nothing());
    set_clock(NOW + 24 * 3_600);
    assert_eq!(stack.get(&url).code(), "ExpiredPayload");
}

// --- who answered ---

#[test]
fn each_recipient_has_links_of_their_own() {
    let stack = Stack::new(FEATURES);
    let actions = json!([success(json!({"ok": 1})), with(heartbeat(), json!({"name": "b"}))]);
    let answer = stack.links(actions, recipients(&["ann@example.com", "Bo"]));
    assert_eq!(answer.keys(), ["transaction_id", "recipients"]);
    let sets = answer.json()["recipients"].clone();
    assert_eq!(
        (&sets[0]["id"], &sets[1]["id"]),
        (&json!("ann@example.com"), &json!("Bo"))
    );
    let url = sets[1]["urls"]["a"].as_str().unwrap();
    assert_eq!(sets[0]["urls"].as_object().unwrap().len(), 2);
    assert_eq!(stack.get(url).status, 200);
    let told = stack.told()[0].clone();
    let output: Value = serde_json::from_str(told.strip_prefix("success ").unwrap()).unwrap();
    assert_eq!(output["_callback"]["recipient"], "Bo");
    assert_eq!(stack.log().last().unwrap()["recipient"], "Bo");
}

#[test]
fn recipients_are_named_once_each() {
    let stack = Stack::new(PLAIN);
    const ID: &str = "must have 1 to 256 characters, and no control characters";
    let long = "é".repeat(257);
    for (ids, message) in [
        (
            vec!["a", "a"],
            "recipients[1].id: another recipient has the same id".to_owned(),
        ),
        (vec![""], format!("recipients[0].id: {ID}")),
        (vec!["a", " "], format!("recipients[1].id: {ID}")),
        (vec!["a\nb"], format!("recipients[0].id: {ID}")),
        (vec![long.as_str()], format!("recipients[0].id: {ID}")),
    ] {
        refused(&stack, recipients(&ids), "InvalidJSON", &message);
    }
    let many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for list in [&[][..], &many] {
        refused(
            &stack,
            recipients(list),
            "InvalidJSON",
            "recipients: must hold 1 to 100 recipients",
        );
    }
    let unknown = json!({"recipients": [{"id": "a", "mail": "x"}]});
    refused(
        &stack,
        unknown,
        "InvalidJSON",
        "recipients[0].mail: must be one of `id`, `email`, `slack`",
    );
    let all = stack.links(json!([heartbeat()]), recipients(&many[..100]));
    assert_eq!(all.json()["recipients"].as_array().unwrap().len(), 100);
    assert_eq!(stack.log().last().unwrap()["links"], 100);
}

#[test]
fn an_output_tells_who_answered() {
    let stack = Stack::new(FEATURES);
    let answer = stack.links(
        json!([success(json!({"ok": 1.5, "_callback": "kept?"}))]),
        json!({"include_callback": true}),
    );
    let transaction = answer.json()["transaction_id"].clone();
    let headers = [("user-agent", "Browser/1.0")];
    assert_eq!(
        stack.visit("GET", &answer.url("a"), &headers, b"").keys(),
        ["transaction_id", "action"]
    );
    let told = stack.told()[0].clone();
    let output = told.strip_prefix("success ").unwrap();
    assert!(output.starts_with(r#"{"ok":1.5,"_callback":{"#), "{output}");
    let output: Value = serde_json::from_str(output).unwrap();
    assert_eq!(
        output["_callback"],
        json!({"transaction_id": transaction, "action": "a", "outcome": null, "responded_at": "2026-09-21T14:13:20Z",
               "request": {"source_ip": "192.0.2.1", "user_agent": "Browser/1.0"}, "recipient": null})
    );
}

#[test]
fn a_visitor_cannot_lie_about_who_answered() {
    let stack = Stack::new(FEATURES);
    let outcome = json!([{"name": "all", "type": "success", "schema": {}, "output_body": true}]);
    let callback = json!({"include_callback": true});
    let url = stack.link(post(outcome.clone()), callback.clone());
    assert_eq!(
        stack
            .post(&url, r#"{"_callback":{"recipient":"boss"},"a":1}"#)
            .status,
        200
    );
    let output: Value = serde_json::from_str(&stack.told()[0]["success ".len()..]).unwrap();
    assert_eq!(output["_callback"]["recipient"], Value::Null);
    assert_eq!(output["_callback"]["outcome"], "all");
    // What is no object stays as it is.
    let url = stack.link(post(outcome), callback);
    assert_eq!(stack.post(&url, "[1]").status, 200);
    assert_eq!(stack.told()[1], "success [1]");
}

#[test]
fn authors_are_told_of_outputs_that_cannot_tell() {
    let stack = Stack::new(FEATURES);
    let actions = json!([
        success(json!([1])),
        {"name": "b", "type": "post", "outcomes": [
            {"name": "x", "type": "success", "schema": {}, "output": "text"},
            {"name": "y", "type": "success", "schema": {}, "output_path": "$.a"},
            {"name": "z", "type": "success", "schema": {}, "output": {}}]}
    ]);
    let warned = stack.links(actions, json!({"include_callback": true})).json()["warnings"].clone();
    const WHY: &str = "is no object, so it gets no `_callback`";
    let expected = json!([
        format!("actions[0].output: {WHY}"),
        format!("actions[1].outcomes[0]: the output {WHY}"),
        format!("actions[1].outcomes[1]: the output {WHY}")
    ]);
    assert_eq!(warned, expected);
    let silent = stack
        .links(json!([heartbeat()]), json!({"recipients": [{"id": "a"}]}))
        .json();
    assert_eq!(
        silent["warnings"],
        json!(["recipients: without include_callback only the log tells whose link answered"])
    );
}

#[test]
fn an_output_that_grows_over_its_limit_is_refused_before_anything_is_sent() {
    let stack = Stack::new(FEATURES);
    let outcome = json!([{"name": "all", "type": "success", "schema": {}, "output_body": true}]);
    let url = stack.link(post(outcome), json!({"include_callback": true}));
    let body = format!(r#"{{"a":"{}"}}"#, "x".repeat(262_144 - 8));
    let refused = stack.post(&url, &body);
    assert_eq!(refused.refusal(), (400, "OutputFormatting".to_owned()));
    assert_eq!(stack.told(), ["waiting"]);
}

// --- languages ---

#[test]
fn pages_speak_the_language_of_the_visitor_or_that_of_the_link() {
    let stack = Stack::new(PLAIN);
    let asking = with(heartbeat(), json!({"confirm": true}));
    let free = stack.link(asking.clone(), nothing());
    let fixed = stack.link(asking, json!({"locale": "pt"}));
    for (url, accepted, language) in [
        (&free, "de-AT, en;q=0.5", "de"),
        (&free, "tlh, zh-TW;q=0.9", "zh-Hant"),
        (&free, "", "en"),
        (&free, "xx", "en"),
        (&fixed, "de", "pt-BR"),
        (&fixed, "", "pt-BR"),
    ] {
        let headers = [("accept", "text/html"), ("accept-language", accepted)];
        let page = stack.visit("GET", url, &headers, b"");
        assert!(
            page.body.contains(&format!("<html lang=\"{language}\">")),
            "{accepted}"
        );
        assert_eq!(page.header("content-language"), language);
        assert_eq!(page.header("vary"), "Accept, Accept-Language");
    }
    let cut = stack.visit(
        "GET",
        &fixed[..fixed.len() - 1],
        &[("accept", "text/html"), ("accept-language", "ja")],
        b"",
    );
    assert!(
        cut.body.contains("<html lang=\"ja\">"),
        "a link that does not open has no language of its own"
    );
    refused(
        &stack,
        json!({"locale": "tlh"}),
        "InvalidJSON",
        "locale: must be one of en, de, es, fr, ja, ko, pt-BR, zh-Hans, zh-Hant",
    );
}
