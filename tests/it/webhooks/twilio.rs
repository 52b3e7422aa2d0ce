//! Twilio signs an address and what continues it, with nothing in between: no signed request is two requests.

use super::{hook, linked, unproven};
use crate::properties::config;
use crate::support::{Answer, Stack, base64, data, post, with};
use proptest::collection::vec;
use proptest::prelude::*;
use ring::hmac;
use serde_json::{Value, json};
use sfn_callback_urls::webhook::{Received, Verify};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const BODY: &str = r#"{"MessageStatus":"failed"}"#;

fn twilio() -> Value {
    json!({"scheme": "twilio", "secret": "12345"})
}

fn sign(text: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345");
    base64(hmac::sign(&key, text).as_ref())
}

fn sum(body: &[u8]) -> String {
    let sum = ring::digest::digest(&ring::digest::SHA256, body);
    sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn send(stack: &Stack, url: &str, content_type: Option<&str>, signed: &str, body: &str) -> Answer {
    let signature = sign(signed.as_bytes());
    let mut headers = vec![("x-twilio-signature", signature.as_str())];
    headers.extend(content_type.map(|kind| ("content-type", kind)));
    stack.visit("POST", url, &headers, body.as_bytes())
}

/// Takes everything, and the schemas ask for nothing, so that only the proof can refuse.
fn open_link() -> (Stack, String) {
    let kinds = json!({"bodies": ["json", "form", "multipart", "text", "empty"]});
    linked(with(hook(twilio()), kinds))
}

#[test]
fn a_signed_body_is_not_believed_as_a_form() {
    let (stack, url) = open_link();
    let mut signed = format!("{url}&bodySHA256={}", sum(BODY.as_bytes()));
    let tail = |called: &str, signed: &str| -> String { signed.strip_prefix(called).unwrap().to_owned() };
    // The address that was called ends anywhere, and the form goes on there.
    for called in [
        url.clone(),
        format!("{url}&"),
        format!("{url}&bo"),
        format!("{url}&bodySHA256"),
        format!("{url}&bodySHA256="),
        format!("{url}&bodySHA256={}", &sum(BODY.as_bytes())[..40]),
    ] {
        let rest = tail(&called, &signed);
        for cut in 0..rest.len().min(14) {
            let (name, value) = rest.split_at(cut);
            let encode =
                |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let form = format!("{}={}", encode(name), encode(value));
            let answer = send(&stack, &called, Some(FORM), &signed, &form);
            unproven(&stack, &answer, "");
        }
    }
    // The same where the sender knows the link with parameters of its own after it.
    signed = format!(
        "{url}&MessageStatus=delivered&bodySHA256={}",
        sum(BODY.as_bytes())
    );
    for called in [url.clone(), format!("{url}&"), format!("{url}&MessageStatus")] {
        let rest = tail(&called, &signed);
        let form = format!("MessageStatus={}", rest.replace('=', "%3D").replace('&', "%26"));
        unproven(&stack, &send(&stack, &called, Some(FORM), &signed, &form), "");
    }
    // As what it is, it is believed.
    assert_eq!(send(&stack, &signed, Some(JSON), &signed, BODY).status, 200);
    assert_eq!(stack.told(), [format!("success {BODY}")]);
}

#[test]
fn a_signed_form_is_not_believed_as_another_body() {
    let (stack, url) = open_link();
    let fields = "Body&bodySHA256=";
    let named = format!("{fields}{}", sum(BODY.as_bytes()));
    // Whoever writes the text of a message would have another body signed with it.
    let form = format!("Body={}", named.replace('&', "%26").replace('=', "%3D"));
    let signed = format!("{url}Body{named}");
    let answer = send(&stack, &url, Some(FORM), &signed, &form);
    unproven(&stack, &answer, "a form with bodySHA256");
    let called = signed.clone();
    for kind in [Some(JSON), Some("text/plain"), None] {
        let answer = send(&stack, &called, kind, &signed, BODY);
        assert_ne!(answer.status, 200, "{kind:?}");
        assert_eq!(stack.told(), ["waiting"]);
    }
}

#[test]
fn the_digest_is_that_of_the_body_and_there_once() {
    let (stack, url) = open_link();
    let good = sum(BODY.as_bytes());
    let other = sum(b"{}");
    for (query, kind, body, cause) in [
        (String::new(), Some(JSON), BODY, "without bodySHA256"),
        (String::new(), None, BODY, "without bodySHA256"),
        (String::new(), Some(JSON), "", "without bodySHA256"),
        (
            String::new(),
            Some("multipart/form-data; boundary=b"),
            "--b--\r\n",
            "without bodySHA256",
        ),
        (
            format!("&bodySHA256={other}"),
            Some(JSON),
            BODY,
            "no signature fits",
        ),
        (
            format!("&bodySHA256={other}"),
            Some(JSON),
            "",
            "no signature fits",
        ),
        (format!("&bodySHA256={good}"), Some(JSON), "", "no signature fits"),
        (format!("&bodySHA256={good}"), None, "", "no signature fits"),
        ("&bodySHA256=".to_owned(), Some(JSON), BODY, "no signature fits"),
        (
            format!("&bodysha256={good}"),
            Some(JSON),
            BODY,
            "without bodySHA256",
        ),
        (
            format!("&body%53HA256={good}"),
            Some(JSON),
            BODY,
            "without bodySHA256",
        ),
        (
            format!("&bodySHA256={good}&bodySHA256={good}"),
            Some(JSON),
            BODY,
            "no signature fits",
        ),
        (
            format!("&bodySHA256={good}&bodySHA256={other}"),
            Some(JSON),
            BODY,
            "no signature fits",
        ),
        // The bytes are signed, but a form is signed otherwise.
        (
            format!("&bodySHA256={}", sum(b"a=1")),
            Some(FORM),
            "a=1",
            "a form with bodySHA256",
        ),
        (
            format!("&bodySHA256={}", sum(b"")),
            Some(FORM),
            "",
            "a form with bodySHA256",
        ),
    ] {
        let called = format!("{url}{query}");
        unproven(&stack, &send(&stack, &called, kind, &called, body), cause);
    }
    let empty = format!("{url}&bodySHA256={}", sum(b""));
    assert_eq!(send(&stack, &empty, Some(JSON), &empty, "").status, 200);
    for (kind, body) in [(None, ""), (Some(FORM), ""), (Some(FORM), "Body=1")] {
        let (stack, url) = open_link();
        let signed = format!("{url}{}", body.replace('=', ""));
        assert_eq!(
            send(&stack, &url, kind, &signed, body).status,
            200,
            "{kind:?} {body}"
        );
    }
    let (stack, url) = open_link();
    let upper = format!("{url}&bodySHA256={}", good.to_uppercase());
    assert_eq!(send(&stack, &upper, Some(JSON), &upper, BODY).status, 200);
}

#[test]
fn fields_have_names_that_continue_no_address() {
    let (stack, url) = open_link();
    let long = "n".repeat(129);
    for name in [
        "",
        "&a",
        "a b",
        "a=b",
        "a&b",
        "a/b",
        "a?b",
        "a%b",
        "a+b",
        "é",
        "a\u{0}",
        long.as_str(),
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let answer = send(
            &stack,
            &url,
            Some(FORM),
            &format!("{url}{name}1"),
            &format!("{encoded}=1"),
        );
        unproven(&stack, &answer, "the name of a field");
    }
    // Nothing is left to tell a form without fields from an empty body.
    for body in ["&", "&&&"] {
        unproven(
            &stack,
            &send(&stack, &url, Some(FORM), &url, body),
            "a form without fields",
        );
    }
    let names = ["A", "a_b", "Media.Url[0]", "x:y", "-", &long[..128]];
    let body: Vec<String> = names.iter().map(|name| format!("{name}=1")).collect();
    let mut sorted = names.map(|name| format!("{name}1"));
    sorted.sort();
    let answer = send(
        &stack,
        &url,
        Some(FORM),
        &format!("{url}{}", sorted.concat()),
        &body.join("&"),
    );
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[test]
fn what_is_glued_to_a_link_is_no_part_of_a_signed_address() {
    let (stack, url) = open_link();
    let signed = format!("{url}.A1B2");
    // A reader takes the full stop off; what was signed had a field of this name.
    for glue in [".", "%2E", "%3E.", "..", "%20."] {
        let called = format!("{url}{glue}");
        for (text, form) in [
            (signed.clone(), "A1=B2"),
            (format!("{called}A1B2"), "A1=B2"),
            (format!("{called}&A=A1B2"), "A1=B2"),
        ] {
            let answer = send(&stack, &called, Some(FORM), &text, form);
            assert_ne!(answer.status, 200, "{glue} {text}");
        }
    }
    assert_eq!(stack.told(), ["waiting"]);
    assert!(!data(&url).is_empty());
}

#[test]
fn a_signed_address_of_a_get_is_no_form() {
    let (stack, url) = open_link();
    // Twilio can be told to use GET: it signs the address with the fields in its query.
    let signed = format!("{url}&Body=yes&From=%2B1");
    for (called, form) in [
        (url.clone(), "%26Body=%3Dyes%26From%3D%252B1"),
        (url.clone(), "Body=yes&From=%2B1"),
        (format!("{url}&Body="), "yes%26From=%3D%252B1"),
    ] {
        unproven(&stack, &send(&stack, &called, Some(FORM), &signed, form), "");
    }
}

/// What a check is about: the bytes and their type, at one address.
type Sent = (Option<&'static str>, Vec<u8>);

fn is_believed(urls: &[String], text: &[u8], (content_type, body): &Sent) -> bool {
    let verify: Verify = Verify::read(serde_json::from_value(twilio()).unwrap()).unwrap();
    let signature = sign(text);
    let headers: [(&str, &[u8]); 1] = [("x-twilio-signature", signature.as_bytes())];
    let received = Received {
        headers: &headers,
        body,
        content_type: *content_type,
        text_is_json: false,
        urls: urls.to_vec(),
        now_ms: 1,
    };
    verify.check(None, &received).is_ok()
}

/// Pieces of which addresses, forms and bodies are made, also those that mean something in the signed text.
fn pieces() -> impl Strategy<Value = Vec<&'static str>> {
    let piece = prop::sample::select(vec![
        "a",
        "1",
        "Body",
        "bodySHA256",
        "=",
        "&",
        "?",
        "{",
        "}",
        "\"",
        "%26",
        "%3D",
        "+",
        "x=y",
        ".",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "%26bodySHA256%3D44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    ]);
    vec(piece, 0..6)
}

/// The text that would be signed for a form, by the sender's rule and without ours.
fn text_of_form(url: &str, body: &[u8]) -> Vec<u8> {
    let mut fields: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    fields.sort();
    fields.dedup();
    let fields: String = fields.into_iter().map(|(name, value)| name + &value).collect();
    format!("{url}{fields}").into_bytes()
}

proptest! {
    #![proptest_config(config(4_000))]

    /// A text that is believed with a form is not believed with any other kind of body, and one with a digest only with the body
    /// that has it.
    #[test]
    fn no_text_is_signed_for_two_kinds_of_body(
        query in pieces(), split in any::<prop::sample::Index>(), form in pieces(), other in pieces(), digest in 0..3_u8,
    ) {
        let base = "https://a.example/v1/respond?data=x";
        let (form, other) = (form.concat().into_bytes(), other.concat().into_bytes());
        let mut query = query.concat();
        match digest {
            0 => query.push_str(&format!("&bodySHA256={}", sum(&other))),
            1 => query.push_str(&format!("&bodySHA256={}", sum(b"{}"))),
            _ => {}
        }
        let whole = format!("{base}{query}");
        let text = match digest {
            2 => text_of_form(&whole, &form),
            _ => whole.clone().into_bytes(),
        };
        // Whoever has the signature chooses where the address ends and what comes as the body.
        let end = base.len() + split.index(text.len() - base.len() + 1);
        let called = String::from_utf8_lossy(&text[..end]).into_owned();
        let rest: String = url::form_urlencoded::byte_serialize(&text[end..]).collect();
        let urls = [whole, called, base.to_owned()];
        let forms = [form, rest.clone().into_bytes(), format!("{rest}=").into_bytes(), Vec::new()];
        let others = [other, b"{}".to_vec(), Vec::new()];
        let as_form = forms.iter().any(|body| is_believed(&urls, &text, &(Some(FORM), body.clone())));
        let believed: Vec<&Vec<u8>> = others
            .iter()
            .filter(|body| [Some(JSON), Some("text/plain")].iter().any(|kind| is_believed(&urls, &text, &(*kind, (*body).clone()))))
            .collect();
        prop_assert!(!as_form || believed.is_empty(), "{}", String::from_utf8_lossy(&text));
        let mut bodies = believed;
        bodies.dedup();
        prop_assert!(bodies.len() <= 1, "{}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn the_property_has_cases_of_both_kinds() {
    let url = "https://a.example/v1/respond?data=x".to_owned();
    let with_digest = format!("{url}&bodySHA256={}", sum(b"{}"));
    assert!(is_believed(
        std::slice::from_ref(&with_digest),
        with_digest.as_bytes(),
        &(Some(JSON), b"{}".to_vec())
    ));
    let text = text_of_form(&url, b"b=2&a=1&a=1");
    assert_eq!(text, format!("{url}a1b2").into_bytes());
    assert!(is_believed(&[url], &text, &(Some(FORM), b"b=2&a=1&a=1".to_vec())));
}

#[test]
fn a_form_chooses_no_other_outcome_than_the_json_that_was_signed() {
    let outcomes = json!([
        {"name": "delivered", "type": "success", "output": "delivered",
            "schema": {"type": "object", "properties": {"bodySHA256": {"type": "string"}}, "minProperties": 1}},
        {"name": "other", "type": "heartbeat", "schema": {}}]);
    let (stack, url) = linked(with(post(outcomes), json!({"verify": twilio()})));
    let signed = format!("{url}&bodySHA256={}", sum(b"[]"));
    let form = format!("%26bodySHA256=%3D{}", sum(b"[]"));
    unproven(
        &stack,
        &send(&stack, &url, Some(FORM), &signed, &form),
        "the name of a field",
    );
    let answer = send(&stack, &signed, Some(JSON), &signed, "[]");
    assert_eq!(answer.status, 200);
    assert!(stack.told()[0].starts_with("heartbeat"), "{:?}", stack.told());
}
