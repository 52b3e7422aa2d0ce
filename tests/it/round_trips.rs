//! What is written is read again as it was, whatever it is. `PROPTEST_CASES` says of how many.

use crate::properties::{config, json_value, text};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sfn_callback_urls::action::{self, ActionType, Confirm, Name, Notes, Recipient, Source};
use sfn_callback_urls::form::submission::{PREFIX, PageEntries};
use sfn_callback_urls::json::{self, JsonText};
use sfn_callback_urls::language::Language;
use sfn_callback_urls::link::{BaseUrl, Query};
use sfn_callback_urls::nonce::{MAX_AGE_MS, MIN_AGE_MS, NonceFault, NonceKey};
use sfn_callback_urls::payload::{Payload, json_form, packed};
use sfn_callback_urls::seal::epoch::Epoch;
use sfn_callback_urls::seal::{self, DataKey, KeyRef, SealingKey, Untrusted, sealed};
use sfn_callback_urls::select::path::Step;
use sfn_callback_urls::target::Target;
use sfn_callback_urls::template::{self, Parameters};
use sfn_callback_urls::token::{MAX_TOKEN_CHARS, TaskToken};
use sfn_callback_urls::transaction::TransactionId;

/// Cases without `PROPTEST_CASES`.
const MANY: u32 = 300;

/// Any token, also in the shape of those of Step Functions: two base64 texts, one behind the other.
fn token() -> impl Strategy<Value = TaskToken> {
    let base64 = "[A-Za-z0-9+/]{4,700}={0,2}";
    let text = prop_oneof![
        "[ -~]{1,100}",
        base64,
        (base64, base64).prop_map(|(first, second)| first + &second),
        any::<String>(),
    ];
    text.prop_filter_map("its length", |text| {
        TaskToken::new(text.chars().take(MAX_TOKEN_CHARS).collect())
    })
}

fn name() -> impl Strategy<Value = Name> {
    "[A-Za-z0-9_.äöüß漢字-]{1,40}".prop_filter_map("a name", |name| Name::new(name).ok())
}

/// An action of any type; what pages show is on those that ask.
fn action() -> impl Strategy<Value = (Value, bool)> {
    let some_text = || "[^\\p{C}]{1,60}";
    let page = (
        option::of("[^\\p{C}\\s]{1,40}"),
        option::of("[^\\p{C}\\s]{1,90}"),
        option::of("[^\\p{C}\\s]{1,20}"),
    );
    let response = prop_oneof![
        Just(json!(null)),
        (text(), text(), json_value())
            .prop_map(|(html, text, json)| json!({"html": html, "text": text, "json": {"v": json}})),
        "[a-z/]{0,200}".prop_map(|path| json!({"redirect": format!("https://example.com/{path}")})),
    ];
    let outcomes = json!([
        {"name": "yes", "type": "success", "schema": {"properties": {"why": {"type": "string"}}}, "output_body": true},
        {"name": "no", "type": "failure", "schema": {"type": "object"}, "error": "No", "cause_path": "$.why"},
    ]);
    let kind = prop_oneof![
        json_value().prop_map(|output| json!({"type": "success", "output": output})),
        (option::of(some_text()), option::of(some_text())).prop_map(|(error, cause)| without_nulls(
            json!({"type": "failure", "error": error, "cause": cause})
        )),
        Just(json!({"type": "heartbeat"})),
        Just(json!({"type": "post", "outcomes": outcomes})),
        Just(json!({"type": "form", "outcomes": outcomes})),
    ];
    (name(), kind, response, page, any::<bool>()).prop_map(|(name, mut action, response, page, asks)| {
        action["name"] = json!(name.as_str());
        if !response.is_null() {
            action["response"] = response;
        }
        let asks = asks && action["type"] != "post";
        if asks || action["type"] == "form" {
            let (title, text, label) = page;
            let mut page = without_nulls(json!({"title": title, "text": text, "label": label}));
            if action["type"] == "form" {
                page.as_object_mut().unwrap().remove("label");
            }
            action
                .as_object_mut()
                .unwrap()
                .extend(page.as_object().unwrap().clone());
        }
        (action, asks)
    })
}

fn without_nulls(mut value: Value) -> Value {
    value.as_object_mut().unwrap().retain(|_, field| !field.is_null());
    value
}

