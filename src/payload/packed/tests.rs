use super::*;
use crate::action::{self, Notes, Question, Source};
use crate::language::Language;
use crate::rejection::Damage;
use crate::transaction::TransactionId;
use proptest::prelude::*;
use serde_json::value::RawValue;

fn payload(action: &str) -> Payload {
    let raw: Box<RawValue> = serde_json::from_str(action).unwrap();
    Payload {
        target: crate::target::Target::StepFunctions(
            crate::token::TaskToken::new("QUJDQUJD".to_owned()).unwrap(),
        ),
        transaction: TransactionId::new([9; 16]),
        issued_at: 1_790_000_000,
        expires_at: None,
        parameters: false,
        action: action::read_action(&raw, "action", Source::Request(Confirm::Off), &Notes::default())
            .unwrap(),
        callback: false,
        recipient: None,
        locale: None,
    }
}

fn heartbeat() -> Payload {
    payload(r#"{"name":"a","type":"heartbeat"}"#)
}

/// A payload from hand-written fields, so that every rule of the reader can be broken alone.
fn with(change: impl FnOnce(&mut Vec<(u64, Vec<u8>)>)) -> Vec<u8> {
    let mut fields = vec![
        (key::TOKEN, cbor(|e| drop(e.bytes(b"ABCABC")))),
        (key::TRANSACTION, cbor(|e| drop(e.bytes(&[9; 16])))),
        (key::ISSUED_AT, cbor(|e| drop(e.u64(1_790_000_000)))),
        (key::NAME, cbor(|e| drop(e.str("a")))),
        (key::TYPE, cbor(|e| drop(e.u64(2)))),
    ];
    change(&mut fields);
    let mut bytes = vec![ENCODING_VERSION];
    bytes.extend(map(fields));
    bytes
}

#[track_caller]
fn refused(bytes: &[u8], why: &str) {
    assert_eq!(read(bytes), Err(Damage::Content(why.to_owned())));
}

#[test]
fn the_hand_written_payload_is_what_the_writer_writes() {
    assert_eq!(with(|_| ()), write(&heartbeat()));
}

#[test]
fn times_end_with_the_year_9999() {
    for (key, what) in [(key::ISSUED_AT, "issue time"), (key::EXPIRES_AT, "expiration")] {
        let at = |time: u64| {
            with(|fields| {
                fields.retain(|field| field.0 != key);
                fields.push((key, cbor(|e| drop(e.u64(time)))));
                fields.sort_by_key(|field| field.0);
            })
        };
        assert!(read(&at(253_402_300_799)).is_ok());
        refused(&at(253_402_300_800), what);
        refused(&at(u64::MAX), what);
    }
}

#[test]
fn what_was_written_is_read_again() {
    let long = "x".repeat(300);
    for action in [
        r#"{"name":"a","type":"success","output":{"b":[12345678901234567890123,1.10]}}"#.to_owned(),
        r#"{"name":"a","type":"failure","error":"e","cause":"c"}"#.to_owned(),
        r#"{"name":"a","type":"failure"}"#.to_owned(),
        r#"{"name":"a","type":"heartbeat","response":{"redirect":"https://example.com/"}}"#.to_owned(),
        format!(
            r#"{{"name":"a","type":"heartbeat","response":{{"html":"{long}","json":{{"a":1}},"text":"t"}}}}"#
        ),
        format!(
            r#"{{"name":"a","type":"post","outcomes":[{{"name":"o","type":"failure","schema":{{"title":"{long}"}},"cause_path":"$.a"}}]}}"#
        ),
    ] {
        for (expires_at, parameters) in [(None, false), (Some(1_800_000_000), true)] {
            let payload = Payload {
                expires_at,
                parameters,
                ..payload(&action)
            };
            assert_eq!(read(&write(&payload)), Ok(payload), "{action}");
        }
    }
}

#[test]
fn static_parts_are_deflated_when_it_pays() {
    let action = |html: &str| format!(r#"{{"name":"a","type":"heartbeat","response":{{"html":"{html}"}}}}"#);
    let words = "<p>Thank you, your answer was recorded.</p>".repeat(6);
    assert!(write(&payload(&action(&words))).len() < words.len());
    let bytes = write(&payload(&action("short")));
    assert!(bytes.windows(5).any(|window| window == b"short"));
}

#[test]
fn a_bomb_is_not_inflated() {
    let bomb = map(vec![(
        key::RESPONSE,
        cbor(|e| drop(e.str(&format!("{{\"text\":\"{}\"}}", "a".repeat(60_000))))),
    )]);
    let small = miniz_oxide::deflate::compress_to_vec(&bomb, 9);
    assert!(small.len() * MAX_RATIO < bomb.len());
    refused(
        &with(|f| f.push((key::STATIC, cbor(|e| drop(e.bytes(&small)))))),
        "static parts do not inflate",
    );
    let payload = payload(&format!(
        r#"{{"name":"a","type":"heartbeat","response":{{"text":"{}"}}}}"#,
        "a".repeat(60_000)
    ));
    assert_eq!(read(&write(&payload)), Ok(payload));
}

#[test]
fn static_parts_inflate_to_65_536_bytes_and_not_one_more() {
    // Noise enough to stay below the ratio: what refuses is the size alone.
    let mut state = 1_u64;
    let noise: String = (0..3_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from(b'b' + u8::try_from(state >> 60).unwrap())
        })
        .collect();
    let parts = |more: usize| {
        let text = format!("{{\"text\":\"{}{noise}\"}}", "a".repeat(more));
        map(vec![(key::RESPONSE, cbor(|e| drop(e.str(&text))))])
    };
    let other_bytes = parts(1_000).len() - 1_000;
    for size in 65_530..65_539 {
        let parts = parts(size - other_bytes);
        assert_eq!(parts.len(), size);
        let small = miniz_oxide::deflate::compress_to_vec(&parts, 9);
        assert!(small.len() * MAX_RATIO > size);
        let sealed = with(|f| f.push((key::STATIC, cbor(|e| drop(e.bytes(&small))))));
        match size {
            ..=MAX_INFLATED => assert!(read(&sealed).is_ok(), "{size}"),
            _ => refused(&sealed, "static parts do not inflate"),
        }
    }
}

#[test]
fn unknown_critical_fields_are_refused_and_ignorable_ones_skipped() {
    let one = || cbor(|e| drop(e.u64(1)));
    for key in [12, 13, 14, 19, 23] {
        refused(&with(|f| f.push((key, one()))), "unknown critical field");
    }
    for key in [25, 100, u64::MAX] {
        assert_eq!(read(&with(|f| f.push((key, one())))), Ok(heartbeat()));
    }
}

#[test]
fn unknown_flags_versions_and_types_are_refused() {
    for flags in [0, 4, 5, 32, u64::MAX] {
        refused(
            &with(|f| f.push((key::FLAGS, cbor(|e| drop(e.u64(flags)))))),
            "unknown flags",
        );
    }
    refused(&[2, 0xa0], "unknown encoding version");
    refused(&[], "empty");
    for flags in [8, 9] {
        refused(
            &with(|f| f.push((key::FLAGS, cbor(|e| drop(e.u64(flags)))))),
            "flags that do not belong to the type",
        );
    }
    for number in [4, 5, 1000] {
        refused(
            &with(|f| f[4].1 = cbor(|e| drop(e.u64(number)))),
            "fields that do not belong to the type",
        );
    }
}

#[test]
fn missing_and_foreign_fields_are_refused() {
    for (index, why) in [
        "no token",
        "no transaction id",
        "no issue time",
        "no name",
        "no type",
    ]
    .iter()
    .enumerate()
    {
        refused(&with(|f| drop(f.remove(index))), why);
    }
    for key in [key::OUTPUT, key::ERROR, key::CAUSE, key::PAGE] {
        let foreign = with(|f| f.push((key, cbor(|e| drop(e.str("1"))))));
        refused(&foreign, "fields that do not belong to the type");
    }
}

#[test]
fn only_the_canonical_encoding_is_read() {
    let longer_number = with(|f| f[4].1 = vec![0x18, 0x02]);
    let indefinite_text = with(|f| f[3].1 = vec![0x7f, 0x61, b'a', 0xff]);
    let mut trailing = with(|_| ());
    trailing.push(0);
    refused(&longer_number, "not the canonical encoding");
    refused(&trailing, "not the canonical encoding");
    assert!(read(&indefinite_text).is_err());
    let tagged = with(|f| f.push((25, vec![0xc0, 0x01])));
    refused(&tagged, "a type that payloads do not have");
    let float = with(|f| f.push((25, vec![0xf9, 0, 0])));
    refused(&float, "a type that payloads do not have");
    let (first, second) = ((vec![24], vec![1]), (vec![24], vec![2]));
    let mut twice = with(|_| ());
    twice[1] = 0xa7;
    for (_, value) in [first, second] {
        twice.extend([0x18, 25]);
        twice.extend(value);
    }
    refused(&twice, "keys are not ascending");
}

#[test]
fn other_forms_of_a_token_are_refused() {
    let text = with(|f| f[0].1 = cbor(|e| drop(e.str("QUJDQUJD"))));
    refused(&text, "token is not in its shortest form");
    let split = with(|f| f[0].1 = cbor(|e| drop(e.array(2).unwrap().bytes(b"ABC").unwrap().bytes(b"ABC"))));
    refused(&split, "token is not in its shortest form");
    let one = with(|f| f[0].1 = cbor(|e| drop(e.array(1).unwrap().bytes(b"ABCABC"))));
    refused(&one, "token");
    let empty = with(|f| f[0].1 = cbor(|e| drop(e.str(""))));
    refused(&empty, "token of a wrong length");
    let long = with(|f| f[0].1 = cbor(|e| drop(e.str(&"-".repeat(2_049)))));
    refused(&long, "token of a wrong length");
}

#[test]
fn limits_and_strictness_hold_when_a_link_is_used() {
    let failure = |key: u64, chars: usize| {
        with(|f| {
            f[4].1 = cbor(|e| drop(e.u64(1)));
            f.push((key, cbor(|e| drop(e.str(&"é".repeat(chars))))));
        })
    };
    assert!(read(&failure(key::ERROR, 256)).is_ok());
    refused(&failure(key::ERROR, 257), "error or cause over its limit");
    assert!(read(&failure(key::CAUSE, 32_768)).is_ok());
    refused(&failure(key::CAUSE, 32_769), "error or cause over its limit");
    let name = |name: &str| with(|f| f[3].1 = cbor(|e| drop(e.str(name))));
    refused(&name("a b"), "name");
    refused(&name(&"a".repeat(257)), "name");
    let response = |text: &str| with(|f| f.push((key::RESPONSE, cbor(|e| drop(e.str(text))))));
    refused(&response(r#"{"htm":"x"}"#), "response has unknown fields");
    refused(&response(r#"{"redirect":"javascript:x"}"#), "response");
    refused(&response("5"), "response");
    let outcomes = |text: &str| {
        with(|f| {
            f[4].1 = cbor(|e| drop(e.u64(3)));
            f.push((key::PAGE, cbor(|e| drop(e.str(text)))));
        })
    };
    assert!(read(&outcomes(r#"[{"name":"o","type":"heartbeat","schema":{}}]"#)).is_ok());
    refused(
        &outcomes(r#"[{"name":"o","type":"heartbeat","schema":{},"when":1}]"#),
        "outcomes have unknown fields",
    );
    refused(&outcomes("[]"), "outcomes");
    let output = |text: &str| {
        with(|f| {
            f[4].1 = cbor(|e| drop(e.u64(0)));
            f.push((key::OUTPUT, cbor(|e| drop(e.str(text)))));
        })
    };
    refused(&output("{"), "output is not JSON");
    refused(&output("[1, 2]"), "output is not compact or over its limit");
}

#[test]
fn every_truncation_is_refused() {
    let bytes = write(&payload(
        r#"{"name":"a","type":"failure","error":"e","cause":"c"}"#,
    ));
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length]).is_err(), "{length}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
        let mut with_version = vec![ENCODING_VERSION];
        with_version.extend(&bytes);
        if let Ok(payload) = read(&with_version) {
            prop_assert_eq!(read(&write(&payload)), Ok(payload));
        }
    }
}

fn asking(action: &str, confirm: Confirm) -> Payload {
    let mut payload = payload(action);
    payload.action.confirm = confirm;
    payload
}

const FORM: &str = r#"{"name":"a","type":"form","title":"T","text":"L\nM","facts":[["A",1.50],["B","x"]],"outcomes":[
    {"name":"yes","type":"success","output":1,"label":"Yes","style":"primary"},
    {"name":"no","type":"failure","schema":{"properties":{"why":{"type":"string"}}},"cause_path":"$.why","label":"No"}]}"#;

#[test]
fn what_asks_is_read_as_it_was_written() {
    let mut titled = asking(r#"{"name":"a","type":"failure","cause":"c"}"#, Confirm::Page);
    titled.action.question = Question {
        face: action::Face {
            title: Some("Really?".to_owned()),
            text: None,
            facts: vec![("Amount".to_owned(), "€ 900".to_owned())],
        },
        button: action::Button {
            label: Some("Go".to_owned()),
            style: Some(action::Style::Danger),
        },
    };
    for mut payload in [
        asking(r#"{"name":"a","type":"heartbeat"}"#, Confirm::Page),
        asking(r#"{"name":"a","type":"success","output":1}"#, Confirm::Strict),
        titled,
        asking(FORM, Confirm::Page),
        asking(FORM, Confirm::Strict),
    ] {
        assert_eq!(read(&write(&payload)), Ok(payload.clone()));
        payload.callback = true;
        payload.recipient = Some(action::Recipient::new("ann@example.com".to_owned()).unwrap());
        payload.locale = Some(Language::TraditionalChinese);
        assert_eq!(read(&write(&payload)), Ok(payload));
    }
}

#[test]
fn an_unknown_language_is_that_of_the_visitor() {
    let read = read(&with(|f| f.push((key::LOCALE, cbor(|e| drop(e.str("tlh"))))))).unwrap();
    assert_eq!(read.locale, None);
}

#[test]
fn a_language_that_is_no_text_is_passed_over() {
    let locale = |value: Vec<u8>| read(&with(|f| f.push((key::LOCALE, value))));
    for value in [
        cbor(|e| drop(e.u64(1))),
        cbor(|e| drop(e.bytes(b"de"))),
        cbor(|e| drop(e.array(1).unwrap().str("de"))),
    ] {
        assert_eq!(locale(value), Ok(heartbeat()));
    }
    assert!(locale(vec![0xf5]).is_err(), "a type that payloads do not have");
    assert!(locale(vec![0x61, 0xff]).is_err(), "a text that is not UTF-8");
    assert!(
        locale(vec![0x7f, 0x62, b'd', b'e', 0xff]).is_err(),
        "a text in pieces"
    );
}

#[test]
fn a_recipient_has_a_name() {
    let recipient = |text: &str| with(|f| f.push((key::RECIPIENT, cbor(|e| drop(e.str(text))))));
    assert!(read(&recipient(&"é".repeat(256))).is_ok());
    for text in ["", " ", "a\nb", "\u{85}", &"a".repeat(257)] {
        refused(&recipient(text), "recipient");
    }
    let number = with(|f| f.push((key::RECIPIENT, cbor(|e| drop(e.u64(1))))));
    refused(&number, "a text is not text");
}

#[test]
fn pages_of_other_forms_are_refused() {
    let page = |flags: u64, kind: u64, text: &str| {
        with(|f| {
            f[4].1 = cbor(|e| drop(e.u64(kind)));
            if flags > 0 {
                f.push((key::FLAGS, cbor(|e| drop(e.u64(flags)))));
            }
            f.push((key::PAGE, cbor(|e| drop(e.str(text)))));
        })
    };
    let question = |text: &str| page(flag::CONFIRM, 2, text);
    assert!(read(&question(r#"{"title":"T"}"#)).is_ok());
    refused(
        &page(0, 2, r#"{"title":"T"}"#),
        "fields that do not belong to the type",
    );
    for text in [
        "5",
        r#"{"titel":"T"}"#,
        r#"{"title":5}"#,
        r#"{"style":"loud"}"#,
        r#"{"label":" "}"#,
    ] {
        refused(&question(text), "page");
    }
    for text in [
        "{}",
        "[]",
        r#"{"title": "T"}"#,
        r#"{"strict":true,"title":"T"}"#,
        r#"{"facts":[["A",1]]}"#,
    ] {
        refused(&question(text), "page is not canonical");
    }
    let form = |text: &str| page(0, 4, text);
    let one = r#""outcomes":[{"name":"o","type":"heartbeat","schema":{}}]"#;
    assert!(read(&form(&format!("{{{one}}}"))).is_ok());
    for text in ["5", "{}", r#"{"outcomes":[]}"#, &format!(r#"{{"x":1,{one}}}"#)] {
        refused(&form(text), "form");
    }
    for text in [
        format!("{{ {one}}}"),
        format!(r#"{{{one},"title":"T"}}"#),
        r#"{"outcomes":[{"name":"o","type":"heartbeat"}]}"#.to_owned(),
        r#"{"outcomes":[{"label":"L","name":"o","type":"heartbeat","schema":{}}]}"#.to_owned(),
    ] {
        refused(&form(&text), "form is not canonical");
    }
    refused(
        &page(flag::CONFIRM, 4, &format!("{{{one}}}")),
        "flags that do not belong to the type",
    );
    let post = r#"[{"name":"o","type":"heartbeat","schema":{}}]"#;
    for flags in [flag::CONFIRM, flag::STRICT, flag::CONFIRM | flag::STRICT] {
        refused(&page(flags, 3, post), "flags that do not belong to the type");
    }
}
