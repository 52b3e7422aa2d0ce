use super::multipart::MAX_PARTS;
use super::*;
use serde_json::{Value, json};

fn intake(fields: Value) -> Intake {
    Intake::read(serde_json::from_value(fields).unwrap()).unwrap()
}

/// Takes all kinds where the test names none.
fn all_or(fields: Value) -> Intake {
    let mut intake = intake(fields);
    intake.bodies.get_or_insert(KINDS.to_vec());
    intake
}

const KINDS: [BodyKind; 5] = [
    BodyKind::Json,
    BodyKind::Form,
    BodyKind::Multipart,
    BodyKind::Text,
    BodyKind::Empty,
];

#[track_caller]
fn check(fields: Value, content_type: &str, body: &str, expected: Value) {
    let json = as_json(&all_or(fields), None, body.as_bytes(), Some(content_type)).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&json).unwrap(),
        expected,
        "{content_type}: {body}"
    );
}

#[track_caller]
fn check_refused(fields: Value, content_type: Option<&str>, body: &[u8], status: u16) -> String {
    let rejection = as_json(&all_or(fields), None, body, content_type).expect_err("refused");
    assert_eq!(
        (rejection.code(), rejection.status().as_u16()),
        ("InvalidPostActionBody", status),
        "{rejection}"
    );
    rejection.to_string()
}

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";

fn part(head: &str, content: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
}

#[test]
fn forms_are_objects() {
    for (body, expected) in [
        ("a=1&b=x+y&c=%C3%A9", json!({"a": "1", "b": "x y", "c": "é"})),
        (
            "a=1&a=2&b=&a=3&c",
            json!({"a": ["1", "2", "3"], "b": "", "c": ""}),
        ),
        ("=x&&a=b=c", json!({"": "x", "a": "b=c"})),
        ("a=%zz&b=%2", json!({"a": "%zz", "b": "%2"})),
        ("&", json!({})),
        ("__proto__=1&%61=2", json!({"__proto__": "1", "a": "2"})),
    ] {
        check(json!({}), FORM, body, expected.clone());
        check(
            json!({}),
            "APPLICATION/X-www-form-urlencoded; charset=utf-8",
            body,
            expected,
        );
    }
}

#[test]
fn one_field_of_a_form_is_the_body_where_the_author_says_so() {
    let unwrap = || json!({"unwrap": "payload"});
    check(unwrap(), FORM, "payload=%7B%22a%22%3A+1%7D&x=y", json!({"a": 1}));
    check(unwrap(), FORM, "command=%2Fx", json!({"command": "/x"}));
    check(
        unwrap(),
        "application/json",
        r#"{"payload":"1"}"#,
        json!({"payload": "1"}),
    );
    check(
        unwrap(),
        MULTIPART,
        &(part("name=\"payload\"", "[1]") + "--b--"),
        json!([1]),
    );
    // What the field holds is read, and refused, as a JSON body is.
    let text = as_json(&all_or(unwrap()), None, b"payload=%7B", Some(FORM)).unwrap();
    assert_eq!(text, "{");
    check_refused(unwrap(), Some(FORM), b"payload=1&payload=2", 400);
    let file = part("name=\"payload\"; filename=\"a\"", "[1]") + "--b--";
    check_refused(unwrap(), Some(MULTIPART), file.as_bytes(), 400);
}

#[test]
fn forms_beyond_the_limits_are_refused() {
    let fields = |count: usize| vec!["a=b"; count].join("&");
    check(
        json!({}),
        FORM,
        &fields(MAX_FIELDS),
        json!({"a": vec!["b"; MAX_FIELDS]}),
    );
    check_refused(json!({}), Some(FORM), fields(MAX_FIELDS + 1).as_bytes(), 400);
    check_refused(json!({}), Some(FORM), b"a=%FF", 400);
    check_refused(json!({}), Some(FORM), b"%FF=a", 400);
    check_refused(json!({}), Some(FORM), b"a=\xff", 400);
    let large = vec![b'a'; MAX_BODY_BYTES + 1];
    for kind in [FORM, "application/json", "text/plain", MULTIPART, "image/png"] {
        check_refused(json!({"accept_raw": true}), Some(kind), &large, 400);
    }
}