fn payload() -> impl Strategy<Value = Payload> {
    let recipient = "[^\\p{C}\\s]{1,60}".prop_filter_map("a recipient", |text| Recipient::new(text).ok());
    // As JSON has them: whole seconds that a double holds.
    let seconds = 0_u64..4_000_000_000;
    let more = (
        any::<[u8; 16]>(),
        seconds.clone(),
        option::of(seconds),
        any::<[bool; 2]>(),
    );
    let locale = option::of(prop_oneof![
        Just("de"),
        Just("ja"),
        Just("zh-Hant"),
        Just("pt-BR")
    ]);
    (token(), action(), more, option::of(recipient), locale).prop_filter_map(
        "an action",
        |(
            token,
            (action, asks),
            (transaction, issued_at, expires_at, [parameters, callback]),
            recipient,
            locale,
        )| {
            let raw: Box<RawValue> = serde_json::from_str(&action.to_string()).unwrap();
            let confirm = if asks { Confirm::Page } else { Confirm::Off };
            let action = action::read_action(&raw, "action", Source::Request(confirm), &Notes::default());
            Some(Payload {
                target: Target::StepFunctions(token),
                transaction: TransactionId::new(transaction),
                issued_at,
                expires_at,
                parameters,
                action: action.ok()?,
                callback,
                recipient,
                locale: locale.and_then(Language::of_tag),
            })
        },
    )
}

fn key_reference() -> impl Strategy<Value = KeyRef> {
    prop_oneof![
        any::<[u8; 8]>().prop_map(KeyRef::Local),
        any::<[u8; 4]>().prop_map(|hours| KeyRef::Epoch(Epoch::from_be_bytes(hours))),
        vec(any::<u8>(), 1..=1_024).prop_map(KeyRef::Kms),
    ]
}

/// What a `3-` link of a payload that fits holds.
fn opened(link: &str, key: &DataKey, audience: &str) -> Option<Result<Payload, String>> {
    match Untrusted::parse(link) {
        Ok(Untrusted::Sealed(sealed)) => {
            let opened = sealed.open(key, audience).map_err(|damage| format!("{damage:?}"));
            Some(opened.map(|opened| opened.payload))
        }
        Ok(Untrusted::Plain(_) | Untrusted::Legacy(_)) => panic!("a 3- link"),
        Err(_) => {
            assert!(
                link.len() > seal::MAX_SEALED_CHARS,
                "what is short enough is a link"
            );
            None
        }
    }
}

