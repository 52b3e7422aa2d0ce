//! One request of each sender: taken as it is, refused with any byte changed, too late, too early or for another scheme.

use super::{hook, linked, unproven};
use crate::support::{Answer, FEATURES, NOW, Stack, nothing, set_clock, with};
use serde::Deserialize;
use serde_json::{Value, json};
use sfn_callback_urls::rejection::Unproven;
use sfn_callback_urls::webhook::{Received, Verify};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "for people")]
    comment: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    origin: String,
    source: String,
    scheme: String,
    secret: String,
    now: i64,
    url: Option<String>,
    headers: Vec<(String, String)>,
    body: String,
}

/// Seconds of tolerance, for schemes that sign a time.
const TOLERANCES: &[(&str, i64)] = &[
    ("standard-webhooks", 300),
    ("slack", 300),
    ("stripe", 300),
    ("mailgun", 300),
    ("paddle", 300),
    ("webflow", 300),
    ("elevenlabs", 1_800),
    ("discord", 300),
    ("zendesk", 300),
    ("docuseal", 300),
    ("dropbox-sign", 86_400),
];

fn all() -> Vec<Vector> {
    let file: File = serde_json::from_str(include_str!("../../vectors/webhooks.json")).unwrap();
    assert_eq!(file.vectors.len(), 23);
    for vector in &file.vectors {
        assert!(["published", "computed"].contains(&vector.origin.as_str()));
        assert!(!vector.source.is_empty(), "{}", vector.name);
    }
    file.vectors
}

/// Those whose address is not a part of what is signed: they can be sent to any link.
fn of_any_address() -> impl Iterator<Item = Vector> {
    all().into_iter().filter(|vector| vector.url.is_none())
}

impl Vector {
    fn link(&self) -> (Stack, String) {
        linked(self.hook(json!(self.secret)))
    }

    /// What GitHub publishes is a text.
    fn hook(&self, secret: Value) -> Value {
        let bodies = json!({"bodies": ["json", "form", "text", "multipart"]});
        with(hook(json!({"scheme": self.scheme, "secret": secret})), bodies)
    }

    fn send(&self, stack: &Stack, url: &str) -> Answer {
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        set_clock(self.now);
        stack.visit("POST", url, &headers, self.body.as_bytes())
    }

    /// As the scheme itself sees it, for the schemes that sign an address.
    fn check(&self) -> Result<(), Unproven> {
        let verify = json!({"scheme": self.scheme, "secret": self.secret});
        let verify = Verify::read(serde_json::from_value(verify).unwrap()).unwrap();
        let headers: Vec<(&str, &[u8])> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        let content_type = self.headers.iter().find(|(name, _)| name == "content-type");
        verify.check(
            None,
            &Received {
                headers: &headers,
                body: self.body.as_bytes(),
                content_type: content_type.map(|(_, value)| value.as_str()),
                text_is_json: false,
                urls: self.url.iter().cloned().collect(),
                now_ms: self.now.unsigned_abs() * 1_000,
            },
        )
    }

    fn change(text: &str, place: usize) -> String {
        let mut bytes = text.as_bytes().to_vec();
        bytes[place] ^= 1;
        String::from_utf8(bytes).unwrap()
    }
}

#[test]
fn every_sender_is_believed() {
    for vector in of_any_address() {
        set_clock(vector.now);
        let (stack, url) = vector.link();
        let answer = vector.send(&stack, &url);
        assert_eq!(answer.status, 200, "{}: {}", vector.name, answer.body);
        let told = stack.told();
        assert!(told[0].starts_with("success "), "{}: {told:?}", vector.name);
    }
    for vector in all() {
        assert_eq!(vector.check(), Ok(()), "{}", vector.name);
    }
    set_clock(NOW);
}

