//! Whoever has no link of ours learns nothing from trying: whatever is wrong with a link that does not open, the answer
//! is the same to the last byte. (How long it takes is not: a link whose wrapped key was seen before needs no KMS.)

use crate::support::{Answer, BASE, FEATURES, PLAIN, Stack, data, encode, heartbeat, nothing, old_link};
use serde_json::json;
use sfn_callback_urls::language::Language;

const TYPES: [&str; 3] = ["application/json", "text/html", "text/plain"];

/// Every answer of the table of types and languages.
fn answers(stack: &Stack, url: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for kind in TYPES {
        for language in Language::ALL {
            let headers = [("accept", kind), ("accept-language", language.tag())];
            answers.push(stack.visit("GET", url, &headers, b""));
        }
    }
    answers
}

/// All damaged links are answered as the first one is; gives that answer in each type and language.
#[track_caller]
fn check_same(stack: &Stack, code: &str, damaged: &[String]) -> Vec<Answer> {
    let first = answers(stack, &damaged[0]);
    assert_eq!(first[0].refusal(), (400, code.to_owned()));
    for (number, url) in damaged.iter().enumerate() {
        // Differences are not shown: a test's output is no place for links.
        assert!(answers(stack, url) == first, "damage {number} has another answer");
    }
    first
}

fn url(data: &str) -> String {
    format!("{BASE}/respond?data={}", encode(data))
}

/// With its character at `place` changed into another one of the alphabet.
fn changed(sealed: &str, place: usize) -> String {
    let mut bytes = sealed.as_bytes().to_vec();
    bytes[place] = if bytes[place] == b'A' { b'Q' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

#[test]
fn every_damage_has_the_same_answer() {
    let stack = Stack::new(FEATURES);
    let sealed = data(&stack.link(heartbeat(), nothing()));
    let mut damaged = vec![
        format!("{BASE}/respond"),
        format!("{BASE}/respond?data="),
        format!("{BASE}/respond?data=3-AA&data=3-AA"),
    ];
    for text in [
        "",
        "3-",
        "2-",
        "9-AAAA",
        "no link",
        "3-é",
        "3-AA=",
        "3-_wAA",
        "2-AgV4",
        "2-AYAAAA",
        "../../etc",
    ] {
        damaged.push(url(text));
    }
    for text in ["3-", "2-"] {
        damaged.push(url(&format!("{text}{}", "A".repeat(10_300))));
        damaged.push(url(&format!("{text}{}", "A".repeat(2_000))));
    }
    // Each byte of the head, then here and there, then each byte of the tag.
    let places = (2..60)
        .chain((60..sealed.len() - 24).step_by(37))
        .chain(sealed.len() - 24..sealed.len() - 1);
    damaged.extend(places.map(|place| url(&changed(&sealed, place))));
    damaged.extend((0..sealed.len()).step_by(29).map(|length| url(&sealed[..length])));
    damaged.push(url(&(sealed.clone() + "AAAA")));
    for (key, audience) in [(9, "default"), (7, "another")] {
        let other = Stack::with_keys(Stack::keys(key), &[("AUDIENCE", audience)]);
        damaged.push(other.link(heartbeat(), nothing()));
    }
    assert!(damaged.len() > 120);
    let answers = check_same(&stack, "InvalidPayload", &damaged);
    let texts: std::collections::HashSet<&str> = answers.iter().map(|answer| answer.body.as_str()).collect();
    assert_eq!(
        texts.len(),
        2 + Language::ALL.len(),
        "JSON, its indented form, and a page in each language"
    );

    // A switch of the operator is nobody's business either.
    let strict = stack.updated(Stack::keys(7), &[("ACCEPT_LEGACY_URLS", "false")]);
    assert!(self::answers(&strict, &url("2-AgV4")) == answers);
}

#[test]
fn every_link_of_another_kind_of_stack_has_the_same_answer() {
    let plain = Stack::without_key(PLAIN);
    let action = |name: &str| json!({"name": name, "type": "heartbeat"});
    let link = |name: &str| {
        old_link(&json!({"token": "t", "iat": 1, "tid": "0".repeat(32), "action": action(name)}))
    };
    // A stack with a key does not even look into a link without one.
    let with_key = Stack::new(PLAIN);
    check_same(
        &with_key,
        "EncryptionRequired",
        &[link("a"), link("b"), link("not a name"), url("1-AAAA"), url("1-")],
    );
    let sealed = data(&with_key.link(heartbeat(), nothing()));
    check_same(
        &plain,
        "DecryptionUnsupported",
        &[url(&sealed), url(&changed(&sealed, 30)), url("2-AgV4")],
    );
    let content = [
        link("not a name"),
        old_link(&json!({"token": "t"})),
        old_link(&json!([])),
        url("1-AAAA"),
        url("1-"),
        url("5-AAAA"),
    ];
    check_same(&plain, "InvalidPayload", &content);
}
