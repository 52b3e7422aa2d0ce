//! Whoever has no link of ours learns nothing from trying: whatever is wrong with a link that does not open, the answer
//! is the same to the last byte. (How long it takes is not: a link whose wrapped key was seen before needs no KMS.)

use crate::kms::{COMPACT, Kms, USUAL};
use crate::support::{Answer, BASE, FEATURES, NOW, PLAIN, Stack, data, encode, heartbeat, nothing, old_link};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sfn_callback_urls::language::Language;
use std::borrow::Borrow;

/// For tests in which each visit costs more.
const FEW: [Language; 2] = [Language::English, Language::Japanese];
const TYPES: [&str; 3] = ["application/json", "text/html", "text/plain"];
/// Everything that an answer may say besides its body. None of it is made from the link.
const HEADERS: [&str; 13] = [
    "allow",
    "cache-control",
    "content-language",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "referrer-policy",
    "retry-after",
    "strict-transport-security",
    "vary",
    "x-content-type-options",
    "x-robots-tag",
];

/// Every answer of the table of types and languages, and those to the other methods. An instance remembers what KMS has
/// refused and how often, so each visit may meet one of its own.
fn answers<S: Borrow<Stack>>(instance: impl Fn() -> S, languages: &[Language], url: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for kind in TYPES {
        for language in languages {
            let headers = [("accept", kind), ("accept-language", language.tag())];
            answers.push(instance().borrow().visit("GET", url, &headers, b""));
        }
        let headers = [("accept", kind), ("content-type", "application/json")];
        for (method, body) in [("HEAD", ""), ("POST", "{}"), ("POST", "no JSON"), ("OPTIONS", "")] {
            answers.push(instance().borrow().visit(method, url, &headers, body.as_bytes()));
        }
    }
    answers
}

/// All damaged links are answered as the first one is; gives that answer in each type and language.
#[track_caller]
fn check_all_same<S: Borrow<Stack>>(
    (status, code): (u16, &str),
    instance: impl Fn() -> S,
    languages: &[Language],
    damaged: &[String],
) -> Vec<Answer> {
    let first = answers(&instance, languages, &damaged[0]);
    assert_eq!(first[0].refusal(), (status, code.to_owned()));
    let mut keys = first[0].keys();
    keys.retain(|key| key != "outcome");
    assert_eq!(keys, ["error", "message"], "no transaction, no action");
    for name in first.iter().flat_map(|answer| answer.headers.keys()) {
        assert!(HEADERS.contains(&name.as_str()), "the header {name}");
    }
    for (number, url) in damaged.iter().enumerate() {
        // Differences are not shown: a test's output is no place for links.
        assert!(
            answers(&instance, languages, url) == first,
            "{code}: damage {number} has another answer"
        );
    }
    first
}

#[track_caller]
fn check_same(stack: &Stack, code: &str, damaged: &[String]) -> Vec<Answer> {
    check_all_same((400, code), || stack, &Language::ALL, damaged)
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
        2 + Language::ALL.len() + 1 + 3,
        "JSON, its indented form, a page in each language; nothing for HEAD; and what OPTIONS gets in each type"
    );

    // A switch of the operator is nobody's business either.
    let strict = stack.updated(Stack::keys(7), &[("ACCEPT_LEGACY_URLS", "false")]);
    assert!(self::answers(|| &strict, &Language::ALL, &url("2-AgV4")) == answers);
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
        &[
            url(&sealed),
            url(&changed(&sealed, 30)),
            with_bytes(&[&[3], [7; 200].as_slice()].concat()),
            url("2-AgV4"),
            legacy(),
        ],
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

// --- Under keys of KMS, where there is more that can be wrong ---

/// The bytes of a `3-` link.
fn bytes(url: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD
        .decode(data(url).strip_prefix("3-").unwrap())
        .unwrap()
}