#[test]
fn every_changed_byte_of_a_signature_or_a_signed_body_is_refused() {
    for mut vector in of_any_address() {
        set_clock(vector.now);
        let (stack, url) = vector.link();
        let mut refused = 0;
        for index in 0..vector.headers.len() {
            let (name, value) = vector.headers[index].clone();
            if name == "content-type" {
                continue;
            }
            for place in 0..value.len() {
                vector.headers[index].1 = Vector::change(&value, place);
                let answer = vector.send(&stack, &url);
                assert_eq!(
                    answer.refusal(),
                    (401, "InvalidSignature".to_owned()),
                    "{}: {name} {place}",
                    vector.name
                );
                refused += 1;
            }
            vector.headers[index].1 = value;
        }
        let body = vector.body.clone();
        let signed = match vector.name.as_str() {
            "gitlab" => 0..0,
            // Only three of its fields; see below.
            "mailgun" | "dropbox-sign" => 0..0,
            _ => 0..body.len(),
        };
        for place in signed {
            vector.body = Vector::change(&body, place);
            let answer = vector.send(&stack, &url);
            assert_eq!(
                answer.refusal(),
                (401, "InvalidSignature".to_owned()),
                "{}: body {place}",
                vector.name
            );
            refused += 1;
        }
        let in_body = ["mailgun", "dropbox-sign"].contains(&vector.name.as_str());
        assert!(refused > 0 || in_body, "{}", vector.name);
        assert_eq!(stack.told(), ["waiting"], "{}", vector.name);
        vector.body = body;
        assert_eq!(vector.send(&stack, &url).status, 200, "{}", vector.name);
    }
    set_clock(NOW);
}

#[test]
fn every_changed_byte_of_an_address_is_refused_where_it_is_signed() {
    for mut vector in all().into_iter().filter(|vector| vector.url.is_some()) {
        let good = vector.url.clone().unwrap();
        // The scheme, and the name of the parameter that holds the digest, decide what is signed at all.
        for place in 8..good.len() {
            vector.url = Some(Vector::change(&good, place));
            assert!(vector.check().is_err(), "{}: address {place}", vector.name);
        }
        vector.url = Some(good);
        for (index, place) in [(0, 0), (0, 5)] {
            let value = vector.headers[index].1.clone();
            vector.headers[index].1 = Vector::change(&value, place);
            assert!(vector.check().is_err(), "{}: header {place}", vector.name);
            vector.headers[index].1 = value;
        }
        let body = vector.body.clone();
        for place in 0..body.len() {
            vector.body = Vector::change(&body, place);
            // A changed separator may leave the signed text as it was: that of forms has none.
            if body.as_bytes()[place] != b'&' && body.as_bytes()[place] != b'=' {
                assert!(vector.check().is_err(), "{}: body {place}", vector.name);
            }
        }
        vector.body = body;
        assert_eq!(vector.check(), Ok(()));
    }
}

#[test]
fn the_fields_of_mailguns_signature_cannot_be_changed() {
    let mut vector = of_any_address().find(|vector| vector.name == "mailgun").unwrap();
    set_clock(vector.now);
    let (stack, url) = vector.link();
    let body = vector.body.clone();
    for (field, cause) in [
        ("\"timestamp\":\"170000000", "fits"),
        ("\"token\":\"e0b547", "fits"),
        ("\"signature\":\"15b7c7", "fits"),
    ] {
        let place = body.find(field).unwrap() + field.len() - 1;
        vector.body = Vector::change(&body, place);
        let answer = vector.send(&stack, &url);
        unproven(&stack, &answer, cause);
    }
    for other in [
        "{}",
        "[]",
        "",
        "{\"signature\":{}}",
        "{\"signature\":{\"timestamp\":1700000000,\"token\":\"t\",\"signature\":\"00\"}}",
        "timestamp=1700000000&token=t",
        "timestamp=1700000000&timestamp=1700000000&token=t&signature=00",
    ] {
        vector.body = other.to_owned();
        let answer = vector.send(&stack, &url);
        unproven(&stack, &answer, "the signature in the body");
    }
    set_clock(NOW);
}

