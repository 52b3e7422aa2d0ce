//! Signatures that are missing, doubled, damaged or of somebody else, and the schemes that are no row of a table.

use super::{hook, linked, signed, unproven};
use crate::support::{NOW, base64};
use ring::hmac;
use serde_json::{Value, json};

const BODY: &str = r#"{"ok":true}"#;

/// One header besides the content type.
#[track_caller]
fn refused(verify: Value, header: &[(&str, &str)], cause: &str) {
    let (stack, url) = linked(hook(verify));
    let headers = [&[("content-type", "application/json")], header].concat();
    let answer = stack.visit("POST", &url, &headers, BODY.as_bytes());
    unproven(&stack, &answer, cause);
}

#[track_caller]
fn accepted(verify: Value, header: &[(&str, &str)]) {
    let (stack, url) = linked(hook(verify));
    let headers = [&[("content-type", "application/json")], header].concat();
    let answer = stack.visit("POST", &url, &headers, BODY.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(stack.told(), [format!("success {BODY}")]);
}

#[test]
fn a_signature_is_there_once_and_of_the_schemes_form() {
    let github = || json!({"scheme": "github", "secret": "s"});
    let good = format!("sha256={}", signed("s", BODY));
    let name = "x-hub-signature-256";
    accepted(github(), &[(name, &good)]);
    refused(github(), &[], "header x-hub-signature-256 is missing");
    refused(github(), &[("x-hub-signature", &good)], "is missing");
    refused(github(), &[(name, &good), (name, &good)], "more than once");
    refused(
        github(),
        &[(name, &format!("{good}{}", " ".repeat(5_000)))],
        "too long",
    );
    refused(
        github(),
        &[(name, &format!("sha256={}", base64(&[1; 32])))],
        "not of the scheme's form",
    );
    refused(github(), &[(name, &good[7..])], "not of the scheme's form");
    refused(github(), &[(name, "")], "not of the scheme's form");
    refused(github(), &[(name, &good[..good.len() - 2])], "no signature fits");
}

#[test]
fn secrets_that_are_shown_are_compared_whole() {
    let gitlab = || json!({"scheme": "gitlab", "secret": "token"});
    accepted(gitlab(), &[("x-gitlab-token", "token")]);
    for wrong in ["toke", "tokenn", "Token", ""] {
        refused(gitlab(), &[("x-gitlab-token", wrong)], "no signature fits");
    }
    let header = || json!({"scheme": "header", "header": "Dg-Token", "secret": ["a b", "c"]});
    accepted(header(), &[("dg-token", "a b")]);
    accepted(header(), &[("dg-token", "c")]);
    refused(header(), &[("dg-token", "a")], "no signature fits");
    refused(header(), &[("authorization", "c")], "header Dg-Token is missing");
    let bearer = || json!({"scheme": "bearer", "secret": "token"});
    accepted(bearer(), &[("authorization", "Bearer token")]);
    accepted(bearer(), &[("authorization", "bearer  token")]);
    refused(bearer(), &[("authorization", "token")], "header authorization");
    refused(
        bearer(),
        &[("authorization", "Basic token")],
        "header authorization",
    );
    refused(
        bearer(),
        &[("authorization", "Bearer tokens")],
        "no signature fits",
    );
    let basic = || json!({"scheme": "basic", "secret": "user:pass:word"});
    let credentials = |text: &str| format!("Basic {}", base64(text.as_bytes()));
    accepted(basic(), &[("authorization", &credentials("user:pass:word"))]);
    for wrong in ["user:pass", "User:pass:word", ":"] {
        refused(
            basic(),
            &[("authorization", &credentials(wrong))],
            "no signature fits",
        );
    }
    refused(
        basic(),
        &[("authorization", "Basic user:pass:word")],
        "header authorization",
    );
}

#[test]
fn other_senders_are_described_by_the_author() {
    let time = NOW.to_string();
    let list = |secret: &str, text: &str| format!("t={time};sig={}", signed(secret, text));
    let stripe_like = json!({"scheme": "generic", "secret": "s", "header": "X-Sig", "ts_key": "t", "prefix": "sig=",
        "parts": ["{ts}", "|", "{header:X-Id}", "|", "{body}"]});
    let text = format!("{time}|id-1|{BODY}");
    accepted(
        stripe_like.clone(),
        &[("x-sig", &list("s", &text)), ("x-id", "id-1")],
    );
    refused(
        stripe_like.clone(),
        &[("x-sig", &list("s", &text)), ("x-id", "id-2")],
        "no signature fits",
    );
    refused(
        stripe_like.clone(),
        &[("x-sig", &list("s", &text))],
        "header X-Id is missing",
    );
    let longer = format!("{time}|a|b|{BODY}");
    refused(
        stripe_like.clone(),
        &[("x-sig", &list("s", &longer)), ("x-id", "a|b")],
        "header X-Id is not of the scheme's form",
    );
    refused(
        stripe_like,
        &[("x-sig", &list("t", &text)), ("x-id", "id-1")],
        "no signature fits",
    );
    let key = hmac::Key::new(hmac::HMAC_SHA512, b"key");
    let tag = base64(hmac::sign(&key, BODY.as_bytes()).as_ref());
    let sha512 = json!({"scheme": "generic", "secret": "6b6579", "header": "X-Sig", "algo": "sha512",
        "encoding": "base64", "key": "hex"});
    accepted(sha512, &[("x-sig", &tag)]);
    let milliseconds = json!({"scheme": "generic", "secret": "s", "header": "X-Sig", "ts_header": "X-Time",
        "ts_unit": "ms", "tolerance": 5, "parts": ["{ts}", "{body}"]});
    let at = |ms: i64| (format!("{ms}"), signed("s", &format!("{ms}{BODY}")));
    let (time, signature) = at(NOW * 1_000 - 5_000);
    accepted(milliseconds.clone(), &[("x-time", &time), ("x-sig", &signature)]);
    let (time, signature) = at(NOW * 1_000 - 5_001);
    refused(
        milliseconds,
        &[("x-time", &time), ("x-sig", &signature)],
        "longer ago",
    );
}

#[test]
fn twilio_signs_the_address_of_the_link() {
    let (stack, url) = linked(hook(json!({"scheme": "twilio", "secret": "12345"})));
    let sign = |text: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345");
        base64(hmac::sign(&key, text.as_bytes()).as_ref())
    };
    let form = "application/x-www-form-urlencoded";
    let send = |url: &str, content_type: &str, signature: &str, body: &str| {
        let headers = [("content-type", content_type), ("x-twilio-signature", signature)];
        stack.visit("POST", url, &headers, body.as_bytes())
    };
    let body = "To=%2B1+2&From=a&Digits=1";
    let fields = "Digits1FromaTo+1 2";
    for signed in ["", body, "Digits1FromaTo+1", "FromaDigits1To+1 2"] {
        let answer = send(&url, form, &sign(&format!("{url}{signed}")), body);
        unproven(&stack, &answer, "no signature fits");
    }
    for other in [
        "https://evil.example/respond".to_owned(),
        url.replace("/respond", "/other"),
        format!("{url}&x=y"),
    ] {
        let answer = send(&url, form, &sign(&format!("{other}{fields}")), body);
        unproven(&stack, &answer, "no signature fits");
    }
    // A REST API does not tell the order of the query, so the address as it was handed out counts too.
    let shuffled = url.replace("action=a&type=post&", "") + "&type=post&action=a";
    assert_eq!(
        send(&shuffled, form, &sign(&format!("{url}{fields}")), body).status,
        200
    );
    for (called, signed) in [
        (format!("{url}&tried=2"), format!("{url}&tried=2")),
        (url.clone(), url.replacen(".com/", ".com:443/", 1)),
    ] {
        let (stack, _) = linked(hook(json!({"scheme": "twilio", "secret": "12345"})));
        let signature = sign(&format!("{signed}{fields}"));
        let headers = [("content-type", form), ("x-twilio-signature", signature.as_str())];
        let answer = stack.visit("POST", &called, &headers, body.as_bytes());
        // The link is of the other stack; both have one key, and here its task does not exist.
        assert_eq!(answer.status, 410, "{}", answer.body);
    }

    let (stack, url) = linked(hook(json!({"scheme": "twilio", "secret": "12345"})));
    let sum = ring::digest::digest(&ring::digest::SHA256, BODY.as_bytes());
    let sum: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let called = format!("{url}&bodySHA256={sum}");
    let send = |url: &str, signature: &str, body: &str| {
        let headers = [
            ("content-type", "application/json"),
            ("x-twilio-signature", signature),
        ];
        stack.visit("POST", url, &headers, body.as_bytes())
    };
    let good = sign(&called);
    unproven(
        &stack,
        &send(&called, &good, r#"{"ok":false}"#),
        "no signature fits",
    );
    unproven(&stack, &send(&url, &sign(&url), BODY), "without bodySHA256");
    unproven(&stack, &send(&called, &sign(&url), BODY), "no signature fits");
    assert_eq!(send(&called, &good, BODY).status, 200);
}
