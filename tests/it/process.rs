//! Using links: sections 2, 3, 4 and 6 of the contract.

use crate::support::{
    Answer, BASE, FEATURES, NOW, PLAIN, Stack, data, encode, heartbeat, nothing, old_link, parameters, post,
    query, set_clock, success, with,
};
use serde_json::{Value, json};
use sfn_callback_urls::keys::Keys;

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

fn failure(fields: Value) -> Value {
    with(json!({"name": "a", "type": "failure"}), fields)
}

fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

// --- the default answers ---

#[test]
fn the_answer_is_the_body_of_version_1_and_nothing_more() {
    for (action, kind) in [
        (success(json!(1)), "success"),
        (failure(json!({})), "failure"),
        (heartbeat(), "heartbeat"),
    ] {
        let stack = Stack::new(PLAIN);
        let created = stack.links(json!([action]), nothing());
        let id = created.json()["transaction_id"].clone();
        let answer = stack.get(&created.url("a"));
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), JSON);
        let expected = json!({"transaction_id": id, "action": {"name": "a", "type": kind}});
        assert_eq!(answer.body, expected.to_string(), "keys, order and values");
    }
}

#[test]
fn text_is_the_same_json_indented_and_html_a_page_that_names_action_and_transaction() {
    let stack = Stack::new(PLAIN);
    let created = stack.links(json!([heartbeat()]), nothing());
    let id = created.json()["transaction_id"].as_str().unwrap().to_owned();
    let url = created.url("a");
    let text = stack.get_as(&url, "text/plain");
    assert_eq!(text.header("content-type"), TEXT);
    assert_eq!(text.json(), stack.get(&url).json());
    assert!(text.body.contains("\n  \"action\": {\n"), "{}", text.body);
    let html = stack.get_as(&url, "text/html");
    assert_eq!(html.header("content-type"), HTML);
    assert!(html.body.starts_with("<!doctype html>"));
    assert!(
        html.body.contains(&id) && html.body.contains(">a</dd>"),
        "{}",
        html.body
    );
    assert!(!html.body.contains("<script"), "{}", html.body);
}

#[test]
fn accept_chooses_the_best_type() {
    let stack = Stack::new(PLAIN);
    let url = stack.link(heartbeat(), nothing());
    let refused = format!("{url}x");
    for (accept, expected) in [
        ("", JSON),
        ("application/json", JSON),
        ("text/html", HTML),
        ("text/plain", TEXT),
        ("*/*", JSON),
        ("text/*", HTML),
        ("application/*", JSON),
        ("image/png", JSON),
        ("nonsense", JSON),
        (";;,,", JSON),
        ("TEXT/HTML", HTML),
        ("text/html, application/json", HTML),
        ("application/json, text/html", JSON),
        ("text/plain, text/html, application/json", TEXT),
        ("text/html;q=0.1, text/plain;q=0.2", TEXT),
        ("text/html;q=0, */*;q=0.1", JSON),
        ("application/json;q=0, */*", HTML),
        ("application/json;q=0", JSON),
        ("text/html;q=0.5, application/json;q=0.9", JSON),
        ("*/*;q=0.1, text/plain", TEXT),
        ("text/html;level=1, text/plain;q=0.3", TEXT),
        ("text/html; charset=utf-8", HTML),
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
            HTML,
        ),
        ("text/html;q=2, text/plain", TEXT),
        ("text/html;q=x, text/plain;q=0.1", TEXT),
    ] {
        assert_eq!(
            stack.get_as(&url, accept).header("content-type"),
            expected,
            "{accept}"
        );
        let error = stack.get_as(&refused, accept);
        assert_eq!(error.header("content-type"), expected, "an error for {accept}");
        assert_eq!(error.status, 400, "never 406");
    }
    assert_eq!(stack.get(&url).header("content-type"), JSON, "without the header");
}

#[test]
fn answers_may_not_be_stored_framed_embedded_guessed_or_indexed() {
    let stack = Stack::new(PLAIN);
    let page = json!({"response": {"html": "<p>own"}});
    let url = stack.link(with(heartbeat(), page), nothing());
    for answer in [
        stack.get(&url),
        stack.get_as(&url, "text/html"),
        stack.get_as(&url, "text/plain"),
        stack.get_as(&format!("{url}x"), "text/html"),
        stack.visit("HEAD", &url, &[], b""),
        stack.visit("PUT", &url, &[], b""),
    ] {
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-robots-tag"), "noindex, nofollow");
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
        assert_eq!(answer.header("vary"), "Accept, Accept-Language");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
    }
}

#[test]
fn our_pages_are_kept_apart_from_windows_that_opened_them_and_authors_pages_are_not() {
    let stack = Stack::new(PLAIN);
    let opener = |answer: &Answer| answer.headers.get("cross-origin-opener-policy").cloned();
    let ours = stack.link(heartbeat(), nothing());
    let authors = stack.link(
        with(heartbeat(), json!({"response": {"html": "<p>own"}})),
        nothing(),
    );
    for page in [
        stack.get_as(&ours, "text/html"),
        stack.get_as(&format!("{authors}x"), "text/html"),
    ] {
        assert_eq!(opener(&page).unwrap(), "same-origin");
    }
    let page = stack.get_as(&authors, "text/html");
    assert_eq!((page.body.as_str(), opener(&page)), ("<p>own", None));
    assert_eq!(opener(&stack.get(&ours)), None, "JSON is no window");
}

// --- what the task is told ---