#[test]
fn the_fields_of_dropbox_signs_signature_cannot_be_changed() {
    let find = || {
        of_any_address()
            .find(|vector| vector.name == "dropbox-sign")
            .unwrap()
    };
    let mut vector = find();
    set_clock(vector.now);
    let (stack, url) = vector.link();
    let body = vector.body.clone();
    for field in [
        "\"event_type\":\"a",
        "\"event_time\":\"166992",
        "\"event_hash\":\"ff8",
    ] {
        let place = body.find(field).unwrap() + field.len() - 1;
        vector.body = Vector::change(&body, place);
        let answer = vector.send(&stack, &url);
        unproven(&stack, &answer, "no signature fits");
    }
    let json = body.split("\r\n").nth(3).unwrap();
    for (content_type, other) in [
        (
            "multipart/form-data; boundary=b",
            body.replace("name=\"json\"", "name=\"other\""),
        ),
        (
            "multipart/form-data; boundary=b",
            body.replace("name=\"json\"", "name=\"json\"; filename=\"f\""),
        ),
        (
            "multipart/form-data; boundary=b",
            body.replace("\"event_time\"", "\"event_time\":\"1\",\"event_time\""),
        ),
        (
            "multipart/form-data; boundary=b",
            body.replace("\"1669926463\"", "1669926463"),
        ),
        (
            "multipart/form-data; boundary=b",
            format!("{}{body}", body.replace("--b--\r\n", "")),
        ),
        ("application/json", format!("{{\"json\":{json}}}")),
        ("text/plain", json.to_owned()),
    ] {
        vector.headers[0].1 = content_type.to_owned();
        vector.body = other;
        let answer = vector.send(&stack, &url);
        unproven(&stack, &answer, "the signature in the body");
    }
    let mut vector = find();
    vector.headers[0].1 = "application/json".to_owned();
    vector.body = json.to_owned();
    assert_eq!(vector.send(&stack, &url).status, 200);
    set_clock(NOW);
}

#[test]
fn what_is_signed_too_long_ago_or_ahead_is_refused() {
    for mut vector in of_any_address() {
        let Some((_, tolerance)) = TOLERANCES.iter().find(|(scheme, _)| *scheme == vector.scheme) else {
            continue;
        };
        let signed = vector.now;
        set_clock(signed);
        let (stack, url) = vector.link();
        for (now, cause) in [
            (signed + tolerance + 1, "signed longer ago than is tolerated"),
            (
                signed - tolerance - 1,
                "signed further in the future than is tolerated",
            ),
        ] {
            vector.now = now;
            let answer = vector.send(&stack, &url);
            unproven(&stack, &answer, cause);
        }
        vector.now = signed + tolerance;
        assert_eq!(vector.send(&stack, &url).status, 200, "{}", vector.name);
        let (stack, url) = vector.link();
        vector.now = signed - tolerance;
        assert_eq!(vector.send(&stack, &url).status, 200, "{}", vector.name);
    }
    set_clock(NOW);
}

#[test]
fn no_request_of_one_scheme_is_one_of_another() {
    let schemes = [
        "standard-webhooks",
        "svix",
        "github",
        "gitlab",
        "stripe",
        "slack",
        "twilio",
        "shopify",
        "sendgrid",
        "mailgun",
        "teams-outgoing",
        "hookdeck",
        "woocommerce",
        "paddle",
        "webflow",
        "elevenlabs",
        "vercel",
        "discord",
        "pagerduty",
        "zendesk",
        "docuseal",
        "square",
        "dropbox-sign",
        "bearer",
    ];
    let mut tried = 0;
    for vector in of_any_address() {
        for scheme in schemes {
            // Svix takes the headers of the standard, as its own library does.
            let same = ["standard-webhooks", "svix"];
            if scheme == vector.scheme || (same.contains(&scheme) && same.contains(&vector.scheme.as_str())) {
                continue;
            }
            let stack = Stack::new(FEATURES);
            set_clock(vector.now);
            let action = hook(json!({"scheme": scheme, "secret": vector.secret}));
            let created = stack.create(&json!({"token": stack.task(), "actions": [action]}));
            if created.status == 400 {
                assert!(
                    created.body.contains("actions[0].verify.secret"),
                    "{}",
                    created.body
                );
                continue;
            }
            let answer = vector.send(&stack, &created.url("a"));
            assert_eq!(
                answer.refusal(),
                (401, "InvalidSignature".to_owned()),
                "{} for {scheme}",
                vector.name
            );
            assert_eq!(stack.told(), ["waiting"]);
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
    set_clock(NOW);
}

#[test]
fn a_wrong_secret_is_refused_and_one_of_several_is_enough() {
    for vector in of_any_address().filter(|vector| !["discord", "sendgrid"].contains(&vector.name.as_str())) {
        set_clock(vector.now);
        let other = match vector.name.as_str() {
            "standard-webhooks" => "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "standard-webhooks-v1a" => "whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "teams-outgoing" => "AAAA",
            _ => "another secret",
        };
        let (stack, url) = linked(vector.hook(json!(other)));
        let answer = vector.send(&stack, &url);
        unproven(&stack, &answer, "no signature fits");
        let url = stack.link(vector.hook(json!([other, vector.secret])), nothing());
        assert_eq!(vector.send(&stack, &url).status, 200, "{}", vector.name);
    }
    set_clock(NOW);
}