fn with_bytes(bytes: &[u8]) -> String {
    url(&format!("3-{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// With one bit of the byte at each of these places changed.
fn flipped(url: &str, places: impl Iterator<Item = usize>) -> Vec<String> {
    let whole = bytes(url);
    let change = |place: usize| {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        with_bytes(&bytes)
    };
    places.map(change).collect()
}

/// A `2-` link of the Python application.
fn legacy() -> String {
    let vector = include_str!("../vectors/python/bad_header_tag.json");
    let vector: Value = serde_json::from_str(vector).unwrap();
    url(vector["link"].as_str().unwrap())
}

#[test]
fn every_damage_has_the_same_answer_under_keys_of_kms() {
    let kms = Kms::default();
    let vars = [COMPACT, FEATURES].concat();
    let stack = Stack::with_keys(kms.keys(&vars), &vars);
    let instance = || stack.updated(kms.keys(&vars), &vars);
    let compact = stack.link(heartbeat(), nothing());
    let usual_vars = [USUAL, FEATURES].concat();
    let usual = stack
        .updated(kms.keys(&usual_vars), &usual_vars)
        .link(heartbeat(), nothing());
    assert_eq!((bytes(&compact)[0], bytes(&usual)[0]), (3, 1), "the suites");
    let mut damaged = vec![url("3-"), url("3-AwAA"), legacy(), url("2-AgV4")];
    for link in [&compact, &usual] {
        let length = bytes(link).len();
        // The suite, the epoch or the wrapped key, the salt, some of the content, and the tag.
        let places = (0..16)
            .chain((16..length - 16).step_by(23))
            .chain(length - 16..length);
        damaged.extend(flipped(link, places));
        damaged.push(with_bytes(&bytes(link)[..length - 1]));
        damaged.push(with_bytes(&[bytes(link).as_slice(), &[0]].concat()));
    }
    // Hours that never were, that are to come, and that are over for too long.
    for epoch in [0, u32::try_from(NOW / 3_600).unwrap() + 2, 400_000, u32::MAX] {
        let mut bytes = bytes(&compact);
        bytes[1..5].copy_from_slice(&epoch.to_be_bytes());
        damaged.push(with_bytes(&bytes));
    }
    // Keys and audiences of others; what suite a link has is nobody's business if this stack takes none of it.
    let theirs = [&[("AUDIENCE", "another")], vars.as_slice()].concat();
    damaged.push(Stack::with_keys(kms.keys(&theirs), &theirs).link(heartbeat(), nothing()));
    let theirs = [&[("AUDIENCE", "another")], usual_vars.as_slice()].concat();
    damaged.push(Stack::with_keys(kms.keys(&theirs), &theirs).link(heartbeat(), nothing()));
    damaged.push(Stack::new(FEATURES).link(heartbeat(), nothing()));
    assert!(damaged.len() > 75);
    let answers = check_all_same((400, "InvalidPayload"), instance, &FEW, &damaged);

    let without = || stack.updated(kms.keys(&usual_vars), &usual_vars);
    let same = check_all_same(
        (400, "InvalidPayload"),
        without,
        &FEW,
        &[compact.clone(), url("3-AwAA")],
    );
    assert!(same == answers, "a stack without an HMAC key");
    assert_eq!(instance().get(&compact).status, 200, "the honest ones open");
    assert_eq!(instance().get(&usual).status, 200);
}

/// While KMS gives no key, an honest link and a changed one cannot be told apart, nor can two honest ones.
#[test]
fn what_kms_refuses_is_answered_alike_for_every_link() {
    for (failure, status, code) in [
        ("NotFoundException", 410, "KeyDeleted"),
        ("DisabledException", 503, "ServiceUnavailable"),
        ("ThrottlingException", 503, "ServiceUnavailable"),
        ("SomethingNewException", 500, "ServiceError"),
    ] {
        for vars in [COMPACT, USUAL] {
            let kms = Kms::default();
            let vars = [vars, FEATURES].concat();
            let stack = Stack::with_keys(kms.keys(&vars), &vars);
            let length = |link: &String| bytes(link).len();
            let mut links = vec![
                stack.link(heartbeat(), nothing()),
                stack.link(
                    json!({"name": "other", "type": "success", "output": "x".repeat(500)}),
                    nothing(),
                ),
            ];
            // Of another transaction, under another data key.
            links.push(stack.updated(kms.keys(&vars), &vars).link(heartbeat(), nothing()));
            let changed = flipped(&links[0], (length(&links[0]) - 40..length(&links[0])).step_by(5));
            links.extend(changed);
            kms.fail(failure);
            check_all_same(
                (status, code),
                || stack.updated(kms.keys(&vars), &vars),
                &FEW,
                &links,
            );
        }
    }
}

#[test]
fn a_link_that_comes_too_soon_after_others_is_answered_like_any_other() {
    let kms = Kms::default();
    let vars = [COMPACT, FEATURES].concat();
    let stack = Stack::with_keys(kms.keys(&vars), &vars);
    let usual_vars = [USUAL, FEATURES].concat();
    let usual = stack
        .updated(kms.keys(&usual_vars), &usual_vars)
        .link(heartbeat(), nothing());
    // Each with a wrapped key of its own, until KMS is asked no more.
    let wrapped = |number: u32| {
        let mut bytes = bytes(&usual);
        bytes[100..104].copy_from_slice(&number.to_be_bytes());
        with_bytes(&bytes)
    };
    let exhausted = stack.updated(kms.keys(&vars), &vars).unlucky();
    for number in 0..30 {
        let answer = exhausted.get(&wrapped(number));
        assert_eq!(answer.status, if number < 10 { 400 } else { 429 }, "{number}");
    }
    let links: Vec<String> = (100..104).map(wrapped).chain([usual.clone()]).collect();
    check_all_same((429, "TooManyRequests"), || &exhausted, &FEW, &links);
}