proptest! {
    #![proptest_config(config(MANY))]

    #[test]
    fn a_token_comes_back(token in token()) {
        prop_assert!(token.packed().unpack() == Some(token));
    }

    #[test]
    fn a_payload_comes_back_from_cbor_and_from_json(payload in payload()) {
        let written = packed::write(&payload);
        prop_assert_eq!(packed::read(&written), Ok(payload.clone()));
        prop_assert_eq!(json_form::read(&json_form::write(&payload)), Ok(payload.clone()));
        // One payload has one text.
        prop_assert_eq!(packed::write(&packed::read(&written).unwrap()), written);
    }

    #[test]
    fn what_was_sealed_opens_and_no_other_key_or_audience_opens_it(
        payload in payload(), key in any::<[u8; 32]>(), other in any::<[u8; 32]>(), reference in key_reference(),
        salt in any::<[u8; 16]>(), audience in "[!-~]{1,128}",
    ) {
        let sealing = SealingKey { key: DataKey::new(key), reference: reference.clone() };
        let link = sealed::seal(&payload, &sealing, salt, &audience);
        let Some(result) = opened(&link, &sealing.key, &audience) else { return Ok(()) };
        prop_assert_eq!(result, Ok(payload));
        prop_assert_eq!(opened(&link, &sealing.key, &format!("{audience}!")), Some(Err("Authentication".to_owned())));
        if key != other {
            prop_assert_eq!(opened(&link, &DataKey::new(other), &audience), Some(Err("Commitment".to_owned())));
        }
        let Ok(Untrusted::Sealed(sealed)) = Untrusted::parse(&link) else { panic!("a 3- link") };
        prop_assert!(*sealed.reference() == reference);
    }

    #[test]
    fn a_nonce_counts_for_its_payload_from_a_second_to_a_day(
        key in any::<[u8; 32]>(), payload in vec(any::<u8>(), 0..80), shown in 0_u64..(1 << 47), age in 0..2 * MAX_AGE_MS,
        flipped in any::<prop::sample::Index>(),
    ) {
        let nonces = NonceKey::new(&key, &payload);
        let nonce = nonces.issue(shown);
        let expected = match age {
            ..MIN_AGE_MS => Err(NonceFault::TooYoung),
            MIN_AGE_MS..=MAX_AGE_MS => Ok(()),
            _ => Err(NonceFault::TooOld),
        };
        prop_assert_eq!(nonces.check(&nonce, shown + age), expected);
        let other = NonceKey::new(&key, &[payload.as_slice(), b"x"].concat());
        prop_assert_eq!(other.check(&nonce, shown + age), Err(NonceFault::Foreign));
        let mut changed = nonce.clone().into_bytes();
        let place = flipped.index(changed.len());
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        prop_assert_eq!(nonces.check(&changed, shown + age), Err(NonceFault::Foreign));
    }

    #[test]
    fn json_keeps_its_value_and_loses_its_white_space(value in json_value()) {
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let compact = JsonText::parse(&pretty).unwrap();
        prop_assert_eq!(compact.as_str(), value.to_string());
        prop_assert_eq!(JsonText::parse(compact.as_str()), Ok(compact.clone()));
        prop_assert_eq!(JsonText::of(&value), compact.clone());
        // Not a character is changed when nothing is to be.
        let same: Result<_, &str> = compact.map_strings(|text| Ok(text.to_owned()), || "twice");
        prop_assert_eq!(same, Ok(compact));
    }

    #[test]
    fn a_part_of_json_is_the_text_of_that_part(items in vec((text(), json_value()), 1..6), place in any::<prop::sample::Index>()) {
        let object: serde_json::Map<String, Value> = items.into_iter().collect();
        let array: Vec<Value> = object.values().cloned().collect();
        let place = place.index(array.len());
        let (key, part) = object.iter().nth(place).unwrap();
        let text = json!({"array": array, "object": object}).to_string();
        let raw: Box<RawValue> = serde_json::from_str(&text).unwrap();
        let ways = [vec![Step::Key("object"), Step::Key(key)], vec![Step::Key("array"), Step::Index(place)]];
        for found in json::parts_at(&raw, &ways) {
            prop_assert_eq!(found.get(), part.to_string());
        }
        let members = json::members(&raw).unwrap();
        let again = JsonText::object(members.iter().map(|(name, part)| (name.as_str(), *part)));
        prop_assert_eq!(again.as_str(), text);
    }

    #[test]
    fn a_text_with_doubled_dollars_is_filled_to_itself(text in text(), value in text()) {
        let parameters = Parameters::from_pairs([("p".to_owned(), value.clone())]);
        let doubled = text.replace('$', "$$");
        prop_assert!(template::is_well_formed(&doubled));
        prop_assert_eq!(template::fill(&doubled, &parameters, str::to_owned), Ok(text.clone()));
        let around = format!("{doubled}${{p}}{doubled}");
        prop_assert_eq!(template::fill(&around, &parameters, str::to_owned), Ok(format!("{text}{value}{text}")));
    }

    #[test]
    fn a_link_is_read_from_its_url(name in name(), data in "[123]-[A-Za-z0-9_-]{1,200}={0,2}", path in "[a-z0-9/]{0,30}", more in text()) {
        let base = BaseUrl::https(&format!("https://example.com/{path}")).unwrap();
        let link = base.link(&name, ActionType::Post, &data);
        let more: String = url::form_urlencoded::byte_serialize(more.as_bytes()).collect();
        let url = url::Url::parse(&format!("{link}&more={more}")).unwrap();
        let query = Query::parse(url.query().unwrap());
        prop_assert_eq!(query.data(), Ok(data.as_str()));
        prop_assert!(query.agrees(&name, ActionType::Post));
        prop_assert!(!query.agrees(&name, ActionType::Form));
        let twice = Query::parse(&format!("{}&data=x", url.query().unwrap()));
        prop_assert!(twice.data().is_err());
    }

    #[test]
    fn what_a_browser_sends_is_read_as_it_was_entered(
        fields in vec((text(), text()), 0..6), nonce in option::of(text()), outcome in option::of(text()), sure in any::<bool>(),
    ) {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        let of_ours = [("nonce", &nonce), ("outcome", &outcome)];
        body.extend_pairs(of_ours.iter().filter_map(|(name, value)| Some((*name, value.as_ref()?))));
        body.extend_pairs(fields.iter().map(|(name, value)| (format!("{PREFIX}{name}"), value)));
        if sure {
            body.append_pair("sure", "true");
        }
        let read = PageEntries::read(body.finish().as_bytes());
        prop_assert_eq!((read.nonce, read.outcome, read.sure, read.fields), (nonce, outcome, sure, fields));
        prop_assert!(read.complaints.is_empty());
    }
}
