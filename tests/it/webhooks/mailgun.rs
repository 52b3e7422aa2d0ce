//! Mailgun's signature is in the body: it is found there by the content type, as the body is read.

use super::{hook, linked, signed, unproven};
use crate::support::{NOW, with};
use serde_json::{Value, json};

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";

fn mailgun() -> Value {
    hook(json!({"scheme": "mailgun", "secret": "key"}))
}

/// Time, token and signature.
fn fields() -> [(&'static str, String); 3] {
    let token = "0123456789abcdef";
    [
        ("timestamp", NOW.to_string()),
        ("token", token.to_owned()),
        ("signature", signed("key", &format!("{NOW}{token}"))),
    ]
}

fn part(name: &str, value: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn multipart() -> String {
    let signed: String = fields().iter().map(|(name, value)| part(name, value)).collect();
    format!("{signed}{}--b--\r\n", part("event", "delivered"))
}

fn form() -> String {
    let signed = fields().map(|(name, value)| format!("{name}={value}"));
    format!("{}&event=delivered", signed.join("&"))
}

fn event() -> String {
    let [(_, timestamp), (_, token), (_, signature)] = fields();
    json!({"signature": {"timestamp": timestamp, "token": token, "signature": signature},
        "event-data": {"event": "delivered"}})
    .to_string()
}

#[track_caller]
fn believed(content_type: &str, body: &str) {
    let (stack, url) = linked(mailgun());
    let answer = stack.visit("POST", &url, &[("content-type", content_type)], body.as_bytes());
    assert_eq!(answer.status, 200, "{content_type}: {}", answer.body);
    assert!(stack.told()[0].contains("delivered"), "{:?}", stack.told());
}

#[track_caller]
fn refused(content_type: &str, body: &str) {
    let (stack, url) = linked(with(
        mailgun(),
        json!({"bodies": ["json", "form", "multipart", "text"]}),
    ));
    let answer = stack.visit("POST", &url, &[("content-type", content_type)], body.as_bytes());
    unproven(&stack, &answer, "the signature in the body");
}

#[test]
fn every_kind_that_mailgun_sends_is_believed() {
    believed(MULTIPART, &multipart());
    believed(FORM, &form());
    believed("application/json", &event());
    for (content_type, body) in [
        ("multipart/form-data; boundary=\"b\"", multipart()),
        ("Multipart/Form-Data; Boundary=b", multipart()),
        ("multipart/form-data; charset=utf-8; boundary=b", multipart()),
        (
            "multipart/form-data; boundary=\"----=_Part 1: x\"",
            multipart().replace("--b", "------=_Part 1: x"),
        ),
        (MULTIPART, multipart().replace("Content-Disposition", "CONTENT-DISPOSITION")),
        (MULTIPART, multipart().replace("Content-Disposition", "content-disposition")),
        (MULTIPART, format!("\r\n{}", multipart())),
        (
            MULTIPART,
            multipart().replacen(
                "--b\r\n",
                "--b\r\nContent-Disposition: form-data; name=\"attachment-1\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\n",
                1,
            ),
        ),
        ("APPLICATION/X-WWW-FORM-URLENCODED; charset=UTF-8", form()),
        (FORM, format!("\u{feff}{}", form())),
        ("application/json; charset=utf-8", format!("\u{feff}{}", event())),
        ("application/vnd.mailgun+json", format!(" {}\n", event())),
    ] {
        believed(content_type, &body);
    }
}

#[test]
fn the_content_type_says_where_the_signature_stands() {
    for (content_type, body) in [
        (FORM, multipart()),
        ("application/json", multipart()),
        (MULTIPART, form()),
        ("application/json", form()),
        (FORM, event()),
        (MULTIPART, event()),
        ("text/plain", event()),
        ("text/plain", form()),
        ("multipart/mixed; boundary=b", multipart()),
        ("multipart/form-data", multipart()),
        ("multipart/form-data; boundary=c", multipart()),
    ] {
        refused(content_type, &body);
    }
}

#[test]
fn each_of_the_three_is_there_once_and_a_text() {
    for (name, value) in fields() {
        let again = part(name, &value);
        let file = again.replacen(
            &format!("name=\"{name}\""),
            &format!("name=\"{name}\"; filename=\"f\""),
            1,
        );
        refused(MULTIPART, &format!("{again}{}", multipart()));
        refused(MULTIPART, &multipart().replace(&again, ""));
        refused(MULTIPART, &multipart().replace(&again, &file));
        refused(MULTIPART, &multipart().replace(&again, &format!("{again}{file}")));
        let pair = format!("{name}={value}");
        refused(FORM, &format!("{}&{pair}", form()));
        refused(FORM, &format!("{}&{name}", form()));
        refused(FORM, &form().replace(&format!("{name}="), &format!("x{name}=")));
        let member = format!("{}:{}", json!(name), json!(value));
        refused(
            "application/json",
            &event().replace(&member, &format!("{member},{member}")),
        );
        refused(
            "application/json",
            &event().replace(&member, &format!("\"x\":0,{}:[{}]", json!(name), json!(value))),
        );
        refused("application/json", &event().replace(&member, "\"x\":0"));
    }
    refused(
        "application/json",
        &event().replacen('{', "{\"signature\":{},", 1),
    );
}

#[test]
fn a_part_cannot_be_hidden_from_the_check() {
    // The same name in another spelling of its header is the same field.
    let hidden = "--b\r\ncontent-disposition: FORM-DATA; name=token\r\n\r\nother\r\n";
    let (stack, url) = linked(mailgun());
    let body = format!("{hidden}{}", multipart());
    let answer = stack.visit("POST", &url, &[("content-type", MULTIPART)], body.as_bytes());
    assert_eq!(answer.status, 401, "{}", answer.body);
    // What stands before the first boundary or after the last one is not read.
    let (stack, url) = linked(mailgun());
    let body = format!("{}{}", multipart(), part("event", "failed"));
    let answer = stack.visit("POST", &url, &[("content-type", MULTIPART)], body.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(!stack.told()[0].contains("failed"), "{:?}", stack.told());
}

/// Where a text is read as JSON, so is the signature in it.
#[test]
fn a_text_that_is_json_holds_the_signature() {
    let dropbox = |signature: &str| {
        json!({"event": {"event_time": NOW.to_string(), "event_type": "delivered", "event_hash": signature}})
            .to_string()
    };
    let mine = dropbox(&signed("key", &format!("{NOW}delivered")));
    let other = dropbox(&signed("other", &format!("{NOW}delivered")));
    for (scheme, body, forged) in [
        (
            "mailgun",
            event(),
            event().replace("0123456789abcdef", "0123456789abcdee"),
        ),
        ("dropbox-sign", mine, other),
    ] {
        for bodies in [json!(["text-json"]), json!(["text-json", "form"])] {
            for content_type in [
                "text/plain",
                "text/json",
                "Text/Plain; charset=utf-8",
                "text/x-anything",
            ] {
                let action = with(
                    hook(json!({"scheme": scheme, "secret": "key"})),
                    json!({"bodies": bodies}),
                );
                let (stack, url) = linked(action);
                let headers = [("content-type", content_type)];
                let answer = stack.visit("POST", &url, &headers, forged.as_bytes());
                assert_eq!(answer.status, 401, "{scheme}, {content_type}: {}", answer.body);
                let answer = stack.visit("POST", &url, &headers, body.as_bytes());
                assert_eq!(answer.status, 200, "{scheme}, {content_type}: {}", answer.body);
                assert!(stack.told()[0].contains("delivered"), "{:?}", stack.told());
            }
        }
    }
}