#[test]
fn multipart_bodies_are_objects_without_the_bytes_of_files() {
    let body = part("name=\"a\"", "1")
        + &part(
            "name=\"f\"; filename=\"x.bin\"\r\nContent-Type: image/png",
            "\0\u{1}é",
        )
        + &part("name=\"a\"", "é")
        + &part("name=\"g\"; filename=\"\"", "")
        + "--b--\r\n";
    let file = json!({"filename": "x.bin", "content_type": "image/png", "size": 4});
    let none = json!({"filename": "", "content_type": null, "size": 0});
    check(
        json!({}),
        MULTIPART,
        &body,
        json!({"a": ["1", "é"], "f": file, "g": none}),
    );
    check(json!({}), MULTIPART, "--b--\r\n", json!({}));
}

#[test]
fn other_multipart_bodies_are_refused() {
    let good = part("name=\"a\"", "1") + "--b--";
    check_refused(json!({}), Some("multipart/form-data"), good.as_bytes(), 400);
    check_refused(
        json!({}),
        Some("multipart/form-data; boundary=c"),
        good.as_bytes(),
        400,
    );
    check_refused(
        json!({}),
        Some("multipart/mixed; boundary=b"),
        good.as_bytes(),
        415,
    );
    for body in [
        "x".to_owned(),
        part("name=\"a\"", "1"),
        part("filename=\"a\"", "1") + "--b--",
        "--b\r\n\r\n1\r\n--b--".to_owned(),
        "--b\r\nContent-Disposition: form-data; name=\"a\"".to_owned(),
        part("name=\"a\"", "1").repeat(MAX_PARTS + 1) + "--b--",
    ] {
        check_refused(json!({}), Some(MULTIPART), body.as_bytes(), 400);
    }
    let not_text = [b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--b--".as_slice()];
    check_refused(json!({}), Some(MULTIPART), not_text[0], 400);
    let most = part("name=\"a\"", "1").repeat(MAX_PARTS) + "--b--";
    check(json!({}), MULTIPART, &most, json!({"a": vec!["1"; MAX_PARTS]}));
}

#[test]
fn texts_are_strings_and_nothing_is_null() {
    check(
        json!({}),
        "text/plain; charset=utf-8",
        "a\"\n\u{1}é",
        json!("a\"\n\u{1}é"),
    );
    check(json!({}), "text/xml", "<a/>", json!("<a/>"));
    check(json!({}), "text/plain", "", Value::Null);
    check(json!({}), "application/json", "", Value::Null);
    check_refused(json!({}), Some("text/plain"), b"\xff", 400);
    let json = as_json(&all_or(json!({})), None, b"", None).unwrap();
    assert_eq!(json, "null");
}

#[test]
fn other_types_are_base64_or_refused() {
    check(
        json!({"accept_raw": true}),
        "application/xml",
        "<a/>",
        json!("PGEvPg=="),
    );
    check(
        json!({"accept_raw": true, "bodies": ["text"]}),
        "application/json",
        "{}",
        json!("e30="),
    );
    for kind in [
        Some("application/xml"),
        Some("image/png"),
        Some("text"),
        Some(""),
        None,
    ] {
        check_refused(json!({}), kind, b"<a/>", 415);
    }
}

#[test]
fn only_the_kinds_that_the_author_names_are_taken() {
    let only = |kind: &str| json!({"bodies": [kind]});
    for (kind, content_type, body) in [
        ("json", "application/cloudevents+json", "{}"),
        ("form", FORM, "a=b"),
        ("multipart", MULTIPART, "--b--\r\n"),
        ("text", "text/plain", "a"),
    ] {
        assert!(as_json(&all_or(only(kind)), None, body.as_bytes(), Some(content_type)).is_ok());
        check_refused(only("empty"), Some(content_type), body.as_bytes(), 415);
        let message = check_refused(only(kind), Some(content_type), b"", 400);
        assert_eq!(message, "body: is missing");
    }
    assert!(as_json(&all_or(only("empty")), None, b"", None).is_ok());
    // A link that checks no signature takes JSON, and what its author named.
    let plain = intake(json!({"cloudevents": true}));
    assert!(as_json(&plain, None, b"{}", Some("application/json")).is_ok());
    assert!(as_json(&plain, None, b"a=b", Some(FORM)).is_err());
    assert!(as_json(&plain, None, b"", None).is_err());
}

#[test]
fn nothing_that_begins_as_json_does_is_a_form() {
    for body in [
        "{\"a\":\"&b=c&\"}",
        "[\"&b=c&\"]",
        "\"&b=c&\"",
        " \r\n{&b=c",
        "\u{feff}{\"a\":\"&b=c&\"}",
        "1",
        " -1.5e3\n",
        "true",
        "false",
        "null",
    ] {
        let message = check_refused(json!({}), Some(FORM), body.as_bytes(), 400);
        assert_eq!(message, "body: is not a form");
    }
    check(json!({}), FORM, "a={", json!({"a": "{"}));
    check(json!({}), FORM, "1=2", json!({"1": "2"}));
    check(json!({}), FORM, "trueish", json!({"trueish": ""}));
    check(json!({}), FORM, "null=&-", json!({"null": "", "-": ""}));
}

#[test]
fn no_bytes_are_two_of_json_form_and_multipart() {
    let multipart = part("name=\"a\"", "1&approved=true&") + "--b--\r\n";
    for body in [
        multipart.as_str(),
        "--b--\r\n",
        "--b--",
        "a=1\r\n&b=2",
        "a=1\nb",
        "a=\r1",
    ] {
        let message = check_refused(json!({}), Some(FORM), body.as_bytes(), 400);
        assert_eq!(message, "body: is not a form");
    }
    // What closes a multipart body may stand within a text.
    for body in [
        "{\"a\":\"--b--\"}",
        "\"--b--\"",
        "a=--b--",
        "x--b\r\n",
        &format!("x\r\n{multipart}"),
        "",
    ] {
        if !body.is_empty() {
            let message = check_refused(json!({}), Some(MULTIPART), body.as_bytes(), 400);
            assert_eq!(
                message,
                "body: is multipart, and does not begin with its boundary"
            );
        }
    }
    check(
        json!({}),
        MULTIPART,
        &format!("\r\n{multipart}"),
        json!({"a": "1&approved=true&"}),
    );
    // A line break at the end is what a shell adds.
    check(json!({}), FORM, "a=1&b=2\n", json!({"a": "1", "b": "2\n"}));
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_body() {
    check(json!({}), FORM, "\u{feff}a=1", json!({"a": "1"}));
    check(json!({}), "text/plain", "\u{feff}hello", json!("hello"));
    check(json!({}), "text/plain", "\u{feff}", json!(""));
    check(json!({}), FORM, "\u{feff}", json!({}));
    let multipart = format!("\u{feff}{}--b--", part("name=\"a\"", "1"));
    check(json!({}), MULTIPART, &multipart, json!({"a": "1"}));
    // Only one, only in front, and not where it was encoded: then somebody meant it.
    check(json!({}), FORM, "\u{feff}\u{feff}a=1", json!({"\u{feff}a": "1"}));
    check(
        json!({}),
        FORM,
        "%EF%BB%BFa=\u{feff}1",
        json!({"\u{feff}a": "\u{feff}1"}),
    );
    let unwrap = json!({"unwrap": "payload"});
    check(unwrap, FORM, "\u{feff}payload=%7B%22a%22%3A1%7D", json!({"a": 1}));
    let json = as_json(
        &all_or(json!({})),
        None,
        "\u{feff}{}".as_bytes(),
        Some("application/json"),
    )
    .unwrap();
    assert!(crate::select::Body::parse(&json).unwrap().value().is_object());
    // In UTF-16 it is none of ours.
    check_refused(json!({}), Some(FORM), b"\xff\xfea\0=\0", 400);
    check_refused(json!({}), Some("text/plain"), b"\xff\xfea\0", 400);
}

#[test]
fn a_scheme_takes_what_its_sender_sends() {
    use BodyKind::{Form, Json, Multipart};
    let twilio = Scheme::Twilio { base: None };
    for (scheme, kinds) in [
        (&Scheme::Github, &[Json, Form][..]),
        (&Scheme::Slack, &[Json, Form]),
        (&twilio, &[Json, Form]),
        (&Scheme::Mailgun, &[Json, Form, Multipart]),
        (&Scheme::Stripe, &[Json]),
        (&Scheme::StandardWebhooks, &[Json]),
        (&Scheme::Bearer, &[Json]),
    ] {
        for kind in KINDS {
            let is_taken = intake(json!({})).takes(kind, Some(scheme));
            assert_eq!(is_taken, kinds.contains(&kind), "{scheme:?}: {kind:?}");
            let named = intake(json!({"bodies": ["text"]}));
            assert_eq!(named.takes(kind, Some(scheme)), kind == BodyKind::Text);
        }
    }
}