#[test]
fn a_success_is_told_as_compact_json_with_every_digit_in_its_order() {
    for (output, told) in [
        ("null", "null"),
        ("\"text\"", "\"text\""),
        (" { \"b\" : 1 ,\n \"a\" : [ ] } ", r#"{"b":1,"a":[]}"#),
        (
            "[1.10, 1E5, 123456789012345678901234567890]",
            "[1.10,1E5,123456789012345678901234567890]",
        ),
        (r#""<\u00e9é\"> ""#, r#""<\u00e9é\"> ""#),
        ("false", "false"),
    ] {
        for stack in [Stack::new(PLAIN), Stack::without_key(PLAIN)] {
            let body = format!(
                r#"{{"token":"{}","actions":[{{"name":"a","type":"success","output":{output}}}]}}"#,
                stack.task()
            );
            let created = stack.create_text(&body);
            assert_eq!(created.status, 200, "{}", created.body);
            assert_eq!(stack.get(&created.url("a")).status, 200);
            assert_eq!(stack.told(), [format!("success {told}")]);
        }
    }
}

#[test]
fn a_failure_is_told_with_what_was_given() {
    for (fields, told) in [
        (json!({}), "failure - -"),
        (json!({"error": "rejected"}), "failure rejected -"),
        (json!({"cause": "too dear"}), "failure - too dear"),
        (json!({"error": "e", "cause": ""}), "failure e "),
        (
            json!({"error": "é".repeat(256)}),
            &format!("failure {} -", "é".repeat(256)),
        ),
    ] {
        let stack = Stack::new(PLAIN);
        assert_eq!(stack.get(&stack.link(failure(fields), nothing())).status, 200);
        assert_eq!(stack.told(), [told]);
    }
}

#[test]
fn post_acts_as_get_does_whatever_its_body() {
    for (content_type, body) in [
        ("application/json", "{}"),
        ("text/plain", "x"),
        ("", ""),
        ("application/json", "{"),
    ] {
        let stack = Stack::new(PLAIN);
        let url = stack.link(success(json!(1)), nothing());
        let answer = stack.visit("POST", &url, &[("content-type", content_type)], body.as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(stack.told(), ["success 1"]);
    }
}

#[test]
fn a_heartbeat_may_be_sent_any_number_of_times_and_does_not_end_the_task() {
    let stack = Stack::new(PLAIN);
    let created = stack.links(
        json!([heartbeat(), with(success(json!("done")), json!({"name": "done"}))]),
        nothing(),
    );
    for beat in 0..50 {
        set_clock(NOW + beat);
        assert_eq!(stack.get(&created.url("a")).status, 200);
        assert_eq!(stack.told(), [format!("heartbeat at {}", NOW + beat)]);
    }
    assert_eq!(stack.get(&created.url("done")).status, 200);
    assert_eq!(stack.told(), ["success \"done\""]);
    assert_eq!(
        stack.get(&created.url("a")).refusal(),
        refusal(400, "StepFunctionsError")
    );
}

#[test]
fn a_second_use_gets_the_refusal_of_step_functions() {
    for first in [success(json!(1)), failure(json!({"error": "no"}))] {
        let stack = Stack::new(PLAIN);
        let other = with(success(json!(2)), json!({"name": "other"}));
        let created = stack.links(json!([first, other]), nothing());
        assert_eq!(stack.get(&created.url("a")).status, 200);
        let told = stack.told();
        for name in ["a", "other"] {
            let answer = stack.get(&created.url(name));
            assert_eq!(answer.refusal(), refusal(400, "StepFunctionsError"));
            assert_eq!(answer.keys(), ["error", "message"]);
            assert_eq!(
                answer.json()["message"],
                "TaskTimedOut:Task Timed Out: 'Provided task does not exist anymore'"
            );
            let page = stack.get_as(&created.url(name), "text/html");
            assert!(page.body.contains("StepFunctionsError"), "{}", page.body);
        }
        assert_eq!(stack.told(), told, "the first answer stays");
    }
}

#[test]
fn the_tokens_that_step_functions_refuses_are_step_functions_errors() {
    let stack = Stack::new(PLAIN);
    let elsewhere = Stack::new(PLAIN).task();
    for (token, message) in [
        ("no token", "InvalidToken:"),
        (elsewhere.as_str(), "TaskDoesNotExist:"),
    ] {
        let url = stack
            .create(&json!({"token": token, "actions": [success(json!(1))]}))
            .url("a");
        let answer = stack.get(&url);
        assert_eq!(answer.refusal(), refusal(400, "StepFunctionsError"));
        assert!(
            answer.json()["message"].as_str().unwrap().starts_with(message),
            "{}",
            answer.body
        );
    }
}

// --- methods ---

#[test]
fn head_never_acts_and_has_no_body() {
    let outcomes = json!([{"name": "o", "type": "success", "schema": {}, "output": 1}]);
    for (action, status) in [
        (success(json!(1)), 200),
        (failure(json!({})), 200),
        (heartbeat(), 200),
        (post(outcomes), 405),
    ] {
        let stack = Stack::new(FEATURES);
        let url = stack.link(action, nothing());
        for accept in ["text/html", "text/plain", "application/json"] {
            let answer = stack.visit("HEAD", &url, &[("accept", accept)], b"");
            assert_eq!((answer.status, answer.body.as_str()), (status, ""));
            assert!(answer.header("content-type").starts_with(accept));
        }
        assert_eq!(stack.told(), ["waiting"]);
        let log = stack.log();
        assert_eq!(log.len(), 4);
        let expected = if status == 200 { "inert" } else { "refused" };
        assert!(log[1..].iter().all(|line| line["outcome"] == expected));
    }
}

#[test]
fn head_tells_of_refusals_without_a_body() {
    let stack = Stack::new(PLAIN);
    let url = stack.link(heartbeat(), json!({"expiration": "2026-12-24"}));
    let damaged = stack.visit("HEAD", &format!("{url}x"), &[], b"");
    assert_eq!((damaged.status, damaged.body.as_str()), (400, ""));
    set_clock(1_800_000_000);
    let expired = stack.visit("HEAD", &url, &[], b"");
    assert_eq!((expired.status, expired.body.as_str()), (400, ""));
}

#[test]
fn other_methods_are_405_with_allow_and_act_never() {
    let stack = Stack::new(PLAIN);
    let url = stack.link(success(json!(1)), nothing());
    for method in [
        "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "BREW",
    ] {
        let answer = stack.visit(method, &url, &[], b"");
        assert_eq!(
            answer.refusal(),
            refusal(405, "MethodNotAllowed"),
            "{method}: {}",
            answer.body
        );
        assert_eq!(answer.header("allow"), "GET, HEAD, POST");
    }
    assert_eq!(stack.told(), ["waiting"]);
}

// --- custom answers ---

#[test]
fn a_custom_body_replaces_the_body_of_its_own_type_only() {
    let stack = Stack::new(PLAIN);
    let bodies = [
        ("json", json!({"b": 1.10, "a": []}), JSON),
        ("html", json!("<h1>Danke & bye</h1>"), HTML),
        ("text", json!("Danke,\n& bye"), TEXT),
    ];
    for (own, body, own_type) in &bodies {
        let url = stack.link(with(heartbeat(), json!({"response": {*own: body}})), nothing());
        for (_, _, other_type) in &bodies {
            let answer = stack.get_as(&url, other_type.split(';').next().unwrap());
            assert_eq!((answer.status, answer.header("content-type")), (200, *other_type));
            let expected = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
            assert_eq!(
                answer.body == expected,
                own_type == other_type,
                "{own} for {other_type}"
            );
        }
    }
    let all = json!({"response": {"json": {"own": 1}, "html": "<i>", "text": "t"}});
    let url = stack.link(with(heartbeat(), all), nothing());
    assert_eq!(stack.get_as(&url, JSON).body, r#"{"own":1}"#);
    assert_eq!(stack.get_as(&url, "text/html").body, "<i>");
    assert_eq!(stack.get_as(&url, "text/plain").body, "t");
}

#[test]
fn a_redirect_wins_for_every_type() {
    let stack = Stack::new(PLAIN);
    let response = json!({"redirect": "https://example.com/a?b=c#d", "json": {}, "html": "<i>", "text": "t"});
    let url = stack.link(with(heartbeat(), json!({"response": response})), nothing());
    for accept in ["", "application/json", "text/html", "text/plain"] {
        let answer = stack.get_as(&url, accept);
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "https://example.com/a?b=c#d")
        );
        assert_eq!(answer.body, "");
    }
    assert_eq!(stack.told(), [format!("heartbeat at {NOW}")]);
}

#[test]
fn an_error_never_gets_a_custom_answer() {
    for response in [
        json!({"redirect": "https://example.com/"}),
        json!({"json": {"own": 1}, "html": "own", "text": "own"}),
    ] {
        let stack = Stack::new(PLAIN);
        let url = stack.link(with(success(json!(1)), json!({"response": response})), nothing());
        let mismatched = format!("{BASE}/respond?action=b&data={}", encode(&data(&url)));
        assert_eq!(stack.get(&mismatched).refusal(), refusal(400, "ActionMismatched"));
        stack.get(&url);
        for accept in ["application/json", "text/html", "text/plain"] {
            let again = stack.get_as(&url, accept);
            assert_eq!((again.status, again.header("location")), (400, ""));
            assert!(
                again.body.contains("StepFunctionsError") && !again.body.contains("own"),
                "{}",
                again.body
            );
        }
    }
}

// --- the readable parts of the URL ---

#[test]
fn action_and_type_may_be_absent_but_not_different() {
    let stack = Stack::new(PLAIN);
    let url = stack.link(heartbeat(), nothing());
    let data = encode(&data(&url));
    for readable in [
        "",
        "action=a&",
        "type=heartbeat&",
        "type=heartbeat&action=a&",
        "utm_source=mail&",
    ] {
        let answer = stack.get(&format!("{BASE}/respond?{readable}data={data}"));
        assert_eq!(answer.status, 200, "{readable}: {}", answer.body);
    }
    let told = stack.told();
    set_clock(NOW + 1);
    for readable in [
        "action=b",
        "action=A",
        "action=",
        "action",
        "type=success",
        "type=Heartbeat",
        "action=a&type=",
        "action=a&action=a",
        "action=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    ] {
        for accept in ["application/json", "text/html", "text/plain"] {
            let answer = stack.get_as(&format!("{BASE}/respond?{readable}&data={data}"), accept);
            assert_eq!(answer.status, 400, "{readable}");
            assert!(answer.body.contains("ActionMismatched"), "{readable}");
            assert!(!answer.body.contains("alert"), "never echoed: {}", answer.body);
        }
    }
    assert_eq!(stack.told(), told);
}

// --- links that do not open ---

#[test]
fn every_link_that_does_not_open_gets_one_answer() {
    let stack = Stack::new(PLAIN);
    let url = stack.link(success(json!(1)), nothing());
    let sealed = data(&url);
    let others = Stack::with_keys(Stack::keys(9), PLAIN).link(heartbeat(), nothing());
    let foreign = Stack::with_keys(Stack::keys(7), &[("AUDIENCE", "other")]).link(heartbeat(), nothing());
    let mut answers = Vec::new();
    for data in [
        String::new(),
        "3-".to_owned(),
        "x".to_owned(),
        "4-AAAA".to_owned(),
        "3-AAAA".to_owned(),
        "2-AAAA".to_owned(),
        sealed[..sealed.len() - 1].to_owned(),
        sealed[..sealed.len() / 2].to_owned(),
        format!("{sealed}A"),
        format!("{sealed}="),
        sealed.replacen("3-", "2-", 1),
        data(&others),
        data(&foreign),
        "A".repeat(20_000),
        format!("3-{}", "A".repeat(8_193)),
        "\0".to_owned(),
        "é".to_owned(),
        "3-\u{1f600}".to_owned(),
    ] {
        let answer = stack.get(&format!("{BASE}/respond?data={}", encode(&data)));
        assert_eq!(
            answer.refusal(),
            refusal(400, "InvalidPayload"),
            "{data}: {}",
            answer.body
        );
        answers.push(answer);
    }
    for url in [
        format!("{BASE}/respond"),
        format!("{BASE}/respond?"),
        format!("{url}&data=x"),
    ] {
        answers.push(stack.get(&url));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(stack.told(), ["waiting"]);
}

#[test]
fn no_flipped_bit_opens() {
    let stack = Stack::new(PLAIN);
    let url = stack.link(success(json!(1)), nothing());
    let sealed = data(&url);
    for position in 2..sealed.len() {
        for bit in 0..8 {
            let mut bytes = sealed.clone().into_bytes();
            bytes[position] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            let answer = stack.get(&format!("{BASE}/respond?data={}", encode(&changed)));
            assert_eq!(
                answer.refusal(),
                refusal(400, "InvalidPayload"),
                "{position}.{bit}"
            );
        }
    }
    assert_eq!(stack.told(), ["waiting"]);
}

#[test]
fn what_mail_programs_glue_to_an_address_does_no_harm() {
    let stack = Stack::new(PLAIN);
    let url = stack.link(heartbeat(), nothing());
    for glue in [".", ",", ")", "%3E", "%22", "!", "?", ";", "%20"] {
        assert_eq!(stack.get(&format!("{url}{glue}")).status, 200, "{glue}");
    }
}

#[test]
fn a_stack_with_a_key_takes_no_unencrypted_link() {
    let plain = Stack::without_key(FEATURES);
    let stack = plain.updated(Stack::keys(7), FEATURES);
    let created = plain.links(
        json!([success(json!(1)), with(heartbeat(), json!({"name": "b"}))]),
        nothing(),
    );
    for url in [created.url("a"), created.url("b"), old_link(&json!({}))] {
        let answer = stack.get(&url);
        assert_eq!(answer.refusal(), refusal(400, "EncryptionRequired"));
        assert_eq!(answer.keys(), ["error", "message"]);
    }
    assert_eq!(stack.told(), ["waiting"]);
    assert_eq!(plain.get(&created.url("a")).status, 200);
}

#[test]
fn a_stack_without_a_key_opens_no_encrypted_link() {
    let sealed = Stack::new(PLAIN);
    let stack = sealed.updated(Keys::Off, PLAIN);
    let url = sealed.link(success(json!(1)), nothing());
    let legacy = format!("{BASE}/respond?data=2-AgV4");
    for url in [url.as_str(), &legacy] {
        assert_eq!(stack.get(url).refusal(), refusal(400, "DecryptionUnsupported"));
    }
    assert_eq!(stack.told(), ["waiting"]);
}

#[test]
fn old_unencrypted_links_open_with_and_without_padding() {
    for name in ["a", "ab", "abc", "承認"] {
        let stack = Stack::without_key(PLAIN);
        let payload = json!({
            "token": stack.task(), "iat": 1_600_000_000, "tid": "00112233445566778899aabbccddeeff",
            "iss": "arn:aws:lambda:eu-central-1:123456789012:function:CreateUrls", "later": {"x": 1},
            "action": {"name": name, "type": "success", "output": {"x": 1}, "casue": 1}
        });
        let padded = old_link(&payload);
        let unpadded = padded.replace("%3D", "");
        for url in [unpadded, padded] {
            let head = stack.visit("HEAD", &url, &[], b"");
            assert_eq!(head.status, 200);
        }
        let answer = stack.get(&old_link(&payload));
        assert_eq!(
            answer.json()["transaction_id"],
            "00112233445566778899aabbccddeeff"
        );
        assert_eq!(answer.json()["action"], json!({"name": name, "type": "success"}));
        assert_eq!(stack.told(), [r#"success {"x":1}"#]);
    }
}

#[test]
fn old_links_have_up_to_10_240_characters() {
    let stack = Stack::without_key(PLAIN);
    let token = stack.task();
    let link = |chars: usize| {
        let payload = json!({"token": token, "iat": 1, "tid": "0".repeat(32), "fill": "x".repeat(chars),
            "action": {"name": "a", "type": "heartbeat"}});
        old_link(&payload)
    };
    let (mut longest, mut shortest) = (0, usize::MAX);
    for chars in 6_000..7_200 {
        let url = link(chars);
        let length = data(&url).len();
        match stack.get(&url).status {
            200 => longest = longest.max(length),
            400 => shortest = shortest.min(length),
            status => panic!("{status}"),
        }
    }
    assert!((10_238..=10_240).contains(&longest), "{longest}");
    assert!(shortest > 10_240, "{shortest}");
}

#[test]
fn old_payloads_with_other_content_are_invalid_payload() {
    let stack = Stack::without_key(FEATURES);
    let token = stack.task();
    let good = json!({"token": token, "iat": 1, "tid": "0".repeat(32), "action": heartbeat()});
    assert_eq!(stack.visit("HEAD", &old_link(&good), &[], b"").status, 200);
    let mut payloads = vec![json!(null), json!([]), json!("x"), json!({}), json!(5)];
    for key in ["token", "tid", "action"] {
        let mut payload = good.clone();
        payload.as_object_mut().unwrap().remove(key);
        payloads.push(payload);
    }
    for change in [
        json!({"token": 5}),
        json!({"token": ""}),
        json!({"tid": "x"}),
        json!({"exp": "tomorrow"}),
        json!({"exp": -5}),
        json!({"param": "yes"}),
        json!({"action": {"name": "a", "type": "other"}}),
        json!({"action": {"name": "a", "type": "success"}}),
        json!({"action": {"type": "heartbeat"}}),
        json!({"action": {"name": "a", "type": "post"}}),
        json!({"action": {"name": "a", "type": "post", "outcomes": []}}),
        json!({"action": {"name": "a", "type": "failure", "error": "x".repeat(257)}}),
        json!({"action": with(heartbeat(), json!({"response": {"redirect": "javascript:alert(1)"}}))}),
        json!({"action": with(heartbeat(), json!({"response": {"json": []}}))}),
    ] {
        payloads.push(with(good.clone(), change));
    }
    for payload in payloads {
        let answer = stack.get(&old_link(&payload));
        assert_eq!(answer.refusal(), refusal(400, "InvalidPayload"), "{payload}");
    }
    assert_eq!(stack.told(), ["waiting"]);
}

// --- switches that were turned off, and time ---

#[test]
fn features_that_were_switched_off_later_are_refused() {
    let before = Stack::new(FEATURES);
    let outcomes = json!([{"name": "o", "type": "success", "schema": {}, "output": 1}]);
    let actions = json!([
        success(json!("$p")),
        with(post(outcomes), json!({"name": "p"})),
        with(heartbeat(), json!({"name": "b"}))
    ]);
    let created = before.links(actions, parameters());
    let with_parameter = created.url("a") + "&p=1";

    let off = before.updated(Stack::keys(7), PLAIN);
    assert_eq!(
        off.get(&with_parameter).refusal(),
        refusal(400, "ParametersDisabled")
    );
    assert_eq!(
        off.get(&created.url("b")).refusal(),
        refusal(400, "ParametersDisabled")
    );
    assert_eq!(
        off.post(&created.url("p"), "{}").refusal(),
        refusal(400, "PostActionsDisabled")
    );
    assert_eq!(
        off.get(&created.url("p")).refusal(),
        refusal(400, "PostActionsDisabled")
    );
    assert_eq!(off.told(), ["waiting"]);

    let posts = before.updated(Stack::keys(7), &[("ENABLE_POST_ACTIONS", "true")]);
    assert_eq!(
        posts.get(&with_parameter).refusal(),
        refusal(400, "ParametersDisabled")
    );
    assert_eq!(posts.post(&created.url("p"), "{}").status, 200);
}

#[test]
fn an_expired_link_does_nothing_and_says_so() {
    let stack = Stack::new(PLAIN);
    let url = stack.link(success(json!(1)), json!({"expiration": "2026-09-21T14:13:30Z"}));
    for now in [NOW + 10, NOW + 11, 4_000_000_000] {
        set_clock(now);
        for method in ["GET", "POST"] {
            let answer = stack.visit(method, &url, &[], b"");
            assert_eq!(answer.refusal(), refusal(400, "ExpiredPayload"));
            assert_eq!(answer.keys(), ["error", "message"]);
        }
    }
    assert_eq!(stack.told(), ["waiting"]);
    set_clock(NOW + 9);
    assert_eq!(stack.get(&url).status, 200);
}

// --- output parameters ---

fn filled(action: Value, query: &str) -> (Stack, Answer) {
    let stack = Stack::new(FEATURES);
    let url = stack.link(action, parameters());
    let answer = stack.get(&format!("{url}{query}"));
    (stack, answer)
}

#[test]
fn parameters_are_filled_into_strings_and_keys_and_nothing_else() {
    let (stack, answer) = filled(
        success(json!({"$k": ["${v}!", 1, null, {"n": "$$ $v$v"}], "t": "$action/$type", "": ""})),
        "&k=key&v=a%22b%5C",
    );
    assert_eq!(answer.status, 200, "{}", answer.body);
    let expected = json!({"key": ["a\"b\\!", 1, null, {"n": "$ a\"b\\a\"b\\"}], "t": "a/success", "": ""});
    assert_eq!(stack.told(), [format!("success {expected}")]);

    let (stack, _) = filled(
        failure(json!({"error": "$e", "cause": "<$c>"})),
        "&e=E&c=%F0%9F%98%80",
    );
    assert_eq!(stack.told(), ["failure E <😀>"]);
}

#[test]
fn without_the_option_a_dollar_is_a_dollar() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(
        with(success(json!("$p ${ $$")), json!({"response": {"text": "$5"}})),
        nothing(),
    );
    assert_eq!(
        stack
            .visit("GET", &format!("{url}&p=1"), &[("accept", "text/plain")], b"")
            .body,
        "$5"
    );
    assert_eq!(stack.told(), [r#"success "$p ${ $$""#]);
}

#[test]
fn a_value_is_never_looked_at_again() {
    let (stack, _) = filled(success(json!("$x")), "&x=%24y%24%24%7By%7D&y=no");
    assert_eq!(stack.told(), [r#"success "$y$${y}""#]);
}

#[test]
fn the_data_of_the_link_is_no_parameter() {
    let (stack, answer) = filled(success(json!("$data")), "");
    assert_eq!(answer.refusal(), refusal(400, "OutputFormatting"));
    assert_eq!(stack.told(), ["waiting"]);
}

#[test]
fn missing_and_malformed_placeholders_are_output_formatting() {
    for action in [
        success(json!("$missing")),
        success(json!({"$missing": 1})),
        success(json!("cost: 5$")),
        success(json!("${p")),
        success(json!("${}")),
        success(json!("$1")),
        success(json!("$é")),
        success(json!("${é}")),
        failure(json!({"error": "$missing"})),
        failure(json!({"cause": "$"})),
        with(heartbeat(), json!({"response": {"json": {"$missing": 1}}})),
        with(heartbeat(), json!({"response": {"html": "$missing"}})),
        with(heartbeat(), json!({"response": {"text": "$missing"}})),
        with(
            heartbeat(),
            json!({"response": {"redirect": "https://example.com/$missing"}}),
        ),
    ] {
        let (stack, answer) = filled(action.clone(), "&p=1");
        assert_eq!(answer.refusal(), refusal(400, "OutputFormatting"), "{action}");
        assert_eq!(
            stack.told(),
            ["waiting"],
            "{action}: nothing was sent before the answer was ready"
        );
    }
}

#[test]
fn two_keys_that_become_one_are_output_formatting() {
    let (stack, answer) = filled(success(json!({"$a": 1, "$b": 2})), "&a=x&b=x");
    assert_eq!(answer.refusal(), refusal(400, "OutputFormatting"));
    assert_eq!(stack.told(), ["waiting"]);
}

#[test]
fn results_over_the_limits_of_step_functions_are_output_formatting() {
    let (stack, answer) = filled(
        failure(json!({"error": "$e"})),
        &format!("&e={}", "x".repeat(257)),
    );
    assert_eq!(answer.refusal(), refusal(400, "OutputFormatting"));
    assert_eq!(stack.told(), ["waiting"]);
    let many = "$p".repeat(500);
    let long = format!("&p={}", "x".repeat(600));
    let (stack, answer) = filled(success(json!(many)), &long);
    assert_eq!(answer.refusal(), refusal(400, "OutputFormatting"));
    assert_eq!(stack.told(), ["waiting"]);
    let (stack, answer) = filled(failure(json!({"cause": "$p".repeat(60)})), &long);
    assert_eq!(answer.refusal(), refusal(400, "OutputFormatting"));
    assert_eq!(stack.told(), ["waiting"]);
}

#[test]
fn a_value_in_html_is_escaped_and_in_json_and_text_it_is_not() {
    let stack = Stack::new(FEATURES);
    let response = json!({"json": {"v": "$v"}, "html": "<p title='$v'>$v</p>", "text": "$v"});
    let url = stack.link(with(heartbeat(), json!({"response": response})), parameters());
    let evil = "<script>alert(\"1\")</script>'&";
    let url = format!("{url}&v={}", encode(evil));
    let html = stack.get_as(&url, "text/html").body;
    assert_eq!(html.matches('<').count(), 2, "{html}");
    assert_eq!(html.matches('\'').count(), 2, "{html}");
    assert!(!html.contains('"'), "{html}");
    assert_eq!(stack.get_as(&url, "application/json").json(), json!({"v": evil}));
    assert_eq!(stack.get_as(&url, "text/plain").body, evil);
}

#[test]
fn a_value_changes_neither_scheme_nor_host_of_a_redirect() {
    for (redirect, value) in [
        ("https://example.com/$v", "//evil.example"),
        ("https://example.com/$v", "../../x"),
        ("https://example.com/$v", "\r\nSet-Cookie: a=b"),
        ("https://example.com/?q=$v&r=1", "a&b=c#d"),
        ("https://example.com?q=$v", "@evil.example/"),
        ("https://example.com/#$v", "é 😀"),
        ("https://example.com/a/$v/b", "\\evil.example"),
    ] {
        let stack = Stack::new(FEATURES);
        let action = with(heartbeat(), json!({"response": {"redirect": redirect}}));
        let url = stack.link(action, parameters());
        let answer = stack.get(&format!("{url}&v={}", encode(value)));
        assert_eq!(answer.status, 303, "{}", answer.body);
        let location = url::Url::parse(answer.header("location")).unwrap();
        assert_eq!(
            location.origin().ascii_serialization(),
            "https://example.com",
            "{location}"
        );
        assert_eq!(location.username(), "");
        let query: Vec<_> = location.query_pairs().into_owned().collect();
        assert!(query.len() <= 2, "{location}");
        if let Some((_, got)) = query.first() {
            assert_eq!(got, value);
        }
    }
}

// --- post actions ---

/// Posts a JSON body to an action of these outcomes; what the task was told, or the refusal.
fn posted(outcomes: Value, body: &str) -> Result<String, (u16, String)> {
    let stack = Stack::new(FEATURES);
    let url = stack.link(post(outcomes), nothing());
    let answer = stack.post(&url, body);
    match answer.status {
        200 => {
            let expected = json!({"name": "a", "type": "post"});
            assert_eq!(
                answer.json()["action"],
                expected,
                "the action is named, not the outcome"
            );
            Ok(stack.told().remove(0))
        }
        _ => {
            assert_eq!(stack.told(), ["waiting"]);
            Err(answer.refusal())
        }
    }
}

#[test]
fn the_first_outcome_that_accepts_the_body_is_taken() {
    let outcomes = json!([
        {"name": "yes", "type": "success", "schema": {"required": ["ok"]}, "output": "yes"},
        {"name": "no", "type": "failure", "schema": {"required": ["why"]}, "error": "no"},
        {"name": "wait", "type": "heartbeat", "schema": {"required": ["wait"]}},
        {"name": "also", "type": "success", "schema": {"required": ["ok"]}, "output": "never"}
    ]);
    for (body, told) in [
        (r#"{"ok":1,"why":2}"#, r#"success "yes""#),
        (r#"{"why":2,"wait":3}"#, "failure no -"),
        (r#"{"wait":3}"#, "heartbeat at 1790000000"),
    ] {
        assert_eq!(posted(outcomes.clone(), body), Ok(told.to_owned()), "{body}");
    }
    for body in ["{}", r#"{"other":1}"#] {
        assert_eq!(
            posted(outcomes.clone(), body),
            Err(refusal(400, "InvalidPostActionBody")),
            "{body}"
        );
    }
}

#[test]
fn a_success_takes_its_output_from_the_author_the_body_or_a_path() {
    let outcome = |from: Value| json!([with(json!({"name": "o", "type": "success", "schema": {}}), from)]);
    let body = r#"{"b": {"c": [1.10, "x"]}, "a": null, "with-hyphen": 7, "two words": 8}"#;
    for (from, told) in [
        (json!({"output": {"fixed": [1]}}), r#"{"fixed":[1]}"#),
        (json!({"output": null}), "null"),
        (
            json!({"output_body": true}),
            r#"{"b":{"c":[1.10,"x"]},"a":null,"with-hyphen":7,"two words":8}"#,
        ),
        (json!({"output_path": "$.b.c"}), r#"[[1.10,"x"]]"#),
        (json!({"output_path": "b.c"}), r#"[[1.10,"x"]]"#),
        (json!({"output_path": "$.b.c[*]"}), r#"[1.10,"x"]"#),
        (json!({"output_path": "$.b.c[0]"}), "[1.10]"),
        (json!({"output_path": "$.b.c[1:]"}), r#"["x"]"#),
        (json!({"output_path": "$..c"}), r#"[[1.10,"x"]]"#),
        (json!({"output_path": "with-hyphen"}), "[7]"),
        (json!({"output_path": "'two words'"}), "[8]"),
        (json!({"output_path": "$.a,b"}), r#"[{"c":[1.10,"x"]},null]"#),
        (json!({"output_path": "$.a"}), "[null]"),
        (json!({"output_path": "$.none"}), "[]"),
    ] {
        assert_eq!(
            posted(outcome(from.clone()), body),
            Ok(format!("success {told}")),
            "{from}"
        );
    }
    for path in ["$", "$.a", "a.b[*]"] {
        let told = posted(outcome(json!({"output_path": path})), "null");
        assert_eq!(
            told,
            Ok("success null".to_owned()),
            "{path}: only a body that is exactly null"
        );
    }
    assert_eq!(
        posted(outcome(json!({"output_path": "$"})), "[null]"),
        Ok("success [[null]]".to_owned())
    );
}

#[test]
fn a_failure_takes_one_string_or_the_matches() {
    let outcome = |from: Value| json!([with(json!({"name": "o", "type": "failure", "schema": {}}), from)]);
    let body = r#"{"why": "too dear", "codes": ["a", "b"], "n": 1.50, "o": {"p": 1}}"#;
    for (from, told) in [
        (json!({}), "failure - -"),
        (json!({"error": "e", "cause": "c"}), "failure e c"),
        (json!({"error": "e", "cause_path": "$.why"}), "failure e too dear"),
        (json!({"error_path": "$.why"}), "failure too dear -"),
        (json!({"cause_path": "$.codes[*]"}), r#"failure - ["a","b"]"#),
        (json!({"cause_path": "$.codes"}), r#"failure - [["a","b"]]"#),
        (json!({"cause_path": "$.n"}), "failure - [1.50]"),
        (json!({"error_path": "$.o"}), r#"failure [{"p":1}] -"#),
        (
            json!({"error_path": "$.none", "cause_path": "$.none"}),
            "failure - -",
        ),
    ] {
        assert_eq!(posted(outcome(from.clone()), body), Ok(told.to_owned()), "{from}");
    }
    let long = json!({"why": "x".repeat(257)}).to_string();
    assert_eq!(
        posted(outcome(json!({"error_path": "$.why"})), &long),
        Err(refusal(400, "InvalidPostActionBody"))
    );
}

#[test]
fn schemas_are_draft_7_unless_they_say_otherwise_and_formats_are_not_asserted() {
    let outcome = |schema: Value| json!([{"name": "o", "type": "heartbeat", "schema": schema}]);
    let refused = Err(refusal(400, "InvalidPostActionBody"));
    let tuple = json!({"items": [{"type": "string"}]});
    assert_eq!(posted(outcome(tuple.clone()), "[1]"), refused);
    assert!(posted(outcome(tuple), r#"["a"]"#).is_ok());
    let four =
        json!({"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 3, "exclusiveMinimum": true});
    assert_eq!(posted(outcome(four.clone()), "3"), refused);
    assert!(posted(outcome(four), "4").is_ok());
    let modern =
        json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "prefixItems": [{"type": "null"}]});
    assert_eq!(posted(outcome(modern), "[1]"), refused);
    assert!(posted(outcome(json!({"format": "email"})), "\"none\"").is_ok());
    let own = json!({"definitions": {"s": {"type": "string"}}, "$ref": "#/definitions/s"});
    assert_eq!(posted(outcome(own), "1"), refused);
}

#[test]
fn bodies_that_are_not_json_are_invalid_post_action_body() {
    let outcomes = json!([{"name": "o", "type": "success", "schema": {}, "output_body": true}]);
    for body in [
        "",
        " ",
        "{",
        "NaN",
        "Infinity",
        "-Infinity",
        "[NaN]",
        "{\"a\":Infinity}",
        "'x'",
        "{} {}",
        "\"\\ud800\"",
        "\u{feff}",
        "{\"a\":1,\"a\":2}",
        "1e999",
        &"[".repeat(100_000),
        &format!("{}{}", "[".repeat(128), "]".repeat(128)),
        &format!("\"{}\"", "x".repeat(1 << 20)),
        &format!("\"{}\"", "x".repeat(262_143)),
    ] {
        let shown: String = body.chars().take(20).collect();
        assert_eq!(
            posted(outcomes.clone(), body),
            Err(refusal(400, "InvalidPostActionBody")),
            "{shown}"
        );
    }
    assert!(posted(outcomes.clone(), &format!("\"{}\"", "x".repeat(262_142))).is_ok());
    assert!(posted(outcomes, "\u{feff}{}").is_ok());
}

#[test]
fn content_types_of_bodies_are_json_in_any_spelling() {
    for (content_type, expected) in [
        ("application/json", 200),
        ("Application/JSON; charset=UTF-8", 200),
        ("application/cloudevents+json", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data", 415),
        ("text/json", 415),
        ("", 415),
    ] {
        let stack = Stack::new(FEATURES);
        let outcomes = json!([{"name": "o", "type": "success", "schema": {}, "output": 1}]);
        let url = stack.link(post(outcomes), nothing());
        let answer = stack.visit("POST", &url, &[("content-type", content_type)], b"{}");
        assert_eq!(answer.status, expected, "{content_type}");
        if expected != 200 {
            assert_eq!(answer.code(), "InvalidPostActionBody");
            assert_eq!(stack.told(), ["waiting"]);
        }
    }
}

#[test]
fn get_on_a_post_action_is_405_and_allows_post() {
    let stack = Stack::new(FEATURES);
    let outcomes = json!([{"name": "o", "type": "success", "schema": {}, "output": 1}]);
    let url = stack.link(post(outcomes), nothing());
    for accept in ["application/json", "text/html", "text/plain"] {
        let answer = stack.get_as(&url, accept);
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
        assert!(answer.body.contains("PostActionNotPosted"));
    }
    assert_eq!(stack.told(), ["waiting"]);
}

#[test]
fn the_response_of_an_outcome_replaces_that_of_the_action() {
    let stack = Stack::new(FEATURES);
    let outcomes = json!([
        {"name": "own", "type": "heartbeat", "schema": {"const": 1}, "response": {"text": "of the outcome"}},
        {"name": "away", "type": "heartbeat", "schema": {"const": 2}, "response": {"redirect": "https://example.com/"}},
        {"name": "none", "type": "heartbeat", "schema": {"const": 3}, "response": {}},
        {"name": "default", "type": "heartbeat", "schema": {"const": 4}}
    ]);
    let action = with(
        post(outcomes),
        json!({"response": {"text": "of the action", "json": {"of": "action"}}}),
    );
    let url = stack.link(action, nothing());
    let post = |body: &str, accept: &str| {
        let headers = [("content-type", "application/json"), ("accept", accept)];
        stack.visit("POST", &url, &headers, body.as_bytes())
    };
    assert_eq!(post("1", "text/plain").body, "of the outcome");
    assert_eq!(
        post("1", JSON).keys(),
        ["transaction_id", "action"],
        "as a whole, not by type"
    );
    assert_eq!(
        (
            post("2", JSON).status,
            post("2", JSON).header("location").to_owned()
        ),
        (303, "https://example.com/".to_owned())
    );
    assert_eq!(post("3", JSON).keys(), ["transaction_id", "action"]);
    assert_eq!(post("4", "text/plain").body, "of the action");
    assert_eq!(post("4", JSON).body, r#"{"of":"action"}"#);
    assert_eq!(stack.log().last().unwrap()["chosen"], "default");
}

#[test]
fn parameters_never_apply_to_post_actions() {
    let stack = Stack::new(FEATURES);
    let outcomes = json!([{"name": "o", "type": "success", "schema": {}, "output": "$p $"}]);
    let action = with(post(outcomes), json!({"response": {"text": "$p"}}));
    let url = stack.link(action, parameters()) + "&p=1";
    let headers = [("content-type", "application/json"), ("accept", "text/plain")];
    assert_eq!(stack.visit("POST", &url, &headers, b"{}").body, "$p");
    assert_eq!(stack.told(), [r#"success "$p $""#]);
}

#[test]
fn every_answer_to_a_post_is_compact_and_keeps_its_digits() {
    let outcomes =
        json!([{"name": "o", "type": "success", "schema": {"type": "object"}, "output_body": true}]);
    let body = " {\n \"z\" : 98765432109876543210.50 , \"a\" : 1E2 }\r\n";
    assert_eq!(
        posted(outcomes, body),
        Ok(r#"success {"z":98765432109876543210.50,"a":1E2}"#.to_owned())
    );
}

// --- published callers ---

/// The function of the approval e-mail: it gets `step`, `name_in_input` and `token`, and publishes two links.
fn approval_email(stack: &Stack) -> (String, String) {
    let event = json!({"step": "Approval", "name_in_input": "Ann", "token": stack.task()});
    let name = event["name_in_input"].as_str().unwrap();
    let payload = json!({
        "token": event["token"],
        "actions": [
            {"name": "approve", "type": "success", "output": {"name_in_output": name}},
            {"name": "reject", "type": "failure", "error": "rejected", "cause": format!("{name} rejected it")}
        ]
    });
    let answer = stack.invoke(payload.to_string().as_bytes()).json();
    let url = |name: &str| answer["urls"][name].as_str().unwrap().to_owned();
    (url("approve"), url("reject"))
}

#[test]
fn the_approval_email_runs_as_it_is() {
    for (approves, told) in [
        (true, r#"success {"name_in_output":"Ann"}"#),
        (false, "failure rejected Ann rejected it"),
    ] {
        let stack = Stack::new(PLAIN);
        let (approve, reject) = approval_email(&stack);
        let (first, second) = if approves {
            (approve, reject)
        } else {
            (reject, approve)
        };
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let answer = stack.get_as(&first, browser);
        assert_eq!((answer.status, answer.header("content-type")), (200, HTML));
        assert_eq!(
            stack.get_as(&second, browser).status,
            400,
            "it was answered already"
        );
        assert_eq!(stack.told(), [told]);
    }
}

#[test]
fn the_human_approval_ends_on_the_page_of_the_execution() {
    let stack = Stack::new(PLAIN);
    let execution = "arn:aws:states:eu-central-1:123456789012:execution:HumanApproval:run-1";
    let console = format!(
        "https://console.aws.amazon.com/states/home?region=eu-central-1#/executions/details/{execution}"
    );
    let action = |name: &str, status: &str| {
        json!({"name": name, "type": "success", "output": {"Status": status},
            "response": {"redirect": console}})
    };
    let created = stack.links(
        json!([action("approve", "Approved!"), action("reject", "Rejected!")]),
        nothing(),
    );
    let answer = stack.get(&created.url("reject"));
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, console.as_str())
    );
    assert_eq!(stack.told(), [r#"success {"Status":"Rejected!"}"#]);
}

// --- the log ---

#[test]
fn one_line_of_the_log_tells_of_each_use() {
    let stack = Stack::new(FEATURES);
    let created = stack.links(json!([success(json!(1))]), nothing());
    let id = created.json()["transaction_id"].clone();
    let url = created.url("a");
    stack.get(&url);
    stack.get(&url);
    stack.get(&format!("{url}x"));
    let log = &stack.log()[1..];
    assert_eq!(log.len(), 3);
    for line in &log[..2] {
        assert_eq!(line["transaction_id"], id);
        assert_eq!(
            (&line["action"], &line["type"], &line["format"]),
            (&json!("a"), &json!("success"), &json!(3))
        );
        assert!(line["duration_ms"].is_f64() && line["data_key"].is_string());
    }
    assert_eq!(
        (&log[0]["outcome"], &log[0]["level"]),
        (&json!("recorded"), &json!("INFO"))
    );
    assert_eq!(
        (&log[1]["error"], &log[1]["status"]),
        (&json!("StepFunctionsError"), &json!(400))
    );
    assert_eq!(
        (&log[2]["error"], &log[2]["level"]),
        (&json!("InvalidPayload"), &json!("WARN"))
    );
    assert!(log[2].get("transaction_id").is_none());
    assert_eq!(query(&url).len(), 3);
}

// --- what mail and chat programs do to links ---

/// What a program may have made of a link, as it comes in a request; the link stays what it is.
fn travelled(url: &str) -> Vec<String> {
    let after = [
        "%E3%80%82",
        "%C2%A0",
        "%0D%0A",
        "%20",
        "+",
        "%09",
        ".",
        ",",
        ")",
        "'",
        "%27",
        "%22",
        "*",
        "%3E",
        "%E3%80%8D",
        "%EF%BC%89",
        "%E2%80%9D",
        "%E2%80%A8",
        "%E2%80%8B",
        "%EF%BB%BF",
        "%C2%AD",
        "%E2%81%A0",
        "%F0%9F%98%80",
        "%FF%FE",
        "%00",
        "%",
        "%E3%80%82%E6%AC%A1%E3%81%AE",
        ".+See+you",
        "%3Fx%3Dy",
        "%26x",
    ];
    let start = url.find("data=").unwrap() + 5;
    let (head, link) = url.split_at(start);
    let (first, rest) = link.split_at(link.len() / 2);
    let mut urls: Vec<String> = after.iter().map(|glue| format!("{url}{glue}")).collect();
    for inside in ["%0D%0A", "%0A", "+", "%20%20", "%E2%80%8B", "%C2%AD", "%0D%0A%09"] {
        urls.push(format!("{head}{first}{inside}{rest}"));
        urls.push(format!("{head}{inside}{link}"));
        urls.push(format!("{head}{}{inside}{}", &link[..1], &link[1..]));
    }
    urls.push(url.replace('&', "&amp;"));
    urls.push(url.replace('&', "&amp;amp;"));
    urls.push(url.replace('?', "?amp;"));
    urls.push(format!("{}%E3%80%82", url.replace('&', "&amp;")));
    urls
}

#[test]
fn links_are_read_as_they_were_sent() {
    for stack in [Stack::new(FEATURES), Stack::without_key(FEATURES)] {
        let url = stack.link(heartbeat(), nothing());
        let expected = stack.get(&url);
        assert_eq!(expected.status, 200);
        for changed in travelled(&url) {
            for method in ["GET", "POST", "HEAD"] {
                let answer = stack.visit(method, &changed, &[], b"");
                assert_eq!(answer, stack.visit(method, &url, &[], b""), "{method} {changed}");
            }
        }
        assert_eq!(stack.get(&url), expected);
    }
}

#[test]
fn links_that_ask_and_post_actions_are_read_as_they_were_sent() {
    let stack = Stack::new(FEATURES);
    let asks = stack.link(with(success(json!(1)), json!({"confirm": true})), nothing());
    for changed in travelled(&asks) {
        let page = stack.get_as(&changed, "text/html");
        assert_eq!(
            (page.status, page.body.contains("<form")),
            (200, true),
            "{changed}"
        );
    }
    let outcome = json!([{"name": "o", "type": "heartbeat", "schema": {}}]);
    let posts = stack.link(post(outcome), nothing());
    for changed in travelled(&posts) {
        assert_eq!(stack.post(&changed, "{}").status, 200, "{changed}");
    }
}

#[test]
fn parameters_come_through_an_escaped_separator() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(success(json!({"who": "$who", "type": "$type"})), parameters());
    let url = format!("{url}&comment=x&who=Ann").replace('&', "&amp;");
    assert_eq!(stack.get(&url).status, 200);
    assert_eq!(stack.told(), [r#"success {"who":"Ann","type":"success"}"#]);
}

#[test]
fn a_link_that_is_there_twice_is_damaged_however_it_is_written() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(heartbeat(), nothing());
    let link = data(&url);
    for twice in [
        format!("{url}&data={link}"),
        format!("{url}&amp;data={link}"),
        format!("{url}&amp;amp;data={link}"),
        format!("{url}&amp%3Bdata=x"),
        format!("{BASE}/respond?amp;data={link}&data={link}"),
        format!("{url}&amp;data=%E3%80%82"),
    ] {
        assert_eq!(
            stack.get(&twice).refusal(),
            refusal(400, "InvalidPayload"),
            "{twice}"
        );
    }
    for other in ["&amp;type=failure", "&amp;type=heartbeat", "&amp;action=b"] {
        let answer = stack.get(&format!("{url}{other}"));
        assert_eq!(answer.refusal(), refusal(400, "ActionMismatched"), "{other}");
    }
}

#[test]
fn what_is_changed_within_the_alphabet_stays_refused() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(heartbeat(), nothing());
    let (head, last) = url.split_at(url.len() - 1);
    let other = if last == "A" { "E" } else { "A" };
    for changed in [
        format!("{url}="),
        format!("{url}%3D%3D"),
        format!("{url}A"),
        format!("{url}-"),
        format!("{head}{other}"),
        head.to_owned(),
        url.replace("data=3-", "data=%3C3-"),
        url.replace("data=3-", "data=2-"),
        url.replace("data=3-", "data=3.-"),
        url.replace("data=3-", "data=3-."),
    ] {
        assert_eq!(
            stack.get(&changed).refusal(),
            refusal(400, "InvalidPayload"),
            "{changed}"
        );
    }
    assert_eq!(stack.told(), ["waiting"]);
}
